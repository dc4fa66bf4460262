package parcel

import (
	"slices"
	"time"

	"waybill/delivery"
)

// missed says what follows from a report that a recipient does not get a mail: the attention,
// and why later mails to the same address are not sent; empty if the next one may arrive.
var missed = map[delivery.ReportKind]struct {
	attention Attention
	silences  Reason
}{
	delivery.NotTried:     {AttentionDropped, ""},
	delivery.Unsubscribed: {AttentionDropped, ReasonUnwanted},
	delivery.Bounced:      {AttentionBounced, ReasonBounced},
	delivery.Spam:         {AttentionSpam, ReasonSpam},
}

// Report notes what the mail provider tells of a mail.
func (p *Parcel) Report(r delivery.Report, now time.Time) {
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
	p.MailAttention = missed[r.Kind].attention
	if reason := missed[r.Kind].silences; reason != "" {
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
func (p *Parcel) Matters(r delivery.Report) bool { return p.Mails.Matters(r) }

// newAddress has later mails go to another address, and judges those again that waited for one.
// The newest news is sent if nothing but an address was missing for it.
func (p *Parcel) newAddress(policy Policy, now time.Time) []Judged {
	p.Address++
	p.Silenced, p.MailAttention = "", ""
	if m := p.Mails.Sending(); m != nil {
		m.Recall()
	}
	judged := p.retry(p.Mails.All(func(m *Mail) bool { return m.State == delivery.Parked && m.AddressRefused }), false, policy, now)
	return append(judged, p.catchUp(policy, now)...)
}

// catchUp decides again about the newest scan that places the parcel, if no mail was sent about it
// because no address was known.
func (p *Parcel) catchUp(policy Policy, now time.Time) []Judged {
	missed := p.placed()
	done := func(e Entry) bool { return e.Due == AddressKnown && !e.ScanAt.Before(missed.At) }
	if missed.Reason != ReasonNoAddress || slices.ContainsFunc(p.Ledger, done) {
		return nil
	}
	d := p.undecided(missed.ScanAt, policy, now)
	d.Mail, d.Collected = missed.Mail, p.PhaseNote == Collected
	if !d.silence(*p, p.MailFacts(), policy).Sends() {
		return nil
	}
	d.Reason = ReasonDue
	d.send(*p, p.MailFacts(), policy)
	p.follow(d)
	p.enter(Entry{Due: AddressKnown, ScanAt: now}, d)
	return []Judged{{Key: p.Mails[len(p.Mails)-1].Key, Mail: d.Mail, Leaves: true}}
}
