package workflows

import (
	"errors"
	"time"

	"go.temporal.io/sdk/workflow"

	"waybill/contract"
	"waybill/delivery"
	"waybill/refund"
)

// CountRefunds counts the refunds of some customers or of a shop; see
// contract.CountRefunds. They are counted one at a time, so that limits hold.
func CountRefunds(ctx workflow.Context, start contract.CountStart) (struct{}, error) {
	k := &keeper[refund.Counter]{}
	if before := carried(ctx, start.Carried); before != nil {
		k.state = *before
	}
	onFact(ctx, k, contract.UncountRefund, func(ctx workflow.Context, one contract.Uncount) {
		k.certain(ctx, "Take a refund out again", func(c *refund.Counter, _ time.Time) { c.Uncount(one.Who, one.Refund) })
	})
	err := onQuestion(ctx, contract.DescribeCount, "How many refunds are counted", func(q refund.CountQuestion) (contract.Counted, error) {
		return contract.Counted{Others: k.state.Others(q), Refunds: k.state.Refunds(), Customers: k.state.Customers(), Until: k.state.Until()}, nil
	})
	err = errors.Join(err, onUpdate(ctx, contract.CountRefund, "Ask for a refund to be counted", func(refund.CountOrder) error { return nil },
		func(ctx workflow.Context, o refund.CountOrder) (refund.CountAnswer, error) {
			if err := k.takeIn(ctx); err != nil { // what is taken out is free before anybody asks
				return refund.CountAnswer{}, err
			}
			return step(ctx, k, "Count a refund, or refuse it", func(c *refund.Counter, at time.Time) (refund.CountAnswer, error) {
				o.At = delivery.Earliest(o.At, at)
				o.Since = delivery.Earliest(o.Since, o.At)
				return c.Count(o), nil
			})
		}))
	err = errors.Join(err, onErase(ctx, k, func(c *refund.Counter, in contract.EraseOrder, _ time.Time) { c.Forget(in.Who) }))
	if err != nil {
		return struct{}{}, err
	}
	return struct{}{}, count(ctx, k, tallying{
		show:  func(ctx workflow.Context) { workflow.SetCurrentDetails(ctx, counterDetails(&k.state)) },
		until: func() time.Time { return k.state.Until() },
		again: func() error {
			return workflow.NewContinueAsNewError(ctx, string(contract.CountRefunds), contract.CountStart{Carried: &k.state})
		},
	})
}
