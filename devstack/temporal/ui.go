package temporal

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"slices"
	"strconv"
	"time"

	uiserver "github.com/temporalio/ui-server/v2/server"
	uiconfig "github.com/temporalio/ui-server/v2/server/config"
	uioptions "github.com/temporalio/ui-server/v2/server/server_options"
)

// Codec is a codec endpoint. The zero one is none.
type Codec struct {
	// URL is its address without a path, such as http://127.0.0.1:8028.
	URL string
	// Token is what it asks for. Nobody signs in to this UI, and so the token is that of everybody who
	// reaches it. No browser gets to see it.
	Token string
}

// codecPath is below which the codec endpoint is, there and beside the UI.
const codecPath = "/codec"

// runUI serves the UI until ctx ends.
func runUI(ctx context.Context, c Config) error {
	port, front := c.UIPort, (*http.Server)(nil)
	failed := make(chan error, 2)
	if c.Codec.URL != "" {
		codec, err := url.Parse(c.Codec.URL)
		if err != nil {
			return fmt.Errorf("read the address of the codec endpoint: %w", err)
		}
		if port, err = freePort(); err != nil {
			return err
		}
		behind := &url.URL{Scheme: "http", Host: net.JoinHostPort(Host, strconv.Itoa(port))}
		front = &http.Server{
			Addr: net.JoinHostPort(Host, strconv.Itoa(c.UIPort)), Handler: inFront(c.UIPort, behind, codec, c.Codec.Token),
			ReadHeaderTimeout: 5 * time.Second,
		}
		go func() { failed <- front.ListenAndServe() }()
	}
	ui := newUI(c, port)
	go func() { failed <- ui.Start() }()
	select {
	case err := <-failed:
		return fmt.Errorf("start Temporal's UI: %w", err)
	case <-ctx.Done():
	}
	ui.Stop()
	if front != nil {
		if err := front.Close(); err != nil && !errors.Is(err, http.ErrServerClosed) {
			return err
		}
	}
	return nil
}

// inFront puts the codec endpoint beside the UI, as a proxy with a login would, so that browsers call it
// where they have the UI from. It answers under the names of this machine only: a page of another site
// whose name leads here must not read what is decoded, nor use the UI.
func inFront(port int, ui, codec *url.URL, token string) http.Handler {
	mux := http.NewServeMux()
	mux.Handle(codecPath+"/", &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(codec)
		r.Out.Header.Del("Cookie")
		r.Out.Header.Set("Authorization", "Bearer "+token)
	}})
	mux.Handle("/", &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(ui)
		r.Out.Host = r.In.Host
	}})
	hosts := []string{net.JoinHostPort(Host, strconv.Itoa(port)), net.JoinHostPort("localhost", strconv.Itoa(port))}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !slices.Contains(hosts, r.Host) {
			http.Error(w, "this is http://"+hosts[0], http.StatusMisdirectedRequest)
			return
		}
		mux.ServeHTTP(w, r)
	})
}

// newUI serves the UI at a port. It fetches nothing from the internet.
func newUI(c Config, port int) *uiserver.Server {
	config := &uiconfig.Config{
		Host: Host, Port: port,
		TemporalGRPCAddress: net.JoinHostPort(Host, strconv.Itoa(c.Port)),
		EnableUI:            true,
		DefaultNamespace:    Namespace,
		DisableNewsFetch:    true,
		HideLogs:            true,
	}
	if c.Codec.URL != "" {
		config.Codec.Endpoint = codecPath
		config.Codec.DefaultErrorMessage = "Waybill's codec endpoint does not decrypt this: see docs/encryption.md"
	}
	return uiserver.NewServer(uioptions.WithConfigProvider(config))
}
