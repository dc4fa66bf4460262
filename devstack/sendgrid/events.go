package sendgrid

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	mathrand "math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"waybill/devstack/show"
)

// Webhook is where events are posted, as SendGrid's Event Webhook does: in
// batches, signed, some of them twice and not in order, and again until they are
// taken.
type Webhook struct {
	// URL is the address; empty posts nothing.
	URL string
	// Key signs the batches.
	Key *ecdsa.PrivateKey
	// Every is how often what has happened is posted; a fifth of a second if 0.
	Every time.Duration
}

// PublicKey is the verification key, as SendGrid shows it.
func (w Webhook) PublicKey() string {
	der, err := x509.MarshalPKIXPublicKey(&w.Key.PublicKey)
	if err != nil {
		return "" // an ECDSA key always has a form
	}
	return base64.StdEncoding.EncodeToString(der)
}

// What an address does with mails, by how it begins: SendGrid's test accounts
// have nothing of the kind.
const (
	magicBounce      = "bounce"
	magicAsyncBounce = "async-bounce"
	magicBlocked     = "blocked"
	magicSpam        = "spam"
	magicSilent      = "silent"
)

// Event is one event, by SendGrid's names.
type Event map[string]any

// events are what happens to mails, until it is posted.
type events struct {
	mu         sync.Mutex
	due        []Event
	suppressed map[string]string
	// logged are the events of each mail, by its id.
	logged map[string][]Event
}

// happen makes the events of a mail that was accepted.
func (s *Server) happen(m Mail) {
	s.events.mu.Lock()
	defer s.events.mu.Unlock()
	event := func(kind string, more Event) {
		e := newEvent(m, kind, more)
		if s.events.logged == nil {
			s.events.logged = map[string][]Event{}
		}
		s.events.logged[m.MessageID] = append(s.events.logged[m.MessageID], logEntry(m, e))
		if s.webhook.URL == "" {
			return
		}
		s.events.due = append(s.events.due, e)
		if mathrand.IntN(10) == 0 {
			s.events.due = append(s.events.due, e) // duplicates happen
		}
	}
	drop := func(reason string) { event("dropped", Event{"reason": reason}) }
	if s.events.suppressed == nil {
		s.events.suppressed = map[string]string{}
	}
	bounced := Event{"type": "bounce", "status": "5.1.1", "reason": "550 5.1.1 <" + m.To + "> is unknown here", "bounce_classification": "Invalid Address"}
	switch {
	case m.Dropped != "":
		drop(m.Dropped)
	case s.events.suppressed[m.To] != "":
		drop(s.events.suppressed[m.To])
	case strings.HasPrefix(m.To, magicSilent):
	case strings.HasPrefix(m.To, magicAsyncBounce):
		event("processed", nil)
		event("delivered", Event{"response": "250 OK", "ip": "192.0.2.25"})
		bounced["sg_message_id"], bounced["smtp-id"], bounced["category"] = "", nil, nil
		for name := range m.CustomArgs {
			bounced[name] = nil
		}
		event("bounce", bounced)
		s.events.suppressed[m.To] = "Bounced Address"
	case strings.HasPrefix(m.To, magicBounce):
		event("processed", nil)
		event("bounce", bounced)
		s.events.suppressed[m.To] = "Bounced Address"
	case strings.HasPrefix(m.To, magicBlocked):
		event("processed", nil)
		event("bounce", Event{"type": "blocked", "status": "4.2.2", "reason": "452 mailbox full", "bounce_classification": "Mailbox Unavailable"})
	case strings.HasPrefix(m.To, magicSpam):
		event("processed", nil)
		event("delivered", Event{"response": "250 OK", "ip": "192.0.2.25"})
		event("spamreport", nil)
		s.events.suppressed[m.To] = "Spam Reporting Address"
	default:
		event("processed", nil)
		event("delivered", Event{"response": "250 OK", "ip": "192.0.2.25"})
	}
}

// newEvent is an event of a mail with some fields more; one that is nil is left out.
func newEvent(m Mail, kind string, more Event) Event {
	e := Event{
		"event": kind, "email": m.To, "timestamp": time.Now().Unix(), "category": m.Categories,
		"sg_event_id": newMessageID(), "sg_message_id": m.MessageID + ".recvd-standin-1.0", "smtp-id": m.Headers["Message-ID"],
	}
	for name, value := range m.CustomArgs {
		e[name] = value
	}
	for name, value := range more {
		if value == nil {
			delete(e, name)
		} else {
			e[name] = value
		}
	}
	return e
}

// take takes what is due, in any order.
func (e *events) take() []Event {
	e.mu.Lock()
	defer e.mu.Unlock()
	due := e.due
	e.due = nil
	mathrand.Shuffle(len(due), func(i, j int) { due[i], due[j] = due[j], due[i] })
	return due
}

