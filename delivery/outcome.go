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
	// Why is for people, if it was not accepted, and Reason is the same in a word.
	Why    string
	Reason Reason
	// Wait is how long to stay away; 0 is not said.
	Wait time.Duration
}

// Reason is why a post was not accepted, in one of a few words: metrics count by it.
type Reason string

// The reasons.
const (
	TooManyRequests Reason = "too many requests"
	Unavailable     Reason = "unavailable"
	OwnRate         Reason = "own rate limit"
	KeyRefused      Reason = "key, sender or account refused"
	WrongEndpoint   Reason = "wrong endpoint or account"
	HeldBack        Reason = "held back after a configuration fault"
	Rejected        Reason = "rejected"
	BadAddress      Reason = "address cannot be used"
	Unwritable      Reason = "mail cannot be written"
	ServerFault     Reason = "server fault"
	Unreachable     Reason = "unreachable"
	NoAnswer        Reason = "no answer"
)
