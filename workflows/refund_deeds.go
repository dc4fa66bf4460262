package workflows

import (
	"errors"
	"fmt"
	"time"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"waybill/contract"
	"waybill/refund"
)

// begin has a deed done. The customer's mails go out one after the other;
// everything else at once.
func (a *approving) begin(ctx workflow.Context, d refund.Deed) {
	if d.What.ToCustomer() {
		a.letters = append(a.letters, d)
		a.write(ctx)
		return
	}
	deeds := map[refund.What]func(workflow.Context, refund.Deed){
		refund.Gather: a.gather, refund.Watch: a.watch, refund.Claim: a.claim, refund.Release: a.release, refund.Count: a.count,
		refund.Pay: a.pay, refund.TellOperations: a.tellOperations,
		refund.AskApproval: a.mail, refund.Remind: a.mail, refund.Escalate: a.mail,
	}
	do, ok := deeds[d.What]
	if !ok {
		a.broken = fmt.Errorf("nobody here can %s", d.What)
		return
	}
	a.busy++
	workflow.Go(ctx, func(ctx workflow.Context) {
		do(ctx, d)
		a.busy--
		a.wake = true
	})
}

// write sends the customer's mails in their order.
func (a *approving) write(ctx workflow.Context) {
	if a.writing {
		return
	}
	a.writing = true
	a.busy++
	workflow.Go(ctx, func(ctx workflow.Context) {
		for len(a.letters) > 0 {
			next := a.letters[0]
			a.letters = a.letters[1:]
			a.mail(ctx, next)
		}
		a.writing = false
		a.busy--
		a.wake = true
	})
}

// brief is the refund without its history, as an activity needs it.
func (a *approving) brief() refund.Refund {
	r := a.refund
	r.Receipt, r.Mails, r.Todo = nil, nil, nil
	return r
}

// gather loads what the request lacks. That nothing can be loaded is a fact too:
// people decide with what is known.
func (a *approving) gather(ctx workflow.Context, _ refund.Deed) {
	found, err := do(gatherFacts(ctx, "Load what the request lacks"), contract.GatherRefund, a.query(false))
	if err != nil {
		found.Why = "Sendcloud cannot be asked: " + cause(err)
	}
	a.certain(ctx, "Decide who has to approve", func(r *refund.Refund, p refund.Policy, now time.Time) {
		if !found.RefundedAt.IsZero() {
			r.Learn(found.Facts, "Sendcloud", p, now)
			r.PaidInPanel(p, now)
		}
		r.Gathered(found.Facts, found.Why, p, now)
		if !found.GoodsAt.IsZero() {
			r.GoodsBack(found.GoodsAt, p, now)
		}
	})
}

func (a *approving) query(again bool) contract.RefundQuery {
	return contract.RefundQuery{Integration: a.refund.Integration, ReturnID: a.refund.ReturnID, Facts: a.refund.Facts, Again: again}
}

// watch has the return parcel tell where it is, for as long as anybody may wait.
func (a *approving) watch(ctx workflow.Context, _ refund.Deed) {
	until := workflow.Now(ctx).Add(watchedFor)
	_, err := do(askTemporal(ctx, "Have the return parcel tell where it is"), contract.WatchReturn, contract.ReturnWatch{
		Integration: a.refund.Integration, ParcelID: a.refund.Facts.IncomingParcel,
		Awaited: contract.GoodsAwaited{WorkflowID: workflow.GetInfo(ctx).WorkflowExecution.ID, Until: until},
	})
	if err != nil {
		workflow.GetLogger(ctx).Warn("the return parcel was not told that a refund waits for it", "error", err)
	}
}

// watchedFor is how long a return parcel that nobody scans is followed.
const watchedFor = 120 * 24 * time.Hour

// claim takes the amount from what is left of the order.
func (a *approving) claim(ctx workflow.Context, _ refund.Deed) {
	answer, err := do(askTallies(ctx, "Claim the amount from what is left of the order"), contract.ClaimRefund,
		contract.RefundClaim{Refund: a.brief(), At: workflow.Now(ctx)})
	if err != nil {
		answer = refund.ClaimAnswer{Why: "the amount could not be claimed: " + cause(err)}
	}
	a.certain(ctx, "Decide whether the order's value covers it", func(r *refund.Refund, p refund.Policy, now time.Time) { r.ClaimAnswered(answer, p, now) })
}

// count notes an amount that was paid by somebody else.
func (a *approving) count(ctx workflow.Context, _ refund.Deed) {
	_, err := do(askTallies(ctx, "Count what was paid in the panel"), contract.ClaimRefund,
		contract.RefundClaim{Refund: a.brief(), At: workflow.Now(ctx), Forced: true})
	if err != nil {
		workflow.GetLogger(ctx).Warn("a payment in the panel was not counted", "error", err)
	}
}

// release gives back what was claimed.
func (a *approving) release(ctx workflow.Context, _ refund.Deed) {
	_, err := do(askTallies(ctx, "Give back what was claimed of the order"), contract.ReleaseRefund,
		contract.RefundClaim{Refund: a.brief(), At: workflow.Now(ctx)})
	if err != nil {
		workflow.GetLogger(ctx).Warn("what was claimed of the order was not given back", "error", err)
	}
}

