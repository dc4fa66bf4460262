package recorder

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflow/v1"

	"waybill/contract"
	"waybill/parcel"
	"waybill/search"
)

// ListedParcel is a parcel as Temporal lists it, which may be some seconds behind. API and
// command line print it as this JSON.
type ListedParcel struct {
	contract.ParcelRef
	Phase     parcel.Phase     `json:"phase,omitempty"`
	Attention parcel.Attention `json:"attention,omitempty"`
	// Parked is how many of its mails failed for good.
	Parked int `json:"parked,omitempty"`
	// Order and Tracking are its numbers; empty if the policy says search: keyed.
	Order    string `json:"order,omitempty"`
	Tracking string `json:"tracking,omitempty"`
	// Open says that it is still followed.
	Open    bool      `json:"open"`
	Started time.Time `json:"started"`
	// News is what the newest scan said, and NewsAt when. Asked says that the parcel itself
	// answered ([AskParcels]): only then News is known, and its numbers even if they are keyed.
	News   string    `json:"news,omitempty"`
	NewsAt time.Time `json:"newsAt,omitzero"`
	Asked  bool      `json:"asked,omitempty"`
}

// ParcelFilter chooses parcels; what is empty chooses all.
type ParcelFilter struct {
	Integration string `json:"integration,omitempty"`
	// Among are several integrations of which parcels are chosen.
	Among []string     `json:"-"`
	Phase parcel.Phase `json:"phase,omitempty"`
	// Attention chooses those that need it for one reason, NeedsAttention for any.
	Attention      contract.Attention `json:"attention,omitempty"`
	NeedsAttention bool               `json:"needsAttention,omitempty"`
	// Parked chooses those with parked mails, Open those that are still followed.
	Parked bool `json:"parked,omitempty"`
	Open   bool `json:"open,omitempty"`
	// Since chooses those that have been followed since a moment or later.
	Since time.Time `json:"since,omitzero"`
	// Words chooses those that are listed under one of some words.
	Words search.Listed `json:"-"`

	// each chooses those that list this attribute, with a value that is not one of not.
	each contract.SearchAttribute
	not  []string
}

// Integrations are those of which the filter chooses parcels; none is all.
func (f ParcelFilter) Integrations() []string {
	if f.Integration != "" {
		return []string{f.Integration}
	}
	return f.Among
}

// Query is the filter in Temporal's words. Everything in it is checked first.
func (f ParcelFilter) Query() (string, error) {
	q := workflowsOf(contract.TrackParcel)
	if err := q.integrations(f.Integration, f.Among); err != nil {
		return "", err
	}
	if f.Phase != "" && !f.Phase.Places() {
		return "", fmt.Errorf("there is no phase %q: write one such as %s or %s", f.Phase, parcel.InTransit, parcel.AttemptFailed)
	}
	if err := checkAttention(f.Attention); err != nil {
		return "", err
	}
	q.equals(contract.ParcelPhase, string(f.Phase))
	q.equals(contract.AttentionField, string(f.Attention))
	q.add(f.NeedsAttention, contract.AttentionField.Name+" IS NOT NULL")
	q.add(f.Parked, contract.ParkedMails.Name+" > 0")
	q.add(f.Open, running)
	q.add(f.each.Name != "", f.each.Name+" IS NOT NULL")
	q.add(len(f.not) > 0, notAmong(f.each, f.not))
	q.since(f.Since)
	q = append(q, listedAs(f.Words)...)
	return q.String(), nil
}

// Parcels lists a page of parcels, newest first; next is empty after the last page.
func (r Recorder) Parcels(ctx context.Context, f ParcelFilter, page []byte, size int) (all []ListedParcel, next []byte, err error) {
	query, err := f.Query()
	if err != nil {
		return nil, nil, err
	}
	listed, err := r.list(ctx, query, page, size)
	if err != nil {
		return nil, nil, fmt.Errorf("list the parcels: %w", err)
	}
	for _, e := range listed.GetExecutions() {
		if of, err := contract.ParseParcelRef(e.GetExecution().GetWorkflowId()); err == nil {
			one, err := listedParcel(of, e)
			if err != nil {
				return nil, nil, err
			}
			all = append(all, one)
		}
	}
	return all, listed.GetNextPageToken(), nil
}

// pageOfParcels is how many parcels [Recorder.AllParcels] lists at a time.
const pageOfParcels = 500

// AllParcels are all parcels of a filter, newest first, each once. An error ends them.
func (r Recorder) AllParcels(ctx context.Context, f ParcelFilter) iter.Seq2[ListedParcel, error] {
	return eachParcel(ctx, r, f, pageOfParcels)
}

// ParcelLister lists parcels and asks them; a [Recorder] does.
type ParcelLister interface {
	Parcel(ctx context.Context, of contract.ParcelRef) (known parcel.Parcel, found bool, err error)
	Parcels(ctx context.Context, f ParcelFilter, page []byte, size int) (all []ListedParcel, next []byte, err error)
}

