package desk

import (
	"slices"
	"strings"
	"time"

	"waybill/recorder"
	"waybill/refund"
	"waybill/words"
)

const day = 24 * time.Hour

// age is how long a refund has been waiting or open.
func age(l recorder.ListedRefund, now time.Time) *words.Text {
	switch {
	case !l.Open || l.State.Terminal():
		return nil
	case !l.Since.IsZero():
		return words.Say("refunds.waiting_for", "Span", now.Sub(l.Since))
	}
	return words.Say("refunds.open_for", "Span", now.Sub(l.Started))
}

// law is how much time is left until the legal deadline; nil if it is not running.
func law(due time.Time, now time.Time) *words.Text {
	switch left := due.Sub(now); {
	case due.IsZero():
		return nil
	case left < 0:
		return words.Say("refunds.past_law", "Span", -left)
	default:
		return words.Say("refunds.left_by_law", "Span", left)
	}
}

// standing is where a refund stands, in words.
type standing struct {
	refund.Summary
	Of *refund.Refund
	// Left is how much time is left until the legal deadline.
	Left *words.Text
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
		s.Left = law(due, now)
	}
	if n := len(r.Receipt); n > 0 {
		s.Last = &r.Receipt[n-1]
	}
	return s
}

// Undo says for how long the approvals of several refunds can be undone; nil if the order is another one,
// or if none can be undone.
func (v severalView) Undo() *words.Text {
	if v.Order.Name != "approve" || len(v.Rows) == 0 {
		return nil
	}
	span := v.Rows[0].at.policy.Undo
	switch {
	case slices.ContainsFunc(v.Rows, func(row severalRow) bool { return row.at.policy.Undo != span }):
		return words.Say("several.undo")
	case span == 0:
		return nil
	}
	return words.Say("several.undo_for", "Span", words.Exactly(span))
}

// sentence is the text of an error as a sentence.
func sentence(text string) string {
	if text == "" || strings.ContainsAny(text[len(text)-1:], ".?!") {
		return words.Sentence(text)
	}
	return words.Sentence(text) + "."
}
