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

// attributesOf are the search attributes of a refund.
func attributesOf(r *refund.Refund) refundAttributes {
	all := refundAttributes{state: r.State, attention: r.Attention}
	if r.State.Waiting() {
		all.role = r.Role
	}
	if due, ok := r.LegalDeadline(); ok && !r.State.Terminal() {
		all.deadline = due.UTC()
	}
	return all
}

// show tells people where the refund stands: in the search attributes and in the
// current details of the UI. Attributes are written all in one call and only when
// one changed: each call is an event.
func (a *approving) show(ctx workflow.Context) error {
	workflow.SetCurrentDetails(ctx, refundDetails(&a.refund))
	now := attributesOf(&a.refund)
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
		b.WriteString(strings.TrimSuffix(fmt.Sprintf("\n\n**Somebody should look: %s.** %s", r.Attention, mending[r.Attention]), " "))
	}
	for _, paragraph := range []string{turnOf(r), soon(r), goods(r.Integration, r.Facts)} {
		if paragraph != "" {
			b.WriteString("\n\n" + paragraph)
		}
	}
	if len(r.Receipt) > 0 {
		b.WriteString("\n\n" + row("When (UTC)", "What", "By", "Why", "Then") + "|---|---|---|---|---|\n")
	}
	first := max(0, len(r.Receipt)-receiptRows)
	for _, e := range slices.Backward(r.Receipt[first:]) {
		why := ""
		if slices.Contains(nobody, e.By) {
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
		b.WriteString(row(m.Deed.Words(), string(m.State), parcel.Clock(m.At), remark))
	}
	return b.String()
}

// nobody are those in a receipt who are no persons: what they say is of our own
// making.
var nobody = []string{"the rules", "Sendcloud", "Waybill", "the shop's endpoint", "the mail provider", "the carrier"}

// mending is what to do about a trouble, where the state does not say it.
var mending = map[refund.Trouble]string{
	refund.PanelPaidToo: "Compare what the panel and the shop's endpoint have paid: the customer may have it twice.",
	refund.NobodyCan:    "Name somebody in the policy who may: the next reminder asks them, and they can decide at once.",
	refund.GoodsMissing: "Ask the carrier or the customer where they are.",
	refund.NotTold:      fmt.Sprintf("Mend the cause, which stands below, then send the Update `%s` with `{\"by\": \"...\"}`. A refund that is over is kept 30 days for it.", contract.RetryRefundMail),
}

// turnOf says what the refund waits for, and which Update moves it.
func turnOf(r *refund.Refund) string {
	decide := fmt.Sprintf("The Update `%s` decides: `{\"by\": \"...\", \"approve\": true}`, or false with a \"why\" for the customer.", contract.DecideRefund)
	switch {
	case r.State.Waiting():
		who := "the role " + string(r.Role)
		if r.Holder != "" {
			who = r.Holder
		}
		why := ""
		if len(r.Terms.Why) > 0 {
			why = " A person decides because " + strings.Join(r.Terms.Why, "; ") + "."
		}
		return fmt.Sprintf("Waits for %s since %s UTC; %d of %d have approved.%s %s",
			who, parcel.Clock(r.Clock.Since), len(r.Approvals), r.Terms.Approvals, why, decide)
	case r.State == refund.NeedsInfo:
		return fmt.Sprintf("Waits for the customer's answer since %s UTC. The Update `%s` enters it: `{\"by\": \"...\", \"answer\": \"...\"}`. %s",
			parcel.Clock(r.Clock.AskedAt), contract.ProvideInfo, decide)
	case r.State == refund.AwaitingGoods:
		return fmt.Sprintf("Approved, and waits for the goods since %s UTC. The Update `%s` says that they are here: `{\"by\": \"...\"}`.",
			parcel.Clock(r.Clock.ApprovedAt), contract.ReceiveGoods)
	case r.State == refund.Paying && r.Asked > 0:
		return "The shop's endpoint is asked to pay until it answers; how it goes stands under Pending Activities."
	case r.State == refund.PayFailed:
		return fmt.Sprintf("Mend the cause, which stands below, then send the Update `%s` with `{\"by\": \"...\"}`: it asks under the same key, which pays once.", contract.PayRefundAgain)
	}
	return ""
}

// soon says what time will bring about, and by when the law wants the money paid.
func soon(r *refund.Refund) string {
	if r.State.Terminal() {
		return ""
	}
	var parts []string
	if !r.Next.IsZero() {
		parts = append(parts, fmt.Sprintf("If nothing happens, %s UTC: %s.", parcel.Clock(r.Next), rings(r)))
	}
	if due, ok := r.LegalDeadline(); ok {
		parts = append(parts, fmt.Sprintf("The law wants it paid by %s UTC.", parcel.Clock(due)))
	} else {
		parts = append(parts, "The law's clock stands: neither the goods nor a proof that they were sent are here.")
	}
	return strings.Join(parts, " ")
}

// rings says what happens at Next.
func rings(r *refund.Refund) string {
	const day = 24 * time.Hour
	due, runs := r.LegalDeadline()
	left := due.Sub(r.Next)
	switch {
	case runs && (left == 4*day || left == 2*day || left <= 0 && left%day == 0):
		return "operations are told of the law's deadline"
	case r.State.Waiting() && r.Clock.Told < 2:
		return "those who were asked are reminded"
	case r.State.Waiting() && r.Clock.Told == 2:
		return "managers are asked, unless the policy approves so small an amount"
	case r.State.Waiting():
		return "managers are asked again"
	case r.State == refund.NeedsInfo:
		return "people decide without an answer"
	}
	return "operations are told that the goods are missing"
}

// goods says which parcels a refund is about: each has a workflow of its own.
func goods(integration string, f refund.Facts) string {
	var parts []string
	about := func(what string, id int64) {
		if id != 0 {
			parts = append(parts, fmt.Sprintf("%s: `%s`.", what, contract.ParcelWorkflowID(integration, id)))
		}
	}
	about("Parcel to the customer", f.OutgoingParcel)
	about("Parcel back", f.IncomingParcel)
	return strings.Join(parts, " ")
}
