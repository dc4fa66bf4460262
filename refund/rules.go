package refund

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

func mayAsk(r *Refund, _ Person, _ values, _ Policy) error {
	if r.Facts.Customer.Email == "" {
		return errors.New("the customer's mail address is not known: ask in another way")
	}
	return nil
}

func (r *Refund) askCustomer(in values, p Policy, now time.Time) {
	r.State, r.Question, r.Answer = NeedsInfo, in.text(questionField), ""
	r.Clock.AskedAt = now
	r.log(in, r.Question, p, now)
	r.tell(TellNeedsInfo, p, now)
}

func (r *Refund) enterAnswer(in values, p Policy, now time.Time) {
	r.Answer = in.text(answerField)
	r.await(r.before(), p, now, in.order.Logged, in.author(), r.Answer)
}

// before is where the refund stood when a question was asked.
func (r *Refund) before() State {
	if len(r.Approvals) > 0 {
		return AwaitingSecond
	}
	return AwaitingApproval
}

func mayWithdraw(r *Refund, _ Person, _ values, _ Policy) error {
	if r.State == Paying || r.State == PayFailed {
		return fmt.Errorf("the refund is %s: it cannot be withdrawn any more", r.State.Words())
	}
	return nil
}

func (r *Refund) withdraw(in values, p Policy, now time.Time) {
	r.State = Withdrawn
	r.log(in, "", p, now)
	r.release()
}

func mayReassign(r *Refund, _ Person, in values, p Policy) error {
	to := in.text(toField)
	if to == "" {
		if len(r.Choices(in.order, toField, in.Said, p)) == 0 {
			return errors.New("no other person may decide")
		}
		return nil
	}
	person, known := p.Person(to)
	switch {
	case !known:
		return fmt.Errorf("%q is not in the policy", short(to))
	case r.Facts.own(person):
		return fmt.Errorf("%s cannot decide their own refund", to)
	case r.approvedBy(to):
		return errors.New("a second approval has to come from another person")
	case person.limited(r.Facts.Amount):
		return fmt.Errorf("%s is more than %s may approve", r.Facts.Amount, to)
	}
	return nil
}

func (r *Refund) reassign(in values, p Policy, now time.Time) {
	// The clock begins anew, and with it the turn of all, also of a manager's.
	r.Role, r.Holder = Approver, in.text(toField)
	r.Unreachable = slices.DeleteFunc(slices.Clone(r.Unreachable), func(name string) bool { return name == r.Holder })
	r.Clock.ask(now)
	r.write(p, now, in.order.Logged+" "+r.Holder, in.author(), "")
	r.ask(AskApproval, p, now)
}

func (r *Refund) payAgain(in values, p Policy, now time.Time) {
	r.State = Paying
	r.log(in, "", p, now)
	r.todo(Deed{What: Pay})
}

func (r *Refund) receiveGoods(in values, p Policy, now time.Time) {
	r.goodsBack(now, in.author(), p, now)
}

func (r *Refund) note(in values, p Policy, now time.Time) { r.log(in, in.text(noteField), p, now) }
