package workflows

import (
	"cmp"
	"errors"
	"time"

	"go.temporal.io/sdk/workflow"

	"waybill/contract"
	"waybill/refund"
)

// TallyRefunds counts refunds that belong together; see contract.TallyRefunds.
// Claims are answered one at a time, so that limits hold.
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
	err := onQuery(ctx, contract.DescribeTally, "Everything that is counted", func() (refund.Tally, error) { return k.state, nil })
	err = errors.Join(err, onUpdate(ctx, contract.ClaimTally, "Ask for a refund to be counted", func(refund.ClaimOrder) error { return nil },
		func(ctx workflow.Context, claim refund.ClaimOrder) (refund.ClaimAnswer, error) {
			k.takeIn(ctx) // first, what is given back
			return step(ctx, k, "Count a refund, or refuse it", func(t *refund.Tally, at time.Time) (refund.ClaimAnswer, error) {
				answer := t.Claim(claim)
				t.Keep(at)
				return answer, nil
			})
		}))
	if err != nil {
		return struct{}{}, err
	}
	// A tally that counts nothing remembers what the order cost for the next one.
	empty := workflow.Now(ctx).Add(refund.EmptyTally)
	until := func() time.Time { return cmp.Or(k.state.Until, empty) }
	return struct{}{}, k.live(ctx, life{
		work: func(ctx workflow.Context) error {
			workflow.SetCurrentDetails(ctx, tallyDetails(k.state))
			return nil
		},
		over: func() bool { return !workflow.Now(ctx).Before(until()) },
		next: func() (time.Time, string) { return until(), "Forget refunds that are too old to matter" },
		again: func() error {
			return workflow.NewContinueAsNewError(ctx, string(contract.TallyRefunds), contract.TallyStart{Integration: start.Integration, Carried: &k.state})
		},
	})
}
