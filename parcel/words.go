package parcel

import (
	"fmt"
	"strings"
)

// Words for operators, without personal data: in Temporal's UI and on the command line.

// Words is the phase as people say it; empty if no scan has placed the parcel.
func (p Phase) Words() string { return strings.ReplaceAll(string(p), "_", " ") }

// Words is the kind as people say it.
func (k MailKind) Words() string { return strings.ReplaceAll(string(k), "_", " ") }

// Seen is a scan in words: "92 Driver en route".
func (e Entry) Seen() string {
	if e.Due != "" {
		return string(e.Due)
	}
	seen := fmt.Sprintf("%d %s", e.StatusID, e.Status)
	if e.Polled {
		seen += " (found by asking)"
	}
	return seen
}

// Verdict is a decision in a sentence: "not mailed: late scan".
func (e Entry) Verdict() string {
	switch {
	case e.Reason.Sends():
		return "mail: " + e.Mail.Words()
	case e.Mail != "":
		return fmt.Sprintf("not mailed (%s): %s", e.Mail.Words(), e.Reason)
	case e.Reason == ReasonLook:
		return string(e.Reason)
	}
	return "not mailed: " + string(e.Reason)
}

// Remark is what an operator has to know of a mail beyond its state.
func Remark(m Mail) string {
	remark := m.Remark(string(m.About.Held))
	if n := m.About.Reached; n > 0 {
		remark = strings.TrimSuffix(fmt.Sprintf("about %d of the parcels that go together; %s", n, remark), "; ")
	}
	return remark
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
