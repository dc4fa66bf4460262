package workflows

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"waybill/contract"
)

// RememberSignOuts remembers what a person ended before its time; see
// contract.RememberSignOuts. What it has read when it closes has expired by itself.
func RememberSignOuts(ctx workflow.Context, start contract.SignOutsStart) (struct{}, error) {
	k := &keeper[contract.SignOuts]{}
	if before := carried(ctx, start.Carried); before != nil {
		k.state = *before
	}
	onFact(ctx, k, contract.SignedOut, func(ctx workflow.Context, out contract.SignOut) {
		k.certain(ctx, "Note a sign-out", func(s *contract.SignOuts, at time.Time) { s.Note(out, at) })
	})
	if err := onQuery(ctx, contract.DescribeSignOuts, "What the person ended before its time", func() (contract.SignOuts, error) { return k.state, nil }); err != nil {
		return struct{}{}, err
	}
	for {
		err := k.takeIn(ctx)
		switch {
		case err != nil:
			return struct{}{}, err
		case !k.idle(ctx):
		case !workflow.Now(ctx).Before(k.state.Until):
			return struct{}{}, nil
		case workflow.GetInfo(ctx).GetContinueAsNewSuggested():
			return struct{}{}, workflow.NewContinueAsNewError(ctx, string(contract.RememberSignOuts), contract.SignOutsStart{Carried: &k.state})
		}
		if err := k.wait(ctx, k.state.Until, "What was ended has expired by itself"); err != nil {
			return struct{}{}, err
		}
	}
}
