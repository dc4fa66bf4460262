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

// posted reports that the carrier has the goods: that is the customer's proof.
func (t *tracking) posted() bool {
	return t.parcel.Facts.IsReturn && slices.Contains([]parcel.Phase{
		parcel.InTransit, parcel.OutForDelivery, parcel.AwaitingPickup, parcel.AttemptFailed, parcel.Delayed,
	}, t.parcel.Phase)
}

// tellGoods tells everybody who waits where the goods are.
func (t *tracking) tellGoods(ctx workflow.Context) {
	switch {
	case t.goodsToTell():
		waiting := t.waiting
		t.waiting = nil
		for _, w := range waiting {
			t.tellOf(ctx, w, contract.GoodsBack)
		}
	case t.posted():
		for i, w := range t.waiting {
			if w.Posted || workflow.GetVersion(ctx, "goods-posted", workflow.DefaultVersion, 1) == workflow.DefaultVersion {
				continue
			}
			t.waiting[i].Posted = true
			t.tellOf(ctx, w, contract.GoodsPosted)
		}
	}
}

// tellOf tells one that waits. One that is not there any more does not wait any
// more either.
func (t *tracking) tellOf(ctx workflow.Context, w contract.GoodsAwaited, what contract.Signal[contract.GoodsReturned]) {
	told := workflow.SignalExternalWorkflow(ctx, w.WorkflowID, "", string(what),
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
