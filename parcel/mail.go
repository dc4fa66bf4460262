package parcel

import (
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"slices"
	"strings"
	"time"
)

// MailKind names one kind of mail to a recipient.
type MailKind string

// The kinds of mail.
const (
	MailAnnounced      MailKind = "announced"
	MailShipped        MailKind = "shipped"
	MailOutForDelivery MailKind = "out_for_delivery"
	MailAwaitingPickup MailKind = "awaiting_pickup"
	// MailPickupReminder and MailPickupLastDay remind of a parcel that waits
	// to be collected.
	MailPickupReminder MailKind = "pickup_reminder"
	MailPickupLastDay  MailKind = "pickup_last_day"
	MailAttemptFailed  MailKind = "attempt_failed"
	MailDelayed        MailKind = "delayed"
	// MailStuck says that the shop looks for a parcel that nobody scans.
	MailStuck          MailKind = "stuck"
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

// Action reports whether the mail asks the recipient to do something.
func (k MailKind) Action() bool {
	return k.ToCollect() || k == MailAttemptFailed || k == MailAddressProblem
}

// ToCollect reports whether the mail asks the recipient to collect the parcel.
func (k MailKind) ToCollect() bool {
	return k == MailAwaitingPickup || k == MailPickupReminder || k == MailPickupLastDay
}

// Urgent reports whether the mail does not wait for the night to end.
func (k MailKind) Urgent() bool { return k == MailAttemptFailed || k == MailPickupLastDay }

// Uncapped reports whether the mail is sent however short ago the last one was.
func (k MailKind) Uncapped() bool { return k == MailDelivered || k.Urgent() }

// OncePerAttempt reports whether a new delivery attempt makes the mail news again.
func (k MailKind) OncePerAttempt() bool {
	return k == MailOutForDelivery || k == MailAttemptFailed || k.ToCollect()
}

// Once reports whether the mail is sent once in a parcel's life.
func (k MailKind) Once() bool { return !k.OncePerAttempt() && k != MailDelayed }

// Words is the kind as people say it.
func (k MailKind) Words() string { return strings.ReplaceAll(string(k), "_", " ") }

// MailState is where a mail is.
type MailState string

// The states of a mail.
const (
	// MailWaiting is queued, or was posted without an answer and waits for
	// its NotBefore to be posted again.
	MailWaiting MailState = "waiting"
	// MailSending is with the activity, which tries again by itself what was
	// not sent.
	MailSending MailState = "sending"
	// MailAccepted was taken by the mail provider.
	MailAccepted MailState = "accepted"
	// MailParked failed for good and waits for a person; see Why.
	MailParked MailState = "parked"
	// MailSuperseded was overtaken by a newer mail before it left.
	MailSuperseded MailState = "superseded"
	// MailDropped was parked, and an operator gave it up.
	MailDropped MailState = "dropped"
)

// Mail is one mail that was decided.
type Mail struct {
	// Key is the business key: the same for every try, and known to the mail
	// provider, so that a mail that went out twice can be recognised.
	Key      string    `json:"key"`
	Kind     MailKind  `json:"kind"`
	Attempt  int       `json:"attempt"`
	StatusID int       `json:"statusId"`
	State    MailState `json:"state"`
	// Happened is the time of the scan, to be shown in the mail.
	Happened time.Time `json:"happened"`
	// Language and KeptUntil are as in [Decision].
	Language  Language  `json:"language,omitempty"`
	KeptUntil string    `json:"keptUntil,omitempty"`
	Decided   time.Time `json:"decided"`
	// NotBefore is when a waiting mail may be posted; zero is at once. Held
	// says why it was decided to wait, if it was.
	NotBefore time.Time  `json:"notBefore,omitzero"`
	Held      HoldReason `json:"held,omitempty"`
	// Together says that the mail is told in one with those of parcels that go
	// with this one, if they are ready; Joined that they know of it. Reached is
	// how many of them had got as far when it left, if that is known.
	Together bool `json:"together,omitempty"`
	Joined   bool `json:"joined,omitempty"`
	Reached  int  `json:"reached,omitempty"`
	// Tries counts the times that the mail was handed to the activity.
	Tries int `json:"tries,omitempty"`
	// Unproven counts the tries that may have gone out although no answer
	// came: a mail that was accepted with Unproven > 0 may be there twice.
	Unproven int `json:"unproven,omitempty"`
	// UnprovenNow counts those since a person last ordered a retry.
	UnprovenNow int `json:"unprovenNow,omitempty"`
	// Proof says that the provider told of the mail before it answered, under
	// ProofID.
	Proof   bool   `json:"proof,omitempty"`
	ProofID string `json:"proofId,omitempty"`
	// Report is the most telling of the provider's reports, Twice says that
	// the mail went out twice.
	Report *MailReport `json:"report,omitempty"`
	Twice  bool        `json:"twice,omitempty"`
	// Undeliverable says that a parked mail waits for another address.
	Undeliverable bool `json:"undeliverable,omitempty"`
	// MessageID is the provider's id once it is accepted.
	MessageID string    `json:"messageId,omitempty"`
	Done      time.Time `json:"done,omitzero"`
	// Why says why the mail is parked or superseded.
	Why   string `json:"why,omitempty"`
	Terms Terms  `json:"terms"`
}

// HoldReason says why a mail waits that could go out.
type HoldReason string

// Why a mail is held.
const (
	// HeldForNews waits for news that overtakes it: scans come in bursts.
	HeldForNews HoldReason = "in case more happens"
	// HeldForSiblings waits for parcels that go together with this one.
	HeldForSiblings HoldReason = "for the parcels that go with it"
	// HeldForNight waits for the recipient's morning.
	HeldForNight HoldReason = "quiet hours"
)

// held reports whether the mail has never been handed over.
func (m Mail) held() bool { return m.State == MailWaiting && m.Tries == 0 }

// neverLeft reports whether the mail was overtaken before it was handed over.
func (m Mail) neverLeft() bool { return m.State == MailSuperseded && m.Tries == 0 }

// Terms are the limits that a mail is sent under; see [Policy] for each.
type Terms struct {
	Patience    time.Duration `json:"patience"`
	ProofWait   time.Duration `json:"proofWait"`
	MaxUnproven int           `json:"maxUnproven"`
}

// Key derives the business key of a mail from what makes it one mail and no
// other. It tells an outsider nothing about the parcel.
func Key(integration string, parcelID int64, kind MailKind, attempt, repeat int) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s/%d/%s/%d/%d", integration, parcelID, kind, attempt, repeat))
	return strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(sum[:15]))
}

