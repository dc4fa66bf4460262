package sendgrid

import (
	"cmp"
	"context"
	"crypto/ecdsa"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/sendgrid/rest"
	sgmail "github.com/sendgrid/sendgrid-go/helpers/mail"

	"waybill/delivery"
)

// Account asks SendGrid how the account of a key is set up. It changes nothing and sends no
// mail. An answer other than the one that was asked for is a [*Refusal].
type Account struct{ api api }

// OpenAccount makes no call. An empty baseURL is [DefaultURL].
func OpenAccount(key, baseURL string) Account {
	return Account{newAPI(key, cmp.Or(baseURL, DefaultURL))}
}

// ScopeSend is the scope of a key that may send mails.
const ScopeSend = "mail.send"

// Scopes are what the key may do.
// https://www.twilio.com/docs/sendgrid/api-reference/api-key-permissions/retrieve-a-list-of-scopes-for-which-this-user-has-access
func (a Account) Scopes(ctx context.Context) ([]string, error) {
	var told struct {
		Scopes []string `json:"scopes"`
	}
	err := a.api.ask(ctx, rest.Get, "/v3/scopes", nil, &told)
	return told.Scopes, err
}

// Standing is what SendGrid knows of a sender.
type Standing string

// The standings.
const (
	// DomainAuthenticated is a sender whose domain signs its mails.
	DomainAuthenticated Standing = "domain authenticated"
	// SingleSender is an address that was verified by itself. Its domain signs nothing.
	SingleSender Standing = "single sender"
	// NotVerified is a sender whose mails are refused.
	NotVerified Standing = "not verified"
)

// Sender is how an address stands. It needs a key that may read the sender authentication.
// https://www.twilio.com/docs/sendgrid/for-developers/sending-email/sender-identity
func (a Account) Sender(ctx context.Context, address string) (Standing, error) {
	domain := address[strings.LastIndexByte(address, '@')+1:]
	var domains []struct {
		Domain string `json:"domain"`
		Valid  bool   `json:"valid"`
	}
	if err := a.api.ask(ctx, rest.Get, "/v3/whitelabel/domains?domain="+url.QueryEscape(domain), nil, &domains); err != nil {
		return "", err
	}
	for _, d := range domains {
		if d.Valid && strings.EqualFold(d.Domain, domain) {
			return DomainAuthenticated, nil
		}
	}
	var senders struct {
		Results []struct {
			Email    string `json:"from_email"`
			Verified bool   `json:"verified"`
		} `json:"results"`
	}
	if err := a.api.ask(ctx, rest.Get, "/v3/verified_senders", nil, &senders); err != nil {
		return "", err
	}
	for _, s := range senders.Results {
		if s.Verified && strings.EqualFold(s.Email, address) {
			return SingleSender, nil
		}
	}
	return NotVerified, nil
}

// TryMail posts a mail in sandbox mode: SendGrid checks it and sends nothing. nil means that
// it would be accepted. Whether SendGrid checks the sender then too is not documented.
// https://www.twilio.com/docs/sendgrid/for-developers/sending-email/sandbox-mode
func (a Account) TryMail(ctx context.Context, sender string) error {
	const key, text = "waybill-doctor", "A mail in sandbox mode, which is not sent."
	m := compose(delivery.Post{Key: key, Try: 1, Title: text, Text: text, HTML: "<p>" + text + "</p>"}, sender, sender)
	on := true
	m.SetMailSettings(&sgmail.MailSettings{SandboxMode: &sgmail.Setting{Enable: &on}})
	body, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("encode the mail: %w", err)
	}
	return a.api.ask(ctx, rest.Post, "/v3/mail/send", body, nil)
}

// EventWebhook is one of the account's Event Webhooks.
type EventWebhook struct {
	URL     string `json:"url"`
	Enabled bool   `json:"enabled"`
	// PublicKey is the verification key; empty if nothing is signed.
	PublicKey string `json:"public_key"`

	Processed bool `json:"processed"`
	Dropped   bool `json:"dropped"`
	Deferred  bool `json:"deferred"`
	Delivered bool `json:"delivered"`
	Bounce    bool `json:"bounce"`
	Spam      bool `json:"spam_report"`
}

// Silent are the events that Waybill needs and the webhook does not report, as SendGrid's
// settings call them.
func (w EventWebhook) Silent() (events []string) {
	for _, e := range []struct {
		reported bool
		name     string
	}{
		{w.Processed, "Processed"}, {w.Dropped, "Dropped"}, {w.Deferred, "Deferred"},
		{w.Delivered, "Delivered"}, {w.Bounce, "Bounced"}, {w.Spam, "Spam Reports"},
	} {
		if !e.reported {
			events = append(events, e.name)
		}
	}
	return events
}

// EventWebhooks are all of the account. They need a key that may read the mail settings.
// https://www.twilio.com/docs/sendgrid/api-reference/webhooks/get-all-event-webhooks
func (a Account) EventWebhooks(ctx context.Context) ([]EventWebhook, error) {
	var told struct {
		Webhooks []EventWebhook `json:"webhooks"`
	}
	err := a.api.ask(ctx, rest.Get, "/v3/user/webhooks/event/settings/all", nil, &told)
	return told.Webhooks, err
}

// Verifies reports whether what an Event Webhook signs can be verified with one of the keys.
func (keys EventKeys) Verifies(w EventWebhook) bool {
	shown, err := ParseEventKeys(w.PublicKey)
	return err == nil && slices.ContainsFunc(keys, func(k *ecdsa.PublicKey) bool {
		return slices.ContainsFunc(shown, func(s *ecdsa.PublicKey) bool { return k.Equal(s) })
	})
}
