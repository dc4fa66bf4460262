package workflows_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"waybill/contract"
	"waybill/link"
	"waybill/refund"
)

const unproven = "an order through Temporal does not prove who gives it"

// The proof is one of this refund, order, person, way, link, field and time, and works once.
func TestAnOrderNeedsItsOwnProof(t *testing.T) {
	keys, others := link.Keys{[]byte(strings.Repeat("k", 32))}, link.Keys{[]byte(strings.Repeat("o", 32))}
	const id, other = "refund:demo:42", "refund:demo:43"
	begin := func() *counter {
		c := undecided(t)
		c.proves = keys.Proves
		return c
	}
	sent := refund.Input{Said: refund.Said{By: "ben", Via: refund.ViaLink, Link: "a-link"}, Fields: map[string]string{"amount": "30.00"}}
	for name, forge := range map[string]func(c *counter, begun string, in *refund.Input){
		"none":           func(*counter, string, *refund.Input) {},
		"another refund": func(c *counter, begun string, in *refund.Input) { prove(c, keys, other, begun, "approve", in) },
		"another run":    func(c *counter, _ string, in *refund.Input) { prove(c, keys, id, "", "approve", in) },
		"another order":  func(c *counter, begun string, in *refund.Input) { prove(c, keys, id, begun, "note", in) },
		"another key":    func(c *counter, begun string, in *refund.Input) { prove(c, others, id, begun, "approve", in) },
		"another person": func(c *counter, begun string, in *refund.Input) {
			prove(c, keys, id, begun, "approve", in)
			in.By = "mia"
		},
		"another way": func(c *counter, begun string, in *refund.Input) {
			prove(c, keys, id, begun, "approve", in)
			in.Via = refund.ViaPage
		},
		"another link": func(c *counter, begun string, in *refund.Input) {
			prove(c, keys, id, begun, "approve", in)
			in.Link = "b-link"
		},
		"another field": func(c *counter, begun string, in *refund.Input) {
			prove(c, keys, id, begun, "approve", in)
			in.Fields = map[string]string{"amount": "40.00"}
		},
		"another time": func(c *counter, begun string, in *refund.Input) {
			in.Proof = keys.Prove(contract.ProvenText(id, begun, "approve", *in), c.env.Now().Add(-contract.ProofLasts-time.Second))
		},
	} {
		t.Run(name, func(t *testing.T) {
			c, told, in := begin(), &verdict[contract.RefundAnswer]{}, sent
			c.at(time.Hour, func() {
				known := c.describe()
				forge(c, known.Begun(), &in)
				c.order(string(orderOf("approve")), in, told)
				c.env.SignalWorkflow(string(orderOf("approve")), in)
			})
			c.at(2*time.Hour, func() {
				require.ErrorContains(t, told.refused, unproven)
				known := c.describe()
				require.Equal(t, refund.AwaitingApproval, known.State)
				last := known.Receipt[len(known.Receipt)-1]
				require.Equal(t, "refused: approve", last.What)
				require.Equal(t, in.By+" (through Temporal, unproven)", last.By.String())
				require.Empty(t, known.Used, "the mailed link still works")
				good := sent
				prove(c, keys, id, known.Begun(), "approve", &good)
				c.order(string(orderOf("approve")), good, told)
			})
			require.Equal(t, refund.Paid, c.run().State)
			require.Equal(t, "ben (mailed link)", approvedBy(t, c))
		})
	}
}

// prove proves an order at this moment.
func prove(c *counter, keys link.Keys, workflowID, begun, order string, in *refund.Input) {
	in.Proof = keys.Prove(contract.ProvenText(workflowID, begun, order, *in), c.env.Now())
}

func approvedBy(t *testing.T, c *counter) string {
	t.Helper()
	for _, e := range c.describe().Receipt {
		if e.What == "approved" {
			return e.By.String()
		}
	}
	require.Fail(t, "nobody has approved it")
	return ""
}

func TestAProofWorksOnce(t *testing.T) {
	c, note := undecided(t), says("anna", "text", "They called.")
	first, again := give(c, time.Hour, orderOf("note"), note), give(c, 2*time.Hour, orderOf("note"), note)
	tell(c, 3*time.Hour, orderOf("withdraw").Signal(), says("anna"))
	c.run()
	require.NoError(t, first.refused)
	require.EqualError(t, again.refused, "this order was given already")
}

func TestAnUnprovenOrderCountsIfThePolicySaysSo(t *testing.T) {
	c := undecided(t)
	c.policy.UnprovenOrders = true
	give(c, time.Hour, orderOf("approve"), refund.Input{Said: refund.Said{By: "ben", Via: refund.ViaLink, Link: "a-link"}})
	require.Equal(t, refund.Paid, c.run().State)
	require.Equal(t, "ben (through Temporal, unproven)", approvedBy(t, c))
	require.Empty(t, c.describe().Used)
}

// Everyone who reaches Temporal can start a workflow with a state that no run has left.
func TestAStateThatNoRunHasLeftIsNotBelieved(t *testing.T) {
	start := firstRun
	start.Carried = &contract.CarriedRefund{Refund: refund.Refund{
		State: refund.Paying, Claimed: true, Todo: []refund.Deed{{What: refund.Pay}}, Facts: refund.Facts{Amount: euro(t, "500.00")},
	}}
	c := undecided(t)
	c.at(time.Hour, func() { require.Equal(t, refund.AwaitingApproval, c.describe().State) })
	tell(c, 2*time.Hour, orderOf("withdraw").Signal(), says("anna"))
	c.env.ExecuteWorkflow(string(contract.ApproveRefund), start)
	require.Equal(t, refund.Withdrawn, c.end().State)
	require.Empty(t, c.payments)
}

// Everyone who reaches Temporal can start a workflow under an id by which the people of one
// integration find it, with the input of another's.
func TestARefundIsTheOneThatItsIDNames(t *testing.T) {
	for _, id := range []string{"refund:other:42", "refund:demo:43", "mine"} {
		c := newCounter(t)
		c.env.SetStartWorkflowOptions(client.StartWorkflowOptions{ID: id, TaskQueue: contract.RefundsQueue})
		c.request()
		tell(c, time.Hour, orderOf("withdraw").Signal(), says("anna"))
		c.env.ExecuteWorkflow(string(contract.ApproveRefund), firstRun)
		require.ErrorContains(t, c.env.GetWorkflowError(), "the input is that of refund:demo:42", id)
		require.Empty(t, c.queries, "nothing is loaded of another integration's customer")
	}
}
