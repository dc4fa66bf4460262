package ingress

import (
	"context"
	"slices"
	"sync"
)

// turns lets a few at a time do something, and has integrations take turns: if one of them sends thousands of
// webhooks, those of the others are not behind all of these.
type turns struct {
	mu   sync.Mutex
	free int
	// waiting are those that wait for a turn, by integration and oldest first. order are the
	// integrations that have such, as they come.
	waiting map[string][]chan struct{}
	order   []string
}

func newTurns(atATime int) *turns {
	return &turns{free: atATime, waiting: map[string][]chan struct{}{}}
}

// take waits for a turn of an integration. Call done to end it. The only error is that of ctx.
func (t *turns) take(ctx context.Context, integration string) (done func(), err error) {
	t.mu.Lock()
	if t.free > 0 { // then nobody waits
		t.free--
		t.mu.Unlock()
		return t.done, nil
	}
	turn := make(chan struct{})
	if len(t.waiting[integration]) == 0 {
		t.order = append(t.order, integration)
	}
	t.waiting[integration] = append(t.waiting[integration], turn)
	t.mu.Unlock()
	select {
	case <-turn:
		return t.done, nil
	case <-ctx.Done():
		t.leave(integration, turn)
		return nil, ctx.Err()
	}
}

// done passes a turn on to the next integration that has somebody waiting.
func (t *turns) done() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.order) == 0 {
		t.free++
		return
	}
	next := t.order[0]
	t.order = t.order[1:]
	turn := t.waiting[next][0]
	if t.waiting[next] = t.waiting[next][1:]; len(t.waiting[next]) > 0 {
		t.order = append(t.order, next)
	} else {
		delete(t.waiting, next)
	}
	close(turn)
}

// leave gives up waiting; a turn that came in the same moment goes to the next.
func (t *turns) leave(integration string, turn chan struct{}) {
	t.mu.Lock()
	i := slices.Index(t.waiting[integration], turn)
	if i >= 0 {
		t.waiting[integration] = slices.Delete(t.waiting[integration], i, i+1)
		if len(t.waiting[integration]) == 0 {
			delete(t.waiting, integration)
			t.order = slices.DeleteFunc(t.order, func(one string) bool { return one == integration })
		}
	}
	t.mu.Unlock()
	if i < 0 {
		t.done()
	}
}
