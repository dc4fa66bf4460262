package parcel

import (
	"fmt"
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

// TakeTasks hands out what has to be done, once.
func (p *Parcel) TakeTasks() []Task {
	tasks := p.Tasks
	p.Tasks = nil
	return tasks
}

// TakeAccepted notes the usual end of a mail's try: the provider took it, and
// nothing follows from that. It returns false if something does follow; then the
// try is settled by a step ([Parcel.Settle]).
func (p *Parcel) TakeAccepted(key, messageID string, now time.Time) bool {
	m := p.Mails.Find(key)
	if m == nil || m.State != delivery.Sending || m.About.Together || len(m.MessageIDs) > 0 ||
		p.Mails.Waiting() != nil || !now.Before(p.Deadline) {
		return false
	}
	m.Accept(messageID, now)
	return true
}

// Answer says what comes of the claim of a mail: whether it may leave, another
// said it, or neither is known yet (ok is false).
func (c *Colli) Answer(m ColloMail) (claim Claim, ok bool) {
	s := c.spokenFor(m)
	switch {
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
	for i := range c.Spoken {
		for _, of := range c.Spoken[i].For {
			if of.Key == m.Key {
				return &c.Spoken[i]
			}
		}
	}
	return nil
}

// waits reports whether a mail has claimed and nothing is known of it.
func (c *Colli) waits(m ColloMail) bool {
	for _, r := range c.Ready {
		if r.Key == m.Key && r.Asked {
			return true
		}
	}
	return false
}
