package console

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"waybill/commandline"
	"waybill/contract"
	"waybill/settings"
)

func eraseVerifyCommand(env *settings.Environment) *cobra.Command {
	return &cobra.Command{
		Use:   "verify file",
		Short: "Check the signature of a certificate",
		Long: `Verify checks that a worker has signed the certificate of an erasure, and that nobody has changed
it since: who ordered it and when, and what became of each parcel and refund. The lists "kept" and
"elsewhere" are advice, and not signed.

  WAYBILL_LINK_KEYS   the same as for the workers; a key that was removed verifies nothing any more`,
		Example: "  waybill erase verify erased.json",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			raw, err := readFile(cmd.InOrStdin(), args[0])
			if err != nil {
				return err
			}
			var said certificate
			if err := json.Unmarshal(raw, &said); err != nil || said.ID == "" {
				return commandline.Usage(fmt.Errorf("%s is not a certificate of waybill erase", args[0]))
			}
			keys, err := env.LinkKeys()
			switch {
			case err != nil:
				return err
			case len(keys) == 0:
				return errors.New("set WAYBILL_LINK_KEYS as for the workers: without it, no signature can be checked")
			case said.Signature == "":
				return errors.New("the certificate is not signed: the workers had no link keys")
			case !keys.Proves(said.Signature, contract.CertifiedText(said.Erased), time.Now(), math.MaxInt64):
				return errors.New("the signature does not hold: the certificate was changed, or it was signed with a key that was removed")
			}
			fmt.Fprintf(cmd.OutOrStdout(), "The certificate is as a worker has signed it: %s workflows, ended %s.\n",
				strconv.Itoa(len(said.Items)), said.Ended.UTC().Format(time.RFC1123))
			return nil
		},
	}
}
