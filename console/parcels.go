package console

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/spf13/cobra"

	"waybill/commandline"
	"waybill/contract"
	"waybill/delivery"
	"waybill/parcel"
	"waybill/recorder"
	"waybill/settings"
)

func parcelsCommand(env *settings.Environment, log *slog.Logger) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "parcels",
		Short: "Find parcels, explain them, and give them orders",
		Long: `Find a parcel by what the customer tells you, see why a mail was sent or not, and fix it.

` + namingParcels,
		Example: `  waybill parcels find 1042
  waybill parcels explain my-shop/364000001
  waybill parcels list --attention --integration my-shop --since 7d`,
	}
	cmd.AddCommand(parcelsFindCommand(env, log), parcelsListCommand(env, log), parcelsShowCommand(env, log), parcelsExplainCommand(env, log), parcelsRehearseCommand(env, log))
	cmd.AddCommand(orderCommands(env, log, cmd.Name())...)
	return cmd
}

func parcelsListCommand(env *settings.Environment, log *slog.Logger) *cobra.Command {
	var f filterFlags
	var most limit
	var format output
	var all bool
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List parcels: where they are, and why they need attention",
		Long: `List prints the parcels that Waybill follows, newest first. It is Temporal's list, and may be
a few seconds old. All times are UTC.

` + settings.AboutTemporal,
		Example: "  waybill parcels list --attention\n  waybill parcels list --integration my-shop --phase attempt_failed --since 2d\n  waybill parcels list --parked --output json",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			filter, err := f.filter(time.Now())
			if err := cmp.Or(err, most.check()); err != nil {
				return err
			}
			filter.Open = !all
			return ask(cmd.Context(), env, log, func(ctx context.Context, records recorder.Recorder) error {
				listed, more, err := recorder.ListParcels(ctx, records, filter, int(most))
				if err != nil {
					return err
				}
				if more {
					defer showMore(ctx, cmd.ErrOrStderr(), records, filter, len(listed))
				}
				return format.print(cmd.OutOrStdout(), listed, func(w io.Writer) error { return printParcels(w, listed, time.Now(), filter.Open) })
			})
		},
	}
	f.add(cmd, env)
	cmd.Flags().BoolVar(&all, "all", false, "also list parcels that are over")
	most.add(cmd)
	format.add(cmd)
	return cmd
}

// showMore says that a list is not all.
func showMore(ctx context.Context, w io.Writer, records recorder.Recorder, f recorder.ParcelFilter, shown int) {
	total := "more"
	if n, err := records.CountParcels(ctx, f); err == nil && n > int64(shown) {
		total = thousands(n)
	}
	fmt.Fprintf(w, "These are the newest %s of %s parcels: add a filter, or raise --limit.\n", thousands(shown), total)
}

// printParcels prints parcels as a table. openOnly says that those that are over were left out.
func printParcels(w io.Writer, listed []recorder.ListedParcel, now time.Time, openOnly bool) error {
	if len(listed) == 0 {
		return printNone(w, "parcel", openOnly)
	}
	table := newTable(w)
	fmt.Fprintln(table, "PARCEL\tPHASE\tATTENTION\tPARKED MAILS\tORDER\tTRACKING NUMBER\tFOLLOWED FOR")
	for _, p := range listed {
		parked := "-"
		if p.Parked > 0 {
			parked = fmt.Sprint(p.Parked)
		}
		age := delivery.Span(now.Sub(p.Started))
		if !p.Open {
			age = "over"
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", p.ParcelRef, cmp.Or(printable(p.Phase.Words()), "-"), cmp.Or(printable(string(p.Attention)), "-"),
			parked, cmp.Or(printable(p.Order), "-"), cmp.Or(printable(p.Tracking), "-"), age)
	}
	return table.Flush()
}

// printNone says that a list of parcels or refunds is empty.
func printNone(w io.Writer, what string, openOnly bool) error {
	hint := ""
	if openOnly {
		hint = " Use --all to list also those that are over."
	}
	_, err := fmt.Fprintf(w, "There is no such %s.%s\n", what, hint)
	return err
}

const recipientLeftOut = "The recipient's name and mail address are left out: --personal shows them."

func parcelsShowCommand(env *settings.Environment, log *slog.Logger) *cobra.Command {
	var personal bool
	var format output
	cmd := &cobra.Command{
		ValidArgsFunction: commandline.First(completeIntegrations(env)),

		Use:   "show integration parcel",
		Short: "Show one parcel: its facts, and its mails with their keys",
		Long: `Show prints where a parcel is, its numbers, and its mails. For its story, see "waybill parcels
explain". The recipient's name and mail address are left out unless --personal is given.

With --output json it prints the answer of the Query Describe. With --personal too, you can
correct that answer and give it to the order continue-as-new. A worker has to be running to
answer.

` + namingParcels + "\n\n" + settings.AboutTemporal,
		Example: "  waybill parcels show my-shop/364000001\n  waybill parcels show my-shop/364000001 --personal --output json > parcel.json",
		RunE: aboutParcel(env, log, func(_ context.Context, cmd *cobra.Command, _ recorder.Recorder, known parcel.Parcel) error {
			if !personal {
				known = withoutRecipient(known)
				if format == inJSON {
					fmt.Fprintln(cmd.ErrOrStderr(), recipientLeftOut)
				}
			}
			return format.print(cmd.OutOrStdout(), known, func(w io.Writer) error { return showParcel(w, known, personal) })
		}),
	}
	cmd.Flags().BoolVar(&personal, "personal", false, "with the recipient's name and mail address")
	format.add(cmd)
	return cmd
}

// withoutRecipient is a parcel without the recipient's name and mail addresses.
func withoutRecipient(p parcel.Parcel) parcel.Parcel {
	for _, r := range []*parcel.Recipient{&p.Facts.Recipient, &p.Corrected} {
		r.Name, r.Email = "", ""
	}
	return p
}

// showParcel prints the facts of a parcel, and its mails.
func showParcel(w io.Writer, p parcel.Parcel, personal bool) error {
	fmt.Fprintf(w, "%s\nAll times are UTC.\n", headline(p))
	if !personal {
		fmt.Fprintln(w, recipientLeftOut)
	}
	table := newTable(w)
	fmt.Fprintln(table, "\nFACT\tVALUE")
	to := p.MailFacts().Recipient
	for _, line := range []struct{ fact, value string }{
		{"workflow", contract.ParcelRef{Integration: p.Integration, ID: p.ID}.WorkflowID()},
		{"order", p.Facts.OrderNumber},
		{"carrier", cmp.Or(p.Facts.CarrierName, p.Facts.CarrierCode)},
		{"tracking number", p.Facts.TrackingNumber},
		{"tracking page", p.Facts.TrackingURL},
		{"sent from", p.Facts.Origin},
		{"sent to", to.Country},
		{"recipient", to.Name},
		{"mails go to", to.Email},
		{"no mails, because", string(p.Silenced)},
		{"newest scan", clockOf(p.NewestAt())},
		{"closed or given up", clockOf(p.Deadline)},
	} {
		if line.value != "" {
			fmt.Fprintf(table, "%s\t%s\n", line.fact, printable(line.value))
		}
	}
	printMails(table, p.Mails)
	return table.Flush()
}

// clockOf is a moment in a table; empty if there is none.
func clockOf(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return delivery.Clock(t)
}
