package recorder

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflow/v1"
	"go.temporal.io/sdk/client"

	"waybill/contract"
	"waybill/refund"
	"waybill/search"
	"waybill/words"
)

// RefundRequested records what a source knows of a refund. A refund that has
// come to its end stays so ([ErrOver]). Of a refund that is erased, the customer is not recorded.
func (r Recorder) RefundRequested(ctx context.Context, of contract.RefundRef, report contract.RefundReport) error {
	ctx, cancel := r.Erased.recording(ctx)
	defer cancel()
	if erased, err := r.Erased.has(ctx, of.WorkflowID()); err != nil {
		return err
	} else if erased {
		report.Facts = report.Facts.Nameless()
		return r.signalRefund(withRequestID(ctx, report.ID), of, string(contract.RefundRequested), report)
	}
	return r.signalOrStart(withRequestID(ctx, report.ID), string(contract.RefundRequested), report, client.StartWorkflowOptions{
		ID: of.WorkflowID(), TaskQueue: contract.RefundsQueue, WorkflowIDReusePolicy: onlyAfterFailure,
		StaticSummary: fmt.Sprintf("Refund of return %d of %s", of.ReturnID, of.Integration), Priority: inTurn(of.Integration),
	}, string(contract.ApproveRefund), contract.RefundStart{RefundRef: of})
}

// FindReturn records a report about a return that does not say which one. It fails with [ErrOver] if the
// refund of the return is erased; of a parcel that is erased, the customer is not recorded.
func (r Recorder) FindReturn(ctx context.Context, report contract.ReturnReport) error {
	ctx, cancel := r.Erased.recording(ctx)
	defer cancel()
	if erased, err := r.Erased.has(ctx, contract.RefundRef{Integration: report.Integration, ReturnID: report.ReturnID}.WorkflowID()); err != nil {
		return err
	} else if erased {
		return ErrOver
	}
	for _, id := range []int64{report.Facts.OutgoingParcel, report.Facts.IncomingParcel} {
		erased, err := r.Erased.has(ctx, contract.ParcelRef{Integration: report.Integration, ID: id}.WorkflowID())
		if err != nil {
			return err
		}
		if erased {
			report.Facts = report.Facts.Nameless()
		}
	}
	return r.startOnce(ctx, client.StartWorkflowOptions{
		ID: contract.ReturnReportWorkflowID(report), TaskQueue: contract.RefundsQueue, WorkflowIDReusePolicy: onlyAfterFailure,
		StaticSummary: "A refund was requested at " + report.Integration + ", and the report does not say of which return",
		Priority:      inTurn(report.Integration),
	}, string(contract.FindReturn), report)
}

// RefundedInPanel tells a refund that its return was marked as refunded in Sendcloud's panel. It
// fails with [ErrOver] if the refund has come to its end.
func (r Recorder) RefundedInPanel(ctx context.Context, of contract.RefundRef, at time.Time) error {
	return r.signalRefund(ctx, of, string(contract.RefundedInPanel), contract.PanelRefund{At: at})
}

// GoodsBack tells a refund that its goods are back. It fails with [ErrOver] likewise.
func (r Recorder) GoodsBack(ctx context.Context, of contract.RefundRef, at time.Time) error {
	return r.signalRefund(ctx, of, string(contract.GoodsBack), contract.GoodsReturned{At: at})
}

func (r Recorder) signalRefund(ctx context.Context, of contract.RefundRef, signal string, message any) error {
	return unlessMissing(r.Temporal.SignalWorkflow(ctx, of.WorkflowID(), "", signal, message))
}

// Refund is everything that is known of a refund; found is false if nothing is.
func (r Recorder) Refund(ctx context.Context, of contract.RefundRef) (known refund.Refund, found bool, err error) {
	found, err = r.ask(ctx, of.WorkflowID(), &known)
	return known, found, err
}

// OrderRefund gives a refund an order; see [Order]. Its Link can be a [contract.OnceMark].
func (r Recorder) OrderRefund(ctx context.Context, of contract.RefundRef, order refund.Order, in refund.Input) (contract.RefundAnswer, error) {
	return orderOnce(ctx, r, of.WorkflowID(), contract.OnceID(in.Link), contract.RefundOrder(order).Update(), in)
}

