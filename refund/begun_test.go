package refund_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"waybill/refund"
)

// The run before was terminated, or failed. What it was in doubt about is forgotten, but the tally
// of the return still has its reservation.
func TestARefundThatWasBegunBeforeIsInDoubt(t *testing.T) {
	p := live()
	p.ApproveBelow = true
	r := refund.Refund{Integration: "demo", ReturnID: 7}
	step := func(happens func(r *refund.Refund) error) {
		t.Helper()
		next, err := r.Step(p, monday, happens)
		require.NoError(t, err)
		r = next
	}
	follow := func(order string, in refund.Input) error { return r.Follow(order, in, p, monday) }
	step(func(r *refund.Refund) error {
		r.Request(refund.Facts{Source: refund.FromReturnCreated}, p, monday)
		r.BegunBefore(p, monday)
		r.Gathered(known(t, "EUR 40.00"), "", p, monday)
		return nil
	})
	require.Equal(t, refund.AwaitingApproval, r.State, "the rules would approve it")
	require.Equal(t, refund.Terms{Approvals: 1, Why: []string{"an earlier run of the refund may have been paid"}}, r.Terms)
	for _, order := range []string{"reject", "withdraw"} {
		in := input("mia")
		if order == "reject" {
			in = no("mia")
		}
		require.ErrorContains(t, follow(order, in), "it is not known whether the money was paid", order)
	}
	step(func(r *refund.Refund) error { r.Advance(p, monday.Add(3*day)); return nil })
	require.Equal(t, refund.AwaitingApproval, r.State, "nor does time approve it")

	require.ErrorContains(t, follow("confirm-unpaid", input("anna", "why", "not among the payouts")), "only a manager")
	checked := unjs[refund.Refund](t, js(t, r))
	require.NoError(t, checked.Follow("confirm-unpaid", input("mia", "why", "not among the payouts"), p, monday))
	require.NoError(t, checked.Follow("reject", no("mia"), p, monday))

	step(func(r *refund.Refund) error { return r.Follow("approve", input("anna"), p, monday) })
	step(func(r *refund.Refund) error {
		r.ClaimAnswered(refund.ClaimAnswer{Granted: true}, p, monday)
		return r.AskToPay(look, p, monday)
	})
	require.Equal(t, refund.PayFailed, r.State, "the endpoint may be another one than it was asked")
	require.Equal(t, refund.PaymentInDoubt, r.Attention)
	require.ErrorContains(t, follow("pay-again", input("anna")), "it is not known whether the endpoint that an earlier run has asked has paid: only a manager")
}
