// Package fault has a stand-in fail as it is told to: what is planned for which
// request, and how a connection goes wrong.
package fault

import (
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"sync"
	"time"

	"waybill/devstack/show"
)

// Plan is what is still to go wrong. F is the stand-in's own kind of fault.
type Plan[F any] struct {
	mu     sync.Mutex
	faults []*step[F]
}

// step is a fault, and how many requests still fail so.
type step[F any] struct {
	fault F
	left  int // 0 is until the plan is cleared
}

// Add plans a fault for so many requests; 0 is until the plan is cleared.
func (p *Plan[F]) Add(f F, times int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.faults = append(p.faults, &step[F]{f, times})
}

// Clear forgets all faults.
func (p *Plan[F]) Clear() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.faults = nil
}

// Next takes the first fault that is planned for a request; nil if none is.
func (p *Plan[F]) Next(hits func(F) bool) *F {
	p.mu.Lock()
	defer p.mu.Unlock()
	i := slices.IndexFunc(p.faults, func(f *step[F]) bool { return hits(f.fault) })
	if i < 0 {
		return nil
	}
	next := p.faults[i]
	switch next.left {
	case 0: // until the plan is cleared
	case 1:
		p.faults = slices.Delete(p.faults, i, i+1)
	default:
		next.left--
	}
	taken := next.fault
	return &taken
}

// planned are the faults that are still to come, as they were planned.
func (p *Plan[F]) planned() []F {
	p.mu.Lock()
	defer p.mu.Unlock()
	faults := []F{}
	for _, f := range p.faults {
		faults = append(faults, f.fault)
	}
	return faults
}

// Handle shows the plan to everybody, and has it changed by whom guarded lets
// through. fail checks and plans a fault.
func (p *Plan[F]) Handle(mux *http.ServeMux, guarded func(http.HandlerFunc) http.HandlerFunc, fail func(F) error) {
	mux.HandleFunc("GET /api/faults", func(w http.ResponseWriter, _ *http.Request) {
		show.JSON(w, p.planned())
	})
	mux.HandleFunc("POST /api/faults", guarded(func(w http.ResponseWriter, r *http.Request) {
		var f F
		err := json.NewDecoder(io.LimitReader(r.Body, 1<<16)).Decode(&f)
		if err == nil {
			err = fail(f)
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		w.WriteHeader(http.StatusCreated)
	}))
	mux.HandleFunc("DELETE /api/faults", guarded(func(w http.ResponseWriter, _ *http.Request) {
		p.Clear()
		w.WriteHeader(http.StatusNoContent)
	}))
}

// Hang never answers, until the client leaves.
func Hang(r *http.Request) {
	<-r.Context().Done()
	Close()
}

// Close hangs up.
func Close() { panic(http.ErrAbortHandler) }

// Break begins an answer and hangs up in the middle of it.
func Break(w http.ResponseWriter, status int) {
	w.Header().Set("Content-Length", "1000")
	w.WriteHeader(status)
	_, _ = w.Write([]byte("{"))
	_ = http.NewResponseController(w).Flush() // the beginning has to be on its way
	Close()
}

// Drip answers a byte at a time for a minute, or until nobody listens any more.
func Drip(w http.ResponseWriter, r *http.Request, status int) {
	w.WriteHeader(status)
	control := http.NewResponseController(w)
	for range 60 {
		if _, err := w.Write([]byte(" ")); err != nil || control.Flush() != nil {
			return
		}
		select {
		case <-r.Context().Done():
			return
		case <-time.After(time.Second):
		}
	}
}
