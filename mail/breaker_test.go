package mail

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestADeadKeyIsTriedOnceInAWhile(t *testing.T) {
	now := time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)
	b := breaker{pause: time.Minute}
	dead := Outcome{Verdict: Setup, Status: 401, Why: "dead"}
	posted := 0
	try := func(becomes Outcome) Outcome {
		held, ok := b.admit(now)
		if !ok {
			return held
		}
		posted++
		return b.learn(becomes, now)
	}
	require.Equal(t, Setup, try(dead).Verdict)
	for range 100 {
		o := try(dead)
		require.Equal(t, Setup, o.Verdict)
		require.Equal(t, "dead", o.Why, "each says what is wrong")
		require.GreaterOrEqual(t, o.Wait, time.Minute)
		require.LessOrEqual(t, o.Wait, 91*time.Second)
	}
	require.Equal(t, 1, posted)

	now = now.Add(time.Minute)
	_, ok := b.admit(now)
	require.True(t, ok, "one tries")
	_, ok = b.admit(now)
	require.False(t, ok, "the others wait for what comes of it")
	b.learn(Outcome{Verdict: NotSent}, now)
	_, ok = b.admit(now)
	require.False(t, ok, "a network that is down says nothing about the key")

	now = now.Add(time.Minute)
	require.Equal(t, Accepted, try(Outcome{Verdict: Accepted, Status: 202}).Verdict)
	for range 10 {
		require.Equal(t, Accepted, try(Outcome{Verdict: Accepted, Status: 202}).Verdict)
	}
}
