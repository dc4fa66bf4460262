// Package ingress is the door: an HTTP server that takes webhooks, verifies
// them, and hands them to Temporal. It keeps nothing itself. An answer of 2xx
// is a promise: Temporal has it, or there is nothing to keep. Where people work is
// mounted on it, and shares its manners.
package ingress

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"reflect"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gin-gonic/gin"
	"go.temporal.io/sdk/client"

	"waybill/recorder"
)

// doors are what a request can come to.
type doors struct {
	config   Config
	temporal client.Client
	recorder recorder.Recorder
	metrics  client.MetricsHandler
	log      *slog.Logger
	proxies  []netip.Prefix
	// suspected says that a proxy was found that is not trusted.
	suspected sync.Once
	// bodies bounds what is read before a signature has been checked.
	bodies *budget
	// keys are replaced as a whole when one of them changes.
	keys atomic.Pointer[keys]
	// closing says that the program was told to stop.
	closing atomic.Bool
}

// Run opens the doors and serves until ctx ends; then it lets requests that are
// under way finish. The client may be lazy: Temporal need not be there yet, and
// until it is, webhooks are answered 503. Dial it with
// [recorder.NameRequests].
func Run(ctx context.Context, c Config, temporal client.Client, metrics client.MetricsHandler, log *slog.Logger) error {
	d, err := open(c, temporal, metrics, log)
	if err != nil {
		return err
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", c.Listen)
	if err != nil {
		return fmt.Errorf("listen on %s (choose another address with WAYBILL_LISTEN): %w", c.Listen, err)
	}
	reloading, stop := context.WithCancel(ctx)
	defer stop()
	go d.keepReloading(reloading)
	server := d.server()
	served := make(chan error, 1)
	go func() { served <- server.Serve(newLobby(listener, mostConnections, d.proxies, metrics, log)) }()
	keys := d.keys.Load()
	log.Info("ingress open", "address", listener.Addr().String(), "integrations", len(keys.integrations), "event_keys", len(keys.events))
	select {
	case err := <-served:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
	d.closing.Store(true)
	log.Info("ingress closing: requests under way may still finish", "at_most", drainTimeout)
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTimeout)
	defer cancel()
	if err := server.Shutdown(drain); err != nil && !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("finish the requests under way: %w", err)
	}
	for _, m := range d.config.Mounts {
		m.Wait()
	}
	return nil
}

// server serves the doors. It bounds how long a caller may take.
func (d *doors) server() *http.Server {
	server := &http.Server{
		Handler:           d.handler(),
		ReadHeaderTimeout: headerTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      answerTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    headerLimit,
		ConnState:         turn,
		ConnContext:       withPlace,
		ErrorLog:          slog.NewLogLogger(d.log.Handler(), slog.LevelWarn),
		Protocols:         &http.Protocols{},
	}
	// With HTTP/2, one connection would carry many requests: places are for connections.
	server.Protocols.SetHTTP1(true)
	return server
}

// CheckProxies says what is wrong with [Config.TrustedProxies].
func CheckProxies(proxies []string) error {
	gin.SetMode(gin.ReleaseMode)
	if err := gin.New().SetTrustedProxies(proxies); err != nil {
		return errors.New("WAYBILL_TRUSTED_PROXIES names no address and no network: write them as in 10.0.0.1 or 10.0.0.0/8")
	}
	return nil
}

// open makes the doors of a config, with the keys of this moment.
func open(c Config, temporal client.Client, metrics client.MetricsHandler, log *slog.Logger) (*doors, error) {
	d := &doors{config: c, temporal: temporal, recorder: recorder.Recorder{Temporal: temporal}, metrics: metrics, log: log}
	d.proxies, d.bodies = prefixes(c.TrustedProxies), &budget{bytes: unverifiedBytes, metrics: metrics}
	if err := CheckProxies(c.TrustedProxies); err != nil {
		return nil, err
	}
	_, err := d.reload()
	return d, err
}

