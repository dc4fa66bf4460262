package workflows

import (
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"waybill/contract"
	"waybill/parcel"
	"waybill/refund"
)

// attributes are the search attributes as they were last written.
type attributes struct {
	integration string
	phase       parcel.Phase
	parked      int
	attention   string
	written     bool
}

// show tells operators where the parcel is: in the search attributes, which
// stay when no worker runs, and in the current details of the UI. Attributes
// are written all in one call and only when one changed: each call is an event.
func (t *tracking) show(ctx workflow.Context) error {
	workflow.SetCurrentDetails(ctx, details(t.state))
	now := attributes{
		integration: t.state.Integration, phase: t.state.Phase, parked: len(t.state.Mails.Parked()),
		attention: string(t.state.Attention), written: true,
	}
	if now == t.shown || len(t.state.Ledger) == 0 {
		return nil
	}
	updates := []temporal.SearchAttributeUpdate{
		keyword(contract.Integration).ValueSet(now.integration),
		number(contract.ParkedMails).ValueSet(int64(now.parked)),
	}
	if now.phase != "" {
		updates = append(updates, keyword(contract.ParcelPhase).ValueSet(string(now.phase)))
	}
	switch {
	case now.attention != "":
		updates = append(updates, keyword(contract.AttentionField).ValueSet(now.attention))
	case t.shown.attention != "":
		updates = append(updates, keyword(contract.AttentionField).ValueUnset())
	}
	t.shown = now
	return workflow.UpsertTypedSearchAttributes(ctx, updates...)
}

// refundAttributes are the search attributes as they were last written.
type refundAttributes struct {
	state     refund.State
	role      refund.Role
	deadline  time.Time
	attention refund.Attention
}

// attributesOf are the search attributes of a refund.
func attributesOf(r *refund.Refund) refundAttributes {
	return refundAttributes{state: r.State, role: r.TurnOf, deadline: r.DueBy, attention: r.Attention}
}

// show tells people where the refund stands: in the search attributes and in the
// current details of the UI. Attributes are written all in one call and only when
// one changed: each call is an event.
func (a *approving) show(ctx workflow.Context) error {
	workflow.SetCurrentDetails(ctx, refundDetails(&a.state))
	now := attributesOf(&a.state)
	if now == a.shown || now.state == "" {
		return nil
	}
	updates := []temporal.SearchAttributeUpdate{
		keyword(contract.Integration).ValueSet(a.state.Integration), keyword(contract.RefundState).ValueSet(string(now.state)),
	}
	word := func(at contract.SearchAttribute, is, was string) {
		switch {
		case is != "":
			updates = append(updates, keyword(at).ValueSet(is))
		case was != "":
			updates = append(updates, keyword(at).ValueUnset())
		}
	}
	word(contract.ApproverRole, string(now.role), string(a.shown.role))
	word(contract.AttentionField, string(now.attention), string(a.shown.attention))
	switch {
	case !now.deadline.IsZero():
		updates = append(updates, moment(contract.LegalDeadline).ValueSet(now.deadline))
	case !a.shown.deadline.IsZero():
		updates = append(updates, moment(contract.LegalDeadline).ValueUnset())
	}
	a.shown = now
	return workflow.UpsertTypedSearchAttributes(ctx, updates...)
}
