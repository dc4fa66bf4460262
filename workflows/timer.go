package workflows

import (
	"fmt"
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
	at, why := t.nextMoment()
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

// nextMoment is when something is to be done if no signal comes, and what.
func (t *tracking) nextMoment() (time.Time, string) {
	if m := t.parcel.NextMail(); m != nil {
		if m.Tries == 0 {
			return m.NotBefore, fmt.Sprintf("Hold the mail (%s): %s", m.Held, m.Kind.Words())
		}
		return m.NotBefore, "Wait for proof before sending the mail again: " + m.Kind.Words()
	}
	if t.parcel.Phase.Terminal() {
		return t.parcel.Deadline, "Grace period after " + t.parcel.Phase.Words()
	}
	return t.parcel.Deadline, "Give the parcel up if no scan comes"
}
