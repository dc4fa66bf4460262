package e2e_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"waybill/contract"
	"waybill/devstack/sendcloud"
	"waybill/devstack/sendgrid"
)

// What waits costs Temporal and the worker little: at most 5 tries a second post nothing,
// however many mails wait. See the flag waiting.
func TestMailsThatWaitAreSeldomTried(t *testing.T) {
	t.Parallel()
	t.Run("for a key", func(t *testing.T) {
		t.Parallel()
		pause := "1s"
		if *waiting >= 1000 {
			pause = "1m" // as merchants have it
		}
		s, w := newWaitingShop(t, "WAYBILL_MAIL_SETUP_PAUSE="+pause)
		require.NoError(t, s.sendgrid.Fail(sendgrid.Fault{Kind: sendgrid.FaultStatus, Status: 401}))
		s.tellAll(*waiting)
		s.requireFewTries(w, *waiting)
		s.sendgrid.Mend()
		s.awaitMails(*waiting)
	})
	t.Run("for their turns", func(t *testing.T) {
		t.Parallel()
		n := *waiting
		if n < 1000 {
			n *= 8 // many leave before the others wait
		}
		s, w := newWaitingShop(t, "WAYBILL_MAIL_RATE=10")
		s.tellAll(n)
		s.requireFewTries(w, n)
		s.awaitMails(n)
	})
}

// newWaitingShop is a shop whose worker is on a wire.
func newWaitingShop(t *testing.T, setting string) (*stack, *wire) {
	t.Helper()
	server := shared.get(t)
	s, w := prepareStack(t, server), newWire(t, server)
	s.setUp()
	s.startIngress()
	s.startWorker("TEMPORAL_ADDRESS="+w.address, setting)
	s.awaitReady()
	s.awaitWorker()
	return s, w
}

// tellAll tells of as many parcels as are to wait.
func (s *stack) tellAll(n int) {
	s.Helper()
	bodies := make([][]byte, n)
	for i := range bodies {
		bodies[i] = s.parcel().Body(sendcloud.ToSorting, time.Now())
	}
	for len(bodies) > 0 {
		bodies = s.knockAll(bodies)
	}
}

// requireFewTries waits until each mail was tried once, and counts the tries after that which
// post nothing.
func (s *stack) requireFewTries(w *wire, n int) {
	s.Helper()
	began := time.Now()
	s.within(patience+time.Duration(n)*100*time.Millisecond, "all mails to be tried", func() error {
		tried := map[string]bool{}
		for _, f := range w.failures(string(contract.SendMail), time.Time{}) {
			tried[f.workflow] = true
		}
		for _, m := range s.sendgrid.Mails() {
			tried["parcel:"+m.CustomArgs["waybill_parcel"]] = true
		}
		if len(tried) < n {
			return fmt.Errorf("%d were", len(tried))
		}
		return nil
	})
	since, measured := time.Now(), 10*time.Second
	if n >= 1000 {
		measured = time.Minute
	}
	before := len(s.sendgrid.Mails())
	<-time.After(measured)
	tries, left := len(w.failures(string(contract.SendMail), since)), len(s.sendgrid.Mails())-before
	s.Logf("%d mails were tried once after %v; in the next %v, %d tries post nothing (%.1f a second), and %d mails leave",
		n, since.Sub(began).Round(time.Second), measured, tries, float64(tries)/measured.Seconds(), left)
	require.LessOrEqual(s, tries, 5*int(measured.Seconds()))
}

// awaitMails waits until all mails have left, unless that takes too long.
func (s *stack) awaitMails(n int) {
	s.Helper()
	if n >= 1000 {
		return
	}
	s.eventually("all mails to leave", func() error {
		if left := len(s.sendgrid.Mails()); left != n {
			return fmt.Errorf("%d have left", left)
		}
		return nil
	})
}
