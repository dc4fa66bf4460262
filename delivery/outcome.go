package delivery

import "time"

// Verdict is what became of one post to the provider. It alone decides what happens next.
type Verdict string

// The verdicts.
const (
	// WasAccepted: the provider has it. Whether it arrives is reported later.
	WasAccepted Verdict = "accepted"
	// NotSent: the provider has nothing of it. Post again, after Wait if it is set.
	NotSent Verdict = "not sent"
	// ConfigurationFault: the key, the sender or the account is at fault, not the message.
	// Post again when that is corrected.
	ConfigurationFault Verdict = "configuration fault"
	// Refused: this message will never be taken as it is.
	Refused Verdict = "refused"
	// Unanswered: the provider may have it or not. Posting again may send it twice.
	Unanswered Verdict = "unanswered"
)

// Outcome is a verdict with its evidence. It holds no personal data.
type Outcome struct {
	Verdict Verdict
	// MessageID is the provider's id of the message, if it was accepted.
	MessageID string
	// Why is for people, if it was not accepted.
	Why string
	// Wait is how long to stay away; 0 is not said.
	Wait time.Duration
}
