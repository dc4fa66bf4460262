package desk

import (
	"strings"
	"time"

	"waybill/delivery"
	"waybill/recorder"
	"waybill/refund"
	"waybill/words"
)

const day = 24 * time.Hour

// age is how long a refund has been waiting or open.
func age(l recorder.ListedRefund, now time.Time) string {
	switch {
	case !l.Open || l.State.Terminal():
		return ""
	case !l.Since.IsZero():
		return "waiting for " + delivery.Span(now.Sub(l.Since))
	}
	return "open for " + delivery.Span(now.Sub(l.Started))
}

// law is how much time is left until the legal deadline; empty if it is not running.
func law(due time.Time, now time.Time) string {
	switch left := due.Sub(now); {
	case due.IsZero():
		return ""
	case left < 0:
		return delivery.Span(-left) + " past the legal deadline"
	default:
		return delivery.Span(left) + " left by law"
	}
}

// standing is where a refund stands, in words.
type standing struct {
	refund.Summary
	Of *refund.Refund
	// Left is how much time is left until the legal deadline.
	Left string
	// Last is the last thing that happened to it.
	Last *refund.Entry
}

func standingOf(r *refund.Refund, p refund.Policy, now time.Time) *standing {
	var able []string
	for _, somebody := range r.Deciders(p) {
		able = append(able, somebody.Name)
	}
	s := &standing{Summary: r.Summary(able...), Of: r}
	if due, ok := r.LegalDeadline(); ok && !r.State.Terminal() {
		s.Left = words.Sentence(law(due, now))
	}
	if n := len(r.Receipt); n > 0 {
		s.Last = &r.Receipt[n-1]
	}
	return s
}

// sentence is the text of an error as a sentence.
func sentence(text string) string {
	if text == "" || strings.ContainsAny(text[len(text)-1:], ".?!") {
		return words.Sentence(text)
	}
	return words.Sentence(text) + "."
}
