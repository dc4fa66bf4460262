// Package delivery is the life of one message, once for everything that Waybill
// sends: to the recipient of a parcel, to the customer or the approvers of a
// refund, to a person who signs in, to a shop's operations.
//
// A [Message] waits, is handed over for a try, and is settled by what the try came to
// ([Outcome]) and by what the provider reports later ([Report]). The package is pure, and
// knows no channel and no rule about whom to tell what: only its owner reads About.
package delivery

import (
	"cmp"
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"slices"
	"strings"
	"time"
)

// State is where a message is.
type State string

// The states.
const (
	Waiting    State = "waiting"    // for its NotBefore
	Sending    State = "sending"    // with the activity, which repeats what was not sent
	Accepted   State = "accepted"   // by the provider
	Parked     State = "parked"     // failed for good, and waits for a person; see Why
	Superseded State = "superseded" // by newer news, before it left
	Dropped    State = "dropped"    // was parked, and given up by a person or after [KeptParked]
)

// Final reports whether nothing more happens to a message in this state, except
// for reports.
func (s State) Final() bool { return s == Accepted || s == Superseded || s == Dropped }

// KeptParked is how long a parked or paused message waits for a person.
const KeptParked = 30 * 24 * time.Hour

// Terms are the limits of a message, fixed when it is queued: a later policy does not change
// a message that is under way.
type Terms struct {
	// Patience is how long the message is tried, from its first try on.
	Patience time.Duration
	// ProofWait is how long to wait for proof after the first try without an answer; see
	// pauses for later ones.
	ProofWait time.Duration
	// MaxUnproven is how many tries without an answer park the message; 0 goes on until
	// Patience is over.
	MaxUnproven int
}

// MarshalText writes the three in order, "72h0m0s 5m0s 3": every message carries them.
func (t Terms) MarshalText() ([]byte, error) {
	return fmt.Appendf(nil, "%v %v %d", t.Patience, t.ProofWait, t.MaxUnproven), nil
}

// UnmarshalText reads what MarshalText writes.
func (t *Terms) UnmarshalText(text []byte) error {
	var patience, proofWait string
	_, err := fmt.Sscanf(string(text), "%s %s %d", &patience, &proofWait, &t.MaxUnproven)
	if err == nil {
		t.Patience, err = time.ParseDuration(patience)
	}
	if err == nil {
		t.ProofWait, err = time.ParseDuration(proofWait)
	}
	if err != nil {
		return fmt.Errorf("read the terms of a message, %q: %w", text, err)
	}
	return nil
}

// NoticeTerms are the terms of a notice to operations.
var NoticeTerms = Terms{Patience: 24 * time.Hour, ProofWait: 5 * time.Minute, MaxUnproven: 3}

// Message is one message about About.
type Message[About any] struct {
	// Key is the same for every try, and known to the provider.
	Key   string `json:"key"`
	About About  `json:"about"`
	State State  `json:"state"`
	// Decided is when it was queued, Done when it came to a final State or was parked.
	Decided time.Time `json:"decided"`
	Done    time.Time `json:"done,omitzero"`
	// NotBefore is when a waiting message may be handed over; zero is at once.
	NotBefore time.Time `json:"notBefore,omitzero"`
	// Began is from when Patience counts: its first try, or the first after Retried; zero if
	// that is when it was decided.
	Began   time.Time `json:"began,omitzero"`
	Retried bool      `json:"retried,omitempty"`
	Terms   Terms     `json:"terms"`

	// Tries counts how often it was handed over. Addresses says for each try to which of its
	// subject's addresses, from 0; a try that is not there went to the first.
	Tries     int   `json:"tries,omitempty"`
	Addresses []int `json:"addresses,omitempty"`
	// Unproven counts the tries without an answer, which may have gone out, since DoubtSince;
	// UnprovenNow those since a person last ordered a retry.
	Unproven    int       `json:"unproven,omitempty"`
	UnprovenNow int       `json:"unprovenNow,omitempty"`
	DoubtSince  time.Time `json:"doubtSince,omitzero"`
	// Proven says that the provider reported on the message while it was being tried.
	Proven bool `json:"proven,omitempty"`
	// MessageIDs are the provider's ids of it. With more than one it went out twice.
	MessageIDs []string `json:"messageIds,omitempty"`
	// Report is the most telling of the provider's reports.
	Report *Report `json:"report,omitempty"`

	// Overtaken says why a message that is being tried, or is in doubt, is not to be posted
	// any more.
	Overtaken string `json:"overtaken,omitempty"`
	// Recalled asks for a message back that is being tried, before its next post.
	Recalled bool `json:"recalled,omitempty"`
	// Looks says that the try only looks for proof of an earlier one: the message was
	// overtaken before.
	Looks bool `json:"looks,omitempty"`
	// ToldIn names the parcel whose message said what this one would have said.
	ToldIn string `json:"toldIn,omitempty"`
	// AddressRefused says that a parked message waits for another address.
	AddressRefused bool `json:"addressRefused,omitempty"`
	// Why says why it is parked, superseded or dropped. It holds no personal data.
	Why string `json:"why,omitempty"`
}

// Key derives the business key of a message from what makes it one message and no other. An
// outsider learns nothing from it.
func Key(subject Subject, kind string, numbers ...int) string {
	text := fmt.Sprintf("%s/%s", subject, kind)
	for _, n := range numbers {
		text += fmt.Sprintf("/%d", n)
	}
	sum := sha256.Sum256([]byte(text))
	return strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(sum[:10]))
}

// Due reports whether a waiting message may be handed over now.
func (m *Message[About]) Due(now time.Time) bool {
	return m.State == Waiting && !now.Before(m.NotBefore)
}

