package refund

import (
	"cmp"
	"strconv"
	"strings"
	"time"
)

// Learn adds what was not known, and decides nothing.
func (r *Refund) Learn(f Facts, by string, p Policy, now time.Time) { r.add(f, by, p, now) }

// Digits is the amount alone, with the decimals that its currency has: 120.00. It
// is empty if the amount is not known.
func (m Money) Digits() string {
	if !m.Known() {
		return ""
	}
	_, digits, _ := strings.Cut(m.String(), " ")
	return digits
}

// OrderKey stands for the order whose refunds count together: its number, or
// whatever else tells it from others. It stays the same once the refund counts.
func (r *Refund) OrderKey() string { return cmp.Or(r.CountedIn, r.orderKey()) }

func (r *Refund) orderKey() string {
	switch f := r.Facts; {
	case f.OrderNumber != "":
		return "order/" + f.OrderNumber
	case f.OutgoingParcel != 0:
		return "parcel/" + strconv.FormatInt(f.OutgoingParcel, 10)
	}
	return "return/" + strconv.FormatInt(r.ReturnID, 10)
}

// Fill takes from other facts what is not known.
func (f *Facts) Fill(more Facts) { f.learn(more) }
