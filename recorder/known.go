package recorder

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/converter"

	"waybill/contract"
	"waybill/delivery"
	"waybill/parcel"
)

// askTimeout is how long a workflow may take to say what it knows.
const askTimeout = 10 * time.Second

// Parcel is everything that is known of a parcel; found is false if nothing is. It works for closed parcels too, for as long as Temporal keeps them.
func (r Recorder) Parcel(ctx context.Context, of contract.ParcelRef) (known parcel.Parcel, found bool, err error) {
	found, err = r.ask(ctx, of.WorkflowID(), &known)
	return known, found, err
}

// Integration is everything that is known of an integration.
func (r Recorder) Integration(ctx context.Context, name string) (known contract.IntegrationState, found bool, err error) {
	found, err = r.ask(ctx, contract.IntegrationWorkflowID(name), &known)
	return known, found, err
}

// Integrations are the names of the integrations that have a workflow.
func (r Recorder) Integrations(ctx context.Context) (names []string, err error) {
	var page []byte
	for {
		listed, err := r.list(ctx, fmt.Sprintf("WorkflowType = '%s' AND %s", contract.WatchIntegration, running), page, openAtOnce)
		if err != nil {
			return nil, fmt.Errorf("list the integrations: %w", err)
		}
		for _, e := range listed.GetExecutions() {
			if name, found := strings.CutPrefix(e.GetExecution().GetWorkflowId(), contract.IntegrationWorkflowID("")); found {
				names = append(names, name)
			}
		}
		if page = listed.GetNextPageToken(); len(page) == 0 {
			return names, nil
		}
	}
}

// IntegrationSince is when the first run of an integration's workflow began; found is false if
// there is none. It is the zero time if Temporal has forgotten that run.
func (r Recorder) IntegrationSince(ctx context.Context, name string) (since time.Time, found bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	id, run := contract.IntegrationWorkflowID(name), ""
	for { // the current run, then the first one
		described, err := r.Temporal.DescribeWorkflowExecution(ctx, id, run)
		switch info := described.GetWorkflowExecutionInfo(); {
		case missing(err):
			return time.Time{}, run != "", nil
		case err != nil:
			return time.Time{}, false, fmt.Errorf("ask since when there is %s: %w", id, err)
		case run != "" || info.GetFirstRunId() == info.GetExecution().GetRunId():
			return info.GetStartTime().AsTime(), true, nil
		default:
			run = info.GetFirstRunId()
		}
	}
}

// Matters asks what a subject knows of its messages, and returns a function that
// says of one report after another whether it changes anything. If nothing is known
// of the subject, no report does.
func (r Recorder) Matters(ctx context.Context, subject delivery.Subject) (func(delivery.Report) bool, error) {
	// Where messages stand is the same in every state; what they are about is not.
	var state struct {
		Mails   delivery.Outbox[any] `json:"mails"`
		Notices delivery.Outbox[any] `json:"notices"`
	}
	var err error
	switch subject.Kind() {
	case delivery.OfParcel, delivery.OfRefund, delivery.OfSignIn, delivery.OfDigest, delivery.OfIntegration:
		_, err = r.ask(ctx, string(subject), &state)
	}
	return func(report delivery.Report) bool {
		return matters(state.Mails, report) || matters(state.Notices, report)
	}, err
}

// matters reports whether a report changes anything, and notes one that does: it
// decides about the next.
func matters(box delivery.Outbox[any], report delivery.Report) bool {
	if !box.Matters(report) {
		return false
	}
	box.Apply(report, report.At)
	return true
}

// missing reports whether Temporal has no such workflow or batch, or none that runs.
func missing(err error) bool {
	_, is := errors.AsType[*serviceerror.NotFound](err)
	return is
}

// ask asks a workflow for everything that it knows. The query has the same name in all workflows.
func (r Recorder) ask(ctx context.Context, workflowID string, answer any, question ...any) (found bool, err error) {
	return r.query(ctx, workflowID, string(contract.Describe), answer, question...)
}

func (r Recorder) query(ctx context.Context, workflowID, name string, answer any, question ...any) (found bool, err error) {
	return r.queryRun(ctx, workflowID, "", name, answer, question...)
}

func (r Recorder) queryRun(ctx context.Context, workflowID, run, name string, answer any, question ...any) (found bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	value, err := r.Temporal.QueryWorkflow(ctx, workflowID, run, name, question...)
	switch {
	case missing(err):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("ask %s what it knows: %w", workflowID, err)
	}
	return true, value.Get(answer)
}

// OpenParcel is a parcel that is being followed. The list may be some seconds behind.
type OpenParcel struct {
	ID    int64
	Phase parcel.Phase
}

// openAtOnce is how many open parcels are listed at a time.
const openAtOnce = 100

// OpenParcels pages through the parcels of an integration that have been followed since
// before a moment and still are.
func (r Recorder) OpenParcels(ctx context.Context, integration string, since time.Time, page func([]OpenParcel) error) error {
	request := &workflowservice.ListWorkflowExecutionsRequest{
		PageSize: openAtOnce,
		Query: fmt.Sprintf("WorkflowType = '%s' AND %s AND %s = '%s' AND StartTime < '%s'",
			contract.TrackParcel, running, contract.Integration.Name, integration, since.UTC().Format(time.RFC3339Nano)),
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
			one := OpenParcel{ID: of.ID}
			if err := readAttribute(execution, contract.ParcelPhase, &one.Phase); err != nil {
				return err
			}
			open = append(open, one)
		}
		if err := page(open); err != nil {
			return err
		}
		if request.NextPageToken = listed.GetNextPageToken(); len(request.NextPageToken) == 0 {
			return nil
		}
	}
}

// readAttribute reads a search attribute of a listed workflow, if it has it.
func readAttribute(of *workflow.WorkflowExecutionInfo, a contract.SearchAttribute, into any) error {
	payload := of.GetSearchAttributes().GetIndexedFields()[a.Name]
	if payload == nil {
		return nil
	}
	if err := converter.GetDefaultDataConverter().FromPayload(payload, into); err != nil {
		return fmt.Errorf("read %s of %s: %w", a.Name, of.GetExecution().GetWorkflowId(), err)
	}
	return nil
}