// ListedRefund is a refund as Temporal lists it, which may be some seconds behind, or as
// it says itself after [AskRefunds]. API and command line print it as this JSON.
type ListedRefund struct {
	contract.RefundRef
	State refund.State `json:"state"`
	Role  refund.Role  `json:"role,omitempty"`
	// Holder is the one person who is asked to decide, if one is.
	Holder string `json:"holder,omitempty"`
	// Attention is why it needs attention; empty if it does not.
	Attention contract.Attention `json:"attention,omitempty"`
	// Order is the number of the order; empty if the policy says search: keyed, and the refund
	// did not answer.
	Order string `json:"order,omitempty"`
	// Open says that it has not come to its end.
	Open    bool      `json:"open"`
	Started time.Time `json:"started"`
	// Since is when the decision was asked for that is waited for; zero if none is.
	Since    time.Time    `json:"waitsSince,omitzero"`
	Deadline time.Time    `json:"legalDeadline,omitzero"`
	Amount   refund.Money `json:"amount,omitzero"`
	// Customer is the customer's name, Reason why the goods come back. Only pages show them.
	Customer string      `json:"-"`
	Reason   *words.Text `json:"-"`
	// Known is the refund itself if it was asked, and else as lists have it; nil if Temporal lists
	// nothing of it yet.
	Known *refund.Refund `json:"-"`
	// Asked says that the refund itself answered. Silent is why it did not; nil if nothing is known of
	// it any more.
	Asked  bool  `json:"asked"`
	Silent error `json:"-"`
}

// RefundFilter chooses refunds; what is empty chooses all.
type RefundFilter struct {
	Integration string
	// Among are several integrations of which refunds are chosen.
	Among []string
	State refund.State
	Role  refund.Role
	// DueBefore chooses those whose legal deadline is before a moment.
	DueBefore time.Time
	// Attention chooses those that need it for one reason, NeedsAttention for any.
	Attention      contract.Attention
	NeedsAttention bool
	// Open chooses those that have not come to their end.
	Open bool
	// Since chooses those that have been known since a moment or later.
	Since time.Time
	// EndedSince and EndedBefore choose those whose workflows ended within a time.
	EndedSince, EndedBefore time.Time
	// Words chooses those that are listed under one of some words.
	Words search.Listed
}

// query is the filter in Temporal's words. Everything in it is checked first.
func (f RefundFilter) query() (string, error) {
	q := workflowsOf(contract.ApproveRefund)
	if err := q.integrations(f.Integration, f.Among); err != nil {
		return "", err
	}
	roles := []refund.Role{"", refund.Approver, refund.Manager}
	if !slices.Contains(append(refund.States(), ""), f.State) || !slices.Contains(roles, f.Role) {
		return "", errors.New("there is no such state or role of a refund")
	}
	if err := checkAttention(f.Attention); err != nil {
		return "", err
	}
	q.equals(contract.RefundState, string(f.State))
	q.equals(contract.ApproverRole, string(f.Role))
	q.moment(contract.LegalDeadline.Name+" <", f.DueBefore)
	q.equals(contract.AttentionField, string(f.Attention))
	q.add(f.NeedsAttention, contract.AttentionField.Name+" IS NOT NULL")
	q.since(f.Since)
	q.moment("CloseTime >=", f.EndedSince)
	q.moment("CloseTime <", f.EndedBefore)
	q = append(q, listedAs(f.Words)...)
	if f.Open {
		// The workflow of a refund that is over runs on for a while, in case a mail comes back.
		// Such a refund is listed only if it needs attention.
		var over []string
		for _, state := range refund.States() {
			if state.Terminal() {
				over = append(over, string(state))
			}
		}
		q.add(true, running)
		q.add(true, fmt.Sprintf("(%s OR %s IS NOT NULL)", notAmong(contract.RefundState, over), contract.AttentionField.Name))
	}
	return q.String(), nil
}

// Refunds lists a page of refunds, newest first; next is empty after the last page.
func (r Recorder) Refunds(ctx context.Context, f RefundFilter, page []byte, size int) (all []ListedRefund, next []byte, err error) {
	query, err := f.query()
	if err != nil {
		return nil, nil, err
	}
	listed, err := r.list(ctx, query, page, size)
	if err != nil {
		return nil, nil, fmt.Errorf("list the refunds: %w", err)
	}
	for _, e := range listed.GetExecutions() {
		of, err := contract.ParseRefundRef(e.GetExecution().GetWorkflowId())
		if err != nil {
			continue
		}
		one, err := r.listedRefund(of, e)
		if err != nil {
			return nil, nil, err
		}
		if one.Started.Before(f.Since) {
			continue // Temporal tells when the last run began, and that may continue others
		}
		all = append(all, one)
	}
	return all, listed.GetNextPageToken(), nil
}

// CountRefunds says how many there are. One that failed and was begun anew counts twice.
func (r Recorder) CountRefunds(ctx context.Context, f RefundFilter) (int64, error) {
	query, err := f.query()
	if err != nil {
		return 0, err
	}
	return r.count(ctx, query, "refunds")
}

