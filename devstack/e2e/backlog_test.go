package e2e_test

import (
	"flag"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/common/v1"
	sdkworker "go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"waybill/codec"
	"waybill/contract"
	"waybill/devstack/sendcloud"
	"waybill/parcel"
	"waybill/workflows"
)

var backlog = flag.Int("backlog", 1500, "how many scans of one parcel come in TestABacklogOfScansIsDecidedWhole while no worker runs")

// While no worker runs, scans pile up in the parcel's workflow. Temporal takes 10,000 signals
// in a run and no more; what it does not take is answered 503, and comes again. All scans that
// were answered 200 are decided once a worker is back.
func TestABacklogOfScansIsDecidedWhole(t *testing.T) {
	t.Parallel()
	s := prepareStack(t, shared.get(t))
	s.setUp()
	s.startIngress()
	s.awaitReady()
	p := s.parcel()
	// Decisions about long texts fill a worker's answer to Temporal sooner: it takes 4 MB.
	wordy := sendcloud.Status{ID: sendcloud.EnRoute.ID, Message: strings.Repeat("Parcel en route. ", max(1, 4_500_000/17 / *backlog))}
	began := time.Now()
	at := began.Add(-time.Hour)
	bodies := make([][]byte, *backlog)
	for i := range bodies {
		bodies[i] = p.Body(wordy, at.Add(time.Duration(i)*time.Millisecond))
	}
	refused := s.knockAll(bodies)
	t.Logf("%d scans: %d answered 200, %d answered 503, in %v without a worker", len(bodies), len(bodies)-len(refused), len(refused), time.Since(began).Round(time.Second))
	require.GreaterOrEqual(t, len(refused), len(bodies)-10_000, "no run takes more")

	told, err := s.client.DescribeWorkflowExecution(t.Context(), workflowID(p), "")
	require.NoError(t, err)
	run := told.GetWorkflowExecutionInfo().GetExecution()

	began = time.Now()
	s.startWorker()
	again := 0
	for sent := len(bodies) - len(refused); ; sent = len(bodies) {
		s.eventually(fmt.Sprintf("%d scans to be decided", sent), func() error {
			known, err := s.describe(p)
			if n := decided(known); err != nil || n < sent {
				return fmt.Errorf("%d are, %w", n, err)
			}
			return nil
		})
		t.Logf("%d scans decided after %v", sent, time.Since(began).Round(100*time.Millisecond))
		if len(refused) == 0 {
			break
		}
		for len(refused) > 0 { // Sendcloud sends them again
			again += len(refused)
			refused = s.knockAll(refused)
		}
	}
	known, err := s.describe(p)
	require.NoError(t, err)
	s.requireReplay(run)
	require.LessOrEqual(t, decided(known), len(bodies)+again, "a scan whose answer was 503 may have been recorded, and is decided again")
	require.Equal(t, parcel.InTransit, known.Phase)
	s.eventually("the one mail", func() error {
		if kinds := s.mails(p); !slices.Equal(kinds, []string{"shipped"}) {
			return fmt.Errorf("mailed %v", kinds)
		}
		return nil
	})
}

// decided counts the scans that a parcel's workflow has decided.
func decided(known parcel.Parcel) int {
	all := 0
	for _, n := range known.Reasons() {
		all += n
	}
	return all
}

// requireReplay replays the history of a parcel's run, as another worker would.
func (s *stack) requireReplay(run *common.WorkflowExecution) {
	s.Helper()
	replayer, err := sdkworker.NewWorkflowReplayerWithOptions(sdkworker.WorkflowReplayerOptions{
		DataConverter: codec.ForTasks(newCodec(s.T, codecKey, codec.PlainRefused).Data()),
	})
	require.NoError(s, err)
	about := &workflows.Parcels{}
	replayer.RegisterWorkflowWithOptions(about.TrackParcel, workflow.RegisterOptions{Name: string(contract.TrackParcel)})
	require.NoError(s, replayer.ReplayWorkflowExecution(s.Context(), s.client.WorkflowService(), nil, s.namespace,
		workflow.Execution{ID: run.GetWorkflowId(), RunID: run.GetRunId()}))
}

// knockAll sends webhooks, sixteen at a time, and returns those that are to come again.
func (s *stack) knockAll(bodies [][]byte) (again [][]byte) {
	s.Helper()
	var mu sync.Mutex
	var next atomic.Int64
	var all sync.WaitGroup
	for range 16 {
		all.Go(func() {
			for i := next.Add(1) - 1; int(i) < len(bodies); i = next.Add(1) - 1 {
				body := bodies[i]
				code, _ := s.once(http.MethodPost, "/webhooks/sendcloud/demo", body, sendcloud.Sign(signatureKey, body))
				if code != http.StatusOK {
					mu.Lock()
					again = append(again, body)
					mu.Unlock()
				}
			}
		})
	}
	all.Wait()
	return again
}
