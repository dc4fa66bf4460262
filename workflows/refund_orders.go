package workflows

import (
	"errors"
	"time"

	"go.temporal.io/sdk/workflow"

	"waybill/contract"
	"waybill/refund"
)

// listen takes facts as signals, orders as updates and as signals, and answers
// queries.
func (a *approving) listen(ctx workflow.Context) error {
	onFact(ctx, a, contract.RefundRequested, "Note the request for a refund",
		func(r *refund.Refund, in contract.RefundReport, p refund.Policy, now time.Time) {
			r.Request(in.Facts, p, now)
		})
	onFact(ctx, a, contract.GoodsPosted, "Note that the goods are on their way",
		func(r *refund.Refund, in contract.GoodsReturned, p refund.Policy, now time.Time) {
			r.Posted(in.At, p, now)
		})
	onFact(ctx, a, contract.GoodsBack, "Note that the goods are back",
		func(r *refund.Refund, in contract.GoodsReturned, p refund.Policy, now time.Time) {
			r.GoodsBack(in.At, p, now)
		})
	onFact(ctx, a, contract.RefundedInPanel, "Note that somebody paid in the panel",
		func(r *refund.Refund, _ contract.PanelRefund, p refund.Policy, now time.Time) { r.PaidInPanel(p, now) })
	return errors.Join(
		onQuery(ctx, contract.DescribeRefund, "Everything that is known of the refund",
			func() (refund.Refund, error) { return a.refund, nil }),
		a.obey(ctx),
	)
}

// obey takes the orders of people.
func (a *approving) obey(ctx workflow.Context) error {
	return errors.Join(
		takeRefundOrder(ctx, a, contract.DecideRefund, "Approve or reject: {\"by\": \"...\", \"approve\": true}; a rejection needs \"why\"",
			func(in refund.Decision) refund.Said { return in.Said },
			func(r *refund.Refund, in refund.Decision, p refund.Policy, now time.Time) error {
				return r.Decide(in, p, now)
			}),
		takeRefundOrder(ctx, a, contract.AskForInfo, "Ask the customer: {\"by\": \"...\", \"question\": \"...\"}",
			func(in contract.RefundQuestion) refund.Said { return in.Said },
			func(r *refund.Refund, in contract.RefundQuestion, p refund.Policy, now time.Time) error {
				return r.AskForInfo(in.Said, in.Question, p, now)
			}),
		takeRefundOrder(ctx, a, contract.ProvideInfo, "Enter what the customer answered: {\"by\": \"...\", \"answer\": \"...\"}",
			func(in contract.RefundInfo) refund.Said { return in.Said },
			func(r *refund.Refund, in contract.RefundInfo, p refund.Policy, now time.Time) error {
				return r.ProvideInfo(in.Said, in.Answer, p, now)
			}),
		takeRefundOrder(ctx, a, contract.WithdrawRefund, "End it for the customer: {\"by\": \"...\"}", saidBy,
			func(r *refund.Refund, in contract.RefundOrder, p refund.Policy, now time.Time) error {
				return r.Withdraw(in.Said, p, now)
			}),
		takeRefundOrder(ctx, a, contract.ReassignRefund, "Have another person asked: {\"by\": \"...\", \"to\": \"...\"}",
			func(in contract.RefundReassignment) refund.Said { return in.Said },
			func(r *refund.Refund, in contract.RefundReassignment, p refund.Policy, now time.Time) error {
				return r.Reassign(in.Said, in.To, p, now)
			}),
		takeRefundOrder(ctx, a, contract.ReceiveGoods, "Say that the goods are back: {\"by\": \"...\"}", saidBy,
			func(r *refund.Refund, in contract.RefundOrder, p refund.Policy, now time.Time) error {
				return r.ReceiveGoods(in.Said, p, now)
			}),
		takeRefundOrder(ctx, a, contract.PayRefundAgain, "Try a payment that failed again, under the same key: {\"by\": \"...\"}", saidBy,
			func(r *refund.Refund, in contract.RefundOrder, p refund.Policy, now time.Time) error {
				return r.PayAgain(in.Said, p, now)
			}),
		takeRefundOrder(ctx, a, contract.RetryRefundMail, "Mail the customer again what could not be mailed: {\"by\": \"...\"}", saidBy,
			func(r *refund.Refund, in contract.RefundOrder, p refund.Policy, now time.Time) error {
				return r.MailAgain(in.Said, p, now)
			}),
	)
}

func saidBy(in contract.RefundOrder) refund.Said { return in.Said }

// onFact has a fact happen to the refund when it is told.
func onFact[In any](ctx workflow.Context, a *approving, name contract.Signal[In], summary string,
	happens func(*refund.Refund, In, refund.Policy, time.Time),
) {
	facts := signals(ctx, name)
	a.inboxes = append(a.inboxes, inbox{facts.told, func() {
		for _, in := range facts.drain() {
			a.certain(ctx, summary, func(r *refund.Refund, p refund.Policy, now time.Time) { happens(r, in, p, now) })
		}
	}})
}

// takeRefundOrder binds an order. As an update it is refused with a reason, and
// before anything is written if that can be said at once; as a signal, the reason
// is noted in the receipt.
func takeRefundOrder[In any](ctx workflow.Context, a *approving, name contract.Order[In, contract.RefundAnswer], description string,
	said func(In) refund.Said, happens func(*refund.Refund, In, refund.Policy, time.Time) error,
) error {
	follow := func(ctx workflow.Context, in In) error {
		return a.step(ctx, "Follow the order "+string(name)+", or refuse it", func(r *refund.Refund, p refund.Policy, now time.Time) error {
			return happens(r, in, p, now)
		})
	}
	orders := signals(ctx, name.Signal())
	one := func(in In) {
		err := follow(ctx, in)
		if err == nil || a.broken != nil || a.refund.State.Terminal() {
			return
		}
		a.certain(ctx, "Note that an order was refused", func(r *refund.Refund, p refund.Policy, now time.Time) {
			r.Refuse(said(in), string(name), err.Error(), p, now)
		})
	}
	a.inboxes = append(a.inboxes, inbox{orders.told, func() {
		for _, in := range orders.drain() {
			one(in)
		}
	}})
	refuse := func(in In) error {
		_, err := a.try(a.refund, workflow.Now(ctx), func(r *refund.Refund, p refund.Policy, now time.Time) error {
			return happens(r, in, p, now)
		})
		return err
	}
	return onUpdate(ctx, name.Update(), description, refuse, func(ctx workflow.Context, in In) (contract.RefundAnswer, error) {
		err := follow(ctx, in)
		return contract.RefundAnswer{State: a.refund.State}, err
	})
}
