package parcel

import (
	"maps"
	"slices"
	"time"

	"waybill/words"
)

// Forecast is one thing that happens to a parcel that no scan reaches.
type Forecast struct {
	At time.Time `json:"at"`
	// Mail is the mail that leaves, if one does.
	Mail *Mail `json:"mail,omitempty"`
	// Decided is the line of the ledger, if an appointment is kept.
	Decided *Entry `json:"decided,omitempty"`
	// Attention is why the parcel needs attention then; of an appointment, because of it.
	Attention Attention `json:"attention,omitempty"`
	Closed    bool      `json:"closed,omitempty"`
}

const forecastLimit = 1000 // more than can happen to a parcel that no scan reaches

// Advance lets time go by until a moment, as the workflow does with real time and a real mail
// provider: no scan comes, and each mail is accepted when it may leave. It returns what
// happens, in order.
func (p *Parcel) Advance(policy Policy, now, until time.Time) []Forecast {
	var all []Forecast
	for range forecastLimit {
		if m := p.Mails.Sending(); m != nil {
			m.Accept("", now)
			sent := *m
			all = append(all, Forecast{At: now, Mail: &sent, Attention: p.Attention})
		}
		known := len(p.Ledger)
		_ = p.Step(policy, now, func() error { return nil })
		for _, entry := range p.Ledger[known:] {
			all = append(all, Forecast{At: now, Decided: &entry, Attention: p.ScanAttention})
		}
		switch next := p.Next(now).At; {
		case p.Closed:
			return append(all, Forecast{At: now, Closed: true, Attention: p.Attention})
		case p.Mails.Sending() != nil:
			continue
		case next.IsZero() || next.After(until):
			return all
		case next.After(now):
			now = next
		}
	}
	return all
}

// Rehearse says what happens to a parcel from now on if no scan comes. It changes nothing.
func Rehearse(p Parcel, policy Policy, now time.Time) []Forecast {
	return p.copied().Advance(policy, now, now.AddDate(10, 0, 0))
}

// Subjects writes the subject of a mail.
type Subjects func(Mail) (string, error)

// Foretold is one thing that happens if no scan comes, in words.
type Foretold struct {
	At   time.Time   `json:"at"`
	What *words.Text `json:"what"`
}

// Foretell is what [Rehearse] says, in words for operators.
func Foretell(p Parcel, forecasts []Forecast, subjects Subjects) (all []Foretold, err error) {
	for _, f := range forecasts {
		if f.Decided != nil && f.Decided.Reason.Sends() && !p.Paused {
			continue // the mail has a line of its own
		}
		one := Foretold{At: f.At}
		if one.What, err = f.words(p, subjects); err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, nil
}

func (f Forecast) words(p Parcel, subjects Subjects) (*words.Text, error) {
	switch {
	case f.Mail != nil:
		subject, err := subjects(*f.Mail)
		return words.Say("outlook.mail", "Mail", f.Mail.About.Kind.say(), "Subject", subject), err
	case f.Decided != nil && f.Decided.Reason == ReasonLook:
		return words.Say("outlook.look", "Seen", f.Decided.Seen(), "Attention", words.Word("attention", f.Attention)), nil
	case f.Decided != nil && f.Decided.Reason.Sends():
		return words.Say("outlook.held_back", "Seen", f.Decided.Seen(), "Verdict", f.Decided.Verdict()), nil
	case f.Decided != nil:
		return words.Say("outlook.decided", "Seen", f.Decided.Seen(), "Verdict", f.Decided.Verdict()), nil
	case p.Phase.Terminal():
		return words.Say("outlook.closed"), nil
	}
	return words.Say("outlook.given_up"), nil
}

// copied is a parcel that may change while the first stays as it is.
func (p Parcel) copied() *Parcel {
	p.Mails, p.Ledger = slices.Clone(p.Mails), slices.Clone(p.Ledger)
	p.Unlisted, p.Waiters = maps.Clone(p.Unlisted), slices.Clone(p.Waiters)
	return &p
}
