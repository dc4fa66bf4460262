package parcel

import (
	"slices"
	"time"

	"waybill/delivery"
)

// Moment is when something is to be done if nothing else happens.
type Moment struct {
	At time.Time `json:"at"`
	// Why says in a phrase what is waited for.
	Why string `json:"why"`
}

// next is when something is to be done if nothing else happens.
func (p *Parcel) next(now time.Time) Moment {
	var next Moment
	sooner := func(at time.Time, why string) {
		if !at.IsZero() && (next.At.IsZero() || at.Before(next.At)) {
			next = Moment{at, why}
		}
	}
	if m := p.Mails.Next(); m != nil && !p.Paused && p.Mails.Sending() == nil {
		why := "Wait before the mail is tried again: "
		if m.Tries == 0 {
			why = "Hold the mail (" + string(m.About.Held) + "): "
		}
		sooner(m.NotBefore, why+m.About.Kind.Words())
	}
	if n := p.Notices.Next(); n != nil {
		sooner(n.NotBefore, "Wait before operations are told again")
	}
	if p.Deadline.After(now) {
		why := "Give the parcel up if no scan comes"
		if p.Phase.Terminal() {
			why = "Grace period after " + p.Phase.Words()
		}
		sooner(p.Deadline, why)
	}
	if len(p.Agenda) > 0 {
		sooner(p.Agenda[0].At, "If no scan comes: "+string(p.Agenda[0].What))
	}
	sooner(p.Mails.Expires(), "Drop the parked mail if nobody retries it")
	if p.Paused {
		for _, m := range p.Mails.All(func(m *Mail) bool { return m.State == delivery.Waiting }) {
			sooner(p.pausedUntil(m), "Drop the paused mail if nobody resumes the mails")
		}
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
	// Attention is why the parcel needs attention from then on; of an appointment, because
	// of that.
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
		if m := p.Mails.Sending(); m != nil {
			m.Accept("", now)
			sent := *m
			all = append(all, Forecast{At: now, Mail: &sent, Attention: p.Attention})
		}
		for i := range p.Notices {
			if n := &p.Notices[i]; n.State == delivery.Sending {
				n.Accept("", now)
			}
		}
		known := len(p.Ledger)
		_ = p.Step(policy, now, func() error { return nil })
		for _, entry := range p.Ledger[known:] {
			all = append(all, Forecast{At: now, Decided: &entry, Attention: p.ScanAttention})
		}
		switch {
		case p.Closed:
			return append(all, Forecast{At: now, Closed: true, Attention: p.Attention})
		case p.Mails.Sending() != nil:
			continue
		case p.Next.At.IsZero() || p.Next.At.After(until):
			return all
		case p.Next.At.After(now):
			now = p.Next.At
		}
	}
	return all
}

// Rehearse says what happens to a parcel from now on if nothing moves: every
// reminder, alarm and end, by the rules as they are. The parcel is not changed.
func Rehearse(p Parcel, policy Policy, now time.Time) []Forecast {
	p.Mails, p.Notices, p.Told, p.Ledger = slices.Clone(p.Mails), slices.Clone(p.Notices), slices.Clone(p.Told), slices.Clone(p.Ledger)
	p.Counts, p.Waiters = nil, slices.Clone(p.Waiters)
	return p.Advance(policy, now, now.AddDate(10, 0, 0))
}
