package workflows

import (
	"fmt"
	"slices"
	"strings"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"waybill/contract"
	"waybill/parcel"
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
	workflow.SetCurrentDetails(ctx, details(t.parcel))
	now := attributes{integration: t.parcel.Integration, phase: t.parcel.Phase, parked: len(t.parcel.Parked()), written: true}
	now.attention = string(t.parcel.Attention)
	if t.parcel.MailTrouble != "" {
		now.attention = string(t.parcel.MailTrouble)
	}
	if t.parcel.Paused {
		now.attention = "mails paused" // by a person, who may have forgotten
	}
	if now == t.shown || len(t.parcel.Ledger) == 0 {
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
		updates = append(updates, keyword(contract.Attention).ValueSet(now.attention))
	case t.shown.attention != "":
		updates = append(updates, keyword(contract.Attention).ValueUnset())
	}
	t.shown = now
	return workflow.UpsertTypedSearchAttributes(ctx, updates...)
}

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
		b.WriteString(fmt.Sprintf(". Closes %s UTC if nothing else happens.", parcel.Clock(p.Deadline)))
	}
	trouble(&b, p)
	if len(p.Mails) > 0 {
		b.WriteString("\n\n" + row("Mail", "State", "Decided (UTC)", "Remark") + "|---|---|---|---|\n")
		for i := len(p.Mails) - 1; i >= 0; i-- {
			m := p.Mails[i]
			b.WriteString(row(m.Kind.Words(), string(m.State), parcel.Clock(m.Decided), m.Remark()))
		}
	}
	if len(p.Ledger) > 0 {
		b.WriteString("\n" + row("Scan (UTC)", "Status", "Decision") + "|---|---|---|\n")
		first := max(0, len(p.Ledger)-ledgerRows)
		for i := len(p.Ledger) - 1; i >= first; i-- {
			e := p.Ledger[i]
			b.WriteString(row(parcel.Clock(e.ScanAt), e.Seen(), e.Verdict()))
		}
	}
	if len(p.Orders) > 0 {
		b.WriteString("\n" + row("Ordered (UTC)", "What", "By", "Why") + "|---|---|---|---|\n")
	}
	for _, o := range slices.Backward(p.Orders) {
		b.WriteString(row(parcel.Clock(o.At), o.Words(), o.By, o.Why))
	}
	if n := p.Counts[parcel.ReasonDuplicateScan]; n > 0 {
		b.WriteString(fmt.Sprintf("\nDuplicate scans ignored: %d\n", n))
	}
	return b.String()
}

// trouble is what somebody has to know or to do, and what happens next.
func trouble(b *strings.Builder, p parcel.Parcel) {
	if p.Attention != "" {
		b.WriteString(fmt.Sprintf("\n\n**Somebody should look: %s.**", p.Attention))
	}
	if p.MailTrouble != "" {
		b.WriteString(fmt.Sprintf("\n\n**Somebody should look: %s.**", p.MailTrouble))
		if p.Silenced != "" {
			b.WriteString(fmt.Sprintf(" No mail is sent because %s. The Update `%s` enters another address, and sends what waited for it.", p.Silenced, contract.ChangeRecipient))
		}
	}
	if len(p.Agenda) > 0 {
		b.WriteString("\n\nIf no scan comes:")
	}
	for _, a := range p.Agenda {
		b.WriteString(fmt.Sprintf("\n- %s UTC: %s", parcel.Clock(a.At), a.What))
	}
	if parked := p.Parked(); len(parked) > 0 {
		b.WriteString(fmt.Sprintf("\n\n**%d parked.** Mend the cause, then send the Update `%s` (no input: all of them), or `%s` to give them up.",
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
