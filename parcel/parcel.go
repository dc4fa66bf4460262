package parcel

import (
	"slices"
	"time"

	"waybill/delivery"
	"waybill/search"
)

// How much of the past a parcel carries with it. A carrier usually sends 5 to 30 scans.
const (
	ledgerLimit = 100
	mailLimit   = 50
	orderLimit  = 50
	policyLimit = 20
)

// Parcel is everything that is known of one parcel. Its JSON form travels
// through the workflow's history, so fields are added and never renamed.
type Parcel struct {
	Integration string `json:"integration"`
	ID          int64  `json:"id"`
	// Revision counts what has happened to the parcel: a copy of it with the same one is the
	// parcel as it is.
	Revision int   `json:"revision,omitempty"`
	Facts    Facts `json:"facts"`

	Phase Phase `json:"phase,omitempty"`
	// PhaseBefore is the phase that a failed cancellation brings back.
	PhaseBefore Phase `json:"phaseBefore,omitempty"`
	// Attempt numbers the carrier's attempts to deliver, from 0.
	Attempt int `json:"attempt,omitempty"`
	// PhaseNote is what the newest scan that placed the parcel said besides.
	PhaseNote Note `json:"phaseNote,omitempty"`
	// WaitsSince is since when the parcel waits to be collected.
	WaitsSince time.Time `json:"waitsSince,omitzero"`
	// Deadline is when the parcel's time is up if nothing else happens: the
	// grace period after a terminal phase, or the limit of silence before.
	Deadline time.Time `json:"deadline,omitzero"`
	// Agenda is what is to be decided if no scan comes, soonest first.
	Agenda []Appointment `json:"agenda,omitempty"`
	// Attention comes from the scans, or from the mails.
	Attention     Attention `json:"attention,omitempty"`
	ScanAttention Attention `json:"scanAttention,omitempty"`
	MailAttention Attention `json:"mailAttention,omitempty"`
	Closed        bool      `json:"closed,omitempty"`
	// Search is by which words the parcel is listed.
	Search search.Terms `json:"search,omitzero"`
	// Tasks are what has to be done because of the last thing that happened.
	Tasks []Task `json:"tasks,omitempty"`
	// Waiters wait for the goods of a return parcel.
	Waiters []Waiter `json:"waiters,omitempty"`

	// Mails are the messages to the recipient.
	Mails delivery.Outbox[News] `json:"mails,omitempty"`
	// Ledger is every scan with what was decided about it, oldest first.
	Ledger []Entry `json:"ledger,omitempty"`
	// Policies are the policies that were followed, oldest first.
	Policies []Followed `json:"policies,omitempty"`
	// Unlisted counts the reasons of what is not in the ledger: copies, and forgotten lines.
	Unlisted map[Reason]int `json:"unlisted,omitempty"`

	// Paused mails are held back by an operator.
	Paused   bool      `json:"paused,omitempty"`
	PausedAt time.Time `json:"pausedAt,omitzero"`
	// Silenced says why no mail goes to the recipient's address. Address counts
	// the addresses that the recipient had before this one.
	Silenced Reason `json:"silenced,omitempty"`
	Address  int    `json:"address,omitempty"`
	// Corrected is the recipient as an operator has corrected it, Resent counts the mails
	// that operators had sent again, and Orders are their last orders, oldest first.
	Corrected Recipient    `json:"corrected,omitzero"`
	Resent    int          `json:"resent,omitempty"`
	Orders    []OrderEntry `json:"orders,omitempty"`
	// ErasedAt is when the recipient's data was erased; see [Parcel.Erase].
	ErasedAt time.Time `json:"erasedAt,omitzero"`
}

// Followed is the version of a policy, and since when it was followed.
type Followed struct {
	Policy string    `json:"policy"`
	Since  time.Time `json:"since"`
}

// PolicyAt is the version of the policy that was followed at a moment; empty if
// nobody remembers.
func (p *Parcel) PolicyAt(moment time.Time) string {
	for _, f := range slices.Backward(p.Policies) {
		if !f.Since.After(moment) {
			return f.Policy
		}
	}
	return ""
}

