package recorder

import (
	"context"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/common/v1"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/query/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/timestamppb"

	"waybill/contract"
	"waybill/delivery"
	"waybill/parcel"
	"waybill/refund"
)

var noon = time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC)

// frontend is a Temporal that takes signals, or says that no such workflow runs.
type frontend struct {
	// memos are those of listed workflows, by id.
	memos map[string]map[string]*common.Payload
	workflowservice.UnimplementedWorkflowServiceServer
	// closed says that no workflow runs, and refuses what a signal that starts one
	// comes to.
	closed  bool
	refuses error
	// late says that updates are given up before their callers give them up.
	late bool
	// states are what workflows answer, by id. ended is how they ended; 0 says that they
	// run.
	states map[string]any
	// runs are when runs began, by id of workflow and run, and firsts the first run of each.
	runs   map[string]time.Time
	firsts map[string]string
	ended  enums.WorkflowExecutionStatus
	// mute says that it does not describe workflows.
	mute bool

	mu      sync.Mutex
	signals []*workflowservice.SignalWorkflowExecutionRequest
	starts  []*workflowservice.SignalWithStartWorkflowExecutionRequest
}

func notFound() error {
	return serviceerror.ToStatus(serviceerror.NewNotFound("workflow execution already completed")).Err()
}

func (f *frontend) SignalWorkflowExecution(_ context.Context, r *workflowservice.SignalWorkflowExecutionRequest) (*workflowservice.SignalWorkflowExecutionResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return nil, notFound()
	}
	f.signals = append(f.signals, r)
	return &workflowservice.SignalWorkflowExecutionResponse{}, nil
}

func (f *frontend) SignalWithStartWorkflowExecution(_ context.Context, r *workflowservice.SignalWithStartWorkflowExecutionRequest) (*workflowservice.SignalWithStartWorkflowExecutionResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.refuses != nil {
		return nil, serviceerror.ToStatus(f.refuses).Err()
	}
	f.starts = append(f.starts, r)
	return &workflowservice.SignalWithStartWorkflowExecutionResponse{RunId: "run"}, nil
}

func (f *frontend) DescribeWorkflowExecution(_ context.Context, r *workflowservice.DescribeWorkflowExecutionRequest) (*workflowservice.DescribeWorkflowExecutionResponse, error) {
	id, run := r.GetExecution().GetWorkflowId(), r.GetExecution().GetRunId()
	if f.mute {
		return nil, serviceerror.ToStatus(serviceerror.NewInvalidArgument("not now")).Err()
	}
	if run == "" {
		run = "today"
	}
	began, ok := f.runs[id+" "+run]
	if !ok {
		return nil, notFound()
	}
	return &workflowservice.DescribeWorkflowExecutionResponse{WorkflowExecutionInfo: &workflow.WorkflowExecutionInfo{
		Execution: &common.WorkflowExecution{WorkflowId: id, RunId: run}, FirstRunId: f.firsts[id], StartTime: timestamppb.New(began), Memo: &common.Memo{Fields: f.memos[id]},
	}}, nil
}

func (f *frontend) QueryWorkflow(_ context.Context, r *workflowservice.QueryWorkflowRequest) (*workflowservice.QueryWorkflowResponse, error) {
	state, ok := f.states[r.GetExecution().GetWorkflowId()]
	if !ok || r.GetQuery().GetQueryType() != "Describe" {
		return nil, notFound()
	}
	if f.ended != 0 && r.GetQueryRejectCondition() == enums.QUERY_REJECT_CONDITION_NOT_OPEN {
		return &workflowservice.QueryWorkflowResponse{QueryRejected: &query.QueryRejected{Status: f.ended}}, nil
	}
	payloads, err := converter.GetDefaultDataConverter().ToPayloads(state)
	return &workflowservice.QueryWorkflowResponse{QueryResult: payloads}, err
}

// ListWorkflowExecutions lists all as refunds that run, each with its state.
func (f *frontend) ListWorkflowExecutions(context.Context, *workflowservice.ListWorkflowExecutionsRequest) (*workflowservice.ListWorkflowExecutionsResponse, error) {
	var all []*workflow.WorkflowExecutionInfo
	for id, state := range f.states {
		payload, err := converter.GetDefaultDataConverter().ToPayload(state)
		if err != nil {
			return nil, err
		}
		all = append(all, &workflow.WorkflowExecutionInfo{
			Execution: &common.WorkflowExecution{WorkflowId: id}, Status: enums.WORKFLOW_EXECUTION_STATUS_RUNNING,
			SearchAttributes: &common.SearchAttributes{IndexedFields: map[string]*common.Payload{contract.RefundState.Name: payload}},
			Memo:             &common.Memo{Fields: f.memos[id]},
		})
	}
	return &workflowservice.ListWorkflowExecutionsResponse{Executions: all}, nil
}

