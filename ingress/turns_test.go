package ingress

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// queue has so many wait for a turn of an integration, one after the other, and notes in which order they get it.
func queue(t *testing.T, turns *turns, got chan<- string, names ...string) {
	t.Helper()
	for _, name := range names {
		before := waiting(turns)
		go func() {
			if done, err := turns.take(t.Context(), name); err == nil {
				got <- name
				done()
			}
		}()
		require.Eventually(t, func() bool { return waiting(turns) > before }, time.Minute, time.Millisecond)
	}
}

func waiting(t *turns) (n int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, all := range t.waiting {
		n += len(all)
	}
	return n
}

func TestIntegrationsTakeTurns(t *testing.T) {
	turns, got := newTurns(1), make(chan string, 9)
	done, err := turns.take(t.Context(), "flood")
	require.NoError(t, err)
	queue(t, turns, got, "flood", "flood", "flood", "flood", "other", "third", "other")
	done()
	var order []string
	for range 7 {
		order = append(order, <-got)
	}
	require.Equal(t, "flood other third flood other flood flood", strings.Join(order, " "))
}

func TestWhoGivesUpLeavesTheTurnToOthers(t *testing.T) {
	turns, got := newTurns(1), make(chan string, 1)
	done, err := turns.take(t.Context(), "flood")
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = turns.take(ctx, "late")
	require.ErrorIs(t, err, context.Canceled)
	require.Zero(t, waiting(turns))
	queue(t, turns, got, "other")
	done()
	require.Equal(t, "other", <-got)
	require.Eventually(t, func() bool { turns.mu.Lock(); defer turns.mu.Unlock(); return turns.free == 1 }, time.Minute, time.Millisecond)
}

// Turns that are given and given up at the same moment are not lost, and no more go on at a time than may.
func TestNoTurnIsLost(t *testing.T) {
	const atATime = 3
	turns := newTurns(atATime)
	var all sync.WaitGroup
	var mu sync.Mutex
	under, most := 0, 0
	for i := range 200 {
		all.Go(func() {
			ctx, cancel := context.WithTimeout(t.Context(), time.Duration(i%5)*time.Millisecond)
			defer cancel()
			done, err := turns.take(ctx, []string{"a", "b", "c"}[i%3])
			if err != nil {
				return
			}
			mu.Lock()
			under++
			most = max(most, under)
			mu.Unlock()
			<-ctx.Done()
			mu.Lock()
			under--
			mu.Unlock()
			done()
		})
	}
	all.Wait()
	require.Equal(t, atATime, turns.free)
	require.Empty(t, turns.waiting)
	require.Empty(t, turns.order)
	require.LessOrEqual(t, most, atATime)
}
