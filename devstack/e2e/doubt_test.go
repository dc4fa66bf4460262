package e2e_test

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"waybill/contract"
	"waybill/delivery"
	"waybill/devstack/sendcloud"
	"waybill/devstack/sendgrid"
	"waybill/parcel"
)

// processed posts the event that SendGrid took a mail.
func (s *stack) processed(m sendgrid.Mail) {
	s.Helper()
	event := sendgrid.Event{
		"event": "processed", "email": m.To, "timestamp": time.Now().Unix(), "sg_event_id": "processed-" + m.MessageID, "sg_message_id": m.MessageID + ".x",
	}
	for name, value := range m.CustomArgs {
		event[name] = value
	}
	code, said := s.batch(event)
	require.Equal(s, http.StatusOK, code, said)
}

// taken waits until SendGrid has taken so many mails to a parcel's recipient.
func (s *stack) taken(p sendcloud.Parcel, n int) []sendgrid.Mail {
	s.Helper()
	var mails []sendgrid.Mail
	s.eventually(fmt.Sprintf("%d mails", n), func() error {
		mails = slices.DeleteFunc(s.sendgrid.Mails(), func(m sendgrid.Mail) bool { return m.To != p.Recipient.Email })
		if len(mails) < n {
			return fmt.Errorf("%d", len(mails))
		}
		return nil
	})
	return mails
}

// A post hangs and was taken; so was the second one. Whatever is heard first, the
// record has both.
func TestAMailThatWentOutTwiceIsMarkedWithBothIDs(t *testing.T) {
	t.Parallel()
	s := newStack(t, shared.get(t))
	for name, c := range map[string]struct {
		second string
		// early has the event of the first come while the second is being posted.
		early, late []int
	}{
		"the first is reported while the second is being posted": {sendgrid.FaultDrip, []int{0}, nil},
		"nothing is reported before the second is answered":      {"", nil, []int{0}},
		"both hang, and both are reported":                       {sendgrid.FaultAcceptThenHang, []int{0}, []int{1}},
		"both hang, and the second is reported first":            {sendgrid.FaultAcceptThenHang, []int{1}, []int{0}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := s.in(t)
			p := s.parcel()
			s.fail(p, sendgrid.Fault{Kind: sendgrid.FaultAcceptThenHang, Times: 1})
			if c.second != "" {
				s.fail(p, sendgrid.Fault{Kind: c.second, Times: 1})
			}
			s.tell(p, sendcloud.ToSorting, time.Now())
			mails := s.taken(p, 2)
			for _, i := range c.early {
				s.processed(mails[i])
			}
			s.settled(p, 1, delivery.Accepted)
			for _, i := range c.late {
				s.processed(mails[i])
			}
			s.eventually("both ids", func() error {
				known, err := s.describe(p)
				if err == nil && len(known.Mails[0].MessageIDs) != 2 {
					err = fmt.Errorf("%v", known.Mails[0].MessageIDs)
				}
				return err
			})
			known, err := s.describe(p)
			require.NoError(t, err)
			require.ElementsMatch(t, []string{mails[0].MessageID, mails[1].MessageID}, known.Mails[0].MessageIDs)
			require.Contains(t, s.metadata(p), "went out twice")
			require.Len(t, s.posts(p), 2)
		})
	}
}

// The mail that speaks for three parcels is lost on its way, and its own parcel is
// delivered before it is posted again: another one tells of the two that are not.
func TestAMailThatDidNotLeaveHasNotSpokenForItsSiblings(t *testing.T) {
	t.Parallel()
	s := newStack(t, shared.get(t))
	s.setPolicy("mode: live\n" + strings.NewReplacer("together: 0", "together: 4s", "proof_wait: 1s", "proof_wait: 15s").Replace(atOnce))
	s.awaitPolicy()
	colli := s.colli(3)
	s.fail(colli[0], sendgrid.Fault{Kind: sendgrid.FaultClose, Times: 1}) // they have one recipient
	for _, p := range colli {
		s.tell(p, sendcloud.ToSorting, time.Now().Add(-time.Hour))
	}
	speaker := -1
	s.eventually("a post without an answer", func() error {
		for i, p := range colli {
			if known, err := s.describe(p); err != nil {
				return err
			} else if len(known.Mails) == 1 && known.Mails[0].Unproven == 1 {
				speaker = i
				return nil
			}
		}
		return errors.New("there is none")
	})
	s.tell(colli[speaker], sendcloud.Delivered, time.Now())
	s.settled(colli[speaker], 2, delivery.Superseded, delivery.Accepted)
	others := slices.Delete(slices.Clone(colli), speaker, speaker+1)
	var spoke, told []sendcloud.Parcel
	for _, p := range others {
		s.eventually("the mail of each to be settled", func() error {
			known, err := s.describe(p)
			if err == nil && (len(known.Mails) != 1 || !known.Mails[0].State.Final()) {
				err = fmt.Errorf("mails %+v", known.Mails)
			}
			if err == nil && known.Mails[0].State == delivery.Accepted {
				spoke = append(spoke, p)
			} else if err == nil {
				told = append(told, p)
			}
			return err
		})
	}
	require.Len(t, spoke, 1)
	known, err := s.describe(told[0])
	require.NoError(t, err)
	require.Equal(t, fmt.Sprint(spoke[0].ID), known.Mails[0].ToldIn, "it names the mail that went out")
	require.ElementsMatch(t, []string{"shipped", "delivered"}, s.mails(colli[0]))
	s.record(workflowID(colli[speaker]), string(contract.TrackParcel)+"-speaker-lost")
	s.record(workflowID(told[0]), string(contract.TrackParcel)+"-told-by-the-next")
	s.record(contract.ColliWorkflowID("demo", colli[0].ColliUUID), string(contract.GatherColli)+"-speaker-lost")
}