// UpdateWorkflowExecution never has an answer, or says that there is nobody to ask.
func (f *frontend) UpdateWorkflowExecution(ctx context.Context, _ *workflowservice.UpdateWorkflowExecutionRequest) (*workflowservice.UpdateWorkflowExecutionResponse, error) {
	switch {
	case f.closed:
		return nil, notFound()
	case f.late:
		return nil, serviceerror.ToStatus(serviceerror.NewDeadlineExceeded("no answer yet")).Err()
	}
	<-ctx.Done()
	return nil, ctx.Err()
}

// before is a recorder with a Temporal behind it.
func before(t *testing.T, f workflowservice.WorkflowServiceServer) Recorder {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	server := grpc.NewServer()
	workflowservice.RegisterWorkflowServiceServer(server, f)
	go func() { _ = server.Serve(listener) }() // it ends with Stop
	t.Cleanup(server.Stop)
	temporal, err := client.NewLazyClient(client.Options{
		HostPort: listener.Addr().String(), ConnectionOptions: client.ConnectionOptions{DialOptions: []grpc.DialOption{NameRequests()}},
	})
	require.NoError(t, err)
	t.Cleanup(temporal.Close)
	return Recorder{Temporal: temporal}
}

func read[T any](t *testing.T, input *common.Payloads) (value T) {
	t.Helper()
	require.NoError(t, converter.GetDefaultDataConverter().FromPayloads(input, &value))
	return value
}

func TestAReportReachesTheWorkflowThatKeepsItsMessage(t *testing.T) {
	for _, subject := range []delivery.Subject{"parcel:demo:7", "refund:demo:42", "sign-in:a-nonce", "integration:demo"} {
		f := &frontend{}
		report := delivery.Report{ID: "event-1", Key: "k", Try: 2, Kind: delivery.Bounced, At: noon}
		require.NoError(t, before(t, f).MailReported(t.Context(), subject, report))
		require.Len(t, f.signals, 1)
		require.Equal(t, string(subject), f.signals[0].GetWorkflowExecution().GetWorkflowId())
		require.Equal(t, "MailReported", f.signals[0].GetSignalName())
		require.Equal(t, "mail:event-1", f.signals[0].GetRequestId(), "Temporal drops a copy")
		require.Equal(t, report, read[delivery.Report](t, f.signals[0].GetInput()))
	}
}

// Temporal drops a signal whose request id it has seen: reports that have no id must
// not share one.
func TestReportsWithoutAnIDAreAllRecorded(t *testing.T) {
	f := &frontend{}
	r := before(t, f)
	for range 3 {
		require.NoError(t, r.MailReported(t.Context(), "parcel:demo:7", delivery.Report{Key: "k", Kind: delivery.Bounced, At: noon}))
	}
	ids := map[string]bool{"": true}
	for _, s := range f.signals {
		require.False(t, ids[s.GetRequestId()], "a request id that is empty, or was used before")
		ids[s.GetRequestId()] = true
	}
	require.Len(t, f.signals, 3)
}

func TestOperationsAreNotifiedOfAMailThatComesBackTooLate(t *testing.T) {
	for name, c := range map[string]struct {
		subject delivery.Subject
		report  delivery.Report
		id      string
	}{
		"of a parcel":                      {"parcel:demo:7", delivery.Report{ID: "event-1", Kind: delivery.Bounced, At: noon}, "event-1"},
		"of a refund":                      {"refund:demo:42", delivery.Report{ID: "event-2", Kind: delivery.Spam, At: noon}, "event-2"},
		"in a report without an id":        {"parcel:demo:7", delivery.Report{Key: "k", Kind: delivery.Bounced, At: noon}, "parcel:demo:7/k"},
		"and it has arrived":               {"parcel:demo:7", delivery.Report{ID: "event-3", Kind: delivery.Delivered, At: noon}, ""},
		"and may come through":             {"refund:demo:42", delivery.Report{ID: "event-4", Kind: delivery.Blocked, At: noon}, ""},
		"of a sign-in, which is no shop's": {"sign-in:a-nonce", delivery.Report{ID: "event-5", Kind: delivery.Bounced, At: noon}, ""},
		"which told operations":            {"integration:demo", delivery.Report{ID: "event-6", Kind: delivery.Bounced, At: noon}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			f := &frontend{closed: true}
			require.ErrorIs(t, before(t, f).MailReported(t.Context(), c.subject, c.report), ErrOver)
			if c.id == "" {
				require.Empty(t, f.starts)
				return
			}
			require.Len(t, f.starts, 1)
			require.Equal(t, "integration:demo", f.starts[0].GetWorkflowId())
			require.Equal(t, "WatchIntegration", f.starts[0].GetWorkflowType().GetName())
			require.Equal(t, "OperationsAlerted", f.starts[0].GetSignalName())
			require.Equal(t, "alert:"+c.id, f.starts[0].GetRequestId())
			require.Equal(t, contract.Alert{ID: c.id, Integration: "demo", Attention: contract.MailCameBack, Subject: c.subject, At: noon},
				read[contract.Alert](t, f.starts[0].GetSignalInput()))
		})
	}
}

