package ingress

import (
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
)

// Answer is one way to answer a request.
type Answer struct {
	Code    int
	Outcome string
	// Hint tells the caller what to do about it; it quotes nothing of a body.
	Hint string
}

// InternalFault is the answer where Waybill itself is at fault.
var InternalFault = Answer{http.StatusInternalServerError, "internal fault", "send it again"}

// Reply sends an answer as JSON and leaves its outcome for the log.
func Reply(c *gin.Context, a Answer) {
	Note(c, "outcome", a.Outcome)
	body := gin.H{"outcome": a.Outcome}
	if a.Hint != "" {
		body["hint"] = a.Hint
	}
	if a.Code == http.StatusServiceUnavailable {
		c.Header("Retry-After", RetryAfter)
	}
	c.Header("Cache-Control", "no-store")
	c.AbortWithStatusJSON(a.Code, body)
}

// replying makes a handler of what decides about the answer.
func replying(answer func(*gin.Context) Answer) gin.HandlerFunc {
	return func(c *gin.Context) { Reply(c, answer(c)) }
}

// always makes a handler of an answer.
func always(a Answer) gin.HandlerFunc { return func(c *gin.Context) { Reply(c, a) } }

const notesKey = "notes"

// Note adds to the one log line of a request. Never personal data, and never a
// text from outside.
func Note(c *gin.Context, name string, value any) {
	c.Set(notesKey, append(notes(c), slog.Any(name, value)))
}

func notes(c *gin.Context) []slog.Attr {
	all, _ := c.Value(notesKey).([]slog.Attr)
	return all
}

// logged writes one line for each answer. It names the route and not the path:
// a path can hold anything.
func (d *doors) logged(c *gin.Context) {
	began := time.Now()
	c.Next()
	level := slog.LevelInfo
	switch code := c.Writer.Status(); {
	case code >= http.StatusInternalServerError:
		level = slog.LevelError
	case code >= http.StatusBadRequest:
		level = slog.LevelWarn
	case c.FullPath() == "/healthz", c.FullPath() == "/readyz":
		level = slog.LevelDebug
	}
	attrs := []slog.Attr{
		slog.String("method", method(c.Request.Method)),
		slog.String("route", c.FullPath()),
		slog.Int("code", c.Writer.Status()),
		slog.Duration("took", time.Since(began)),
	}
	d.count(c)
	d.log.LogAttrs(c.Request.Context(), level, "answered", append(attrs, notes(c)...)...)
}

// method is the request's method if it is one that exists.
func method(m string) string {
	switch m {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return m
	}
	return "other"
}

// What webhooks and people sent, by integration, action and outcome. A label that
// does not apply is empty, and none holds a text from outside.
const (
	metricWebhooks = "waybill_webhooks_total"
	metricRefunds  = "waybill_refund_requests_total"
)

// What made room for others: connections, and bodies before their signature was checked.
const (
	metricClosed     = "waybill_connections_closed_total"
	metricOverloaded = "waybill_bodies_refused_total"
)

func (d *doors) count(c *gin.Context) {
	if c.Request.Method != http.MethodPost || c.FullPath() == "" {
		return
	}
	metric := metricRefunds
	if strings.HasPrefix(c.FullPath(), "/webhooks/") {
		metric = metricWebhooks
	}
	labels := map[string]string{"integration": "", "action": "", "outcome": ""}
	for _, n := range notes(c) {
		if _, ok := labels[n.Key]; ok {
			labels[n.Key] = n.Value.String()
		}
	}
	d.metrics.WithTags(labels).Counter(metric).Inc(1)
}
