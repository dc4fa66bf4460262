package e2e_test

import (
	"flag"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/enums/v1"

	"waybill/delivery"
	"waybill/devstack/sendcloud"
	"waybill/parcel"
)

// workerLogs waits until the worker has logged a text so many times.
func (s *stack) workerLogs(text string, times int) {
	s.Helper()
	s.eventually(text, func() error {
		if n := strings.Count(s.worker.output(), text); n < times {
			return fmt.Errorf("logged %d times", n)
		}
		return nil
	})
}

// A parcel that is under way follows a new policy from its next decision on, and
// says which one made which.
func TestARunningParcelFollowsANewPolicy(t *testing.T) {
	t.Parallel()
	s := newStack(t, shared.get(t))
	p := s.parcel()
	now := time.Now()
	s.tell(p, sendcloud.ToSorting, now.Add(-3*time.Hour))
	s.settled(p, 1, delivery.Accepted)

	s.setPolicy("version: quiet\nmode: live\nmails: {out_for_delivery: off}\n" + atOnce)
	s.workerLogs("policy read again", 1)
	s.tell(p, sendcloud.DriverEnRoute, now.Add(-2*time.Hour))
	known := s.settled(p, 2, delivery.Accepted)
	require.Equal(t, parcel.ReasonSwitchedOff, known.Ledger[1].Reason)
	require.Contains(t, known.PolicyAt(known.Ledger[1].At), "quiet ")
	require.NotContains(t, known.PolicyAt(known.Ledger[0].At), "quiet")

	s.setPolicy("mode: loud\n")
	s.workerLogs("the one before stays", 1)
	s.tell(p, sendcloud.AttemptFailed, now.Add(-time.Hour))
	known = s.settled(p, 3, delivery.Accepted, delivery.Accepted)
	require.Equal(t, known.PolicyAt(known.Ledger[1].At), known.PolicyAt(known.Ledger[2].At))

	// The whole history replays under a policy that would decide otherwise.
	s.setPolicy("mode: shadow\n" + atOnce)
	s.workerLogs("policy read again", 2)
	s.worker.terminate()
	s.startWorker()
	s.tell(p, sendcloud.Delivered, now)
	known = s.settled(p, 4, delivery.Accepted, delivery.Accepted)
	require.Equal(t, parcel.ReasonShadow, known.Ledger[3].Reason)
	require.Equal(t, []string{"shipped", "attempt_failed"}, s.mails(p))
}

// Under the usual policy a mail is held for a while, which a timer says.
func TestAHeldMailIsOvertakenByTheNext(t *testing.T) {
	t.Parallel()
	s := prepareStack(t, shared.get(t))
	s.setPolicy("mode: live\nhold: 5s\n" + strings.Replace(atOnce, "hold: 0", "", 1))
	s.setUp()
	s.startIngress()
	s.startWorker()
	s.awaitReady()
	p := s.parcel()
	now := time.Now()
	s.tell(p, sendcloud.ToSorting, now.Add(-time.Hour))
	s.tell(p, sendcloud.DriverEnRoute, now)
	known := s.settled(p, 2, delivery.Superseded, delivery.Accepted)
	require.Equal(t, parcel.HeldForNews, known.Mails[1].About.Held)
	require.Equal(t, []string{"out_for_delivery"}, s.mails(p))
	require.NotZero(t, count(s.events(workflowID(p)), enums.EVENT_TYPE_TIMER_FIRED))
}

func TestAnIntegrationMayHaveAPolicyOfItsOwn(t *testing.T) {
	t.Parallel()
	s := prepareStack(t, shared.get(t))
	s.setPolicy("mode: live\nintegrations:\n  demo: {mode: shadow}\n")
	s.setUp()
	s.startIngress()
	s.startWorker()
	s.awaitReady()
	p := s.parcel()
	s.tell(p, sendcloud.ToSorting, time.Now())
	require.Equal(t, parcel.ReasonShadow, s.settled(p, 1).Ledger[0].Reason)
	s.workerLogs("an integration has a policy of its own", 1)
}

var herd = flag.Int("herd", 60, "how many parcels are under way in TestAPolicyChangesUnderParcelsThatAreUnderWay")

// The policy changes under many running parcels, and the worker that knew them
// dies: their histories replay under rules that would decide otherwise.
func TestAPolicyChangesUnderParcelsThatAreUnderWay(t *testing.T) {
	t.Parallel()
	s := newShop(t, "v3", nil)
	s.startIngress()
	s.startWorker()
	s.awaitReady()
	now := time.Now()
	parcels := make([]sendcloud.Parcel, *herd)
	for i := range parcels {
		parcels[i] = s.parcel()
		s.account.Change(parcels[i], sendcloud.ToSorting, now.Add(-time.Hour))
	}
	require.NoError(t, s.account.Rest(t.Context()))
	for _, p := range parcels {
		s.settled(p, 1, delivery.Accepted)
	}

	s.worker.kill()
	s.setPolicy("mode: shadow\nmails: {shipped: off, out_for_delivery: off}\n" + atOnce)
	s.startWorker()
	for _, p := range parcels {
		s.account.Change(p, sendcloud.DriverEnRoute, now)
	}
	require.NoError(t, s.account.Rest(t.Context()))
	for _, p := range parcels {
		known := s.settled(p, 2, delivery.Accepted)
		require.Equal(t, parcel.ReasonNewPhase, known.Ledger[0].Reason, "what was decided stays")
		require.Equal(t, parcel.ReasonSwitchedOff, known.Ledger[1].Reason)
		require.NotEqual(t, known.PolicyAt(known.Ledger[0].At), known.PolicyAt(known.Ledger[1].At))
		require.Zero(t, count(s.events(workflowID(p)), enums.EVENT_TYPE_WORKFLOW_TASK_FAILED), "every replay came to the same")
	}
}