func TestAReportFailsIfItsAlertIsNotRecorded(t *testing.T) {
	f := &frontend{closed: true, refuses: serviceerror.NewInvalidArgument("too long")}
	err := before(t, f).MailReported(t.Context(), "parcel:demo:7", delivery.Report{ID: "event-1", Kind: delivery.Bounced, At: noon})
	require.ErrorContains(t, err, "too long")
	require.NotErrorIs(t, err, ErrOver)
}

// sent is a message that was accepted.
func sent[About any](key string) delivery.Outbox[About] {
	return delivery.Outbox[About]{{Key: key, State: delivery.Accepted, Tries: 1, Done: noon, MessageIDs: []string{"id"}}}
}

func TestOnlyReportsThatChangeSomethingMatter(t *testing.T) {
	states := map[string]any{
		"parcel:demo:7":    parcel.Parcel{Mails: sent[parcel.News]("mail")},
		"refund:demo:42":   refund.Refund{Mails: sent[refund.Deed]("mail")},
		"sign-in:a-nonce":  contract.SignInState{Mails: sent[string]("mail"), Notices: sent[contract.Attention]("notice")},
		"integration:demo": contract.IntegrationState{Notices: sent[contract.Alert]("notice")},
		"colli:demo:u":     parcel.Parcel{Mails: sent[parcel.News]("mail")},
	}
	r := before(t, &frontend{states: states})
	for subject, keys := range map[delivery.Subject][]string{
		"parcel:demo:7": {"mail"}, "refund:demo:42": {"mail"}, "sign-in:a-nonce": {"mail", "notice"}, "integration:demo": {"notice"},
		"parcel:demo:8": nil, "colli:demo:u": nil,
	} {
		for _, key := range []string{"mail", "notice", "other"} {
			matters, err := r.Matters(t.Context(), subject)
			require.NoError(t, err)
			report := func(kind delivery.ReportKind) delivery.Report {
				return delivery.Report{Key: key, Try: 1, Kind: kind, MessageID: "id", At: noon}
			}
			known := false
			for _, k := range keys {
				known = known || k == key
			}
			for _, usual := range []delivery.ReportKind{delivery.Processed, delivery.Deferred, delivery.Delivered} {
				require.False(t, matters(report(usual)), "%s %s: it is %s, as it should be", subject, key, usual)
			}
			require.Equal(t, known, matters(report(delivery.Bounced)), "%s %s", subject, key)
			require.False(t, matters(report(delivery.Bounced)), "%s %s: it was said before", subject, key)
		}
	}
}

func TestAClaimWaitsForTheMailThatSpeaksForIt(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	ready := contract.ColloReady{Integration: "demo", UUID: "u", Mail: parcel.ColloMail{ParcelID: 7, Key: "k"}, Try: 1}
	_, err := before(t, &frontend{}).ClaimMail(ctx, ready)
	require.ErrorIs(t, err, ErrPending)
	_, err = before(t, &frontend{late: true}).ClaimMail(t.Context(), ready)
	require.ErrorIs(t, err, ErrPending, "the server gives up first")

	claim, err := before(t, &frontend{closed: true}).ClaimMail(t.Context(), ready)
	require.NoError(t, err, "nobody knows of another mail")
	require.Equal(t, parcel.Claim{}, claim)
}

// A run of an integration's workflow that has grown too long is followed by another.
func TestAnIntegrationBeganWithItsFirstRun(t *testing.T) {
	r := before(t, &frontend{
		runs: map[string]time.Time{
			"integration:new today": noon, "integration:old today": noon, "integration:old one": noon.AddDate(0, 0, -20), "integration:forgotten today": noon,
		},
		firsts: map[string]string{"integration:new": "today", "integration:old": "one", "integration:forgotten": "gone"},
	})
	for name, want := range map[string]struct {
		since time.Time
		found bool
	}{"new": {noon, true}, "old": {noon.AddDate(0, 0, -20), true}, "forgotten": {time.Time{}, true}, "never": {}} {
		since, found, err := r.IntegrationSince(t.Context(), name)
		require.NoError(t, err)
		require.Equal(t, want.found, found, name)
		require.Equal(t, want.since, since, name)
	}
}