// giveBack has what was not taken posted again.
func (e *events) giveBack(due []Event) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.due = append(due, e.due...)
}

// PostEvents posts events until ctx ends.
func (s *Server) PostEvents(ctx context.Context) {
	every := s.webhook.Every
	if every == 0 {
		every = 200 * time.Millisecond
	}
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		due := s.events.take()
		if len(due) > 0 && s.webhook.post(ctx, due) != nil {
			s.events.giveBack(due)
		}
	}
}

// Body is a batch in SendGrid's spelling: sorted keys, and a line end after each
// event, which is signed too.
func Body(batch []Event) ([]byte, error) {
	var b bytes.Buffer
	b.WriteString("[")
	for i, e := range batch {
		if i > 0 {
			b.WriteString(",\r\n")
		}
		raw, err := json.Marshal(e)
		if err != nil {
			return nil, err
		}
		b.Write(raw)
	}
	b.WriteString("]\r\n")
	return b.Bytes(), nil
}

// Sign signs a batch.
func (w Webhook) Sign(timestamp string, body []byte) (string, error) {
	sum := sha256.Sum256(append([]byte(timestamp), body...))
	der, err := ecdsa.SignASN1(rand.Reader, w.Key, sum[:])
	return base64.StdEncoding.EncodeToString(der), err
}

func (w Webhook) post(ctx context.Context, batch []Event) error {
	body, err := Body(batch)
	if err != nil {
		return err
	}
	timestamp := strconv.FormatInt(time.Now().Unix(), 10)
	signature, err := w.Sign(timestamp, body)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, w.URL, bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json;charset=utf-8")
	r.Header.Set("User-Agent", "SendGrid Event API")
	r.Header.Set("X-Twilio-Email-Event-Webhook-Signature", signature)
	r.Header.Set("X-Twilio-Email-Event-Webhook-Timestamp", timestamp)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	if err := resp.Body.Close(); err != nil || resp.StatusCode/100 != 2 {
		return fmt.Errorf("the webhook was answered %d", resp.StatusCode)
	}
	return nil
}

// searchLogs is POST /v3/logs, as far as the mails of one address go.
// https://www.twilio.com/docs/sendgrid/api-reference/email-logs
func (s *Server) searchLogs(w http.ResponseWriter, r *http.Request) {
	var search struct {
		Query string `json:"query"`
	}
	if json.NewDecoder(r.Body).Decode(&search) != nil || !strings.Contains(search.Query, "to_email") {
		http.Error(w, `{"errors":[{"message":"invalid query"}]}`, http.StatusBadRequest)
		return
	}
	messages := []map[string]any{}
	for _, m := range slices.Backward(s.Mails()) {
		if strings.Contains(search.Query, "'"+m.To+"'") {
			messages = append(messages, s.logged(m))
		}
	}
	show.JSON(w, map[string]any{"messages": messages})
}

func (s *Server) logged(m Mail) map[string]any {
	return map[string]any{
		"from_email": m.From, "sg_message_id": m.MessageID + ".recvd-standin-1.0", "subject": m.Subject, "to_email": m.To,
		"status": "processed", "sg_message_id_created_at": m.ReceivedAt.Format(time.RFC3339),
	}
}

// logEntry is an event as the logs have it: with the id of the mail, and without its arguments.
func logEntry(m Mail, e Event) Event {
	entry := maps.Clone(e)
	entry["sg_message_id"] = m.MessageID + ".recvd-standin-1.0"
	maps.DeleteFunc(entry, func(name string, _ any) bool { return strings.HasPrefix(name, "waybill_") || name == "category" })
	return entry
}

// of are the events of a mail. Those of a mail that an earlier process took are forgotten.
func (e *events) of(m Mail) []Event {
	e.mu.Lock()
	defer e.mu.Unlock()
	return append([]Event{{
		"event": "processed", "email": m.To, "sg_message_id": m.MessageID + ".recvd-standin-1.0", "sg_event_id": newMessageID(),
		"timestamp": m.ReceivedAt.Unix(), "smtp-id": m.Headers["Message-ID"],
	}}, e.logged[m.MessageID]...)
}

// readLog is GET /v3/logs/{id}.
func (s *Server) readLog(w http.ResponseWriter, r *http.Request) {
	for _, m := range s.Mails() {
		if m.MessageID+".recvd-standin-1.0" == r.PathValue("id") {
			logged := s.logged(m)
			logged["custom_args"], logged["category"] = m.CustomArgs, m.Categories
			logged["api_key_id"], logged["client_ip"] = "standin", "127.0.0.1"
			logged["events"] = s.events.of(m)
			show.JSON(w, logged)
			return
		}
	}
	http.NotFound(w, r)
}
