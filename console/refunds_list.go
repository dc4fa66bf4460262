package console

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"waybill/commandline"
	"waybill/contract"
	"waybill/delivery"
	"waybill/policy"
	"waybill/recorder"
	"waybill/refund"
	"waybill/settings"
)

func refundsListCommand(env *settings.Environment, log *slog.Logger) *cobra.Command {
	var f listFlags
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List refunds: where they stand, and whose turn it is",
		Long: `List prints the refunds that are not over, newest first: the amount, who has to act, the
legal deadline for paying ("not running" until the goods or proof of posting arrive), and
why a refund needs attention. All times are UTC.

The list is Temporal's, and may be a few seconds old. Each refund is then asked for its
present state; one that does not answer is marked. A worker has to be running for any of
them to answer.

A refund that is under way is
  ` + stateList(false) + `
and one that is over
  ` + stateList(true) + `

` + settings.AboutTemporal,
		Example: `  waybill refunds list
  waybill refunds list --role manager --due-within 3d
  waybill refunds list --state paid --integration my-shop --output json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			now := time.Now()
			filter, err := f.filter(now)
			if err != nil {
				return err
			}
			return ask(cmd.Context(), env, log, func(ctx context.Context, records recorder.Recorder) error {
				listed, more, err := recorder.ListRefunds(ctx, records, filter, int(f.limit))
				if err != nil {
					return err
				}
				recorder.AskRefunds(ctx, records, listed)
				if more {
					defer fmt.Fprintf(cmd.ErrOrStderr(), "There are more than %d: choose fewer, or raise --limit.\n", len(listed))
				}
				defer showUnanswered(cmd.ErrOrStderr(), listed)
				return f.output.print(cmd.OutOrStdout(), listed, func(w io.Writer) error { return printRefunds(w, listed, now, filter.Open) })
			})
		},
	}
	cmd.Flags().StringVar(&f.state, "state", "", "only in this `state`, such as awaiting_approval")
	cmd.Flags().StringVar(&f.role, "role", "", "only where it is this `role`'s turn: approver or manager")
	cmd.Flags().StringVar(&f.integration, "integration", "", "only of this `integration`")
	cmd.Flags().StringVar(&f.within, "due-within", "", "only refunds whose legal deadline ends within this `time`, such as 3d or 12h")
	cmd.Flags().BoolVar(&f.attention, "attention", false, "only refunds that need attention")
	cmd.Flags().BoolVar(&f.all, "all", false, "also list refunds that are over")
	f.limit.add(cmd)
	f.output.add(cmd)
	commandline.Flag(cmd, "state", commandline.OneOf(refund.States()...))
	commandline.Flag(cmd, "role", commandline.OneOf(refund.Approver, refund.Manager))
	commandline.Flag(cmd, "integration", completeIntegrations(env))
	return cmd
}

// listFlags select refunds.
type listFlags struct {
	state, role, integration, within string

	attention, all bool
	limit          limit
	output         output
}

// filter is what the flags select, or all that is wrong with them.
func (f listFlags) filter(now time.Time) (recorder.RefundFilter, error) {
	var faults []error
	state, role := refund.State(f.state), refund.Role(f.role)
	if f.state != "" && !slices.Contains(refund.States(), state) {
		faults = append(faults, fmt.Errorf("--state: a refund is never %q: choose one of %s, %s", f.state, stateList(false), stateList(true)))
	}
	if f.role != "" && role != refund.Approver && role != refund.Manager {
		faults = append(faults, fmt.Errorf("--role: there is no %q: choose approver or manager", f.role))
	}
	if err := contract.CheckIntegration(f.integration); f.integration != "" && err != nil {
		faults = append(faults, fmt.Errorf("--integration: %w", err))
	}
	if err := f.limit.check(); err != nil {
		faults = append(faults, err)
	}
	var due time.Time
	if f.within != "" {
		span, err := policy.ParseSpan(f.within)
		if err != nil || span <= 0 {
			faults = append(faults, fmt.Errorf("--due-within: %q is no length of time: write one such as 3d or 12h", f.within))
		}
		due = now.Add(span)
	}
	return recorder.RefundFilter{
		Integration: f.integration, State: state, Role: role, DueBefore: due, NeedsAttention: f.attention,
		Open: !f.all && !state.Terminal(),
	}, commandline.Usage(errors.Join(faults...))
}

// stateList names the states of refunds that are over, or of those that are not.
func stateList(ends bool) string {
	var names []string
	for _, s := range refund.States() {
		if s.Terminal() == ends {
			names = append(names, string(s))
		}
	}
	return strings.Join(names, ", ")
}

// printRefunds prints refunds as a table. openOnly says that those that are over were left
// out.
func printRefunds(w io.Writer, listed []recorder.ListedRefund, now time.Time, openOnly bool) error {
	if len(listed) == 0 {
		return printNone(w, "refund", openOnly)
	}
	table := newTable(w)
	fmt.Fprintln(table, "REFUND\tSTATE\tTURN\tAMOUNT\tAGE\tLEGAL DEADLINE\tATTENTION")
	for _, r := range listed {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", r.RefundRef, cmp.Or(r.State.Words(), "-"), cmp.Or(printable(r.Turn().String()), "-"),
			r.Sum(), delivery.Span(now.Sub(r.Started)), deadlineWords(r.State, r.Deadline), cmp.Or(r.Attention, "-"))
	}
	return table.Flush()
}

// showUnanswered says how many refunds did not answer, and why the first one did not.
func showUnanswered(w io.Writer, listed []recorder.ListedRefund) {
	silent := slices.DeleteFunc(slices.Clone(listed), func(l recorder.ListedRefund) bool { return l.Asked })
	if len(silent) > 0 {
		fmt.Fprintf(w, "%d did not answer and are shown as Temporal lists them: %v\n", len(silent), notKnown(silent[0].RefundRef, false, silent[0].Silent))
	}
}

// deadlineWords is the legal deadline in words.
func deadlineWords(state refund.State, due time.Time) string {
	switch {
	case state.Terminal():
		return "-"
	case due.IsZero():
		return "not running"
	}
	return delivery.Clock(due)
}
