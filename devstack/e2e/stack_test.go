// Package e2e_test plays the whole of Waybill: the real program in processes of
// its own, a real Temporal server, real HTTP, and a mail provider that fails as
// the test wants.
package e2e_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/common/v1"
	"go.temporal.io/api/proxy"
	"go.temporal.io/sdk/client"
	temporallog "go.temporal.io/sdk/log"
	"google.golang.org/protobuf/proto"

	"waybill/codec"
	"waybill/contract"
	"waybill/delivery"
	"waybill/devstack/sendcloud"
	"waybill/devstack/sendgrid"
	"waybill/parcel"
)

// The programs under test, built by TestMain.
var waybillProgram, devstackProgram string

func TestMain(m *testing.M) {
	folder, err := os.MkdirTemp("", "waybill-e2e-")
	if err == nil {
		waybillProgram, devstackProgram = filepath.Join(folder, "waybill"), filepath.Join(folder, "devstack")
		err = errors.Join(build("../..", waybillProgram, "./cmd/waybill"), build("..", devstackProgram, "."))
	}
	code := 1
	if err != nil {
		fmt.Fprintln(os.Stderr, "build the programs under test:", err)
	} else {
		code = m.Run()
		shared.stop()
	}
	_ = os.RemoveAll(folder)
	os.Exit(code)
}

// build builds a program; RACE=all builds waybill with the race detector, with which the tests take
// twice as long.
func build(module, output, pkg string) error {
	args := []string{"build", "-o", output}
	cmd := exec.Command("go")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if os.Getenv("RACE") == "all" && pkg == "./cmd/waybill" {
		args, cmd.Env = append(args, "-race"), append(os.Environ(), "CGO_ENABLED=1")
	}
	cmd.Args = append(append([]string{"go"}, args...), pkg)
	cmd.Dir = module
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("go build %s: %w\n%s", pkg, err, out)
	}
	return nil
}

const (
	signatureKey = "a-signature-key-of-the-tests"
	sendGridKey  = "SG.a-key-of-the-tests"
	codecKey     = "tests:YSBrZXkgb2YgdGhlIHRlc3RzLCBvZiAzMiBieXRlcyE="
	searchKey    = "a-search-key-of-the-tests-which-is-long"
	// patience is how long the tests wait for something that has to come, also on a
	// machine that is busy.
	patience = 3 * time.Minute
)

// temporalServer is a Temporal server in a process of its own.
type temporalServer struct {
	folder string
	port   int
	args   []string
	// postgres has the folder be one of PostgreSQL and not of SQLite.
	postgres bool
	*process
}

func (s *temporalServer) address() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port)) }

// start starts the server, again over the same files if there were any before.
func (s *temporalServer) start() error {
	state := []string{"--file", filepath.Join(s.folder, "temporal.db")}
	if s.postgres {
		state = []string{"--postgres", s.folder}
	}
	args := slices.Concat([]string{"temporal", "--port", strconv.Itoa(s.port)}, state, s.args)
	var err error
	s.process, err = startProcess(nil, devstackProgram, args...)
	return err
}

// shared is the Temporal server of all tests that do not break it.
var shared = &sharedServer{}

type sharedServer struct {
	once   sync.Once
	err    error
	server *temporalServer
}

func (s *sharedServer) get(t *testing.T) *temporalServer {
	t.Helper()
	s.once.Do(func() {
		var folder string
		if folder, s.err = os.MkdirTemp("", "waybill-temporal-"); s.err == nil {
			s.server = &temporalServer{folder: folder, port: freePort(t), postgres: onPostgres}
			s.err = s.server.start()
		}
	})
	require.NoError(t, s.err)
	return s.server
}

func (s *sharedServer) stop() {
	if s.server != nil && s.server.process != nil {
		s.server.terminate()
		_ = os.RemoveAll(s.server.folder)
	}
}

// stack is one shop: a namespace with an ingress, a worker and a SendGrid.
type stack struct {
	*testing.T
	temporal        *temporalServer
	namespace       string
	ingress, worker *process
	twins           twins
	port            int
	sendgrid        *sendgrid.Server
	sendgridURL     string
	// webhook is where SendGrid tells what becomes of mails.
	webhook sendgrid.Webhook
	// policy is the file that the worker reads its policy from.
	policy string
	// codec is how what Temporal stores is encrypted.
	codec  []string
	client client.Client
}

