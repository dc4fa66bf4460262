package workflows

import (
	"bytes"
	"encoding/json"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"waybill/contract"
	"waybill/search"
)

// show tells operators where the parcel is: in the search attributes, which stay when no
// worker runs, and in the current details of the UI.
func (t *tracking) show(ctx workflow.Context) error {
	workflow.SetCurrentDetails(ctx, details(t.state))
	if len(t.state.Ledger) == 0 {
		return nil
	}
	l := listed(ctx)
	l.keyword(contract.Integration, t.state.Integration)
	l.keyword(contract.ParcelPhase, string(t.state.Phase))
	l.keyword(contract.AttentionField, string(t.state.Attention))
	l.number(contract.ParkedMails, int64(len(t.state.Mails.Parked())))
	l.terms(t.state.Search)
	return l.write(ctx)
}

// show tells people where the refund stands.
func (a *approving) show(ctx workflow.Context) error {
	workflow.SetCurrentDetails(ctx, refundDetails(&a.state))
	if a.state.State == "" {
		return nil
	}
	l := listed(ctx)
	l.keyword(contract.Integration, a.state.Integration)
	l.keyword(contract.RefundState, string(a.state.State))
	l.keyword(contract.ApproverRole, string(a.state.TurnOf))
	l.keyword(contract.AttentionField, string(a.state.Attention))
	l.moment(contract.LegalDeadline, a.state.DueBy)
	l.terms(a.state.Search)
	if err := l.write(ctx); err != nil {
		return err
	}
	return a.list(ctx)
}

// list puts the refund as lists have it into the memo, if this run has not.
func (a *approving) list(ctx workflow.Context) error {
	listed := a.state.Listed()
	now, err := json.Marshal(listed)
	if err != nil || bytes.Equal(now, a.listed) {
		return err
	}
	a.listed = now
	return workflow.UpsertMemo(ctx, map[string]any{contract.ListedRefund: listed})
}

// show tells operators how the integration is.
func (w *watching) show(ctx workflow.Context) error {
	workflow.SetCurrentDetails(ctx, integrationDetails(w.state))
	l := listed(ctx)
	l.keyword(contract.Integration, w.state.Integration)
	l.keyword(contract.AttentionField, string(w.state.Attention))
	return l.write(ctx)
}

// listing is what the lists of workflows are to say of this one. What they do not say already
// is written in one call: each call is an event.
type listing struct {
	says    temporal.SearchAttributes
	updates []temporal.SearchAttributeUpdate
}

func listed(ctx workflow.Context) *listing {
	return &listing{says: workflow.GetTypedSearchAttributes(ctx)}
}

// keyword is listed as a word; an empty one is not listed.
func (l *listing) keyword(a contract.SearchAttribute, value string) {
	key := temporal.NewSearchAttributeKeyKeyword(a.Name)
	said, _ := l.says.GetKeyword(key)
	l.update(said == value, value == "", key.ValueSet(value), key.ValueUnset())
}

func (l *listing) number(a contract.SearchAttribute, value int64) {
	key := temporal.NewSearchAttributeKeyInt64(a.Name)
	said, _ := l.says.GetInt64(key)
	l.update(said == value, false, key.ValueSet(value), key.ValueUnset())
}

// terms are listed for those who look something up.
func (l *listing) terms(t search.Terms) {
	l.keyword(contract.OrderNumber, t.Order)
	l.keyword(contract.TrackingNumber, t.Tracking)
	l.keyword(contract.Recipient, t.Recipient)
}

// moment is listed as a time; the zero time is not listed.
func (l *listing) moment(a contract.SearchAttribute, value time.Time) {
	key := temporal.NewSearchAttributeKeyTime(a.Name)
	said, _ := l.says.GetTime(key)
	l.update(said.Equal(value), value.IsZero(), key.ValueSet(value), key.ValueUnset())
}

func (l *listing) update(same, none bool, set, unset temporal.SearchAttributeUpdate) {
	switch {
	case same:
	case none:
		l.updates = append(l.updates, unset)
	default:
		l.updates = append(l.updates, set)
	}
}

func (l *listing) write(ctx workflow.Context) error {
	if len(l.updates) == 0 {
		return nil
	}
	return workflow.UpsertTypedSearchAttributes(ctx, l.updates...)
}
