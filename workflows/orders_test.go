package workflows_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"waybill/contract"
	"waybill/delivery"
	"waybill/parcel"
)

// command gives an order as an update, some time after the start; the returned
// value is what came of it.
func command(s *shop, after time.Duration, name string, in func() parcel.Input) *verdict[parcel.Answer] {
	v := &verdict[parcel.Answer]{}
	s.at(after, func() {
		s.env.UpdateWorkflow(name, "", &testsuite.TestUpdateCallback{
			OnReject:   func(err error) { v.refused = err },
			OnAccept:   func() {},
			OnComplete: func(out any, err error) { v.done, v.err = out, err },
		}, in())
	})
	return v
}

// with is the input of an order that does not depend on what happened before.
func with(in parcel.Input) func() parcel.Input { return func() parcel.Input { return in } }

// verdict is what came of an order.
type verdict[Out any] struct {
	refused, err error
	done         any
}

func (v *verdict[Out]) answer(t *testing.T) Out {
	t.Helper()
	require.NoError(t, v.refused)
	require.NoError(t, v.err)
	out, ok := v.done.(Out)
	require.True(t, ok, "%#v", v.done)
	return out
}

func TestPausedMailsWaitUntilTheyAreResumed(t *testing.T) {
	s := newShop(t)
	paused := command(s, 0, "PauseMails", with(parcel.Input{By: "ops", Why: "wrong label"}))
	again := command(s, time.Minute, "PauseMails", with(parcel.Input{}))
	s.scan(time.Hour, parcel.InTransit)
	s.scan(2*time.Hour, parcel.OutForDelivery)
	s.at(3*time.Hour, func() {
		require.Empty(t, s.posts)
		require.True(t, s.describe().Paused)
	})
	resumed := command(s, 4*time.Hour, "ResumeMails", with(parcel.Input{}))
	tooLate := command(s, 5*time.Hour, "ResumeMails", with(parcel.Input{}))
	s.scan(6*time.Hour, parcel.Delivered)
	s.run()
	paused.answer(t)
	require.ErrorContains(t, again.refused, "paused already")
	resumed.answer(t)
	require.ErrorContains(t, tooLate.refused, "not paused")
	require.Equal(t, []parcel.MailKind{parcel.MailOutForDelivery, parcel.MailDelivered}, s.kinds(), "the newest of those that waited")
	orders := s.describe().Orders
	require.Len(t, orders, 2, "a refused update leaves no trace")
	require.Equal(t, parcel.OrderEntry{At: s.began, What: "PauseMails", By: "ops", Why: "wrong label"}, orders[0])
}

func TestOrdersAsSignalsAreFollowedOrNoted(t *testing.T) {
	s := newShop(t)
	s.at(0, func() { s.env.SignalWorkflow("PauseMails", parcel.Input{By: "ops"}) })
	s.at(time.Minute, func() { s.env.SignalWorkflow("RetryMails", parcel.Input{}) })
	s.at(90*time.Second, func() { s.env.SignalWorkflow("ResumeMails", map[string]any{"key": "x"}) })
	s.at(2*time.Minute, func() { s.env.SignalWorkflow("ResumeMails", parcel.Input{}) })
	s.scan(time.Hour, parcel.InTransit)
	s.scan(9*time.Hour, parcel.Delivered)
	s.run()
	require.Len(t, s.posts, 2)
	orders := s.describe().Orders
	require.Len(t, orders, 4)
	require.Equal(t, "no mail is parked", orders[1].Refused)
	require.Contains(t, orders[2].Refused, "unknown field")
}

