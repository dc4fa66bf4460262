package mail

import (
	"math/rand/v2"
	"sync"
	"time"
)

// DefaultSetupPause is how long nothing is posted after SendGrid has refused the
// set-up.
const DefaultSetupPause = time.Minute

// breaker keeps mails back while the set-up is at fault: a dead key would be
// refused for each of them, and SendGrid blocks those who do not stop asking.
// One mail tries again after each pause.
type breaker struct {
	pause time.Duration

	mu    sync.Mutex
	until time.Time
	last  Outcome
}

// admit says whether a mail may be posted now, and what became of it if not.
func (b *breaker) admit(now time.Time) (Outcome, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if now.Before(b.until) {
		held := b.last
		// Not all of them at once when the pause is over.
		held.Wait = b.until.Sub(now) + rand.N(b.pause/2+1) //nolint:gosec // when a mail comes again is no secret
		return held, false
	}
	if b.last.Verdict == Setup {
		b.until = now.Add(b.pause) // this one tries, and the others wait for what comes of it
	}
	return Outcome{}, true
}

// learn takes note of what became of a mail that was posted.
func (b *breaker) learn(o Outcome, now time.Time) Outcome {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case o.Verdict == Setup:
		o.Wait = b.pause
		b.until, b.last = now.Add(b.pause), o
	case o.Status != 0:
		b.until, b.last = time.Time{}, Outcome{}
	}
	return o
}
