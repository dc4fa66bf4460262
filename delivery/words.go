package delivery

import (
	"fmt"
	"strings"
	"time"
)

// Remark is what an operator has to know of a message beyond its state. held says
// why it waits for its first try; it is read only if it does.
func (m *Message[About]) Remark(held string) string {
	var said []string
	add := func(say bool, format string, args ...any) {
		if say {
			said = append(said, fmt.Sprintf(format, args...))
		}
	}
	add(m.Tries > 1, "%d tries", m.Tries)
	add(m.Why != "", "%s", m.Why)
	add(m.Overtaken != "" && m.State != Superseded, "%s, unless it went out", m.Overtaken)
	if m.Report != nil {
		why := m.Report.Why
		if why != "" {
			why = " (" + why + ")"
		}
		add(true, "%s%s %s", m.Report.Kind, why, Moment(m.Report.At))
	}
	add(m.Twice(), "went out twice")
	switch {
	case m.Unproven == 0 || m.Twice():
	case m.State == Accepted && m.Tries > m.Unproven:
		add(true, "may be there twice: no answer to %s", tries(m.Unproven, "earlier "))
	case m.State != Accepted:
		add(true, "may have been sent: no answer to %s", tries(m.Unproven, ""))
	}
	waits := m.State == Waiting && !m.NotBefore.IsZero()
	add(waits && m.Tries == 0, "held until %s: %s", Moment(m.NotBefore), held)
	add(waits && m.Tries > 0, "tried again at %s", Moment(m.NotBefore))
	return strings.Join(said, "; ")
}

// Clock is a moment as tables show it, which say that they are in UTC:
// "Mon 2 Nov 08:02".
func Clock(t time.Time) string { return t.UTC().Format("Mon 2 Jan 15:04") }

// Moment is a moment as sentences say it: "Mon 2 Nov 2026, 08:02 UTC".
func Moment(t time.Time) string { return t.UTC().Format("Mon 2 Jan 2006, 15:04 UTC") }

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
func Span(d time.Duration) string {
	const day = 24 * time.Hour
	switch {
	case d < 2*time.Minute:
		return "a minute"
	case d < time.Hour:
		return fmt.Sprintf("%d minutes", d/time.Minute)
	case d < 2*time.Hour:
		return "an hour"
	case d < 2*day:
		return fmt.Sprintf("%d hours", d/time.Hour)
	}
	return fmt.Sprintf("%d days", d/day)
}

func tries(n int, which string) string {
	if n == 1 {
		return "1 " + which + "try"
	}
	return fmt.Sprintf("%d %stries", n, which)
}
