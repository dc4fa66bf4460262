package e2e_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"waybill/delivery"
	"waybill/devstack/sendcloud"
)

// A key is rotated while webhooks come in all the time: no restart, none lost.
func TestKeysRotateWhileWebhooksCome(t *testing.T) {
	t.Parallel()
	s := prepareStack(t, shared.get(t))
	file := filepath.Join(t.TempDir(), "keys")
	write := func(keys string) { require.NoError(t, os.WriteFile(file, []byte(keys), 0o600)) }
	write("the-old-key-of-the-tests")
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
	require.Equal(t, http.StatusOK, send("the-old-key-of-the-tests"))
	require.Equal(t, http.StatusUnauthorized, send("the-new-key-of-the-tests"))

	// Sendcloud signs with the old key until it is changed in the panel.
	panel := newPanel("the-old-key-of-the-tests")
	lost := panel.keepSending(s, door)
	write("the-new-key-of-the-tests\nthe-old-key-of-the-tests")
	becomes("the-new-key-of-the-tests", http.StatusOK)
	require.Equal(t, http.StatusOK, send("the-old-key-of-the-tests"))
	panel.change("the-new-key-of-the-tests")
	write("")
	s.eventually("the empty file to be refused", func() error { return s.logged("keys not reloaded") })
	require.Equal(t, http.StatusOK, send("the-new-key-of-the-tests"), "the keys before stay")
	write("the-new-key-of-the-tests")
	becomes("the-old-key-of-the-tests", http.StatusUnauthorized)
	require.Equal(t, http.StatusOK, send("the-new-key-of-the-tests"))
	require.Zero(t, lost())
	require.NotContains(t, s.ingress.output(), "the-new-key-of-the-tests")
}

// A mail waits because SendGrid does not take the key. The file gets the right one: it leaves,
// without a restart.
func TestAWorkerReloadsItsKeys(t *testing.T) {
	t.Parallel()
	s := prepareStack(t, shared.get(t))
	file := filepath.Join(t.TempDir(), "key")
	require.NoError(t, os.WriteFile(file, []byte("SG.a-key-that-was-revoked"), 0o600))
	s.setUp()
	s.startIngress()
	s.startWorker("SENDGRID_API_KEY=", "SENDGRID_API_KEY_FILE="+file)
	s.awaitReady()
	p := s.parcel()
	s.tell(p, sendcloud.ToSorting, time.Now())
	s.eventually("a try with the key before", func() error {
		if len(s.sendgrid.Posts()) == 0 {
			return errors.New("none yet")
		}
		return nil
	})
	require.Empty(t, s.mails(p))
	require.NoError(t, os.WriteFile(file, []byte(sendGridKey), 0o600))
	s.settled(p, 1, delivery.Accepted)
	require.Equal(t, []string{"shipped"}, s.mails(p))
	require.Contains(t, s.worker.output(), "keys reloaded")
	// And the workers that took over decide, too.
	s.tell(p, sendcloud.Delivered, time.Now())
	s.settled(p, 2, delivery.Accepted, delivery.Accepted)
}

func TestBasicAuthIsASecondFactor(t *testing.T) {
	t.Parallel()
	s := prepareStack(t, shared.get(t))
	const guardedKey = "a-key-of-a-guarded-integration"
	s.setUp()
	s.startIngress("SENDCLOUD_KEYS_GUARDED="+guardedKey, "SENDCLOUD_BASIC_AUTH_GUARDED=sendcloud:a password")
	s.awaitReady()
	body := s.parcel().Body(sendcloud.ToSorting, time.Now())
	for _, c := range []struct {
		user, password, key string
		want                int
	}{
		{"sendcloud", "a password", guardedKey, http.StatusOK},
		{"sendcloud", "another", guardedKey, http.StatusUnauthorized},
		{"", "", guardedKey, http.StatusUnauthorized},
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
