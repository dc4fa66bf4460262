package e2e_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/enums/v1"

	"waybill/contract"
	"waybill/refund"
)

// What a customer wrote is needed until their refund is over. This one is over at once, because the rules only
// watch, and no mail is awaited.
func TestWhatACustomerWroteIsGoneAfterTheEnd(t *testing.T) {
	t.Parallel()
	const wrote = "quintessentially broken"
	s := newTillWith(t, shared.get(t), postOffice{logs: true}, strings.Replace(people, "  mode: live", "  mode: shadow", 1))
	s.openDoors()
	o := s.sell("120.00")
	o.back0.Message = wrote
	s.account.AddReturn(o.back0)
	code, said := s.knock(o.back0.RefundRequested(time.Now())) // it tells the parcels and not the return
	require.Equal(t, http.StatusOK, code, said)
	s.reaches(o, refund.Observed)
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
	require.Zero(t, s.knownToTemporal(wrote))
	s.record(o.workflowID(), string(contract.ApproveRefund)+"-texts-erased")

	// It is told once more, and the end holds.
	_, said = s.knock(o.back0.Created(time.Now()))
	require.JSONEq(t, `{"outcome":"refund closed"}`, said)
	require.Zero(t, s.knownToTemporal(wrote))
}
