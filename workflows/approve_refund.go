package workflows

import (
	"fmt"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"waybill/contract"
	"waybill/refund"
)

// Refunds are the workflows about refunds.
type Refunds struct {
	// Policy is that of an integration at this moment. It is read inside steps and
	// validators only, so it may change at any time.
	Policy func(integration string) refund.Policy
	// Proves is called likewise; see contract.ProvenText.
	Proves Proves
}

// Proves reports whether the proof of an order is one of a text, and was made within some time
// of a moment.
type Proves func(proof, text string, at time.Time, within time.Duration) bool

// ApproveRefund carries one refund to its end: it gathers the facts, has people decide, waits
// for the goods, pays, and tells the customer. See contract.ApproveRefund.
func (w *Refunds) ApproveRefund(ctx workflow.Context, start contract.RefundStart) (contract.RefundEnd, error) {
	// People find the refund by the id. Everyone who reaches Temporal can start it with any input,
	// and what is gathered for one integration must not reach the people of another.
	if id := workflow.GetInfo(ctx).WorkflowExecution.ID; id != start.WorkflowID() {
		return contract.RefundEnd{}, temporal.NewNonRetryableApplicationError(
			fmt.Sprintf("the input is that of %s: start that workflow, or this one with its own integration and return", start.WorkflowID()), "OtherRefund", nil)
	}
	a := &approving{of: start.RefundRef, policy: w.Policy, proves: w.Proves}
	before := carried(ctx, start.Carried)
	if before != nil {
		a.state, a.withoutSince = before.Refund, before.Refund.TextsErasedAt
	}
	a.state.Integration, a.state.ReturnID = a.of.Integration, a.of.ReturnID
	if err := a.listen(ctx); err != nil {
		return contract.RefundEnd{}, err
	}
	if before == nil && start.Kept != nil {
		if err := a.keep(ctx, *start.Kept); err != nil || a.state.Closed {
			return a.end(), err
		}
	}
	err := a.live(ctx, life{
		work: a.work, over: func() bool { return a.state.Closed },
		next: func() (time.Time, string) { return a.state.Next, "Wait for the next reminder or deadline" },
		again: func() error {
			return workflow.NewContinueAsNewError(ctx, string(contract.ApproveRefund), contract.RefundStart{
				RefundRef: a.of, Carried: &contract.CarriedRefund{Refund: a.state},
			})
		},
	})
	return a.end(), err
}

// keep takes over a refund whose run has ended, if it is proven that a worker has begun this one. A refund
// that is over is only shown.
func (a *approving) keep(ctx workflow.Context, kept contract.KeptRefund) error {
	var proven bool
	at := now(ctx)
	err := workflow.SideEffectWithOptions(ctx, workflow.SideEffectOptions{Summary: "Check who keeps the refund"}, func(workflow.Context) any {
		return a.proves(kept.Proof, contract.KeptText(a.of, kept.CarriedRefund), at, contract.BatchLasts)
	}).Get(&proven)
	if err == nil && !proven {
		err = temporal.NewNonRetryableApplicationError("nothing proves that this refund is kept: only waybill erase begins such a run", "NotKept", nil)
	}
	if err != nil {
		return err
	}
	a.state = kept.Refund
	return a.show(ctx)
}

// approving is one run of ApproveRefund.
type approving struct {
	keeper[refund.Refund]
	of     contract.RefundRef
	policy func(integration string) refund.Policy
	proves Proves
	// listed is the refund as this run has put it into its memo, as JSON.
	listed []byte
	// recording says that the tallies are being told how the refund ended.
	recording bool
	// withoutSince is when what the customer wrote was erased, before this run began; zero if it was
	// not. deleting says that the runs before this one are being deleted.
	withoutSince time.Time
	deleting     bool
}

func (a *approving) work(ctx workflow.Context) error {
	if a.due(ctx, a.state.Next) {
		a.happen(ctx, "Do what is due by now: remind, escalate, warn, or try a mail again",
			func(r *refund.Refund, p refund.Policy, at time.Time) { r.Advance(p, at) })
	}
	for _, task := range a.state.TakeTodo() {
		a.begin(ctx, task)
	}
	a.recordEnd(ctx)
	a.deleteEarlierRuns(ctx)
	deliver(ctx, &a.keeper, a.state.Mails, a.post, a.settle)
	return a.show(ctx)
}

// try lets something happen to a refund, or says why it is refused.
func (a *approving) try(r *refund.Refund, at time.Time, happens func(*refund.Refund, refund.Policy, time.Time) error) error {
	p := a.policy(r.Integration)
	next, err := r.Step(p, at, func(r *refund.Refund) error { return happens(r, p, at) })
	if err != nil {
		return err
	}
	next.Dispatch(p, at)
	*r = next
	return nil
}

// happen is a step of the refund that nothing refuses.
func (a *approving) happen(ctx workflow.Context, summary string, happens func(*refund.Refund, refund.Policy, time.Time)) {
	before := a.state.Mails.SentTwice()
	a.certain(ctx, summary, func(r *refund.Refund, at time.Time) {
		_ = a.try(r, at, func(r *refund.Refund, p refund.Policy, at time.Time) error { happens(r, p, at); return nil }) // it cannot refuse
	})
	countTwice(ctx, a.state.Integration, before, a.state.Mails.SentTwice())
}

// happenIf is a step that may be refused, because something else happened before.
func (a *approving) happenIf(ctx workflow.Context, summary string, happens func(*refund.Refund, refund.Policy, time.Time) error) error {
	_, err := step(ctx, &a.keeper, summary, func(r *refund.Refund, at time.Time) (struct{}, error) {
		return struct{}{}, a.try(r, at, happens)
	})
	return err
}

func (a *approving) post(ctx workflow.Context, m *refund.Mail) workflow.Future {
	d, post := m.About, contract.PostOf(m)
	if d.What == refund.TellOperations {
		return tellOperations(ctx, m.Until(), contract.Notice{
			Post: post, Of: a.state.Subject(), About: a.state.Subject(), Integration: a.state.Integration, Attention: contract.Attention(d.Attention), At: m.Decided,
		})
	}
	nameless := refund.Deed{What: d.What} // everybody who lists workflows may read a summary
	ctx = tryOnce(ctx, "Mail "+nameless.Words()+again(m.Tries), m.Until())
	return workflow.ExecuteActivity(ctx, string(contract.SendRefundMail), contract.RefundMail{
		Post: post, RefundRef: a.of, Deed: d, Told: a.state.Told(d), At: m.Decided,
	})
}

func (a *approving) settle(ctx workflow.Context, done tried) {
	a.happen(ctx, "Note what became of a mail", func(r *refund.Refund, p refund.Policy, at time.Time) { r.SettleMail(done.key, done.outcome, p, at) })
}

func (a *approving) end() contract.RefundEnd {
	end := contract.RefundEnd{State: a.state.State}
	if n := len(a.state.Receipt); n > 0 {
		end.Hash = a.state.Receipt[n-1].Hash
	}
	return end
}
