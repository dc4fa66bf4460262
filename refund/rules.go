package refund

import (
	"cmp"
	"slices"
	"time"

	"waybill/words"
)

// Approval is one person's yes.
type Approval struct {
	By     string    `json:"by"`
	At     time.Time `json:"at"`
	Amount Money     `json:"amount"`
}

// Undecided reports whether people can decide: also while a question is open, because the
// answer may have come by telephone.
func (r *Refund) Undecided() bool { return r.State.Waiting() || r.State == NeedsInfo }

func mayApprove(r *Refund, person Person, in values, p Policy) error {
	f, wanted := r.Facts.with(in, person, time.Time{}), in.money(amountField)
	customer := in.customer()
	switch {
	case f.own(person):
		return errOwn
	case r.approvedBy(person.Name):
		return notThem("second_person")
	case r.Facts.Amount.Known() && wanted.Known() && !wanted.within(r.Facts.Amount):
		return &FieldError{amountField.Name, words.Fault("refund.may.more_than_requested", "Amount", wanted, "Requested", r.Facts.Amount)}
	case len(r.Approvals) > 0 && !f.Amount.Value.Equal(r.Facts.Amount.Value):
		return &FieldError{amountField.Name, words.Fault("refund.may.same_amount", "Person", r.Approvals[0].By, "Amount", r.Facts.Amount)}
	case !person.may(Manager) && r.Facts.OrderValue.Known() && in.money(orderValueField).Known() && !f.OrderValue.equal(in.money(orderValueField)):
		return &FieldError{orderValueField.Name, notThem("correct_order_value", "Amount", r.Facts.OrderValue)}
	case customer.Email == "" && customer != Customer{}:
		return &FieldError{emailField.Name, words.Fault("refund.may.address_too")}
	}
	if err := f.payable(); err != nil && f.Amount.Known() && f.OrderValue.Known() {
		return &FieldError{amountField.Name, err}
	}
	if person.limited(f.Amount) {
		return &FieldError{amountField.Name, notThem("your_limit", "Amount", f.Amount, "Person", person.Name, "Limit", person.limit(f.Amount.Currency))}
	}
	return nil
}

func (r *Refund) approveBy(in values, p Policy, now time.Time) {
	person, _ := p.Person(in.By)
	before := r.Facts
	r.Facts = before.with(in, person, now)
	if r.Undoable = nil; p.Undo > 0 {
		r.Undoable = r.undoable(before, in.Said, now.Add(p.Undo))
	}
	r.strike(p)
	r.Approvals = append(r.Approvals, Approval{By: in.By, At: now, Amount: r.Facts.Amount})
	r.Terms.Approvals = p.approvals(r.Facts.Amount)
	if why := in.text(remarkField); len(r.Approvals) < r.Terms.Approvals {
		r.await(AwaitingSecond, p, now, "approved, and asked for a second", in.author(), why)
	} else {
		r.approve(p, now, in.author(), why)
	}
}

var errInDoubt = words.Fault("refund.may.in_doubt")

func mayReject(r *Refund, person Person, _ values, _ Policy) error {
	if r.InDoubt {
		return errInDoubt
	}
	return r.mayTakeBack(person)
}

// mayTakeBack says why a person may not take an approval back, which the customer may know of.
func (r *Refund) mayTakeBack(person Person) error {
	if r.State != Requested && !r.Undecided() && !person.may(Manager) {
		return notThem("take_back")
	}
	return nil
}

func (r *Refund) reject(in values, p Policy, now time.Time) {
	r.State, r.Rejection = Rejected, in.text(reasonField)
	r.log(in, r.Rejection, p, now)
	r.release()
	r.tell(TellRejected, p, now)
}

// with are the facts as an approval completes them. A manager can also correct what the order cost.
func (f Facts) with(in values, person Person, now time.Time) Facts {
	if m := in.money(amountField); m.Known() {
		f.Amount = m
	}
	told := Facts{OrderValue: in.money(orderValueField), OrderValueBy: Valuation{By: ByApprover, At: now}, Customer: in.customer()}
	if person.may(Manager) {
		told.OrderValueBy.By = ByManager
		if told.OrderValue.Known() {
			f.OrderValue = Money{}
		}
	}
	f.Fill(told)
	return f
}

