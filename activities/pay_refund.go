package activities

import (
	"context"
	"errors"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"

	"waybill/contract"
	"waybill/parcel"
	"waybill/payment"
	"waybill/refund"
)

// Payments are the activities that pay refunds out.
type Payments struct {
	// Endpoints are the merchants' own, by integration.
	Endpoints map[string]payment.Endpoint
}

// PayRefund asks the shop's endpoint to pay. It fails, and is tried again under the
// same key, while there is no clear answer. A refusal is clear only at the first try:
// an earlier one may have reached the endpoint and been paid.
func (p Payments) PayRefund(ctx context.Context, o contract.RefundPayment) (refund.Payment, error) {
	// A person who resets the activity has its tries begin at 1 again. What a try has
	// recorded stays, and the first record is sent at once.
	before := activity.GetInfo(ctx).Attempt > 1 || activity.HasHeartbeatDetails(ctx)
	activity.RecordHeartbeat(ctx, "the shop's endpoint is asked")
	paid, err := p.payOnce(ctx, o)
	if err == nil && paid.Outcome == refund.Refused && before {
		paid.Outcome, paid.Why = refund.Doubt, paid.Why+"; an earlier try may have been paid"
	}
	if err == nil {
		activity.GetLogger(ctx).Info("payment answered", "refund", o.String(), "outcome", string(paid.Outcome))
	}
	return paid, err
}

func (p Payments) payOnce(ctx context.Context, o contract.RefundPayment) (refund.Payment, error) {
	// Everyone who reaches Temporal can have another workflow, or none, run this activity.
	if activity.GetInfo(ctx).WorkflowExecution.ID != o.WorkflowID() {
		return refund.Payment{Outcome: refund.Refused, Why: "only the refund's own workflow can have it paid"}, nil
	}
	endpoint, ok := p.Endpoints[o.Integration]
	if !ok {
		return refund.Payment{Outcome: refund.Refused, Why: "no worker knows where to pay: set WAYBILL_PAY_URL_<INTEGRATION> and WAYBILL_PAY_KEYS_<INTEGRATION>, and pay again"}, nil
	}
	if endpoint.Address() != o.Endpoint {
		return refund.Payment{Outcome: refund.Refused, Why: "workers differ in WAYBILL_PAY_URL_<INTEGRATION>, or it has changed since the refund was to be paid: pay again when all workers have the same"}, nil
	}
	paid, err := payment.Pay(ctx, endpoint, payment.Order{
		Key: o.Key, Integration: o.Integration, ReturnID: o.ReturnID, OrderNumber: o.OrderNumber, Amount: o.Amount,
	}, time.Now())
	if open, is := errors.AsType[*payment.Unanswered](err); is {
		return refund.Payment{}, temporal.NewApplicationErrorWithOptions(open.Why, contract.PayUnanswered, temporal.ApplicationErrorOptions{NextRetryDelay: open.Wait})
	}
	return paid, err
}

// ReturnParcels tell where they are; a [recorder.Recorder] reaches them.
type ReturnParcels interface {
	AwaitGoods(ctx context.Context, of contract.ParcelRef, awaited parcel.Waiter) error
}

// Returns are the activities about return parcels.
type Returns struct{ Parcels ReturnParcels }

// WatchReturn has a return parcel tell a refund where it is, unless it is closed.
func (r Returns) WatchReturn(ctx context.Context, w contract.ReturnWatch) (struct{}, error) {
	return struct{}{}, unlessOver(r.Parcels.AwaitGoods(ctx, w.ParcelRef, w.Awaited))
}
