package parcel

import (
	"time"

	"waybill/delivery"
)

// MailKind names one kind of mail to a recipient.
type MailKind string

// The kinds of mail.
const (
	MailAnnounced      MailKind = "announced"
	MailShipped        MailKind = "shipped"
	MailOutForDelivery MailKind = "out_for_delivery"
	MailAwaitingPickup MailKind = "awaiting_pickup"
	MailPickupReminder MailKind = "pickup_reminder"
	MailPickupLastDay  MailKind = "pickup_last_day"
	MailAttemptFailed  MailKind = "attempt_failed"
	MailDelayed        MailKind = "delayed"
	MailStuck          MailKind = "stuck" // the shop looks for a parcel that is not scanned
	MailAddressProblem MailKind = "address_problem"
	MailDelivered      MailKind = "delivered"
	MailReturned       MailKind = "returned"
	MailCancelled      MailKind = "cancelled"
)

// MailKinds are all kinds, in the order of a parcel's way.
func MailKinds() []MailKind {
	return []MailKind{
		MailAnnounced, MailShipped, MailOutForDelivery, MailAwaitingPickup, MailPickupReminder, MailPickupLastDay,
		MailAttemptFailed, MailDelayed, MailStuck, MailAddressProblem, MailDelivered, MailReturned, MailCancelled,
	}
}

// telling says which kind of mail tells of which phase.
var telling = []struct {
	phase Phase
	kind  MailKind
}{
	{Announced, MailAnnounced}, {InTransit, MailShipped}, {Delayed, MailDelayed}, {Exception, MailAddressProblem},
	{OutForDelivery, MailOutForDelivery}, {AttemptFailed, MailAttemptFailed}, {AwaitingPickup, MailAwaitingPickup},
	{Delivered, MailDelivered}, {Returned, MailReturned}, {Cancelled, MailCancelled},
}

// kindOf is the kind of mail that tells of a phase; ok is false if none does.
func kindOf(phase Phase) (kind MailKind, ok bool) {
	for _, t := range telling {
		if t.phase == phase {
			return t.kind, true
		}
	}
	return "", false
}

// Action reports whether the mail asks the recipient to do something.
func (k MailKind) Action() bool {
	return k.ToCollect() || k == MailAttemptFailed || k == MailAddressProblem
}

// ToCollect reports whether the mail asks the recipient to collect the parcel.
func (k MailKind) ToCollect() bool {
	return k == MailAwaitingPickup || k == MailPickupReminder || k == MailPickupLastDay
}

// AsksReply reports whether our words for the mail ask the recipient to reply.
func (k MailKind) AsksReply() bool {
	return k == MailPickupLastDay || k == MailAddressProblem || k == MailDelivered || k == MailReturned || k == MailCancelled
}

// Urgent reports whether the mail does not wait for the night to end.
func (k MailKind) Urgent() bool { return k == MailAttemptFailed || k == MailPickupLastDay }

// Uncapped reports whether the mail is sent however short ago the last one was.
func (k MailKind) Uncapped() bool { return k == MailDelivered || k.Action() }

// OncePerAttempt reports whether a new delivery attempt makes the mail news again.
func (k MailKind) OncePerAttempt() bool {
	return k == MailOutForDelivery || k == MailAttemptFailed || k.ToCollect()
}

// Once reports whether the mail is sent once in a parcel's life.
func (k MailKind) Once() bool { return !k.OncePerAttempt() && k != MailDelayed }

// News is what one mail tells its recipient.
type News struct {
	Kind    MailKind `json:"kind"`
	Attempt int      `json:"attempt,omitempty"`
	// Happened is the time of the scan, to be shown in the mail.
	Happened time.Time `json:"happened"`
	// Language is what the mail is written in. KeptUntil is the last day on which the
	// parcel can be collected, as 2026-11-10, if the carrier says so.
	Language  Language `json:"language,omitempty"`
	KeptUntil string   `json:"keptUntil,omitempty"`
	// Collected says that the recipient has collected the parcel: nobody brought it.
	Collected bool `json:"collected,omitempty"`
	// Held says why the mail waits for its first try, if it does.
	Held HoldReason `json:"held,omitempty"`
	// Together says that one mail may speak for parcels that go together. Reached is how
	// many of them had got as far when it left, if that is known.
	Together bool `json:"together,omitempty"`
	Reached  int  `json:"reached,omitempty"`
	// Again says that an operator had it sent again: it is no newer for that.
	Again bool `json:"again,omitempty"`
}

// Mail is a message to the recipient.
type Mail = delivery.Message[News]

// HoldReason says why a mail waits that could go out.
type HoldReason string

// Why a mail is held.
const (
	HeldForNews     HoldReason = "in case more happens" // scans come in bursts
	HeldForSiblings HoldReason = "for the parcels that go with it"
	HeldForNight    HoldReason = "quiet hours"
)

// key is the business key of a mail; repeat counts those of one kind for one attempt.
func (p *Parcel) key(kind MailKind, attempt, repeat int) string {
	return delivery.Key(p.Subject(), string(kind), attempt, repeat)
}

// queue adds the mail of a decision.
func (p *Parcel) queue(d Decision) {
	repeat := 0
	for _, e := range p.Ledger {
		if e.tells(d.Mail, d.Attempt) {
			repeat++
		}
	}
	for p.Mails.Find(p.key(d.Mail, d.Attempt, repeat)) != nil {
		repeat++ // its line was corrected away
	}
	p.overtake(d)
	d.Kind, d.News.Attempt = d.Mail, d.Attempt
	m := Mail{Key: p.key(d.Mail, d.Attempt, repeat), About: d.News, Decided: d.At, NotBefore: d.NotBefore, Terms: d.Terms}
	p.Mails.Queue(m, mailLimit)
	switch {
	case d.Park:
		p.Mails.Find(m.Key).ParkForAddress(string(d.Reason), d.At)
	case d.Together:
		p.todo(Task{Kind: JoinSiblings, Mail: m.Key, News: d.Mail})
	}
}

// overtake gives up what has not left and is old news now.
func (p *Parcel) overtake(d Decision) {
	by := d.Mail.Words()
	if !d.Send {
		by = d.Phase.Words() + ", of which nobody is told"
	}
	for i := range p.Mails {
		m := &p.Mails[i]
		if !m.About.Kind.Action() || d.Send || d.Phase.Terminal() {
			was := m.State
			m.Overtake(by, d.At)
			p.settleSiblings(m, was)
		}
	}
}
