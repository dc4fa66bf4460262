package workflows

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"waybill/delivery"
	"waybill/parcel"
)

// details is the parcel's story in Markdown, newest first, for people.
func details(p parcel.Parcel) string {
	var b strings.Builder
	// The static summary says this too, but is lost at continue-as-new.
	b.WriteString(fmt.Sprintf("Parcel %d of %s: **%s**", p.ID, p.Integration, cmp.Or(p.Phase.Words(), "no scan yet")))
	if p.Attempt > 0 {
		b.WriteString(fmt.Sprintf(", delivery attempt %d", p.Attempt+1))
	}
	if p.Facts.IsReturn {
		b.WriteString(", return parcel (its recipient is the merchant: no mails)")
	}
	if !p.Deadline.IsZero() {
		b.WriteString(fmt.Sprintf(". Closes %s UTC if nothing else happens.", delivery.Clock(p.Deadline)))
	}
	attention(&b, p)
	b.WriteString(table(p.Mails, []string{"Mail", "State", "Decided (UTC)", "Remark"}, func(m parcel.Mail) []string {
		return []string{m.About.Kind.Words(), string(m.State), delivery.Clock(m.Decided), parcel.Remark(m).String()}
	}))
	b.WriteString(table(p.Ledger, []string{"Scan (UTC)", "Status", "Decision"}, func(e parcel.Entry) []string {
		return []string{delivery.Clock(e.ScanAt), e.Seen().String(), e.Verdict().String()}
	}))
	b.WriteString(table(p.Orders, []string{"Ordered (UTC)", "What", "By", "Why"}, func(o parcel.OrderEntry) []string {
		return []string{delivery.Clock(o.At), o.Words(), o.Who(), o.Why}
	}))
	if n := p.Unlisted[parcel.ReasonDuplicateScan]; n > 0 {
		b.WriteString(fmt.Sprintf("\nDuplicate scans ignored: %d\n", n))
	}
	return b.String()
}

// attention is what somebody has to know or to do, and what happens next.
func attention(b *strings.Builder, p parcel.Parcel) {
	if p.Attention != "" {
		b.WriteString(fmt.Sprintf("\n\n**Needs attention: %s.**", p.Attention))
	}
	if p.Silenced != "" {
		b.WriteString(fmt.Sprintf(" No mail is sent because %s. The Update `ChangeRecipient` enters another address, and sends what waited for it.", p.Silenced))
	}
	if len(p.Agenda) > 0 {
		b.WriteString("\n\nIf no scan comes:")
	}
	for _, a := range p.Agenda {
		b.WriteString(fmt.Sprintf("\n- %s UTC: %s", delivery.Clock(a.At), a.What))
	}
	if parked := p.Mails.Parked(); len(parked) > 0 {
		b.WriteString(fmt.Sprintf("\n\n**%d parked.** Fix the cause, then send the Update `RetryMails`: it sends those that still hold. `DropMails` gives them up.",
			len(parked)))
	}
	if p.Paused {
		b.WriteString("\n\n**Mails are paused.** The Update `ResumeMails` sends them again.")
	}
	if p.Corrected.Email != "" {
		b.WriteString("\n\nAn operator has changed the recipient's address.")
	}
}

// tableRows is the most that a table of the details shows.
const tableRows = 50

// table is a Markdown table of a list, newest first; nothing if the list is empty.
func table[T any](list []T, head []string, cells func(T) []string) string {
	if len(list) == 0 {
		return ""
	}
	text := "\n\n" + row(head...) + strings.Repeat("|---", len(head)) + "|\n"
	for _, one := range slices.Backward(list[max(0, len(list)-tableRows):]) {
		text += row(cells(one)...)
	}
	return text
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
