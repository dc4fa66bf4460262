package workflows

import (
	"cmp"
	"fmt"
	"strings"

	"waybill/contract"
	"waybill/delivery"
	"waybill/refund"
)

// refundDetails is the refund's story in Markdown, newest first, without what people wrote: it
// may be about the customer.
func refundDetails(r *refund.Refund) string {
	var b strings.Builder
	b.WriteString(fmt.Sprintf("Refund of return %d of %s: **%s**", r.ReturnID, r.Integration, cmp.Or(r.State.Words(), "not requested yet")))
	if r.Facts.Amount.Known() {
		b.WriteString(", " + r.Facts.Amount.String())
	}
	now := r.Summary()
	attention := now.Attention.String()
	if attention != "" {
		attention = "**" + attention + "**"
	}
	for _, paragraph := range []string{attention, strings.TrimSpace(fmt.Sprint(now.Turn, " ", now.Why)), awaited(now.Orders), strings.TrimSpace(fmt.Sprint(now.Next, " ", now.Law)), goods(r.Integration, r.Facts)} {
		if paragraph != "" {
			b.WriteString("\n\n" + paragraph)
		}
	}
	b.WriteString(table(r.Receipt, []string{"When (UTC)", "What", "By", "Why", "Then"}, func(e refund.Entry) []string {
		why := ""
		if e.By.Machine != "" { // not a person's words, which may be about the customer
			why = e.Why
		}
		return []string{delivery.Clock(e.At), e.What, e.By.String(), why, e.State.Words()}
	}))
	b.WriteString(table(r.Mails, []string{"Mail", "State", "When (UTC)", "Remark"}, func(m refund.Mail) []string {
		return []string{m.About.Words(), string(m.State), delivery.Clock(m.Decided), m.Remark(nil).String()}
	}))
	return b.String()
}

// awaited says which orders the refund waits for. The UI cannot prove who sends them.
func awaited(names []string) string {
	if len(names) == 0 {
		return ""
	}
	return "Waits for: " + strings.Join(names, ", ") + ". Give the order on the refund pages or by API: an Update from here does not prove who sends it."
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

// lostDetails says what is known of a refund whose return was not found.
func lostDetails(report contract.ReturnReport, err error) string {
	text := fmt.Sprintf("**Needs attention: %s.** A refund was requested, but its return could not be found", contract.RefundWithoutReturn)
	if err != nil {
		text += ": " + cause(err)
	}
	if report.ReturnID != 0 {
		text += fmt.Sprintf(" (return %d)", report.ReturnID)
	}
	return strings.TrimSuffix(text+". Look for it in Sendcloud's panel. "+goods(report.Integration, report.Facts), " ")
}

// counterDetails is a counter in words, for people.
func counterDetails(c *refund.Counter) string {
	return fmt.Sprintf("Refunds counted together: %d. Those that are too old to matter are forgotten when the next one is counted.", c.Refunds())
}

// tallyDetails is a tally in words, for people.
func tallyDetails(t refund.Tally) string {
	text := fmt.Sprintf("Refunds of one order: %d.", len(t.Claims))
	if t.Value.Known() {
		text += fmt.Sprintf(" Together they cannot exceed its value of %s.", t.Value)
	}
	return text + table(t.Claims, []string{"Refund", "Amount", "Reserved (UTC)"}, func(c refund.Claimed) []string {
		return []string{c.Key, c.Amount.String(), delivery.Clock(c.At)}
	})
}
