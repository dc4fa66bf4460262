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
	updates = append(updates, word(contract.ParcelPhase, string(now.phase), "")...)
	updates = append(updates, word(contract.AttentionField, now.attention, t.shown.attention)...)
	t.shown = now
	return workflow.UpsertTypedSearchAttributes(ctx, updates...)
}

// word is the update of a keyword; none if it was empty and still is.
func word(a contract.SearchAttribute, is, was string) []temporal.SearchAttributeUpdate {
	switch {
	case is != "":
		return []temporal.SearchAttributeUpdate{keyword(a).ValueSet(is)}
	case was != "":
		return []temporal.SearchAttributeUpdate{keyword(a).ValueUnset()}
	}
	return nil
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
	updates = append(updates, word(contract.ApproverRole, string(now.role), string(a.shown.role))...)
	updates = append(updates, word(contract.AttentionField, string(now.attention), string(a.shown.attention))...)
	switch {
	case !now.deadline.IsZero():
		updates = append(updates, moment(contract.LegalDeadline).ValueSet(now.deadline))
	case !a.shown.deadline.IsZero():
		updates = append(updates, moment(contract.LegalDeadline).ValueUnset())
	}
	a.shown = now
	return workflow.UpsertTypedSearchAttributes(ctx, updates...)
}