// overtake drops what still waits in the queue: the recipient is told the newest
// news only.
func (p *Parcel) overtake(d Decision) {
	by := d.Mail.Words()
	if !d.Send {
		by = strings.ReplaceAll(string(d.Phase), "_", " ") + ", of which nobody is told"
	}
	for i := range p.Mails {
		m := &p.Mails[i]
		if m.State == MailWaiting || m.State == MailParked && m.Undeliverable {
			m.State, m.Done, m.Why = MailSuperseded, d.At, "overtaken by "+by
		}
	}
}

// queue adds the mail of a decision; m says what it is about.
func (p *Parcel) queue(m Mail, d Decision) {
	p.overtake(d)
	repeat := 0
	for _, t := range p.Told[:len(p.Told)-1] {
		if t.Kind == d.Mail && t.Attempt == d.Attempt {
			repeat++
		}
	}
	m.Key = Key(p.Integration, p.ID, d.Mail, d.Attempt, repeat)
	m.Kind, m.Attempt, m.State, m.Decided, m.Terms = d.Mail, d.Attempt, MailWaiting, d.At, *d.Terms
	m.NotBefore, m.Held, m.Language, m.KeptUntil, m.Together = d.NotBefore, d.Held, d.Language, d.KeptUntil, d.Together
	if d.Park {
		m.undeliverable(d.Reason, d.At)
	}
	p.Mails = append(p.Mails, m)
	p.forgetOldest()
}

