// Package sendgrid is a stand-in for SendGrid: it checks what SendGrid checks,
// answers as SendGrid answers, can be told to fail in the ways that SendGrid
// fails, and shows what it was given on a mailbox page.
//
// It shares no code with the client that it stands in for.
package sendgrid

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"waybill/devstack/fault"
	"waybill/devstack/show"
)

// Config is what the stand-in needs.
type Config struct {
	// Key is the API key that posts and changes must carry; it is required.
	Key string
	// File keeps the mails over a restart, a JSON object a line; empty keeps
	// them in memory.
	File string
	// Webhook is where events go.
	Webhook Webhook
	// NoLogs is a key that may not read the email logs.
	NoLogs bool
}

// Server is the stand-in; it is an http.Handler.
type Server struct {
	file   string
	mux    *http.ServeMux
	faults fault.Plan[Fault]

	mu      sync.Mutex
	keys    []string
	mails   []Mail
	posts   []Post
	account Account

	webhook Webhook
	events  events
}

// Mail is a mail that was accepted.
type Mail struct {
	ID         int               `json:"id"`
	MessageID  string            `json:"message_id"`
	ReceivedAt time.Time         `json:"received_at"`
	From       string            `json:"from"`
	FromName   string            `json:"from_name"`
	To         string            `json:"to"`
	ToName     string            `json:"to_name"`
	Subject    string            `json:"subject"`
	Text       string            `json:"text"`
	HTML       string            `json:"html"`
	Headers    map[string]string `json:"headers"`
	CustomArgs map[string]string `json:"custom_args"`
	Categories []string          `json:"categories"`
	// Dropped says why an accepted mail would never arrive.
	Dropped string `json:"dropped,omitempty"`
}

// Post is one request to /v3/mail/send.
type Post struct {
	At time.Time `json:"at"`
	// Status is what was answered; 0 if nothing was.
	Status     int               `json:"status"`
	Accepted   bool              `json:"accepted"`
	MessageID  string            `json:"message_id,omitempty"`
	Fault      string            `json:"fault,omitempty"`
	To         string            `json:"to"`
	CustomArgs map[string]string `json:"custom_args"`
}

// New returns a stand-in with the mails of its file.
func New(c Config) (*Server, error) {
	if c.Key == "" {
		return nil, errors.New("the stand-in for SendGrid needs an API key: set SENDGRID_API_KEY to the key that the worker has")
	}
	s := &Server{keys: []string{c.Key}, file: c.File, mux: http.NewServeMux(), webhook: c.Webhook, account: usualAccount(c.Webhook)}
	if err := s.load(); err != nil {
		return nil, err
	}
	s.mux.HandleFunc("POST /v3/mail/send", s.send)
	s.mux.HandleFunc("GET /v3/scopes", s.answering("", tellScopes))
	s.mux.HandleFunc("GET /v3/whitelabel/domains", s.answering(ScopeSenders, tellDomains))
	s.mux.HandleFunc("GET /v3/verified_senders", s.answering(ScopeSenders, tellSenders))
	s.mux.HandleFunc("GET /v3/user/webhooks/event/settings/all", s.answering(ScopeWebhooks, tellWebhooks))
	if !c.NoLogs {
		s.mux.HandleFunc("POST /v3/logs", s.guarded(s.searchLogs))
		s.mux.HandleFunc("GET /v3/logs/{id}", s.guarded(s.readLog))
	}
	s.mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	s.mux.HandleFunc("GET /api/mails", func(w http.ResponseWriter, _ *http.Request) { show.JSON(w, s.Mails()) })
	s.mux.HandleFunc("GET /api/posts", func(w http.ResponseWriter, _ *http.Request) { show.JSON(w, s.Posts()) })
	s.mux.HandleFunc("DELETE /api/mails", s.guarded(s.clearMails))
	s.faults.Handle(s.mux, s.guarded, s.Fail)
	s.mux.HandleFunc("GET /{$}", s.mailbox)
	s.mux.HandleFunc("GET /mails/{id}", s.mailPage)
	return s, nil
}

// ServeHTTP serves SendGrid's API, the stand-in's own, and the mailbox.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

// Mails are the accepted mails, oldest first.
func (s *Server) Mails() []Mail {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(append([]Mail{}, s.mails...))
}

// Posts are the requests since the start, oldest first.
func (s *Server) Posts() []Post {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Post{}, s.posts...)
}

func (s *Server) authorized(r *http.Request) bool {
	given, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	s.mu.Lock()
	defer s.mu.Unlock()
	return ok && slices.ContainsFunc(s.keys, func(key string) bool { return subtle.ConstantTimeCompare([]byte(given), []byte(key)) == 1 })
}

// SetKeys makes and deletes API keys: SendGrid has several at a time.
func (s *Server) SetKeys(keys ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keys = keys
}

// guarded lets only the bearer of the key change something: a page in the
// newcomer's browser can reach this port too.
func (s *Server) guarded(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if !s.authorized(r) {
			http.Error(w, "send the header Authorization: Bearer <the SendGrid key of the stack>", http.StatusUnauthorized)
			return
		}
		next(w, r)
	}
}

func (s *Server) mail(id string) (Mail, bool) {
	n, err := strconv.Atoi(id)
	if err != nil {
		return Mail{}, false
	}
	for _, m := range s.Mails() {
		if m.ID == n {
			return m, true
		}
	}
	return Mail{}, false
}

// keep accepts mails: they are on disk before the answer says so.
func (s *Server) keep(mails []Mail) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var lines []byte
	for i := range mails {
		mails[i].ID = len(s.mails) + i + 1
		line, err := json.Marshal(mails[i])
		if err != nil {
			return err
		}
		lines = append(append(lines, line...), '\n')
	}
	if s.file != "" {
		f, err := os.OpenFile(s.file, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
		if err != nil {
			return err
		}
		if _, err = f.Write(lines); err == nil {
			err = f.Sync()
		}
		if err = errors.Join(err, f.Close()); err != nil {
			return err
		}
	}
	s.mails = append(s.mails, mails...)
	return nil
}

func (s *Server) clearMails(w http.ResponseWriter, _ *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.file != "" {
		if err := os.Remove(s.file); err != nil && !errors.Is(err, fs.ErrNotExist) {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
	}
	s.mails = nil
	w.WriteHeader(http.StatusNoContent)
}

func (s *Server) load() error {
	if s.file == "" {
		return nil
	}
	raw, err := os.ReadFile(s.file)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("read the mailbox: %w", err)
	}
	for line := range strings.Lines(string(raw)) {
		var m Mail
		if err := json.Unmarshal([]byte(line), &m); err != nil {
			return fmt.Errorf("read the mailbox %s (start over with FRESH=1): %w", s.file, err)
		}
		s.mails = append(s.mails, m)
	}
	return nil
}

// newMessageID has SendGrid's form: 22 characters of base64url.
func newMessageID() string {
	var raw [16]byte
	_, _ = rand.Read(raw[:])
	return base64.RawURLEncoding.EncodeToString(raw[:])
}
