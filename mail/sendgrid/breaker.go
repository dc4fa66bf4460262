package sendgrid

import (
	"sync"
	"time"

	"waybill/delivery"
)

// DefaultFaultPause is how long posting stops after a configuration fault.
const DefaultFaultPause = time.Minute

// longestPause is the most that pauses grow to, in multiples of the first one.
const longestPause = 10

// heldPerSecond is how many mails that are held come back in a second: every one of them costs
// Temporal and this worker a try that posts nothing.
const heldPerSecond = 4

// breaker holds mails back after a configuration fault: every mail would be refused for
// it, and SendGrid blocks clients that do not stop. After each pause, one mail tries
// again; each pause is twice as long as the one before, up to [longestPause].
//
// It is written by hand because a library's breaker counts failures and gives all
// callers the same error. This one opens at the first fault, and gives each mail the
// reason and a time of its own to try again.
type breaker struct {
	pause time.Duration

	mu    sync.Mutex
	until time.Time
	last  delivery.Outcome
	// faults counts the pauses since a mail was taken. probing says that one mail is trying.
	faults  int
	probing bool
	// given is the last time that a mail was given to try again: the backlog ends there.
	given time.Time
}

// held says whether mails are held back, and what becomes of one that is.
func (b *breaker) held(now time.Time) (delivery.Outcome, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !now.Before(b.until) {
		return delivery.Outcome{}, false
	}
	return unposted(b.hold(now)), true
}

// hold is the outcome of a mail that is held: it comes back after the pause, and after those
// that were held before it.
func (b *breaker) hold(now time.Time) delivery.Outcome {
	b.given = b.given.Add(time.Second / heldPerSecond)
	if b.given.Before(b.until) {
		b.given = b.until
	}
	held := b.last
	held.Wait = b.given.Sub(now)
	return held
}

// unposted is the outcome of a mail that is held without a post of its own.
func unposted(held delivery.Outcome) delivery.Outcome {
	held.Reason = delivery.HeldBack
	return held
}

// soon has a mail that is held come back right after the pause.
func (b *breaker) soon(o delivery.Outcome, now time.Time) delivery.Outcome {
	b.mu.Lock()
	defer b.mu.Unlock()
	if o.Verdict == delivery.ConfigurationFault {
		o.Wait = max(b.until.Sub(now), time.Second)
	}
	return o
}

// admit says whether a mail can be posted now, and its outcome if not.
func (b *breaker) admit(now time.Time) (delivery.Outcome, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if now.Before(b.until) {
		return unposted(b.hold(now)), false
	}
	if b.faults > 0 {
		// This mail tries, and the others wait for its outcome.
		b.until, b.probing = now.Add(b.paused()), true
	}
	return delivery.Outcome{}, true
}

// paused is how long the pause is now.
func (b *breaker) paused() time.Duration {
	return b.pause * time.Duration(min(longestPause, 1<<min(max(b.faults-1, 0), 4)))
}

// learn notes the outcome of a post. Without an answer from SendGrid, it says nothing
// about the configuration.
func (b *breaker) learn(o delivery.Outcome, answered bool, now time.Time) delivery.Outcome {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case o.Verdict == delivery.ConfigurationFault:
		b.last = o
		if b.probing || !now.Before(b.until) { // others were under way when the first one failed
			b.faults++
			b.until, b.probing = now.Add(b.paused()), false
		}
		return b.hold(now)
	case answered:
		b.until, b.last, b.faults, b.probing = time.Time{}, delivery.Outcome{}, 0, false
	}
	return o
}
