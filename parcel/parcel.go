package parcel

import (
	"slices"
	"time"

	"waybill/delivery"
)

// How much of the past a parcel carries with it. Older things are folded into
// Counts; a carrier sends 5 to 30 scans, so this is for the one that flaps.
const (
	seenLimit   = 128
	ledgerLimit = 100
	mailLimit   = 50
	noticeLimit = 10
)

// Parcel is everything that is known of one parcel. Its JSON form travels
// through the workflow's history, so fields are added and never renamed.
type Parcel struct {
	Integration string `json:"integration"`
	ID          int64  `json:"id"`
	Facts       Facts  `json:"facts"`

	Phase Phase `json:"phase,omitempty"`
	// PhaseBefore is the phase that a failed cancellation brings back.
	PhaseBefore Phase `json:"phaseBefore,omitempty"`
	// Attempt counts the carrier's attempts to deliver, from 1.
	Attempt int `json:"attempt,omitempty"`
	// PhaseNote is what the newest scan that placed the parcel said besides.
	PhaseNote Note `json:"phaseNote,omitempty"`
	// WaitsSince is since when the parcel waits to be collected.
	WaitsSince time.Time `json:"waitsSince,omitzero"`
	// NewestAt is the time of the newest scan that placed the parcel.
	NewestAt time.Time `json:"newestAt,omitzero"`
	// LatestStatusID and LatestAt are of the newest scan of all, also of one
	// that did not place the parcel.
	LatestStatusID int       `json:"latestStatusId,omitempty"`
	LatestAt       time.Time `json:"latestAt,omitzero"`
	// Deadline is when the parcel's time is up if nothing else happens: the
	// grace period after a terminal phase, or the limit of silence before.
	Deadline time.Time `json:"deadline,omitzero"`
	// Agenda is what is to be decided if no scan comes, soonest first.
	Agenda []Appointment `json:"agenda,omitempty"`
	// Attention says why the parcel needs attention: ScanAttention because
	// of its scans, or MailAttention because of its mails.
	Attention     Attention `json:"attention,omitempty"`
	ScanAttention Attention `json:"scanAttention,omitempty"`
	MailAttention Attention `json:"mailAttention,omitempty"`
	// Next is when something is to be done if nothing else happens.
	Next Moment `json:"next,omitzero"`
	// Closed says that the parcel's time is up.
	Closed bool `json:"closed,omitempty"`
	// Tasks are what has to be done because of the last thing that happened.
	Tasks []Task `json:"tasks,omitempty"`
	// Waiters wait for the goods of a return parcel.
	Waiters []Waiter `json:"waiters,omitempty"`

	// Told is what the recipient was told (or, in shadow mode, would have been).
	Told []Told `json:"told,omitempty"`
	// Mails are the messages to the recipient, Notices those to operations.
	Mails   delivery.Outbox[News]   `json:"mails,omitempty"`
	Notices delivery.Outbox[Notice] `json:"notices,omitempty"`
	// Ledger is every scan with what was decided about it, oldest first.
	Ledger []Entry `json:"ledger,omitempty"`
	// Counts says how often each reason was given, the whole parcel long.
	Counts map[Reason]int `json:"counts,omitempty"`

	// Paused says that an operator holds all mails back, since PausedAt.
	Paused   bool      `json:"paused,omitempty"`
	PausedAt time.Time `json:"pausedAt,omitzero"`
	// Silenced says why no mail goes to the recipient's address. Address counts
	// the addresses that the recipient had before this one.
	Silenced Reason `json:"silenced,omitempty"`
	Address  int    `json:"address,omitempty"`
	// Corrected is the recipient as an operator has corrected it.
	Corrected Recipient `json:"corrected,omitzero"`
	// Resent counts the mails that operators had sent again.
	Resent int `json:"resent,omitempty"`
	// Orders are the last orders of operators, oldest first.
	Orders []OrderEntry `json:"orders,omitempty"`

	// Seen are the ids of the last scans, oldest first.
	Seen []string `json:"seen,omitempty"`
}

// Told is one thing that the recipient was told.
type Told struct {
	Kind    MailKind  `json:"kind"`
	Attempt int       `json:"attempt"`
	At      time.Time `json:"at"`
}

// Entry is one line of the ledger.
type Entry struct {
	// At is when the decision fell, ScanAt the time of the scan.
	At     time.Time `json:"at"`
	ScanAt time.Time `json:"scanAt"`
	// Due says that there was no scan, and what the appointment was for; its
	// time is ScanAt.
	Due      Occasion `json:"due,omitempty"`
	StatusID int      `json:"statusId"`
	Status   string   `json:"status,omitempty"`
	Phase    Phase    `json:"phase"`
	Reason   Reason   `json:"reason"`
	Mail     MailKind `json:"mail,omitempty"`
	Sent     bool     `json:"sent,omitempty"`
	Policy   string   `json:"policy"`
	// Polled says that no webhook told of the scan.
	Polled bool `json:"polled,omitempty"`
}