// MayHaveLeft reports whether the reader may know what it says, also from another message.
func (m *Message[About]) MayHaveLeft() bool {
	return m.State == Sending || m.State == Accepted || m.Unproven > 0 || m.ToldIn != ""
}

// InDoubt reports whether it may have gone out although no answer came.
func (m *Message[About]) InDoubt() bool {
	return m.Unproven > 0 && (m.State == Waiting || m.State == Parked)
}

// HandOver begins a try; address counts the addresses of its subject from 0.
func (m *Message[About]) HandOver(address int, now time.Time) {
	if m.Tries == 0 && !now.Equal(m.Decided) || m.Retried {
		m.Began, m.Retried = now, false
	}
	m.State, m.Recalled, m.Tries = Sending, false, m.Tries+1
	m.Looks = m.Overtaken != "" && m.Unproven > 0
	if address > 0 {
		m.Addresses = append(slices.Clip(m.Addresses), make([]int, m.Tries-len(m.Addresses))...)
		m.Addresses[m.Tries-1] = address
	}
}

// Settle notes what a try came to.
func (m *Message[About]) Settle(o Outcome, now time.Time) {
	if m.State != Sending {
		m.addID(o.MessageID) // it is heard of late, but it is heard
		return
	}
	looked := m.Looks
	m.Looks = false
	switch {
	case o.Verdict == WasAccepted || m.Proven:
		m.Accept(o.MessageID, now)
	case o.Verdict == Unanswered && !looked:
		m.unanswered(now)
	case m.Overtaken != "" && (looked || m.Unproven == 0):
		m.supersede(m.Overtaken, now)
	case m.Overtaken != "" || looked: // the next try looks for proof, or posts it after all
		m.State, m.NotBefore, m.Recalled = Waiting, time.Time{}, false
	case o.Verdict == NotSent && m.Recalled:
		m.State, m.Recalled = Waiting, false
	default:
		m.Park(o.Why, now)
	}
}

// pauses are how long to wait for proof, in multiples of ProofWait.
var pauses = []time.Duration{1, 3, 12, 24}

// unanswered notes a try that may have gone out. It is repeated after a pause, or parked if
// that happened too often or for too long.
func (m *Message[About]) unanswered(now time.Time) {
	m.Unproven++
	m.UnprovenNow++
	if m.DoubtSince.IsZero() {
		m.DoubtSince = m.Decided
	}
	m.State, m.Recalled = Waiting, false
	m.NotBefore = now.Add(m.Terms.ProofWait * pauses[min(m.UnprovenNow, len(pauses))-1])
	tooOften := m.Terms.MaxUnproven > 0 && m.UnprovenNow >= m.Terms.MaxUnproven
	if m.Overtaken == "" && (tooOften || m.NotBefore.After(m.Until())) {
		m.Park(fmt.Sprintf("no answer from the mail provider %d times; it may have been sent", m.UnprovenNow), now)
	}
}

// Overtake notes that newer news makes the message old. It is superseded once it is known not
// to have left.
func (m *Message[About]) Overtake(by string, now time.Time) {
	why := "overtaken by " + by
	switch {
	case m.State == Sending:
		m.Overtaken, m.Recalled = why, !m.Looks
	case m.State == Waiting && m.Unproven > 0:
		m.Overtaken = why
	case m.State == Waiting:
		m.supersede(why, now)
	}
}

// Renew notes that what the message says is true again.
func (m *Message[About]) Renew() {
	if !m.State.Final() {
		m.Overtaken = ""
	}
}

func (m *Message[About]) supersede(why string, now time.Time) {
	m.State, m.Done, m.Why, m.Recalled = Superseded, now, why, false
}

// TellIn notes that the message of another parcel said what this one would have said.
func (m *Message[About]) TellIn(parcel string, now time.Time) {
	m.ToldIn = parcel
	m.supersede("told in the mail of parcel "+parcel+", which goes with it", now)
}

// Recall asks for a message back that is being tried.
func (m *Message[About]) Recall() { m.Recalled = m.State == Sending && !m.Looks }

// Park notes that the message failed for good. Support staff read the reason.
func (m *Message[About]) Park(why string, now time.Time) {
	m.State, m.Why, m.Done, m.Recalled, m.Overtaken = Parked, cmp.Or(why, "not sent"), now, false, ""
}

// ParkForAddress parks it until its subject has another address.
func (m *Message[About]) ParkForAddress(why string, now time.Time) {
	m.Park(why+": change the recipient's address", now)
	m.AddressRefused = true
}

// Retry queues a parked message again, to leave at a moment; zero is at once.
func (m *Message[About]) Retry(at time.Time) {
	m.State, m.Why, m.UnprovenNow, m.AddressRefused = Waiting, "", 0, false
	m.NotBefore, m.Done, m.Retried = at, time.Time{}, true
}

// Drop gives a parked message up.
func (m *Message[About]) Drop(why string, now time.Time) { m.State, m.Done, m.Why = Dropped, now, why }

// Withdraw gives a message up whose reader is not to be written to any more. One that is being tried
// is called back first.
func (m *Message[About]) Withdraw(why string, now time.Time) {
	switch m.State {
	case Waiting, Parked:
		m.Drop(why, now)
	case Sending:
		m.Overtaken, m.Recalled = why, !m.Looks
	case Accepted, Superseded, Dropped:
	}
}

// Address is which of its subject's addresses, from 0, the last try went to.
func (m *Message[About]) Address() int { return m.address(0) }

// address is which address a try went to; that of the last one if the try is not known.
func (m *Message[About]) address(try int) int {
	if try < 1 || try > m.Tries {
		try = m.Tries
	}
	if try < 1 || try > len(m.Addresses) {
		return 0
	}
	return m.Addresses[try-1]
}
