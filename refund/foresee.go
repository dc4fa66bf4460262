package refund

import "time"

// Foreseen is what an approval would lead to.
type Foreseen struct {
	// Amount is what To gets. Limit is the most that the rules approve without a person; it is not
	// known in a currency for which the policy has no limits.
	Amount Money
	To     Customer
	Limit  Money
	// UndoUntil is until when it can be undone; zero if it cannot.
	UndoUntil time.Time
	// Second says that a second person is asked then, Goods that the payment waits for the goods.
	Second, Goods bool
}

// Foresee says what an order would lead to that approves more than the rules approve without a
// person: whoever gives it is asked once more. It is not so for any other order, and for none that is
// refused.
func (r *Refund) Foresee(o Order, in Input, p Policy, now time.Time) (f Foreseen, ask bool) {
	if o.Name != approve {
		return f, false
	}
	after, err := r.Step(p, now, func(r *Refund) error { return r.Follow(o.Name, in, p, now) })
	amount := after.Facts.Amount
	limits, listed := p.Limits[amount.Currency]
	if err != nil || listed && amount.within(limits.Auto) {
		return f, false
	}
	f = Foreseen{
		Amount: amount, To: after.Facts.Customer, Limit: limits.Auto,
		Second: after.State == AwaitingSecond, Goods: p.GoodsFirst && after.Clock.GoodsAt.IsZero(),
	}
	if after.Undoable != nil {
		f.UndoUntil = after.Undoable.Until
	}
	return f, true
}

// Text names what was foreseen, such that a confirmation of one does not confirm another.
func (f Foreseen) Text() string {
	switch {
	case f.Second:
		return f.Amount.String() + ", with a second person"
	case f.Goods:
		return f.Amount.String() + ", after the goods"
	}
	return f.Amount.String()
}
