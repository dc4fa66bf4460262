package refund_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"waybill/refund"
)

func TestPayingIsNotedOnlyWhileItIs(t *testing.T) {
	p := live()
	for _, state := range refund.States() {
		r := in(t, state, p, known(t, "EUR 300.00"))
		before := js(t, r)
		pay := refund.Payment{Outcome: refund.PaidNow}
		if state == refund.Paying {
			require.EqualError(t, r.Settle(refund.Payment{Outcome: "maybe"}, p, monday), `"maybe" is not an outcome of a payment`)
			require.Equal(t, before, js(t, r), "what is refused changes nothing")
			require.NoError(t, r.AskToPay(look, p, monday))
			require.NoError(t, r.Settle(pay, p, monday))
			continue
		}
		require.ErrorContains(t, r.AskToPay(look, p, monday), "nothing is to be paid", state)
		require.ErrorContains(t, r.Settle(pay, p, monday), "nothing is being paid", state)
		require.Equal(t, before, js(t, r), "what is refused changes nothing: %s", state)
	}
}

func TestPaidBeforeIsPaid(t *testing.T) {
	r := in(t, refund.Paying, live(), known(t, "EUR 60.00"))
	require.NoError(t, r.Settle(refund.Payment{Outcome: refund.PaidBefore, Reference: "ref-1"}, live(), monday))
	require.Equal(t, refund.Paid, r.State)
	require.Equal(t, "ref-1", r.Reference)
	require.Equal(t, []string{"tell paid"}, done(&r))
}

// Whatever state a refund is in when somebody pays it in the panel, it is not
// paid by us after that.
func TestWhatThePanelPaidIsNotPaidAgain(t *testing.T) {
	p := live()
	for _, state := range append(refund.States(), "in doubt") {
		r := in(t, state, p, known(t, "EUR 300.00"))
		was, claimed := r.State, r.Claimed
		r, err := r.Step(p, monday, func(r *refund.Refund) error { r.PaidInPanel(p, monday); return nil })
		require.NoError(t, err)
		deeds := done(&r)
		require.Equal(t, state == "in doubt" || was == refund.Paying, r.Attention == refund.PanelPaidToo, state)
		switch {
		case was.Terminal():
			require.Equal(t, was, r.State)
			require.Empty(t, deeds)
		case was == refund.Paying:
			require.Equal(t, refund.Paying, r.State, "what is under way is not called back")
			require.Equal(t, []string{"operations: paid in Sendcloud's panel while we pay"}, deeds)
		case state == "in doubt":
			require.Equal(t, refund.PaidElsewhere, r.State)
			require.Equal(t, []string{"operations: paid in Sendcloud's panel while we pay"}, deeds)
		case claimed:
			require.Equal(t, refund.PaidElsewhere, r.State)
			require.True(t, r.Claimed, "it still counts")
			require.Equal(t, []string{"operations: paid in Sendcloud's panel"}, deeds)
		default:
			require.Equal(t, refund.PaidElsewhere, r.State)
			require.Equal(t, []string{"count", "operations: paid in Sendcloud's panel"}, deeds)
		}
		r.PaidInPanel(p, monday)
		require.Empty(t, done(&r), "it is told once: %s", state)
	}
}

func TestAPaymentThatFailsAfterThePanelPaidIsNotTriedAgain(t *testing.T) {
	p := live()
	for outcome, alarm := range map[refund.Outcome]string{refund.Refused: "payment failed", refund.Doubt: "payment in doubt"} {
		r := in(t, refund.Paying, p, known(t, "EUR 60.00"))
		r.PaidInPanel(p, monday)
		done(&r)
		r, err := r.Step(p, monday, func(r *refund.Refund) error { return r.Settle(refund.Payment{Outcome: outcome}, p, monday) })
		require.NoError(t, err)
		require.Equal(t, refund.PaidElsewhere, r.State)
		require.Equal(t, []string{"operations: " + alarm}, done(&r))
		require.Equal(t, refund.PanelPaidToo, r.Attention, "operations compare the two")
		require.Error(t, r.Follow("pay-again", input("mia"), p, monday))
	}
}

func TestAClaimThatIsRefusedBeginsTheDecisionAnew(t *testing.T) {
	p := live()
	r := in(t, refund.Approved, p, known(t, "EUR 300.00"))
	r.ClaimAnswered(refund.ClaimAnswer{Why: "too many refunds", Refunded: money(t, "EUR 1.00")}, p, monday)
	require.Equal(t, refund.AwaitingApproval, r.State)
	require.Empty(t, r.Approvals, "who approved, approved something else")
	require.Equal(t, refund.Terms{Approvals: 2, Why: []string{"too many refunds"}}, r.Terms)
	require.Equal(t, "EUR 1.00", r.Facts.Refunded.String())
}

