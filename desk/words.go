package desk

import (
	"fmt"
	"strings"
	"time"

	"waybill/refund"
)

const day = 24 * time.Hour

// inWords is a length of time as people say it.
func inWords(d time.Duration) string {
	count := func(n time.Duration, unit string) string {
		if n == 1 {
			return "1 " + unit
		}
		return fmt.Sprintf("%d %ss", n, unit)
	}
	switch {
	case d < time.Minute:
		return "a minute"
	case d < time.Hour:
		return count(d/time.Minute, "minute")
	case d < 2*day:
		return count(d/time.Hour, "hour")
	}
	return count(d/day, "day")
}

// age says for how long a refund waits.
func age(l listed, now time.Time) string {
	switch k := l.Known; {
	case !l.Open || k != nil && k.State.Terminal():
		return ""
	case k != nil && k.State.Waiting() && !k.Clock.Since.IsZero():
		return "waits " + inWords(now.Sub(k.Clock.Since))
	}
	return "open for " + inWords(now.Sub(l.Started))
}

// law says how long there is until the law wants the money paid; empty if that
// clock stands.
func law(due time.Time, now time.Time) string {
	switch left := due.Sub(now); {
	case due.IsZero():
		return ""
	case left < 0:
		return "law: " + inWords(-left) + " over"
	default:
		return "law: " + inWords(left) + " left"
	}
}

// lawOf says where the law's clock of a refund is.
func lawOf(r *refund.Refund, now time.Time) string {
	due, ok := r.LegalDeadline()
	switch left := due.Sub(now); {
	case r.State.Terminal():
		return "The refund is over, and the law's clock with it."
	case !ok:
		return "The law's clock stands: neither the goods nor a proof that they were sent are here."
	case left < 0:
		return fmt.Sprintf("The law wanted it paid by %s: that is %s ago.", clock(due), inWords(-left))
	default:
		return fmt.Sprintf("The law wants it paid by %s: %s left.", clock(due), inWords(left))
	}
}

// turn says who has to do something next.
func turn(r *refund.Refund, p refund.Policy) string {
	switch r.State {
	case refund.Requested, refund.Approved:
		return "Waybill is looking at it."
	case refund.NeedsInfo:
		return "The customer has to answer. You may still decide."
	case refund.AwaitingGoods:
		return "The goods have to come back."
	case refund.Paying:
		return "The shop's endpoint is being asked to pay."
	case refund.PayFailed:
		return "The payment failed: somebody has to look at the shop's endpoint, and pay again."
	}
	switch {
	case r.State.Waiting():
	case r.Untold():
		return "The customer could not be told: somebody has to look why, and mail again."
	default:
		return "Nobody has to do anything."
	}
	var able []string
	for _, somebody := range r.Deciders(p) {
		if somebody.Name == r.Holder {
			return fmt.Sprintf("It is the turn of %s. Others may decide too.", r.Holder)
		}
		able = append(able, somebody.Name)
	}
	if len(able) == 0 {
		return "Nobody in the policy may approve it: ask whoever keeps the policy."
	}
	return fmt.Sprintf("It is the turn of %s.", orList(able))
}

// orList is such as Anna, Ben or Carla.
func orList(names []string) string {
	if len(names) == 1 {
		return names[0]
	}
	return strings.Join(names[:len(names)-1], ", ") + " or " + names[len(names)-1]
}

// label is a word of ours as the beginning of a line.
func label(word string) string {
	word = strings.ReplaceAll(word, "_", " ")
	if word == "" {
		return ""
	}
	return strings.ToUpper(word[:1]) + word[1:]
}

// standing is where a refund stands, in words.
type standing struct {
	Amount, Order, State, Attention, Turn, Law string
	Over                                       bool
	// Last is the last thing that happened to it.
	Last *refund.Entry
}

func standingOf(r *refund.Refund, p refund.Policy, now time.Time) *standing {
	s := &standing{
		Amount: amountOf(r), State: label(string(r.State)), Attention: label(string(r.Attention)),
		Order: r.Facts.OrderNumber, Turn: turn(r, p), Law: lawOf(r, now), Over: r.State.Terminal(),
	}
	if n := len(r.Receipt); n > 0 {
		s.Last = &r.Receipt[n-1]
	}
	return s
}

func amountOf(r *refund.Refund) string {
	if !r.Facts.Amount.Known() {
		return "Amount not known"
	}
	return r.Facts.Amount.String()
}

// line is a fact with its name.
type line struct{ Label, Value string }

// factsOf are the facts that a decision rests on.
func factsOf(r *refund.Refund) []line {
	f := r.Facts
	var lines []line
	add := func(label, value string, known bool) {
		if known {
			lines = append(lines, line{label, value})
		}
	}
	must := func(label, value string, known bool) {
		if !known {
			value = "not known"
		}
		add(label, value, true)
	}
	must("Amount", f.Amount.String(), f.Amount.Known())
	must("Order value", f.OrderValue.String(), f.OrderValue.Known())
	add("Other refunds of the order", f.Refunded.String(), f.Refunded.Known())
	must("Order number", f.OrderNumber, f.OrderNumber != "")
	must("Ordered", clock(f.OrderedAt), !f.OrderedAt.IsZero())
	must("Customer", strings.TrimSpace(f.Customer.Name+" "+bracketed(f.Customer.Email)), f.Customer.Email != "")
	add("Country", f.Customer.Country, f.Customer.Country != "")
	if f.CustomerRefunds != nil {
		add("Earlier refunds of the customer", fmt.Sprint(*f.CustomerRefunds), true)
	}
	add("Wishes for", f.Kind, f.Kind != "")
	add("Withdrew", clock(f.NoticeAt), !f.NoticeAt.IsZero())
	add("Requested by", f.RequestedBy, f.RequestedBy != "")
	add("Told by", string(f.Source), f.Source != "")
	add("Payment", r.Reference, r.Reference != "")
	return lines
}

func bracketed(address string) string {
	if address == "" {
		return ""
	}
	return "<" + address + ">"
}

// evidenceOf is what speaks for or against the refund.
func evidenceOf(r *refund.Refund) []line {
	f := r.Facts
	var lines []line
	add := func(label, value string, known bool) {
		if known {
			lines = append(lines, line{label, value})
		}
	}
	reason := label(string(f.Reason))
	if f.ReasonText != "" && !strings.EqualFold(f.ReasonText, reason) {
		reason = strings.TrimPrefix(reason+": "+f.ReasonText, ": ")
	}
	if reason == "" {
		reason = "not known"
	}
	add("Reason", reason, true)
	add("The customer wrote", f.Message, f.Message != "")
	add("We asked", r.Question, r.Question != "")
	add("The customer answered", r.Answer, r.Answer != "")
	add("Rejected because", r.Rejection, r.Rejection != "")
	add("Parcel to the customer", fmt.Sprint(f.OutgoingParcel), f.OutgoingParcel != 0)
	add("Parcel back", fmt.Sprint(f.IncomingParcel), f.IncomingParcel != 0)
	add("Goods were sent", clock(r.Clock.PostedAt), !r.Clock.PostedAt.IsZero())
	add("Goods came back", clock(r.Clock.GoodsAt), !r.Clock.GoodsAt.IsZero())
	return lines
}
