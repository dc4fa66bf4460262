package recorder

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/workflowservice/v1"

	"waybill/contract"
	"waybill/parcel"
	"waybill/refund"
)

// starter is a Temporal that also starts workflows without a signal.
type starter struct {
	frontend
	started []*workflowservice.StartWorkflowExecutionRequest
}

func (s *starter) StartWorkflowExecution(_ context.Context, r *workflowservice.StartWorkflowExecutionRequest) (*workflowservice.StartWorkflowExecutionResponse, error) {
	s.started = append(s.started, r)
	return &workflowservice.StartWorkflowExecutionResponse{RunId: "run", Started: true}, nil
}

func TestTheWorkflowsOfAnIntegrationTakeTurnsWithThoseOfOthers(t *testing.T) {
	s := &starter{}
	r := before(t, s)
	ctx := t.Context()
	require.NoError(t, r.Scan(ctx, contract.ParcelRef{Integration: "demo", ID: 7}, parcel.Scan{At: noon}))
	require.NoError(t, r.RefundRequested(ctx, contract.RefundRef{Integration: "demo", ReturnID: 9}, contract.RefundReport{ID: "1", Facts: refund.Facts{}}))
	require.NoError(t, r.MailReady(ctx, contract.ColloReady{Integration: "demo", UUID: "u"}))
	require.NoError(t, r.MailState(ctx, "demo", contract.MailState{At: noon}))
	require.NoError(t, r.FindReturn(ctx, contract.ReturnReport{Integration: "demo", ID: "1"}))
	require.Len(t, s.starts, 4)
	for _, one := range s.starts {
		require.Equal(t, "demo", one.GetPriority().GetFairnessKey(), one.GetWorkflowId())
		require.Zero(t, one.GetPriority().GetPriorityKey(), "none of them is before the other")
	}
	require.Len(t, s.started, 1)
	require.Equal(t, "demo", s.started[0].GetPriority().GetFairnessKey())
}
