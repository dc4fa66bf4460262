package parcel

import (
	"slices"
	"time"
)

// Moment is the next one at which something is to be done if no scan comes.
type Moment struct {
	At time.Time
	// Why says in a phrase what is waited for.
	Why string
}

// Next is the next moment at which something is to be done if no scan comes. It
// may have come already.
func (p *Parcel) Next() Moment {
	m := p.NextMail()
	var next Moment
	switch {
	case m != nil && m.Tries == 0 && m.NotBefore.IsZero():
		next = Moment{m.Decided, "Send the mail: " + m.Kind.Words()}
	case m != nil && m.Tries == 0:
		next = Moment{m.NotBefore, "Hold the mail (" + string(m.Held) + "): " + m.Kind.Words()}
	case m != nil:
		next = Moment{m.NotBefore, "Wait for proof before sending the mail again: " + m.Kind.Words()}
	case p.Phase.Terminal():
		next = Moment{p.Deadline, "Grace period after " + p.Phase.Words()}
	default:
		next = Moment{p.Deadline, "Give the parcel up if no scan comes"}
	}
	if len(p.Agenda) > 0 && !next.At.Before(p.Agenda[0].At) {
		next = Moment{p.Agenda[0].At, "If no scan comes: " + string(p.Agenda[0].What)}
	}
	return next
}

// Forecast is one thing that happens to a parcel that no scan reaches.
type Forecast struct {
	At time.Time
	// Mail is the mail that leaves, if one does.
	Mail *Mail
	// Decided is the line of the ledger, if an appointment is kept.
	Decided *Entry
	// Attention is why somebody should look from then on.
	Attention Attention
	// Closed says that the parcel's time is up.
	Closed bool
}

// forecastLimit is more than can happen to a parcel that nothing reaches.
const forecastLimit = 1000

// Advance lets time go by until a moment for a parcel that no scan reaches: it
// keeps the appointments, has each mail accepted when it may leave, and ends
// the parcel. What happens is returned in order. This is what the workflow does
// with real time and a real mail provider.
func (p *Parcel) Advance(policy Policy, now, until time.Time) []Forecast {
	var all []Forecast
	for range forecastLimit {
		next := p.Next()
		if next.At.IsZero() || next.At.After(until) {
			break
		}
		if next.At.After(now) {
			now = next.At
		}
		f := Forecast{At: now}
		m := p.NextMail()
		switch {
		case p.Due(now) != nil:
			p.RecordDue(DecideDue(*p, policy, now))
			entry := p.Ledger[len(p.Ledger)-1]
			f.Decided = &entry
		case m != nil:
			m.Tries++
			m.Accepted("", now)
			sent := *m
			f.Mail = &sent
		default:
			f.Closed = true
		}
		f.Attention = p.Attention
		if all = append(all, f); f.Closed {
			break
		}
	}
	return all
}

// Rehearse says what happens to a parcel from now on if nothing moves: every
// reminder, alarm and end, by the rules as they are. The parcel is not changed.
func Rehearse(p Parcel, policy Policy, now time.Time) []Forecast {
	p.Mails, p.Told, p.Ledger = slices.Clone(p.Mails), slices.Clone(p.Told), slices.Clone(p.Ledger)
	p.Counts = nil
	if m := p.Sending(); m != nil {
		m.Accepted("", now)
	}
	return p.Advance(policy, now, now.AddDate(10, 0, 0))
}
