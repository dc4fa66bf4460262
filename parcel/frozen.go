package parcel

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	"waybill/delivery"
)

// Workflows call what stands here outside a recorded step. It is frozen: old
// histories are replayed over it, and a change needs a gate (workflows/gates.go).

// Subject is the parcel as its messages know it: the id of its workflow.
func (p *Parcel) Subject() delivery.Subject {
	return delivery.Subject(fmt.Sprintf("%s:%s:%d", delivery.OfParcel, p.Integration, p.ID))
}

// MailFacts are the facts as mails go by them.
func (p *Parcel) MailFacts() Facts {
	f := p.Facts
	if p.Corrected.Email != "" {
		f.Recipient.Email = p.Corrected.Email
	}
	if p.Corrected.Name != "" {
		f.Recipient.Name = p.Corrected.Name
	}
	f.Recipient.Language = p.Corrected.Language
	return f
}

// learn takes over what a newer report says, without what it leaves empty. Of the parcels that
// go with this one it says nothing; see [Parcel.colloAfter].
func (f Facts) learn(newer Facts) Facts {
	f.IsReturn = f.IsReturn || newer.IsReturn
	f.Recipient.Name = cmp.Or(newer.Recipient.Name, f.Recipient.Name)
	f.Recipient.Email = cmp.Or(newer.Recipient.Email, f.Recipient.Email)
	f.Recipient.Country = cmp.Or(newer.Recipient.Country, f.Recipient.Country)
	if newer.CarrierCode != "" && newer.CarrierCode != f.CarrierCode {
		f.CarrierCode, f.CarrierName = newer.CarrierCode, "" // the name was another carrier's
	}
	f.CarrierName = cmp.Or(newer.CarrierName, f.CarrierName)
	f.TrackingNumber = cmp.Or(newer.TrackingNumber, f.TrackingNumber)
	f.TrackingURL = cmp.Or(newer.TrackingURL, f.TrackingURL)
	f.OrderNumber = cmp.Or(newer.OrderNumber, f.OrderNumber)
	f.Origin = cmp.Or(newer.Origin, f.Origin)
	f.ServicePoint = cmp.Or(newer.ServicePoint, f.ServicePoint)
	return f
}

// With are the facts after some have changed: those that are not zero.
func (f Facts) With(changed Facts) Facts {
	return Facts{
		IsReturn: changed.IsReturn || f.IsReturn, Recipient: cmp.Or(changed.Recipient, f.Recipient),
		CarrierCode: cmp.Or(changed.CarrierCode, f.CarrierCode), CarrierName: cmp.Or(changed.CarrierName, f.CarrierName),
		TrackingNumber: cmp.Or(changed.TrackingNumber, f.TrackingNumber), TrackingURL: cmp.Or(changed.TrackingURL, f.TrackingURL),
		OrderNumber: cmp.Or(changed.OrderNumber, f.OrderNumber), Origin: cmp.Or(changed.Origin, f.Origin),
		ServicePoint: cmp.Or(changed.ServicePoint, f.ServicePoint), Collo: cmp.Or(changed.Collo, f.Collo),
	}
}

// Drafted is the parcel as scans alone would have it: each is news, and moves the parcel and what is
// due as the one before did. What the rules decide can differ; see stepFrom in package workflows.
func (p *Parcel) Drafted(scans []Scan, now time.Time) Parcel {
	d := *p
	d.Agenda, d.Ledger = slices.Clone(p.Agenda), slices.Clip(p.Ledger)
	d.Revision++
	for _, s := range scans {
		newest := d.NewestAt()
		if n := len(d.Ledger); n > 0 && !d.Deadline.IsZero() {
			d.Deadline = d.Deadline.Add(now.Sub(d.Ledger[n-1].At))
		}
		d.Ledger = append(d.Ledger, Entry{At: now, ScanAt: s.At, StatusID: s.StatusID, Status: s.Status, Polled: s.Polled, Digest: s.Digest})
		if s.At.Before(newest) {
			continue
		}
		for i := range d.Agenda {
			d.Agenda[i].At = d.Agenda[i].At.Add(s.At.Sub(newest))
		}
		d.Phase, d.PhaseNote, d.Facts = s.Phase, s.Note, d.Facts.learn(s.Facts)
		if d.Facts.Collo.UUID == "" {
			d.Facts.Collo = s.Facts.Collo
		}
	}
	return d
}

