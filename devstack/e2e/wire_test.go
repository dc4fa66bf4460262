package e2e_test

import (
	"context"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/proxy"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health"
	"google.golang.org/grpc/health/grpc_health_v1"
)

// wire is what a worker's calls to Temporal go through. It holds one of them back
// for as long as it takes to kill the worker.
type wire struct {
	address string

	mu   sync.Mutex
	hold *held
	// tasks are the activities that are being worked on, by their token.
	tasks map[string]task
	// failed are the tries of activities that failed, in order.
	failed []failed
}

// failed is a try that failed, and when.
type failed struct {
	task
	at time.Time
}

// failures are the tries of an activity that have failed since a moment.
func (w *wire) failures(activity string, since time.Time) (tries []failed) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, f := range w.failed {
		if f.activity == activity && !f.at.Before(since) {
			tries = append(tries, f)
		}
	}
	return tries
}

// task is an activity of a workflow.
type task struct{ activity, workflow string }

// held is a call that is to be held.
type held struct {
	moment   moment
	activity string
	concerns func(workflowID string) bool
	// caught is closed when it is held: until whoever called is dead.
	caught chan struct{}
}

// moment is where in the life of an activity the worker dies.
type moment string

const (
	// beforeIt has been given to the worker, who has not heard of it.
	beforeIt moment = "before"
	// afterIt has been done, and nobody was told.
	afterIt moment = "after"
)

// newWire opens a wire to a Temporal server.
func newWire(t *testing.T, server *temporalServer, options ...grpc.ServerOption) *wire {
	t.Helper()
	upstream, err := grpc.NewClient(server.address(), grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(64<<20)))
	require.NoError(t, err)
	through, err := proxy.NewWorkflowServiceProxyServer(proxy.WorkflowServiceProxyOptions{Client: workflowservice.NewWorkflowServiceClient(upstream)})
	require.NoError(t, err)
	w := &wire{tasks: map[string]task{}}
	s := grpc.NewServer(append(options, grpc.UnaryInterceptor(w.watch), grpc.MaxRecvMsgSize(64<<20))...)
	workflowservice.RegisterWorkflowServiceServer(s, through)
	operatorservice.RegisterOperatorServiceServer(s, operator{client: operatorservice.NewOperatorServiceClient(upstream)})
	healthy := health.NewServer()
	healthy.SetServingStatus(workflowservice.WorkflowService_ServiceDesc.ServiceName, grpc_health_v1.HealthCheckResponse_SERVING)
	grpc_health_v1.RegisterHealthServer(s, healthy)
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	w.address = listener.Addr().String()
	go func() { _ = s.Serve(listener) }()
	t.Cleanup(func() {
		s.Stop()
		_ = upstream.Close()
	})
	return w
}

// operator answers what a worker asks of a namespace.
type operator struct {
	operatorservice.UnimplementedOperatorServiceServer
	client operatorservice.OperatorServiceClient
}

func (o operator) ListSearchAttributes(ctx context.Context, r *operatorservice.ListSearchAttributesRequest) (*operatorservice.ListSearchAttributesResponse, error) {
	return o.client.ListSearchAttributes(ctx, r)
}

// catch holds the next call of that moment, until the worker is dead; it may be
// killed when the channel is closed.
func (w *wire) catch(m moment, activity string, concerns func(workflowID string) bool) <-chan struct{} {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.hold = &held{moment: m, activity: activity, concerns: concerns, caught: make(chan struct{})}
	return w.hold.caught
}

// watch looks at every call of a worker.
func (w *wire) watch(ctx context.Context, req any, _ *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
	if done, ok := req.(*workflowservice.RespondActivityTaskCompletedRequest); ok {
		w.at(ctx, afterIt, w.known(done.GetTaskToken()))
	}
	if lost, ok := req.(*workflowservice.RespondActivityTaskFailedRequest); ok {
		what := w.known(lost.GetTaskToken())
		w.mu.Lock()
		w.failed = append(w.failed, failed{what, time.Now()})
		w.mu.Unlock()
	}
	if ctx.Err() != nil {
		return nil, ctx.Err() // the worker is dead: it has told nobody
	}
	answer, err := handler(ctx, req)
	if err != nil {
		return answer, err
	}
	switch a := answer.(type) {
	case *workflowservice.PollActivityTaskQueueResponse:
		w.give(ctx, a)
	case *workflowservice.RespondWorkflowTaskCompletedResponse:
		for _, eager := range a.GetActivityTasks() {
			w.give(ctx, eager)
		}
	}
	return answer, nil
}

// give hands an activity to the worker.
func (w *wire) give(ctx context.Context, a *workflowservice.PollActivityTaskQueueResponse) {
	if len(a.GetTaskToken()) == 0 {
		return
	}
	what := task{a.GetActivityType().GetName(), a.GetWorkflowExecution().GetWorkflowId()}
	w.mu.Lock()
	w.tasks[string(a.GetTaskToken())] = what
	w.mu.Unlock()
	w.at(ctx, beforeIt, what)
}

func (w *wire) known(token []byte) task {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.tasks[string(token)]
}

// at is a moment in the life of an activity: it goes on unless it is to be held.
func (w *wire) at(ctx context.Context, m moment, what task) {
	w.mu.Lock()
	h := w.hold
	if h == nil || h.moment != m || h.activity != what.activity || !h.concerns(what.workflow) {
		w.mu.Unlock()
		return
	}
	w.hold = nil
	close(h.caught)
	w.mu.Unlock()
	<-ctx.Done()
}