// newStack starts a shop in a namespace of its own.
func newStack(t *testing.T, server *temporalServer) *stack {
	t.Helper()
	return newStackWith(t, server, postOffice{})
}

// newStackWith does so with a SendGrid that tells more.
func newStackWith(t *testing.T, server *temporalServer, with postOffice) *stack {
	t.Helper()
	s := prepareStackWith(t, server, with)
	s.setUp()
	s.startIngress()
	s.startWorker()
	s.awaitReady()
	s.awaitWorker()
	return s
}

// prepareStack is a shop of which only SendGrid is there.
func prepareStack(t *testing.T, server *temporalServer) *stack {
	t.Helper()
	return prepareStackWith(t, server, postOffice{})
}

// postOffice is what SendGrid tells: of what becomes of mails, and what it logs.
type postOffice struct{ events, logs bool }

func prepareStackWith(t *testing.T, server *temporalServer, with postOffice) *stack {
	t.Helper()
	s := &stack{T: t, temporal: server, namespace: fmt.Sprintf("e2e-%d", time.Now().UnixNano()), port: freePort(t)}
	s.policy = filepath.Join(t.TempDir(), "policy.yaml")
	s.setPolicy("mode: live\n" + atOnce)
	ctx, cancel := context.WithCancel(context.Background())
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	s.webhook = sendgrid.Webhook{URL: s.url("/webhooks/sendgrid"), Key: key}
	stand, err := sendgrid.New(sendgrid.Config{Key: sendGridKey, NoLogs: !with.logs, Webhook: sendgrid.Webhook{URL: map[bool]string{true: s.webhook.URL}[with.events], Key: key}})
	require.NoError(t, err)
	s.sendgrid = stand
	if with.events {
		go stand.PostEvents(ctx)
	}
	provider := httptest.NewUnstartedServer(stand)
	provider.Config.BaseContext = func(net.Listener) context.Context { return ctx }
	provider.Start()
	s.sendgridURL = provider.URL
	s.encrypt(codecKey, codec.PlainRefused)
	t.Cleanup(func() {
		for _, p := range s.processes() {
			if t.Failed() {
				t.Logf("%s printed:\n%s", p.name, p.output())
			}
			p.kill()
			if strings.Contains(p.output(), "DATA RACE") {
				t.Errorf("%s found a data race:\n%s", p.name, p.output())
			}
		}
		if s.twins.proxy != nil {
			s.twins.stop()
			_ = s.twins.proxy.Close()
		}
		s.client.Close()
		cancel()
		provider.Close()
	})
	return s
}

// encrypt has what starts from now on, and the test itself, encrypt under the first of some keys, a line
// each.
func (s *stack) encrypt(lines string, plain codec.Plain) {
	s.Helper()
	if s.client != nil {
		s.client.Close()
	}
	crypt := newCodec(s.T, lines, plain)
	var err error
	s.client, err = client.NewLazyClient(client.Options{
		HostPort: s.temporal.address(), Namespace: s.namespace,
		DataConverter: crypt.Data(), FailureConverter: crypt.Failures(),
		Logger: temporallog.NewStructuredLogger(slog.New(slog.DiscardHandler)),
	})
	require.NoError(s, err)
	s.codec = []string{"WAYBILL_CODEC_KEYS=" + lines, "WAYBILL_CODEC_PLAIN=" + string(plain)}
}

func newCodec(t *testing.T, lines string, plain codec.Plain) *codec.Codec {
	t.Helper()
	keys, err := codec.ParseKeys(lines)
	require.NoError(t, err)
	crypt, err := codec.New(keys, plain)
	require.NoError(t, err)
	return crypt
}

// decrypted is a message of Temporal's with its payloads as they were before they were encrypted under
// the key of the tests.
func decrypted[M proto.Message](t *testing.T, m M) M {
	t.Helper()
	crypt, clear := newCodec(t, codecKey, codec.PlainRead), proto.CloneOf(m)
	require.NoError(t, proxy.VisitPayloads(t.Context(), clear, proxy.VisitPayloadsOptions{
		Visitor: func(_ *proxy.VisitPayloadsContext, all []*common.Payload) ([]*common.Payload, error) {
			return crypt.Decode(all)
		},
	}))
	return clear
}

// atOnce are settings under which no mail waits.
const atOnce = `
hold: 0
together: 0
cap: 0
quiet_hours: {from: "00:00", to: "00:00"}
sending: {proof_wait: 1s}
`

