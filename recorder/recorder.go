// Package recorder makes facts durable: it signals the workflow that a fact is for, and
// starts it if need be. When a method returns nil, Temporal has the fact. Webhooks and
// reconciliation record in the same way.
package recorder

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"google.golang.org/grpc"

	"waybill/contract"
	"waybill/delivery"
	"waybill/parcel"
	"waybill/sendcloud"
)

// ErrOver says that a workflow has come to its normal end.
var ErrOver = errors.New("it has come to its end")

// ErrPending says that a question has no answer yet: ask again.
var ErrPending = errors.New("there is no answer yet")

// Recorder records facts with Temporal. Dial its client with [NameRequests].
type Recorder struct {
	Temporal client.Client
	// Namespace is that of the client; empty is Temporal's default. What bypasses the client needs it.
	Namespace string
	// Converter is that of the client; nil is Temporal's default. Batches and the memos of lists need it:
	// they bypass the client.
	Converter converter.DataConverter
	// Told has scans carry only what has changed; nil has each carry everything.
	Told *Told
	// Erased keeps erased parcels and refunds from being recorded again; nil checks nothing.
	Erased *Erased
}

func (r Recorder) converter() converter.DataConverter {
	if r.Converter == nil {
		return converter.GetDefaultDataConverter()
	}
	return r.Converter
}

// NamespaceName is the name of the namespace, also of the default one.
func (r Recorder) NamespaceName() string { return cmp.Or(r.Namespace, client.DefaultNamespace) }

// Scan records a scan of a parcel. A parcel whose run came to its normal end stays
// closed ([ErrOver]); one whose run failed, or was cancelled or terminated, is started
// anew. Of a parcel that is erased, the recipient is not recorded.
func (r Recorder) Scan(ctx context.Context, of contract.ParcelRef, scan parcel.Scan) error {
	ctx, cancel := r.Erased.recording(ctx)
	defer cancel()
	if erased, err := r.Erased.has(ctx, of.WorkflowID()); err != nil {
		return err
	} else if erased {
		return r.scanErased(ctx, of, scan)
	}
	scan.FactsName = factsName(scan.Facts)
	// Temporal keeps request ids in clear: a few characters tell copies apart, and nobody's address.
	id := cmp.Or(r.Told.request(of, scan), scan.ID()+"."+scan.FactsName[:3])
	if run, short, ok := r.Told.shorten(of, scan); ok {
		// The id is new: Temporal takes one that the run has seen for a copy, also if the run is over, and
		// no run would be started.
		id := scan.ID() + "." + rand.Text()
		err := r.Temporal.SignalWorkflow(withRequestID(ctx, id), of.WorkflowID(), run, string(contract.StatusChanged), short)
		switch {
		case err == nil:
			r.Told.note(of, run, scan, id)
			return nil
		case !missing(err):
			return err
		}
		r.Told.forget(of)
	}
	run, err := r.signalParcel(withRequestID(ctx, id), of, string(contract.StatusChanged), scan, summary(of, scan.Facts))
	if err == nil {
		r.Told.note(of, run, scan, id)
	}
	return err
}

// scanErased records a scan of a parcel that is erased without its recipient. One that is not followed
// any more is not begun again ([ErrOver]).
func (r Recorder) scanErased(ctx context.Context, of contract.ParcelRef, scan parcel.Scan) error {
	scan.Facts = scan.Facts.Nameless()
	return unlessMissing(r.Temporal.SignalWorkflow(withRequestID(ctx, scan.ID()), of.WorkflowID(), "", string(contract.StatusChanged), scan))
}

// unlessMissing is [ErrOver] if no such workflow runs.
func unlessMissing(err error) error {
	if missing(err) {
		return ErrOver
	}
	return err
}

// AwaitGoods has a return parcel tell a workflow where it is.
func (r Recorder) AwaitGoods(ctx context.Context, of contract.ParcelRef, awaited parcel.Waiter) error {
	ctx, cancel := r.Erased.recording(ctx)
	defer cancel()
	if erased, err := r.Erased.has(ctx, of.WorkflowID()); err != nil {
		return err
	} else if erased {
		return unlessMissing(r.Temporal.SignalWorkflow(ctx, of.WorkflowID(), "", string(contract.AwaitGoods), awaited))
	}
	_, err := r.signalParcel(ctx, of, string(contract.AwaitGoods), awaited, fmt.Sprintf("Return parcel %d of %s", of.ID, of.Integration))
	return err
}

