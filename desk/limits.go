package desk

import (
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/gin-gonic/gin"
	lru "github.com/hashicorp/golang-lru/v2"
	"golang.org/x/time/rate"

	"waybill/ingress"
)

// mostCallers is how many callers are remembered; the least recent one goes first.
const mostCallers = 10_000

// limits bound how often each caller is let in. Each process counts for itself: two let
// in twice as many.
type limits struct {
	// burst is how many requests are let in at once, and then in each span.
	burst int
	span  time.Duration

	mu sync.Mutex
	of *lru.Cache[string, *rate.Limiter]
}

func newLimits(burst int, span time.Duration) *limits {
	of, err := lru.New[string, *rate.Limiter](mostCallers)
	if err != nil {
		panic(err) // the size is below 1
	}
	return &limits{burst: burst, span: span, of: of}
}

// take lets a caller in, or says how long they have to wait.
func (l *limits) take(who string, now time.Time) (wait time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	one, ok := l.of.Get(who)
	if !ok {
		one = rate.NewLimiter(rate.Every(l.span/time.Duration(l.burst)), l.burst)
		l.of.Add(who, one)
	}
	turn := one.ReserveN(now, 1)
	if wait = turn.DelayFrom(now); wait > 0 {
		turn.CancelAt(now)
	}
	return wait
}

// forget lets a caller in again.
func (l *limits) forget(who string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.of.Remove(who)
}

// retryAfter sets the header of that name.
func retryAfter(c *gin.Context, wait time.Duration) {
	c.Header("Retry-After", strconv.Itoa(max(1, int((wait+time.Second-1)/time.Second))))
}

var tooMany = ingress.Answer{Code: http.StatusTooManyRequests, Outcome: "too often", Hint: "wait for the number of seconds in the Retry-After header, then try again"}
