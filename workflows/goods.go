package workflows

import (
	"slices"

	"go.temporal.io/sdk/workflow"

	"waybill/contract"
	"waybill/parcel"
)

// await notes who waits for the goods of a return parcel.
func (t *tracking) await(a contract.GoodsAwaited) {
	t.waiting = append(slices.DeleteFunc(t.waiting, func(known contract.GoodsAwaited) bool { return known.WorkflowID == a.WorkflowID }), a)
	if !t.parcel.Phase.Terminal() && t.parcel.Deadline.Before(a.Until) {
		t.parcel.Deadline = a.Until
	}
	t.wake = true
}

// goodsToTell reports that the goods are back and somebody waits to hear it.
func (t *tracking) goodsToTell() bool {
	return t.parcel.Facts.IsReturn && t.parcel.Phase == parcel.Delivered && len(t.waiting) > 0
}

// tellGoodsBack tells everybody who waits. One that is not there any more does
// not wait any more either.
func (t *tracking) tellGoodsBack(ctx workflow.Context) {
	if !t.goodsToTell() {
		return
	}
	waiting := t.waiting
	t.waiting = nil
	for _, w := range waiting {
		told := workflow.SignalExternalWorkflow(ctx, w.WorkflowID, "", string(contract.GoodsBack),
			contract.GoodsReturned{ParcelID: t.parcel.ID, At: t.parcel.NewestAt})
		t.telling++
		workflow.Go(ctx, func(ctx workflow.Context) {
			if err := told.Get(ctx, nil); err != nil {
				workflow.GetLogger(ctx).Info("nobody waits for the goods any more", "workflow", w.WorkflowID)
			}
			t.telling--
			t.wake = true
		})
	}
}
