package workflows

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"go.temporal.io/sdk/workflow"

	"waybill/contract"
	"waybill/refund"
)

// Refunds are the workflows about refunds.
type Refunds struct {
	// Policy says what the merchant of an integration wants at this moment. It is
	// read inside side effects and validators only, so it may change at any time.
	Policy func(integration string) refund.Policy
}

// ApproveRefund carries one refund to its end: it gathers the facts, has people
// decide, waits for the goods, pays, and tells the customer. What each thing that
// happens means is decided in package refund. See contract.ApproveRefund.
func (w *Refunds) ApproveRefund(ctx workflow.Context, start contract.RefundStart) (contract.RefundEnd, error) {
	a := &approving{policy: w.Policy}
	if start.Carried != nil {
		// Temporal takes the search attributes along.
		a.refund, a.shown = start.Carried.Refund, attributesOf(&start.Carried.Refund)
	}
	a.refund.Integration, a.refund.ReturnID = start.Integration, start.ReturnID
	if err := a.listen(ctx); err != nil {
		return contract.RefundEnd{}, err
	}
	for {
		a.takeIn()
		a.lookAtTheClock(ctx)
		for _, d := range a.refund.TakeTodo() {
			a.begin(ctx, d)
		}
		if a.broken != nil {
			return contract.RefundEnd{}, a.broken
		}
		if err := a.show(ctx); err != nil {
			return contract.RefundEnd{}, err
		}
		if a.idle(ctx) {
			switch {
			case a.refund.State.Terminal() && !a.refund.Untold():
				return a.end(), nil
			case workflow.GetInfo(ctx).GetContinueAsNewSuggested():
				return contract.RefundEnd{}, workflow.NewContinueAsNewError(ctx, string(contract.ApproveRefund), contract.RefundStart{
					Integration: start.Integration, ReturnID: start.ReturnID, Carried: &contract.CarriedRefund{Refund: a.refund},
				})
			}
		}
		a.timer.ringAt(ctx, a.refund.Next, "Wait for the next reminder or deadline", func() { a.wake = true })
		if err := workflow.Await(ctx, func() bool { return a.wake || a.told() }); err != nil {
			return contract.RefundEnd{}, err
		}
		a.wake = false
	}
}

// approving is one run of ApproveRefund.
type approving struct {
	policy func(integration string) refund.Policy
	refund refund.Refund
	// wake says that something happened that the main loop has to look at.
	wake bool
	// broken is why the run cannot go on.
	broken error

	// letters are the customer's mails that wait for the one before; busy counts
	// everything that is under way.
	letters []refund.Deed
	writing bool
	busy    int
	// inboxes are the signals, which the main loop alone reads.
	inboxes []inbox

	timer timer
	shown refundAttributes
}

// inbox is one signal. Nobody waits for it: whoever did would hold what comes, out
// of sight of a run that closes in the same moment.
type inbox struct {
	told func() bool
	take func()
}

// told reports whether something was told that nobody has looked at.
func (a *approving) told() bool {
	return slices.ContainsFunc(a.inboxes, func(i inbox) bool { return i.told() })
}

// takeIn looks at everything that was told.
func (a *approving) takeIn() {
	for _, i := range a.inboxes {
		i.take()
	}
}

// stepped is what a step leaves in history: what is new, and where the refund
// stands then.
type stepped struct {
	// After has the receipt's new entries only, and no mails.
	After refund.Refund `json:"after,omitzero"`
	// Refused says why nothing happened.
	Refused string `json:"refused,omitempty"`
}

// step lets one thing happen to the refund under the policy of this moment. What
// comes of it is recorded in history, so a replay repeats it under whatever rules
// and policy hold by then. The error says why the step is refused.
func (a *approving) step(ctx workflow.Context, summary string, happens func(*refund.Refund, refund.Policy, time.Time) error) error {
	now, before := workflow.Now(ctx), a.refund
	var done stepped
	err := workflow.SideEffectWithOptions(ctx, workflow.SideEffectOptions{Summary: summary}, func(workflow.Context) any {
		after, err := a.try(before, now, happens)
		if err != nil {
			return stepped{Refused: err.Error()}
		}
		after.Receipt, after.Mails = after.Receipt[len(before.Receipt):], nil
		return stepped{After: after}
	}).Get(&done)
	if err != nil {
		a.broken = fmt.Errorf("read what came of %q: %w", summary, err)
		return a.broken
	}
	a.wake = true
	if done.Refused != "" {
		return errors.New(done.Refused)
	}
	done.After.Receipt, done.After.Mails = append(before.Receipt, done.After.Receipt...), before.Mails
	a.refund = done.After
	return nil
}

// try is what a step would come to.
func (a *approving) try(before refund.Refund, now time.Time, happens func(*refund.Refund, refund.Policy, time.Time) error) (refund.Refund, error) {
	p := a.policy(before.Integration)
	return before.Step(p, now, func(r *refund.Refund) error { return happens(r, p, now) })
}

// lookAtTheClock has happen what time alone brings about.
func (a *approving) lookAtTheClock(ctx workflow.Context) {
	next := a.refund.Next
	if next.IsZero() || workflow.Now(ctx).Before(next) {
		return
	}
	a.certain(ctx, "Do what is due by now: remind, escalate or warn", func(r *refund.Refund, p refund.Policy, now time.Time) { r.Advance(p, now) })
}

// certain is a step that nothing can refuse.
func (a *approving) certain(ctx workflow.Context, summary string, happens func(*refund.Refund, refund.Policy, time.Time)) {
	err := a.step(ctx, summary, func(r *refund.Refund, p refund.Policy, now time.Time) error {
		happens(r, p, now)
		return nil
	})
	if err != nil && a.broken == nil {
		a.broken = err
	}
}

// idle reports that nothing is under way and nothing was delivered unread, so
// that the run may close: what a run has not read when it closes is lost.
func (a *approving) idle(ctx workflow.Context) bool {
	return a.busy == 0 && len(a.letters) == 0 && len(a.refund.Todo) == 0 && !a.wake && !a.told() && workflow.AllHandlersFinished(ctx)
}

func (a *approving) end() contract.RefundEnd {
	end := contract.RefundEnd{State: a.refund.State}
	if n := len(a.refund.Receipt); n > 0 {
		end.Hash = a.refund.Receipt[n-1].Hash
	}
	return end
}
