package ingress

import (
	"errors"
	"io"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/gin-gonic/gin"
	"go.temporal.io/sdk/client"

	"waybill/monitoring"
)

const (
	// freeBytes of every body count in no budget: most webhooks are smaller. Connections
	// are bounded, and with them the sum.
	freeBytes = 32 << 10
	// unverifiedBytes is how much memory bodies may take beyond that before their
	// signature has been checked.
	unverifiedBytes = 16 << 20
)

// overloaded is the answer to a body that made room for another.
var overloaded = Answer{http.StatusServiceUnavailable, "overloaded", "too many large bodies arrive at a time: send it again"}

// ReadBody reads a body once, as the raw bytes that are signed. A body that says of itself
// that it is too large is not read.
func ReadBody(c *gin.Context, limit int64, tooLarge Answer) ([]byte, *Answer) {
	return readBody(c, limit, tooLarge, func(int64) bool { return true })
}

// readBody reads a body as long as it may grow.
func readBody(c *gin.Context, limit int64, tooLarge Answer, mayGrow func(by int64) bool) ([]byte, *Answer) {
	if TooLarge(c, limit) {
		return nil, &tooLarge
	}
	from := http.MaxBytesReader(c.Writer, c.Request.Body, limit)
	first := int64(freeBytes)
	if n := c.Request.ContentLength; n >= 0 {
		first = min(first, n+1) // one more, so that its end is seen
	}
	body := make([]byte, 0, first)
	for {
		if len(body) == cap(body) {
			more := min(int64(cap(body)), limit+1-int64(cap(body)))
			if !mayGrow(more) {
				return nil, &overloaded
			}
			body = append(make([]byte, 0, int64(cap(body))+more), body...)
		}
		n, err := from.Read(body[len(body):cap(body)])
		body = body[:len(body)+n]
		var large *http.MaxBytesError
		switch {
		case err == nil:
		case errors.Is(err, io.EOF):
			return body, nil
		case errors.As(err, &large):
			return nil, &tooLarge
		default:
			return nil, &BrokenOff
		}
	}
}

// TooLarge reports whether a request says that its body has more bytes than a limit.
func TooLarge(c *gin.Context, limit int64) bool { return c.Request.ContentLength > limit }

// budget bounds the memory of bodies whose signature has not been checked. When it is used
// up, the body that arrives for the longest time makes room: who sends slowly, or never
// ends, keeps nobody else out.
type budget struct {
	bytes   int64
	metrics client.MetricsHandler

	mu   sync.Mutex
	used int64
	// arriving are the bodies that take of it, the oldest first.
	arriving []*arriving
}

// arriving is one body. The budget's lock guards its fields.
type arriving struct {
	bytes  int64
	stop   func()
	gaveUp bool
}

// read reads a body on the budget. Its bytes count until done is called.
func (b *budget) read(c *gin.Context, limit int64, tooLarge Answer) (body []byte, done func(), refusal *Answer) {
	connection := http.NewResponseController(c.Writer)
	// A read that is under way ends at once, and the answer can still be written.
	one := &arriving{stop: func() { _ = connection.SetReadDeadline(longAgo) }}
	body, refusal = readBody(c, limit, tooLarge, func(by int64) bool { return b.take(one, by) })
	if b.gaveUp(one) {
		return nil, func() {}, &overloaded
	}
	return body, func() { b.free(one) }, refusal
}

// longAgo is a deadline that ends what is under way.
var longAgo = time.Unix(1, 0)

// take takes bytes for a body that grows. It reports false if the body has to make room
// itself.
func (b *budget) take(one *arriving, bytes int64) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if one.gaveUp {
		return false
	}
	if one.bytes == 0 {
		b.arriving = append(b.arriving, one)
	}
	b.used += bytes
	one.bytes += bytes
	for b.used > b.bytes {
		oldest := b.arriving[0]
		oldest.gaveUp = true
		oldest.stop()
		b.drop(oldest)
		monitoring.With(b.metrics).Count(monitoring.BodiesRefused, 1)
	}
	return !one.gaveUp
}

// gaveUp reports whether a body had to make room.
func (b *budget) gaveUp(one *arriving) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return one.gaveUp
}

// free gives the bytes of a body back.
func (b *budget) free(one *arriving) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.drop(one)
}

func (b *budget) drop(one *arriving) {
	b.used -= one.bytes
	one.bytes = 0
	b.arriving = slices.DeleteFunc(b.arriving, func(a *arriving) bool { return a == one })
}

// linger is how long a caller whose body was not read has to read the answer. If the
// connection ended at once, the answer would be lost to one who is still sending.
const linger = 500 * time.Millisecond

// leaveUnread answers at once if a body was not read to its end, and then ends the connection.
// The server would first read up to 256 KiB, for as long as a body may take, to keep it.
func leaveUnread(c *gin.Context) {
	if c.Request.ContentLength == 0 {
		return
	}
	whole := c.Request.Body
	body := &watched{ReadCloser: whole, header: c.Writer.Header()}
	c.Request.Body = body
	body.header.Set("Connection", "close")
	c.Next()
	c.Request.Body = whole // by which the server knows that it was not read
	if !body.ended {
		_ = http.NewResponseController(c.Writer).SetReadDeadline(time.Now().Add(linger))
	}
}

// watched is a body that notes its end.
type watched struct {
	io.ReadCloser
	header http.Header
	ended  bool
}

func (w *watched) Read(p []byte) (int, error) {
	n, err := w.ReadCloser.Read(p)
	if errors.Is(err, io.EOF) && !w.ended {
		w.ended = true
		w.header.Del("Connection")
	}
	return n, err
}
