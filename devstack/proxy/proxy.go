// Package proxy shares requests out among several ingresses, as a load balancer does: in turn, and only
// to those that say at /readyz that they would record a webhook.
package proxy

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httputil"
	"net/url"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// askEvery is how often each ingress is asked whether it is ready: what it answers counts until then.
	askEvery = 500 * time.Millisecond
	// askTimeout is how long it may take to answer.
	askTimeout = 3 * time.Second
)

// Proxy is a reverse proxy. See [New].
type Proxy struct {
	backends []*backend
	// next counts the requests.
	next atomic.Uint64
}

type backend struct {
	url   *url.URL
	proxy *httputil.ReverseProxy
	ready atomic.Bool
}

// New is a proxy for ingresses at these addresses, such as 127.0.0.1:9001. Until [Proxy.Watch] has asked
// them, none is ready. A request that an ingress does not answer is answered 502, and is not sent to
// another one: it may have been recorded.
func New(addresses ...string) *Proxy {
	p := &Proxy{}
	for _, address := range addresses {
		to := &url.URL{Scheme: "http", Host: address}
		p.backends = append(p.backends, &backend{url: to, proxy: &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(to)
			r.SetXForwarded()
			r.Out.Host = r.In.Host
		}}})
	}
	return p
}

// ServeHTTP sends a request to the next ingress that is ready; 503 if none is.
func (p *Proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	turn := p.next.Add(1)
	for i := range uint64(len(p.backends)) {
		if b := p.backends[(turn+i)%uint64(len(p.backends))]; b.ready.Load() {
			b.proxy.ServeHTTP(w, r)
			return
		}
	}
	w.Header().Set("Retry-After", "1")
	http.Error(w, "no ingress is ready", http.StatusServiceUnavailable)
}

// Watch asks all ingresses again and again whether they are ready, until ctx ends.
func (p *Proxy) Watch(ctx context.Context) {
	var watching sync.WaitGroup
	for _, b := range p.backends {
		watching.Go(func() { b.watch(ctx) })
	}
	watching.Wait()
}

func (b *backend) watch(ctx context.Context) {
	tick := time.NewTicker(askEvery)
	defer tick.Stop()
	for {
		b.ready.Store(b.ask(ctx) == nil)
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func (b *backend) ask(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, b.url.JoinPath("readyz").String(), nil)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("it answers %d", resp.StatusCode)
	}
	return nil
}
