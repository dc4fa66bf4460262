package contract

import (
	"time"

	"waybill/delivery"
)

const (
	// WriteDigest mails one person of the policy what waits for their decision on one day, and
	// runs for as long as that mail may come back. Its id is [DigestWorkflowID].
	WriteDigest Workflow[DigestStart, struct{}] = "WriteDigest"
	// SendDigest mails the digest, unless nothing waits: then its receipt is empty. It fails like
	// SendMail.
	SendDigest Activity[DigestMail, MailReceipt] = "SendDigest"
	// DescribeDigest answers with what became of the mail.
	DescribeDigest Query[DigestState] = "Describe"
)

const (
	// digestPatience is how long a digest is tried: soon after that, the next one says more.
	digestPatience = 12 * time.Hour
	// digestReports is how long after a digest was accepted it may come back.
	digestReports = 24 * time.Hour
)

// DigestStart begins WriteDigest.
type DigestStart struct {
	// Person is who gets the digest, by the name in the policy.
	Person string `json:"person"`
	// Day is the day of the digest where they are, such as 2026-11-10.
	Day string `json:"day"`
}

// DigestState is what is known of a digest.
type DigestState struct {
	// Mails holds the digest, which is about its day; Notices are what operations are told of it.
	Mails   delivery.Outbox[string]    `json:"mails,omitempty"`
	Notices delivery.Outbox[Attention] `json:"notices,omitempty"`
	// NotReached says that the digest came back, or could not be sent.
	NotReached bool `json:"notReached,omitempty"`
	// Next is when something is due, and Over says that nothing more is.
	Next time.Time `json:"next,omitzero"`
	Over bool      `json:"over,omitempty"`
}

// DigestMail is what the mail needs.
type DigestMail struct {
	Post
	DigestStart
	// Of is the workflow of the digest.
	Of delivery.Subject `json:"of"`
	At time.Time        `json:"at"`
}

// DigestWorkflowID is digest:<name>:<day>, where the name is a pseudonym of the person, made with
// a key.
func DigestWorkflowID(name, day string) string { return "digest:" + name + ":" + day }

// Begin queues the digest of a day.
func (s *DigestState) Begin(subject delivery.Subject, day string, now time.Time) {
	s.Mails.Queue(delivery.Message[string]{
		Key: delivery.Key(subject, "digest"), About: day, Decided: now, Terms: delivery.Terms{Patience: digestPatience, ProofWait: 5 * time.Minute, MaxUnproven: 3},
	}, 1)
}

// Tidy begins the mails that are due, has operations told of a digest that was not sent, and says
// when there is something to do again.
func (s *DigestState) Tidy(subject delivery.Subject, now time.Time) {
	var reports time.Time
	for _, m := range s.Mails {
		switch {
		case m.State == delivery.Parked:
			s.Miss(subject, now)
		case m.State == delivery.Accepted && len(m.MessageIDs) > 0:
			reports = m.Done.Add(digestReports)
		}
	}
	s.Next = delivery.Earliest(s.Mails.Dispatch(now), s.Notices.Dispatch(now))
	if reports.After(now) {
		s.Next = delivery.Earliest(s.Next, reports)
	}
	s.Over = !reports.After(now) && !s.Mails.Open() && !s.Notices.Open()
}

// Miss has operations told, once, that the digest does not reach its reader.
func (s *DigestState) Miss(subject delivery.Subject, now time.Time) {
	if s.NotReached {
		return
	}
	s.NotReached = true
	s.Notices.Queue(delivery.Message[Attention]{
		Key: delivery.Key(subject, "notice"), About: DigestNotReached, Decided: now, Terms: delivery.NoticeTerms,
	}, 1)
}
