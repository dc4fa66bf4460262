package workflows_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"waybill/contract"
	"waybill/delivery"
	"waybill/link"
	"waybill/parcel"
	"waybill/parcel/story"
	"waybill/workflows"
)

// shop is a parcel's workflow in skipped time, with a mail provider that does
// what the test says.
type shop struct {
	*testing.T
	env    *testsuite.TestWorkflowEnvironment
	policy parcel.Policy
	// keys prove orders.
	keys link.Keys
	// post answers the n-th post, from 1; nil accepts everything.
	post  func(n int, order contract.MailOrder) error
	posts []contract.MailOrder
	// receipt is what an accepted post is answered besides.
	receipt contract.MailReceipt
	// settled are the mails of which the parcels that go together heard the end.
	settled []parcel.SettledMail
	// posted is when each was.
	posted []time.Time
	began  time.Time
}

func newShop(t *testing.T) *shop {
	t.Helper()
	s := &shop{T: t, env: skippedTime(t), policy: parcel.DefaultPolicy(), began: time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC), keys: link.Keys{[]byte(strings.Repeat("k", 32))}}
	// Nothing waits, unless a test says so.
	s.policy.Mode, s.policy.Hold, s.policy.Cap, s.policy.QuietFrom = parcel.Live, 0, 0, s.policy.QuietTo
	s.env.SetStartTime(s.began)
	about := &workflows.Parcels{Policy: func(string) parcel.Policy { return s.policy }, Proves: func(proof, text string, at time.Time, within time.Duration) bool {
		return s.keys.Proves(proof, text, at, within)
	}}
	s.env.RegisterWorkflowWithOptions(about.TrackParcel, workflow.RegisterOptions{Name: string(contract.TrackParcel)})
	s.env.RegisterActivityWithOptions(func(_ context.Context, order contract.MailOrder) (contract.MailReceipt, error) {
		s.posts, s.posted = append(s.posts, order), append(s.posted, s.env.Now().UTC())
		if s.post != nil {
			if err := s.post(len(s.posts), order); err != nil {
				return contract.MailReceipt{}, err
			}
		}
		receipt := s.receipt
		receipt.MessageID, receipt.NoProof = fmt.Sprintf("message-%d", len(s.posts)), order.LookOnly
		return receipt, nil
	}, activity.RegisterOptions{Name: string(contract.SendMail)})
	return s
}

// scan tells the workflow of a phase, some time after the start.
func (s *shop) scan(after time.Duration, phase parcel.Phase) {
	s.env.RegisterDelayedCallback(func() {
		s.env.SignalWorkflow(string(contract.StatusChanged), s.scanOf(after, phase))
	}, after)
}

func (s *shop) scanOf(after time.Duration, phase parcel.Phase) parcel.Scan {
	at := s.began.Add(after)
	return parcel.Scan{
		StatusID: story.StatusID(string(phase)), Phase: phase, At: at, ReceivedAt: at,
		Facts: parcel.Facts{Recipient: parcel.Recipient{Email: "jane.doe@example.com"}},
	}
}

// at does something some time after the start.
func (s *shop) at(after time.Duration, f func()) { s.env.RegisterDelayedCallback(f, after) }

// run plays everything to the end of the workflow.
func (s *shop) run() contract.ParcelEnd {
	s.Helper()
	s.env.ExecuteWorkflow(string(contract.TrackParcel), contract.ParcelStart{ParcelRef: contract.ParcelRef{Integration: "demo", ID: 364000001}})
	require.True(s, s.env.IsWorkflowCompleted())
	require.NoError(s, s.env.GetWorkflowError())
	var end contract.ParcelEnd
	require.NoError(s, s.env.GetWorkflowResult(&end))
	return end
}

func (s *shop) describe() parcel.Parcel {
	s.Helper()
	value, err := s.env.QueryWorkflow(string(contract.Describe))
	require.NoError(s, err)
	var p parcel.Parcel
	require.NoError(s, value.Get(&p))
	return p
}

func (s *shop) kinds() []parcel.MailKind {
	var kinds []parcel.MailKind
	for _, order := range s.posts {
		kinds = append(kinds, order.Kind)
	}
	return kinds
}

