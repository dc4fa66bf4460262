package workflows_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"waybill/contract"
	"waybill/link"
	"waybill/refund"
)

// A refund that is kept is a record that nobody can have made up: everyone who reaches Temporal can start
// a workflow.
func TestAKeptRefundIsProven(t *testing.T) {
	keys, others := link.Keys{[]byte(strings.Repeat("k", 32))}, link.Keys{[]byte(strings.Repeat("o", 32))}
	kept := contract.CarriedRefund{Refund: refund.Refund{
		Integration: "demo", ReturnID: 42, State: refund.Paid, Closed: true, Facts: refund.Facts{Amount: euro(t, "40.00")}, ErasedAt: nineOClock,
	}}
	richer := kept
	richer.Refund.Facts.Amount = euro(t, "4000.00")
	for name, tried := range map[string]struct {
		keys       link.Keys
		of         contract.RefundRef
		said, sent contract.CarriedRefund
		age        time.Duration
		believed   bool
	}{
		"as a worker has it":    {keys, firstRun.RefundRef, kept, kept, time.Minute, true},
		"under another key":     {others, firstRun.RefundRef, kept, kept, time.Minute, false},
		"of another refund":     {keys, contract.RefundRef{Integration: "demo", ReturnID: 43}, kept, kept, time.Minute, false},
		"with another amount":   {keys, firstRun.RefundRef, kept, richer, time.Minute, false},
		"from some days ago":    {keys, firstRun.RefundRef, kept, kept, contract.BatchLasts + time.Minute, false},
		"without any proof key": {nil, firstRun.RefundRef, kept, kept, time.Minute, false},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCounter(t)
			c.proves = keys.Proves
			start := firstRun
			start.Kept = &contract.KeptRefund{CarriedRefund: tried.sent, Proof: tried.keys.Prove(contract.KeptText(tried.of, tried.said), c.began.Add(-tried.age))}
			c.env.ExecuteWorkflow(string(contract.ApproveRefund), start)
			if !tried.believed {
				require.ErrorContains(t, c.env.GetWorkflowError(), "nothing proves that this refund is kept")
				return
			}
			require.NoError(t, c.env.GetWorkflowError())
			require.Equal(t, "EUR 40.00", c.describe().Facts.Amount.String())
			require.Empty(t, c.payments)
		})
	}
}