// ListParcels lists at most so many parcels, newest first, and reports whether there are others.
func ListParcels(ctx context.Context, from ParcelLister, f ParcelFilter, most int) ([]ListedParcel, bool, error) {
	return first(eachParcel(ctx, from, f, min(listAtOnce, most+1)), most)
}

func eachParcel(ctx context.Context, from ParcelLister, f ParcelFilter, size int) iter.Seq2[ListedParcel, error] {
	return each(func(one ListedParcel) contract.ParcelRef { return one.ParcelRef }, func(page []byte) ([]ListedParcel, []byte, error) {
		return from.Parcels(ctx, f, page, size)
	})
}

// AskParcels asks each parcel of a list. One that does not answer stays as it is listed.
func AskParcels(ctx context.Context, from ParcelLister, rows []ListedParcel) {
	AskEach(ctx, rows, func(ctx context.Context, row *ListedParcel) {
		if known, found, err := from.Parcel(ctx, row.ParcelRef); err == nil && found {
			row.Learn(&known)
		}
	})
}

// Learn takes over how a parcel says that it is.
func (l *ListedParcel) Learn(known *parcel.Parcel) {
	newest, facts := known.NewestScan(), known.MailFacts()
	l.Asked, l.Phase, l.Attention, l.Parked = true, known.Phase, known.Attention, len(known.Mails.Parked())
	l.Order, l.Tracking, l.News, l.NewsAt = facts.OrderNumber, facts.TrackingNumber, newest.Status, newest.ScanAt
	if l.Started.IsZero() && len(known.Policies) > 0 {
		l.Started = known.Policies[0].Since
	}
}

func listedParcel(of contract.ParcelRef, e *workflow.WorkflowExecutionInfo) (ListedParcel, error) {
	one := ListedParcel{ParcelRef: of, Started: e.GetStartTime().AsTime(), Open: e.GetStatus() == enums.WORKFLOW_EXECUTION_STATUS_RUNNING}
	err := errors.Join(
		readAttribute(e, contract.ParcelPhase, &one.Phase), readAttribute(e, contract.AttentionField, &one.Attention),
		readAttribute(e, contract.ParkedMails, &one.Parked), readAttribute(e, contract.OrderNumber, &one.Order),
		readAttribute(e, contract.TrackingNumber, &one.Tracking),
	)
	one.Order, one.Tracking = readable(one.Order), readable(one.Tracking)
	return one, err
}

// readable is a listed number, unless it is a digest.
func readable(number string) string {
	if strings.HasPrefix(number, "=") {
		return ""
	}
	return number
}

// CountParcels counts the parcels of a filter.
func (r Recorder) CountParcels(ctx context.Context, f ParcelFilter) (int64, error) {
	query, err := f.Query()
	if err != nil {
		return 0, err
	}
	return r.count(ctx, query, "parcels")
}

// OrderParcel gives a parcel an order; see [Order]. Its Batch can be a [contract.OnceMark].
func (r Recorder) OrderParcel(ctx context.Context, of contract.ParcelRef, order parcel.Order, in parcel.Input) (parcel.Answer, error) {
	return orderOnce(ctx, r, of.WorkflowID(), contract.OnceID(in.Batch), contract.ParcelOrder(order).Update(), in)
}

// TryOrder says what would come of an order to a parcel, and leaves nothing in history. It fails
// with a [*RefusedError] if the order would be refused; found is false if nothing is known of
// the parcel.
func (r Recorder) TryOrder(ctx context.Context, of contract.ParcelRef, order parcel.Order, in parcel.Input, now time.Time) (answer parcel.Answer, found bool, err error) {
	var tried contract.TrialAnswer
	found, err = r.query(ctx, of.WorkflowID(), string(contract.DryRun), &tried, contract.OrderTrial{Order: order.Name, Input: in, At: now})
	if err == nil && tried.Refused != "" {
		err = &RefusedError{Why: tried.Refused}
	}
	return tried.Answer, found, err
}

// Rehearse says what will happen to a parcel from a moment on if no scan comes, under the policy of
// the worker that answers; found is false if nothing is known of the parcel.
func (r Recorder) Rehearse(ctx context.Context, of contract.ParcelRef, from time.Time) (said contract.Rehearsal, found bool, err error) {
	found, err = r.query(ctx, of.WorkflowID(), string(contract.Rehearse), &said, contract.RehearsalQuestion{At: from})
	return said, found, err
}

// ParcelIntegrations are the integrations that have parcels.
func (r Recorder) ParcelIntegrations(ctx context.Context) (names []string, err error) {
	err = r.eachOf(ctx, contract.Integration, ParcelFilter{}, func(name string) error {
		if contract.ValidIntegration(name) {
			names = append(names, name)
		}
		return nil
	})
	slices.Sort(names)
	return names, err
}
