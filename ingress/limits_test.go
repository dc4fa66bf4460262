package ingress

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestALimitForgetsNobodyUnderPressure(t *testing.T) {
	l, start := NewLimits(2, time.Minute), time.Now()
	for range 2 {
		require.Zero(t, l.Take("the one that is limited", start))
	}
	for i := range 3 * mostCallers {
		require.Zero(t, l.Take(fmt.Sprint(i), start), "nobody is kept out because of others")
	}
	require.Len(t, l.of, mostCallers, "memory has an end")
	wait := l.Take("the one that is limited", start)
	require.Positive(t, wait)
	require.LessOrEqual(t, wait, 30*time.Second)
	later := start.Add(30 * time.Second)
	require.Zero(t, l.Take("the one that is limited", later))
	require.Zero(t, l.Take("a new one", later))
	require.Less(t, len(l.of), mostCallers, "callers that are as good as new are forgotten")
	require.Contains(t, l.of, "the one that is limited")
	require.Zero(t, l.Take("the one that is limited", start.Add(time.Hour)))
}
