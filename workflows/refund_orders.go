package workflows

import (
	"errors"
	"time"

	"go.temporal.io/sdk/workflow"

	"waybill/contract"
	"waybill/delivery"
	"waybill/refund"
)

func (a *approving) listen(ctx workflow.Context) error {
	onRefundFact(ctx, a, contract.RefundRequested, "Note the request for a refund",
		func(r *refund.Refund, in contract.RefundReport, p refund.Policy, at time.Time) {
			if contract.IsReportTo(in.ReportWorkflow, r.Integration) {
				r.ReportedBy(in.ReportWorkflow)
			}
			r.Request(in.Facts, p, at)
		})
	onRefundFact(ctx, a, contract.GoodsPosted, "Note that the goods are on their way",
		func(r *refund.Refund, in contract.GoodsReturned, p refund.Policy, at time.Time) {
			r.Posted(in.At, p, at)
		})
	onRefundFact(ctx, a, contract.GoodsBack, "Note that the goods are back",
		func(r *refund.Refund, in contract.GoodsReturned, p refund.Policy, at time.Time) {
			r.GoodsBack(in.At, p, at)
		})
	onRefundFact(ctx, a, contract.RefundedInPanel, "Note that somebody paid in the panel",
		func(r *refund.Refund, _ contract.PanelRefund, p refund.Policy, at time.Time) { r.PaidInPanel(p, at) })
	onRefundFact(ctx, a, contract.MailReported, "Note what the mail provider reports",
		func(r *refund.Refund, in delivery.Report, p refund.Policy, at time.Time) { r.ReportMail(in, p, at) })
	faults := []error{onQuery(ctx, contract.DescribeRefund, "Everything that is known of the refund",
		func() (refund.Refund, error) { return a.state, nil })}
	for _, o := range refund.Orders() {
		faults = append(faults, a.bind(ctx, o))
	}
	faults = append(faults, onErase(ctx, &a.keeper, func(r *refund.Refund, in contract.EraseOrder, at time.Time) {
		_ = a.try(r, at, func(r *refund.Refund, p refund.Policy, at time.Time) error { // it cannot refuse
			r.Erase(refund.Said{By: in.By}, p, at)
			return nil
		})
	}))
	return errors.Join(faults...)
}

// onRefundFact has a fact happen to the refund when it is told.
func onRefundFact[In any](ctx workflow.Context, a *approving, name contract.Signal[In], summary string,
	happens func(*refund.Refund, In, refund.Policy, time.Time),
) {
	onFact(ctx, &a.keeper, name, func(ctx workflow.Context, in In) {
		a.happen(ctx, summary, func(r *refund.Refund, p refund.Policy, at time.Time) { happens(r, in, p, at) })
	})
}

// bind binds an order. One that comes as a signal and is refused stands in the decision log.
func (a *approving) bind(ctx workflow.Context, o refund.Order) error {
	id := workflow.GetInfo(ctx).WorkflowExecution.ID
	follow := func(r *refund.Refund, in refund.Input, at time.Time) (contract.RefundAnswer, error) {
		in.Said = a.said(id, r, o, in, at)
		if in.Plain && in.Proof == "" {
			return contract.RefundAnswer{}, errPlain
		}
		err := a.try(r, at, func(r *refund.Refund, p refund.Policy, at time.Time) error { return r.Follow(o.Name, in, p, at) })
		return contract.RefundAnswer{State: r.State}, err
	}
	refused := func(r *refund.Refund, in refund.Input, why error, at time.Time) {
		_ = a.try(r, at, func(r *refund.Refund, p refund.Policy, at time.Time) error {
			r.Refuse(a.said(id, r, o, in, at), o.Name, why.Error(), p, at)
			return nil
		})
	}
	return onOrder(ctx, &a.keeper, contract.RefundOrder(o), o.Does().String()+" "+o.Example(), follow, refused, func(refund.Input) {})
}

// said is what an order says of who gives it, as far as that is proven: everyone who reaches
// Temporal can write any name into one.
func (a *approving) said(workflowID string, r *refund.Refund, o refund.Order, in refund.Input, at time.Time) refund.Said {
	if a.proves(in.Proof, contract.ProvenText(workflowID, r.Begun(), o.Name, in), at, contract.ProofLasts) {
		return in.Said
	}
	return in.Unproven()
}