func TestMailsGoToTheNewAddress(t *testing.T) {
	s := newShop(t)
	s.post = func(n int, _ contract.MailOrder) error {
		if n == 1 {
			return refused("no such mailbox")
		}
		return nil
	}
	s.scan(0, parcel.InTransit)
	wrong := command(s, time.Hour, "ChangeRecipient", with(parcel.Input{Email: "Jane <jane@example.com>"}))
	right := command(s, 2*time.Hour, "ChangeRecipient", with(parcel.Input{Email: "new@example.com", Name: "Jane Roe"}))
	retried := command(s, 3*time.Hour, "RetryMails", with(parcel.Input{}))
	s.scan(9*time.Hour, parcel.OutForDelivery) // and Sendcloud says the old address again
	s.scan(20*time.Hour, parcel.Delivered)
	s.run()
	require.ErrorContains(t, wrong.refused, "write it alone")
	right.answer(t)
	require.True(t, retried.answer(t).Mails[0].Leaves)
	var to []string
	for _, post := range s.posts {
		to = append(to, post.Facts.Recipient.Email)
	}
	require.Equal(t, []string{"jane.doe@example.com", "new@example.com", "new@example.com", "new@example.com"}, to)
	require.Equal(t, "Jane Roe", s.posts[1].Facts.Recipient.Name)
}

func TestAMailIsSentAgainAsAMailOfItsOwn(t *testing.T) {
	s := newShop(t)
	s.scan(0, parcel.InTransit)
	nameless := command(s, time.Hour, "SendAgain", with(parcel.Input{}))
	unknown := command(s, time.Hour, "SendAgain", with(parcel.Input{Keys: []string{"x"}}))
	again := command(s, 2*time.Hour, "SendAgain", func() parcel.Input {
		return parcel.Input{By: "support", Why: "the recipient has lost it", Keys: []string{s.describe().Mails[0].Key}}
	})
	twice := command(s, 3*time.Hour, "SendAgain", func() parcel.Input {
		return parcel.Input{Keys: []string{s.describe().Mails[0].Key}}
	})
	s.scan(20*time.Hour, parcel.Delivered)
	s.run()
	require.ErrorContains(t, nameless.refused, "by their keys")
	require.ErrorContains(t, unknown.refused, `no mail with the key "x" is accepted`)
	require.Equal(t, []parcel.MailKind{parcel.MailShipped, parcel.MailShipped, parcel.MailShipped, parcel.MailDelivered}, s.kinds())
	keys := map[string]bool{}
	for _, post := range s.posts {
		keys[post.Key] = true
	}
	require.Len(t, keys, 4, "each is a mail of its own to the provider")
	require.Equal(t, s.posts[1].Key, again.answer(t).Mails[0].Key)
	require.Equal(t, s.posts[2].Key, twice.answer(t).Mails[0].Key)
}

func TestAParkedMailIsDropped(t *testing.T) {
	s := newShop(t)
	s.post = func(n int, _ contract.MailOrder) error {
		if n == 1 {
			return refused("no")
		}
		return nil
	}
	s.scan(0, parcel.InTransit)
	foreseen := command(s, 30*time.Minute, "DropMails", with(parcel.Input{DryRun: true}))
	dropped := command(s, time.Hour, "DropMails", with(parcel.Input{}))
	nothing := command(s, 2*time.Hour, "DropMails", with(parcel.Input{}))
	retried := command(s, 2*time.Hour, "RetryMails", with(parcel.Input{}))
	s.scan(20*time.Hour, parcel.Delivered)
	end := s.run()
	require.Len(t, dropped.answer(t).Mails, 1)
	require.Equal(t, dropped.answer(t), foreseen.answer(t))
	require.Error(t, nothing.refused)
	require.Error(t, retried.refused)
	require.Equal(t, map[delivery.State]int{delivery.Dropped: 1, delivery.Accepted: 1}, end.Mails)
}

func TestALiveParcelIsRepairedByANewRun(t *testing.T) {
	s := newShop(t)
	s.scan(0, parcel.InTransit)
	foreign := command(s, time.Hour, "ContinueAsNew", func() parcel.Input {
		return parcel.Input{Parcel: &parcel.Parcel{Integration: "demo", ID: 7}}
	})
	taken := command(s, 2*time.Hour, "ContinueAsNew", func() parcel.Input {
		mended := s.describe()
		mended.Phase = parcel.Announced
		mended.Mails[0].State, mended.Mails[0].MessageIDs = delivery.Sending, nil // as it was when Describe was asked
		return parcel.Input{By: "ops", Why: "placed by mistake", Parcel: &mended}
	})
	s.env.ExecuteWorkflow(string(contract.TrackParcel), contract.ParcelStart{ParcelRef: contract.ParcelRef{Integration: "demo", ID: 364000001}})
	var again *workflow.ContinueAsNewError
	require.ErrorAs(t, s.env.GetWorkflowError(), &again)
	require.ErrorContains(t, foreign.refused, "is of another parcel")
	taken.answer(t)
	var next contract.ParcelStart
	require.NoError(t, converter.GetDefaultDataConverter().FromPayloads(again.Input, &next))
	require.Equal(t, parcel.Announced, next.Carried.Parcel.Phase)
	require.Len(t, next.Carried.Parcel.Ledger, 1)
	require.Equal(t, "placed by mistake", next.Carried.Parcel.Orders[0].Why, "the record of orders stays")
	require.Equal(t, delivery.Accepted, next.Carried.Parcel.Mails[0].State, "a mail that was sent is not sent again")
}

