package activities

import (
	"context"
	"sync"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
)

// WithHeartbeats has an activity tell Temporal that its worker is alive, if the workflow wants
// to know that: while it waits for an answer it would not say so itself. The time-out of a try
// bounds one that hangs.
func WithHeartbeats[In, Out any](do func(context.Context, In) (Out, error)) func(context.Context, In) (Out, error) {
	return func(ctx context.Context, in In) (Out, error) {
		if wanted := activity.GetInfo(ctx).HeartbeatTimeout; wanted > 0 {
			beating, stop := beat(ctx, wanted/4, activity.RecordHeartbeat)
			defer stop()
			ctx = beating
		}
		return do(ctx, in)
	}
}

// heart is what an activity's heartbeats say.
type heart struct {
	// record has Temporal told.
	record func(ctx context.Context, details ...any)

	mu      sync.Mutex
	details []any
}

type heartKey struct{}

// beat sends a heartbeat every so often until it is stopped. Each repeats what the last one
// said, or that of the try before this one: Temporal keeps the last one only.
func beat(ctx context.Context, every time.Duration, record func(context.Context, ...any)) (context.Context, func()) {
	h := &heart{record: record}
	if activity.HasHeartbeatDetails(ctx) {
		var before converter.RawValue
		if activity.GetHeartbeatDetails(ctx, &before) == nil {
			h.details = []any{before}
		}
	}
	ctx, cancel := context.WithCancel(context.WithValue(ctx, heartKey{}, h))
	var beating sync.WaitGroup
	beating.Go(func() {
		tick := time.NewTicker(every)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				h.say(ctx)
			}
		}
	})
	return ctx, func() {
		cancel()
		beating.Wait()
	}
}

// say sends a heartbeat, with details if there are new ones.
func (h *heart) say(ctx context.Context, details ...any) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(details) > 0 {
		h.details = details
	}
	h.record(ctx, h.details...)
}

// soFar has the next try go on from here if this one is lost.
func soFar(ctx context.Context, details any) {
	if h, ok := ctx.Value(heartKey{}).(*heart); ok {
		h.say(ctx, details)
		return
	}
	activity.RecordHeartbeat(ctx, details)
}
