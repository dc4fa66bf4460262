package workflows

import (
	"fmt"
	"slices"
	"strings"

	"waybill/contract"
	"waybill/delivery"
	"waybill/refund"
)

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
	now := r.Summary()
	if now.Attention != "" {
		now.Attention = "**" + now.Attention + "**"
	}
	for _, paragraph := range []string{now.Attention, strings.TrimSpace(now.Turn + " " + now.Why), sendable(now.Orders), strings.TrimSpace(now.Next + " " + now.Law), goods(r.Integration, r.Facts)} {
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
		if e.By.Machine != "" { // not a person's words, which may be about the customer
			why = e.Why
		}
		b.WriteString(row(delivery.Clock(e.At), e.What, e.By.String(), why, e.State.Words()))
	}
	if len(r.Mails) > 0 {
		b.WriteString("\n" + row("Mail", "State", "When (UTC)", "Remark") + "|---|---|---|---|\n")
	}
	for _, m := range slices.Backward(r.Mails) {
		b.WriteString(row(m.About.Words(), string(m.State), delivery.Clock(m.Decided), m.Remark("")))
	}
	return b.String()
}

// sendable says how to give orders from the UI.
func sendable(names []string) string {
	var all []string
	for _, name := range names {
		if o, ok := refund.OrderNamed(name); ok {
			all = append(all, fmt.Sprintf("`%s` with `%s`", o.UpdateName(), o.Example()))
		}
	}
	if len(all) == 0 {
		return ""
	}
	return "Updates to send: " + strings.Join(all, ", ") + "."
}

// goods says which parcels a refund is about: each has a workflow of its own.
func goods(integration string, f refund.Facts) string {
	var parts []string
	about := func(what string, id int64) {
		if id != 0 {
			parts = append(parts, fmt.Sprintf("%s: `%s`.", what, contract.ParcelRef{Integration: integration, ID: id}.WorkflowID()))
		}
	}
	about("Parcel to the customer", f.OutgoingParcel)
	about("Parcel back", f.IncomingParcel)
	return strings.Join(parts, " ")
}
