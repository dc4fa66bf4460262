package sendgrid

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"waybill/devstack/fault"
)

// The kinds of fault.
const (
	// FaultStatus answers with a status and accepts nothing.
	FaultStatus = "status"
	// FaultHang takes the request, accepts nothing and never answers.
	FaultHang = "hang"
	// FaultClose takes the request, accepts nothing and hangs up.
	FaultClose = "close"
	// FaultAcceptThenHang accepts the mail and never answers.
	FaultAcceptThenHang = "accept-then-hang"
	// FaultAcceptThenClose accepts the mail and hangs up.
	FaultAcceptThenClose = "accept-then-close"
	// FaultAcceptThenBreak accepts the mail, says so, and hangs up in the middle
	// of its answer.
	FaultAcceptThenBreak = "accept-then-break"
	// FaultDrip accepts the mail and answers a byte at a time, for a minute.
	FaultDrip = "drip"
)

// Fault is one way to fail, for some time.
type Fault struct {
	Kind string `json:"fault"`
	// Status is what FaultStatus answers.
	Status int `json:"status,omitempty"`
	// Message replaces the status's usual error text.
	Message string `json:"message,omitempty"`
	// Times is how many posts fail; 0 is until the faults are cleared.
	Times int `json:"times,omitempty"`
	// To limits the fault to one address; empty is everybody.
	To string `json:"to,omitempty"`
	// RetryAfter is, in seconds, when a 429 may be tried again.
	RetryAfter int `json:"retry_after,omitempty"`
}

// Plan has a stand-in in another process fail like this; key is its API key.
func (f *Fault) Plan(ctx context.Context, address, key string) error {
	body, err := json.Marshal(f)
	if err != nil {
		return fmt.Errorf("spell a fault: %w", err)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, address+"/api/faults", bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("make the request: %w", err)
	}
	r.Header.Set("Authorization", "Bearer "+key)
	resp, err := (&http.Client{Timeout: planTimeout}).Do(r)
	if err != nil {
		return fmt.Errorf("plan a fault of SendGrid (is the stack running? start it with: make run): %w", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode/100 != 2 {
		return fmt.Errorf("plan a fault of SendGrid: it answers %s", resp.Status)
	}
	return nil
}

const planTimeout = 10 * time.Second

func (f *Fault) accepts() bool {
	return f.Kind == FaultAcceptThenHang || f.Kind == FaultAcceptThenClose || f.Kind == FaultAcceptThenBreak || f.Kind == FaultDrip
}

func (f *Fault) check() error {
	kinds := []string{FaultStatus, FaultHang, FaultClose, FaultAcceptThenHang, FaultAcceptThenClose, FaultAcceptThenBreak, FaultDrip}
	switch {
	case !slices.Contains(kinds, f.Kind):
		return fmt.Errorf("fault is %q: use one of %s", f.Kind, strings.Join(kinds, ", "))
	case f.Kind == FaultStatus && (f.Status < 300 || f.Status > 599):
		return fmt.Errorf("status is %d: use one from 300 to 599", f.Status)
	case f.Times < 0 || f.RetryAfter < 0:
		return fmt.Errorf("times and retry_after cannot be negative")
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

// nextFault takes the first fault that is planned for an address.
func (s *Server) nextFault(to string) *Fault {
	return s.faults.Next(func(f Fault) bool { return f.To == "" || strings.EqualFold(f.To, to) })
}

// usual are SendGrid's own words for some statuses.
var usual = map[int]string{
	http.StatusBadRequest:                 "Bad Request",
	http.StatusUnauthorized:               "The provided authorization grant is invalid, expired, or revoked",
	http.StatusForbidden:                  "The from address does not match a verified Sender Identity. Mail cannot be sent until this error is resolved. Visit https://sendgrid.com/docs/for-developers/sending-email/sender-identity/ to see the Sender Identity requirements",
	http.StatusTooManyRequests:            "too many requests",
	http.StatusInternalServerError:        "internal server error",
	http.StatusUnavailableForLegalReasons: "unavailable due to data residency restrictions",
}

const badGateway = "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"

// fail answers a post as the fault wants, or not at all.
func (s *Server) fail(w http.ResponseWriter, r *http.Request, p Post, f *Fault) {
	switch f.Kind {
	case FaultHang, FaultAcceptThenHang:
		s.note(p, 0)
		fault.Hang(r)
		return
	case FaultClose, FaultAcceptThenClose:
		s.note(p, 0)
		fault.Close()
		return
	case FaultAcceptThenBreak:
		s.note(p, http.StatusAccepted)
		w.Header().Set("X-Message-Id", p.MessageID)
		fault.Break(w, http.StatusAccepted)
		return
	case FaultDrip:
		s.note(p, http.StatusAccepted)
		w.Header().Set("X-Message-Id", p.MessageID)
		fault.Drip(w, r, http.StatusAccepted)
		return
	}
	if f.RetryAfter > 0 {
		w.Header().Set("X-RateLimit-Reset", strconv.FormatInt(time.Now().Add(time.Duration(f.RetryAfter)*time.Second).Unix(), 10))
	}
	switch f.Status {
	case http.StatusBadGateway: // the proxy in front of SendGrid speaks
		s.note(p, f.Status)
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(f.Status)
		fmt.Fprint(w, badGateway)
		return
	case http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		s.note(p, f.Status)
		w.Header().Set("Content-Type", "text/plain")
		w.WriteHeader(f.Status)
		return
	}
	text := f.Message
	if text == "" {
		text = usual[f.Status]
	}
	if text == "" {
		text = http.StatusText(f.Status)
	}
	s.refuse(w, p, f.Status, problem{Message: text})
}