// Entry is one line of the ledger.
type Entry struct {
	// At is when the decision fell, ScanAt the time of the scan.
	At     time.Time `json:"at"`
	ScanAt time.Time `json:"scanAt"`
	// Due is what an appointment was for, whose time is ScanAt; empty for a scan.
	Due      Occasion `json:"due,omitempty"`
	StatusID int      `json:"statusId"`
	Status   string   `json:"status,omitempty"`
	Reason   Reason   `json:"reason"`
	Mail     MailKind `json:"mail,omitempty"`
	// Attempt is the attempt to deliver that the mail is about.
	Attempt int `json:"attempt,omitempty"`
	// Polled and Digest are those of the scan.
	Polled bool   `json:"polled,omitempty"`
	Digest string `json:"digest,omitempty"`
}

// Record writes a decision about a scan down.
func (p *Parcel) Record(s Scan, d Decision) {
	if p.seen(s) {
		p.count(d.Reason)
		return
	}
	if d.Places || p.NewestAt().IsZero() {
		p.Facts = p.learn(s)
	} else { // a scan that places nothing only fills in what is not known
		p.Facts = p.fillIn(s)
	}
	if d.Places {
		p.PhaseNote = s.Note
	}
	p.follow(d)
	p.enter(Entry{ScanAt: s.At, StatusID: s.StatusID, Status: s.Status, Polled: s.Polled, Digest: s.Digest}, d)
}

// learn is what is known of the parcel with a scan. A late one only fills in what is not known.
func (p *Parcel) learn(s Scan) Facts {
	if late(*p, s) {
		return p.fillIn(s)
	}
	facts := p.Facts.learn(s.Facts)
	facts.Collo = p.colloAfter(s)
	return facts
}

// fillIn is what is known of the parcel, and from a scan what is not.
func (p *Parcel) fillIn(s Scan) Facts {
	facts := s.Facts.learn(p.Facts)
	facts.Collo = p.colloAfter(s)
	return facts
}

// colloAfter says which parcels go with this one after a scan. Webhooks and version 3 of the API
// have different names for one group: that of the webhooks counts, because most parcels hear
// from them. A mail that waits for its siblings stays in the group that it has joined.
func (p *Parcel) colloAfter(s Scan) Collo {
	known, told := p.Facts.Collo, s.Facts.Collo
	joined := slices.ContainsFunc(p.Mails, func(m Mail) bool { return m.About.Together && !m.State.Final() })
	if known.UUID == "" || told.UUID == known.UUID || told.UUID != "" && !s.Polled && !joined {
		return told
	}
	return known
}

func (p *Parcel) count(reason Reason) {
	if p.Unlisted == nil {
		p.Unlisted = map[Reason]int{}
	}
	p.Unlisted[reason]++
}

