package console

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"log/slog"
	"strings"

	"github.com/spf13/cobra"

	"waybill/commandline"
	"waybill/delivery"
	"waybill/parcel"
	"waybill/recorder"
	"waybill/settings"
)

func parcelsExplainCommand(env *settings.Environment, log *slog.Logger) *cobra.Command {
	return &cobra.Command{
		ValidArgsFunction: commandline.First(completeIntegrations(env)),

		Use:   "explain integration parcel",
		Short: "Explain one parcel: each scan, and why a mail was sent or not",
		Long: `Explain prints what is known of a parcel, oldest first: each scan with its decision
and the version of the policy, each mail with its result, and what happens if no scan
comes. It names the version of the policy that the worker follows now. It works for open and
closed parcels, for as long as Temporal keeps them.

` + namingParcels + `

A worker has to be running to answer.

` + settings.AboutTemporal,
		Example: "  waybill parcels explain my-shop 364000001",
		RunE: aboutParcel(env, log, func(ctx context.Context, cmd *cobra.Command, records recorder.Recorder, known parcel.Parcel) error {
			now, err := rehearsed(ctx, records, known)
			if err != nil {
				return err
			}
			return explain(cmd.OutOrStdout(), known, now.Policy)
		}),
	}
}

// headline says where a parcel is and what it needs.
func headline(p parcel.Parcel) string {
	var head strings.Builder
	fmt.Fprintf(&head, "Parcel %d of %s: %s", p.ID, p.Integration, cmp.Or(p.Phase.Words(), "no scan has placed it yet"))
	if p.Attempt > 0 {
		fmt.Fprintf(&head, ", delivery attempt %d", p.Attempt+1)
	}
	if p.Facts.Collo.Count > 1 {
		fmt.Fprintf(&head, ", parcel %d of %d that go together", p.Facts.Collo.Nr+1, p.Facts.Collo.Count)
	}
	if p.Facts.IsReturn {
		head.WriteString(", a return parcel: its recipient is the merchant, who gets no mails")
	}
	if p.Attention != "" {
		fmt.Fprintf(&head, ". Needs attention: %s", p.Attention)
	}
	return head.String() + "."
}

// explain prints a parcel's story without personal data. policyNow is the version of the policy
// that the worker follows.
func explain(w io.Writer, p parcel.Parcel, policyNow string) error {
	w = plain{w}
	fmt.Fprintf(w, "%s\nThe worker that answered follows policy %s. All times are UTC.\n", headline(p), policyNow)

	table := newTable(w)
	fmt.Fprintln(table, "\nSCAN\tSTATUS\tDECISION\tPOLICY")
	for _, e := range p.Ledger {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", delivery.Clock(e.ScanAt), printable(e.Seen().String()), e.Verdict(), p.PolicyAt(e.At))
	}
	if len(p.Mails) > 0 {
		fmt.Fprintln(table, "\nMAIL\tSTATE\tDECIDED\tREMARK")
	}
	for _, m := range p.Mails {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", m.About.Kind.Words(), m.State, delivery.Clock(m.Decided), printable(parcel.Remark(m).String()))
	}
	if len(p.Orders) > 0 {
		fmt.Fprintln(table, "\nORDERED\tWHAT\tBY\tWHY")
	}
	for _, o := range p.Orders {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", delivery.Clock(o.At), printable(o.Words()), printable(o.Who()), printable(o.Why))
	}
	if err := table.Flush(); err != nil {
		return err
	}
	if n := p.Unlisted[parcel.ReasonDuplicateScan]; n > 0 {
		fmt.Fprintf(w, "\n%d duplicates of these scans were ignored.\n", n)
	}
	older := -p.Unlisted[parcel.ReasonDuplicateScan]
	for _, times := range p.Unlisted {
		older += times
	}
	if older > 0 {
		fmt.Fprintf(w, "\n%d older scans are only counted.\n", older)
	}
	if p.Paused {
		fmt.Fprintf(w, "\nMails are paused. To send them again:\n  waybill parcels resume %s/%d\n", p.Integration, p.ID)
	}
	return outlook(w, p)
}

// outlook says what happens if no scan comes.
func outlook(w io.Writer, p parcel.Parcel) error {
	if p.Closed {
		_, err := fmt.Fprintf(w, "\nIt was closed at %s.\n", delivery.Clock(p.Deadline))
		return err
	}
	table := newTable(w)
	fmt.Fprintln(table, "\nIF NO SCAN COMES\tWHAT HAPPENS")
	for _, a := range p.Agenda {
		fmt.Fprintf(table, "%s\t%s\n", delivery.Clock(a.At), a.What)
	}
	end := "given up"
	if p.Phase.Terminal() {
		end = "closed"
	}
	fmt.Fprintf(table, "%s\t%s\n", delivery.Clock(p.Deadline), end)
	return table.Flush()
}