// A mail that asks the recipient to act is not overtaken by a scan of which nobody
// is told.
func TestAFailedAttemptIsToldAlthoughADepotScanFollows(t *testing.T) {
	t.Parallel()
	// shipped begins the parcel's way under a policy.
	shipped := func(t *testing.T, policy string) (*stack, sendcloud.Parcel) {
		s := newStack(t, shared.get(t))
		if policy != atOnce {
			s.setPolicy("mode: live\n" + policy)
			s.awaitPolicy()
		}
		p := s.parcel()
		s.tell(p, sendcloud.ToSorting, time.Now().Add(-time.Hour))
		s.settled(p, 1, delivery.Accepted)
		return s, p
	}
	// both are the attempt that failed, and the scan two seconds later.
	both := func(s *stack, p sendcloud.Parcel, between func()) {
		at := time.Now().Add(-2 * time.Second)
		s.tell(p, sendcloud.AttemptFailed, at)
		between()
		s.tell(p, sendcloud.EnRoute, at.Add(2*time.Second))
	}
	told := func(s *stack, p sendcloud.Parcel) parcel.Parcel {
		known := s.settled(p, 3, delivery.Accepted, delivery.Accepted)
		require.Equal(s, []string{"shipped", "attempt_failed"}, s.mails(p))
		return known
	}
	t.Run("without a fault, during the hold", func(t *testing.T) {
		t.Parallel()
		s, p := shipped(t, strings.Replace(atOnce, "hold: 0", "hold: 10s", 1))
		both(s, p, func() {})
		known := told(s, p)
		require.True(t, known.Ledger[2].At.Before(known.Mails[1].NotBefore), "the scan came during the hold")
	})
	t.Run("while its first post is in doubt", func(t *testing.T) {
		t.Parallel()
		s, p := shipped(t, strings.Replace(atOnce, "proof_wait: 1s", "proof_wait: 10s", 1))
		s.fail(p, sendgrid.Fault{Kind: sendgrid.FaultClose, Times: 1})
		both(s, p, func() {
			known := s.settled(p, 2, delivery.Accepted, delivery.Waiting)
			require.Equal(t, 1, known.Mails[1].Unproven)
		})
		told(s, p)
	})
	t.Run("while no worker runs", func(t *testing.T) {
		t.Parallel()
		s, p := shipped(t, atOnce)
		s.worker.kill()
		both(s, p, func() {})
		s.startWorker()
		told(s, p)
	})
}

// A dead key holds a mail back. News comes, the key is mended: only the news leaves.
func TestNewsOvertakesAMailThatWaitsForAMendedKey(t *testing.T) {
	t.Parallel()
	s := newStack(t, shared.get(t))
	p := s.parcel()
	now := time.Now()
	require.NoError(t, s.sendgrid.Fail(sendgrid.Fault{Kind: sendgrid.FaultStatus, Status: http.StatusUnauthorized}))
	s.tell(p, sendcloud.ToSorting, now.Add(-2*time.Hour))
	s.awaitPost(p)
	s.settled(p, 1, delivery.Sending)
	s.tell(p, sendcloud.DriverEnRoute, now.Add(-time.Hour))
	s.settled(p, 2, delivery.Superseded, delivery.Sending)
	s.tell(p, sendcloud.Delivered, now)
	s.settled(p, 3, delivery.Superseded, delivery.Superseded, delivery.Sending)
	s.sendgrid.Mend()
	s.settled(p, 3, delivery.Superseded, delivery.Superseded, delivery.Accepted)
	require.Equal(t, []string{"delivered"}, s.mails(p))
	s.record(workflowID(p), string(contract.TrackParcel)+"-overtaken")
}