// Record writes a decision about a scan down.
func (p *Parcel) Record(s Scan, d Decision) {
	p.count(d.Reason)
	if p.seen(s.ID) {
		return
	}
	p.Seen = last(append(p.Seen, s.ID), seenLimit)
	if d.Places || p.NewestAt.IsZero() {
		p.Facts = p.Facts.learn(s.Facts)
	} else {
		// An older report may only fill in what nobody told yet.
		p.Facts = s.Facts.learn(p.Facts)
	}
	if d.Places {
		p.PhaseNote = s.Note
		if s.At.After(p.NewestAt) {
			p.NewestAt = s.At
		}
	}
	if !s.At.Before(p.LatestAt) {
		p.LatestAt, p.LatestStatusID = s.At, s.StatusID
	}
	p.follow(d)
	p.enter(Entry{ScanAt: s.At, StatusID: s.StatusID, Status: s.Status, Phase: s.Phase, Polled: s.Polled}, d)
}

func (p *Parcel) count(reason Reason) {
	if p.Counts == nil {
		p.Counts = map[Reason]int{}
	}
	p.Counts[reason]++
}

// follow does what was decided.
func (p *Parcel) follow(d Decision) {
	p.Phase, p.PhaseBefore, p.Attempt, p.Deadline = d.Phase, d.PhaseBefore, d.Attempt, d.Deadline
	p.Agenda, p.ScanAttention, p.WaitsSince = d.Agenda, d.Attention, d.WaitsSince
	if d.TellOperations {
		key := delivery.Key(p.Subject(), "notice/"+string(d.Attention), int(d.At.Unix()))
		p.Notices.Queue(delivery.Message[Notice]{Key: key, About: Notice{d.Attention}, Decided: d.At, Terms: delivery.NoticeTerms}, noticeLimit)
	}
	if d.Told {
		p.Told = last(append(p.Told, Told{Kind: d.Mail, Attempt: d.Attempt, At: d.At}), mailLimit)
	}
	switch {
	case d.Send, d.Park:
		p.queue(d)
	case d.Overtakes:
		p.overtake(d)
	}
	if d.Reason == ReasonSameAttempt { // it may have left, and is wanted if it has not
		for _, m := range p.Mails.All(func(m *Mail) bool { return m.About.Kind == d.Mail && m.About.Attempt == d.Attempt }) {
			m.Renew()
		}
	}
}

// enter writes a line of the ledger.
func (p *Parcel) enter(e Entry, d Decision) {
	e.At, e.Reason, e.Mail, e.Sent, e.Policy = d.At, d.Reason, d.Mail, d.Send, d.Policy
	p.Ledger = last(append(p.Ledger, e), ledgerLimit)
}

// Knows reports whether a polled scan is nothing new: the latest report was of
// the same status, or one of that status and that second is in the ledger. The
// parcel may have changed in other ways since, of which nobody is told.
func (p *Parcel) Knows(s Scan) bool {
	if !s.Polled || len(p.Ledger) == 0 {
		return false
	}
	return p.LatestStatusID == s.StatusID || p.seen(s.ID) || slices.ContainsFunc(p.Ledger, func(e Entry) bool {
		return e.Due == "" && e.StatusID == s.StatusID && e.ScanAt.Truncate(time.Second).Equal(s.At)
	})
}

func (p *Parcel) seen(id string) bool { return slices.Contains(p.Seen, id) }

// told finds the last time that the recipient was told this, or will be.
func (p *Parcel) told(kind MailKind) (Told, bool) {
	for _, t := range slices.Backward(p.Told) {
		if m := p.mailOf(t); t.Kind == kind && (m == nil || m.State != delivery.Superseded || m.MayHaveLeft()) {
			return t, true
		}
	}
	return Told{}, false
}

// notified is what the recipient has been told, but for what still waits and will
// be overtaken by any newer mail.
func (p *Parcel) notified() []Told {
	return slices.DeleteFunc(slices.Clone(p.Told), func(t Told) bool {
		m := p.mailOf(t)
		return m != nil && (m.State == delivery.Waiting || m.State == delivery.Superseded) && !m.MayHaveLeft()
	})
}

// mailOf is the mail of something that was told, or nil. Of several that were
// decided in one moment, the last one was not overtaken by the others.
func (p *Parcel) mailOf(t Told) *Mail {
	for i := range slices.Backward(p.Mails) {
		if m := &p.Mails[i]; m.About.Kind == t.Kind && m.About.Attempt == t.Attempt && m.Decided.Equal(t.At) {
			return m
		}
	}
	return nil
}

// notifiedSince reports whether the recipient was told anything after a moment.
func (p *Parcel) notifiedSince(moment time.Time) bool {
	return slices.ContainsFunc(p.notified(), func(t Told) bool { return t.At.After(moment) })
}

// last keeps the newest n.
func last[T any](list []T, n int) []T {
	if len(list) > n {
		return slices.Clone(list[len(list)-n:])
	}
	return list
}
