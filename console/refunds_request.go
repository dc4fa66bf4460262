package console

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"github.com/spf13/cobra"

	"waybill/commandline"
	"waybill/contract"
	"waybill/policy"
	"waybill/recorder"
	"waybill/refund"
	"waybill/settings"
)

func refundsRequestCommand(env *settings.Environment, log *slog.Logger) *cobra.Command {
	var as string
	cmd := &cobra.Command{
		ValidArgsFunction: commandline.First(completeIntegrations(env)),

		Use:   "request integration return",
		Short: "Record a refund for a return that Waybill was not told of",
		Long: `Request records a refund for a return that is in Sendcloud's panel, when no webhook and no
reconciliation has reported it. Waybill then loads what Sendcloud knows of the return. You
cannot decide a refund that you have requested: other people are asked.

If there is a refund already, it only notes that you asked for it.

` + settings.AboutTemporal,
		Example: "  waybill refunds request my-shop 7001 --as anna",
		RunE: func(cmd *cobra.Command, args []string) error {
			name, err := refundNamed(cmd, args)
			if err != nil {
				return err
			}
			by := cmp.Or(strings.TrimSpace(as), env.Text(settings.Person))
			if by == "" {
				return commandline.Usage(fmt.Errorf("say who asks for the refund: --as anna, or %s", settings.Person))
			}
			return ask(cmd.Context(), env, log, func(ctx context.Context, records recorder.Recorder) error {
				err := records.RefundRequested(ctx, name, contract.RefundReport{ID: "by hand", Facts: refund.Facts{Source: refund.FromPerson, RequestedBy: by}})
				if errors.Is(err, recorder.ErrOver) {
					return fmt.Errorf("there was a refund %s, which has come to its end: see waybill refunds show %s", name, name)
				}
				if err != nil {
					return err
				}
				_, err = fmt.Fprintf(cmd.OutOrStdout(), "Recorded: see waybill refunds show %s\n", name)
				return err
			})
		},
	}
	cmd.Flags().StringVar(&as, "as", "", "`person` who asks for the refund; "+settings.Person+" if left out")
	commandline.Flag(cmd, "as", completePeople(env, (*policy.Book).Everybody))
	return cmd
}
