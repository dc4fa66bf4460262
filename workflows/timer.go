package workflows

import (
	"time"

	"go.temporal.io/sdk/workflow"
)

// timer is the one timer of a parcel.
type timer struct {
	at     time.Time
	why    string
	cancel workflow.CancelFunc
}

// setTimer makes the main loop wake up at the next moment that something is to
// be done. A moment that only moves later costs nothing: the old timer fires,
// and the loop looks again.
func (t *tracking) setTimer(ctx workflow.Context) {
	next := t.parcel.Next()
	at, why := next.At, next.Why
	now := workflow.Now(ctx)
	switch {
	case !at.After(now):
		// Nothing to wait for, or what is due waits for a mail to be settled.
		return
	case t.timer != nil && t.timer.why == why && !at.Before(t.timer.at):
		return
	case t.timer != nil:
		t.timer.cancel()
	}
	timerCtx, cancel := workflow.WithCancel(ctx)
	set := &timer{at: at, why: why, cancel: cancel}
	fired := workflow.NewTimerWithOptions(timerCtx, at.Sub(now), workflow.TimerOptions{Summary: why})
	t.timer = set
	workflow.Go(ctx, func(ctx workflow.Context) {
		if fired.Get(ctx, nil) == nil && t.timer == set {
			t.timer, t.wake = nil, true
		}
	})
}
