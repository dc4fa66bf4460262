package desk

import (
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/gin-gonic/gin"
	lru "github.com/hashicorp/golang-lru/v2"
	"golang.org/x/time/rate"

	"waybill/ingress"
)

// mostCallers is how many callers are remembered: the last ones.
const mostCallers = 10_000

// limits are how often each caller may come. They hold for one process: two
// processes let twice as many requests pass.
type limits struct {
	// burst is how many may come at once, and in each span from then on.
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

// take lets somebody pass, or says how long they have to wait.
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

// cameFrom is where a request comes from: an address, of IPv6 the network that one
// customer of a provider has.
func cameFrom(c *gin.Context) string {
	ip := net.ParseIP(c.ClientIP())
	if ip == nil || ip.To4() != nil {
		return c.ClientIP()
	}
	return ip.Mask(net.CIDRMask(64, 128)).String()
}

// comeBack says in how many seconds to come again.
func comeBack(c *gin.Context, wait time.Duration) {
	c.Header("Retry-After", strconv.Itoa(max(1, int((wait+time.Second-1)/time.Second))))
}

var tooMany = ingress.Answer{Code: http.StatusTooManyRequests, Outcome: "too often", Hint: "wait for the number of seconds in the Retry-After header, then try again"}
