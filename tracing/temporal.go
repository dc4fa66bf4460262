package tracing

import (
	"context"

	commonpb "go.temporal.io/api/common/v1"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
	"go.temporal.io/sdk/contrib/opentelemetry"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/workflow"

	"waybill/contract"
)

// headerKey is where Temporal's SDKs keep a trace in the headers of signals and activities.
const headerKey = "_tracer-data"

// Interceptor makes spans of calls to Temporal and of activities. A workflow passes on the trace of
// the newest signal or update: a mail belongs to the trace of the webhook that caused it, even
// weeks after the first webhook about the parcel.
//
// A workflow makes no span of its own: the span would last for weeks, and begin anew with each
// replay. A replay passes the same headers on, because they are in the history, and Temporal does
// not compare them.
//
// The contrib module opentelemetry-v2 has replay-safe spans of workflows. They are not needed
// here, and would put all mails about a parcel into the trace of its first webhook.
func Interceptor() (interceptor.Interceptor, error) {
	spans, err := opentelemetry.NewTracingInterceptor(opentelemetry.TracerOptions{
		Tracer: otel.Tracer("waybill"), HeaderKey: headerKey,
		DisableBaggage: true, DisableQueryTracing: true, AllowInvalidParentSpans: true,
		SpanStarter: func(ctx context.Context, t trace.Tracer, name string, options ...trace.SpanStartOption) trace.Span {
			_, span := t.Start(ctx, name, options...)
			return wordless{span}
		},
	})
	return carrying{spans}, err
}

// wordless is a span that says that something failed, but not why: the text of an error may quote a
// person.
type wordless struct{ trace.Span }

func (wordless) RecordError(error, ...trace.EventOption) {}

func (s wordless) SetStatus(code codes.Code, _ string) { s.Span.SetStatus(code, "") }

// carrying replaces what the SDK's interceptor does in workflows.
type carrying struct{ interceptor.Interceptor }

// InterceptWorkflow is part of interceptor.WorkerInterceptor.
func (carrying) InterceptWorkflow(_ workflow.Context, next interceptor.WorkflowInboundInterceptor) interceptor.WorkflowInboundInterceptor {
	c := &carrier{}
	c.Next = next
	return c
}

// carrier keeps the trace of what one run of a workflow received last.
type carrier struct {
	interceptor.WorkflowInboundInterceptorBase
	// cause is the trace of what may cause the next mail or payment; nil if that is not traced.
	cause *commonpb.Payload
}

// Init is part of interceptor.WorkflowInboundInterceptor.
func (c *carrier) Init(out interceptor.WorkflowOutboundInterceptor) error {
	p := &passing{carrier: c}
	p.Next = out
	return c.Next.Init(p)
}

// ExecuteWorkflow is part of interceptor.WorkflowInboundInterceptor.
func (c *carrier) ExecuteWorkflow(ctx workflow.Context, in *interceptor.ExecuteWorkflowInput) (any, error) {
	if c.cause == nil { // a signal may have come first
		c.cause = interceptor.WorkflowHeader(ctx)[headerKey]
	}
	return c.Next.ExecuteWorkflow(ctx, in)
}

// HandleSignal is part of interceptor.WorkflowInboundInterceptor.
func (c *carrier) HandleSignal(ctx workflow.Context, in *interceptor.HandleSignalInput) error {
	if in.SignalName != string(contract.MailReported) { // it is about a mail that has left
		c.cause = interceptor.WorkflowHeader(ctx)[headerKey]
	}
	return c.Next.HandleSignal(ctx, in)
}

// ExecuteUpdate is part of interceptor.WorkflowInboundInterceptor.
func (c *carrier) ExecuteUpdate(ctx workflow.Context, in *interceptor.UpdateInput) (any, error) {
	c.cause = interceptor.WorkflowHeader(ctx)[headerKey]
	return c.Next.ExecuteUpdate(ctx, in)
}

// passing writes the trace into the headers of what the workflow causes.
type passing struct {
	interceptor.WorkflowOutboundInterceptorBase
	carrier *carrier
}

func (p *passing) pass(ctx workflow.Context) {
	if header := interceptor.WorkflowHeader(ctx); header != nil && p.carrier.cause != nil {
		header[headerKey] = p.carrier.cause
	}
}

// ExecuteActivity is part of interceptor.WorkflowOutboundInterceptor.
func (p *passing) ExecuteActivity(ctx workflow.Context, activity string, args ...any) workflow.Future {
	p.pass(ctx)
	return p.Next.ExecuteActivity(ctx, activity, args...)
}

// SignalExternalWorkflow is part of interceptor.WorkflowOutboundInterceptor.
func (p *passing) SignalExternalWorkflow(ctx workflow.Context, workflowID, runID, signal string, arg any) workflow.Future {
	p.pass(ctx)
	return p.Next.SignalExternalWorkflow(ctx, workflowID, runID, signal, arg)
}

// NewContinueAsNewError is part of interceptor.WorkflowOutboundInterceptor.
func (p *passing) NewContinueAsNewError(ctx workflow.Context, next any, args ...any) error {
	p.pass(ctx)
	return p.Next.NewContinueAsNewError(ctx, next, args...)
}