// setPolicy writes the policy anew; it counts within seconds.
func (s *stack) setPolicy(text string) {
	s.Helper()
	require.NoError(s, os.WriteFile(s.policy, []byte(text), 0o600))
}

// awaitPolicy waits until the worker has read the policy again.
func (s *stack) awaitPolicy() {
	s.Helper()
	s.eventually("the policy to count", func() error { return s.allSay("policy read again") })
}

func (s *stack) temporalEnv() []string {
	return append([]string{"TEMPORAL_ADDRESS=" + s.temporal.address(), "TEMPORAL_NAMESPACE=" + s.namespace}, s.codec...)
}

// setUp runs "waybill setup", as often as it takes until the server is up.
func (s *stack) setUp() {
	s.Helper()
	ctx, cancel := context.WithTimeout(s.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, waybillProgram, "setup")
	cmd.Env = append(os.Environ(), s.temporalEnv()...)
	out, err := cmd.CombinedOutput()
	require.NoError(s, err, "%s\n%s", out, s.temporal.output())
}

// startIngress starts the ingress, with some settings more if need be; on PostgreSQL, two behind a proxy.
func (s *stack) startIngress(more ...string) {
	s.Helper()
	if s.temporal.postgres {
		s.startIngresses(more...)
		return
	}
	s.ingress = s.startIngressAt(net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port)), more...)
}

func (s *stack) startIngressAt(listen string, more ...string) *process {
	s.Helper()
	p, err := startProcess(append(append(s.temporalEnv(), "WAYBILL_LISTEN="+listen,
		"SENDCLOUD_KEYS_DEMO="+signatureKey, "SENDGRID_WEBHOOK_KEYS="+s.webhook.PublicKey(),
		"SENDCLOUD_KEYS_CAPTURED=the-key-of-before\ntest-secret-key-0001",
	), more...), waybillProgram, "ingress")
	require.NoError(s, err)
	return p
}

// startWorker starts the worker, with some settings more if need be; on PostgreSQL, two.
func (s *stack) startWorker(more ...string) {
	s.Helper()
	s.worker = s.startOneWorker(more...)
	if s.temporal.postgres {
		s.twins.worker = s.startOneWorker(more...)
	}
}

func (s *stack) startOneWorker(more ...string) *process {
	s.Helper()
	p, err := startProcess(append(s.workerEnv(), more...), waybillProgram, "worker")
	require.NoError(s, err)
	return p
}

// workerEnv are the settings of a worker.
func (s *stack) workerEnv() []string {
	return append(s.temporalEnv(),
		"SENDGRID_API_KEY="+sendGridKey, "WAYBILL_SEARCH_KEYS="+searchKey, "WAYBILL_ATTENTION_EVERY=1s", "SENDGRID_BASE_URL="+s.sendgridURL,
		"WAYBILL_MAIL_FROM=Example Shop <tracking@shop.example>", "WAYBILL_POLICY="+s.policy,
		"WAYBILL_MAIL_SETUP_PAUSE=1s",
	)
}

func (s *stack) url(path string) string {
	return "http://" + net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port)) + path
}

// awaitReady waits until a webhook would be recorded.
func (s *stack) awaitReady() {
	s.Helper()
	s.eventually("the ingress to be ready", func() error {
		code, said := s.once(http.MethodGet, "/readyz", nil, "")
		if code != http.StatusOK {
			return fmt.Errorf("/readyz answers %d %s", code, said)
		}
		return nil
	})
}

// awaitWorker waits until the worker has read its settings, so that what a
// test changes afterwards is a change to it.
func (s *stack) awaitWorker() {
	s.Helper()
	s.eventually("the worker to start", func() error { return s.allSay("worker started") })
}

// request sends anything to the ingress as Sendcloud does: again while it is told
// that Temporal did not take it, which a busy machine may cause.
func (s *stack) request(method, path string, body []byte, signature string) (code int, said string) {
	s.Helper()
	return s.patiently(func() (int, string) { return s.once(method, path, body, signature) })
}

// patiently asks again while it is told to.
func (s *stack) patiently(ask func() (int, string)) (code int, said string) {
	s.Helper()
	s.eventually("another answer than to ask again", func() error {
		if code, said = ask(); code == http.StatusServiceUnavailable {
			return errors.New(said)
		}
		return nil
	})
	return code, said
}

