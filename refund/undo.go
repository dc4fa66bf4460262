package refund

import (
	"slices"
	"time"
)

// Undoable is the last approval while it can be undone, and what it changed.
type Undoable struct {
	// Until is when the time to undo is over.
	Until time.Time `json:"until"`
	// Link is the mailed link by which it was given; empty if it was not.
	Link string `json:"link,omitempty"`
	// Role and Holder were asked to decide before it.
	Role   Role   `json:"role,omitempty"`
	Holder string `json:"holder,omitempty"`
	// Amount, OrderValue and Customer are what was known of each before it; nil if it did not
	// change that.
	Amount     *Money    `json:"amount,omitempty"`
	OrderValue *Priced   `json:"orderValue,omitempty"`
	Customer   *Customer `json:"customer,omitempty"`
}

// Priced is what an order cost, and who said so.
type Priced struct {
	Value Money     `json:"value,omitzero"`
	By    Valuation `json:"by,omitzero"`
}

// undoable is an approval by which these facts have become those that are known now.
func (r *Refund) undoable(before Facts, s Said, until time.Time) *Undoable {
	u := &Undoable{Until: until, Role: r.Role, Holder: r.Holder}
	if s.Via == ViaLink {
		u.Link = s.Link
	}
	if !before.Amount.equal(r.Facts.Amount) {
		u.Amount = &before.Amount
	}
	if !before.OrderValue.equal(r.Facts.OrderValue) {
		u.OrderValue = &Priced{before.OrderValue, before.OrderValueBy}
	}
	if before.Customer != r.Facts.Customer {
		u.Customer = &before.Customer
	}
	return u
}

// CanUndo reports whether the last approval can be undone.
func (r *Refund) CanUndo() bool {
	return r.Undoable != nil && (r.State == Approved || r.State == AwaitingSecond)
}

// usedLink reports whether an order came by a mailed link that has given another one. The link of an
// approval undoes it, too.
func (r *Refund) usedLink(v values) bool {
	undoes := v.order.Name == undoApproval && r.Undoable != nil && r.Undoable.Link == v.Link
	return v.Link != "" && slices.Contains(r.Used, v.Link) && !undoes
}

func mayUndo(r *Refund, person Person, _ values, _ Policy) error {
	if last := r.Approvals[len(r.Approvals)-1]; last.By != person.Name {
		return notThem("undo", "Person", last.By)
	}
	return nil
}

// undo takes the last approval back, with all that it changed. Nothing was reserved because of it,
// and no customer knows of it. Nobody is mailed: those who were asked before can decide again.
func (r *Refund) undo(in values, p Policy, now time.Time) {
	u := r.Undoable
	r.Undoable = nil
	if u.Amount != nil {
		r.Facts.Amount = *u.Amount
	}
	if u.OrderValue != nil {
		r.Facts.OrderValue, r.Facts.OrderValueBy = u.OrderValue.Value, u.OrderValue.By
	}
	if u.Customer != nil {
		r.Facts.Customer = *u.Customer
	}
	// The link is for one decision, and there is none now.
	r.Used = slices.DeleteFunc(slices.Clone(r.Used), func(used string) bool { return used == u.Link })
	r.Approvals = slices.Clone(r.Approvals[:len(r.Approvals)-1])
	r.State, r.Role, r.Holder = r.before(), u.Role, u.Holder
	if len(r.Approvals) == 0 {
		r.Terms.Approvals = p.approvals(r.Facts.Amount)
	}
	r.Clock.ask(now)
	r.log(in, "", p, now)
}

// UndoUntil is until when an order that undoes something can be given; zero for all others.
func (r *Refund) UndoUntil(o Order) time.Time {
	if o.Name != undoApproval || r.Undoable == nil {
		return time.Time{}
	}
	return r.Undoable.Until
}

// keepApproval ends the time in which the last approval can be undone.
func (r *Refund) keepApproval(p Policy, now time.Time) {
	r.Undoable = nil
	r.write(p, now, "time to undo is over", theRules, "")
	if r.State == Approved {
		r.reserve(now)
	}
}
