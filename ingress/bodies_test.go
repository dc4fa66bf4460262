package ingress

import (
	"bufio"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
)

// Whoever sends a body that never ends keeps nobody out who sends one.
func TestABodyThatArrivesForLongMakesRoom(t *testing.T) {
	d, _ := closed(t)
	d.bodies.bytes = 8 * freeBytes
	server := httptest.NewServer(d.handler())
	t.Cleanup(server.Close)
	address := server.Listener.Addr().String()

	takes := func(bytes int64) {
		t.Helper()
		require.Eventually(t, func() bool { return d.bodies.taken() == bytes }, readTimeout, readTimeout/1000)
	}
	// Two never end. Each takes three times what is free: its memory doubled twice.
	begins := post(formOfSignature, 1<<20, strings.Repeat("x", 3*freeBytes))
	first := dial(t, address, begins)
	takes(3 * freeBytes)
	dial(t, address, begins)
	takes(6 * freeBytes)
	requireTaken(t, address) // a small one takes nothing
	require.EqualValues(t, 6*freeBytes, d.bodies.taken())

	// A third one takes the place of the oldest, and is looked at.
	whole := strings.Repeat("x", 4*freeBytes-1)
	third, err := http.ReadResponse(bufio.NewReader(dial(t, address, post(formOfSignature, len(whole), whole))), nil)
	require.NoError(t, err)
	defer third.Body.Close()
	require.Equal(t, http.StatusUnauthorized, third.StatusCode)
	takes(3 * freeBytes)
	gone, err := http.ReadResponse(bufio.NewReader(first), nil)
	require.NoError(t, err)
	defer gone.Body.Close()
	require.Equal(t, http.StatusServiceUnavailable, gone.StatusCode)
	require.Equal(t, RetryAfter, gone.Header.Get("Retry-After"))
	require.True(t, gone.Close)
}

func TestABodyOverTheWholeBudgetMakesRoomItself(t *testing.T) {
	b := &budget{bytes: 10, metrics: client.MetricsNopHandler}
	stopped := ""
	one := &arriving{stop: func() { stopped += "one " }}
	two := &arriving{stop: func() { stopped += "two " }}
	require.True(t, b.take(one, 6))
	require.True(t, b.take(two, 4))
	require.True(t, b.take(two, 2), "the older one makes room")
	require.True(t, b.gaveUp(one))
	require.False(t, b.take(one, 1))
	require.False(t, b.take(two, 5))
	require.Equal(t, "one two ", stopped)
	require.Zero(t, b.taken())
	b.free(one)
	b.free(two)
	require.Zero(t, b.taken())
}

func (b *budget) taken() int64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.used
}
