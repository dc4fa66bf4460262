package e2e_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"waybill/devstack/sendcloud"
)

// A key is rotated while webhooks come in all the time: no restart, none lost.
func TestKeysRotateWhileWebhooksCome(t *testing.T) {
	t.Parallel()
	s := prepareStack(t, shared.get(t))
	file := filepath.Join(t.TempDir(), "keys")
	write := func(keys string) { require.NoError(t, os.WriteFile(file, []byte(keys), 0o600)) }
	write("the old key")
	s.setUp()
	s.startIngress("SENDCLOUD_KEYS_ROTATING_FILE=" + file)
	s.awaitReady()

	const door = "/webhooks/sendcloud/rotating"
	body := s.parcel().Body(sendcloud.ToSorting, time.Now())
	send := func(key string) int {
		code, _ := s.request(http.MethodPost, door, body, sendcloud.Sign(key, body))
		return code
	}
	becomes := func(key string, want int) {
		t.Helper()
		s.eventually(fmt.Sprintf("%q to be answered %d", key, want), func() error {
			if got := send(key); got != want {
				return fmt.Errorf("answered %d", got)
			}
			return nil
		})
	}
	require.Equal(t, http.StatusOK, send("the old key"))
	require.Equal(t, http.StatusUnauthorized, send("the new key"))

	// Sendcloud signs with the old key until it is changed in the panel.
	panel := newPanel("the old key")
	lost := panel.keepSending(s, door)
	write("the new key\nthe old key")
	becomes("the new key", http.StatusOK)
	require.Equal(t, http.StatusOK, send("the old key"))
	panel.change("the new key")
	write("")
	s.eventually("the empty file to be refused", func() error { return s.logged("keys not reloaded") })
	require.Equal(t, http.StatusOK, send("the new key"), "the keys before stay")
	write("the new key")
	becomes("the old key", http.StatusUnauthorized)
	require.Equal(t, http.StatusOK, send("the new key"))
	require.Zero(t, lost())
	require.NotContains(t, s.ingress.output(), "the new key")
}

func TestBasicAuthIsASecondFactor(t *testing.T) {
	t.Parallel()
	s := prepareStack(t, shared.get(t))
	s.setUp()
	s.startIngress("SENDCLOUD_KEYS_GUARDED="+signatureKey, "SENDCLOUD_BASIC_AUTH_GUARDED=sendcloud:a password")
	s.awaitReady()
	body := s.parcel().Body(sendcloud.ToSorting, time.Now())
	for _, c := range []struct {
		user, password, key string
		want                int
	}{
		{"sendcloud", "a password", signatureKey, http.StatusOK},
		{"sendcloud", "another", signatureKey, http.StatusUnauthorized},
		{"", "", signatureKey, http.StatusUnauthorized},
		{"sendcloud", "a password", "another key", http.StatusUnauthorized},
	} {
		code, said := s.patiently(func() (int, string) {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.url("/webhooks/sendcloud/guarded"), bytes.NewReader(body))
			require.NoError(t, err)
			r.Header.Set("Sendcloud-Signature", sendcloud.Sign(c.key, body))
			if c.user != "" {
				r.SetBasicAuth(c.user, c.password)
			}
			resp, err := http.DefaultClient.Do(r)
			require.NoError(t, err)
			defer resp.Body.Close()
			said, err := io.ReadAll(resp.Body)
			require.NoError(t, err)
			return resp.StatusCode, string(said)
		})
		require.Equal(t, c.want, code, "%+v: %s", c, said)
	}
	require.NotContains(t, s.ingress.output(), "a password")
}

// panel is Sendcloud's panel, as far as it holds a key.
type panel struct {
	mu  sync.Mutex
	key string
}

func newPanel(key string) *panel { return &panel{key: key} }

func (p *panel) change(key string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.key = key
}

// keepSending sends webhooks, signed with the panel's key, until the returned
// function is called, which says how many were not taken.
func (p *panel) keepSending(s *stack, door string) (lost func() int) {
	ctx, stop := context.WithCancel(s.Context())
	refused := make(chan int)
	go func() {
		n := 0
		for ctx.Err() == nil {
			body := s.parcel().Body(sendcloud.ToSorting, time.Now())
			p.mu.Lock()
			key := p.key
			code, _ := s.request(http.MethodPost, door, body, sendcloud.Sign(key, body))
			p.mu.Unlock()
			if code != http.StatusOK {
				n++
			}
		}
		refused <- n
	}()
	return func() int {
		stop()
		return <-refused
	}
}
