package e2e_test

import (
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/history/v1"
	"go.temporal.io/api/sdk/v1"
	"go.temporal.io/api/workflowservice/v1"
	sdkworker "go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"waybill/contract"
	"waybill/delivery"
	"waybill/devstack/sendcloud"
	"waybill/parcel"
)

// events reads all events of a workflow's current run.
func (s *stack) events(workflowID string) []*history.HistoryEvent {
	s.Helper()
	var events []*history.HistoryEvent
	iterator := s.client.GetWorkflowHistory(s.Context(), workflowID, "", false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for iterator.HasNext() {
		event, err := iterator.Next()
		require.NoError(s, err)
		events = append(events, event)
	}
	return events
}

func count(events []*history.HistoryEvent, kind enums.EventType) int {
	n := 0
	for _, event := range events {
		if event.EventType == kind {
			n++
		}
	}
	return n
}

// transitions is what a parcel has cost the database so far.
func (s *stack) transitions(p sendcloud.Parcel) int64 {
	s.Helper()
	d, err := s.client.DescribeWorkflowExecution(s.Context(), workflowID(p), "")
	require.NoError(s, err)
	return d.WorkflowExecutionInfo.StateTransitionCount
}

// idle waits until no workflow task is under way.
func (s *stack) idle(p sendcloud.Parcel) {
	s.Helper()
	s.idleWorkflow(workflowID(p))
}

func (s *stack) idleWorkflow(id string) {
	s.Helper()
	s.eventually("the workflow to be idle", func() error {
		d, err := s.client.DescribeWorkflowExecution(s.Context(), id, "")
		if err == nil && (d.PendingWorkflowTask != nil || len(d.PendingActivities) > 0) {
			err = fmt.Errorf("busy")
		}
		return err
	})
}

func TestTheSameWebhookTwentyTimesAtOnceIsOneSignalAndOneMail(t *testing.T) {
	t.Parallel()
	s := newStack(t, shared.get(t))
	p := s.parcel()
	body := p.Body(sendcloud.ToSorting, time.Now())
	codes := make([]int, 20)
	var all sync.WaitGroup
	for i := range codes {
		all.Go(func() { codes[i], _ = s.knock(body) })
	}
	all.Wait()
	for _, code := range codes {
		require.Equal(t, http.StatusOK, code)
	}
	s.settled(p, 1, delivery.Accepted)
	require.Equal(t, 1, count(s.events(workflowID(p)), enums.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED))
	require.Equal(t, []string{"shipped"}, s.mails(p))
}

func TestTwoStatusesInTheWrongOrder(t *testing.T) {
	t.Parallel()
	s := newStack(t, shared.get(t))
	p := s.parcel()
	now := time.Now()
	s.tell(p, sendcloud.DriverEnRoute, now)
	s.tell(p, sendcloud.ToSorting, now.Add(-time.Hour))
	known := s.settled(p, 2, delivery.Accepted)
	require.Equal(t, parcel.OutForDelivery, known.Phase)
	require.Equal(t, parcel.ReasonLateScan, known.Ledger[1].Reason)
	require.Equal(t, []string{"out_for_delivery"}, s.mails(p))
}

// Database writes decide how many parcels a shop can have. A scan without a
// mail may cost 3 state transitions, one that is mailed at once 6.
func TestTheBudgetOfStateTransitions(t *testing.T) {
	t.Parallel()
	s := newStack(t, shared.get(t))
	p := s.parcel()
	at := time.Now().Add(-10 * time.Hour)
	var before int64
	for i, step := range []struct {
		status sendcloud.Status
		mails  int
		budget int64
	}{
		{sendcloud.ReadyToSend, 0, 3},   // a new parcel without a mail
		{sendcloud.ToSorting, 1, 6},     // a mail
		{sendcloud.EnRoute, 1, 3},       // the same phase
		{sendcloud.FromTheFuture, 1, 3}, // informational
		{sendcloud.DriverEnRoute, 2, 6}, // a mail
		{sendcloud.Delivered, 3, 6},     // a mail, and a new deadline
		{sendcloud.ToSorting, 3, 3},     // after the end
	} {
		at = at.Add(time.Hour)
		s.tell(p, step.status, at)
		accepted := make([]delivery.State, step.mails)
		for n := range accepted {
			accepted[n] = delivery.Accepted
		}
		s.settled(p, i+1, accepted...)
		s.idle(p)
		after := s.transitions(p)
		t.Logf("status %d: %d state transitions, budget %d", step.status.ID, after-before, step.budget)
		require.LessOrEqual(t, after-before, step.budget, "status %d", step.status.ID)
		before = after
	}
	body := p.Body(sendcloud.ToSorting, at)
	code, _ := s.knock(body)
	require.Equal(t, http.StatusOK, code)
	s.idle(p)
	require.Equal(t, before, s.transitions(p), "a copy costs nothing")
}

func TestOperatorsSeeWhereAParcelIs(t *testing.T) {
	t.Parallel()
	s := newStack(t, shared.get(t))
	p := s.parcel()
	s.tell(p, sendcloud.DriverEnRoute, time.Now())
	s.settled(p, 1, delivery.Accepted)
	s.eventually("the search attributes", func() error {
		found, err := s.client.ListWorkflow(t.Context(), &workflowservice.ListWorkflowExecutionsRequest{
			Query: `Integration = "demo" AND ParcelPhase = "out_for_delivery"`,
		})
		if err == nil && (len(found.Executions) != 1 || found.Executions[0].Execution.WorkflowId != workflowID(p)) {
			err = fmt.Errorf("found %d", len(found.Executions))
		}
		return err
	})
	d, err := s.client.DescribeWorkflowExecution(t.Context(), workflowID(p), "")
	require.NoError(t, err)
	require.JSONEq(t, fmt.Sprintf("%q", fmt.Sprintf("Parcel %d of demo with %s", p.ID, p.CarrierName)), string(decrypted(t, d).ExecutionConfig.UserMetadata.Summary.Data))
	requireNothingPersonal(t, s.metadata(p), p)
	require.Contains(t, s.metadata(p), "mail: out for delivery")
	for _, event := range s.events(workflowID(p)) {
		if event.UserMetadata != nil {
			requireNothingPersonal(t, string(decrypted(t, event).UserMetadata.Summary.GetData()), p)
		}
	}
}

// metadata is what the UI shows as current details.
func (s *stack) metadata(p sendcloud.Parcel) string {
	s.Helper()
	answer, err := s.client.QueryWorkflow(s.Context(), workflowID(p), "", "__temporal_workflow_metadata")
	require.NoError(s, err)
	var metadata sdk.WorkflowMetadata
	require.NoError(s, answer.Get(&metadata))
	return metadata.CurrentDetails
}

func requireNothingPersonal(t *testing.T, text string, p sendcloud.Parcel) {
	t.Helper()
	for _, personal := range []string{p.Recipient.Name, p.Recipient.Email, p.Recipient.Street, p.Recipient.PostalCode} {
		require.NotContains(t, text, personal)
	}
}

func TestContinueAsNewCarriesEverything(t *testing.T) {
	t.Parallel()
	server := &temporalServer{folder: t.TempDir(), port: freePort(t), args: []string{"--suggest-continue-as-new-after", "20"}}
	require.NoError(t, server.start())
	t.Cleanup(func() { server.kill() })
	s := newStack(t, server)
	p := s.parcel()
	at := time.Now().Add(-24 * time.Hour)
	s.tell(p, sendcloud.ToSorting, at)
	first := s.runID(p)
	const scans = 12
	for i := 1; i < scans; i++ {
		s.tell(p, sendcloud.EnRoute, at.Add(time.Duration(i)*time.Minute))
		s.settled(p, i+1, delivery.Accepted)
	}
	require.NotEqual(t, first, s.runID(p), "the server suggested continue-as-new after 20 events")

	s.tell(p, sendcloud.ToSorting, at) // a copy that only the run before has seen
	s.tell(p, sendcloud.Delivered, time.Now())
	known := s.settled(p, scans+1, delivery.Accepted, delivery.Accepted)
	require.Equal(t, []string{"shipped", "delivered"}, s.mails(p))
	require.Equal(t, 1, known.Reasons()[parcel.ReasonDuplicateScan])
	// The Go SDK cannot hand the static summary on, so the details say it too.
	require.Contains(t, s.metadata(p), fmt.Sprintf("Parcel %d of demo", p.ID))
	d, err := s.client.DescribeWorkflowExecution(t.Context(), workflowID(p), "")
	require.NoError(t, err)
	require.Contains(t, d.WorkflowExecutionInfo.SearchAttributes.IndexedFields, contract.Integration.Name)
}

func (s *stack) runID(p sendcloud.Parcel) string {
	s.Helper()
	d, err := s.client.DescribeWorkflowExecution(s.Context(), workflowID(p), "")
	require.NoError(s, err)
	return d.WorkflowExecutionInfo.Execution.RunId
}

func TestAParcelThatWasTerminatedIsRevived(t *testing.T) {
	t.Parallel()
	s := newStack(t, shared.get(t))
	p := s.parcel()
	s.tell(p, sendcloud.ToSorting, time.Now().Add(-time.Hour))
	s.settled(p, 1, delivery.Accepted)
	require.NoError(t, s.client.TerminateWorkflow(t.Context(), workflowID(p), "", "by mistake"))
	s.tell(p, sendcloud.DriverEnRoute, time.Now())
	s.settled(p, 1, delivery.Accepted)
	require.Equal(t, []string{"shipped", "out_for_delivery"}, s.mails(p))
}

func TestAScanAfterTheParcelIsClosedIsThankedFor(t *testing.T) {
	t.Parallel()
	s := prepareStack(t, shared.get(t))
	s.setUp()
	s.startIngress()
	s.awaitReady()
	// A parcel closes after days: a workflow that ends at once stands in for it.
	w := sdkworker.New(s.client, contract.ParcelsQueue, sdkworker.Options{})
	w.RegisterWorkflowWithOptions(func(ctx workflow.Context, _ contract.ParcelStart) error {
		workflow.GetSignalChannel(ctx, string(contract.StatusChanged)).Receive(ctx, nil)
		return nil
	}, workflow.RegisterOptions{Name: string(contract.TrackParcel)})
	require.NoError(t, w.Start())
	defer w.Stop()
	p := s.parcel()
	s.tell(p, sendcloud.Delivered, time.Now())
	require.NoError(t, s.client.GetWorkflow(t.Context(), workflowID(p), "").Get(t.Context(), nil))
	code, said := s.knock(p.Body(sendcloud.ToSorting, time.Now()))
	require.Equal(t, http.StatusOK, code)
	require.JSONEq(t, `{"outcome":"parcel closed"}`, said)
}
