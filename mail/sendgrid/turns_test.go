package sendgrid

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Temporal gives a mail that comes back to any of the workers.
func TestMailsOfOneBacklogTakeTheTurnsOfAllWorkers(t *testing.T) {
	const mails, perSecond = 2000, 10
	for _, workers := range []int{1, 2, 5} {
		t.Run(fmt.Sprint(workers, " workers"), func(t *testing.T) {
			began := time.Date(2026, 11, 28, 9, 0, 0, 0, time.UTC)
			all := make([]*turns, workers)
			for i := range all {
				all[i] = newTurns(perSecond)
			}
			var coming []turn
			for i := range mails {
				coming = append(coming, turn{fmt.Sprint("mail ", i), began.Add(time.Duration(i) * time.Millisecond)})
			}
			posted, tries, last := 0, 0, began
			for len(coming) > 0 {
				i := 0
				for j, one := range coming {
					if one.at.Before(coming[i].at) {
						i = j
					}
				}
				one := coming[i]
				coming = slices.Delete(coming, i, i+1)
				// Any worker, and the same in each run of this test.
				worker := all[(tries*7+tries/3)%workers]
				tries++
				if wait := worker.turnOf(one.key, one.at); wait > longestTurn {
					coming = append(coming, turn{one.key, one.at.Add(wait)})
					continue
				}
				posted, last = posted+1, one.at
			}
			require.Equal(t, mails, posted)
			took := last.Sub(began).Seconds()
			require.Less(t, took, 1.7*mails/perSecond/float64(workers), "all workers post")
			require.GreaterOrEqual(t, took, 0.9*mails/perSecond/float64(workers)-2, "none posts faster than it may")
			require.Less(t, float64(tries-2*mails)/took, 5.0, "tries a second that post nothing, besides one of each mail")
		})
	}
}
