package supervisor_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"waybill/devstack/supervisor"
)

// paper is a writer that can be read while others write.
type paper struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (p *paper) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.buf.Write(b)
}

func (p *paper) String() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.buf.String()
}

func (p *paper) waitFor(t *testing.T, text string) {
	t.Helper()
	require.Eventually(t, func() bool { return strings.Contains(p.String(), text) }, 30*time.Second, time.Millisecond, text)
}

// supervise shows all lines, with the names of their children.
func supervise(t *testing.T, out *paper) *supervisor.Supervisor {
	t.Helper()
	return supervisor.New(out, t.TempDir(), func(child, line string) string { return child + " | " + line })
}

// A child that says that it is there and, when told to stop, writes its name
// into a file.
const polite = `trap 'echo "$0" >> "$ORDER"; exit 0' TERM; echo ready; while :; do sleep 0.01; done`

func TestChildrenAreEndedTheYoungestFirst(t *testing.T) {
	var out paper
	order := filepath.Join(t.TempDir(), "order")
	s := supervise(t, &out)
	for _, name := range []string{"first", "second", "third"} {
		require.NoError(t, s.Start(name, []string{"ORDER=" + order}, "sh", "-c", polite, name))
		out.waitFor(t, name)
	}
	out.waitFor(t, "third | ready\n")
	require.NoError(t, s.Stop())
	written, err := os.ReadFile(order)
	require.NoError(t, err)
	require.Equal(t, "third\nsecond\nfirst\n", string(written))
}

func TestAProgramBehindAScriptIsEndedToo(t *testing.T) {
	var out paper
	s := supervise(t, &out)
	require.NoError(t, s.Start("script", nil, "sh", "-c", "echo ready; sleep 60; echo woke up"))
	out.waitFor(t, "ready")
	require.NoError(t, s.Stop())
	require.NotContains(t, out.String(), "woke up")
}

func TestAChildThatEndsByItselfIsNamed(t *testing.T) {
	var out paper
	folder := t.TempDir()
	s := supervisor.New(&out, folder, func(_, line string) string { return strings.TrimPrefix(line, "no more") })
	require.NoError(t, s.Start("healthy", nil, "sleep", "60"))
	require.NoError(t, s.Start("ill", nil, "sh", "-c", "seq 20; echo no more; printf 'half a line' >&2; exit 3"))
	err := s.Wait(t.Context())
	log := filepath.Join(folder, "ill.log")
	require.EqualError(t, err, "ill ended by itself (exit status 3); the last lines of "+log+":\n  13\n  14\n  15\n  16\n  17\n  18\n  19\n  20\n  no more\n  half a line")
	require.NoError(t, s.Stop())
	require.True(t, strings.HasSuffix(out.String(), "20\nhalf a line\n"), "what is not worth it is not shown")
	kept, err := os.ReadFile(log)
	require.NoError(t, err)
	require.True(t, strings.HasSuffix(string(kept), "20\nno more\nhalf a line\n"), "and kept")
}

func TestWaitingEndsWhenToldTo(t *testing.T) {
	s := supervise(t, &paper{})
	require.NoError(t, s.Start("healthy", nil, "sleep", "60"))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.NoError(t, s.Wait(ctx))
	require.NoError(t, s.Stop())
}

func TestAProgramThatIsNotThereIsNamed(t *testing.T) {
	err := supervise(t, &paper{}).Start("ghost", nil, "/no/such/program")
	require.ErrorContains(t, err, "start ghost: ")
}
