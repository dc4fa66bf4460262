package sendgrid

import (
	"math/rand/v2"
	"sync"
	"time"

	"waybill/delivery"
)

// DefaultFaultPause is how long nothing is posted after a configuration fault.
const DefaultFaultPause = time.Minute

// breaker holds mails back while the configuration is at fault: a dead key would
// be refused for each of them, and SendGrid blocks clients that do not stop
// asking. One mail tries again after each pause.
//
// By hand on purpose: a library's breaker counts failures and gives each caller
// the same error. This one opens at the first fault, tells every mail why, and
// tells each another time to come again.
type breaker struct {
	pause time.Duration

	mu    sync.Mutex
	until time.Time
	last  delivery.Outcome
}

// admit says whether a mail may be posted now, and what became of it if not.
func (b *breaker) admit(now time.Time) (delivery.Outcome, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if now.Before(b.until) {
		held := b.last
		// Not all of them at once when the pause is over.
		held.Wait = b.until.Sub(now) + rand.N(b.pause/2+1) //nolint:gosec // when a mail comes again is no secret
		return held, false
	}
	if b.last.Verdict == delivery.ConfigurationFault {
		b.until = now.Add(b.pause) // this one tries, and the others wait for what comes of it
	}
	return delivery.Outcome{}, true
}

// learn notes what became of a mail that was posted, and whether SendGrid
// answered: a network that is down says nothing about the configuration.
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
