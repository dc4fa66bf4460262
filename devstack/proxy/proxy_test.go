package proxy_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"waybill/devstack/proxy"
)

// ingress answers with its name, and says whether it is ready.
type ingress struct {
	name  string
	ready atomic.Bool
}

func (i *ingress) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/readyz" {
		if !i.ready.Load() {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		return
	}
	_, _ = io.WriteString(w, i.name+" for "+r.Header.Get("X-Forwarded-For"))
}

func TestRequestsGoInTurnToTheIngressesThatAreReady(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	one, two := &ingress{name: "one"}, &ingress{name: "two"}
	first, second := httptest.NewServer(one), httptest.NewServer(two)
	defer first.Close()
	defer second.Close()
	p := proxy.New(strings.TrimPrefix(first.URL, "http://"), strings.TrimPrefix(second.URL, "http://"))
	watched := make(chan struct{})
	go func() {
		p.Watch(ctx)
		close(watched)
	}()
	front := httptest.NewServer(p)
	defer front.Close()
	ask := func() (code int, said string) {
		resp, err := http.Get(front.URL + "/webhooks/sendcloud/demo")
		require.NoError(t, err)
		defer resp.Body.Close()
		raw, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		if resp.StatusCode == http.StatusServiceUnavailable {
			require.NotEmpty(t, resp.Header.Get("Retry-After"))
		}
		return resp.StatusCode, string(raw)
	}
	// answering waits until these answer, and no others.
	answering := func(want ...string) {
		t.Helper()
		require.Eventually(t, func() bool {
			got := map[string]bool{}
			for range 4 {
				code, said := ask()
				if code == http.StatusOK {
					name, caller, _ := strings.Cut(said, " for ")
					require.Equal(t, "127.0.0.1", caller)
					got[name] = true
				}
			}
			for _, name := range want {
				if !got[name] {
					return false
				}
			}
			return len(got) == len(want)
		}, time.Minute, 10*time.Millisecond)
	}
	answering()
	code, said := ask()
	require.Equal(t, http.StatusServiceUnavailable, code)
	require.Contains(t, said, "no ingress is ready")
	one.ready.Store(true)
	answering("one")
	two.ready.Store(true)
	answering("one", "two")
	one.ready.Store(false)
	answering("two")
	stop()
	<-watched
}
