package monitoring

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync/atomic"
	"time"

	"go.temporal.io/sdk/client"
)

// readyTimeout is how long Temporal may take to answer.
const readyTimeout = 3 * time.Second

// Health is what a process reports to load balancers and containers. At first the process is alive
// but not ready.
type Health struct{ temporal atomic.Pointer[client.Client] }

// Works notes that the process has started work with Temporal.
func (h *Health) Works(temporal client.Client) { h.temporal.Store(&temporal) }

// Stops notes that the process takes no more work.
func (h *Health) Stops() { h.temporal.Store(nil) }

// Ready says why the process cannot work now; nil if it can.
func (h *Health) Ready(ctx context.Context) error {
	temporal := h.temporal.Load()
	if temporal == nil {
		return errors.New("the process takes no work: it is starting or stopping")
	}
	ctx, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	if _, err := (*temporal).CheckHealth(ctx, &client.CheckHealthRequest{}); err != nil {
		return errors.New("there is no connection to Temporal")
	}
	return nil
}

// Open adds /healthz and /readyz. Do not restart a process because of a 503 at /readyz.
func (h *Health) Open(mux *http.ServeMux) {
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "alive") })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		if err := h.Ready(r.Context()); err != nil {
			w.WriteHeader(http.StatusServiceUnavailable)
			fmt.Fprintln(w, err)
			return
		}
		fmt.Fprintln(w, "ready")
	})
}
