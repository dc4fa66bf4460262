package refund_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"waybill/delivery"
	"waybill/refund"
)

// lost has the last of the customer's mails fail for good.
func lost(t *testing.T, r *refund.Refund, what refund.What, p refund.Policy, now time.Time) {
	t.Helper()
	sending(r, what, now)
	key := r.Mails[len(r.Mails)-1].Key
	*r = step(t, *r, p, now, func(r *refund.Refund) error {
		r.SettleMail(key, delivery.Outcome{Verdict: delivery.Refused, Why: "bad sender"}, p, now)
		return nil
	})
}

// sending has a mail be sent.
func sending(r *refund.Refund, what refund.What, now time.Time) {
	r.Mails = append(r.Mails, refund.Mail{
		Key: fmt.Sprint("mail-", len(r.Mails)), About: refund.Deed{Nr: len(r.Mails) + 100, What: what}, State: delivery.Sending, Decided: now, Tries: 1,
	})
}

func step(t *testing.T, r refund.Refund, p refund.Policy, now time.Time, happens func(*refund.Refund) error) refund.Refund {
	t.Helper()
	r, err := r.Step(p, now, happens)
	require.NoError(t, err)
	return r
}

func TestACustomerIsToldAgainWhatIsStillSo(t *testing.T) {
	p := live()
	for what, state := range map[refund.What]refund.State{
		refund.TellReceived: refund.AwaitingApproval, refund.TellNeedsInfo: refund.NeedsInfo, refund.TellApproved: refund.PayFailed,
		refund.TellRejected: refund.Rejected, refund.TellPaid: refund.Paid, refund.TellWithdrawn: refund.Withdrawn,
	} {
		r := in(t, state, p, known(t, "EUR 60.00"))
		require.ErrorContains(t, r.Follow("retry-mail", input("mia"), p, monday), "no failed mail worth sending again", state)
		lost(t, &r, what, p, monday)
		require.Equal(t, []string{"operations: the customer could not be notified"}, done(&r), what)
		require.True(t, r.Unnotified(), what)

		var person *refund.PersonError
		require.ErrorAs(t, r.Follow("retry-mail", input("nobody"), p, monday), &person)
		r = step(t, r, p, monday, func(r *refund.Refund) error { return r.Follow("retry-mail", input("mia"), p, monday) })
		require.Equal(t, state, r.State)
		require.NotEqual(t, refund.NotTold, r.Attention, "it is on its way")
		require.Error(t, r.Follow("retry-mail", input("mia"), p, monday), "once is enough")
		require.Equal(t, delivery.Waiting, r.Mails[len(r.Mails)-1].State)
		require.NoError(t, refund.CheckReceipt(r.Receipt))
	}
}

func TestWhatIsNotSoAnyMoreIsNotMailedAgain(t *testing.T) {
	p := live()
	r := in(t, refund.AwaitingApproval, p, known(t, "EUR 60.00"))
	lost(t, &r, refund.TellReceived, p, monday)
	require.Equal(t, refund.NotTold, r.Attention)
	r = step(t, r, p, monday, func(r *refund.Refund) error { r.PaidInPanel(p, monday); return nil })
	require.False(t, r.Unnotified(), "of a payment in the panel nobody is mailed")
	require.Empty(t, r.Attention)
	require.Error(t, r.Follow("retry-mail", input("mia"), p, monday))

	r = in(t, refund.Paid, p, known(t, "EUR 60.00"))
	lost(t, &r, refund.TellApproved, p, monday)
	sending(&r, refund.TellPaid, monday)
	r.Mails[len(r.Mails)-1].Accept("id", monday)
	require.False(t, r.Unnotified(), "they know more by now")
}

func TestARefundThatIsOverWaitsThirtyDaysForItsMail(t *testing.T) {
	p := live()
	r := in(t, refund.Paid, p, known(t, "EUR 60.00"))
	lost(t, &r, refund.TellPaid, p, monday)
	require.Equal(t, refund.NotTold, r.Attention)
	require.Equal(t, monday.Add(30*day), r.Next)
	r = step(t, r, p, monday.Add(30*day), func(r *refund.Refund) error { r.Advance(p, monday.Add(30*day)); return nil })
	require.False(t, r.Unnotified())
	require.Empty(t, r.Attention)
	require.Zero(t, r.Next)
}

// dispatched is what the workflow does with a refund at a moment.
func dispatched(r refund.Refund, now time.Time) refund.Refund {
	r.Dispatch(live(), now)
	return r
}

func statesOf(r refund.Refund) map[string]delivery.State {
	all := map[string]delivery.State{}
	for _, m := range r.Mails {
		all[m.About.String()] = m.State
	}
	return all
}

func TestMailsThatNoLongerSayWhatIsSoAreOvertaken(t *testing.T) {
	p := live()
	r := in(t, refund.AwaitingApproval, p, known(t, "EUR 60.00"))
	r.Mails = nil
	sending(&r, refund.TellReceived, monday)
	for now, recalled := range map[time.Time]bool{monday: false, monday.Add(time.Minute): true} {
		over := r
		over.Mails = append(over.Mails[:0:0], r.Mails...)
		over.State = refund.Rejected
		over = dispatched(over, now)
		require.Equal(t, recalled, over.Mails[0].Recalled, "what happens within a moment is told in its order")
	}
}

