//go:build caddy

package deployment_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"debug/buildinfo"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var caddyProgram = flag.String("caddy", "", "the `program` caddy, of the version that docker-compose.yml names")

// proxy is a Caddy with the Caddyfile of docker-compose.yml, on ports of its own, in front of stand-ins that
// answer with what reached them.
type proxy struct {
	ingress, ui, http, https string
	folder                   string
}

func freePort(t *testing.T) string {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer listener.Close()
	return strconv.Itoa(listener.Addr().(*net.TCPAddr).Port)
}

// behind is a service behind Caddy. It answers with its name and with the headers that it got.
func behind(t *testing.T, name string) string {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "%s %s authorization=%q cookie=%q forwarded=%q\n", name, r.URL.Path, r.Header.Get("Authorization"), r.Header.Get("Cookie"), r.Header.Get("X-Forwarded-For"))
	}))
	t.Cleanup(server.Close)
	return server.Listener.Addr().String()
}

// startCaddy starts it with the given lines in ui_users, and with more variables.
func startCaddy(t *testing.T, users string, more ...string) proxy {
	t.Helper()
	p := proxy{ingress: freePort(t), ui: freePort(t), http: freePort(t), https: freePort(t), folder: t.TempDir()}
	health := freePort(t)
	file := read(t, filepath.Join(root, "deploy/Caddyfile"))
	for _, change := range [][2]string{
		{":8080", ":" + p.ingress}, {":8233", ":" + p.ui}, {":443 {", ":" + p.https + " {"}, {":2020", ":" + health},
		{"\tadmin off\n", "\tadmin off\n\tlocal_certs\n\tskip_install_trust\n\thttp_port " + p.http + "\n\thttps_port " + p.https + "\n\tstorage file_system " + p.folder + "/data\n"},
	} {
		require.Contains(t, file, change[0])
		file = strings.ReplaceAll(file, change[0], change[1])
	}
	for name, content := range map[string]string{"Caddyfile": file, "ui_users": users, "codec_token": "wbt_a$token\n"} {
		require.NoError(t, os.WriteFile(filepath.Join(p.folder, name), []byte(content), 0o600))
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	cmd := exec.CommandContext(ctx, *caddyProgram, "run", "--config", filepath.Join(p.folder, "Caddyfile"), "--adapter", "caddyfile")
	cmd.Env = append([]string{"HOME=" + p.folder, "SECRETS=" + p.folder, "INGRESS=" + behind(t, "ingress"), "UI=" + behind(t, "ui"), "CODEC=" + behind(t, "codec")}, more...)
	var log strings.Builder
	cmd.Stderr, cmd.WaitDelay = &log, 5*time.Second
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		cancel()
		_ = cmd.Wait()
		if t.Failed() {
			t.Log(log.String())
		}
	})
	require.Eventually(t, func() bool {
		answer, err := http.Get("http://127.0.0.1:" + health + "/healthz")
		if err == nil {
			answer.Body.Close()
		}
		return err == nil && answer.StatusCode == http.StatusOK
	}, 30*time.Second, 50*time.Millisecond)
	return p
}

// ask asks for an address of a host, on a port of this machine, and returns status and body.
func (p proxy) ask(t *testing.T, address, port string, change func(*http.Request)) (status int, body string) {
	t.Helper()
	transport := &http.Transport{
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, network, "127.0.0.1:"+port)
		},
		TLSClientConfig: &tls.Config{RootCAs: p.authority()},
	}
	defer transport.CloseIdleConnections()
	client := http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, http.NoBody)
	require.NoError(t, err)
	request.Header.Set("Cookie", "session=1")
	request.Header.Set("X-Forwarded-For", "203.0.113.7")
	if change != nil {
		change(request)
	}
	answer, err := client.Do(request)
	if err != nil {
		return 0, err.Error()
	}
	defer answer.Body.Close()
	read, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	return answer.StatusCode, string(read) + answer.Header.Get("Location")
}

// authority is who signs the certificates of this Caddy.
func (p proxy) authority() *x509.CertPool {
	pool := x509.NewCertPool()
	if pem, err := os.ReadFile(filepath.Join(p.folder, "data/pki/authorities/local/root.crt")); err == nil {
		pool.AppendCertsFromPEM(pem)
	}
	return pool
}

func as(user, password string) func(*http.Request) {
	return func(r *http.Request) { r.SetBasicAuth(user, password) }
}

func host(name string, change func(*http.Request)) func(*http.Request) {
	return func(r *http.Request) {
		r.Host = name
		if change != nil {
			change(r)
		}
	}
}

// hash is a line of ui_users, made as docs/deploying.md says.
func hash(t *testing.T, user, password string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), *caddyProgram, "hash-password")
	cmd.Stdin = strings.NewReader(password + "\n")
	out, err := cmd.Output()
	require.NoError(t, err)
	return user + " " + strings.TrimSpace(string(out)) + "\n"
}

func TestCaddyIsTheVersionOfCompose(t *testing.T) {
	built, err := buildinfo.ReadFile(*caddyProgram)
	require.NoError(t, err)
	require.Equal(t, "caddy:"+strings.TrimPrefix(built.Main.Version, "v"), load(t, trial(t), composeFile(t)).Services[public].Image, "change scripts/caddy.sh and docker-compose.yml together")
}

