package e2e_test

import (
	"bytes"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// process is a child process that keeps what it printed.
type process struct {
	name string
	cmd  *exec.Cmd
	done chan struct{}

	mu  sync.Mutex
	buf bytes.Buffer
}

func startProcess(env []string, program string, args ...string) (*process, error) {
	p := &process{name: filepath.Base(program) + " " + args[0], cmd: exec.Command(program, args...), done: make(chan struct{})}
	p.cmd.Env = append(os.Environ(), env...)
	p.cmd.Stdout, p.cmd.Stderr = p, p
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		_ = p.cmd.Wait()
		close(p.done)
	}()
	return p, nil
}

func (p *process) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.buf.Write(b)
}

func (p *process) output() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.buf.String()
}

// kill ends it without a chance to clean up.
func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	<-p.done
}

// terminate asks it to end and waits until it has.
func (p *process) terminate() {
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	<-p.done
}

// nextPort is where freePort goes on. The range lies below the one from which
// the kernel takes ports for whoever asks for any.
var nextPort atomic.Int32

func init() { nextPort.Store(int32(18000 + os.Getpid()%10000)) }

// freePort is a port that nobody uses, and that no other test is given.
func freePort(t *testing.T) int {
	t.Helper()
	for {
		port := int(nextPort.Add(1))
		l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if err == nil {
			require.NoError(t, l.Close())
			return port
		}
		require.Less(t, port, 32000, "no port is free")
	}
}