func refused(why string) error {
	return temporal.NewApplicationErrorWithOptions(why, contract.MailRefused, temporal.ApplicationErrorOptions{NonRetryable: true})
}

func unanswered() error {
	return temporal.NewApplicationErrorWithOptions("SendGrid did not answer", contract.MailUnanswered, temporal.ApplicationErrorOptions{NonRetryable: true})
}

const day = 24 * time.Hour

func TestAParcelGoesItsWay(t *testing.T) {
	s := newShop(t)
	s.scan(0, parcel.InTransit)
	s.scan(day, parcel.OutForDelivery)
	s.scan(day+6*time.Hour, parcel.Delivered)
	end := s.run()
	require.Equal(t, []parcel.MailKind{parcel.MailShipped, parcel.MailOutForDelivery, parcel.MailDelivered}, s.kinds())
	require.Equal(t, parcel.Delivered, end.Phase)
	require.Equal(t, map[delivery.State]int{delivery.Accepted: 3}, end.Mails)
	require.Equal(t, s.began.Add(day+6*time.Hour+5*day), s.env.Now().UTC(), "the grace period is five days")
}

func TestTheSameScanTwentyTimesIsOneMail(t *testing.T) {
	s := newShop(t)
	s.at(0, func() {
		for range 20 {
			s.env.SignalWorkflow(string(contract.StatusChanged), s.scanOf(0, parcel.InTransit))
		}
	})
	s.scan(time.Hour, parcel.Delivered)
	end := s.run()
	require.Equal(t, []parcel.MailKind{parcel.MailShipped, parcel.MailDelivered}, s.kinds())
	require.Equal(t, 19, end.Scans[parcel.ReasonDuplicateScan])
}

func TestAParcelThatNobodyScansAnyMoreIsGivenUp(t *testing.T) {
	s := newShop(t)
	s.scan(0, parcel.InTransit)
	s.scan(10*day, parcel.InTransit)
	end := s.run()
	require.Equal(t, parcel.InTransit, end.Phase)
	require.Equal(t, s.began.Add(55*day), s.env.Now().UTC())
}

func TestAReturnInTheGracePeriodIsStillTold(t *testing.T) {
	s := newShop(t)
	s.scan(0, parcel.InTransit)
	s.scan(day, parcel.Delivered)
	s.scan(4*day, parcel.Returned)
	s.run()
	require.Equal(t, []parcel.MailKind{parcel.MailShipped, parcel.MailDelivered, parcel.MailReturned}, s.kinds())
	require.Equal(t, s.began.Add(9*day), s.env.Now().UTC())
}

// usual makes the merchant one who says nothing but "mode: live".
func (s *shop) usual() {
	s.policy = parcel.DefaultPolicy()
	s.policy.Mode = parcel.Live
}

func TestABurstOfScansIsOneMail(t *testing.T) {
	s := newShop(t)
	s.usual()
	s.scan(0, parcel.InTransit)
	s.scan(time.Minute, parcel.OutForDelivery)
	s.at(3*time.Minute+time.Second, func() { require.Empty(t, s.posts) })
	s.at(4*time.Minute+time.Second, func() {
		require.Equal(t, []parcel.MailKind{parcel.MailOutForDelivery}, s.kinds())
	})
	s.scan(9*time.Hour, parcel.Delivered)
	end := s.run()
	require.Equal(t, []parcel.MailKind{parcel.MailOutForDelivery, parcel.MailDelivered}, s.kinds())
	require.Equal(t, map[delivery.State]int{delivery.Accepted: 2, delivery.Superseded: 1}, end.Mails)
}

func TestAMailWaitsForTheMorning(t *testing.T) {
	s := newShop(t)
	s.usual()
	// The test begins at 09:00 UTC; at 20:30 it is night in Amsterdam, until 07:00.
	s.scan(11*time.Hour+30*time.Minute, parcel.InTransit)
	s.at(22*time.Hour-time.Second, func() { require.Empty(t, s.posts) })
	s.at(22*time.Hour+time.Second, func() { require.Len(t, s.posts, 1) })
	s.scan(40*time.Hour, parcel.Delivered)
	s.run()
}

