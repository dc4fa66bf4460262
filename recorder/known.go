package recorder

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/converter"

	"waybill/contract"
	"waybill/delivery"
	"waybill/parcel"
	"waybill/refund"
)

// askTimeout is how long a workflow may take to say what it knows.
const askTimeout = 10 * time.Second

// Parcel is everything that is known of a parcel; found is false if nothing
// is. It works for closed parcels too, for as long as Temporal keeps them.
func (r Recorder) Parcel(ctx context.Context, of contract.ParcelRef) (known parcel.Parcel, found bool, err error) {
	found, err = r.ask(ctx, of.WorkflowID(), &known)
	return known, found, err
}

// Integration is everything that is known of an integration.
func (r Recorder) Integration(ctx context.Context, name string) (known contract.IntegrationState, found bool, err error) {
	found, err = r.ask(ctx, contract.IntegrationWorkflowID(name), &known)
	return known, found, err
}

// Matters asks what a subject knows of its messages, and returns a function that
// says of one report after another whether it changes anything. If nothing is known
// of the subject, no report does.
func (r Recorder) Matters(ctx context.Context, subject delivery.Subject) (func(delivery.Report) bool, error) {
	switch subject.Kind() {
	case delivery.OfParcel:
		return judge(ctx, r, subject, func(p *parcel.Parcel, report delivery.Report) bool {
			return matters(p.Mails, report) || matters(p.Notices, report)
		})
	case delivery.OfRefund:
		return judge(ctx, r, subject, func(known *refund.Refund, report delivery.Report) bool { return matters(known.Mails, report) })
	case delivery.OfSignIn:
		return judge(ctx, r, subject, func(s *contract.SignInState, report delivery.Report) bool {
			return matters(s.Mails, report) || matters(s.Notices, report)
		})
	case delivery.OfIntegration:
		return judge(ctx, r, subject, func(s *contract.IntegrationState, report delivery.Report) bool { return matters(s.Notices, report) })
	}
	return func(delivery.Report) bool { return false }, nil
}

// judge asks a workflow for its state, by which reports are judged then.
func judge[S any](ctx context.Context, r Recorder, subject delivery.Subject, matters func(*S, delivery.Report) bool) (func(delivery.Report) bool, error) {
	var state S
	found, err := r.ask(ctx, string(subject), &state)
	return func(report delivery.Report) bool { return found && matters(&state, report) }, err
}

// matters reports whether a report matters, and notes one that does: it decides about
// the next. The others never reach the workflow.
func matters[About any](box delivery.Outbox[About], report delivery.Report) bool {
	if !box.Matters(report) {
		return false
	}
	box.Apply(report, report.At)
	return true
}

// ask asks a workflow for everything: the query has one name in all of them.
func (r Recorder) ask(ctx context.Context, workflowID string, answer any, question ...any) (found bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	value, err := r.Temporal.QueryWorkflow(ctx, workflowID, "", string(contract.Describe), question...)
	var missing *serviceerror.NotFound
	switch {
	case errors.As(err, &missing):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("ask %s what it knows: %w", workflowID, err)
	}
	return true, value.Get(answer)
}

// OpenParcel is a parcel that is being followed, as the list of workflows has
// it: that may be a few seconds behind.
type OpenParcel struct {
	ID    int64
	Phase parcel.Phase
}

// openAtOnce is how many open parcels are listed at a time.
const openAtOnce = 100

// OpenParcels hands over, page by page, the parcels of an integration that
// have been followed since before a moment and still are.
func (r Recorder) OpenParcels(ctx context.Context, integration string, since time.Time, page func([]OpenParcel) error) error {
	request := &workflowservice.ListWorkflowExecutionsRequest{
		PageSize: openAtOnce,
		Query: fmt.Sprintf("WorkflowType = '%s' AND ExecutionStatus = 'Running' AND %s = '%s' AND StartTime < '%s'",
			contract.TrackParcel, contract.Integration.Name, integration, since.UTC().Format(time.RFC3339Nano)),
	}
	for {
		listed, err := r.Temporal.ListWorkflow(ctx, request)
		if err != nil {
			return fmt.Errorf("list the open parcels: %w", err)
		}
		var open []OpenParcel
		for _, execution := range listed.GetExecutions() {
			of, err := contract.ParseParcelRef(execution.GetExecution().GetWorkflowId())
			if err != nil {
				continue
			}
			var phase parcel.Phase
			if payload := execution.GetSearchAttributes().GetIndexedFields()[contract.ParcelPhase.Name]; payload != nil {
				if err := converter.GetDefaultDataConverter().FromPayload(payload, &phase); err != nil {
					return fmt.Errorf("read the phase of %s: %w", execution.GetExecution().GetWorkflowId(), err)
				}
			}
			open = append(open, OpenParcel{ID: of.ID, Phase: phase})
		}
		if err := page(open); err != nil {
			return err
		}
		if request.NextPageToken = listed.GetNextPageToken(); len(request.NextPageToken) == 0 {
			return nil
		}
	}
}
