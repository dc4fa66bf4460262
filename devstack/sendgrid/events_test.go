package sendgrid_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"waybill/devstack/sendgrid"
	provider "waybill/mail/sendgrid"
)

// told is what a webhook was told.
type told struct {
	mu     sync.Mutex
	events map[string][]string
	// refuse is how many batches are refused first.
	refuse int
}

func (l *told) of(address string) []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.events[address]
}

func TestEventsTellWhatBecomesOfMails(t *testing.T) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	webhook := sendgrid.Webhook{Key: private, Every: 5 * time.Millisecond}
	keys, err := provider.ParseEventKeys(webhook.PublicKey())
	require.NoError(t, err)
	all := &told{events: map[string][]string{}, refuse: 2}
	seen := map[string]bool{}
	listener := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		good := err == nil && keys.Verify(r.Header.Get(provider.EventTimestampHeader), body, r.Header.Get(provider.EventSignatureHeader), time.Now())
		all.mu.Lock()
		defer all.mu.Unlock()
		if all.refuse--; all.refuse >= 0 {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		var events []map[string]any
		if !good || !strings.HasSuffix(string(body), "]\r\n") || json.Unmarshal(body, &events) != nil {
			t.Errorf("a batch that is not SendGrid's: %q", body)
		}
		for _, e := range events {
			address, _ := e["email"].(string)
			kind, _ := e["event"].(string)
			if id, _ := e["sg_event_id"].(string); !seen[id] { // some come twice
				seen[id] = true
				all.events[address] = append(all.events[address], kind)
			}
		}
	}))
	defer listener.Close()
	webhook.URL = listener.URL
	server, err := sendgrid.New(sendgrid.Config{Key: key, Webhook: webhook})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go server.PostEvents(ctx)
	front := httptest.NewServer(server)
	defer front.Close()
	b := box{T: t, server: server, url: front.URL}
	for address, want := range map[string][]string{
		"jane.doe@example.com": {"processed", "delivered"}, "bounce@example.com": {"processed", "bounce"},
		"async-bounce@example.com": {"processed", "delivered", "bounce"}, "blocked@example.com": {"processed", "bounce"},
		"spam@example.com": {"processed", "delivered", "spamreport"},
	} {
		resp, _ := b.post(strings.ReplaceAll(good, "jane.doe@example.com", address))
		require.Equal(t, http.StatusAccepted, resp.StatusCode)
		require.Eventually(t, func() bool { return len(all.of(address)) == len(want) }, 10*time.Second, time.Millisecond, address)
		require.ElementsMatch(t, want, all.of(address))
	}
	resp, _ := b.post(strings.ReplaceAll(good, "jane.doe@example.com", "bounce@example.com"))
	require.Equal(t, http.StatusAccepted, resp.StatusCode, "it is taken, and dropped")
	require.Eventually(t, func() bool { return len(all.of("bounce@example.com")) == 3 }, 10*time.Second, time.Millisecond)
	require.Contains(t, all.of("bounce@example.com"), "dropped")
}
