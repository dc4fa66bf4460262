package sendgrid

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/sendgrid/rest"

	"waybill/delivery"
)

// ErrNoLogs means that there is no proof, for or against: the key lacks the scope for
// SendGrid's email logs, or they do not answer.
var ErrNoLogs = errors.New("SendGrid's email logs cannot be read")

// logged is a mail in SendGrid's email logs.
// https://www.twilio.com/docs/sendgrid/api-reference/email-logs
type logged struct {
	ID   string                     `json:"sg_message_id"`
	Args map[string]json.RawMessage `json:"custom_args"`
	// Events are what became of it, like those of the Event Webhook, without its arguments.
	Events json.RawMessage `json:"events"`
}

// arg is a custom argument of the mail.
func (l logged) arg(name string) string {
	var value string
	if json.Unmarshal(l.Args[name], &value) != nil {
		return ""
	}
	return value
}

// mostLogged is how many mails to one address are read.
const mostLogged = 20

// Find looks in SendGrid's logs for a mail with this key that was sent to this address
// since a moment. It is for posts that got no answer. The error is [ErrNoLogs].
func (c *Client) Find(ctx context.Context, key, to string, since time.Time) (id string, found bool, err error) {
	err = c.mailsTo(ctx, to, since, func(l logged) bool {
		if found = l.arg(argKey) == key; found {
			id, _, _ = strings.Cut(l.ID, ".")
		}
		return !found
	})
	return id, found, err
}

// Trace lists our mails to an address since a moment, newest first.
func (c *Client) Trace(ctx context.Context, to string, since time.Time) ([]delivery.Reference, error) {
	var all []delivery.Reference
	err := c.mailsTo(ctx, to, since, func(l logged) bool {
		if r := (delivery.Reference{Subject: subjectIn(l.arg), Key: l.arg(argKey)}); r.Subject != "" && mailKey.MatchString(r.Key) {
			all = append(all, r)
		}
		return true
	})
	return all, err
}

// Reports says what became of our mails to an address since a moment, by key: the newest event of
// each that says so. The error is [ErrNoLogs].
func (c *Client) Reports(ctx context.Context, to string, since time.Time) (map[string]delivery.Report, error) {
	all := map[string]delivery.Report{}
	err := c.mailsTo(ctx, to, since, func(l logged) bool {
		key := l.arg(argKey)
		events, _ := DecodeEvents(l.Events, since) // of what is no list, nothing is known
		for _, event := range events {
			r := event.Report
			if newest, known := all[key]; r.Kind != "" && mailKey.MatchString(key) && (!known || !r.At.Before(newest.At)) {
				r.Key = key
				all[key] = r
			}
		}
		return true
	})
	return all, err
}

// mailsTo goes through the mails to an address until look returns false.
func (c *Client) mailsTo(ctx context.Context, to string, since time.Time, look func(logged) bool) error {
	to, fault := postal(to)
	if fault != "" || strings.ContainsAny(to, `'"\\`) {
		return ErrNoLogs // it must not become part of the query
	}
	query, err := json.Marshal(map[string]any{
		"query": fmt.Sprintf(`to_email = '%s' AND sg_message_id_created_at > TIMESTAMP "%s"`, to, since.UTC().Format(time.RFC3339)),
		"limit": mostLogged,
	})
	if err != nil {
		return err
	}
	var list struct {
		Messages []logged `json:"messages"`
	}
	if c.api.ask(ctx, rest.Post, "/v3/logs", query, &list) != nil {
		return ErrNoLogs
	}
	for i, m := range list.Messages {
		var whole logged
		if i == mostLogged {
			break
		}
		if c.api.ask(ctx, rest.Get, "/v3/logs/"+url.PathEscape(m.ID), nil, &whole) != nil {
			return ErrNoLogs
		}
		if !look(whole) {
			break
		}
	}
	return nil
}
