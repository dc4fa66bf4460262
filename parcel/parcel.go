package parcel

import (
	"slices"
	"time"
)

// How much of the past a parcel carries with it. Older things are folded into
// Counts; a carrier sends 5 to 30 scans, so this is for the one that flaps.
const (
	seenLimit   = 128
	ledgerLimit = 100
	mailLimit   = 50
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
	// Attention says why somebody should look at the parcel.
	Attention Attention `json:"attention,omitempty"`
	// Untold is the attention that operations have yet to be told of.
	Untold Attention `json:"untold,omitempty"`

	// Told is what the recipient was told (or, in shadow mode, would have been).
	Told []Told `json:"told,omitempty"`
	// Mails are the mails that were decided, oldest first.
	Mails []Mail `json:"mails,omitempty"`
	// Ledger is every scan with what was decided about it, oldest first.
	Ledger []Entry `json:"ledger,omitempty"`
	// Counts says how often each reason was given, the whole parcel long.
	Counts map[Reason]int `json:"counts,omitempty"`

	// Paused says that an operator holds all mails back.
	Paused bool `json:"paused,omitempty"`
	// Silenced says why no mail goes to the recipient's address, and
	// MailTrouble why somebody should look at the mails.
	Silenced    Reason    `json:"silenced,omitempty"`
	MailTrouble Attention `json:"mailTrouble,omitempty"`
	// Corrected is the recipient as an operator has corrected it.
	Corrected   Recipient `json:"corrected,omitzero"`
	CorrectedAt time.Time `json:"correctedAt,omitzero"`
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

// Record writes a decision about a scan down. It follows the decision to the
// letter and knows no rule: a replay of an old history must come to the same
// parcel under any later policy.
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
	p.follow(d, Mail{StatusID: s.StatusID, Happened: s.HappenedAt()})
	p.enter(Entry{ScanAt: s.At, StatusID: s.StatusID, Status: s.Status, Phase: s.Phase, Polled: s.Polled}, d)
}

func (p *Parcel) count(reason Reason) {
	if p.Counts == nil {
		p.Counts = map[Reason]int{}
	}
	p.Counts[reason]++
}

// follow does what was decided; about is what a mail would be about.
func (p *Parcel) follow(d Decision, about Mail) {
	p.Phase, p.PhaseBefore, p.Attempt, p.Deadline = d.Phase, d.PhaseBefore, d.Attempt, d.Deadline
	p.Agenda, p.Attention, p.WaitsSince = d.Agenda, d.Attention, d.WaitsSince
	if d.TellOperations {
		p.Untold = d.Attention
	}
	if d.Told {
		p.Told = last(append(p.Told, Told{Kind: d.Mail, Attempt: d.Attempt, At: d.At}), mailLimit)
	}
	switch {
	case d.Send, d.Park:
		p.queue(about, d)
	case d.Overtakes:
		p.overtake(d)
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

// Over reports whether the parcel's time is up.
func (p *Parcel) Over(now time.Time) bool {
	return !p.Deadline.IsZero() && !now.Before(p.Deadline)
}

func (p *Parcel) seen(id string) bool { return slices.Contains(p.Seen, id) }

// told finds the last time that the recipient was told this, or will be.
func (p *Parcel) told(kind MailKind) (Told, bool) {
	for _, t := range slices.Backward(p.Told) {
		if t.Kind == kind && !p.isMail(t, Mail.neverLeft) {
			return t, true
		}
	}
	return Told{}, false
}

// heard is what the recipient has been told, but for what still waits and will
// be overtaken by any newer mail.
func (p *Parcel) heard() []Told {
	return slices.DeleteFunc(slices.Clone(p.Told), func(t Told) bool {
		return p.isMail(t, func(m Mail) bool { return m.held() || m.neverLeft() })
	})
}

// isMail reports whether something that was told is a mail of some kind.
func (p *Parcel) isMail(t Told, kind func(Mail) bool) bool {
	return slices.ContainsFunc(p.Mails, func(m Mail) bool {
		return kind(m) && m.Kind == t.Kind && m.Attempt == t.Attempt && m.Decided.Equal(t.At)
	})
}

// heardSince reports whether the recipient was told anything after a moment.
func (p *Parcel) heardSince(moment time.Time) bool {
	return slices.ContainsFunc(p.heard(), func(t Told) bool { return t.At.After(moment) })
}

// last keeps the newest n.
func last[T any](list []T, n int) []T {
	if len(list) > n {
		return slices.Clone(list[len(list)-n:])
	}
	return list
}
