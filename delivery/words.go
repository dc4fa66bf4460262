package delivery

import (
	"strings"
	"time"

	"waybill/words"
)

// Remark is what an operator has to know of a message beyond its state. held says
// why it waits for its first try; it is read only if it does.
func (m *Message[About]) Remark(held *words.Text) *words.Text {
	var said []*words.Text
	add := func(say bool, key string, pairs ...any) {
		if say {
			said = append(said, words.Say("remark."+key, pairs...))
		}
	}
	add(m.Tries > 1, "tries", "N", m.Tries)
	if m.Why != "" {
		said = append(said, words.Word("failure", m.Why))
	}
	add(m.Overtaken != "" && m.State != Superseded, "overtaken", "By", words.Word("failure", m.Overtaken))
	if r := m.Report; r != nil {
		add(r.Why == "", "report", "Report", words.Word("report", r.Kind), "At", r.At)
		add(r.Why != "", "report_because", "Report", words.Word("report", r.Kind), "Why", r.Why, "At", r.At)
	}
	add(m.Twice(), "twice")
	switch {
	case m.Unproven == 0 || m.Twice():
	case m.State == Accepted && m.Tries > m.Unproven:
		add(true, "maybe_twice", "N", m.Unproven)
	case m.State != Accepted:
		add(true, "maybe_sent", "N", m.Unproven)
	}
	waits := m.State == Waiting && !m.NotBefore.IsZero()
	add(waits && m.Tries == 0, "held", "Until", m.NotBefore, "Why", held)
	add(waits && m.Tries > 0, "tried_again", "At", m.NotBefore)
	return words.Join(said...)
}

// Clock is a moment as tables show it, which say that they are in UTC:
// "Mon 2 Nov 08:02".
func Clock(t time.Time) string { return t.UTC().Format("Mon 2 Jan 15:04") }

// Moment is a moment as sentences say it: "Mon 2 Nov 2026, 08:02 UTC".
func Moment(t time.Time) string { return words.Plain.Moment(t) }

// UpdateName is the name of the Update and the Signal of an order whose name is in kebab
// case: RetryMails for retry-mails.
func UpdateName(order string) string {
	name := ""
	for word := range strings.SplitSeq(order, "-") {
		name += strings.ToUpper(word[:1]) + word[1:]
	}
	return name
}

// Span is a length of time as people say it: "an hour", "47 hours" or "3 days".
func Span(d time.Duration) string { return words.Plain.Span(d) }
