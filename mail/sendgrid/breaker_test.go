package sendgrid

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"waybill/delivery"
)

func TestADeadKeyIsTriedOnceInAWhile(t *testing.T) {
	now := time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)
	b := breaker{pause: time.Minute}
	dead := delivery.Outcome{Verdict: delivery.ConfigurationFault, Why: "dead"}
	accepted := delivery.Outcome{Verdict: delivery.WasAccepted}
	posted := 0
	try := func(becomes delivery.Outcome) delivery.Outcome {
		held, ok := b.admit(now)
		if !ok {
			return held
		}
		posted++
		return b.learn(becomes, true, now)
	}
	require.Equal(t, delivery.ConfigurationFault, try(dead).Verdict)
	for range 100 {
		o := try(dead)
		require.Equal(t, delivery.ConfigurationFault, o.Verdict)
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
	b.learn(delivery.Outcome{Verdict: delivery.NotSent}, false, now)
	_, ok = b.admit(now)
	require.False(t, ok, "a network that is down says nothing about the key")

	now = now.Add(time.Minute)
	require.Equal(t, delivery.WasAccepted, try(accepted).Verdict)
	for range 10 {
		require.Equal(t, delivery.WasAccepted, try(accepted).Verdict)
	}
}