func (r Recorder) signalParcel(ctx context.Context, of contract.ParcelRef, signal string, message any, summary string) (run string, err error) {
	return r.signalRun(ctx, signal, message, client.StartWorkflowOptions{
		ID: of.WorkflowID(), TaskQueue: contract.ParcelsQueue, StaticSummary: summary, WorkflowIDReusePolicy: onlyAfterFailure,
		Priority: inTurn(of.Integration),
	}, string(contract.TrackParcel), contract.ParcelStart{ParcelRef: of})
}

// onlyAfterFailure starts a workflow anew if it failed or was stopped, and not after
// its normal end.
const onlyAfterFailure = enums.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE_FAILED_ONLY

// signalOrStart signals a workflow, and starts it if need be and its reuse policy
// allows that ([ErrOver]).
func (r Recorder) signalOrStart(ctx context.Context, signal string, message any, o client.StartWorkflowOptions, workflow string, start any) error {
	_, err := r.signalRun(ctx, signal, message, o, workflow, start)
	return err
}

// signalRun does so, and says which run has the signal.
func (r Recorder) signalRun(ctx context.Context, signal string, message any, o client.StartWorkflowOptions, workflow string, start any) (run string, err error) {
	signalled, err := r.Temporal.SignalWithStartWorkflow(ctx, o.ID, signal, message, o, workflow, start)
	switch {
	case alreadyStarted(err):
		return "", ErrOver
	case err != nil:
		return "", err
	}
	return signalled.GetRunID(), nil
}

// inTurn has the tasks of an integration's workflows, and of their activities, take turns with those of others: if
// one of them has thousands that wait, the others are not behind all of these. It is ignored by a Temporal that
// is not set up for fairness.
func inTurn(integration string) temporal.Priority { return temporal.Priority{FairnessKey: integration} }

// startOnce starts a workflow unless it was started before.
func (r Recorder) startOnce(ctx context.Context, o client.StartWorkflowOptions, workflow string, start any) error {
	_, err := r.Temporal.ExecuteWorkflow(ctx, o, workflow, start)
	if alreadyStarted(err) {
		return nil
	}
	return err
}

func alreadyStarted(err error) bool {
	_, is := errors.AsType[*serviceerror.WorkflowExecutionAlreadyStarted](err)
	return is
}

// MailReported records what the mail provider reports of a message. If its workflow is
// closed ([ErrOver]), operations are notified of a message that came back.
func (r Recorder) MailReported(ctx context.Context, subject delivery.Subject, report delivery.Report) error {
	if report.ID != "" {
		ctx = withRequestID(ctx, "mail:"+report.ID)
	}
	err := r.Temporal.SignalWorkflow(ctx, string(subject), "", string(contract.MailReported), report)
	if !missing(err) {
		return err
	}
	integration, _, known := strings.Cut(subject.Name(), ":")
	if report.Kind.Bad() && known && (subject.Kind() == delivery.OfParcel || subject.Kind() == delivery.OfRefund) {
		alert := contract.Alert{
			ID: cmp.Or(report.ID, string(subject)+"/"+report.Key), Integration: integration, Attention: contract.MailCameBack, Subject: subject, At: report.At,
		}
		if err := r.AlertOperations(ctx, alert); err != nil {
			return err
		}
	}
	return ErrOver
}

// AlertOperations notifies operations of something that has no running workflow.
func (r Recorder) AlertOperations(ctx context.Context, alert contract.Alert) error {
	return r.signalIntegration(ctx, alert.Integration, "alert:"+alert.ID, string(contract.OperationsAlerted), alert)
}

// Bounce records a bounce that does not say which mail it is about.
func (r Recorder) Bounce(ctx context.Context, bounce contract.Bounce) error {
	return r.startOnce(ctx, client.StartWorkflowOptions{
		ID: contract.BounceWorkflowID(bounce.Report.ID), TaskQueue: contract.ParcelsQueue,
		WorkflowIDReusePolicy: enums.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE,
		StaticSummary:         "A mail bounced, and the report does not say which",
	}, string(contract.TraceBounce), bounce)
}

// IntegrationChange records what Sendcloud reports of an integration.
func (r Recorder) IntegrationChange(ctx context.Context, name string, report sendcloud.Integration, deleted bool) error {
	return r.signalIntegration(ctx, name, report.ID, string(contract.IntegrationChanged), contract.IntegrationChange{
		ID: report.ID, Deleted: deleted, At: report.At, Number: report.Number,
		ShopName: report.ShopName, ShopURL: report.ShopURL, System: report.System,
		WebhookActive: report.WebhookActive, FailingSince: report.FailingSince,
	})
}

