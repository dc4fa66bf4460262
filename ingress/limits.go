package ingress

import (
	"maps"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/gin-gonic/gin"
	"golang.org/x/time/rate"
)

// mostCallers is how many callers are remembered.
const mostCallers = 10_000

// Limits bound how often each caller is let in. Each process counts for itself: two let
// in twice as many.
//
// Only a caller that could be let in as often as a new one is forgotten. A table that forgot
// the oldest would forget the one it is needed for, as soon as an attacker fills it with
// others. While it is full, new callers are let in and not counted: what stands behind a
// limit bears that, and nobody is kept out because of others.
type Limits struct {
	// burst is how many requests are let in at once, and then in each span.
	burst int
	span  time.Duration

	mu sync.Mutex
	of map[string]*rate.Limiter
	// swept is when callers were last forgotten.
	swept time.Time
}

// NewLimits lets each caller in so many times at once, and then as many times in each span.
func NewLimits(burst int, span time.Duration) *Limits {
	return &Limits{burst: burst, span: span, of: map[string]*rate.Limiter{}}
}

// Take lets a caller in, or says how long they have to wait.
func (l *Limits) Take(who string, now time.Time) (wait time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	one, ok := l.of[who]
	if !ok {
		if len(l.of) >= mostCallers && !l.sweep(now) {
			return 0
		}
		one = rate.NewLimiter(rate.Every(l.span/time.Duration(l.burst)), l.burst)
		l.of[who] = one
	}
	turn := one.ReserveN(now, 1)
	if wait = turn.DelayFrom(now); wait > 0 {
		turn.CancelAt(now)
	}
	return wait
}

// sweep forgets callers that are as good as new, and reports whether there is room. It looks
// at all of them, and so only now and then.
func (l *Limits) sweep(now time.Time) bool {
	if now.Sub(l.swept) >= l.span/10 {
		l.swept = now
		maps.DeleteFunc(l.of, func(_ string, one *rate.Limiter) bool { return one.TokensAt(now) >= float64(l.burst) })
	}
	return len(l.of) < mostCallers
}

// Forget lets a caller in again.
func (l *Limits) Forget(who string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.of, who)
}

// TooMany answers a request that has to wait.
var TooMany = Answer{http.StatusTooManyRequests, "too often", "wait for the number of seconds in the Retry-After header, then try again"}

// Wait sets the header Retry-After.
func Wait(c *gin.Context, wait time.Duration) {
	c.Header("Retry-After", strconv.Itoa(max(1, int((wait+time.Second-1)/time.Second))))
}
