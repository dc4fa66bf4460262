package console

import (
	"crypto/rand"
	"encoding/base32"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"waybill/commandline"
	"waybill/policy"
	"waybill/settings"
)

const (
	// tokenPrefix lets scanners for leaked secrets recognise a token.
	tokenPrefix = "wbt_"
	tokenBytes  = 20
	// mostTokenDays is how long a token may be valid.
	mostTokenDays = 3650
)

func tokenCommand(env *settings.Environment) *cobra.Command {
	var days int
	var readOnly bool
	cmd := &cobra.Command{
		ValidArgsFunction: commandline.First(completePeople(env, (*policy.Book).Named)),

		Use:   "token person",
		Short: "Make an API token for a person of the policy",
		Long: `Token makes a secret with which a program calls the API as a person of the policy: for
parcels, and for refunds if the person decides them. With the token of an inspector, Temporal's
UI and command line read what Temporal stores. It prints the token once, with the two
lines that the policy needs: the token's SHA-256 and the day on which it expires. The policy
never holds the token itself.

With --read-only, the token looks at everything that the person may see, and gives no orders,
nor encrypts what an inspector sends to Temporal: a third line says so. A person has one token.

It changes nothing and needs no Temporal. A token is valid once the lines are in the
policy; to revoke it, remove them. Anyone who has the token can act as that person, so
handle it like a password.`,
		Example: "  waybill token anna\n  waybill token anna --days 90\n  waybill token --read-only anna",
		RunE: func(cmd *cobra.Command, args []string) error {
			var faults []error
			if len(args) != 1 {
				faults = append(faults, fmt.Errorf("name the person of the policy, as in: %s anna", cmd.CommandPath()))
			} else {
				faults = append(faults, policy.CheckPerson(args[0]))
			}
			if days < 1 || days > mostTokenDays {
				faults = append(faults, fmt.Errorf("--days: %d is not allowed: write a number from 1 to %d", days, mostTokenDays))
			}
			if err := errors.Join(faults...); err != nil {
				return commandline.Usage(err)
			}
			return printToken(cmd.OutOrStdout(), args[0], newToken(), time.Now().UTC().AddDate(0, 0, days), readOnly)
		},
	}
	cmd.Flags().BoolVar(&readOnly, "read-only", false, "make a token that gives no orders")
	cmd.Flags().IntVar(&days, "days", 365, "how many `days` it is valid")
	return cmd
}

// newToken makes a random secret.
func newToken() string {
	var secret [tokenBytes]byte
	_, _ = rand.Read(secret[:]) // it never fails: without randomness the program crashes
	return tokenPrefix + strings.ToLower(base32.StdEncoding.EncodeToString(secret[:]))
}

// printToken prints a token and its lines for the policy.
func printToken(w io.Writer, person, token string, expires time.Time, readOnly bool) error {
	lines := []string{"token_sha256: " + policy.TokenHash(token), "token_expires: " + expires.Format(time.DateOnly)}
	if readOnly {
		lines = append(lines, "token_read_only: on")
	}
	_, err := fmt.Fprintf(w, `The token of %s, which is shown only once:

  %s

It is valid once these lines are in the policy, under people.%s:

    %s

If the person is written on one line, as in %s: {email: ..., role: ...}, put this before its last brace:

    , %s
`, person, token, person, strings.Join(lines, "\n    "), person, strings.Join(lines, ", "))
	return err
}