// Reconciliation records how a reconciliation went.
func (r Recorder) Reconciliation(ctx context.Context, done contract.Reconciliation) error {
	id := fmt.Sprintf("reconciled@%d", done.At.UnixMilli())
	return r.signalIntegration(ctx, done.Integration, id, string(contract.ParcelsReconciled), done)
}

// CountedParcels records how many parcels of an integration need attention.
func (r Recorder) CountedParcels(ctx context.Context, integration string, count contract.ParcelCount) error {
	id := fmt.Sprintf("counted@%d", count.At.UnixNano())
	return r.signalIntegration(ctx, integration, id, string(contract.ParcelsCounted), count)
}

// MailState records whether an integration's mails can be sent.
func (r Recorder) MailState(ctx context.Context, integration string, state contract.MailState) error {
	return r.signalIntegration(ctx, integration, fmt.Sprintf("mail-state@%d", state.At.UnixNano()), string(contract.MailConfigurationChanged), state)
}

func (r Recorder) signalIntegration(ctx context.Context, name, requestID, signal string, message any) error {
	return r.signalOrStart(withRequestID(ctx, requestID), signal, message, client.StartWorkflowOptions{
		ID: contract.IntegrationWorkflowID(name), TaskQueue: contract.ParcelsQueue, StaticSummary: "Integration " + name,
		Priority: inTurn(name),
	}, string(contract.WatchIntegration), contract.IntegrationStart{Integration: name})
}

// MailReady records a waiting mail of one of several parcels that go together.
func (r Recorder) MailReady(ctx context.Context, c contract.ColloReady) error {
	return r.signalOrStart(ctx, string(contract.MailReady), c.Mail, client.StartWorkflowOptions{
		ID: contract.ColliWorkflowID(c.Integration, c.UUID), TaskQueue: contract.ParcelsQueue,
		StaticSummary: "Parcels of " + c.Integration + " that go together", Priority: inTurn(c.Integration),
	}, string(contract.GatherColli), contract.ColliStart{Integration: c.Integration})
}

// ClaimMail asks whether a mail may leave, or the mail of another parcel says the same. It
// fails with [ErrPending] if ctx ends before it is known what became of that other mail.
func (r Recorder) ClaimMail(ctx context.Context, c contract.ColloReady) (parcel.Claim, error) {
	// Asked again within one try, it is the same question.
	id := fmt.Sprintf("%s#%d", c.Mail.Key, c.Try)
	claim, err := update(ctx, r, contract.ColliWorkflowID(c.Integration, c.UUID), id, contract.ClaimMail, c.Mail)
	// The server may give up a moment before ctx ends.
	_, late := errors.AsType[*client.WorkflowUpdateServiceTimeoutOrCanceledError](err)
	switch {
	case missing(err):
		return parcel.Claim{}, nil
	case late, err != nil && ctx.Err() != nil:
		return parcel.Claim{}, ErrPending
	}
	return claim, err
}

// summary is the line by which an operator knows a parcel in a list.
func summary(of contract.ParcelRef, facts parcel.Facts) string {
	what := "Parcel"
	if facts.IsReturn {
		what = "Return parcel"
	}
	s := fmt.Sprintf("%s %d of %s", what, of.ID, of.Integration)
	if carrier := cmp.Or(facts.CarrierName, facts.CarrierCode); carrier != "" && !facts.Unscanned() {
		s += " with " + carrier
	}
	return s
}

type requestIDKey struct{}

func withRequestID(ctx context.Context, id string) context.Context {
	return context.WithValue(ctx, requestIDKey{}, id)
}

// NameRequests is a dial option for a [Recorder]'s client. It gives a signal the request
// id of its fact, which the SDK has no option for. Temporal drops a signal whose request
// id it has seen in the open run, so that a webhook that comes twice costs no history.
// A signal that may start a run is not dropped when the run is closed: workflows recognise duplicates
// too. A signal to one run is, so its id must be new if it has to reach another run then.
func NameRequests() grpc.DialOption {
	return grpc.WithChainUnaryInterceptor(func(ctx context.Context, method string, req, reply any,
		conn *grpc.ClientConn, invoke grpc.UnaryInvoker, opts ...grpc.CallOption,
	) error {
		id, _ := ctx.Value(requestIDKey{}).(string)
		switch r := req.(type) {
		case *workflowservice.SignalWithStartWorkflowExecutionRequest:
			r.RequestId = cmp.Or(id, r.GetRequestId())
		case *workflowservice.SignalWorkflowExecutionRequest:
			r.RequestId = cmp.Or(id, r.GetRequestId())
		}
		return invoke(ctx, method, req, reply, conn, opts...)
	})
}
