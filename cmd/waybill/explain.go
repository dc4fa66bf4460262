package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"

	"waybill/contract"
	"waybill/parcel"
	"waybill/recorder"
)

// explainTimeout is how long Temporal and a worker may take to answer.
const explainTimeout = 30 * time.Second

func explainCommand(env *environment, log *slog.Logger) *cobra.Command {
	return &cobra.Command{
		Use:   "explain integration parcel",
		Short: "Tell the story of one parcel: each scan, and why it was mailed or not",
		Long: `Explain tells what is known of a parcel, oldest first: each scan with the decision
about it and the policy that made it, each mail with what became of it, and what
happens if nothing moves. It works for parcels that are under way and for closed ones,
for as long as Temporal keeps them. The parcel is Sendcloud's number of it.

A worker has to be running: it is what knows.

` + aboutTemporal,
		Example: "  waybill explain my-shop 364000001",
		Args:    cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := strconv.ParseInt(args[1], 10, 64)
			if err != nil || id <= 0 {
				return fmt.Errorf("%q is no parcel: it is Sendcloud's number of it, such as 364000001", args[1])
			}
			if !contract.ValidIntegration(args[0]) {
				return fmt.Errorf("%q cannot be an integration's name: it has lower-case letters, digits and hyphens", args[0])
			}
			known, err := lookUp(cmd.Context(), env, log, args[0], id)
			if err != nil {
				return err
			}
			return explain(cmd.OutOrStdout(), known, time.Now())
		},
	}
}

// lookUp asks a parcel's workflow for everything.
func lookUp(ctx context.Context, env *environment, log *slog.Logger, integration string, id int64) (parcel.Parcel, error) {
	options, err := temporalOptions(env, log)
	if err != nil {
		return parcel.Parcel{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, explainTimeout)
	defer cancel()
	temporal, err := client.DialContext(ctx, options)
	if err != nil {
		return parcel.Parcel{}, fmt.Errorf("reach Temporal at %s (is TEMPORAL_ADDRESS right?): %w", options.HostPort, err)
	}
	defer temporal.Close()
	var late *serviceerror.DeadlineExceeded
	known, found, err := recorder.Recorder{Temporal: temporal}.Parcel(ctx, integration, id)
	switch {
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &late):
		return parcel.Parcel{}, errors.New("no worker answers: start one with waybill worker, and ask again")
	case err != nil:
		return parcel.Parcel{}, err
	case !found:
		return parcel.Parcel{}, fmt.Errorf("nothing is known of parcel %d of %s: no webhook told of it, or it was closed longer ago than Temporal keeps workflows", id, integration)
	}
	return known, nil
}

// explain tells a parcel's story. It holds no personal data.
func explain(w io.Writer, p parcel.Parcel, now time.Time) error {
	var head strings.Builder
	fmt.Fprintf(&head, "Parcel %d of %s: %s", p.ID, p.Integration, orElse(p.Phase.Words(), "no scan has placed it yet"))
	if p.Attempt > 1 {
		fmt.Fprintf(&head, ", delivery attempt %d", p.Attempt)
	}
	if p.Facts.Collo.Count > 1 {
		fmt.Fprintf(&head, ", parcel %d of %d that go together", p.Facts.Collo.Nr+1, p.Facts.Collo.Count)
	}
	if p.Facts.IsReturn {
		head.WriteString(", a return parcel: its recipient is the merchant, who gets no mails")
	}
	fmt.Fprintf(w, "%s.\nAll times are UTC.\n", head.String())

	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "\nSCAN\tSTATUS\tDECISION\tPOLICY")
	for _, e := range p.Ledger {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", parcel.Clock(e.ScanAt), e.Seen(), e.Verdict(), e.Policy)
	}
	if len(p.Mails) > 0 {
		fmt.Fprintln(table, "\nMAIL\tSTATE\tDECIDED\tREMARK")
	}
	for _, m := range p.Mails {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", m.Kind.Words(), m.State, parcel.Clock(m.Decided), m.Remark())
	}
	if len(p.Orders) > 0 {
		fmt.Fprintln(table, "\nORDERED\tWHAT\tBY\tWHY")
	}
	for _, o := range p.Orders {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", parcel.Clock(o.At), o.Words(), o.By, o.Why)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	if n := p.Counts[parcel.ReasonDuplicateScan]; n > 0 {
		fmt.Fprintf(w, "\n%d copies of these scans came besides.\n", n)
	}
	if decided := decisions(p); decided > len(p.Ledger) {
		fmt.Fprintf(w, "\n%d older scans are only counted.\n", decided-len(p.Ledger))
	}
	if p.Paused {
		fmt.Fprintln(w, "\nMails are paused: the Update ResumeMails sends them again.")
	}
	fmt.Fprintf(w, "\n%s\n", outlook(p, now))
	return nil
}

// decisions counts those about scans that were no copies.
func decisions(p parcel.Parcel) int {
	n := 0
	for reason, count := range p.Counts {
		if reason != parcel.ReasonDuplicateScan {
			n += count
		}
	}
	return n
}

// outlook says what happens if nothing moves.
func outlook(p parcel.Parcel, now time.Time) string {
	switch {
	case p.Deadline.IsZero():
		return "Nothing is waited for."
	case p.Over(now):
		return fmt.Sprintf("It was closed at %s.", parcel.Clock(p.Deadline))
	case p.Phase.Terminal():
		return fmt.Sprintf("If nothing else happens it is closed at %s: returns do follow deliveries.", parcel.Clock(p.Deadline))
	}
	return fmt.Sprintf("If nobody scans it, it is given up at %s.", parcel.Clock(p.Deadline))
}

func orElse(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}
