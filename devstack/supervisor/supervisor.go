// Package supervisor runs child processes as one: it keeps what each prints in a file and
// shows what is worth it, and when one ends or the supervisor is told to stop, it ends them
// all, the youngest first.
package supervisor

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"
)

// patience is how long a child may take to end after SIGTERM.
const patience = 40 * time.Second

// Supervisor runs children. The zero value is not usable; see [New].
type Supervisor struct {
	out    io.Writer
	folder string
	show   Show

	mu       sync.Mutex
	children []*child
	ended    chan *child
}

// Show is what is shown of a line that a child has written; empty is nothing.
type Show func(child, line string) string

// LogFile is where all that a child writes is kept, in the folder of the logs. It begins
// anew with each start.
func LogFile(child string) string { return child + ".log" }

type child struct {
	name string
	log  *os.File
	// last are its last lines, oldest first.
	last []string
	cmd  *exec.Cmd
	// end is the signal that asks it to end.
	end  syscall.Signal
	done chan struct{}
	err  error
}

// New returns a supervisor that shows lines on out and keeps them all in a folder.
func New(out io.Writer, folder string, show Show) *Supervisor {
	return &Supervisor{out: out, folder: folder, show: show, ended: make(chan *child, 16)}
}

// Start runs a program with this environment besides the supervisor's own.
func (s *Supervisor) Start(name string, env []string, program string, args ...string) error {
	cmd := exec.Command(program, args...)
	cmd.Env = append(os.Environ(), env...)
	return s.Run(name, cmd, syscall.SIGTERM)
}

// Run runs a command that was not started yet, with its own folder, environment and user. The signal
// asks it to end.
func (s *Supervisor) Run(name string, cmd *exec.Cmd, end syscall.Signal) error {
	isolate(cmd)
	output, err := cmd.StdoutPipe()
	if err != nil {
		return fmt.Errorf("start %s: %w", name, err)
	}
	cmd.Stderr = cmd.Stdout
	log, err := os.Create(filepath.Join(s.folder, LogFile(name)))
	if err != nil {
		return fmt.Errorf("keep the log of %s: %w", name, err)
	}
	c := &child{name: name, log: log, cmd: cmd, end: end, done: make(chan struct{})}
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
		if line = strings.TrimSuffix(line, "\n"); line != "" {
			s.print(c, line)
		}
		if err != nil {
			break
		}
	}
	c.err = c.cmd.Wait()
	_ = c.log.Close() // nothing more can be done about a log
	close(c.done)
	s.ended <- c
}

// lastLines are shown of a child that ended by itself.
const lastLines = 10

func (s *Supervisor) print(c *child, line string) {
	c.last = append(c.last[max(0, len(c.last)+1-lastLines):], line)
	fmt.Fprintln(c.log, line)
	if shown := s.show(c.name, line); shown != "" {
		s.mu.Lock()
		defer s.mu.Unlock()
		fmt.Fprintln(s.out, shown)
	}
}

// Ended says that a child ended although nobody asked it to.
type Ended struct {
	Name string
	Err  error
	// Log is the file with all its lines, Last are the last ones.
	Log  string
	Last []string
}

func (e Ended) Error() string {
	how := ""
	if e.Err != nil {
		how = fmt.Sprintf(" (%v)", e.Err)
	}
	return fmt.Sprintf("%s ended by itself%s; the last lines of %s:\n  %s", e.Name, how, e.Log, strings.Join(e.Last, "\n  "))
}

// Wait returns when ctx ends, or with an [Ended] when a child does.
func (s *Supervisor) Wait(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return nil
	case c := <-s.ended:
		return Ended{Name: c.name, Err: c.err, Log: c.log.Name(), Last: c.last}
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
	c.signal(c.end)
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
