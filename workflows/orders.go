package workflows

import (
	"errors"
	"time"

	"go.temporal.io/sdk/workflow"

	"waybill/contract"
	"waybill/parcel"
)

// obey takes the orders of operators: all of parcel.Orders.
func (t *tracking) obey(ctx workflow.Context) error {
	var faults []error
	for _, o := range parcel.Orders() {
		faults = append(faults, t.bind(ctx, o))
	}
	return errors.Join(faults...)
}

// bind binds an order. One that comes as a signal and is refused stands in the record.
func (t *tracking) bind(ctx workflow.Context, o parcel.Order) error {
	follow := func(p *parcel.Parcel, in parcel.Input, at time.Time) (parcel.Answer, error) {
		return p.Follow(o, in, t.policy(p.Integration), at)
	}
	refused := func(p *parcel.Parcel, in parcel.Input, why error, at time.Time) { p.Refuse(o, in, why, at) }
	return onOrder(ctx, &t.keeper, contract.ParcelOrder(o), o.Usage(), follow, refused, func(in parcel.Input) {
		if o.NewRun && !in.DryRun {
			t.next, t.anew = in.Parcel, true
		}
	})
}
