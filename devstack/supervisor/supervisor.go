// Package supervisor runs child processes as one: it prefixes what they print,
// and when one ends or the supervisor is told to stop, it ends them all, the
// youngest first.
package supervisor

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"
)

// patience is how long a child may take to end after SIGTERM.
const patience = 40 * time.Second

// Supervisor runs children. The zero value is not usable; see [New].
type Supervisor struct {
	out    io.Writer
	colour bool

	mu       sync.Mutex
	children []*child
	ended    chan *child
}

type child struct {
	name string
	cmd  *exec.Cmd
	done chan struct{}
	err  error
}

// New returns a supervisor that prints to out, with coloured names if wanted.
func New(out io.Writer, colour bool) *Supervisor {
	return &Supervisor{out: out, colour: colour, ended: make(chan *child, 16)}
}

// Start runs a program with this environment besides the supervisor's own.
func (s *Supervisor) Start(name string, env []string, program string, args ...string) error {
	cmd := exec.Command(program, args...)
	cmd.Env = append(os.Environ(), env...)
	isolate(cmd)
	output, err := cmd.StdoutPipe()
	if err != nil {
		return fmt.Errorf("start %s: %w", name, err)
	}
	cmd.Stderr = cmd.Stdout
	c := &child{name: name, cmd: cmd, done: make(chan struct{})}
	started := make(chan error)
	go s.run(c, output, started)
	if err := <-started; err != nil {
		return fmt.Errorf("start %s: %w", name, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.children = append(s.children, c)
	return nil
}

// run starts a child and waits for its end, on one thread: Linux kills a child
// along with the thread that started it.
func (s *Supervisor) run(c *child, output io.Reader, started chan<- error) {
	defer holdThread()()
	if err := c.cmd.Start(); err != nil {
		started <- err
		return
	}
	started <- nil
	lines := bufio.NewReaderSize(output, 1<<16)
	for {
		line, err := lines.ReadString('\n')
		if line != "" {
			s.print(c.name, line)
		}
		if err != nil {
			break
		}
	}
	c.err = c.cmd.Wait()
	close(c.done)
	s.ended <- c
}

// colours of the names, by their first letters' sum: the same every time.
var colours = []string{"36", "35", "33", "32", "34"}

func (s *Supervisor) print(name, line string) {
	if line[len(line)-1] != '\n' {
		line += "\n"
	}
	prefix := fmt.Sprintf("%-8s | ", name)
	if s.colour {
		sum := 0
		for _, r := range name {
			sum += int(r)
		}
		prefix = fmt.Sprintf("\x1b[%sm%-8s |\x1b[0m ", colours[sum%len(colours)], name)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	_, _ = io.WriteString(s.out, prefix+line)
}

// Ended says that a child ended although nobody asked it to.
type Ended struct {
	Name string
	Err  error
}

func (e Ended) Error() string {
	if e.Err == nil {
		return e.Name + " ended by itself; its last lines are above"
	}
	return fmt.Sprintf("%s ended by itself (%v); its last lines are above", e.Name, e.Err)
}

// Wait returns when ctx ends, or with an [Ended] when a child does.
func (s *Supervisor) Wait(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return nil
	case c := <-s.ended:
		return Ended{Name: c.name, Err: c.err}
	}
}

// Stop ends all children, the youngest first, and waits for each.
func (s *Supervisor) Stop() error {
	s.mu.Lock()
	children := s.children
	s.children = nil
	s.mu.Unlock()
	var faults []error
	for i := len(children) - 1; i >= 0; i-- {
		faults = append(faults, children[i].stop())
	}
	return errors.Join(faults...)
}

func (c *child) stop() error {
	select {
	case <-c.done:
		return nil
	default:
	}
	c.signal(syscall.SIGTERM)
	select {
	case <-c.done:
		return nil
	case <-time.After(patience):
		c.signal(syscall.SIGKILL)
		<-c.done
		return fmt.Errorf("%s did not end within %v and was killed", c.name, patience)
	}
}

// signal tells the child and what it has started: a program behind a script
// outlives the script, and keeps the output open.
func (c *child) signal(s syscall.Signal) { _ = syscall.Kill(-c.cmd.Process.Pid, s) }
