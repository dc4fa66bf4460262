package ingress

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"waybill/mail/sendgrid"
)

// webhookKey signs webhooks here.
const webhookKey = "a-key-of-webhooks"

// keyed is a config with the key of one integration, and keys of events.
func keyed(events sendgrid.EventKeys) Config {
	return Config{
		Integrations: func() (Integrations, error) { return Integrations{"demo": {Keys: [][]byte{[]byte(webhookKey)}}}, nil },
		EventKeys:    func() (sendgrid.EventKeys, error) { return events, nil },
	}
}

// closed are doors behind which no Temporal is.
func closed(t *testing.T) (*doors, *bytes.Buffer) {
	t.Helper()
	var log bytes.Buffer
	temporal, err := client.NewLazyClient(client.Options{HostPort: "127.0.0.1:1"})
	require.NoError(t, err)
	t.Cleanup(temporal.Close)
	d, err := open(keyed(nil), temporal, client.MetricsNopHandler, slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})))
	require.NoError(t, err)
	return d, &log
}

func TestAPanicIsAnsweredAndItsCauseNotQuoted(t *testing.T) {
	d, log := closed(t)
	r := gin.New()
	r.Use(d.logged, gin.CustomRecoveryWithWriter(nil, d.recovered))
	r.GET("/", func(*gin.Context) { panic("jane.doe@example.com") })
	w := httptest.NewRecorder()
	r.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil))
	require.Equal(t, http.StatusInternalServerError, w.Code)
	require.Contains(t, log.String(), "a handler panicked")
	require.Contains(t, log.String(), "ingress_test.go")
	require.NotContains(t, log.String()+w.Body.String(), "jane.doe")
}

func TestNothingFromOutsideStandsInTheLog(t *testing.T) {
	d, log := closed(t)
	for _, r := range []*http.Request{
		httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/webhooks/sendcloud/jane.doe@example.com", strings.NewReader("{}")),
		httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/jane.doe@example.com?jane.doe@example.com", nil),
		httptest.NewRequestWithContext(t.Context(), "JANE.DOE", "/", nil),
	} {
		r.Header.Set("User-Agent", "jane.doe@example.com")
		w := httptest.NewRecorder()
		d.handler().ServeHTTP(w, r)
		require.Equal(t, http.StatusNotFound, w.Code)
		require.Equal(t, "no-store", w.Header().Get("Cache-Control"))
	}
	require.Equal(t, 3, strings.Count(log.String(), "\n"), "one line for each answer")
	require.NotContains(t, strings.ToLower(log.String()), "jane.doe")
}

func TestWithoutTemporalItIsAliveAndNotReady(t *testing.T) {
	d, _ := closed(t)
	for path, want := range map[string]int{"/healthz": http.StatusOK, "/readyz": http.StatusServiceUnavailable} {
		w := httptest.NewRecorder()
		d.handler().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
		require.Equal(t, want, w.Code, path)
	}
	d.closing.Store(true)
	w := httptest.NewRecorder()
	d.handler().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/readyz", nil))
	require.Contains(t, w.Body.String(), "closing")
}

// A load balancer asks now and then. Until it has noticed, it sends webhooks.
func TestAnIngressThatIsToldToStopTakesRequestsUntilLoadBalancersHaveNoticed(t *testing.T) {
	t.Parallel()
	d, _ := closed(t)
	d.stopDelay = 5 * time.Second
	ctx, stop := context.WithCancel(t.Context())
	listener, err := listen(ctx, "127.0.0.1:0", "WAYBILL_LISTEN")
	require.NoError(t, err)
	ended := make(chan error, 1)
	closing := make(chan struct{})
	go func() {
		ended <- d.serve(ctx, listener, mostConnections, d.handler(), func() {
			d.closing.Store(true)
			close(closing)
		})
	}()
	stop()
	<-closing
	for path, want := range map[string]int{readyDoor: http.StatusServiceUnavailable, healthDoor: http.StatusOK} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+listener.Addr().String()+path, nil)
		require.NoError(t, err)
		r.Close = true // each on a connection of its own
		resp, err := http.DefaultClient.Do(r)
		require.NoError(t, err, "the door is open")
		require.NoError(t, resp.Body.Close())
		require.Equal(t, want, resp.StatusCode, path)
	}
	require.NoError(t, <-ended)
}

func TestAProxyHasToBeAnAddress(t *testing.T) {
	_, err := open(Config{TrustedProxies: []string{"proxy"}}, nil, nil, nil)
	require.ErrorContains(t, err, "write ")
}

// mounted is something with one door and a key.
type mounted struct {
	key, used string
	fault     error
}

func (m *mounted) Open(r gin.IRouter) {
	r.POST("/mounted", func(c *gin.Context) { Reply(c, Answer{http.StatusOK, "mounted", ""}) })
}

func (m *mounted) Reload() (bool, error) {
	changed := m.used != m.key
	m.used = m.key
	return changed, m.fault
}

func (*mounted) Wait() {}

func TestWhatIsMountedHasItsDoorsAndItsKeys(t *testing.T) {
	m := &mounted{key: "new"}
	c := keyed(nil)
	c.Mounts = []Mount{m}
	h, err := Handler(c, nil, client.MetricsNopHandler, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	require.Equal(t, "new", m.used)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/mounted", nil))
	require.Equal(t, http.StatusOK, w.Code)

	m.fault = errors.New("the key is too short")
	_, err = Handler(c, nil, client.MetricsNopHandler, slog.New(slog.DiscardHandler))
	require.ErrorContains(t, err, "too short")
}
