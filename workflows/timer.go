package workflows

import (
	"time"

	"go.temporal.io/sdk/workflow"
)

// timer is the one timer of a workflow. It wakes the main loop when something is to be done. If
// that moves later, the old timer fires, and the loop looks again.
type timer struct {
	at     time.Time
	why    string
	future workflow.Future
	cancel workflow.CancelFunc
}

// set has the timer fire at a moment, unless it fires before anyway.
func (t *timer) set(ctx workflow.Context, at time.Time, why string) {
	if short := at.Truncate(time.Millisecond); short.Before(at) {
		at = short.Add(time.Millisecond) // rules go by milliseconds, and would find it not due yet
	}
	left := at.Sub(now(ctx))
	switch {
	case left <= 0:
		return // nothing to wait for, or what is due waits for something else
	case t.future != nil && t.why == why && !at.Before(t.at):
		return
	case t.future != nil:
		t.cancel()
	}
	timerCtx, cancel := workflow.WithCancel(ctx)
	*t = timer{at: at, why: why, cancel: cancel}
	t.future = workflow.NewTimerWithOptions(timerCtx, left, workflow.TimerOptions{Summary: why})
}

// fired reports whether it has fired since it was cleared.
func (t *timer) fired() bool { return t.future != nil && t.future.IsReady() }

// clear forgets a timer that has fired.
func (t *timer) clear() {
	if t.fired() {
		*t = timer{}
	}
}
