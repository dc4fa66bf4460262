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
		require.Equal(t, delivery.HeldBack, o.Reason)
		require.GreaterOrEqual(t, o.Wait, time.Minute)
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

func TestThePausesOfADeadKeyGrow(t *testing.T) {
	now := time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)
	b := breaker{pause: time.Minute}
	dead := delivery.Outcome{Verdict: delivery.ConfigurationFault, Why: "dead"}
	var pauses []time.Duration
	for range 7 {
		_, ok := b.admit(now)
		require.True(t, ok)
		b.learn(dead, true, now)
		b.learn(dead, true, now) // it was under way at the same time
		began := now
		for holds := true; holds; now = now.Add(time.Second) {
			_, holds = b.held(now.Add(time.Second))
		}
		pauses = append(pauses, now.Sub(began))
	}
	require.Equal(t, []time.Duration{time.Minute, 2 * time.Minute, 4 * time.Minute, 8 * time.Minute, 10 * time.Minute, 10 * time.Minute, 10 * time.Minute}, pauses)
	_, ok := b.admit(now)
	require.True(t, ok)
	b.learn(delivery.Outcome{Verdict: delivery.WasAccepted}, true, now)
	require.Equal(t, time.Minute, b.learn(dead, true, now.Add(time.Hour)).Wait.Truncate(time.Minute), "the next fault is a first one")
}

// Ten thousand mails wait for a key to be mended. Each comes back when it was told to.
func TestMailsThatWaitForAKeyComeBackFourASecond(t *testing.T) {
	began := time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)
	b := breaker{pause: time.Minute}
	dead := delivery.Outcome{Verdict: delivery.ConfigurationFault, Why: "dead"}
	tries := map[time.Time]int{} // by second
	due := make([]time.Time, 10_000)
	for i := range due {
		due[i] = began
	}
	for second := began; second.Before(began.Add(2 * time.Hour)); second = second.Add(time.Second) {
		for i, at := range due {
			if !at.Before(second.Add(time.Second)) {
				continue
			}
			tries[second]++
			held, ok := b.admit(at)
			if ok {
				held = b.learn(dead, true, at)
			}
			due[i] = at.Add(held.Wait)
		}
	}
	delete(tries, began) // nobody can know before
	most := 0
	for _, n := range tries {
		most = max(most, n)
	}
	require.LessOrEqual(t, most, 5)
}
