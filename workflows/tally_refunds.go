package workflows

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"go.temporal.io/sdk/workflow"

	"waybill/contract"
	"waybill/parcel"
	"waybill/refund"
)

// TallyRefunds counts refunds that belong together; see contract.TallyRefunds.
// Claims are answered one at a time, which is what makes a limit one. Nobody waits
// for what is given back: whoever did would hold it, out of sight of a claim that
// comes in the same moment.
func TallyRefunds(ctx workflow.Context, start contract.TallyStart) (struct{}, error) {
	var tally refund.Tally
	if start.Carried != nil {
		tally = *start.Carried
	}
	wake := false
	releases := signals(ctx, contract.ReleaseTally)
	release := func(all ...contract.TallyRelease) {
		for _, one := range all {
			tally.Release(one.Key)
			wake = true
		}
	}
	if err := onQuery(ctx, contract.DescribeTally, "Everything that is counted", func() (refund.Tally, error) { return tally, nil }); err != nil {
		return struct{}{}, err
	}
	err := onUpdate(ctx, contract.ClaimTally, "Ask for a refund to be counted", func(refund.ClaimOrder) error { return nil },
		func(ctx workflow.Context, claim refund.ClaimOrder) (refund.ClaimAnswer, error) {
			release(releases.drain()...)
			wake = true
			return tally.Claim(claim), nil
		})
	if err != nil {
		return struct{}{}, err
	}
	var alarm timer
	for {
		release(releases.drain()...)
		workflow.SetCurrentDetails(ctx, tallyDetails(tally))
		until := tally.Until()
		if until.IsZero() {
			// Whoever began this was refused, or gave it up: keep what the order
			// cost in mind for the next one.
			until = workflow.Now(ctx).Add(emptyTally)
		}
		alarm.ringAt(ctx, until, "Forget refunds that are too old to matter", func() { wake = true })
		wake = wake || !until.After(workflow.Now(ctx)) // a run may begin when its time is over
		if err := workflow.Await(ctx, func() bool { return (wake || releases.told()) && workflow.AllHandlersFinished(ctx) }); err != nil {
			return struct{}{}, err
		}
		wake = false
		if releases.told() {
			continue
		}
		switch {
		case !tally.Until().IsZero() && !workflow.Now(ctx).Before(tally.Until()), tally.Until().IsZero() && alarm.set == nil:
			return struct{}{}, nil
		case workflow.GetInfo(ctx).GetContinueAsNewSuggested():
			return struct{}{}, workflow.NewContinueAsNewError(ctx, string(contract.TallyRefunds), contract.TallyStart{Integration: start.Integration, Carried: &tally})
		}
	}
}

// emptyTally is how long a tally that counts nothing is kept.
const emptyTally = 30 * 24 * time.Hour

// tallyRows is how many refunds the details of a tally show.
const tallyRows = 40

// tallyDetails is a tally in words, for people.
func tallyDetails(t refund.Tally) string {
	var b strings.Builder
	b.WriteString(fmt.Sprintf("Counts refunds together: %d so far.", len(t.Claims)))
	if t.Value.Known() {
		b.WriteString(fmt.Sprintf(" They are of one order, and cannot be more than its %s.", t.Value))
	}
	if len(t.Claims) > 0 {
		b.WriteString("\n\n" + row("Refund", "Amount", "Claimed (UTC)") + "|---|---|---|\n")
	}
	for _, c := range slices.Backward(t.Claims[max(0, len(t.Claims)-tallyRows):]) {
		b.WriteString(row(c.Key, c.Amount.String(), parcel.Clock(c.At)))
	}
	return b.String()
}