func TestAStateIsTakenOnlyOfASettledParcelAsItIs(t *testing.T) {
	s := newShop(t)
	s.post = func(int, contract.MailOrder) error {
		return temporal.NewApplicationErrorWithOptions("SendGrid answered 503", contract.MailNotSent,
			temporal.ApplicationErrorOptions{NextRetryDelay: 10 * time.Hour})
	}
	var described parcel.Parcel
	state := func() parcel.Input { return parcel.Input{Parcel: &described} }
	s.scan(0, parcel.InTransit)
	s.at(time.Hour, func() { described = s.describe() })
	underWay := command(s, 2*time.Hour, "ContinueAsNew", state)
	s.at(2*time.Hour, func() { s.env.SignalWorkflow("ContinueAsNew", state()) })
	command(s, 3*time.Hour, "PauseMails", with(parcel.Input{}))
	s.at(4*time.Hour, func() { described = s.describe() })
	s.scan(5*time.Hour, parcel.OutForDelivery)
	outdated := command(s, 6*time.Hour, "ContinueAsNew", state)
	s.at(7*time.Hour, func() { described = s.describe() })
	taken := command(s, 8*time.Hour, "ContinueAsNew", state)
	s.env.ExecuteWorkflow(string(contract.TrackParcel), contract.ParcelStart{ParcelRef: contract.ParcelRef{Integration: "demo", ID: 364000001}})
	var again *workflow.ContinueAsNewError
	require.ErrorAs(t, s.env.GetWorkflowError(), &again)
	require.ErrorContains(t, underWay.refused, "the parcel is not settled")
	require.ErrorContains(t, outdated.refused, "ask Describe again")
	taken.answer(t)
	require.Equal(t, s.began.Add(8*time.Hour), s.env.Now().UTC(), "the new run begins at once")
	var next contract.ParcelStart
	require.NoError(t, converter.GetDefaultDataConverter().FromPayloads(again.Input, &next))
	require.Len(t, next.Carried.Parcel.Ledger, 2)
	require.Contains(t, next.Carried.Parcel.Orders[0].Refused, "the parcel is not settled")
}

func TestANewRunWaitsForTheMailThatIsOnItsWayAndTakesHeldOnesAlong(t *testing.T) {
	s := newShop(t)
	s.policy.Hold = time.Hour
	s.scan(0, parcel.InTransit)
	command(s, time.Second, "ContinueAsNew", with(parcel.Input{DryRun: true}))
	command(s, time.Minute, "ContinueAsNew", with(parcel.Input{}))
	s.env.ExecuteWorkflow(string(contract.TrackParcel), contract.ParcelStart{ParcelRef: contract.ParcelRef{Integration: "demo", ID: 364000001}})
	var again *workflow.ContinueAsNewError
	require.ErrorAs(t, s.env.GetWorkflowError(), &again)
	var next contract.ParcelStart
	require.NoError(t, converter.GetDefaultDataConverter().FromPayloads(again.Input, &next))
	require.Equal(t, delivery.Waiting, next.Carried.Parcel.Mails[0].State)
	require.Len(t, next.Carried.Parcel.Orders, 1, "a dry run is not recorded, and begins no run")

	second := newShop(t)
	second.env.SetStartTime(s.began.Add(2 * time.Minute))
	second.env.SetContinuedExecutionRunID("first")
	second.env.ExecuteWorkflow(string(contract.TrackParcel), next)
	require.NoError(t, second.env.GetWorkflowError())
	require.Equal(t, []parcel.MailKind{parcel.MailShipped}, second.kinds())
}

