package workflows

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"waybill/contract"
	"waybill/parcel"
	"waybill/refund"
)

// refundAttributes are the search attributes as they were last written.
type refundAttributes struct {
	state     refund.State
	role      refund.Role
	deadline  time.Time
	attention refund.Trouble
}

// show tells people where the refund stands: in the search attributes and in the
// current details of the UI.
func (a *approving) show(ctx workflow.Context) error {
	workflow.SetCurrentDetails(ctx, refundDetails(&a.refund))
	now := refundAttributes{state: a.refund.State, attention: a.refund.Attention}
	if a.refund.State.Waiting() {
		now.role = a.refund.Role
	}
	if due, ok := a.refund.LegalDeadline(); ok && !a.refund.State.Terminal() {
		now.deadline = due
	}
	if now == a.shown || now.state == "" {
		return nil
	}
	updates := []temporal.SearchAttributeUpdate{
		keyword(contract.Integration).ValueSet(a.refund.Integration), keyword(contract.RefundState).ValueSet(string(now.state)),
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
	word(contract.Attention, string(now.attention), string(a.shown.attention))
	switch {
	case !now.deadline.IsZero():
		updates = append(updates, moment(contract.LegalDeadline).ValueSet(now.deadline))
	case !a.shown.deadline.IsZero():
		updates = append(updates, moment(contract.LegalDeadline).ValueUnset())
	}
	a.shown = now
	return workflow.UpsertTypedSearchAttributes(ctx, updates...)
}

// receiptRows is how much of a receipt the details show.
const receiptRows = 40

// refundDetails is the refund's story in Markdown, newest first, for people. What
// persons wrote is left out: it may be about the customer.
func refundDetails(r *refund.Refund) string {
	var b strings.Builder
	b.WriteString(fmt.Sprintf("Refund of return %d of %s: **%s**", r.ReturnID, r.Integration, orNone(r.State.Words(), "not requested yet")))
	if r.Facts.Amount.Known() {
		b.WriteString(", " + r.Facts.Amount.String())
	}
	if r.Attention != "" {
		b.WriteString(fmt.Sprintf("\n\n**Somebody should look: %s.**", r.Attention))
	}
	switch {
	case r.State.Waiting() && r.Holder != "":
		b.WriteString(fmt.Sprintf("\n\nWaits for %s since %s UTC. The Update `%s` decides.", r.Holder, parcel.Clock(r.Clock.Since), contract.DecideRefund))
	case r.State.Waiting():
		b.WriteString(fmt.Sprintf("\n\nWaits for the role %s since %s UTC; %d of %d have approved. The Update `%s` decides.",
			r.Role, parcel.Clock(r.Clock.Since), len(r.Approvals), r.Terms.Approvals, contract.DecideRefund))
	case r.State == refund.PayFailed:
		b.WriteString(fmt.Sprintf("\n\nMend the cause, then send the Update `%s`: it asks under the same key, which pays once.", contract.PayRefundAgain))
	}
	if due, ok := r.LegalDeadline(); ok && !r.State.Terminal() {
		b.WriteString(fmt.Sprintf("\n\nThe law wants it paid by %s UTC.", parcel.Clock(due)))
	}
	if len(r.Receipt) > 0 {
		b.WriteString("\n\n" + row("When (UTC)", "What", "By", "Why", "Then") + "|---|---|---|---|---|\n")
	}
	first := max(0, len(r.Receipt)-receiptRows)
	for _, e := range slices.Backward(r.Receipt[first:]) {
		why := ""
		if e.By == "the rules" {
			why = e.Why
		}
		b.WriteString(row(parcel.Clock(e.At), e.What, e.By, why, e.State.Words()))
	}
	if len(r.Mails) > 0 {
		b.WriteString("\n" + row("Mail", "State", "When (UTC)", "Remark") + "|---|---|---|---|\n")
	}
	for _, m := range slices.Backward(r.Mails) {
		remark := m.Why
		if m.State == refund.MailAccepted && m.Unproven > 0 {
			remark = "may be there twice"
		}
		b.WriteString(row(m.Deed.String(), string(m.State), parcel.Clock(m.At), remark))
	}
	return b.String()
}
