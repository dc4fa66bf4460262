package sendgrid

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"waybill/devstack/show"
)

// Account is how the account of the key is set up.
type Account struct {
	// Scopes are what the key may do.
	Scopes []string
	// Domains are authenticated, and Senders are addresses that were verified by themselves.
	// Mails come from one of them.
	Domains, Senders []string
	Webhooks         []EventSettings
}

// EventSettings are those of an Event Webhook.
type EventSettings struct {
	URL string
	Off bool
	// Silent are the events that it does not report, such as bounce.
	Silent []string
	// PublicKey is empty if nothing is signed.
	PublicKey string
}

// The scopes that the stand-in asks for.
const (
	ScopeSend     = "mail.send"
	ScopeSenders  = "whitelabel.read"
	ScopeWebhooks = "user.webhooks.event.settings.read"
)

// usualAccount sends from any domain and reports to the webhook of the configuration.
func usualAccount(w Webhook) Account {
	a := Account{Scopes: []string{ScopeSend, ScopeSenders, ScopeWebhooks, "2fa_required", "sender_verification_eligible"}, Domains: []string{anyDomain}}
	if w.URL != "" {
		a.Webhooks = []EventSettings{{URL: w.URL, PublicKey: w.PublicKey()}}
	}
	return a
}

// anyDomain stands for all of them.
const anyDomain = "*"

// SetUp changes the account's settings.
func (s *Server) SetUp(a Account) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.account = a
}

// SetUpNow are the account's settings.
func (s *Server) SetUpNow() Account {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.account
}

// authenticates reports whether a domain is authenticated.
func (a Account) authenticates(domain string) bool {
	return slices.ContainsFunc(a.Domains, func(d string) bool { return d == anyDomain || strings.EqualFold(d, domain) })
}

// sends reports whether mails may come from an address.
func (a Account) sends(address string) bool {
	return a.authenticates(address[strings.LastIndexByte(address, '@')+1:]) ||
		slices.ContainsFunc(a.Senders, func(s string) bool { return strings.EqualFold(s, address) })
}

// answering is a page of the account's settings, for keys with a scope.
// https://www.twilio.com/docs/sendgrid/api-reference/how-to-use-the-sendgrid-v3-api/errors
func (s *Server) answering(scope string, tell func(Account, *http.Request) any) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		a := s.SetUpNow()
		switch {
		case !s.authorized(r):
			answerProblems(w, http.StatusUnauthorized, notAuthorized)
		case scope != "" && !slices.Contains(a.Scopes, scope):
			answerProblems(w, http.StatusForbidden, forbidden)
		default:
			show.JSON(w, tell(a, r))
		}
	}
}

var (
	notAuthorized = problem{Message: "The provided authorization grant is invalid, expired, or revoked"}
	forbidden     = problem{Message: "access forbidden"}
)

func tellScopes(a Account, _ *http.Request) any { return map[string]any{"scopes": a.Scopes} }

// tellDomains lists the authenticated domains with the name that was asked for.
func tellDomains(a Account, r *http.Request) any {
	list := []any{}
	if domain := r.URL.Query().Get("domain"); a.authenticates(domain) {
		list = append(list, map[string]any{
			"id": 1, "user_id": 7, "subdomain": "em7", "domain": domain, "username": "demo", "ips": []string{},
			"custom_spf": false, "default": true, "legacy": false, "automatic_security": true, "valid": true, "dns": map[string]any{},
		})
	}
	return list
}

func tellSenders(a Account, _ *http.Request) any {
	list := []any{}
	for i, address := range a.Senders {
		list = append(list, map[string]any{
			"id": i + 1, "nickname": address, "from_email": address, "from_name": "", "reply_to": address, "reply_to_name": "",
			"address": "1 Main Street", "address2": "", "state": "", "city": "Eindhoven", "zip": "", "country": "NL", "verified": true, "locked": false,
		})
	}
	return map[string]any{"results": list}
}

func tellWebhooks(a Account, _ *http.Request) any {
	list := []any{}
	for i, w := range a.Webhooks {
		told := map[string]any{
			"enabled": !w.Off, "url": w.URL, "friendly_name": "", "id": fmt.Sprintf("77d4a5da-7015-11ed-a1eb-%012d", i+1),
			"open": false, "click": false, "group_resubscribe": false, "group_unsubscribe": false, "unsubscribe": true,
			"created_date": "2026-01-01T12:00:00Z", "updated_date": time.Now().UTC().Format(time.RFC3339),
		}
		for _, event := range []string{"processed", "dropped", "deferred", "delivered", "bounce", "spam_report"} {
			told[event] = !slices.Contains(w.Silent, event)
		}
		if w.PublicKey != "" {
			told["public_key"] = w.PublicKey
		}
		list = append(list, told)
	}
	return map[string]any{"max_allowed": 5, "webhooks": list}
}
