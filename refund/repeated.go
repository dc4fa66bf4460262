package refund

import (
	"slices"
	"strings"
	"time"
)

// repeatedWithin is within how long the same order counts as given once: a button was pressed twice,
// or the page of its answer was loaded again.
const repeatedWithin = 10 * time.Minute

// Repeated says when a person gave an order that the refund refuses now because it has followed it
// already. It is another order if the refund would still follow one of this kind, if the person has
// given any other since, or if the words or the amount differ.
func (r *Refund) Repeated(o Order, in Input, now time.Time) (when time.Time, repeated bool) {
	v := values{Said: in.Said, order: o, fields: in.Fields, currency: currencyOf(in.Fields, r)}
	approved := o.Name == approve && r.approvedBy(in.By)
	if r.Offers(o) && !approved {
		return when, false
	}
	theirs := slices.DeleteFunc(slices.Clone(r.Receipt), func(e Entry) bool { return e.By.Person != in.By || e.By.Via != in.Via })
	if len(theirs) == 0 {
		return when, false
	}
	last := theirs[len(theirs)-1]
	return last.At, now.Sub(last.At) <= repeatedWithin && strings.HasPrefix(last.What, o.Logged) && r.same(v, last)
}

// same reports whether an order has the words of an entry of the decision log, and no other amount
// than the refund.
func (r *Refund) same(v values, logged Entry) bool {
	return !slices.ContainsFunc(v.order.Fields, func(f Field) bool {
		switch {
		case f.Kind == KindWords:
			return v.text(f) != logged.Why
		case f.Name == amountField.Name && v.text(f) != "":
			return !v.money(f).equal(r.Facts.Amount)
		}
		return false
	})
}