// Handler are the doors without a server, and with the keys of this moment: what
// is mounted is tried behind it.
func Handler(c Config, temporal client.Client, metrics client.MetricsHandler, log *slog.Logger) (http.Handler, error) {
	d, err := open(c, temporal, metrics, log)
	if err != nil {
		return nil, err
	}
	return d.handler(), nil
}

// reload reads all keys and reports whether other ones count from now on. Keys with
// a fault are not used.
func (d *doors) reload() (changed bool, err error) {
	all, err := d.config.load()
	if err == nil && !reflect.DeepEqual(all, d.keys.Load()) {
		changed = true
		d.keys.Store(all)
	}
	for _, m := range d.config.Mounts {
		also, fault := m.Reload()
		changed, err = changed || also, errors.Join(err, fault)
	}
	return changed, err
}

// keepReloading looks for changed keys until ctx ends. A fault is logged once.
func (d *doors) keepReloading(ctx context.Context) {
	tick := time.NewTicker(reloadEvery)
	defer tick.Stop()
	logged := ""
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		changed, err := d.reload()
		if changed {
			keys := d.keys.Load()
			d.log.Info("keys reloaded", "integrations", len(keys.integrations), "event_keys", len(keys.events))
		}
		switch {
		case err == nil:
			logged = ""
		case err.Error() != logged:
			logged = err.Error()
			d.log.Error("keys not reloaded: the previous keys stay in use", "fault", logged)
		}
	}
}

// The doors for load balancers.
const healthDoor, readyDoor = "/healthz", "/readyz"

// handler is the map of the doors.
func (d *doors) handler() http.Handler {
	r := gin.New()
	r.HandleMethodNotAllowed = true
	// The path is never cleaned or redirected: a webhook's body would be lost.
	r.RedirectTrailingSlash = false
	_ = r.SetTrustedProxies(d.config.TrustedProxies) // checked at the start; without it gin believes everybody
	r.Use(d.logged, traced, d.suspectProxy, leaveUnread, gin.CustomRecoveryWithWriter(nil, d.recovered))
	r.GET(healthDoor, always(Answer{http.StatusOK, "alive", ""}))
	r.GET(readyDoor, replying(d.ready))
	r.POST("/webhooks/sendcloud/:integration", replying(d.sendcloudWebhook))
	r.POST("/webhooks/sendgrid", replying(d.sendgridWebhook))
	for _, m := range d.config.Mounts {
		m.Open(r)
	}
	r.NoRoute(d.nothingHere)
	r.NoMethod(always(WrongMethod))
	return r
}

// nothingHere answers a request to which nothing leads.
func (d *doors) nothingHere(c *gin.Context) {
	for _, m := range d.config.Mounts {
		if guide, ok := m.(Guide); ok && guide.Guide(c) {
			return
		}
	}
	Reply(c, NotThere)
}

// recovered answers for a handler that panicked. The stack is logged, and what
// it panicked with is not: that can quote a body.
func (d *doors) recovered(c *gin.Context, _ any) {
	d.log.Error("a handler panicked", "stack", string(debug.Stack()))
	Reply(c, InternalFault)
}

// ready says whether a webhook would be recorded now. Load balancers may ask;
// a 503 here is no reason to restart the program.
func (d *doors) ready(c *gin.Context) Answer {
	if d.closing.Load() {
		return Answer{http.StatusServiceUnavailable, "closing", ""}
	}
	ctx, cancel := context.WithTimeout(c.Request.Context(), readyTimeout)
	defer cancel()
	if _, err := d.temporal.CheckHealth(ctx, &client.CheckHealthRequest{}); err != nil {
		Note(c, "fault", err.Error())
		return Answer{http.StatusServiceUnavailable, "Temporal cannot be reached", ""}
	}
	return Answer{http.StatusOK, "ready", ""}
}

// Detached is a context that outlives the request, for at most d.
func Detached(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), d)
}