func (r Recorder) listedRefund(of contract.RefundRef, e *workflow.WorkflowExecutionInfo) (ListedRefund, error) {
	one := ListedRefund{RefundRef: of, Started: e.GetStartTime().AsTime(), Open: e.GetStatus() == enums.WORKFLOW_EXECUTION_STATUS_RUNNING}
	err := errors.Join(
		readAttribute(e, contract.RefundState, &one.State), readAttribute(e, contract.ApproverRole, &one.Role),
		readAttribute(e, contract.LegalDeadline, &one.Deadline), readAttribute(e, contract.AttentionField, &one.Attention),
		readAttribute(e, contract.OrderNumber, &one.Order),
	)
	one.Order = readable(one.Order)
	// Everyone who reaches Temporal can start a workflow with any memo, also with one that was copied:
	// such a row is as the search attributes have it, and hides no other.
	if memo := e.GetMemo().GetFields()[contract.ListedRefund]; memo != nil {
		var listed refund.Listed
		if r.converter().FromPayload(memo, &listed) == nil && of == (contract.RefundRef{Integration: listed.Integration, ReturnID: listed.ReturnID}) {
			known := listed.Refund()
			known.State, known.Role, known.DueBy, known.Attention = one.State, one.Role, one.Deadline, refund.Attention(one.Attention)
			one.Learn(&known)
			one.Asked = false
		}
	}
	one.Open = one.Open && (!one.State.Terminal() || one.Attention != "")
	return one, err
}

// RefundLister lists refunds and asks them; a [Recorder] does.
type RefundLister interface {
	Refund(ctx context.Context, of contract.RefundRef) (known refund.Refund, found bool, err error)
	Refunds(ctx context.Context, f RefundFilter, page []byte, size int) (all []ListedRefund, next []byte, err error)
}

// ListRefunds lists at most so many refunds, newest first, and reports whether there
// are others.
func ListRefunds(ctx context.Context, from RefundLister, f RefundFilter, most int) ([]ListedRefund, bool, error) {
	return ListRefundsIf(ctx, from, f, most, func(ListedRefund) bool { return true })
}

// ListRefundsIf lists likewise those that fit, if Temporal cannot be asked for just those.
func ListRefundsIf(ctx context.Context, from RefundLister, f RefundFilter, most int, fits func(ListedRefund) bool) ([]ListedRefund, bool, error) {
	return first(only(fits, eachRefund(ctx, from, f, min(listAtOnce, most+1))), most)
}

// AllRefunds are all refunds of a filter, newest first, each once. An error ends them.
func AllRefunds(ctx context.Context, from RefundLister, f RefundFilter) iter.Seq2[ListedRefund, error] {
	return eachRefund(ctx, from, f, listAtOnce)
}

func eachRefund(ctx context.Context, from RefundLister, f RefundFilter, size int) iter.Seq2[ListedRefund, error] {
	return each(func(one ListedRefund) contract.RefundRef { return one.RefundRef }, func(page []byte) ([]ListedRefund, []byte, error) {
		return from.Refunds(ctx, f, page, size)
	})
}

// Soonest compares refunds by their legal deadlines. One without a deadline is last.
func Soonest(a, b ListedRefund) int {
	if a.Deadline.IsZero() != b.Deadline.IsZero() {
		return map[bool]int{true: 1, false: -1}[a.Deadline.IsZero()]
	}
	return a.Deadline.Compare(b.Deadline)
}

// AskRefunds asks each refund of a list that was not asked yet. One that does not answer stays as it
// is listed.
func AskRefunds(ctx context.Context, from RefundLister, rows []ListedRefund) {
	AskEach(ctx, rows, func(ctx context.Context, row *ListedRefund) {
		if row.Asked || row.Silent != nil {
			return
		}
		known, found, err := from.Refund(ctx, row.RefundRef)
		if row.Silent = err; err == nil && found {
			row.Learn(&known)
		}
	})
}

// Sum is the amount in words.
func (l *ListedRefund) Sum() *words.Text {
	switch {
	case l.Known == nil:
		return words.Say("refunds.no_answer")
	case !l.Amount.Known():
		return words.Say("fact.unknown")
	}
	return words.Say("all", "All", l.Amount)
}

// Turn is who has to do something next; empty if nobody has.
func (l *ListedRefund) Turn() *words.Text { return refund.Turn(l.State, l.Role, l.Holder) }

// Learn takes over how a refund says that it stands.
func (l *ListedRefund) Learn(known *refund.Refund) {
	l.Known, l.Customer, l.Reason = known, known.Facts.Customer.Name, known.Facts.ReasonSaid()
	l.Asked, l.State, l.Role, l.Holder, l.Deadline = true, known.State, known.Role, known.Holder, known.DueBy
	l.Amount, l.Attention, l.Order = known.Facts.Amount, contract.Attention(known.Attention), known.Facts.OrderNumber
	if l.State.Waiting() {
		l.Since = known.Clock.Since
	}
	if len(known.Receipt) > 0 {
		l.Started = known.Receipt[0].At
	}
}