func TestAMailThatWasNotSentIsTriedAgain(t *testing.T) {
	s := newShop(t)
	s.post = func(n int, _ contract.MailOrder) error {
		if n < 4 {
			return temporal.NewApplicationError("SendGrid answered 429", contract.MailNotSent)
		}
		return nil
	}
	s.scan(0, parcel.InTransit)
	s.scan(time.Hour, parcel.Delivered)
	end := s.run()
	require.Equal(t, []parcel.MailKind{parcel.MailShipped, parcel.MailShipped, parcel.MailShipped, parcel.MailShipped, parcel.MailDelivered}, s.kinds())
	require.Equal(t, map[delivery.State]int{delivery.Accepted: 2}, end.Mails)
}

func TestPatienceWithAMailThatIsNotSentHasAnEnd(t *testing.T) {
	s := newShop(t)
	s.post = func(int, contract.MailOrder) error {
		// Time between tries, because the test environment gives up after ten.
		return temporal.NewApplicationErrorWithOptions("SendGrid answered 503", contract.MailNotSent,
			temporal.ApplicationErrorOptions{NextRetryDelay: 10 * time.Hour})
	}
	s.scan(0, parcel.InTransit)
	s.at(69*time.Hour, func() { require.Empty(t, parked(s.describe())) })
	s.at(73*time.Hour, func() {
		require.Equal(t, []string{"SendGrid answered 503"}, parked(s.describe()))
	})
	s.run()
}

func TestARefusedMailIsParkedAndRetriedByUpdate(t *testing.T) {
	s := newShop(t)
	s.post = func(n int, _ contract.MailOrder) error {
		if n == 1 {
			return refused("SendGrid answered 400 Bad Request: the from address is wrong (from)")
		}
		return nil
	}
	s.scan(0, parcel.InTransit)
	s.at(time.Hour, func() {
		require.Equal(t, []string{"SendGrid answered 400 Bad Request: the from address is wrong (from)"}, parked(s.describe()))
	})
	foreign := command(s, 2*time.Hour, "RetryMails", with(parcel.Input{Keys: []string{"no such key"}}))
	good := command(s, 3*time.Hour, "RetryMails", with(parcel.Input{}))
	s.at(4*time.Hour, func() {
		p := s.describe()
		require.Equal(t, delivery.Accepted, p.Mails[0].State)
		require.Equal(t, 2, p.Mails[0].Tries)
	})
	late := command(s, 5*time.Hour, "RetryMails", with(parcel.Input{}))
	s.run()
	require.ErrorContains(t, foreign.refused, `no mail with the key "no such key" is parked`)
	require.Equal(t, parcel.Answer{Mails: []parcel.Judged{{Key: s.posts[0].Key, Mail: parcel.MailShipped, Leaves: true}}}, good.answer(t))
	require.ErrorContains(t, late.refused, "no mail is parked")
	require.Equal(t, s.posts[0].Key, s.posts[1].Key, "a retry is the same mail")
}

func TestARefusedMailIsRetriedBySignal(t *testing.T) {
	s := newShop(t)
	s.post = func(n int, _ contract.MailOrder) error {
		if n == 1 {
			return refused("no")
		}
		return nil
	}
	s.scan(0, parcel.InTransit)
	s.at(time.Hour, func() { s.env.SignalWorkflow("RetryMails", parcel.Input{}) })
	require.Equal(t, map[delivery.State]int{delivery.Accepted: 1}, s.run().Mails)
}

func TestAMailWithoutAnswerWaitsForProofAndIsMarked(t *testing.T) {
	s := newShop(t)
	s.post = func(n int, _ contract.MailOrder) error {
		if n == 1 {
			return unanswered()
		}
		return nil
	}
	s.scan(0, parcel.InTransit)
	s.at(4*time.Minute, func() { require.Len(t, s.posts, 1, "the wait for proof is five minutes") })
	s.at(6*time.Minute, func() {
		m := s.describe().Mails[0]
		require.Equal(t, delivery.Accepted, m.State)
		require.Equal(t, 1, m.Unproven)
	})
	s.run()
	require.Len(t, s.posts, 2)
	require.Equal(t, []int{1, 2}, []int{s.posts[0].Try, s.posts[1].Try})
}

