package refund

import (
	"slices"
	"time"

	"waybill/delivery"
)

// customerErased is what the decision log calls it.
const customerErased = "customer's data erased"

// Erase takes the customer out of the refund: name, address and country, what they wrote and send
// back, their pseudonyms, and the reasons that people have written. Amounts, states, dates, the order's
// number and the decision log with its hashes stay, because they are the shop's books. Mails to
// the customer that have not left are dropped. Whatever the refund learns later, it does not learn who
// the customer is. A refund that was erased before stays as it is.
func (r *Refund) Erase(by Said, p Policy, now time.Time) {
	if !r.ErasedAt.IsZero() {
		return
	}
	r.ErasedAt = now
	for _, person := range p.People {
		if r.Facts.own(person) {
			r.Owners = append(slices.Clip(r.Owners), person.Name)
		}
	}
	r.Receipt = slices.Clone(r.Receipt)
	for i, e := range r.Receipt {
		if e.Why != "" && e.erasable() {
			r.Receipt[i].eraseReason()
		}
	}
	r.write(p, now, customerErased, by.author(), "")
	r.keepErased(now)
}

// Stopped goes on with a refund whose run was stopped in Temporal while it was not over, in a new run: what
// was under way is asked for once more, or people decide. A payment that may have been made is in doubt.
func (r *Refund) Stopped(p Policy, now time.Time) {
	if r.State.Terminal() {
		return
	}
	for _, m := range r.Mails.All(func(m *Mail) bool { return m.State == delivery.Sending }) {
		m.Settle(delivery.Outcome{Verdict: delivery.Unanswered}, now)
	}
	switch {
	case r.State == Requested:
		r.Gathered(Facts{}, "Sendcloud is not asked again about a customer who was erased", p, now)
	case r.State == Approved && r.Undoable == nil:
		r.reserve(now)
	case r.State == Paying && (r.Asked == 0 || r.Outcome != ""):
		r.todo(Deed{What: Pay})
	case r.State == Paying:
		r.InDoubt, r.Outcome = true, Doubt
		if !slices.Contains(r.DoubtfulAt, r.Endpoint) {
			r.DoubtfulAt = append(slices.Clip(r.DoubtfulAt), r.Endpoint)
		}
		r.payFailed("payment in doubt", waybillItself, mayBePaid, p, now)
	}
}

// Nameless are the facts without the customer, and without what they wrote and send back.
func (f Facts) Nameless() Facts {
	f.Customer, f.CustomerAtSendcloud = Customer{}, ""
	f.Message, f.ReasonText, f.Items = "", "", nil
	return f
}

// keepErased takes out again what a step may have brought back.
func (r *Refund) keepErased(now time.Time) {
	if r.ErasedAt.IsZero() {
		return
	}
	r.Facts = r.Facts.Nameless()
	r.Question, r.Answer, r.Rejection = "", "", ""
	r.Wrote = false // whoever erases the customer deletes the runs, too
	r.Pseudonym, r.OtherPseudonyms = "", nil
	if r.Undoable != nil && r.Undoable.Customer != nil {
		undoable := *r.Undoable
		undoable.Customer = nil
		r.Undoable = &undoable
	}
	r.Todo = slices.DeleteFunc(slices.Clone(r.Todo), func(d Deed) bool { return d.What.ToCustomer() })
	for _, m := range r.Mails.All(func(m *Mail) bool { return m.About.What.ToCustomer() }) {
		m.Withdraw("the customer's data was erased", now)
	}
}
