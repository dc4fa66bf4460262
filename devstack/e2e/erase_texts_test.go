package e2e_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"waybill/contract"
	"waybill/refund"
)

// What a customer wrote is kept for three days after the end of a refund, in case somebody has to look. This
// refund ended almost three days ago, and its return is reported once more.
func TestWhatACustomerWroteIsGoneAfterTheEnd(t *testing.T) {
	t.Parallel()
	const wrote, wroteLate = "quintessentially broken", "quintessentially late"
	s := newTill(t, shared.get(t))
	s.openDoors()
	o := s.sell("120.00")
	s.endedBefore(o, 3*24*time.Hour-20*time.Second, func(f *refund.Facts) { f.Message = wrote })
	known := s.reaches(o, refund.Withdrawn)
	require.Equal(t, wrote, known.Facts.Message)
	require.Positive(t, s.knownToTemporal(wrote), "the same search finds it before")
	o.back0.Message = wroteLate
	s.account.AddReturn(o.back0)
	code, said := s.knock(o.back0.RefundRequested(time.Now())) // it tells the parcels and not the return
	require.Equal(t, http.StatusOK, code, said)
	s.eventually("the refund to come to its end", func() error {
		described, err := s.client.DescribeWorkflowExecution(t.Context(), o.workflowID(), "")
		if err == nil && described.GetWorkflowExecutionInfo().GetStatus() != enums.WORKFLOW_EXECUTION_STATUS_COMPLETED {
			err = fmt.Errorf("it is %s", described.GetWorkflowExecutionInfo().GetStatus())
		}
		return err
	})
	known, err := s.refund(o)
	require.NoError(t, err)
	require.NotZero(t, known.TextsErasedAt)
	require.Len(t, known.Reports, 1)
	require.NoError(t, refund.CheckReceipt(known.Receipt))
	require.Equal(t, o.sent.Recipient.Email, known.Facts.Customer.Email)
	for _, text := range []string{wrote, wroteLate} {
		s.eventually("nothing to have what the customer wrote", func() error {
			if runs := s.knownToTemporal(text); runs > 0 {
				return fmt.Errorf("%d runs have %q", runs, text)
			}
			return nil
		})
	}
	s.record(o.workflowID(), string(contract.ApproveRefund)+"-texts-erased")

	_, said = s.knock(o.back0.Created(time.Now()))
	require.JSONEq(t, `{"outcome":"refund closed"}`, said)
	require.Zero(t, s.knownToTemporal(wroteLate))
}

// endedBefore has a refund go on that was withdrawn some time ago: a workflow that stands for its first run
// continues as it.
func (s *till) endedBefore(o sold, ago time.Duration, change func(*refund.Facts)) {
	s.Helper()
	p, then := refund.Policy{}, time.Now().UTC().Truncate(time.Millisecond).Add(-ago)
	facts := refund.Facts{
		Source: refund.FromReturnCreated, OutgoingParcel: o.sent.ID, IncomingParcel: o.back.ID, OrderNumber: o.sent.Order,
		Customer: refund.Customer{Name: o.sent.Recipient.Name, Email: o.sent.Recipient.Email},
	}
	change(&facts)
	r := refund.Refund{Integration: o.integration, ReturnID: o.of().ReturnID}
	r, err := r.Step(p, then, func(r *refund.Refund) error {
		r.Request(facts, p, then)
		r.State = refund.Withdrawn
		r.EndKnown()
		return nil
	})
	require.NoError(s, err)
	r.Todo = nil
	r.Dispatch(p, then)
	const queue = "earlier-runs"
	earlier := worker.New(s.client, queue, worker.Options{DeadlockDetectionTimeout: patience})
	earlier.RegisterWorkflowWithOptions(func(ctx workflow.Context, start contract.RefundStart) error {
		return workflow.NewContinueAsNewError(workflow.WithWorkflowTaskQueue(ctx, contract.RefundsQueue), string(contract.ApproveRefund), start)
	}, workflow.RegisterOptions{Name: string(contract.ApproveRefund)})
	require.NoError(s, earlier.Start())
	s.Cleanup(earlier.Stop)
	_, err = s.client.ExecuteWorkflow(s.Context(), client.StartWorkflowOptions{ID: o.workflowID(), TaskQueue: queue},
		string(contract.ApproveRefund), contract.RefundStart{RefundRef: o.of(), Carried: &contract.CarriedRefund{Refund: r}})
	require.NoError(s, err)
}
