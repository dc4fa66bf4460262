package delivery

import "time"

// Report is what the provider says of a message that it took. It may come twice,
// in any order, and before the provider's own answer.
type Report struct {
	// ID is the same for every copy of one report; empty if it has none.
	ID string `json:"id,omitempty"`
	// Key is the message's; if it is empty, the last one that was accepted is meant. Try is
	// which try it is about; 0 if that is not said.
	Key  string     `json:"key,omitempty"`
	Try  int        `json:"try,omitempty"`
	Kind ReportKind `json:"kind"`
	At   time.Time  `json:"at"`
	// MessageID is the provider's id of the message.
	MessageID string `json:"messageId,omitempty"`
	// Why is the provider's class of the reason. It holds no personal data.
	Why string `json:"why,omitempty"`
}

// ReportKind is what a report says.
type ReportKind string

// The kinds of reports, least telling first.
const (
	Processed    ReportKind = "processed"
	Deferred     ReportKind = "deferred"
	Delivered    ReportKind = "delivered"
	Blocked      ReportKind = "blocked"          // not taken this time
	NotTried     ReportKind = "dropped"          // by the provider, which did not try to deliver it
	Unsubscribed ReportKind = "unsubscribed"     // dropped, because the reader wants no mails at all
	Bounced      ReportKind = "bounced"          // the address takes no mail
	Spam         ReportKind = "reported as spam" // by the reader
)

var reportRanks = map[ReportKind]int{
	Processed: 1, Deferred: 2, Delivered: 3, Blocked: 4, NotTried: 5, Unsubscribed: 6, Bounced: 7, Spam: 8,
}

// Bad reports whether the reader does not get the message, or does not want it.
func (k ReportKind) Bad() bool { return reportRanks[k] >= reportRanks[NotTried] }

// matters reports whether a report changes anything: it proves that a message went out, or
// tells of a second copy or of a reader who was not reached.
func (m *Message[About]) matters(r Report) bool {
	switch {
	case m.InDoubt() || m.State == Sending:
		return true
	case r.MessageID != "" && len(m.MessageIDs) == 1 && m.MessageIDs[0] != r.MessageID:
		return true
	}
	return (r.Kind.Bad() || m.Report != nil) && m.outranked(r)
}

// apply notes what the provider reports; news says that it tells more than reports before.
func (m *Message[About]) apply(r Report, now time.Time) (news bool) {
	switch {
	case m.State == Sending:
		// A second try is not needed any more. The first one's own answer is under way.
		m.Proven, m.Recalled = true, m.Recalled || m.Unproven > 0 && !m.Looks
	case m.InDoubt():
		m.Accept("", now)
	}
	m.addID(r.MessageID)
	if !m.outranked(r) {
		return false
	}
	m.Report = &r
	return true
}

// outranked reports whether a report tells more than the one before. A message that was
// blocked and came through later was delivered.
func (m *Message[About]) outranked(r Report) bool {
	if m.Report == nil {
		return true
	}
	if was, is := m.address(m.Report.Try), m.address(r.Try); was != is {
		return is > was // the later address counts
	}
	if m.Report.Kind == Blocked && r.Kind == Delivered {
		return r.At.After(m.Report.At)
	}
	return reportRanks[r.Kind] > reportRanks[m.Report.Kind]
}