// TakeTasks hands out what has to be done, once.
func (p *Parcel) TakeTasks() []Task {
	tasks := p.Tasks
	p.Tasks = nil
	return tasks
}

// TakeAccepted notes that the provider took a mail, if nothing follows from that. Otherwise it
// returns false, and a step has to settle the try ([Parcel.Settle]).
func (p *Parcel) TakeAccepted(key, messageID string, now time.Time) bool {
	m := p.Mails.Find(key)
	if m == nil || m.State != delivery.Sending || m.About.Together || len(m.MessageIDs) > 0 ||
		p.Mails.Waiting() != nil || !now.Before(p.Deadline) {
		return false
	}
	m.Accept(messageID, now)
	p.Revision++
	return true
}

// NewestAt is the time of the newest scan that placed the parcel.
func (p *Parcel) NewestAt() (newest time.Time) {
	for _, e := range p.Ledger {
		if e.places() {
			newest = latest(newest, e.ScanAt)
		}
	}
	return newest
}

// places reports whether the line is of a scan that placed the parcel.
func (e Entry) places() bool {
	switch e.Reason {
	case ReasonLateScan, ReasonUnknownStatus, ReasonInformational, ReasonAfterTheEnd, ReasonKnownAlready:
		return false
	default:
		return e.Due == ""
	}
}

func latest(x, y time.Time) time.Time {
	if x.After(y) {
		return x
	}
	return y
}

// Reasons says how often each reason was given, the whole parcel long.
func (p *Parcel) Reasons() map[Reason]int {
	counts := maps.Clone(p.Unlisted)
	if counts == nil {
		counts = map[Reason]int{}
	}
	for _, e := range p.Ledger {
		counts[e.Reason]++
	}
	return counts
}

// Moment is a time, and in a phrase what is waited for.
type Moment struct {
	At  time.Time
	Why string
}

// Next is when something is to be done if nothing else happens.
func (p *Parcel) Next(now time.Time) Moment {
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
	if p.Deadline.After(now) || !p.keptOpen() {
		sooner(p.Deadline, "Close the parcel if nothing else happens")
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

// keptOpen reports whether messages have a way to go, or wait for a person.
func (p *Parcel) keptOpen() bool {
	return p.Mails.Open() || len(p.Mails.Parked()) > 0
}

// pausedUntil is how long a mail waits for its parcel's mails to be resumed.
func (p *Parcel) pausedUntil(m *Mail) time.Time {
	return latest(p.PausedAt, m.Decided).Add(delivery.KeptParked)
}

// Answer is what comes of the claim of a mail; ok is false while that is not known.
func (c *Colli) Answer(m ColloMail) (claim Claim, ok bool) {
	switch s := c.spokenFor(m); {
	case s == nil:
		return Claim{}, !c.waits(m)
	case s.By.Key == m.Key:
		return Claim{Reached: s.Reached}, true
	case s.Told:
		return Claim{ToldBy: s.By.ParcelID}, true
	}
	return Claim{}, false
}

// spokenFor is the mail that speaks for another, or nil.
func (c *Colli) spokenFor(m ColloMail) *Spoken {
	for i, s := range c.Spoken {
		if slices.ContainsFunc(s.For, func(of ColloMail) bool { return of.Key == m.Key }) {
			return &c.Spoken[i]
		}
	}
	return nil
}

// waits reports whether a mail has claimed and nothing is known of it.
func (c *Colli) waits(m ColloMail) bool {
	return slices.ContainsFunc(c.Ready, func(r ColloMail) bool { return r.Key == m.Key && r.Asked })
}
