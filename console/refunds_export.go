package console

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"waybill/archive"
	"waybill/commandline"
	"waybill/contract"
	"waybill/recorder"
	"waybill/refund"
	"waybill/settings"
)

// listedAfter is how long after its end a refund is surely listed. The next export begins where this
// one ended, and must not miss one that was listed late.
const listedAfter = 10 * time.Minute

func refundsExportCommand(env *settings.Environment, log *slog.Logger) *cobra.Command {
	var since, until, state, integration string
	var personal bool
	cmd := &cobra.Command{
		Use:   "export",
		Short: "Print the refunds that have ended, with their decision logs, before Temporal forgets them",
		Long: `Export prints each refund whose workflow has ended as one line of JSON, with the decision log
and its hashes: what "waybill refunds show --output json" prints of it. "waybill refunds verify"
reads all lines and says whether the logs are intact. Keep them for as long as you keep your books:
Temporal forgets a workflow when it ended longer ago than the namespace keeps closed workflows. The
workflow of a refund ends some days after the refund, in case a mail comes back.

A worker that has a folder for it exports by itself once a day: see "Keep decision logs of refunds" in
docs/operating.md.

Times count when the workflow ended, in UTC. To export each refund once, begin where the last export
stopped: --since 2026-10-01 --until 2026-11-01, then --since 2026-11-01 --until 2026-12-01. Without
--until, what ended in the last 10 minutes is left to the next export: Temporal may list it late.

The customer's name, mail address and messages are left out unless --personal is given. What people
wrote to each other stands in the decision log: it could not be checked without it. A worker has to
be running. If a refund does not answer, the others are printed, and export exits with 1.

` + settings.AboutTemporal,
		Example: "  waybill refunds export --since 2026-10-01 --until 2026-11-01 > refunds-2026-10.jsonl\n  waybill refunds verify refunds-2026-10.jsonl",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			chosen, err := endedRefunds(since, until, state, integration, time.Now())
			if err != nil {
				return err
			}
			return connect(cmd.Context(), env, log, func(ctx context.Context, records recorder.Recorder) error {
				return exportRefunds(ctx, cmd.OutOrStdout(), cmd.ErrOrStderr(), records, chosen, personal)
			})
		},
	}
	cmd.Flags().StringVar(&since, "since", "", "only refunds that ended at a `time` or later, such as 30d or 2026-10-01")
	cmd.Flags().StringVar(&until, "until", "", "only refunds that ended before this `time`; without it, 10 minutes ago")
	cmd.Flags().StringVar(&state, "state", "", "only refunds that ended in this `state`, such as paid")
	cmd.Flags().StringVar(&integration, "integration", "", "only of this `integration`")
	cmd.Flags().BoolVar(&personal, "personal", false, "with the customer's name, mail address and message")
	commandline.Flag(cmd, "state", commandline.OneOf(slices.DeleteFunc(refund.States(), func(s refund.State) bool { return !s.Terminal() })...))
	commandline.Flag(cmd, "integration", completeIntegrations(env))
	return cmd
}

// endedRefunds is what the flags choose, or all that is wrong with them.
func endedRefunds(since, until, state, integration string, now time.Time) (recorder.RefundFilter, error) {
	chosen := recorder.RefundFilter{Integration: integration, State: refund.State(state), EndedBefore: now.Add(-listedAfter)}
	var faults []error
	if err := contract.CheckIntegration(integration); integration != "" && err != nil {
		faults = append(faults, fmt.Errorf("--integration: %w", err))
	}
	if state != "" && (!slices.Contains(refund.States(), chosen.State) || !chosen.State.Terminal()) {
		faults = append(faults, fmt.Errorf("--state: no refund ends as %q: choose one of %s", state, stateList(true)))
	}
	var err error
	if chosen.EndedSince, err = moment(since, now); err != nil {
		faults = append(faults, fmt.Errorf("--since: %w", err))
	}
	if before, err := moment(until, now); err != nil {
		faults = append(faults, fmt.Errorf("--until: %w", err))
	} else if until != "" {
		chosen.EndedBefore = before
	}
	if len(faults) == 0 && !chosen.EndedSince.Before(chosen.EndedBefore) {
		faults = append(faults, errors.New("--since is not before --until: nothing can end in between"))
	}
	return chosen, commandline.Usage(errors.Join(faults...))
}

// exportRefunds prints refunds, a line each.
func exportRefunds(ctx context.Context, out, tell io.Writer, from recorder.RefundLister, chosen recorder.RefundFilter, personal bool) error {
	shown := newProgress(tell)
	done, err := archive.Lines{
		Ask: func(ctx context.Context, of contract.RefundRef) (refund.Refund, error) {
			known, found, err := from.Refund(ctx, of)
			return known, notKnown(of, found, err)
		},
		Personal: personal, Said: func(refunds int) { shown.say(fmt.Sprintf("%d refunds exported", refunds)) },
	}.Write(ctx, out, recorder.AllRefunds(ctx, from, chosen))
	shown.end()
	if err != nil {
		return fmt.Errorf("the export stopped after %d refunds. Run it again: %w", done.Refunds, err)
	}
	fmt.Fprintf(tell, "Refunds exported: %d. They ended before %s UTC.\n", done.Refunds, chosen.EndedBefore.UTC().Format(receiptTime))
	if len(done.Silent) > 0 {
		return fmt.Errorf("refunds that did not answer: %d. Run the export again: %w", len(done.Silent), errors.Join(done.Silent[:min(len(done.Silent), 10)]...))
	}
	return nil
}
