package workflows

import (
	"fmt"
	"slices"
	"strings"

	"waybill/contract"
	"waybill/delivery"
	"waybill/parcel"
)

const ledgerRows = 30

// details is the parcel's story in Markdown, newest first, for people.
func details(p parcel.Parcel) string {
	var b strings.Builder
	// The static summary says this too, but is lost at continue-as-new.
	b.WriteString(fmt.Sprintf("Parcel %d of %s: **%s**", p.ID, p.Integration, orNone(p.Phase.Words(), "no scan yet")))
	if p.Attempt > 1 {
		b.WriteString(fmt.Sprintf(", delivery attempt %d", p.Attempt))
	}
	if p.Facts.IsReturn {
		b.WriteString(", return parcel (its recipient is the merchant: no mails)")
	}
	if !p.Deadline.IsZero() {
		b.WriteString(fmt.Sprintf(". Closes %s UTC if nothing else happens.", delivery.Clock(p.Deadline)))
	}
	attention(&b, p)
	if len(p.Mails) > 0 {
		b.WriteString("\n\n" + row("Mail", "State", "Decided (UTC)", "Remark") + "|---|---|---|---|\n")
		for i := len(p.Mails) - 1; i >= 0; i-- {
			m := p.Mails[i]
			b.WriteString(row(m.About.Kind.Words(), string(m.State), delivery.Clock(m.Decided), parcel.Remark(m)))
		}
	}
	if len(p.Ledger) > 0 {
		b.WriteString("\n" + row("Scan (UTC)", "Status", "Decision") + "|---|---|---|\n")
		first := max(0, len(p.Ledger)-ledgerRows)
		for i := len(p.Ledger) - 1; i >= first; i-- {
			e := p.Ledger[i]
			b.WriteString(row(delivery.Clock(e.ScanAt), e.Seen(), e.Verdict()))
		}
	}
	if len(p.Orders) > 0 {
		b.WriteString("\n" + row("Ordered (UTC)", "What", "By", "Why") + "|---|---|---|---|\n")
	}
	for _, o := range slices.Backward(p.Orders) {
		b.WriteString(row(delivery.Clock(o.At), o.Words(), o.By, o.Why))
	}
	if n := p.Counts[parcel.ReasonDuplicateScan]; n > 0 {
		b.WriteString(fmt.Sprintf("\nDuplicate scans ignored: %d\n", n))
	}
	return b.String()
}

// attention is what somebody has to know or to do, and what happens next.
func attention(b *strings.Builder, p parcel.Parcel) {
	if p.Attention != "" {
		b.WriteString(fmt.Sprintf("\n\n**Somebody should look: %s.**", p.Attention))
	}
	if p.Silenced != "" {
		b.WriteString(fmt.Sprintf(" No mail is sent because %s. The Update `%s` enters another address, and sends what waited for it.", p.Silenced, contract.ChangeRecipient))
	}
	if len(p.Agenda) > 0 {
		b.WriteString("\n\nIf no scan comes:")
	}
	for _, a := range p.Agenda {
		b.WriteString(fmt.Sprintf("\n- %s UTC: %s", delivery.Clock(a.At), a.What))
	}
	if parked := p.Mails.Parked(); len(parked) > 0 {
		b.WriteString(fmt.Sprintf("\n\n**%d parked.** Mend the cause, then send the Update `%s`: it sends those that still hold. `%s` gives them up.",
			len(parked), contract.RetryMails, contract.DropMails))
	}
	if p.Paused {
		b.WriteString(fmt.Sprintf("\n\n**Mails are paused.** The Update `%s` sends them again.", contract.ResumeMails))
	}
	if p.Corrected.Email != "" {
		b.WriteString("\n\nMails go to an address that an operator has entered.")
	}
}

func orNone(s, none string) string {
	if s == "" {
		return none
	}
	return s
}

// row is a row of a Markdown table. Temporal's UI gives its cells no padding,
// so they bring their own; a foreign text in one cannot break the table.
func row(cells ...string) string {
	safe := strings.NewReplacer("|", "\\|", "\n", " ", "<", "&lt;")
	b := "|"
	for _, c := range cells {
		b += " " + safe.Replace(c) + "\u00a0\u00a0 |"
	}
	return b + "\n"
}
