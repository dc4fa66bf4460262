// Package merchant is a stand-in for the merchant's own payment endpoint, which
// Waybill asks to pay refunds: it checks what a careful endpoint checks, pays
// once, can be told to fail in the ways that endpoints fail, and shows on a page
// what it paid.
//
// The contract, which docs/paying.md tells those who write such an endpoint:
//
//	POST <url>
//	Content-Type: application/json
//	Idempotency-Key: refund:demo:42
//	Waybill-Timestamp: <unix seconds>
//	Waybill-Signature: sha256=<hex of HMAC-SHA256(secret, timestamp + "." + body)>
//
//	{"key":"refund:demo:42","integration":"demo","return_id":42,"order_number":"1042","amount":"120.00","currency":"EUR"}
//
// The key is the same in header and body. The order number may be missing. The
// amount has the decimals of its currency. While the secret is rotated, the header
// holds several signatures, separated by commas, of which one has to fit.
//
// The endpoint refuses a signature that does not fit, and a timestamp that is more
// than 5 minutes off, with 401, and a body over 64 KiB. It pays once for a key, and
// answers
//
//	200 with {"paid":true,"key":"refund:demo:42","reference":"..."}   it is paid
//	409 with the same                                                 it was paid before
//	422                                                               it was paid before, with another amount
//
// Any other 4xx asks for a person, and so does a 2xx or 409 without that body. After 408, 425, 429, a 5xx or no answer at all,
// Waybill asks again with the same key, and never assumes.
//
// The stand-in shares no code with the client that asks it.
package merchant

import (
	"crypto/subtle"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"waybill/devstack/fault"
	"waybill/devstack/show"
)

// Path is where refunds are paid.
const Path = "/refunds"

// Config is what the stand-in needs.
type Config struct {
	// Key is the secret that posts are signed with, and that changes must carry;
	// it is required.
	Key string
	// File keeps the payments over a restart, a JSON object a line; empty keeps
	// them in memory.
	File string
}

// Server is the stand-in; it is an http.Handler.
type Server struct {
	file   string
	mux    *http.ServeMux
	faults fault.Plan[Fault]

	mu       sync.Mutex
	secret   string
	payments []Payment
	posts    []Post
}

// Payment is a refund that was paid.
type Payment struct {
	PaidAt      time.Time `json:"paid_at"`
	Reference   string    `json:"reference"`
	Key         string    `json:"key"`
	Integration string    `json:"integration"`
	ReturnID    int64     `json:"return_id"`
	OrderNumber string    `json:"order_number,omitempty"`
	Amount      string    `json:"amount"`
	Currency    string    `json:"currency"`
}

// Post is one request to pay.
type Post struct {
	At time.Time `json:"at"`
	// Key is what the header says.
	Key     string  `json:"key"`
	Outcome Outcome `json:"outcome"`
	// Status is what was answered; 0 if nothing was.
	Status int `json:"status"`
	// Why says what is wrong with a post that was refused.
	Why   string `json:"why,omitempty"`
	Fault string `json:"fault,omitempty"`
}

// Outcome is what became of the money.
type Outcome string

// The outcomes.
const (
	Paid          Outcome = "paid"
	PaidBefore    Outcome = "paid before"
	AnotherAmount Outcome = "paid before, with another amount"
	Refused       Outcome = "refused"
	Failed        Outcome = "failed"
)

//go:embed pages
var files embed.FS

var pages = show.Templates(files, "pages/*.html")

// New returns a stand-in with the payments of its file.
func New(c Config) (*Server, error) {
	if len(c.Key) < shortestKey {
		return nil, fmt.Errorf("the stand-in for the merchant needs a secret of at least %d characters: set WAYBILL_PAY_KEY to the one that the worker signs with", shortestKey)
	}
	s := &Server{secret: c.Key, file: c.File, mux: http.NewServeMux()}
	if err := s.load(); err != nil {
		return nil, err
	}
	s.mux.HandleFunc("POST "+Path, s.pay)
	s.mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	s.mux.HandleFunc("GET /api/payments", func(w http.ResponseWriter, _ *http.Request) { show.JSON(w, s.Payments()) })
	s.mux.HandleFunc("GET /api/posts", func(w http.ResponseWriter, _ *http.Request) { show.JSON(w, s.Posts()) })
	s.mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		payments := s.Payments()
		slices.Reverse(payments)
		show.Page(w, pages, "payments.html", payments)
	})
	s.faults.Handle(s.mux, s.guarded, s.Fail)
	return s, nil
}

// ServeHTTP serves the endpoint, the stand-in's own API, and the page.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

// Payments are what was paid, oldest first.
func (s *Server) Payments() []Payment {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Payment{}, s.payments...)
}

// Posts are the requests to pay since the start, oldest first.
func (s *Server) Posts() []Post {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Post{}, s.posts...)
}

// guarded lets only the bearer of the secret change something: a page in the
// newcomer's browser can reach this port too.
func (s *Server) guarded(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		given, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		if !ok || subtle.ConstantTimeCompare([]byte(given), []byte(s.key())) != 1 {
			http.Error(w, "send the header Authorization: Bearer <the secret that payments of the stack are signed with>", http.StatusUnauthorized)
			return
		}
		next(w, r)
	}
}

func (s *Server) key() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.secret
}

// SetKey changes the secret.
func (s *Server) SetKey(key string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.secret = key
}

// keep keeps a payment: it is on disk before the answer says so. The lock is
// held.
func (s *Server) keep(p Payment) error {
	if s.file != "" {
		line, err := json.Marshal(p)
		if err != nil {
			return fmt.Errorf("keep a payment: %w", err)
		}
		f, err := os.OpenFile(s.file, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
		if err != nil {
			return fmt.Errorf("keep a payment: %w", err)
		}
		if _, err = f.Write(append(line, '\n')); err == nil {
			err = f.Sync()
		}
		if err = errors.Join(err, f.Close()); err != nil {
			return fmt.Errorf("keep a payment: %w", err)
		}
	}
	s.payments = append(s.payments, p)
	return nil
}

func (s *Server) load() error {
	if s.file == "" {
		return nil
	}
	raw, err := os.ReadFile(s.file)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("read the payments: %w", err)
	}
	for line := range strings.Lines(string(raw)) {
		var p Payment
		if err := json.Unmarshal([]byte(line), &p); err != nil {
			return fmt.Errorf("read the payments in %s (start over with FRESH=1): %w", s.file, err)
		}
		s.payments = append(s.payments, p)
	}
	return nil
}
