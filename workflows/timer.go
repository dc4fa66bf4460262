package workflows

import (
	"time"

	"go.temporal.io/sdk/workflow"
)

// timer is the one timer of a workflow: it wakes the main loop at the next moment
// that something is to be done. A moment that only moves later costs nothing: the
// old timer fires, and the loop looks again.
type timer struct {
	set *setting
}

// setting is what a timer is set to.
type setting struct {
	at     time.Time
	why    string
	cancel workflow.CancelFunc
}

// ringAt has ring called at a moment, unless another moment is set before.
func (t *timer) ringAt(ctx workflow.Context, at time.Time, why string, ring func()) {
	now := workflow.Now(ctx)
	switch {
	case !at.After(now):
		// Nothing to wait for, or what is due waits for something else.
		return
	case t.set != nil && t.set.why == why && !at.Before(t.set.at):
		return
	case t.set != nil:
		t.set.cancel()
	}
	timerCtx, cancel := workflow.WithCancel(ctx)
	set := &setting{at: at, why: why, cancel: cancel}
	fired := workflow.NewTimerWithOptions(timerCtx, at.Sub(now), workflow.TimerOptions{Summary: why})
	t.set = set
	workflow.Go(ctx, func(ctx workflow.Context) {
		if fired.Get(ctx, nil) == nil && t.set == set {
			t.set = nil
			ring()
		}
	})
}
