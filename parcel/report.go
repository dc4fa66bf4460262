package parcel

import (
	"slices"
	"time"
)

// MailReport is what the mail provider tells of a mail that it took. It may come
// twice, in any order, and before the provider's own answer.
type MailReport struct {
	// ID is the same for every copy of the same report.
	ID string `json:"id,omitempty"`
	// Key is the mail's; empty in a report that does not say which mail it is
	// about, and then it is the last one that was accepted.
	Key  string     `json:"key,omitempty"`
	Kind ReportKind `json:"kind"`
	At   time.Time  `json:"at"`
	// MessageID is the provider's id of the mail.
	MessageID string `json:"messageId,omitempty"`
	// Why is the provider's class of the reason. It holds no personal data.
	Why string `json:"why,omitempty"`
}

// ReportKind is what a report is.
type ReportKind string

// The reports, least telling first.
const (
	ReportProcessed ReportKind = "processed"
	ReportDeferred  ReportKind = "deferred"
	ReportDelivered ReportKind = "delivered"
	// ReportBlocked is a mail that was not taken this time.
	ReportBlocked ReportKind = "blocked"
	// ReportDropped is a mail that the provider did not even try to deliver,
	// ReportUnwanted one that it dropped because the recipient has
	// unsubscribed from everything.
	ReportDropped  ReportKind = "dropped"
	ReportUnwanted ReportKind = "unsubscribed"
	// ReportBounced is an address that takes no mail.
	ReportBounced ReportKind = "bounced"
	// ReportSpam is a recipient who has called the mail spam.
	ReportSpam ReportKind = "reported as spam"
)

var reportRanks = map[ReportKind]int{
	ReportProcessed: 1, ReportDeferred: 2, ReportDelivered: 3, ReportBlocked: 4,
	ReportDropped: 5, ReportUnwanted: 6, ReportBounced: 7, ReportSpam: 8,
}

// Bad reports whether the recipient does not get the mail, or does not want it.
func (k ReportKind) Bad() bool { return reportRanks[k] >= reportRanks[ReportDropped] }

// silences says why later mails to the same address are not sent.
func (k ReportKind) silences() Reason {
	switch k {
	case ReportBounced:
		return ReasonBounced
	case ReportSpam:
		return ReasonSpam
	case ReportUnwanted:
		return ReasonUnwanted
	}
	return ""
}

// attention is what a bad report raises.
func (k ReportKind) attention() Attention {
	switch k {
	case ReportSpam:
		return AttentionSpam
	case ReportDropped, ReportUnwanted:
		return AttentionDropped
	}
	return AttentionBounced
}

// Heeds reports whether a report changes anything: whether it proves that a mail
// went out of which nobody knew, or tells of trouble. Others need not be
// recorded.
func (p *Parcel) Heeds(r MailReport) bool {
	m := p.reported(r)
	switch {
	case m == nil:
		return false
	case m.inDoubt() || m.State == MailSending:
		return true
	case r.MessageID != "" && m.MessageID != "" && r.MessageID != m.MessageID && !m.Twice:
		return true
	}
	return (r.Kind.Bad() || m.Report != nil) && m.outranked(r)
}

// Report notes what the mail provider tells.
func (p *Parcel) Report(r MailReport, now time.Time) {
	m := p.reported(r)
	if m == nil {
		return
	}
	switch {
	case m.State == MailSending:
		m.Proof = true
		m.ProofID = r.MessageID
	case m.inDoubt():
		m.Accepted(r.MessageID, now)
		m.Why = ""
	case m.MessageID == "":
		m.MessageID = r.MessageID
	case r.MessageID != "" && m.MessageID != r.MessageID:
		m.Twice = true
	}
	if !m.outranked(r) {
		return
	}
	m.Report = &r
	if !r.Kind.Bad() || m.Decided.Before(p.CorrectedAt) {
		return // or it is of an address that has been changed since
	}
	p.MailTrouble = r.Kind.attention()
	if reason := r.Kind.silences(); reason != "" {
		p.Silenced = reason
		for i := range p.Mails {
			if m := &p.Mails[i]; m.State == MailWaiting {
				m.undeliverable(reason, now)
			}
		}
	}
}

// undeliverable parks the mail until the address is changed.
func (m *Mail) undeliverable(why Reason, now time.Time) {
	m.Park(string(why)+": change the recipient's address", now)
	m.Undeliverable = true
}

// revive has the mails sent that waited for another address.
func (p *Parcel) revive() {
	p.Silenced, p.MailTrouble = "", ""
	for i := range p.Mails {
		if m := &p.Mails[i]; m.Undeliverable && m.State == MailParked {
			m.State, m.Why, m.NotBefore, m.Done, m.Undeliverable = MailWaiting, "", time.Time{}, time.Time{}, false
		}
	}
}

// SentTwice counts the mails that went out twice.
func (p *Parcel) SentTwice() int {
	n := 0
	for _, m := range p.Mails {
		if m.Twice {
			n++
		}
	}
	return n
}

// reported is the mail that a report is about, or nil.
func (p *Parcel) reported(r MailReport) *Mail {
	for i := range slices.Backward(p.Mails) {
		m := &p.Mails[i]
		if m.Key == r.Key && m.Tries > 0 || r.Key == "" && m.State == MailAccepted {
			return m
		}
	}
	return nil
}

// inDoubt reports whether the mail may have gone out although no answer came.
func (m *Mail) inDoubt() bool {
	return m.Unproven > 0 && (m.State == MailWaiting || m.State == MailParked)
}

// outranked reports whether a report tells more than what was reported before. A
// mail that was blocked and came through later was delivered.
func (m *Mail) outranked(r MailReport) bool {
	if m.Report == nil {
		return true
	}
	if m.Report.Kind == ReportBlocked && r.Kind == ReportDelivered {
		return r.At.After(m.Report.At)
	}
	return reportRanks[r.Kind] > reportRanks[m.Report.Kind]
}
