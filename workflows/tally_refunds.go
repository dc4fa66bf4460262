package workflows

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"waybill/contract"
	"waybill/refund"
)

// TallyRefunds counts the refunds of one order; see contract.TallyRefunds.
// Claims are answered one at a time, which is what makes a limit one.
func TallyRefunds(ctx workflow.Context, start contract.TallyStart) (struct{}, error) {
	k := &keeper[refund.Tally]{}
	if start.Carried != nil {
		k.state = *start.Carried
	}
	onFact(ctx, k, contract.ReleaseTally, func(ctx workflow.Context, one contract.TallyRelease) {
		k.certain(ctx, "Take a refund out again", func(t *refund.Tally, at time.Time) {
			if t.Release(one.Key) {
				t.Keep(at)
			}
		})
	})
	onFact(ctx, k, contract.RefundEnded, func(ctx workflow.Context, end refund.Claimed) {
		k.certain(ctx, "Note how a refund ended", func(t *refund.Tally, at time.Time) {
			t.End(end)
			t.Keep(at)
		})
	})
	err := onQuestion(ctx, contract.DescribeTally, "The sum of what is counted", func(q refund.TallyQuestion) (refund.TallyAnswer, error) { return k.state.Ask(q), nil })
	if err != nil {
		return struct{}{}, err
	}
	err = onUpdate(ctx, contract.ClaimTally, "Ask for a refund to be counted", func(refund.ClaimOrder) error { return nil },
		func(ctx workflow.Context, claim refund.ClaimOrder) (refund.ClaimAnswer, error) {
			k.takeIn(ctx) // what is given back is free before anybody claims
			return step(ctx, k, "Count a refund, or refuse it", func(t *refund.Tally, at time.Time) (refund.ClaimAnswer, error) {
				answer := t.Claim(claim)
				t.Keep(at)
				return answer, nil
			})
		})
	if err != nil {
		return struct{}{}, err
	}
	// A tally that counts nothing remembers what a manager said that the order cost.
	return struct{}{}, count(ctx, k, tallying{
		show:  func() { workflow.SetCurrentDetails(ctx, tallyDetails(k.state)) },
		until: func() time.Time { return k.state.Until },
		next: func() error {
			return workflow.NewContinueAsNewError(ctx, string(contract.TallyRefunds), contract.TallyStart{Integration: start.Integration, Carried: &k.state})
		},
	})
}

// tallying is what tallies of orders and counters do in their own ways.
type tallying struct {
	show  func()
	until func() time.Time
	next  func() error
}

// count counts until all that is counted is too old to matter.
func count[S any](ctx workflow.Context, k *keeper[S], of tallying) error {
	empty := workflow.Now(ctx).Add(refund.EmptyTally)
	for {
		k.takeIn(ctx)
		of.show()
		until := of.until()
		if until.IsZero() {
			until = empty
		}
		switch {
		case k.broken != nil:
			return k.broken
		case !k.idle(ctx):
		case !workflow.Now(ctx).Before(until):
			return nil
		case workflow.GetInfo(ctx).GetContinueAsNewSuggested():
			return of.next()
		}
		if err := k.wait(ctx, until, "Forget refunds that are too old to matter"); err != nil {
			return err
		}
	}
}
