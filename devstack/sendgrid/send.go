package sendgrid

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// sizeLimit is SendGrid's limit on a whole mail, 30 MB.
const sizeLimit = 30 << 20

// send is POST /v3/mail/send. The order of the checks is SendGrid's: the key
// first, then the form, and a planned fault after both.
func (s *Server) send(w http.ResponseWriter, r *http.Request) {
	post := Post{At: time.Now().UTC()}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, sizeLimit))
	var large *http.MaxBytesError
	switch {
	case !s.authorized(r):
		s.refuse(w, post, http.StatusUnauthorized, notAuthorized)
		return
	case !slices.Contains(s.SetUpNow().Scopes, ScopeSend):
		s.refuse(w, post, http.StatusForbidden, forbidden)
		return
	case errors.As(err, &large):
		s.refuse(w, post, http.StatusRequestEntityTooLarge, problem{Message: "content too large"})
		return
	case err != nil:
		return // the client has gone
	case !strings.HasPrefix(r.Header.Get("Content-Type"), "application/json"):
		s.refuse(w, post, http.StatusUnsupportedMediaType, problem{Message: "The Content-Type has to be application/json."})
		return
	case !utf8.Valid(body):
		s.refuse(w, post, http.StatusUnsupportedMediaType, problem{Message: "Invalid UTF8 in request"})
		return
	}
	var m message
	if err := json.Unmarshal(body, &m); err != nil {
		s.refuse(w, post, http.StatusBadRequest, problem{Message: "Bad Request"})
		return
	}
	post.To, post.CustomArgs = m.recipient(), m.customArgs()
	if problems := m.check(); len(problems) > 0 {
		s.refuse(w, post, http.StatusBadRequest, problems...)
		return
	}
	fault := s.nextFault(post.To)
	if fault != nil {
		post.Fault = fault.Kind
		if !fault.accepts() {
			s.fail(w, r, post, fault)
			return
		}
	}
	if m.Settings.Sandbox.Enable {
		s.note(post, http.StatusOK)
		w.WriteHeader(http.StatusOK)
		return
	}
	if !s.SetUpNow().sends(m.From.Email) {
		s.refuse(w, post, http.StatusForbidden, about("from", usual[http.StatusForbidden]))
		return
	}
	s.take(w, r, post, m, fault)
}

// take keeps a message that is in order, and answers as SendGrid does, or fails as planned.
func (s *Server) take(w http.ResponseWriter, r *http.Request, post Post, m message, fault *Fault) {
	mails := m.mails(newMessageID(), post.At)
	if err := s.keep(mails); err != nil {
		s.refuse(w, post, http.StatusInternalServerError, problem{Message: err.Error()})
		return
	}
	post.Accepted, post.MessageID = true, mails[0].MessageID
	for _, m := range mails {
		s.happen(m)
	}
	if fault != nil {
		s.fail(w, r, post, fault)
		return
	}
	s.note(post, http.StatusAccepted)
	w.Header().Set("X-Message-Id", mails[0].MessageID)
	w.WriteHeader(http.StatusAccepted)
}

// note remembers a post with its answer.
func (s *Server) note(p Post, status int) {
	p.Status = status
	s.mu.Lock()
	defer s.mu.Unlock()
	s.posts = append(s.posts, p)
}

// problem is one entry of SendGrid's error body.
type problem struct {
	Message string  `json:"message"`
	Field   *string `json:"field"`
	Help    *string `json:"help"`
}

func about(field, message string) problem { return problem{Message: message, Field: &field} }

func (s *Server) refuse(w http.ResponseWriter, p Post, status int, problems ...problem) {
	s.note(p, status)
	answerProblems(w, status, problems...)
}

func answerProblems(w http.ResponseWriter, status int, problems ...problem) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{"errors": problems})
}
