package console

import (
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"waybill/commandline"
	"waybill/contract"
	"waybill/payment"
	"waybill/refund"
	"waybill/settings"
)

func refundsSimulateCommand(env *settings.Environment) *cobra.Command {
	var yes bool
	var currency string
	var format output
	cmd := &cobra.Command{
		ValidArgsFunction: commandline.First(completeIntegrations(env)),

		Use:   "simulate-payment integration",
		Short: "Try the endpoint that pays refunds, and judge its answers",
		Long: `Simulate-payment sends requests to the endpoint of an integration as Waybill sends them: some
that the endpoint must refuse, one that it must pay, the same once more, and one with
another amount. It judges each answer and says what to change. It exits with 1 if something
is to be changed. It needs no Temporal.

Each request has "test": true, so that an endpoint can tell it from a refund. An endpoint
that does not look at this pays one cent, once, for an order that does not exist. See
docs/paying.md.

` + settings.Help("refunds simulate-payment"),
		Example: "  waybill refunds simulate-payment my-shop",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			to, amount, err := simulated(env, args[0], currency)
			if err != nil {
				return commandline.Usage(err)
			}
			if err := confirm(cmd.Context(), cmd, yes, fmt.Sprintf("Send five test requests to %s?", to.Address())); err != nil {
				return err
			}
			trials, faults := []payment.Trial{}, 0
			err = payment.Simulate(cmd.Context(), to, args[0], amount, time.Now, func(t payment.Trial) {
				trials = append(trials, t)
				if t.Fault != "" {
					faults++
				}
				if format == inTable {
					printTrial(cmd.OutOrStdout(), t)
				}
			})
			if format == inJSON {
				err = errors.Join(err, printJSON(cmd.OutOrStdout(), trials))
			}
			if err == nil && faults > 0 {
				err = fmt.Errorf("%s of %d are not answered as docs/paying.md says", count(faults, "request"), len(trials))
			}
			return err
		},
	}
	cmd.Flags().BoolVar(&yes, "yes", false, "do not ask whether to go on")
	cmd.Flags().StringVar(&currency, "currency", "EUR", "the `currency` of the test payment")
	format.add(cmd)
	return cmd
}

// simulated is the endpoint of an integration and the amount that it is asked to pay: the smallest
// that there is.
func simulated(env *settings.Environment, integration, currency string) (to payment.Endpoint, amount refund.Money, err error) {
	to, found := env.Payments()[integration]
	if !found || to.URL == "" || len(to.Keys) == 0 {
		variable := contract.VariableFor(integration)
		err = fmt.Errorf("set WAYBILL_PAY_URL_%s to the endpoint's address, and WAYBILL_PAY_KEYS_%s to the secret that it shares with Waybill", variable, variable)
	}
	amount, wrong := refund.Smallest(currency)
	if wrong != nil {
		err = errors.Join(err, fmt.Errorf("--currency: %w", wrong))
	}
	return to, amount, err
}

func printTrial(w io.Writer, t payment.Trial) {
	mark := "ok   "
	if t.Fault != "" {
		mark = "FAULT"
	}
	fmt.Fprintf(w, "%s  %s: %s\n", mark, t.Asked, t.Came)
	if t.Fault != "" {
		fmt.Fprintf(w, "       %s\n", t.Fault)
	}
}