func (p *Parcel) follow(d Decision) {
	p.Phase, p.PhaseBefore, p.Attempt, p.Deadline = d.Phase, d.PhaseBefore, d.Attempt, d.Deadline
	p.Agenda, p.ScanAttention, p.WaitsSince = d.Agenda, d.Attention, d.WaitsSince
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

// enter writes a line of the ledger. If there are too many, it forgets the oldest one from
// which nothing is read any more.
func (p *Parcel) enter(e Entry, d Decision) {
	e.At, e.Reason, e.Mail, e.Attempt = d.At, d.Reason, d.Mail, d.Attempt
	if p.PolicyAt(d.At) != d.Policy {
		p.Policies = last(append(p.Policies, Followed{d.Policy, d.At}), policyLimit)
	}
	p.Ledger = append(slices.Clip(p.Ledger), e)
	if len(p.Ledger) <= ledgerLimit {
		return
	}
	read := []time.Time{p.NewestAt(), p.latest().ScanAt, p.placed().ScanAt}
	i := slices.IndexFunc(p.Ledger, func(e Entry) bool {
		return !e.Reason.tells() && !slices.ContainsFunc(read, e.ScanAt.Equal)
	})
	p.count(p.Ledger[max(i, 0)].Reason)
	p.Ledger = slices.Delete(p.Ledger, max(i, 0), max(i, 0)+1)
}

// NewestScan is the line of the newest scan that says something of where the parcel is now: one
// that came late or after the end would contradict its phase.
func (p *Parcel) NewestScan() (newest Entry) {
	for _, e := range p.Ledger {
		void := e.Reason == ReasonLateScan || e.Reason == ReasonAfterTheEnd
		if e.Due == "" && !void && !e.ScanAt.Before(newest.ScanAt) {
			newest = e
		}
	}
	return newest
}

// latest is the line of the newest scan, also of one that did not place the parcel.
func (p *Parcel) latest() (latest Entry) {
	for _, e := range p.Ledger {
		if e.Due == "" && !e.ScanAt.Before(latest.ScanAt) {
			latest = e
		}
	}
	return latest
}

// placed is the line of the scan that placed the parcel last.
func (p *Parcel) placed() Entry {
	for _, e := range slices.Backward(p.Ledger) {
		if e.places() {
			return e
		}
	}
	return Entry{}
}

// Knows reports whether a polled scan is nothing new: a report of it has placed the parcel, or
// was recorded and the scan would not place the parcel now either.
func (p *Parcel) Knows(s Scan) bool {
	reports := p.reports(s)
	if len(reports) == 0 || slices.ContainsFunc(reports, Entry.places) {
		return len(reports) > 0
	}
	_, moves := place(*p, s)
	return !moves
}

// Reported reports whether what a polled scan says was reported before, whatever the rules made
// of it.
func (p *Parcel) Reported(s Scan) bool { return len(p.reports(s)) > 0 }

// reports are the lines that say the same as a polled scan: the latest one if it is of its
// status, and those of its status and its second.
func (p *Parcel) reports(s Scan) (same []Entry) {
	if !s.Polled {
		return nil
	}
	latest := p.latest()
	for _, e := range p.Ledger {
		if e.Due == "" && e.StatusID == s.StatusID && (e == latest || e.ScanAt.Truncate(time.Second).Equal(s.At)) {
			same = append(same, e)
		}
	}
	return same
}

// seen reports whether a scan is in the ledger.
func (p *Parcel) seen(s Scan) bool {
	return slices.ContainsFunc(p.Ledger, func(e Entry) bool {
		known := Scan{StatusID: e.StatusID, At: e.ScanAt, Polled: e.Polled, Digest: e.Digest}
		return e.Due == "" && known.ID() == s.ID()
	})
}

// tells reports whether the line is of a kind of mail for an attempt that the
// recipient was told then (or, in shadow mode, would have been).
func (e Entry) tells(kind MailKind, attempt int) bool {
	return e.Reason.tells() && e.Mail == kind && e.Attempt == attempt
}

// told finds the last time that the recipient was told this, or will be.
func (p *Parcel) told(kind MailKind) (Entry, bool) {
	for _, e := range slices.Backward(p.Ledger) {
		if m := p.mailOf(e); e.Reason.tells() && e.Mail == kind && (m == nil || m.State != delivery.Superseded || m.MayHaveLeft()) {
			return e, true
		}
	}
	return Entry{}, false
}

// notified is what the recipient has been told, without what still waits.
func (p *Parcel) notified() []Entry {
	return slices.DeleteFunc(slices.Clone(p.Ledger), func(e Entry) bool {
		m := p.mailOf(e)
		return !e.Reason.tells() || m != nil && (m.State == delivery.Waiting || m.State == delivery.Superseded) && !m.MayHaveLeft()
	})
}

// mailOf is the mail of a line, or nil. Of several that were decided in one moment,
// the last one was not overtaken by the others.
func (p *Parcel) mailOf(e Entry) *Mail {
	for i := range slices.Backward(p.Mails) {
		if m := &p.Mails[i]; e.tells(m.About.Kind, m.About.Attempt) && m.Decided.Equal(e.At) {
			return m
		}
	}
	return nil
}

// last keeps the newest n.
func last[T any](list []T, n int) []T {
	if len(list) > n {
		return slices.Clone(list[len(list)-n:])
	}
	return list
}