// pay looks a last time whether somebody has paid in the panel, and asks the
// shop's endpoint. No answer is no answer: it is asked again under the same key
// until it says something, and operations are told when it does not.
func (a *approving) pay(ctx workflow.Context, _ refund.Deed) {
	if a.paidMeanwhile(ctx) {
		return
	}
	err := a.step(ctx, "Note that the shop's endpoint is asked to pay", func(r *refund.Refund, p refund.Policy, now time.Time) error { return r.AskToPay(p, now) })
	if err != nil {
		return // somebody paid in the panel in this very moment
	}
	r := &a.refund
	answer, err := do(payOut(ctx, fmt.Sprintf("Ask the shop's endpoint to pay %s", r.Facts.Amount), r.Patience.Pay), contract.PayRefund, contract.RefundPayment{
		Integration: r.Integration, ReturnID: r.ReturnID, Key: r.Key(), OrderNumber: r.Facts.OrderNumber, Amount: r.Facts.Amount,
	})
	if err != nil {
		answer = refund.Payment{Outcome: refund.Unanswered, Why: cause(err)}
	}
	err = a.step(ctx, "Note what the shop's endpoint answered", func(r *refund.Refund, p refund.Policy, now time.Time) error {
		return r.Settle(answer, p, now)
	})
	if err != nil && a.broken == nil {
		a.broken = err // nothing else ends paying
	}
}

// paidMeanwhile reads the return again. Where Sendcloud cannot be asked because
// there are no keys, the shop's own endpoint has the last word; where it does not
// answer, nothing is paid until it does.
func (a *approving) paidMeanwhile(ctx workflow.Context) bool {
	found, err := do(gatherFacts(ctx, "Look whether somebody has paid in the panel"), contract.GatherRefund, a.query(true))
	switch {
	case err != nil:
		// This is refused if somebody has paid in the panel meanwhile: all is settled then.
		_ = a.step(ctx, "Decide about Sendcloud's silence", func(r *refund.Refund, p refund.Policy, now time.Time) error {
			silence := refund.Payment{Outcome: refund.Refused, Why: "the shop was not asked, because Sendcloud cannot be asked whether somebody has paid already: " + cause(err)}
			if r.Outcome == refund.Unanswered {
				silence.Outcome = refund.Unanswered // what was asked before is still open
			}
			return r.Settle(silence, p, now)
		})
		return true
	case !found.RefundedAt.IsZero():
		a.certain(ctx, "Note that somebody paid in the panel", func(r *refund.Refund, p refund.Policy, now time.Time) { r.PaidInPanel(p, now) })
		return a.refund.State != refund.Paying
	}
	return false
}

// tellOperations mails that somebody should look at the refund.
func (a *approving) tellOperations(ctx workflow.Context, d refund.Deed) {
	notice := contract.Notice{
		Integration: a.refund.Integration, Refund: true, ReturnID: a.refund.ReturnID, Trouble: string(d.Trouble), At: workflow.Now(ctx),
	}
	if _, err := do(tellOperations(ctx, notice.Trouble), contract.TellOperations, notice); err != nil {
		workflow.GetLogger(ctx).Warn("operations were not told", "trouble", notice.Trouble, "error", err)
	}
}

// mail has one mail sent. A post that got no answer may have gone out: proof is
// looked for before the next one, and after some of them it is given up.
func (a *approving) mail(ctx workflow.Context, d refund.Deed) {
	m := refund.Mail{Deed: d, State: refund.MailSending, At: workflow.Now(ctx)}
	i := len(a.refund.Mails)
	a.refund.Mails = append(a.refund.Mails, m)
	patience, began := a.refund.Patience, workflow.Now(ctx)
	nameless := refund.Deed{What: d.What} // what a summary tells, everybody may read who lists workflows
	for m.State == refund.MailSending {
		m.Tries++
		order := contract.RefundMail{Key: contract.RefundMailKey(&a.refund, d), Try: m.Tries, Deed: d, Refund: a.brief(), At: began}
		if m.Unproven > 0 {
			order.InDoubtSince = began
		}
		_, err := do(postMail(ctx, fmt.Sprintf("Mail %s (try %d)", nameless.Words(), m.Tries), patience.Mail), contract.SendRefundMail, order)
		m.At = workflow.Now(ctx)
		switch {
		case err == nil:
			m.State = refund.MailAccepted
		case !unanswered(err):
			m.State, m.Why = refund.MailGivenUp, cause(err)
		default:
			if m.Unproven++; m.Unproven >= patience.Unproven {
				m.State, m.Why = refund.MailGivenUp, fmt.Sprintf("no answer from the mail provider %d times; it may have been sent", m.Unproven)
			}
		}
		a.refund.Mails[i] = m
		if m.State == refund.MailSending {
			if workflow.NewTimerWithOptions(ctx, patience.Proof, workflow.TimerOptions{Summary: "Wait for proof that the mail went out"}).Get(ctx, nil) != nil {
				return
			}
		}
	}
	if m.State == refund.MailGivenUp {
		a.certain(ctx, "Note that a mail was given up", func(r *refund.Refund, p refund.Policy, now time.Time) { r.MailGivenUp(d, m.Why, p, now) })
	}
}

// unanswered reports whether a mail may have gone out: the provider did not say,
// or the worker died while it was asked.
func unanswered(err error) bool {
	var timeout *temporal.TimeoutError
	var failure *temporal.ApplicationError
	return errors.As(err, &timeout) && timeout.TimeoutType() == enums.TIMEOUT_TYPE_START_TO_CLOSE ||
		errors.As(err, &failure) && failure.Type() == contract.MailUnanswered
}
