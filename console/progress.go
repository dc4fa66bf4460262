package console

import (
	"fmt"
	"io"
	"sync"
	"time"

	"waybill/commandline"
)

const (
	// Progress is shown after quiet: on a terminal in one line that is overwritten, elsewhere
	// in a new line every logPause.
	quiet         = 3 * time.Second
	terminalPause = 250 * time.Millisecond
	logPause      = 10 * time.Second
)

// progress says how far something is.
type progress struct {
	w        io.Writer
	terminal bool

	mu    sync.Mutex
	next  time.Time
	shown bool
}

func newProgress(w io.Writer) *progress {
	return &progress{w: w, terminal: commandline.Terminal(w), next: time.Now().Add(quiet)}
}

// say shows a line, unless one was shown just before.
func (p *progress) say(line string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	if now.Before(p.next) {
		return
	}
	p.shown, p.next = true, now.Add(logPause)
	if !p.terminal {
		fmt.Fprintln(p.w, line)
		return
	}
	p.next = now.Add(terminalPause)
	fmt.Fprintf(p.w, "\r\x1b[K%s", line)
}

// end makes room for other lines.
func (p *progress) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.shown && p.terminal {
		fmt.Fprint(p.w, "\r\x1b[K")
	}
}