func TestOnThisMachineCaddyAsksWhoIsCalling(t *testing.T) {
	p := startCaddy(t, hash(t, "ida", "a long password"))
	ui, ingress := "http://127.0.0.1:"+p.ui, "http://127.0.0.1:"+p.ingress
	ida, evil := as("ida", "a long password"), "evil.example:"+p.ui
	for name, c := range map[string]struct {
		address, port string
		change        func(*http.Request)
		status        int
		body          string
	}{
		"the UI, from a stranger":                  {ui + "/", p.ui, nil, 401, ""},
		"the UI, with a wrong password":            {ui + "/", p.ui, as("ida", "another"), 401, ""},
		"the UI, of another person":                {ui + "/", p.ui, as("max", "a long password"), 401, ""},
		"the UI, by a name that leads here":        {ui + "/", p.ui, host(evil, ida), 403, "No site of this name"},
		"the UI, from a person":                    {ui + "/", p.ui, ida, 200, `ui / authorization="" cookie="session=1"`},
		"the UI, by its other name":                {"http://localhost:" + p.ui + "/", p.ui, ida, 200, "ui /"},
		"the codec endpoint, from a stranger":      {ui + "/codec/decode", p.ui, nil, 401, ""},
		"the codec endpoint, by another name":      {ui + "/codec/decode", p.ui, host(evil, ida), 403, ""},
		"the codec endpoint, with a token at hand": {ui + "/codec/decode", p.ui, func(r *http.Request) { r.Header.Set("Authorization", "Bearer x") }, 401, ""},
		"the codec endpoint, from a person":        {ui + "/codec/decode", p.ui, ida, 200, `codec /codec/decode authorization="Bearer wbt_a$token" cookie="" forwarded=""`},
		"a webhook":                                {ingress + "/webhooks/sendcloud/shop", p.ingress, nil, 200, `ingress /webhooks/sendcloud/shop authorization="" cookie="session=1" forwarded="127.0.0.1"`},
		"a token for the API":                      {ingress + "/api/refunds", p.ingress, func(r *http.Request) { r.Header.Set("Authorization", "Bearer x") }, 200, `authorization="Bearer x"`},
		"a webhook, by another name":               {ingress + "/webhooks/sendcloud/shop", p.ingress, host("evil.example:"+p.ingress, nil), 403, ""},
		"the UI, on the port of the ingress":       {ui + "/", p.ingress, ida, 200, "ingress /"},
		"a public port":                            {"http://127.0.0.1/", p.http, nil, 403, ""},
	} {
		t.Run(name, func(t *testing.T) {
			status, body := p.ask(t, c.address, c.port, c.change)
			require.Equal(t, c.status, status, body)
			require.Contains(t, body, c.body)
		})
	}
}

func TestWithoutUsersNobodyGetsIn(t *testing.T) {
	p := startCaddy(t, "")
	for _, who := range []func(*http.Request){nil, as("ida", "a long password"), as("", "")} {
		status, _ := p.ask(t, "http://127.0.0.1:"+p.ui+"/", p.ui, who)
		require.Equal(t, http.StatusUnauthorized, status)
	}
}

func TestWithPublicNamesCaddyServesThemByTLSOnly(t *testing.T) {
	p := startCaddy(t, "", "INGRESS_SITES=https://hooks.shop.example", "UI_SITES=https://temporal.shop.example", "UI_SNIPPET=temporal-ui-oidc")
	const ui, ingress = "https://temporal.shop.example", "https://hooks.shop.example"
	token := func(r *http.Request) { r.Header.Set("Authorization", "Bearer of-the-issuer") }
	require.Eventually(t, func() bool {
		first, _ := p.ask(t, ui+"/", p.https, nil)
		second, _ := p.ask(t, ingress+"/", p.https, nil)
		return first == http.StatusOK && second == http.StatusOK
	}, 30*time.Second, 100*time.Millisecond, "both names get a certificate")
	for name, c := range map[string]struct {
		address, port string
		change        func(*http.Request)
		status        int
		body          string
	}{
		"a webhook":                           {ingress + "/webhooks/sendcloud/shop", p.https, nil, 200, "ingress /webhooks/sendcloud/shop"},
		"the UI, which has people sign in":    {ui + "/", p.https, nil, 200, "ui /"},
		"the codec endpoint, with a token":    {ui + "/codec/decode", p.https, token, 200, `codec /codec/decode authorization="Bearer of-the-issuer" cookie=""`},
		"the codec endpoint, of a stranger":   {ui + "/codec/decode", p.https, nil, 200, `codec /codec/decode authorization="" cookie=""`},
		"by http":                             {"http://hooks.shop.example/refunds", p.http, nil, 308, ingress},
		"another name, by http":               {"http://evil.example/", p.http, nil, 403, ""},
		"another name behind the right one":   {ui + "/codec/decode", p.https, host("evil.example", token), 403, ""},
		"another name, by TLS":                {"https://evil.example/", p.https, nil, 0, "tls"},
		"the port that is for this machine":   {"http://127.0.0.1:" + p.ui + "/", p.ui, nil, 403, ""},
		"the ingress's port for this machine": {"http://127.0.0.1:" + p.ingress + "/", p.ingress, nil, 403, ""},
	} {
		t.Run(name, func(t *testing.T) {
			status, body := p.ask(t, c.address, c.port, c.change)
			require.Equal(t, c.status, status, body)
			require.Contains(t, body, c.body)
		})
	}
}
