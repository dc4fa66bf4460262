package merchant

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"waybill/devstack/fault"
)

// The kinds of fault.
const (
	// FaultStatus answers with a status and pays nothing.
	FaultStatus = "status"
	// FaultHang takes the request, pays nothing and never answers.
	FaultHang = "hang"
	// FaultClose takes the request, pays nothing and hangs up.
	FaultClose = "close"
	// FaultPayThenHang pays and never answers.
	FaultPayThenHang = "pay-then-hang"
	// FaultPayThenClose pays and hangs up.
	FaultPayThenClose = "pay-then-close"
	// FaultPayThenBreak pays, says so, and hangs up in the middle of its answer.
	FaultPayThenBreak = "pay-then-break"
	// FaultPage pays nothing and answers 200 with a web page, as a wrong address does.
	FaultPage = "page"
	// FaultPayThenPage pays, and answers the same.
	FaultPayThenPage = "pay-then-page"
	// FaultDrip pays and answers a byte at a time, for a minute.
	FaultDrip = "drip"
)

// Fault is one way to fail, for some time.
type Fault struct {
	Kind string `json:"fault"`
	// Status is what FaultStatus answers.
	Status int `json:"status,omitempty"`
	// Message replaces the status's usual text.
	Message string `json:"message,omitempty"`
	// Times is how many posts fail; 0 is until the faults are cleared.
	Times int `json:"times,omitempty"`
	// Key limits the fault to the refund with this key; empty is every refund.
	Key string `json:"key,omitempty"`
	// RetryAfter is after how many seconds one may ask again.
	RetryAfter int `json:"retry_after,omitempty"`
}

func (f Fault) pays() bool {
	return f.Kind == FaultPayThenHang || f.Kind == FaultPayThenClose || f.Kind == FaultPayThenBreak || f.Kind == FaultPayThenPage || f.Kind == FaultDrip
}

func (f Fault) check() error {
	kinds := []string{FaultStatus, FaultHang, FaultClose, FaultPayThenHang, FaultPayThenClose, FaultPayThenBreak, FaultPage, FaultPayThenPage, FaultDrip}
	switch {
	case !slices.Contains(kinds, f.Kind):
		return fmt.Errorf("fault is %q: use one of %s", f.Kind, strings.Join(kinds, ", "))
	case f.Kind == FaultStatus && (f.Status < 300 || f.Status > 599):
		return fmt.Errorf("status is %d: use one from 300 to 599", f.Status)
	case f.Times < 0 || f.RetryAfter < 0:
		return errors.New("times and retry_after cannot be negative")
	}
	return nil
}

// Fail plans a fault.
func (s *Server) Fail(f Fault) error {
	if err := f.check(); err != nil {
		return err
	}
	s.faults.Add(f, f.Times)
	return nil
}

// Mend clears all faults.
func (s *Server) Mend() { s.faults.Clear() }

// fail answers a post as the fault wants, or not at all.
func (s *Server) fail(w http.ResponseWriter, r *http.Request, p Post, f Fault) {
	switch f.Kind {
	case FaultHang, FaultPayThenHang:
		s.note(p, 0)
		fault.Hang(r)
	case FaultClose, FaultPayThenClose:
		s.note(p, 0)
		fault.Close()
	case FaultPayThenBreak:
		s.note(p, answers[p.Outcome])
		fault.Break(w, answers[p.Outcome])
	case FaultPage, FaultPayThenPage:
		s.note(p, http.StatusOK)
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = io.WriteString(w, "<!doctype html><title>Shop</title><h1>Welcome to our shop</h1>\n")
	case FaultDrip:
		s.note(p, answers[p.Outcome])
		fault.Drip(w, r, answers[p.Outcome])
	default:
		s.note(p, f.Status)
		if f.RetryAfter > 0 {
			w.Header().Set("Retry-After", strconv.Itoa(f.RetryAfter))
		}
		http.Error(w, cmp.Or(f.Message, http.StatusText(f.Status)), f.Status)
	}
}