// strike takes back approvals of people whose own refund it turns out to be.
func (r *Refund) strike(p Policy) (struck bool) {
	given := len(r.Approvals)
	r.Approvals = slices.DeleteFunc(slices.Clone(r.Approvals), func(a Approval) bool {
		person, _ := p.Person(a.By)
		return r.owns(person)
	})
	return len(r.Approvals) < given
}

func (r *Refund) approvedBy(name string) bool {
	return slices.ContainsFunc(r.Approvals, func(a Approval) bool { return a.By == name })
}

func mayAsk(r *Refund, _ Person, _ values, _ Policy) error {
	if r.Facts.Customer.Email == "" {
		return words.Fault("refund.may.no_address")
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
	r.Answer, r.Wrote = in.text(answerField), true
	r.await(r.before(), p, now, in.order.Logged, in.author(), r.Answer)
}

// before is where the refund stood when a question was asked.
func (r *Refund) before() State {
	if len(r.Approvals) > 0 {
		return AwaitingSecond
	}
	return AwaitingApproval
}

func mayWithdraw(r *Refund, person Person, _ values, _ Policy) error {
	switch {
	case r.InDoubt:
		return errInDoubt
	case r.State == Paying || r.State == PayFailed:
		return words.Fault("refund.may.not_withdrawn", "State", r.State.say())
	}
	return r.mayTakeBack(person)
}

func (r *Refund) withdraw(in values, p Policy, now time.Time) {
	unseen := r.unseen(p)
	r.State = Withdrawn
	r.log(in, "", p, now)
	r.release()
	if !unseen {
		r.tell(TellWithdrawn, p, now)
	}
}

func mayReassign(r *Refund, _ Person, in values, p Policy) error {
	to := in.text(toField)
	if to == "" {
		if len(r.Choices(in.order, toField, in.Said, p)) == 0 {
			return words.Fault("refund.may.no_other")
		}
		return nil
	}
	person, known := p.Person(to)
	switch {
	case !known:
		return words.Fault("refund.may.not_in_policy", "Person", short(to))
	case r.owns(person):
		return words.Fault("refund.may.their_own", "Person", to)
	case r.approvedBy(to):
		return words.Fault("refund.may.second_person")
	case person.limited(r.Facts.Amount):
		return words.Fault("refund.may.limit", "Amount", r.Facts.Amount, "Person", to, "Limit", person.limit(r.Facts.Amount.Currency))
	}
	return nil
}

func (r *Refund) reassign(in values, p Policy, now time.Time) {
	// The reminders begin anew, also after an escalation to managers.
	r.Role, r.Holder = Approver, in.text(toField)
	r.Unreachable = slices.DeleteFunc(slices.Clone(r.Unreachable), func(name string) bool { return name == r.Holder })
	r.Clock.ask(now)
	r.write(p, now, in.order.Logged+" "+r.Holder, in.author(), "")
	r.ask(AskApproval, p, now)
}

func mayPayAgain(r *Refund, person Person, _ values, _ Policy) error {
	if r.OtherEndpoint != "" && !person.may(Manager) {
		return notThem("other_endpoint", "Paid", r.doubtful(), "Other", r.OtherEndpoint)
	}
	return nil
}

func (r *Refund) payAgain(in values, p Policy, now time.Time) {
	other := r.OtherEndpoint
	r.State, r.PayOrdered = Paying, true
	r.Agreed, r.OtherEndpoint = cmp.Or(other, r.Agreed), ""
	r.log(in, other, p, now)
	r.todo(Deed{What: Pay})
}

func mayConfirmUnpaid(_ *Refund, person Person, _ values, _ Policy) error {
	if !person.may(Manager) {
		return notThem("confirm_unpaid")
	}
	return nil
}

func (r *Refund) confirmUnpaid(in values, p Policy, now time.Time) {
	r.certain()
	r.Outcome = Refused
	r.log(in, in.text(evidenceField), p, now)
}

func (r *Refund) receiveGoods(in values, p Policy, now time.Time) {
	r.goodsBack(now, in.author(), p, now)
}

func (r *Refund) note(in values, p Policy, now time.Time) { r.log(in, in.text(noteField), p, now) }
