package refund_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"waybill/refund"
)

// lost has the last of the customer's mails given up.
func lost(t *testing.T, r *refund.Refund, what refund.What, p refund.Policy, now time.Time) {
	t.Helper()
	d := refund.Deed{Nr: len(r.Mails) + 100, What: what}
	r.Mails = append(r.Mails, refund.Mail{Deed: d, State: refund.MailGivenUp, At: now})
	*r = step(t, *r, p, now, func(r *refund.Refund) error { r.MailGivenUp(d, "bad sender", p, now); return nil })
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
		refund.TellRejected: refund.Rejected, refund.TellPaid: refund.Paid,
	} {
		r := in(t, state, p, known(t, "EUR 60.00"))
		require.ErrorContains(t, r.MailAgain(by("mia"), p, monday), "no mail to the customer was given up", state)
		lost(t, &r, what, p, monday)
		require.Equal(t, []string{"operations: the customer could not be told"}, done(&r), what)
		require.True(t, r.Untold(), what)

		var person *refund.PersonError
		require.ErrorAs(t, r.MailAgain(by("nobody"), p, monday), &person)
		r = step(t, r, p, monday, func(r *refund.Refund) error { return r.MailAgain(by("mia"), p, monday) })
		require.Equal(t, state, r.State)
		require.NotEqual(t, refund.NotTold, r.Attention, "it is on its way")
		require.Error(t, r.MailAgain(by("mia"), p, monday), "once is enough")
		require.Equal(t, []string{string(what)}, done(&r))
		require.NoError(t, refund.CheckReceipt(r.Receipt))
	}
}

func TestWhatIsNotSoAnyMoreIsNotMailedAgain(t *testing.T) {
	p := live()
	r := in(t, refund.AwaitingApproval, p, known(t, "EUR 60.00"))
	lost(t, &r, refund.TellReceived, p, monday)
	require.Equal(t, refund.NotTold, r.Attention)
	r = step(t, r, p, monday, func(r *refund.Refund) error { r.PaidInPanel(p, monday); return nil })
	require.False(t, r.Untold(), "of a payment in the panel nobody is mailed")
	require.Empty(t, r.Attention)
	require.Error(t, r.MailAgain(by("mia"), p, monday))

	r = in(t, refund.Paid, p, known(t, "EUR 60.00"))
	lost(t, &r, refund.TellApproved, p, monday)
	r.Mails = append(r.Mails, refund.Mail{Deed: refund.Deed{Nr: 200, What: refund.TellPaid}, State: refund.MailAccepted, At: monday})
	require.False(t, r.Untold(), "they know more by now")
}

func TestARefundThatIsOverWaitsThirtyDaysForItsMail(t *testing.T) {
	p := live()
	r := in(t, refund.Paid, p, known(t, "EUR 60.00"))
	lost(t, &r, refund.TellPaid, p, monday)
	require.Equal(t, refund.NotTold, r.Attention)
	require.Equal(t, monday.Add(30*day), r.Next)
	r = step(t, r, p, monday.Add(30*day), func(r *refund.Refund) error { r.Advance(p, monday.Add(30*day)); return nil })
	require.False(t, r.Untold())
	require.Empty(t, r.Attention)
	require.Zero(t, r.Next)
}
