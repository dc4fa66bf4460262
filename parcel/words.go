package parcel

import (
	"strings"

	"waybill/words"
)

// Words for operators, without personal data: in Temporal's UI and on the command line.

// Words is the phase as people say it; empty if no scan has placed the parcel.
func (p Phase) Words() string { return strings.ReplaceAll(string(p), "_", " ") }

// Words is the kind as people say it.
func (k MailKind) Words() string { return strings.ReplaceAll(string(k), "_", " ") }

// say is the kind as a text.
func (k MailKind) say() *words.Text { return words.Word("mail_kind", k) }

// say is the reason as a text.
func (r Reason) say() *words.Text { return words.Word("reason", r) }

// Seen is a scan in words: "92 Driver en route".
func (e Entry) Seen() *words.Text {
	switch {
	case e.Due != "":
		return words.Word("occasion", e.Due)
	case e.Polled:
		return words.Say("parcel.seen_polled", "ID", e.StatusID, "Status", e.Status)
	}
	return words.Say("parcel.seen", "ID", e.StatusID, "Status", e.Status)
}

// Verdict is a decision in a sentence: "not mailed: late scan".
func (e Entry) Verdict() *words.Text {
	switch {
	case e.Reason.Sends():
		return words.Say("parcel.verdict_mail", "Mail", e.Mail.say())
	case e.Mail != "":
		return words.Say("parcel.verdict_no_such_mail", "Mail", e.Mail.say(), "Why", e.Reason.say())
	case e.Reason == ReasonLook:
		return e.Reason.say()
	}
	return words.Say("parcel.verdict_no_mail", "Why", e.Reason.say())
}

// Remark is what an operator has to know of a mail beyond its state.
func Remark(m Mail) *words.Text {
	var about *words.Text
	if n := m.About.Reached; n > 0 {
		about = words.Say("remark.about", "N", n)
	}
	return words.Join(about, m.Remark(words.Word("held", m.About.Held)))
}

// Who is who gave the order, as far as that was said; whoever reaches Temporal can say any name.
func (o OrderEntry) Who() string {
	if o.By != "" && o.Proof == "" {
		return o.By + " (unproven)"
	}
	return o.By
}

// Words is an order in words: "PauseMails", or why it was refused.
func (o OrderEntry) Words() string {
	if o.Refused != "" {
		return o.What + " (refused: " + o.Refused + ")"
	}
	return o.What
}

// Called is an order with the name that its button has, and why it was refused.
func (o OrderEntry) Called() *words.Text {
	what := words.Verbatim(o.What)
	if o.What == erase {
		what = words.Say("parcel.erase")
	}
	for _, one := range orders {
		if one.UpdateName() == o.What {
			what = one.Label()
		}
	}
	if o.Refused != "" {
		return words.Say("parcel.refused", "Order", what, "Why", words.Verbatim(o.Refused))
	}
	return what
}
