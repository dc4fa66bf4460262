package console

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"waybill/commandline"
	"waybill/contract"
	"waybill/delivery"
	"waybill/recorder"
	"waybill/settings"
)

func integrationsCommand(env *settings.Environment, log *slog.Logger) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "integrations",
		Short: "List and show Sendcloud integrations",
		Long: `An integration connects a shop to Sendcloud. Waybill knows what Sendcloud reports about it,
whether its mails can be sent, which webhooks were missed, and how many of its parcels need
attention.`,
		Example: "  waybill integrations list\n  waybill integrations show my-shop",
	}
	cmd.AddCommand(integrationsListCommand(env, log), integrationsShowCommand(env, log))
	return cmd
}

func integrationsListCommand(env *settings.Environment, log *slog.Logger) *cobra.Command {
	var format output
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List integrations, and what needs attention",
		Long: `List prints the integrations that Temporal knows, and those in the settings of this command.
A worker has to be running to answer. All times are UTC.

` + settings.AboutTemporal,
		Example: "  waybill integrations list --output json",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return ask(cmd.Context(), env, log, func(ctx context.Context, records recorder.Recorder) error {
				names, err := knownIntegrations(ctx, records)
				if err != nil {
					return err
				}
				names = append(names, env.IntegrationNames()...)
				slices.Sort(names)
				all := []contract.IntegrationState{}
				for _, name := range slices.Compact(names) {
					state, _, err := records.Integration(ctx, name)
					if unanswered(err) {
						err = errNoWorker
					}
					if err != nil {
						return err
					}
					state.Integration = name
					all = append(all, state)
				}
				return format.print(cmd.OutOrStdout(), all, func(w io.Writer) error { return printIntegrations(w, all) })
			})
		},
	}
	format.add(cmd)
	return cmd
}

func printIntegrations(w io.Writer, all []contract.IntegrationState) error {
	if len(all) == 0 {
		_, err := fmt.Fprintln(w, "No integration is known.")
		return err
	}
	table := newTable(w)
	fmt.Fprintln(table, "INTEGRATION\tSHOP\tWEBHOOK\tMAILS\tRECONCILED\tWEBHOOKS MISSED\tATTENTION\tPARCELS THAT NEED ATTENTION")
	for _, s := range all {
		reconciled := "-"
		if s.Reconciled != nil {
			reconciled = delivery.Clock(s.Reconciled.At)
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%d\t%s\t%s\n", s.Integration, cmp.Or(printable(s.Latest.ShopName), "-"), webhookWords(s), mailWords(s),
			reconciled, s.Missed.Parcels, cmp.Or(printable(string(s.Attention)), "-"), cmp.Or(printable(needingWords(s)), "-"))
	}
	return table.Flush()
}

// webhookWords says what Sendcloud reports of the webhook.
func webhookWords(s contract.IntegrationState) string {
	switch active := s.Latest.WebhookActive; {
	case s.Latest.Deleted:
		return "integration deleted"
	case active == nil:
		return "not known"
	case !*active:
		return "off"
	case !s.Latest.FailingSince.IsZero():
		return "failing since " + delivery.Clock(s.Latest.FailingSince)
	}
	return "on"
}

// mailWords says whether mails can be sent.
func mailWords(s contract.IntegrationState) string {
	if s.Mail != nil && s.Mail.Fault != "" {
		return "not sent"
	}
	return "sent"
}

// needingWords says how many parcels need attention, and why.
func needingWords(s contract.IntegrationState) string {
	var said []string
	for _, why := range slices.Sorted(maps.Keys(s.Needing)) {
		if n := s.Needing[why].Count; n > 0 {
			said = append(said, fmt.Sprintf("%s: %s", why, thousands(n)))
		}
	}
	return strings.Join(said, ", ")
}

func integrationsShowCommand(env *settings.Environment, log *slog.Logger) *cobra.Command {
	var format output
	cmd := &cobra.Command{
		ValidArgsFunction: commandline.First(completeIntegrations(env)),

		Use:   "show integration",
		Short: "Show one integration: what Sendcloud reports, and the last alerts",
		Long: `Show prints what is known of an integration. A worker has to be running to answer. All times
are UTC.

` + settings.AboutTemporal,
		Example: "  waybill integrations show my-shop",
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 {
				return commandline.Usage(fmt.Errorf("name the integration, as in: %s my-shop", cmd.CommandPath()))
			}
			if err := contract.CheckIntegration(args[0]); err != nil {
				return commandline.Usage(err)
			}
			return ask(cmd.Context(), env, log, func(ctx context.Context, records recorder.Recorder) error {
				state, found, err := records.Integration(ctx, args[0])
				switch {
				case unanswered(err):
					return errNoWorker
				case err != nil:
					return err
				case !found:
					return fmt.Errorf("nothing is known of the integration %s: Sendcloud has reported nothing about it, and nothing needs attention", args[0])
				}
				return format.print(cmd.OutOrStdout(), state, func(w io.Writer) error { return showIntegration(w, state) })
			})
		},
	}
	format.add(cmd)
	return cmd
}

func showIntegration(w io.Writer, s contract.IntegrationState) error {
	fmt.Fprintf(w, "Integration %s.\nAll times are UTC.\n", s.Integration)
	table := newTable(w)
	fmt.Fprintln(table, "\nFACT\tVALUE")
	facts := [][2]string{
		{"attention", string(s.Attention)},
		{"shop", s.Latest.ShopName}, {"shop's address", s.Latest.ShopURL}, {"shop system", s.Latest.System},
		{"webhook", webhookWords(s)}, {"mails", mailWords(s)},
	}
	if s.Mail != nil && s.Mail.Fault != "" {
		facts = append(facts, [2]string{"mails are refused", s.Mail.Fault})
	}
	if s.Reconciled != nil {
		facts = append(facts, [2]string{"reconciled", delivery.Clock(s.Reconciled.At)})
	}
	facts = append(facts, [2]string{"changes that no webhook reported", fmt.Sprint(s.Missed.Parcels)}, [2]string{"parcels that need attention", cmp.Or(needingWords(s), "none")})
	for _, f := range facts {
		if f[1] != "" {
			fmt.Fprintf(table, "%s\t%s\n", f[0], printable(f[1]))
		}
	}
	if len(s.Alerts) > 0 {
		fmt.Fprintln(table, "\nALERT\tABOUT\tWHY")
	}
	for _, a := range s.Alerts {
		fmt.Fprintf(table, "%s\t%s\t%s\n", delivery.Clock(a.At), printable(cmp.Or(string(a.Subject), a.Integration)), printable(string(a.Attention)))
	}
	return table.Flush()
}