func TestTheCustomersMailsLeaveOneAfterTheOther(t *testing.T) {
	p := live()
	r := in(t, refund.AwaitingGoods, p, known(t, "EUR 60.00"))
	r.Patience = refund.DefaultPolicy().Patience
	r.Mails, r.Todo = nil, []refund.Deed{{Nr: 1, What: refund.TellReceived}, {Nr: 2, What: refund.TellApproved}, {Nr: 3, What: refund.Pay}}
	r = dispatched(r, monday)
	require.Equal(t, map[string]delivery.State{"tell received": delivery.Sending, "tell approved": delivery.Waiting}, statesOf(r))
	require.Equal(t, []refund.Deed{{Nr: 3, What: refund.Pay}}, r.Todo, "the rest is to be done")
	r.SettleMail(r.Mails[0].Key, delivery.Outcome{Verdict: delivery.Unanswered}, p, monday)
	r = dispatched(r, monday)
	require.Equal(t, map[string]delivery.State{"tell received": delivery.Waiting, "tell approved": delivery.Sending}, statesOf(r), "a doubt holds up nothing")
}

func TestARefundThatIsOverClosesWhenItsMailsAreSettled(t *testing.T) {
	p := live()
	r := in(t, refund.Paid, p, known(t, "EUR 60.00"))
	r.Mails = nil
	sending(&r, refund.TellPaid, monday)
	r = dispatched(r, monday)
	require.False(t, r.Closed)
	r.SettleMail(r.Mails[0].Key, delivery.Outcome{Verdict: delivery.WasAccepted, MessageID: "id"}, p, monday)
	r = dispatched(r, monday)
	require.False(t, r.Closed, "the mail may come back")
	require.Equal(t, monday.Add(3*day), r.Next)
	r = dispatched(r, r.Next)
	require.True(t, r.Closed)
}

func TestOperationsAreToldOnceThatACustomerIsNotReached(t *testing.T) {
	p := live()
	r := in(t, refund.Paid, p, known(t, "EUR 60.00"))
	r.Mails = nil
	for _, what := range []refund.What{refund.TellReceived, refund.TellApproved, refund.TellPaid} {
		sending(&r, what, monday)
		m := &r.Mails[len(r.Mails)-1]
		m.Settle(delivery.Outcome{Verdict: delivery.WasAccepted, MessageID: m.Key}, monday)
		r.ReportMail(delivery.Report{ID: m.Key, Key: m.Key, Kind: delivery.Bounced, At: monday}, p, monday)
	}
	require.Equal(t, []string{"operations: a mail to the customer came back"}, done(&r))
	require.True(t, r.NotReached)
}

func TestAMailThatWaitsForItsTurnLetsTheClockRingForAnother(t *testing.T) {
	p := live()
	r := in(t, refund.AwaitingApproval, p, known(t, "EUR 60.00"))
	r.Patience = refund.DefaultPolicy().Patience
	r.Mails, r.Todo = nil, []refund.Deed{{Nr: 1, What: refund.AskApproval, Person: "anna"}, {Nr: 2, What: refund.TellReceived}, {Nr: 3, What: refund.TellReceived}}
	r = dispatched(r, monday)
	r.SettleMail(r.Mails[0].Key, delivery.Outcome{Verdict: delivery.Unanswered}, p, monday)
	r.Next = time.Time{}
	r = dispatched(r, monday)
	require.Equal(t, delivery.Waiting, r.Mails[2].State, "the customer's mails leave one after the other")
	require.Equal(t, r.Mails[0].NotBefore, r.Next)
}

func TestANewQuestionOvertakesAnOlderOne(t *testing.T) {
	p := live()
	r := in(t, refund.NeedsInfo, p, known(t, "EUR 60.00"))
	r.Mails = nil
	r.Patience = refund.DefaultPolicy().Patience
	sending(&r, refund.TellNeedsInfo, monday)
	r.Mails[0].State, r.Mails[0].Unproven = delivery.Waiting, 1
	sending(&r, refund.TellNeedsInfo, monday)
	r.Todo = []refund.Deed{{Nr: 1, What: refund.TellNeedsInfo}}
	r = dispatched(r, monday)
	require.NotEmpty(t, r.Mails[0].Overtaken, "it would be posted with the new question")
	require.True(t, r.Mails[1].Recalled)
	require.Empty(t, r.Mails[2].Overtaken)
}

func TestARefundThatHasSomethingToSendAgainIsNotClosed(t *testing.T) {
	p := live()
	r := in(t, refund.Rejected, p, known(t, "EUR 60.00"))
	r.Mails = nil
	sending(&r, refund.TellRejected, monday)
	r.Mails[0].Accept("id", monday)
	late := monday.Add(4 * day)
	r = dispatched(r, late)
	require.True(t, r.Closed)
	r.ReportMail(delivery.Report{Key: r.Mails[0].Key, Kind: delivery.Bounced, At: late}, p, late)
	r = dispatched(r, late)
	require.Equal(t, delivery.Sending, r.Mails[1].State)
	require.False(t, r.Closed)
}

// What happens next is the mail that is tried again, and nothing that is due later.
func TestASummaryNamesTheMailThatIsTriedAgain(t *testing.T) {
	p := live()
	for _, state := range []refund.State{refund.AwaitingGoods, refund.AwaitingApproval, refund.Paying} {
		r := in(t, state, p, known(t, "EUR 60.00"))
		r.Patience, r.Mails, r.Todo = p.Patience, nil, []refund.Deed{{Nr: 1, What: refund.TellReceived}}
		r = dispatched(r, monday)
		r.SettleMail(r.Mails[0].Key, delivery.Outcome{Verdict: delivery.Unanswered}, p, monday)
		r = dispatched(r, monday)
		require.Contains(t, r.Summary().Next.String(), "2 Nov 2026, 09:05 UTC: a mail is tried again", state)
	}
}
