package activities

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestTheLastAnswerIsBetterThanNone(t *testing.T) {
	asked := 0
	answer, answers := "first", true
	ask := func() (string, bool) { asked++; return answer, answers }
	c := newCache[string, string](2, time.Hour, time.Hour)
	require.Equal(t, "first", c.get("a", ask))
	require.Equal(t, "first", c.get("a", ask))
	require.Equal(t, 1, asked, "and remembered")

	answers = false
	require.Empty(t, c.get("b", ask))
	require.Empty(t, c.get("b", ask))
	require.Equal(t, 2, asked, "it is not asked again soon after asking failed")

	c.answers.Add("a", remembered[string]{answer: "first"}) // its time is over
	require.Equal(t, "first", c.get("a", ask))
	require.Equal(t, 3, asked)
	require.Equal(t, "first", c.known("a"))

	c.amend("a", "amended")
	require.Equal(t, "amended", c.get("a", ask))
	require.Equal(t, 3, asked)
}
