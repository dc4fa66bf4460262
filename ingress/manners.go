package ingress

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"runtime/debug"
	"sync"
	"time"

	"github.com/gin-gonic/gin"
	"go.temporal.io/sdk/client"
)

// manners are what the servers of the ingress have in common.
type manners struct {
	metrics client.MetricsHandler
	log     *slog.Logger
	proxies []netip.Prefix
	// stopDelay is that of [Config].
	stopDelay time.Duration
	// suspected says that a proxy was found that is not trusted.
	suspected sync.Once
}

// listen opens an address that a setting names.
func listen(ctx context.Context, address, setting string) (net.Listener, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listen on %s (choose another address with %s): %w", address, setting, err)
	}
	return listener, nil
}

// serve answers requests until ctx ends. Then it calls closing, goes on for the stop delay, and lets the
// requests that are under way finish.
func (m *manners) serve(ctx context.Context, listener net.Listener, most int, handler http.Handler, closing func()) error {
	server := m.server(handler)
	served := make(chan error, 1)
	go func() { served <- server.Serve(newLobby(listener, most, m.proxies, m.metrics, m.log)) }()
	select {
	case err := <-served:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
	closing()
	select {
	case err := <-served:
		return fmt.Errorf("serve: %w", err)
	case <-time.After(m.stopDelay):
	}
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTimeout)
	defer cancel()
	if err := server.Shutdown(drain); err != nil && !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("finish the requests under way: %w", err)
	}
	return nil
}

// server bounds how long a caller may take.
func (m *manners) server(handler http.Handler) *http.Server {
	server := &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: headerTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      answerTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    headerLimit,
		ConnState:         turn,
		ConnContext:       withPlace,
		ErrorLog:          slog.NewLogLogger(m.log.Handler(), slog.LevelWarn),
		Protocols:         &http.Protocols{},
	}
	// With HTTP/2, one connection would carry many requests: places are for connections.
	server.Protocols.SetHTTP1(true)
	return server
}

// router is a map of doors that has none yet.
func (m *manners) router(proxies []string) *gin.Engine {
	r := gin.New()
	r.HandleMethodNotAllowed = true
	// The path is never cleaned or redirected: a webhook's body would be lost.
	r.RedirectTrailingSlash = false
	_ = r.SetTrustedProxies(proxies) // checked at the start; without it gin believes everybody
	r.Use(m.logged, traced, m.suspectProxy, leaveUnread, gin.CustomRecoveryWithWriter(nil, m.recovered))
	return r
}

// recovered answers for a handler that panicked. The stack is logged, and what
// it panicked with is not: that can quote a body.
func (m *manners) recovered(c *gin.Context, _ any) {
	m.log.Error("a handler panicked", "stack", string(debug.Stack()))
	Reply(c, InternalFault)
}
