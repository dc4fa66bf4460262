package workflows

import (
	"slices"
	"time"

	"go.temporal.io/sdk/workflow"

	"waybill/contract"
)

// RememberErased remembers which parcels and refunds are erased; see contract.RememberErased.
func RememberErased(ctx workflow.Context, start contract.RememberStart) (struct{}, error) {
	k := &keeper[contract.ErasedList]{}
	if before := carried(ctx, start.Carried); before != nil {
		k.state = *before
	}
	onFact(ctx, k, contract.PersonErased, func(ctx workflow.Context, more contract.ErasedNames) {
		k.certain(ctx, "Note what is erased", func(l *contract.ErasedList, at time.Time) {
			if !more.Plain { // or else everybody who reaches Temporal could keep parcels from being recorded
				l.Add(more.Names, at)
			}
		})
	})
	var shown contract.ErasedList
	return struct{}{}, k.live(ctx, life{
		work: func(ctx workflow.Context) error {
			if slices.Equal(shown.Names, k.state.Names) {
				return nil
			}
			shown = k.state
			return workflow.UpsertMemo(ctx, map[string]any{contract.ErasedMemo: shown})
		},
		over: func() bool { return !now(ctx).Before(k.state.Until()) },
		next: func() (time.Time, string) { return k.state.Until(), "Forget what nobody can bring back any more" },
		again: func() error {
			return workflow.NewContinueAsNewError(ctx, string(contract.RememberErased), contract.RememberStart{Carried: &k.state})
		},
	})
}
