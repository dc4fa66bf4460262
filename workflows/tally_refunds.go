package workflows

import (
	"cmp"
	"errors"
	"time"

	"go.temporal.io/sdk/workflow"

	"waybill/contract"
	"waybill/delivery"
	"waybill/refund"
)

// TallyRefunds counts the refunds of one order; see contract.TallyRefunds. Claims are
// answered one at a time, so that limits hold.
func TallyRefunds(ctx workflow.Context, start contract.TallyStart) (struct{}, error) {
	k := &keeper[refund.Tally]{}
	if before := carried(ctx, start.Carried); before != nil {
		k.state = *before
	}
	onFact(ctx, k, contract.ReleaseTally, func(ctx workflow.Context, one contract.TallyRelease) {
		k.certain(ctx, "Take a refund out again", func(t *refund.Tally, at time.Time) {
			if t.Release(one.Key, one.Integration) {
				t.Keep(at)
			}
		})
	})
	onFact(ctx, k, contract.RefundEnded, func(ctx workflow.Context, end refund.Claimed) {
		k.certain(ctx, "Note how a refund ended", func(t *refund.Tally, at time.Time) {
			end.At = delivery.Earliest(end.At, at)
			t.End(end)
			t.Keep(at)
		})
	})
	err := onQuestion(ctx, contract.DescribeTally, "The sum of what is counted",
		func(q refund.TallyQuestion) (refund.TallyAnswer, error) { return k.state.Ask(q), nil })
	err = errors.Join(err, onUpdate(ctx, contract.ClaimTally, "Ask for a refund to be counted", func(refund.ClaimOrder) error { return nil },
		func(ctx workflow.Context, claim refund.ClaimOrder) (refund.ClaimAnswer, error) {
			if err := k.takeIn(ctx); err != nil { // first, what is given back
				return refund.ClaimAnswer{}, err
			}
			return step(ctx, k, "Count a refund, or refuse it", func(t *refund.Tally, at time.Time) (refund.ClaimAnswer, error) {
				// A time to come would have all others be too old.
				claim.At = delivery.Earliest(claim.At, at)
				answer := t.Claim(claim)
				t.Keep(at)
				return answer, nil
			})
		}))
	if err != nil {
		return struct{}{}, err
	}
	// A tally that counts nothing remembers what a manager said that the order cost.
	return struct{}{}, count(ctx, k, tallying{
		show:  func(ctx workflow.Context) { workflow.SetCurrentDetails(ctx, tallyDetails(k.state)) },
		until: func() time.Time { return k.state.Until },
		again: func() error {
			return workflow.NewContinueAsNewError(ctx, string(contract.TallyRefunds), contract.TallyStart{Carried: &k.state})
		},
	})
}

// tallying is what tallies of orders and counters do in their own ways.
type tallying struct {
	show  func(workflow.Context)
	until func() time.Time
	again func() error
}

// count counts until all that is counted is too old to matter.
func count[S any](ctx workflow.Context, k *keeper[S], of tallying) error {
	empty := workflow.Now(ctx).Add(refund.EmptyTally)
	until := func() time.Time { return cmp.Or(of.until(), empty) }
	return k.live(ctx, life{
		work: func(ctx workflow.Context) error {
			of.show(ctx)
			return nil
		},
		over:  func() bool { return !workflow.Now(ctx).Before(until()) },
		next:  func() (time.Time, string) { return until(), "Forget refunds that are too old to matter" },
		again: of.again,
	})
}