// Only a worker knows which policy it follows.
func TestAWorkerRehearsesUnderItsOwnPolicy(t *testing.T) {
	s := newShop(t)
	s.policy.Version, s.policy.Hold = "v7", time.Hour
	s.scan(0, parcel.InTransit)
	s.at(time.Minute, func() {
		value, err := s.env.QueryWorkflow(string(contract.Rehearse), contract.RehearsalQuestion{At: s.env.Now()})
		require.NoError(t, err)
		var said contract.Rehearsal
		require.NoError(t, value.Get(&said))
		require.Equal(t, "v7", said.Policy)
		require.Equal(t, parcel.MailShipped, said.Forecasts[0].Mail.About.Kind)
		require.Equal(t, s.began.Add(time.Hour), said.Forecasts[0].At.UTC())
		require.True(t, said.Forecasts[len(said.Forecasts)-1].Closed)
		require.Equal(t, delivery.Waiting, s.describe().Mails[0].State, "it changes nothing")
	})
	s.run()
}

// A scan and an order are there together when the workflow looks.
func TestAScanThatComesWithTheOrderForANewRunIsNotLost(t *testing.T) {
	s := newShop(t)
	s.scan(0, parcel.InTransit)
	s.at(time.Hour, func() {
		s.env.SignalWorkflowSkippingWorkflowTask(string(contract.StatusChanged), s.scanOf(time.Hour, parcel.OutForDelivery))
		s.env.UpdateWorkflow("ContinueAsNew", "", &testsuite.TestUpdateCallback{
			OnReject: func(err error) { require.NoError(t, err) }, OnAccept: func() {}, OnComplete: func(any, error) {},
		}, parcel.Input{})
	})
	s.env.ExecuteWorkflow(string(contract.TrackParcel), contract.ParcelStart{ParcelRef: contract.ParcelRef{Integration: "demo", ID: 364000001}})
	var again *workflow.ContinueAsNewError
	require.ErrorAs(t, s.env.GetWorkflowError(), &again)
	var next contract.ParcelStart
	require.NoError(t, converter.GetDefaultDataConverter().FromPayloads(again.Input, &next))
	require.Len(t, next.Carried.Parcel.Ledger, 2)
	require.Equal(t, parcel.OutForDelivery, next.Carried.Parcel.Phase)
}

// An order says who gives it, and everyone who reaches Temporal can say any name.
func TestAnOrderToAParcelNeedsItsOwnProof(t *testing.T) {
	of := contract.ParcelRef{Integration: "demo", ID: 364000001}
	pause, _ := parcel.OrderNamed("pause-mails")
	said := parcel.Input{By: "anna", Why: "wrong label"}
	for name, c := range map[string]struct {
		prove func(s *shop, in *parcel.Input)
		want  string
	}{
		"proven":          {func(s *shop, in *parcel.Input) { s.prove(of, pause, in, 0) }, "anna"},
		"none":            {func(*shop, *parcel.Input) {}, "anna (unproven)"},
		"another parcel":  {func(s *shop, in *parcel.Input) { s.prove(contract.ParcelRef{Integration: "demo", ID: 2}, pause, in, 0) }, "anna (unproven)"},
		"another person":  {func(s *shop, in *parcel.Input) { s.prove(of, pause, in, 0); in.By = "ben" }, "ben (unproven)"},
		"another key":     {func(s *shop, in *parcel.Input) { s.prove(of, pause, in, 0); s.keys = nil }, "anna (unproven)"},
		"another time":    {func(s *shop, in *parcel.Input) { s.prove(of, pause, in, -contract.ProofLasts-time.Second) }, "anna (unproven)"},
		"a batch's":       {func(s *shop, in *parcel.Input) { in.Batch = "b"; s.prove(contract.ParcelRef{}, pause, in, -time.Hour) }, "anna"},
		"another batch's": {func(s *shop, in *parcel.Input) { in.Batch = "b"; s.prove(of, pause, in, 0); in.Batch = "c" }, "anna (unproven)"},
		"an old batch's": {func(s *shop, in *parcel.Input) {
			in.Batch = "b"
			s.prove(of, pause, in, -contract.BatchLasts-time.Second)
		}, "anna (unproven)"},
	} {
		t.Run(name, func(t *testing.T) {
			s, in := newShop(t), said
			c.prove(s, &in)
			s.at(0, func() { s.env.SignalWorkflow("PauseMails", in) })
			s.scan(time.Hour, parcel.Cancelled)
			s.run()
			require.Equal(t, c.want, s.describe().Orders[0].Who())
		})
	}
}

