package workflows

import (
	"fmt"
	"strings"
	"time"

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
	written     bool
}

// show tells operators where the parcel is: in the search attributes, which
// stay when no worker runs, and in the current details of the UI. Attributes
// are written all in one call and only when one changed: each call is an event.
func (t *tracking) show(ctx workflow.Context) error {
	workflow.SetCurrentDetails(ctx, details(t.parcel))
	now := attributes{integration: t.parcel.Integration, phase: t.parcel.Phase, parked: len(t.parcel.Parked()), written: true}
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
	t.shown = now
	return workflow.UpsertTypedSearchAttributes(ctx, updates...)
}

const (
	clock      = "Mon 2 Jan 15:04"
	ledgerRows = 30
)

// details is the parcel's story in Markdown, newest first, for people.
func details(p parcel.Parcel) string {
	var b strings.Builder
	// The static summary says this too, but is lost at continue-as-new.
	b.WriteString(fmt.Sprintf("Parcel %d of %s: **%s**", p.ID, p.Integration, orNone(words(p.Phase), "no scan yet")))
	if p.Attempt > 1 {
		b.WriteString(fmt.Sprintf(", delivery attempt %d", p.Attempt))
	}
	if p.Facts.IsReturn {
		b.WriteString(", return parcel (its recipient is the merchant: no mails)")
	}
	if !p.Deadline.IsZero() {
		b.WriteString(fmt.Sprintf(". Closes %s UTC if nothing else happens.", p.Deadline.UTC().Format(clock)))
	}
	if parked := p.Parked(); len(parked) > 0 {
		b.WriteString(fmt.Sprintf("\n\n**%d parked.** Mend the cause, then send the Update `%s` (no input: all of them).", len(parked), contract.RetryMails))
	}
	if len(p.Mails) > 0 {
		b.WriteString("\n\n" + row("Mail", "State", "Decided (UTC)", "Remark") + "|---|---|---|---|\n")
		for i := len(p.Mails) - 1; i >= 0; i-- {
			m := p.Mails[i]
			b.WriteString(row(m.Kind.Words(), string(m.State), at(m.Decided), remark(m)))
		}
	}
	if len(p.Ledger) > 0 {
		b.WriteString("\n" + row("Scan (UTC)", "Status", "Decision") + "|---|---|---|\n")
		first := max(0, len(p.Ledger)-ledgerRows)
		for i := len(p.Ledger) - 1; i >= first; i-- {
			e := p.Ledger[i]
			b.WriteString(row(at(e.ScanAt), fmt.Sprintf("%d %s", e.StatusID, e.Status)+source(e), verdict(e)))
		}
	}
	if n := p.Counts[parcel.ReasonDuplicateScan]; n > 0 {
		b.WriteString(fmt.Sprintf("\nDuplicate scans ignored: %d\n", n))
	}
	return b.String()
}

// verdict is a decision in a sentence: "not mailed: late scan".
func verdict(e parcel.Entry) string {
	switch {
	case e.Sent:
		return "mail: " + e.Mail.Words()
	case e.Mail != "":
		return fmt.Sprintf("not mailed (%s): %s", e.Mail.Words(), e.Reason)
	}
	return "not mailed: " + string(e.Reason)
}

// source says where a scan came from, if not from a webhook.
func source(e parcel.Entry) string {
	if e.Polled {
		return " (found by asking)"
	}
	return ""
}

// remark is what an operator has to know of a mail beyond its state.
func remark(m parcel.Mail) string {
	var said []string
	if m.Tries > 1 {
		said = append(said, fmt.Sprintf("%d tries", m.Tries))
	}
	if m.Why != "" {
		said = append(said, m.Why)
	}
	switch {
	case m.Unproven > 0 && m.State == parcel.MailAccepted:
		said = append(said, fmt.Sprintf("may be there twice: no answer to %d earlier tries", m.Unproven))
	case m.Unproven > 0:
		said = append(said, fmt.Sprintf("may have been sent: no answer to %d tries", m.Unproven))
	}
	switch {
	case m.State != parcel.MailWaiting || m.NotBefore.IsZero():
	case m.Tries == 0:
		said = append(said, fmt.Sprintf("held until %s: %s", at(m.NotBefore), m.Held))
	default:
		said = append(said, "tried again at "+at(m.NotBefore))
	}
	return strings.Join(said, "; ")
}

func at(t time.Time) string { return t.UTC().Format(clock) }

func words(p parcel.Phase) string { return strings.ReplaceAll(string(p), "_", " ") }

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
