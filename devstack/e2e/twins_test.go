package e2e_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/stretchr/testify/require"

	"waybill/devstack/proxy"
)

// onPostgres has all tests play on the topology of production: each of Temporal's services in a process of
// its own, on PostgreSQL, and two of each of Waybill's programs. scripts/postgres.sh says which tests do:
// those that break a process expect that there is one of it.
var onPostgres = os.Getenv("E2E_DB") == "postgres"

// twins are the second ingress and the second worker of a stack on PostgreSQL, and the proxy in front of
// the ingresses.
type twins struct {
	ingress, worker *process
	proxy           *http.Server
	// listen is where the two ingresses are.
	listen [2]string
	stop   context.CancelFunc
}

// startIngresses starts both, and once the proxy on the port of the stack.
func (s *stack) startIngresses(more ...string) {
	s.Helper()
	if s.twins.proxy == nil {
		for i := range s.twins.listen {
			s.twins.listen[i] = net.JoinHostPort("127.0.0.1", strconv.Itoa(freePort(s.T)))
		}
		s.startProxy()
	}
	more = append(more, "WAYBILL_TRUSTED_PROXIES=127.0.0.1", stopDelay)
	s.ingress = s.startIngressAt(s.twins.listen[0], more...)
	s.twins.ingress = s.startIngressAt(s.twins.listen[1], more...)
}

func (s *stack) startProxy() {
	s.Helper()
	ctx, stop := context.WithCancel(context.Background())
	shared := proxy.New(s.twins.listen[:]...)
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port)))
	require.NoError(s, err)
	s.twins.proxy, s.twins.stop = &http.Server{Handler: shared, ReadHeaderTimeout: 5 * time.Second}, stop
	go shared.Watch(ctx)
	go func() { _ = s.twins.proxy.Serve(listener) }()
}

// processes are all that run of Waybill's programs.
func (s *stack) processes() (all []*process) {
	for _, p := range []*process{s.ingress, s.worker, s.twins.ingress, s.twins.worker} {
		if p != nil {
			all = append(all, p)
		}
	}
	return all
}

// workers are those that run: one, or two.
func (s *stack) workers() []*process {
	if s.twins.worker == nil {
		return []*process{s.worker}
	}
	return []*process{s.worker, s.twins.worker}
}

// terminate asks all of Waybill's programs to end, waits for each, and returns what they printed.
func (s *stack) terminate() (printed string) {
	for _, p := range s.processes() {
		p.terminate()
		printed += p.output()
	}
	return printed
}

// allSay waits until both workers, or the only one, have printed a text.
func (s *stack) allSay(text string) error {
	for _, p := range s.workers() {
		if !strings.Contains(p.output(), text) {
			return errors.New("a worker has not said " + text)
		}
	}
	return nil
}

// endsCleanly asks a process to end, and wants it to do so by itself, without a fault.
func (s *stack) endsCleanly(p *process) {
	s.Helper()
	require.NoError(s, p.cmd.Process.Signal(syscall.SIGTERM))
	select {
	case <-p.done:
	case <-time.After(stopGrace):
		require.Fail(s, "it does not end within its grace period", "%s: %s", p.name, p.output())
	}
	require.Zero(s, p.cmd.ProcessState.ExitCode(), "%s: %s", p.name, p.output())
}

// stopGrace is how long docker-compose.yml gives a worker to stop.
const stopGrace = 40 * time.Second

// stopDelay has an ingress that is told to stop take requests for longer than the proxy needs to notice.
const stopDelay = "WAYBILL_STOP_DELAY=3s"