// The panel pays after the amount was asked for and before the endpoint is: the
// Pay that was handed out is not done.
func TestThePanelPaysBetweenThePromiseAndThePayment(t *testing.T) {
	p := live()
	r := in(t, refund.Approved, p, known(t, "EUR 60.00"))
	r.ClaimAnswered(refund.ClaimAnswer{Granted: true}, p, monday)
	require.Equal(t, []string{"tell approved", "pay"}, done(&r))
	r.PaidInPanel(p, monday)
	require.Equal(t, refund.PaidElsewhere, r.State)
	require.Error(t, r.AskToPay(look, p, monday))
}

// Whoever pays again has nobody asked before the panel was looked at once more.
func TestThePanelPaysBeforeTheEndpointIsAskedAgain(t *testing.T) {
	p := live()
	for state, attention := range map[refund.State]string{
		refund.PayFailed: "paid in Sendcloud's panel", "in doubt": "paid in Sendcloud's panel while we pay",
	} {
		r := in(t, state, p, known(t, "EUR 60.00"))
		require.NoError(t, r.Follow("pay-again", input("mia"), p, monday))
		done(&r)
		r.PaidInPanel(p, monday)
		require.Equal(t, refund.PaidElsewhere, r.State)
		require.Equal(t, []string{"operations: " + attention}, done(&r))
		require.Error(t, r.AskToPay(look, p, monday), "the customer has the money")

		r = in(t, state, p, known(t, "EUR 60.00"))
		require.NoError(t, r.Follow("pay-again", input("mia"), p, monday))
		require.NoError(t, r.AskToPay(look, p, monday))
		done(&r)
		r.PaidInPanel(p, monday)
		require.Equal(t, refund.Paying, r.State, "what is under way is not called back")
	}
}

// What is learned of the order after it was counted does not move it to another
// order: it is given back where it was taken.
func TestARefundStaysWithTheOrderThatItIsCountedIn(t *testing.T) {
	p := live()
	f := known(t, "EUR 60.00")
	f.OrderNumber, f.OutgoingParcel = "", 7
	told := refund.Facts{OrderNumber: "O-1"}

	r := in(t, refund.Approved, p, f)
	r.Learn(told, p, monday)
	require.Equal(t, "parcel/7", r.OrderKey())
	r.ClaimAnswered(refund.ClaimAnswer{Granted: true}, p, monday)
	require.Equal(t, "parcel/7", r.OrderKey())

	r = in(t, refund.Approved, p, f)
	r.Learn(told, p, monday)
	r.ClaimAnswered(refund.ClaimAnswer{Why: "too many refunds"}, p, monday)
	require.Equal(t, "order/demo/O-1", r.OrderKey(), "what was refused counts nowhere")
	require.NoError(t, r.Follow("approve", input("anna"), p, monday))
	require.Equal(t, "order/demo/O-1", r.OrderKey())
}

// A claim that is answered late: what the withdrawn refund took is given back,
// and what the panel paid is still counted.
func TestAClaimThatIsAnsweredAfterTheEnd(t *testing.T) {
	p := live()
	granted := refund.ClaimAnswer{Granted: true}
	r := in(t, refund.Approved, p, known(t, "EUR 60.00"))
	require.NoError(t, r.Follow("withdraw", input("mia"), p, monday))
	require.Equal(t, []string{"tell withdrawn"}, done(&r), "nothing is taken yet")
	r.ClaimAnswered(granted, p, monday)
	require.Equal(t, []string{"release"}, done(&r))
	require.False(t, r.Claimed)

	r = in(t, refund.Approved, p, known(t, "EUR 60.00"))
	r.PaidInPanel(p, monday)
	require.Equal(t, []string{"count", "operations: paid in Sendcloud's panel"}, done(&r))
	r.ClaimAnswered(granted, p, monday)
	require.Empty(t, done(&r))
	require.True(t, r.Claimed)

	r = in(t, refund.Approved, p, known(t, "EUR 60.00"))
	require.NoError(t, r.Follow("withdraw", input("mia"), p, monday))
	r.ClaimAnswered(refund.ClaimAnswer{Why: "too many refunds"}, p, monday)
	require.Equal(t, []string{"tell withdrawn"}, done(&r))
	require.Equal(t, refund.Withdrawn, r.State)

	r = in(t, refund.Paying, p, known(t, "EUR 60.00"))
	r.ClaimAnswered(granted, p, monday)
	require.Empty(t, done(&r), "an answer that comes twice gives nothing back")
	require.True(t, r.Claimed)
}
