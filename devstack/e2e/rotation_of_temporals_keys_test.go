package e2e_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"waybill/delivery"
	"waybill/devstack/sendcloud"
)

// gate lets clients in to Temporal who have an API key and a client certificate, as Temporal Cloud does.
type gate struct {
	folder string
	ca     *x509.Certificate
	signer *ecdsa.PrivateKey

	mu sync.Mutex
	// allowed are the API keys and the names of the certificates that open it.
	allowed []string
	// came are those with which calls and connections came, refused what was refused.
	came, refused map[string]int
}

func newGate(t *testing.T) *gate {
	t.Helper()
	g := &gate{folder: t.TempDir(), came: map[string]int{}, refused: map[string]int{}}
	g.ca = &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "the authority of the tests"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), KeyUsage: x509.KeyUsageCertSign,
	}
	var der []byte
	der, g.signer = g.sign(t, g.ca)
	g.write(t, "ca.pem", "CERTIFICATE", der)
	return g
}

// sign makes a key and a certificate for it.
func (g *gate) sign(t *testing.T, c *x509.Certificate) (der []byte, key *ecdsa.PrivateKey) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	signer := g.signer
	if signer == nil {
		signer = key
	}
	der, err = x509.CreateCertificate(rand.Reader, c, g.ca, &key.PublicKey, signer)
	require.NoError(t, err)
	return der, key
}

// issue makes a certificate of a name, its key, and an API key, and puts them all at once where clients
// look for them.
func (g *gate) issue(t *testing.T, name, apiKey string) {
	t.Helper()
	der, key := g.sign(t, &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageServerAuth},
	})
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	require.NoError(t, os.Mkdir(g.path(name), 0o700))
	g.write(t, name+"/client.pem", "CERTIFICATE", der)
	g.write(t, name+"/client.key", "PRIVATE KEY", secret)
	require.NoError(t, os.WriteFile(g.path(name+"/api.key"), []byte(apiKey), 0o600))
	require.NoError(t, os.Symlink(g.path(name), g.path("next")))
	require.NoError(t, os.Rename(g.path("next"), g.path("now")))
}

func (g *gate) write(t *testing.T, name, kind string, der []byte) {
	t.Helper()
	require.NoError(t, os.WriteFile(g.path(name), pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600))
}

func (g *gate) path(name string) string { return filepath.Join(g.folder, name) }

// allow has it opened by these only.
func (g *gate) allow(all ...string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.allowed = all
}

// admit notes that one came.
func (g *gate) admit(one string) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.came[one]++
	for _, known := range g.allowed {
		if known == one {
			return nil
		}
	}
	g.refused[one]++
	return errors.New("it is not let in")
}

func (g *gate) counts() (came, refused map[string]int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	came, refused = map[string]int{}, map[string]int{}
	for one, n := range g.came {
		came[one] = n
	}
	for one, n := range g.refused {
		refused[one] = n
	}
	return came, refused
}

// options have a server ask each call for a key and each connection for a certificate. Connections end
// soon, as those of Temporal Cloud do after minutes.
func (g *gate) options(t *testing.T) []grpc.ServerOption {
	t.Helper()
	g.issue(t, "server", "")
	own, err := tls.LoadX509KeyPair(g.path("now/client.pem"), g.path("now/client.key"))
	require.NoError(t, err)
	authority, err := os.ReadFile(g.path("ca.pem"))
	require.NoError(t, err)
	pool := x509.NewCertPool()
	require.True(t, pool.AppendCertsFromPEM(authority))
	return []grpc.ServerOption{
		grpc.Creds(credentials.NewTLS(&tls.Config{
			Certificates: []tls.Certificate{own}, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: pool,
			VerifyConnection: func(c tls.ConnectionState) error { return g.admit(c.PeerCertificates[0].Subject.CommonName) },
		})),
		grpc.ChainUnaryInterceptor(func(ctx context.Context, r any, _ *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
			sent, _ := metadata.FromIncomingContext(ctx)
			key := strings.TrimPrefix(strings.Join(sent.Get("authorization"), ","), "Bearer ")
			if g.admit(key) != nil {
				return nil, status.Error(codes.Unauthenticated, "the API key is not known")
			}
			return next(ctx, r)
		}),
		grpc.KeepaliveParams(keepalive.ServerParameters{MaxConnectionAge: time.Second, MaxConnectionAgeGrace: patience}),
	}
}

// The API key and the client certificate with which Temporal lets Waybill in are changed without a
// restart, and a file with a fault changes nothing.
func TestTheKeysOfTemporalRotateWithoutARestart(t *testing.T) {
	t.Parallel()
	g, server := newGate(t), shared.get(t)
	s, w := prepareStack(t, server), newWire(t, server, g.options(t)...)
	g.issue(t, "old certificate", "the old key")
	g.allow("the old key", "old certificate")
	s.setUp()
	through := []string{
		"TEMPORAL_ADDRESS=" + w.address, "TEMPORAL_API_KEY_FILE=" + g.path("now/api.key"), "TEMPORAL_TLS_SERVER_CA_CERT_PATH=" + g.path("ca.pem"),
		"TEMPORAL_TLS_CLIENT_CERT_PATH=" + g.path("now/client.pem"), "TEMPORAL_TLS_CLIENT_KEY_PATH=" + g.path("now/client.key"),
	}
	s.startIngress(through...)
	s.startWorker(through...)
	s.awaitReady()
	s.awaitWorker()
	p, now := s.parcel(), time.Now()
	s.tell(p, sendcloud.ToSorting, now.Add(-2*time.Minute))
	s.settled(p, 1, delivery.Accepted)

	saying := func(text string) {
		t.Helper()
		s.eventually("both to say "+text, func() error {
			if !strings.Contains(s.ingress.output(), text) || !strings.Contains(s.worker.output(), text) {
				return errors.New("one of them does not")
			}
			return nil
		})
	}
	g.issue(t, "certificate beside an empty file", "")
	saying("keys of Temporal not reloaded: the previous keys stay in use")
	g.allow("the old key", "old certificate", "the new key", "new certificate")
	g.issue(t, "new certificate", "the new key")
	saying("keys of Temporal reloaded")
	s.tell(p, sendcloud.DriverEnRoute, now.Add(-time.Minute))
	s.eventually("new connections with the new certificate", func() error {
		if came, _ := g.counts(); came["new certificate"] < 2 || came["the new key"] == 0 {
			return fmt.Errorf("there came %v", came)
		}
		return nil
	})
	_, refused := g.counts()
	require.Empty(t, refused, "until the old ones are removed, nothing was refused")
	g.allow("the new key", "new certificate")
	s.tell(p, sendcloud.Delivered, now)
	s.settled(p, 3, delivery.Accepted, delivery.Accepted, delivery.Accepted)
	_, refused = g.counts()
	require.Empty(t, refused, "nobody needs the old ones any more")

	// A key that is revoked too early.
	g.allow("new certificate")
	late := s.parcel()
	body := late.Body(sendcloud.ToSorting, now)
	code, said := s.once(http.MethodPost, "/webhooks/sendcloud/demo", body, sendcloud.Sign(signatureKey, body))
	require.Equal(t, http.StatusServiceUnavailable, code, said)
	g.issue(t, "another certificate", "the right key")
	g.allow("new certificate", "another certificate", "the right key")
	s.tell(late, sendcloud.ToSorting, now)
	s.settled(late, 1, delivery.Accepted)
	require.NotContains(t, s.ingress.output()+s.worker.output(), "the new key")
}