// forgetOldest keeps the list of mails from growing for ever. A mail that still
// has a way to go is never forgotten.
func (p *Parcel) forgetOldest() {
	if len(p.Mails) > mailLimit {
		if i := slices.IndexFunc(p.Mails, Mail.finished); i >= 0 {
			p.Mails = slices.Delete(p.Mails, i, i+1)
		}
	}
}

func (m Mail) finished() bool {
	return m.State == MailAccepted || m.State == MailSuperseded || m.State == MailDropped
}

// NextMail is the mail to hand over next, or nil if none waits, mails are
// paused, or one is being sent: mails of one parcel go out one at a time and in order. It may have to
// wait for its NotBefore.
func (p *Parcel) NextMail() *Mail {
	if p.Paused || p.Sending() != nil {
		return nil
	}
	return p.firstMail(MailWaiting)
}

// Sending is the mail that is with the activity, or nil.
func (p *Parcel) Sending() *Mail { return p.firstMail(MailSending) }

// Parked are the mails that wait for a person.
func (p *Parcel) Parked() []*Mail {
	var parked []*Mail
	for i := range p.Mails {
		if p.Mails[i].State == MailParked {
			parked = append(parked, &p.Mails[i])
		}
	}
	return parked
}

// Retry puts parked mails back into the queue, all of them if no keys are
// given, and returns how many. The recipient gets a mail that may have gone
// out before under the same key.
func (p *Parcel) Retry(keys []string) int {
	retried := 0
	for _, m := range p.Parked() {
		if len(keys) > 0 && !slices.Contains(keys, m.Key) {
			continue
		}
		m.State, m.Why, m.NotBefore, m.Done, m.UnprovenNow = MailWaiting, "", time.Time{}, time.Time{}, 0
		retried++
	}
	return retried
}

// Accepted notes that the provider took the mail.
func (m *Mail) Accepted(messageID string, now time.Time) {
	m.Twice = m.Twice || m.MessageID != "" && messageID != "" && m.MessageID != messageID
	m.State, m.MessageID, m.Done = MailAccepted, messageID, now
}

// ToldBy notes that the mail of another parcel has said what this one would.
func (m *Mail) ToldBy(parcelID int64, now time.Time) {
	m.State, m.Done, m.Why = MailSuperseded, now, fmt.Sprintf("told in the mail of parcel %d, which goes with it", parcelID)
}

// Unjoined is the mail that its siblings have to be told of, or nil.
func (p *Parcel) Unjoined() *Mail {
	if m := p.NextMail(); m != nil && m.Together && !m.Joined {
		return m
	}
	return nil
}

// Unanswered notes that nobody can say whether the mail went out. It is tried
// again after a while, or parked when that happened too often.
func (m *Mail) Unanswered(now time.Time) {
	if m.Proof {
		m.Accepted(m.ProofID, now)
		return
	}
	m.Unproven++
	m.UnprovenNow++
	if m.UnprovenNow >= m.Terms.MaxUnproven {
		m.Park(fmt.Sprintf("no answer from the mail provider %d times; it may have been sent", m.UnprovenNow), now)
		return
	}
	m.State, m.NotBefore = MailWaiting, now.Add(m.Terms.ProofWait)
}

// Park notes that the mail failed for good. The reason is read by support
// staff and holds no personal data.
func (m *Mail) Park(why string, now time.Time) {
	m.State, m.Why, m.Done = MailParked, why, now
}

func (p *Parcel) firstMail(state MailState) *Mail {
	for i := range p.Mails {
		if p.Mails[i].State == state {
			return &p.Mails[i]
		}
	}
	return nil
}
