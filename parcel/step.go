package parcel

import (
	"cmp"
	"strconv"
	"time"

	"waybill/delivery"
	"waybill/search"
)

// Step lets one thing happen to the parcel, and then everything that is due by now. An error
// says why the thing is refused; what the parcel is then is of no use.
func (p *Parcel) Step(policy Policy, now time.Time, happens func() error) error {
	if err := happens(); err != nil {
		return err
	}
	for p.Due(now) != nil {
		p.RecordDue(DecideDue(*p, policy, now))
	}
	p.keepErased(now)
	p.tellGoods()
	p.followFor()
	p.expire(now)
	p.handOver(now)
	p.Closed = !p.Deadline.IsZero() && !now.Before(p.Deadline) && !p.keptOpen()
	p.Attention = p.attention()
	p.Search = policy.Search.Of(p.words())
	p.Revision++
	return nil
}

// Take decides about a scan and writes the decision down.
func (p *Parcel) Take(s Scan, policy Policy, now time.Time) {
	before, wasReturn := p.MailFacts().Recipient.Email, p.Facts.IsReturn
	p.Record(s, Decide(*p, s, policy, now))
	if p.Facts.IsReturn && !wasReturn {
		p.turnOutReturn(now)
	}
	if before != "" && p.MailFacts().Recipient.Email != before {
		p.newAddress(policy, now)
	}
	p.tellGoods() // the next scan of the same step may be from after the end
}

// handOver begins the try of the next mail that is due. Mails go out one at a time and in order.
func (p *Parcel) handOver(now time.Time) {
	if !p.Paused && p.Mails.Sending() == nil {
		if m := p.Mails.Due(now); m != nil {
			m.HandOver(p.Address, now)
		}
	}
}

// Settle notes what a try of a mail came to.
func (p *Parcel) Settle(key string, o delivery.Outcome, claim Claim, now time.Time) {
	m := p.Mails.Find(key)
	if m == nil {
		return
	}
	before := m.State
	if claim.ToldBy != 0 {
		m.TellIn(strconv.FormatInt(claim.ToldBy, 10), now)
	} else {
		m.Settle(o, now)
		m.About.Reached = cmp.Or(claim.Reached, m.About.Reached)
		p.parkSilenced(m, now)
	}
	p.settleSiblings(m, before)
}

// expire gives up what waited for a person for too long.
func (p *Parcel) expire(now time.Time) {
	p.Mails.Expire(now)
	if !p.Paused {
		return
	}
	for _, m := range p.Mails.All(func(m *Mail) bool { return m.State == delivery.Waiting }) {
		if !now.Before(p.pausedUntil(m)) {
			m.Drop("mails were paused for 30 days", now)
			p.settleSiblings(m, delivery.Waiting)
		}
	}
}

// words are what people look the parcel up by. The recipient of a return parcel is the merchant.
func (p *Parcel) words() search.Words {
	facts := p.MailFacts()
	w := search.Words{Order: facts.OrderNumber, Tracking: facts.TrackingNumber, Email: facts.Recipient.Email}
	if facts.IsReturn {
		w.Email = ""
	}
	return w
}

// attention is why the parcel needs attention, the most urgent cause first.
func (p *Parcel) attention() Attention {
	switch {
	case p.Paused: // by a person, who may have forgotten
		return AttentionPaused
	case p.MailAttention != "":
		return p.MailAttention
	case len(p.Mails.Parked()) > 0:
		return AttentionParked
	}
	return p.ScanAttention
}
