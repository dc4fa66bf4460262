package refund_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"waybill/refund"
)

// Two steps from the same refund, as a query and an update take them, do not
// write into each other.
func TestAStepLeavesTheRefundBeforeItAlone(t *testing.T) {
	p := live()
	f := known(t, "EUR 300.00")
	r := in(t, refund.AwaitingSecond, p, f)
	step := func(happens func(r *refund.Refund) error) refund.Refund {
		next, err := r.Step(p, monday, happens)
		require.NoError(t, err)
		return next
	}
	for range 5 { // whatever room an append leaves
		ben := step(func(r *refund.Refund) error { return r.Follow("approve", linked(input("ben"), "ben"), p, monday) })
		before := js(t, ben)
		step(func(r *refund.Refund) error { return r.Follow("approve", linked(input("mia"), "mia"), p, monday) })
		require.Equal(t, before, js(t, ben))
		r = step(func(r *refund.Refund) error {
			return r.Follow("reassign", linked(input("mia", "to", "ben"), "mia"), p, monday)
		})
		r.Used[len(r.Used)-1] += "."
	}
}

func TestAnOrderThatIsRefusedIsWrittenDown(t *testing.T) {
	for _, state := range refund.States() {
		r := in(t, state, live(), known(t, "EUR 300.00"))
		r.Refuse(by("eve"), "approve", "eve is not in the policy", live(), monday)
		last := r.Receipt[len(r.Receipt)-1]
		require.Equal(t, []string{"refused: approve", "eve (page)", "eve is not in the policy", string(state)},
			[]string{last.What, last.By.String(), last.Why, string(last.State)})
		require.NoError(t, refund.CheckReceipt(r.Receipt))
		require.Empty(t, done(&r))
		require.Equal(t, state, r.State)
	}
}

func TestWhomADeedTells(t *testing.T) {
	for what, whom := range map[refund.What]string{
		refund.TellReceived: "customer", refund.TellApproved: "customer", refund.TellRejected: "customer", refund.TellWithdrawn: "customer", refund.TellNeedsInfo: "customer",
		refund.TellPaid: "customer", refund.AskApproval: "approver", refund.Remind: "approver", refund.Escalate: "approver",
		refund.TellOperations: "", refund.Gather: "", refund.Watch: "", refund.Claim: "", refund.Release: "", refund.Count: "", refund.Pay: "",
	} {
		require.Equal(t, whom == "customer", what.ToCustomer(), what)
		require.Equal(t, whom == "approver", what.ToApprover(), what)
		words := refund.Deed{What: what}.Words()
		require.Equal(t, whom == "", words == string(what), "a mail has words: %s", words)
		require.NotRegexp(t, `: $`, words)
	}
	require.Equal(t, "to anna: please decide", refund.Deed{What: refund.AskApproval, Person: "anna"}.Words())
	require.Equal(t, "to the customer: it is paid", refund.Deed{What: refund.TellPaid}.Words())
}

func TestARefundHasANameForGood(t *testing.T) {
	require.Equal(t, "refund:demo:7", (&refund.Refund{Integration: "demo", ReturnID: 7}).Key())
}
