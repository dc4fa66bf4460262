package sendgrid

import (
	"context"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

const (
	// longestTurn is how long a mail waits here for its turn. With a longer wait it is sent
	// away, and its turn is kept for it.
	longestTurn = time.Second
	// lateness is how long a turn is kept for a mail that is late. Later ones ask anew: if many
	// were late together, they would be posted together.
	lateness = 15 * time.Second
)

// turns let so many mails be posted in a second. Each mail has one turn, however many wait: if
// they came back to find out, most would find that it is another one's turn.
type turns struct {
	limit *rate.Limiter

	mu sync.Mutex
	// kept are the turns of mails that were sent away, by key, and order are they as they were
	// given: soonest first.
	kept  map[string]time.Time
	order []turn
}

type turn struct {
	key string
	at  time.Time
}

// newTurns lets perSecond mails be posted in a second; 0 is no limit.
func newTurns(perSecond float64) *turns {
	t := &turns{limit: rate.NewLimiter(rate.Inf, 1), kept: map[string]time.Time{}}
	if perSecond > 0 {
		t.limit = rate.NewLimiter(rate.Limit(perSecond), max(1, int(perSecond)))
	}
	return t
}

// await waits for a mail's turn, or says when to come back.
func (t *turns) await(ctx context.Context, key string) (wait time.Duration, ok bool) {
	if wait = t.turnOf(key, time.Now()); wait > longestTurn {
		return wait, false
	}
	select {
	case <-time.After(wait):
		return 0, true
	case <-ctx.Done():
		return wait, false
	}
}

// turnOf is how long a mail has to wait for its turn. If that is longer than longestTurn, the
// turn is kept for it.
func (t *turns) turnOf(key string, now time.Time) time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.forget(now)
	at, known := t.kept[key]
	if !known && t.missed(now) {
		return 0
	}
	if !known {
		at = now.Add(t.limit.ReserveN(now, 1).DelayFrom(now))
	}
	wait := max(at.Sub(now), 0)
	switch {
	case wait <= longestTurn:
		delete(t.kept, key)
	case !known:
		t.kept[key] = at
		t.order = append(t.order, turn{key, at})
	}
	return wait
}

// missed takes the turn of a mail that has not come for it, and reports whether there was one.
// A mail that was sent away may come back to another worker, where it has no turn. If it had to
// wait anew there, turns would pass unused, the more the more workers there are.
func (t *turns) missed(now time.Time) bool {
	for len(t.order) > 0 && now.After(t.order[0].at.Add(longestTurn)) {
		one := t.order[0]
		t.order = t.order[1:]
		if t.kept[one.key].Equal(one.at) {
			delete(t.kept, one.key)
			return true
		}
	}
	return false
}

// forget gives up the turns of mails that did not come.
func (t *turns) forget(now time.Time) {
	for len(t.order) > 0 && now.After(t.order[0].at.Add(lateness)) {
		if gone := t.order[0]; t.kept[gone.key].Equal(gone.at) {
			delete(t.kept, gone.key)
		}
		t.order = t.order[1:]
	}
}
