package workflows_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"waybill/contract"
	"waybill/delivery"
	"waybill/parcel"
)

// command gives an order as an update, some time after the start; the returned
// value is what came of it.
func command[In, Out any](s *shop, after time.Duration, name contract.Order[In, Out], in func() In) *verdict[Out] {
	v := &verdict[Out]{}
	s.at(after, func() {
		s.env.UpdateWorkflow(string(name), "", &testsuite.TestUpdateCallback{
			OnReject:   func(err error) { v.refused = err },
			OnAccept:   func() {},
			OnComplete: func(out any, err error) { v.done, v.err = out, err },
		}, in())
	})
	return v
}

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

func by(who, why string) contract.Ordered { return contract.Ordered{By: who, Why: why} }

func TestPausedMailsWaitUntilTheyAreResumed(t *testing.T) {
	s := newShop(t)
	paused := command(s, 0, contract.PauseMails, func() contract.Ordered { return by("ops", "wrong label") })
	again := command(s, time.Minute, contract.PauseMails, func() contract.Ordered { return contract.Ordered{} })
	s.scan(time.Hour, parcel.InTransit)
	s.scan(2*time.Hour, parcel.OutForDelivery)
	s.at(3*time.Hour, func() {
		require.Empty(t, s.posts)
		require.True(t, s.describe().Paused)
	})
	resumed := command(s, 4*time.Hour, contract.ResumeMails, func() contract.Ordered { return contract.Ordered{} })
	tooLate := command(s, 5*time.Hour, contract.ResumeMails, func() contract.Ordered { return contract.Ordered{} })
	s.scan(6*time.Hour, parcel.Delivered)
	s.run()
	require.True(t, paused.answer(t).Paused)
	require.ErrorContains(t, again.refused, "paused already")
	require.False(t, resumed.answer(t).Paused)
	require.ErrorContains(t, tooLate.refused, "not paused")
	require.Equal(t, []parcel.MailKind{parcel.MailOutForDelivery, parcel.MailDelivered}, s.kinds(), "the newest of those that waited")
	orders := s.describe().Orders
	require.Len(t, orders, 2, "a refused update leaves no trace")
	require.Equal(t, parcel.OrderEntry{At: s.began, What: "PauseMails", By: "ops", Why: "wrong label"}, orders[0])
}