// once sends it once; a code of 0 is no answer.
func (s *stack) once(method, path string, body []byte, signature string) (code int, said string) {
	s.Helper()
	r, err := http.NewRequestWithContext(s.Context(), method, s.url(path), bytes.NewReader(body))
	require.NoError(s, err)
	if signature != "" {
		r.Header.Set("Sendcloud-Signature", signature)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, err.Error()
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	require.NoError(s, err)
	if resp.StatusCode == http.StatusServiceUnavailable {
		require.NotEmpty(s, resp.Header.Get("Retry-After"))
	}
	return resp.StatusCode, string(raw)
}

// logged reports whether the ingress has logged a text.
func (s *stack) logged(text string) error {
	if !strings.Contains(s.ingress.output(), text) {
		return fmt.Errorf("%q is not in the log", text)
	}
	return nil
}

// knock sends a body to the integration demo, signed as Sendcloud does.
func (s *stack) knock(body []byte) (code int, said string) {
	s.Helper()
	return s.request(http.MethodPost, "/webhooks/sendcloud/demo", body, sendcloud.Sign(signatureKey, body))
}

// tell tells of a status change and wants it recorded.
func (s *stack) tell(p sendcloud.Parcel, status sendcloud.Status, at time.Time) {
	s.Helper()
	code, said := s.knock(p.Body(status, at))
	require.Equal(s, http.StatusOK, code, said)
	require.JSONEq(s, `{"outcome":"recorded"}`, said)
}

var parcels struct {
	sync.Mutex
	n int64
}

// parcel is a new parcel for a recipient of its own.
func (s *stack) parcel() sendcloud.Parcel {
	parcels.Lock()
	defer parcels.Unlock()
	parcels.n++
	p := sendcloud.NewParcel(sendcloud.Journeys[0], time.Now())
	p.ID = 364000001 + parcels.n
	p.Recipient.Email = fmt.Sprintf("recipient-%d@example.com", parcels.n)
	return p
}

func workflowID(p sendcloud.Parcel) string {
	return contract.ParcelRef{Integration: "demo", ID: p.ID}.WorkflowID()
}

// describe asks the parcel's workflow for everything.
func (s *stack) describe(p sendcloud.Parcel) (parcel.Parcel, error) {
	ctx, cancel := context.WithTimeout(s.Context(), 5*time.Second)
	defer cancel()
	var known parcel.Parcel
	answer, err := s.client.QueryWorkflow(ctx, workflowID(p), "", string(contract.Describe))
	if err == nil {
		err = answer.Get(&known)
	}
	return known, err
}

// mails are the mails to a parcel's recipient, by kind.
func (s *stack) mails(p sendcloud.Parcel) []string {
	var kinds []string
	for _, m := range s.sendgrid.Mails() {
		if m.To == p.Recipient.Email {
			kinds = append(kinds, m.Categories[1])
		}
	}
	return kinds
}

// posts are the posts to a parcel's recipient.
func (s *stack) posts(p sendcloud.Parcel) []sendgrid.Post {
	var posts []sendgrid.Post
	for _, post := range s.sendgrid.Posts() {
		if post.To == p.Recipient.Email {
			posts = append(posts, post)
		}
	}
	return posts
}

// settled waits until a parcel has decided on so many scans and every mail has
// reached one of these states, and returns what is known then.
func (s *stack) settled(p sendcloud.Parcel, scans int, states ...delivery.State) parcel.Parcel {
	s.Helper()
	var known parcel.Parcel
	s.eventually(fmt.Sprintf("%d scans and mails in %v", scans, states), func() (err error) {
		if known, err = s.describe(p); err != nil {
			return err
		}
		if len(known.Ledger) != scans || len(known.Mails) != len(states) {
			return fmt.Errorf("%d scans and %d mails", len(known.Ledger), len(known.Mails))
		}
		for i, m := range known.Mails {
			if m.State != states[i] {
				return fmt.Errorf("mail %s is %s: %s", m.About.Kind, m.State, m.Why)
			}
		}
		return nil
	})
	return known
}

// eventually waits until f has no error any more.
func (s *stack) eventually(what string, f func() error) {
	s.Helper()
	s.within(patience, what, f)
}

// within does so for another length of time.
func (s *stack) within(patience time.Duration, what string, f func() error) {
	s.Helper()
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		err := f()
		if err == nil {
			return
		}
		select {
		case <-tick.C:
		case <-deadline.C:
			require.NoError(s, err, "waited %v for %s", patience, what)
		}
	}
}
