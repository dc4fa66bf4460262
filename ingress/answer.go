package ingress

import (
	"cmp"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"waybill/monitoring"
)

// Answer is one way to answer a request.
type Answer struct {
	Code    int
	Outcome string
	// Hint tells the caller what to do about it; it quotes nothing of a body.
	Hint string
}

// The answers to any request. InternalFault says that Waybill itself is at fault.
var (
	InternalFault = Answer{http.StatusInternalServerError, "internal fault", "send it again"}
	BrokenOff     = Answer{http.StatusBadRequest, "broken off", "the body was incomplete or came too slowly: send it again"}
	NotThere      = Answer{http.StatusNotFound, "no such page", "webhooks go to POST /webhooks/sendcloud/<integration> and /webhooks/sendgrid, people to /refunds and /parcels, and programs to what " + Description + " describes"}
	WrongMethod   = Answer{http.StatusMethodNotAllowed, "wrong method", "webhooks and orders are sent with POST, and everything else is asked for with GET"}
)

// Reply sends an answer as JSON and leaves its outcome for the log. A program that calls the
// API gets a [Problem].
func Reply(c *gin.Context, a Answer) {
	if strings.HasPrefix(c.Request.URL.Path, apiPath) {
		Refuse(c, a)
		return
	}
	body := gin.H{"outcome": a.Outcome}
	if a.Hint != "" {
		body["hint"] = a.Hint
	}
	reply(c, a, body)
}

func reply(c *gin.Context, a Answer, body any) {
	Note(c, "outcome", a.Outcome)
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

const olderKeysKey = "older keys"

// OlderKey notes that a request came in by a key that is not the first of its setting: as long as that
// happens, the key is needed.
func OlderKey(c *gin.Context, setting string) {
	c.Set(olderKeysKey, append(olderKeys(c), setting))
}

func olderKeys(c *gin.Context) []string {
	all, _ := c.Value(olderKeysKey).([]string)
	return all
}

// logged writes one line for each answer. It names the route and not the path:
// a path can hold anything.
func (m *manners) logged(c *gin.Context) {
	began := time.Now()
	c.Next()
	level := slog.LevelInfo
	switch code := c.Writer.Status(); {
	case code >= http.StatusInternalServerError:
		level = slog.LevelError
	case code >= http.StatusBadRequest:
		level = slog.LevelWarn
	case c.FullPath() == healthDoor, c.FullPath() == readyDoor:
		level = slog.LevelDebug
	}
	attrs := []slog.Attr{
		slog.String("method", method(c.Request.Method)),
		slog.String("route", c.FullPath()),
		slog.Int("code", c.Writer.Status()),
		slog.Duration("took", time.Since(began)),
	}
	m.count(c, time.Since(began))
	m.log.LogAttrs(c.Request.Context(), level, "answered", append(attrs, notes(c)...)...)
}

// method is the request's method if it is one that exists.
func method(m string) string {
	switch m {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return m
	}
	return "other"
}

// count counts an answer, and what webhooks and people sent. A label that does not apply is
// empty, and none holds a text from outside.
func (m *manners) count(c *gin.Context, took time.Duration) {
	meter, door := monitoring.With(m.metrics), c.FullPath()
	if door != healthDoor && door != readyDoor {
		meter.Time(monitoring.DoorLatency, took, cmp.Or(door, "none"), strconv.Itoa(c.Writer.Status()))
	}
	for _, setting := range olderKeys(c) {
		meter.Count(monitoring.OlderKeyUses, 1, setting)
	}
	if c.Request.Method != http.MethodPost || door == "" {
		return
	}
	said := map[string]string{}
	for _, n := range notes(c) {
		said[n.Key] = n.Value.String()
	}
	metric := monitoring.RefundRequests
	switch {
	case strings.HasPrefix(door, codecPath):
		meter.Count(monitoring.CodecRequests, 1, said["action"], said["outcome"])
		return
	case strings.HasPrefix(door, "/webhooks/"):
		metric = monitoring.Webhooks
	case strings.HasPrefix(door, "/parcels"), strings.HasPrefix(door, "/api/parcels"), strings.HasPrefix(door, "/api/batches"):
		metric = monitoring.ParcelRequests
	}
	meter.Count(metric, 1, said["integration"], said["action"], said["outcome"])
}
