package parcel

import (
	"time"

	"waybill/delivery"
)

// silences says why later mails to the same address are not sent.
func silences(k delivery.ReportKind) Reason {
	switch k {
	case delivery.Bounced:
		return ReasonBounced
	case delivery.Spam:
		return ReasonSpam
	case delivery.Unsubscribed:
		return ReasonUnwanted
	default: // the next mail may arrive
		return ""
	}
}

// missedAttention is the attention that a report raises of a recipient who does
// not get a mail.
func missedAttention(k delivery.ReportKind) Attention {
	switch k {
	case delivery.Spam:
		return AttentionSpam
	case delivery.NotTried, delivery.Unsubscribed:
		return AttentionDropped
	default:
		return AttentionBounced
	}
}

// Report notes what the mail provider tells of a mail, or of a notice to
// operations.
func (p *Parcel) Report(r delivery.Report, now time.Time) {
	if p.Notices.Find(r.Key) != nil {
		p.Notices.Apply(r, now)
		return
	}
	before := delivery.State("")
	if m := p.Mails.Find(r.Key); m != nil {
		before = m.State
	}
	effect := p.Mails.Apply(r, now)
	if effect.Message == nil {
		return
	}
	p.settleSiblings(effect.Message, before)
	if !effect.Missed || effect.Address != p.Address {
		return // or it is of an address that has been changed since
	}
	p.MailAttention = missedAttention(r.Kind)
	if reason := silences(r.Kind); reason != "" {
		p.Silenced = reason
		for i := range p.Mails {
			m := &p.Mails[i]
			was := m.State
			m.Recall()
			p.parkSilenced(m, now)
			p.settleSiblings(m, was)
		}
	}
}

// parkSilenced has a mail wait for another address.
func (p *Parcel) parkSilenced(m *Mail, now time.Time) {
	if p.Silenced != "" && m.State == delivery.Waiting {
		m.ParkForAddress(string(p.Silenced), now)
	}
}

// Matters reports whether a report changes anything. Others need not be recorded.
func (p *Parcel) Matters(r delivery.Report) bool { return p.Mails.Matters(r) || p.Notices.Matters(r) }

// newAddress has later mails go to another address, and judges again the mails
// that waited for one.
func (p *Parcel) newAddress(policy Policy, now time.Time) []Judged {
	p.Address++
	p.Silenced, p.MailAttention = "", ""
	if m := p.Mails.Sending(); m != nil {
		m.Recall()
	}
	return p.retry(p.Mails.All(func(m *Mail) bool { return m.State == delivery.Parked && m.AddressRefused }), false, policy, now)
}
