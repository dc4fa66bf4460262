package recorder

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"

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
	// News is what the newest scan said, and NewsAt when. Only a parcel that was Asked itself
	// says so ([AskParcels]), and its numbers even if they are not listed.
	News   string    `json:"news,omitempty"`
	NewsAt time.Time `json:"newsAt,omitzero"`
	Asked  bool      `json:"asked,omitempty"`
}

// AskParcels asks each parcel of a list. One that does not answer stays as it is listed.
func AskParcels(ctx context.Context, from interface {
	Parcel(ctx context.Context, of contract.ParcelRef) (parcel.Parcel, bool, error)
}, rows []ListedParcel,
) {
	askEach(ctx, rows, func(ctx context.Context, row *ListedParcel) {
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

	// not leaves out some values of notOf.
	not   []string
	notOf contract.SearchAttribute
}

// newestRun leaves out runs that another one continues: they would be the same thing twice.
const newestRun = "ExecutionStatus != 'ContinuedAsNew'"

// Query is the filter in Temporal's words. Everything in it is checked first.
func (f ParcelFilter) Query() (string, error) {
	terms := []string{fmt.Sprintf("WorkflowType = '%s'", contract.TrackParcel), newestRun}
	for _, name := range append(slices.Clone(f.Among), f.Integration) {
		if err := contract.CheckIntegration(name); name != "" && err != nil {
			return "", err
		}
	}
	if f.Phase != "" && !f.Phase.Places() {
		return "", fmt.Errorf("there is no phase %q: write one such as %s or %s", f.Phase, parcel.InTransit, parcel.AttemptFailed)
	}
	if err := checkAttention(f.Attention); err != nil {
		return "", err
	}
	equals := func(a contract.SearchAttribute, value string) {
		if value != "" {
			terms = append(terms, fmt.Sprintf("%s = '%s'", a.Name, value))
		}
	}
	equals(contract.Integration, f.Integration)
	equals(contract.ParcelPhase, string(f.Phase))
	equals(contract.AttentionField, string(f.Attention))
	for _, term := range []struct {
		wanted bool
		text   string
	}{
		{len(f.Among) > 0, among(contract.Integration, f.Among)},
		{f.NeedsAttention, contract.AttentionField.Name + " IS NOT NULL"},
		{f.Parked, contract.ParkedMails.Name + " > 0"},
		{f.Open, "ExecutionStatus = 'Running'"},
		{len(f.not) > 0, strings.Replace(among(f.notOf, f.not), " IN ", " NOT IN ", 1)},
	} {
		if term.wanted {
			terms = append(terms, term.text)
		}
	}
	terms = append(terms, since(f.Since)...)
	terms = append(terms, listedAs(f.Words)...)
	return strings.Join(terms, " AND "), nil
}

// checkAttention keeps out what would end the text that it stands in.
func checkAttention(why contract.Attention) error {
	if strings.ContainsAny(string(why), `'"\`) {
		return errors.New("there is no such reason for attention")
	}
	return nil
}

// since chooses what began at a moment or later; the zero time chooses all.
func since(moment time.Time) []string {
	if moment.IsZero() {
		return nil
	}
	return []string{fmt.Sprintf("StartTime >= '%s'", moment.UTC().Format(time.RFC3339))}
}

// listedAs chooses what is listed under one of the words of each field that has some.
func listedAs(words search.Listed) (terms []string) {
	for _, of := range []struct {
		attribute contract.SearchAttribute
		words     []string
	}{{contract.OrderNumber, words.Order}, {contract.TrackingNumber, words.Tracking}, {contract.Recipient, words.Recipient}} {
		if len(of.words) > 0 {
			terms = append(terms, among(of.attribute, of.words))
		}
	}
	return terms
}

// among chooses one of several words, of which none has a quotation mark.
func among(a contract.SearchAttribute, words []string) string {
	return fmt.Sprintf("%s IN ('%s')", a.Name, strings.Join(words, "', '"))
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

// pageOfParcels is how many parcels are listed at a time.
const pageOfParcels = 500

// AllParcels are all parcels of a filter, newest first, each once. After an error there are none.
func (r Recorder) AllParcels(ctx context.Context, f ParcelFilter) iter.Seq2[ListedParcel, error] {
	return func(yield func(ListedParcel, error) bool) {
		// A run that failed and was started anew is the same parcel.
		seen := map[contract.ParcelRef]bool{}
		var page []byte
		for {
			listed, next, err := r.Parcels(ctx, f, page, pageOfParcels)
			if err != nil {
				yield(ListedParcel{}, err)
				return
			}
			for _, one := range listed {
				if !seen[one.ParcelRef] && !yield(one, nil) {
					return
				}
				seen[one.ParcelRef] = true
			}
			if page = next; len(page) == 0 {
				return
			}
		}
	}
}

func (r Recorder) list(ctx context.Context, query string, page []byte, size int) (*workflowservice.ListWorkflowExecutionsResponse, error) {
	return r.Temporal.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{
		PageSize: int32(size), NextPageToken: page, Query: query, //nolint:gosec // callers ask for a page of some hundreds
	})
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

// CountParcels says how many there are.
func (r Recorder) CountParcels(ctx context.Context, f ParcelFilter) (int64, error) {
	query, err := f.Query()
	if err != nil {
		return 0, err
	}
	return r.count(ctx, query, "parcels")
}

func (r Recorder) count(ctx context.Context, query, what string) (int64, error) {
	counted, err := r.Temporal.CountWorkflow(ctx, &workflowservice.CountWorkflowExecutionsRequest{Query: query})
	if err != nil {
		return 0, fmt.Errorf("count the %s: %w", what, err)
	}
	return counted.GetCount(), nil
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

// Rehearse says what will happen to a parcel from a moment on if no scan comes, under the policy
// that the worker follows which answers; found is false if nothing is known of the parcel.
func (r Recorder) Rehearse(ctx context.Context, of contract.ParcelRef, from time.Time) (said contract.Rehearsal, found bool, err error) {
	found, err = r.query(ctx, of.WorkflowID(), string(contract.Rehearse), &said, contract.RehearsalQuestion{At: from})
	return said, found, err
}

// ParcelIntegrations are the integrations of which there are parcels.
func (r Recorder) ParcelIntegrations(ctx context.Context) (names []string, err error) {
	err = r.eachOf(ctx, contract.Integration, ParcelFilter{}, func(one ListedParcel) (string, error) {
		names = append(names, one.Integration)
		return one.Integration, nil
	})
	slices.Sort(names)
	return names, err
}

// CountedParcels has operations told how many parcels of an integration need attention.
func (r Recorder) CountedParcels(ctx context.Context, integration string, count contract.ParcelCount) error {
	id := fmt.Sprintf("counted@%d", count.At.UnixNano())
	return r.tellIntegration(ctx, integration, id, string(contract.ParcelsCounted), count)
}

// namespace is that of the client.
func (r Recorder) namespace() string { return cmp.Or(r.Namespace, "default") }
