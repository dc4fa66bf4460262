package main

import (
	"context"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Workers trust the certificate that scripts/secrets.sh makes because it is in a folder of SSL_CERT_DIR. What Go
// trusts is read once a process: the worker is another one.
func TestAWorkerTrustsTheStandInOfCompose(t *testing.T) {
	const address = "STANDIN"
	if to := os.Getenv(address); to != "" {
		requireScopes(t, to)
		return
	}
	folder := t.TempDir()
	compose, err := filepath.Abs("../../docker-compose.yml")
	require.NoError(t, err)
	require.NoError(t, os.Symlink(compose, filepath.Join(folder, "docker-compose.yml")))
	script, err := filepath.Abs("../../scripts/secrets.sh")
	require.NoError(t, err)
	made := exec.CommandContext(t.Context(), script)
	made.Dir = folder
	require.NoError(t, made.Run())

	secrets := filepath.Join(folder, "secrets")
	t.Setenv("SENDGRID_API_KEY_FILE", filepath.Join(secrets, "sendgrid"))
	o := options{api: freeAddress(t), mailbox: freeAddress(t), certificate: filepath.Join(secrets, "standin_certificate"), key: filepath.Join(secrets, "standin_key")}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- run(ctx, o) }()
	health := healthCommand()
	health.SetArgs([]string{"http://" + o.mailbox + "/"})
	health.SilenceErrors, health.SilenceUsage = true, true
	require.Eventually(t, func() bool { return health.ExecuteContext(t.Context()) == nil }, 30*time.Second, 50*time.Millisecond)

	trusted := filepath.Join(folder, "trusted")
	require.NoError(t, os.Mkdir(trusted, 0o700))
	ask := func(folders string) error {
		worker := exec.CommandContext(t.Context(), os.Args[0], "-test.run", "^"+t.Name()+"$")
		worker.Env = append(os.Environ(), address+"="+o.api, "SSL_CERT_DIR="+folders)
		return worker.Run()
	}
	require.Error(t, ask("/etc/ssl/certs:"+trusted), "nobody trusts it by itself")
	require.NoError(t, os.Link(o.certificate, filepath.Join(trusted, "standin.pem")))
	require.NoError(t, ask("/etc/ssl/certs:"+trusted))
	stop()
	require.NoError(t, <-ended)
}

// requireScopes asks the stand-in for the scopes of the key, by the name that it has in docker-compose.yml.
func requireScopes(t *testing.T, address string) {
	key, err := os.ReadFile(os.Getenv("SENDGRID_API_KEY_FILE"))
	require.NoError(t, err)
	client := http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, address)
	}}}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://sendgrid:8443/v3/scopes", http.NoBody)
	require.NoError(t, err)
	request.Header.Set("Authorization", "Bearer "+string(key[:len(key)-1]))
	answer, err := client.Do(request)
	require.NoError(t, err)
	defer answer.Body.Close()
	require.Equal(t, http.StatusOK, answer.StatusCode)
}

func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer listener.Close()
	return listener.Addr().String()
}