// prove has an order proven that was given some time from the start.
func (s *shop) prove(of contract.ParcelRef, o parcel.Order, in *parcel.Input, after time.Duration) {
	in.Proof = s.keys.Prove(contract.ProvenParcelText(of, o, *in), s.began.Add(after))
}

func TestAProofOfAParcelsOrderWorksOnce(t *testing.T) {
	s := newShop(t)
	pause, _ := parcel.OrderNamed("pause-mails")
	in := parcel.Input{By: "anna"}
	s.prove(contract.ParcelRef{Integration: "demo", ID: 364000001}, pause, &in, 0)
	s.at(0, func() { s.env.SignalWorkflow("PauseMails", in) })
	s.at(time.Minute, func() { s.env.SignalWorkflow("ResumeMails", parcel.Input{}) })
	s.at(2*time.Minute, func() { s.env.SignalWorkflow("PauseMails", in) })
	s.scan(time.Hour, parcel.Cancelled)
	s.run()
	orders := s.describe().Orders
	require.Equal(t, "anna", orders[0].Who())
	require.Equal(t, "anna (unproven)", orders[2].Who())
}

// Temporal may signal a workflow of a batch twice, when the worker that goes through it dies.
func TestAParcelFollowsABatchOnce(t *testing.T) {
	s := newShop(t)
	s.scan(0, parcel.InTransit)
	var again parcel.Input
	s.at(time.Hour, func() {
		again = parcel.Input{Keys: []string{s.describe().Mails[0].Key}, Batch: "b-1"}
		s.env.SignalWorkflow("SendAgain", again)
		s.env.SignalWorkflow("SendAgain", again)
	})
	s.at(2*time.Hour, func() { s.env.SignalWorkflow("SendAgain", again) })
	twice := command(s, 3*time.Hour, "SendAgain", func() parcel.Input { return again })
	s.scan(4*time.Hour, parcel.Cancelled)
	s.run()
	require.ErrorContains(t, twice.refused, "the parcel has this order of the batch already")
	require.Len(t, s.posts, 3, "shipped, once again, and cancelled")
	require.Len(t, s.describe().Orders, 1, "copies are not noted")
}

func TestATrialSaysWhatWouldComeOfAnOrder(t *testing.T) {
	s := newShop(t)
	s.post = func(n int, _ contract.MailOrder) error {
		if n < 3 {
			return refused("no")
		}
		return nil
	}
	try := func(order string, in parcel.Input) (tried contract.TrialAnswer) {
		value, err := s.env.QueryWorkflow(string(contract.DryRun), contract.OrderTrial{Order: order, Input: in, At: s.env.Now()})
		require.NoError(t, err)
		require.NoError(t, value.Get(&tried))
		return tried
	}
	s.scan(0, parcel.InTransit)
	s.scan(time.Hour, parcel.OutForDelivery)
	s.at(2*time.Hour, func() {
		before := s.describe()
		require.Len(t, before.Mails.Parked(), 2)
		retried := try("retry-mails", parcel.Input{})
		require.Equal(t, []parcel.Judged{
			{Key: before.Mails[0].Key, Mail: parcel.MailShipped, Why: "overtaken by out for delivery"},
			{Key: before.Mails[1].Key, Mail: parcel.MailOutForDelivery, Leaves: true},
		}, retried.Mails)
		require.Equal(t, "the mails of this parcel are not paused", try("resume-mails", parcel.Input{}).Refused)
		require.Contains(t, try("fly", parcel.Input{}).Refused, "no such order")
		require.Equal(t, before, s.describe(), "and nothing has changed")
	})
	s.scan(3*time.Hour, parcel.Cancelled)
	s.run()
}
