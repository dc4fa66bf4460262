package refund

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// AskForInfo asks the customer for something, and the refund waits for it.
func (r *Refund) AskForInfo(s Said, question string, p Policy, now time.Time) error {
	if _, err := r.mayTouch(s, p); err != nil {
		return err
	}
	if !r.State.Waiting() {
		return fmt.Errorf("the refund is %s: a question would change nothing", r.State.Words())
	}
	if r.Facts.Customer.Email == "" {
		return errors.New("nobody knows the customer's mail address: ask in another way")
	}
	if err := words("question", question); err != nil {
		return err
	}
	r.use(s)
	r.State, r.Question, r.Answer = NeedsInfo, strings.TrimSpace(question), ""
	r.Clock.AskedAt = now
	r.write(p, now, "asked the customer", s.String(), r.Question)
	r.tell(TellNeedsInfo, p, now)
	return nil
}

// ProvideInfo is the customer's answer, and people decide again.
func (r *Refund) ProvideInfo(s Said, answer string, p Policy, now time.Time) error {
	if r.State != NeedsInfo {
		return fmt.Errorf("the refund is %s: no question is open", r.State.Words())
	}
	if err := words("answer", answer); err != nil {
		return err
	}
	r.Answer = strings.TrimSpace(answer)
	r.await(r.before(), p, now, "answered", s.String(), r.Answer)
	return nil
}

// before is where the refund stood when a question was asked.
func (r *Refund) before() State {
	if len(r.Approvals) > 0 {
		return AwaitingSecond
	}
	return AwaitingApproval
}

// Withdraw ends the refund for the customer, as long as nothing is being paid.
func (r *Refund) Withdraw(s Said, p Policy, now time.Time) error {
	if r.State.Terminal() || r.State == Paying || r.State == PayFailed {
		return fmt.Errorf("the refund is %s: it cannot be withdrawn any more", r.State.Words())
	}
	r.State = Withdrawn
	r.write(p, now, "withdrawn", s.String(), "")
	r.release()
	return nil
}

// Reassign has one person asked from now on. Others may still decide.
func (r *Refund) Reassign(s Said, to string, p Policy, now time.Time) error {
	if _, err := r.mayTouch(s, p); err != nil {
		return err
	}
	person, err := r.mayTouch(Said{By: to}, p)
	switch {
	case err != nil:
		return errors.New(err.Error()) // about the other one, not about who asked
	case !r.State.Waiting():
		return fmt.Errorf("the refund is %s: nobody has to decide", r.State.Words())
	case r.approvedBy(to):
		return errors.New("a second approval has to come from another person")
	case person.limited(r.Facts.Amount) && r.Facts.Amount.Known():
		return fmt.Errorf("%s is more than %s may approve", r.Facts.Amount, to)
	}
	r.use(s)
	// The clock begins anew, and with it the turn of all, also of a manager's.
	r.Role, r.Holder = Approver, to
	r.Clock.ask(now)
	r.write(p, now, "given to "+to, s.String(), "")
	r.ask(AskApproval, p, now)
	return nil
}

// PayAgain asks the endpoint once more, under the same key.
func (r *Refund) PayAgain(s Said, p Policy, now time.Time) error {
	if _, err := r.mayTouch(s, p); err != nil {
		return err
	}
	if r.State != PayFailed {
		return errors.New("only a payment that failed can be tried again")
	}
	r.use(s)
	r.State = Paying
	r.write(p, now, "payment tried again", s.String(), "")
	r.todo(Deed{What: Pay})
	return nil
}

// ReceiveGoods is a person's word that the goods are back.
func (r *Refund) ReceiveGoods(s Said, p Policy, now time.Time) error {
	if _, err := r.mayTouch(s, p); err != nil {
		return err
	}
	if !r.Clock.GoodsAt.IsZero() {
		return errors.New("the goods are back already")
	}
	r.use(s)
	r.goodsBack(now, s.String(), p, now)
	return nil
}

// Refuse notes an order that could not be followed and that nobody waits for an
// answer to.
func (r *Refund) Refuse(s Said, what, why string, p Policy, now time.Time) {
	r.write(p, now, "refused: "+what, s.String(), why)
}