func TestOrdersAsSignalsAreFollowedOrNoted(t *testing.T) {
	s := newShop(t)
	s.at(0, func() { s.env.SignalWorkflow(string(contract.PauseMails), by("ops", "")) })
	s.at(time.Minute, func() { s.env.SignalWorkflow(string(contract.RetryMails), contract.MailRetry{}) })
	s.at(2*time.Minute, func() { s.env.SignalWorkflow(string(contract.ResumeMails), contract.Ordered{}) })
	s.scan(time.Hour, parcel.InTransit)
	s.scan(9*time.Hour, parcel.Delivered)
	s.run()
	require.Len(t, s.posts, 2)
	orders := s.describe().Orders
	require.Len(t, orders, 3)
	require.Equal(t, "no mail is parked", orders[1].Refused)
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
	wrong := command(s, time.Hour, contract.ChangeRecipient, func() contract.NewRecipient { return contract.NewRecipient{Email: "Jane <jane@example.com>"} })
	right := command(s, 2*time.Hour, contract.ChangeRecipient, func() contract.NewRecipient { return contract.NewRecipient{Email: "new@example.com", Name: "Jane Roe"} })
	retried := command(s, 3*time.Hour, contract.RetryMails, func() contract.MailRetry { return contract.MailRetry{} })
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
	nameless := command(s, time.Hour, contract.SendAgain, func() contract.MailSelection { return contract.MailSelection{} })
	unknown := command(s, time.Hour, contract.SendAgain, func() contract.MailSelection { return contract.MailSelection{Keys: []string{"x"}} })
	again := command(s, 2*time.Hour, contract.SendAgain, func() contract.MailSelection {
		return contract.MailSelection{Ordered: by("support", "the recipient has lost it"), Keys: []string{s.describe().Mails[0].Key}}
	})
	twice := command(s, 3*time.Hour, contract.SendAgain, func() contract.MailSelection {
		return contract.MailSelection{Keys: []string{s.describe().Mails[0].Key}}
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
	require.Equal(t, []string{s.posts[1].Key}, again.answer(t).Keys)
	require.Equal(t, []string{s.posts[2].Key}, twice.answer(t).Keys)
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
	dropped := command(s, time.Hour, contract.DropMails, func() contract.MailSelection { return contract.MailSelection{} })
	nothing := command(s, 2*time.Hour, contract.DropMails, func() contract.MailSelection { return contract.MailSelection{} })
	retried := command(s, 2*time.Hour, contract.RetryMails, func() contract.MailRetry { return contract.MailRetry{} })
	s.scan(20*time.Hour, parcel.Delivered)
	end := s.run()
	require.Equal(t, 1, dropped.answer(t).Dropped)
	require.Error(t, nothing.refused)
	require.Error(t, retried.refused)
	require.Equal(t, map[delivery.State]int{delivery.Dropped: 1, delivery.Accepted: 1}, end.Mails)
}

func TestALiveParcelIsRepairedByANewRun(t *testing.T) {
	s := newShop(t)
	s.scan(0, parcel.InTransit)
	foreign := command(s, time.Hour, contract.ContinueAsNew, func() contract.NewRun {
		return contract.NewRun{Parcel: &parcel.Parcel{Integration: "demo", ID: 7}}
	})
	taken := command(s, 2*time.Hour, contract.ContinueAsNew, func() contract.NewRun {
		mended := s.describe()
		mended.Phase = parcel.Announced
		return contract.NewRun{Ordered: by("ops", "placed by mistake"), Parcel: &mended}
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
}

func TestANewRunWaitsForTheMailThatIsOnItsWayAndTakesHeldOnesAlong(t *testing.T) {
	s := newShop(t)
	s.policy.Hold = time.Hour
	s.scan(0, parcel.InTransit)
	command(s, time.Minute, contract.ContinueAsNew, func() contract.NewRun { return contract.NewRun{} })
	s.env.ExecuteWorkflow(string(contract.TrackParcel), contract.ParcelStart{ParcelRef: contract.ParcelRef{Integration: "demo", ID: 364000001}})
	var again *workflow.ContinueAsNewError
	require.ErrorAs(t, s.env.GetWorkflowError(), &again)
	var next contract.ParcelStart
	require.NoError(t, converter.GetDefaultDataConverter().FromPayloads(again.Input, &next))
	require.Equal(t, delivery.Waiting, next.Carried.Parcel.Mails[0].State)

	second := newShop(t)
	second.env.SetStartTime(s.began.Add(2 * time.Minute))
	second.env.ExecuteWorkflow(string(contract.TrackParcel), next)
	require.NoError(t, second.env.GetWorkflowError())
	require.Equal(t, []parcel.MailKind{parcel.MailShipped}, second.kinds())
}

// A scan and an order are there together when the workflow looks.
func TestAScanThatComesWithTheOrderForANewRunIsNotLost(t *testing.T) {
	s := newShop(t)
	s.scan(0, parcel.InTransit)
	s.at(time.Hour, func() {
		s.env.SignalWorkflowSkippingWorkflowTask(string(contract.StatusChanged), s.scanOf(time.Hour, parcel.OutForDelivery))
		s.env.UpdateWorkflow(string(contract.ContinueAsNew), "", &testsuite.TestUpdateCallback{
			OnReject: func(err error) { require.NoError(t, err) }, OnAccept: func() {}, OnComplete: func(any, error) {},
		}, contract.NewRun{})
	})
	s.env.ExecuteWorkflow(string(contract.TrackParcel), contract.ParcelStart{ParcelRef: contract.ParcelRef{Integration: "demo", ID: 364000001}})
	var again *workflow.ContinueAsNewError
	require.ErrorAs(t, s.env.GetWorkflowError(), &again)
	var next contract.ParcelStart
	require.NoError(t, converter.GetDefaultDataConverter().FromPayloads(again.Input, &next))
	require.Len(t, next.Carried.Parcel.Ledger, 2)
	require.Equal(t, parcel.OutForDelivery, next.Carried.Parcel.Phase)
}
