package e2e_test

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	sdkworker "go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"waybill/contract"
	"waybill/recorder"
	"waybill/refund"
)

// A shop whose rules approve 20,000 refunds a day: the counter answers, also after
// its worker has gone and everything is replayed, and goes on in another run.
func TestACounterOfTwentyThousandGoesOn(t *testing.T) {
	t.Parallel()
	server := &temporalServer{folder: t.TempDir(), port: freePort(t), args: []string{"--suggest-continue-as-new-after", "100"}}
	require.NoError(t, server.start())
	t.Cleanup(func() { server.kill() })
	s := newTill(t, server)
	s.openDoors()

	const refunds = 20_000
	now := time.Now().UTC().Truncate(time.Second)
	order := func(id int64) refund.CountOrder {
		return refund.CountOrder{CountQuestion: refund.CountQuestion{Refund: id, Since: now.Add(-24 * time.Hour)}, At: now, Most: refunds + 29}
	}
	counted := refund.Counter{}
	for i := range int64(refunds) {
		one := order(1_500_000_000 + i)
		one.At = now.Add(-time.Duration(i) * time.Second)
		require.True(t, counted.Count(one).Granted)
	}
	id := contract.TallyWorkflowID("demo", contract.ShopTally)
	// What a run carries counts only if it continues another one: one of a worker of the test.
	before := sdkworker.New(s.client, "before", sdkworker.Options{})
	before.RegisterWorkflowWithOptions(func(ctx workflow.Context) error {
		return workflow.NewContinueAsNewError(workflow.WithWorkflowTaskQueue(ctx, contract.RefundsQueue), string(contract.CountRefunds), contract.CountStart{Carried: &counted})
	}, workflow.RegisterOptions{Name: "before"})
	require.NoError(t, before.Start())
	t.Cleanup(before.Stop)
	_, err := s.client.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: id, TaskQueue: "before"}, "before")
	require.NoError(t, err)
	records := recorder.Recorder{Temporal: s.client}
	run := ""
	s.eventually("the counter to begin", func() error {
		d, err := s.client.DescribeWorkflowExecution(t.Context(), id, "")
		if run = d.GetWorkflowExecutionInfo().GetExecution().GetRunId(); err == nil && d.GetWorkflowExecutionInfo().GetType().GetName() == "before" {
			err = errors.New("it has not begun")
		}
		return err
	})

	for i := range int64(40) {
		if i == 15 { // whoever goes on has to replay
			s.worker.kill()
			s.startWorker(s.keys...)
			s.awaitWorker()
		}
		var answer refund.CountAnswer
		s.eventually("a refund to be counted", func() (err error) {
			answer, err = records.CountRefund(t.Context(), "demo", contract.ShopTally, order(1_600_000_000+i))
			return err
		})
		require.Equal(t, i < 30, answer.Granted, "the limit holds")
	}
	known, err := records.Count(t.Context(), "demo", contract.ShopTally, refund.CountQuestion{Refund: 1, Since: now.Add(-time.Hour)})
	require.NoError(t, err)
	require.Equal(t, 3601+30, known.Others)
	require.Equal(t, refunds+30, known.Refunds)
	var described contract.Counted
	require.NoError(t, s.describeAs(id, &described), "Temporal's UI asks without a question")
	require.Equal(t, refunds+30, described.Refunds)
	d, err := s.client.DescribeWorkflowExecution(t.Context(), id, "")
	require.NoError(t, err)
	require.NotEqual(t, run, d.WorkflowExecutionInfo.Execution.RunId, "the server suggested continue-as-new after 100 events")
}

// Temporal forgets a refund 30 days after its end: deleting it stands for that. What
// reports it again then mails nobody, asks nobody, and pays nothing.
func TestARefundThatTemporalHasForgottenIsNotBegunAgain(t *testing.T) {
	t.Parallel()
	s := newTill(t, shared.get(t))
	s.openDoors()
	paid, rejected := s.sell("40.00"), s.sell("120.00")
	s.ask(paid)
	s.ask(rejected)
	s.reaches(paid, refund.Paid)
	s.reaches(rejected, refund.AwaitingApproval)
	_, err := orderRefund(s, rejected, "reject", "mia", "why", "Worn.")
	require.NoError(t, err)
	for o, as := range map[*sold]refund.State{&paid: refund.Paid, &rejected: refund.Rejected} {
		s.eventually("the end to be recorded", func() error {
			known, err := s.refund(*o)
			if err == nil && !known.EndRecorded {
				err = errors.New("it is not")
			}
			return err
		})
		told := s.told(*o)
		_, err := s.client.WorkflowService().DeleteWorkflowExecution(t.Context(), &workflowservice.DeleteWorkflowExecutionRequest{
			Namespace: s.namespace, WorkflowExecution: &commonpb.WorkflowExecution{WorkflowId: o.workflowID()},
		})
		require.NoError(t, err)
		s.eventually("Temporal to forget it", func() error {
			if _, err := s.client.DescribeWorkflowExecution(t.Context(), o.workflowID(), ""); err == nil {
				return errors.New("it knows it")
			}
			return nil
		})
		code, said := s.knock(o.back0.Created(time.Now().Add(time.Minute)))
		require.Equal(t, http.StatusOK, code, said)
		known := s.reaches(*o, as)
		require.Len(t, known.Receipt, 2)
		require.Contains(t, known.Receipt[1].Why, "handled on ")
		require.Equal(t, told, s.told(*o), "nobody is mailed again")
	}
	require.Equal(t, []string{"EUR 40.00"}, s.paid(paid))
	require.Empty(t, s.paid(rejected))
}
