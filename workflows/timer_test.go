package workflows_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Others tell the time finer than rules go by: a timer that fires at such a moment
// would fire before it is due, and nothing would ring again.
func TestWhatIsDueAtAFractionOfAMillisecondHappens(t *testing.T) {
	c := undecided(t)
	c.facts.IncomingParcel, c.facts.NoticeAt = 0, c.began.Add(-4*day).Add(123_456*time.Nanosecond)
	c.policy.RemindAfter, c.policy.RemindAgain, c.policy.EscalateAfter = 30*day, 40*day, 50*day
	c.at(7*day, func() { require.Equal(t, "10 of 14 legal days are over", asked(c, currentAttributes)["Attention"]) })
	give(c, 7*day+time.Hour, orderOf("withdraw"), says("anna"))
	c.run()
}
