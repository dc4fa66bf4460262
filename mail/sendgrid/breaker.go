package sendgrid

import (
	"math/rand/v2"
	"sync"
	"time"

	"waybill/delivery"
)

// DefaultFaultPause is how long posting stops after a configuration fault.
const DefaultFaultPause = time.Minute

// breaker holds mails back after a configuration fault: every mail would be refused for
// it, and SendGrid blocks clients that do not stop. After each pause, one mail tries
// again.
//
// It is written by hand because a library's breaker counts failures and gives all
// callers the same error. This one opens at the first fault, and gives each mail the
// reason and a time of its own to try again.
type breaker struct {
	pause time.Duration

	mu    sync.Mutex
	until time.Time
	last  delivery.Outcome
}

// admit says whether a mail can be posted now, and its outcome if not.
func (b *breaker) admit(now time.Time) (delivery.Outcome, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if now.Before(b.until) {
		held := b.last
		// Spread, so that they do not all come at once after the pause.
		held.Wait = b.until.Sub(now) + rand.N(b.pause/2+1) //nolint:gosec // the time of the next try is no secret
		return held, false
	}
	if b.last.Verdict == delivery.ConfigurationFault {
		b.until = now.Add(b.pause) // this mail tries, and the others wait for its outcome
	}
	return delivery.Outcome{}, true
}

// learn notes the outcome of a post. Without an answer from SendGrid, it says nothing
// about the configuration.
func (b *breaker) learn(o delivery.Outcome, answered bool, now time.Time) delivery.Outcome {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case o.Verdict == delivery.ConfigurationFault:
		o.Wait = b.pause
		b.until, b.last = now.Add(b.pause), o
	case answered:
		b.until, b.last = time.Time{}, delivery.Outcome{}
	}
	return o
}