func TestAnOvertakenMailIsNotPostedAgain(t *testing.T) {
	s := newShop(t)
	s.post = func(n int, _ contract.MailOrder) error {
		if n == 1 {
			return unanswered()
		}
		return nil
	}
	s.scan(0, parcel.InTransit)
	s.scan(time.Minute, parcel.OutForDelivery)
	end := s.run()
	require.Equal(t, []parcel.MailKind{parcel.MailShipped, parcel.MailOutForDelivery, parcel.MailShipped}, s.kinds())
	require.Equal(t, []bool{false, false, true}, []bool{s.posts[0].LookOnly, s.posts[1].LookOnly, s.posts[2].LookOnly}, "only proof is looked for")
	require.Equal(t, map[delivery.State]int{delivery.Superseded: 1, delivery.Accepted: 1}, end.Mails)
}

func TestAPolicyChangeCountsFromTheNextDecision(t *testing.T) {
	s := newShop(t)
	s.scan(0, parcel.InTransit)
	s.at(time.Hour, func() { s.policy.Mode, s.policy.Version = parcel.Shadow, "second" })
	s.scan(2*time.Hour, parcel.OutForDelivery)
	s.at(3*time.Hour, func() {
		known := s.describe()
		ledger := known.Ledger
		require.Equal(t, []string{"default-1", "second"}, []string{known.PolicyAt(ledger[0].At), known.PolicyAt(ledger[1].At)})
	})
	s.run()
	require.Equal(t, []parcel.MailKind{parcel.MailShipped}, s.kinds())
}

func TestContinueAsNewCarriesEverything(t *testing.T) {
	s := newShop(t)
	s.scan(0, parcel.InTransit)
	s.at(time.Hour, func() { s.env.SetContinueAsNewSuggested(true) })
	s.scan(2*time.Hour, parcel.OutForDelivery)
	s.env.ExecuteWorkflow(string(contract.TrackParcel), contract.ParcelStart{ParcelRef: contract.ParcelRef{Integration: "demo", ID: 364000001}})
	var again *workflow.ContinueAsNewError
	require.ErrorAs(t, s.env.GetWorkflowError(), &again)

	var next contract.ParcelStart
	require.NoError(t, converter.GetDefaultDataConverter().FromPayloads(again.Input, &next))
	require.Equal(t, "demo", next.Integration)
	require.Equal(t, int64(364000001), next.ID)
	require.Equal(t, s.describe(), next.Carried.Parcel)
	require.Len(t, next.Carried.Parcel.Ledger, 2)

	second := newShop(t)
	second.env.SetStartTime(s.began.Add(3 * time.Hour))
	second.at(0, func() {
		second.env.SignalWorkflow(string(contract.StatusChanged), s.scanOf(2*time.Hour, parcel.OutForDelivery))
	})
	second.env.SetContinuedExecutionRunID("first")
	second.env.ExecuteWorkflow(string(contract.TrackParcel), next)
	require.NoError(t, second.env.GetWorkflowError())
	require.Empty(t, second.posts, "a copy of a scan that the run before knew is still a copy")
}

func parked(p parcel.Parcel) []string {
	var why []string
	for _, m := range p.Mails.Parked() {
		why = append(why, m.Why)
	}
	return why
}

// More scans than one workflow task takes in: no mail leaves before all of them are decided.
func TestABacklogIsDecidedBeforeAnyMailLeaves(t *testing.T) {
	s := newShop(t)
	s.at(0, func() {
		for i := range 599 {
			s.env.SignalWorkflow(string(contract.StatusChanged), s.scanOf(time.Duration(i)*time.Millisecond-time.Hour, parcel.InTransit))
		}
		s.env.SignalWorkflow(string(contract.StatusChanged), s.scanOf(-time.Minute, parcel.OutForDelivery))
	})
	s.at(time.Hour, func() { require.Equal(t, []parcel.MailKind{parcel.MailOutForDelivery}, s.kinds()) })
	s.scan(2*time.Hour, parcel.Delivered)
	end := s.run()
	require.Equal(t, map[delivery.State]int{delivery.Accepted: 2, delivery.Superseded: 1}, end.Mails)
	scans := 0
	for reason, n := range end.Scans {
		require.NotEqual(t, parcel.ReasonDuplicateScan, reason)
		scans += n
	}
	require.Equal(t, 601, scans)
}
