package parcel

import (
	"fmt"
	"strings"
	"time"
)

// What is known of a parcel in words, for operators and support staff: the same
// in Temporal's UI and on the command line. No personal data is in them.

// Words is the phase as people say it; empty if no scan has placed the parcel.
func (p Phase) Words() string { return strings.ReplaceAll(string(p), "_", " ") }

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
	case e.Sent:
		return "mail: " + e.Mail.Words()
	case e.Mail != "":
		return fmt.Sprintf("not mailed (%s): %s", e.Mail.Words(), e.Reason)
	case e.Reason == ReasonLook:
		return string(e.Reason)
	}
	return "not mailed: " + string(e.Reason)
}

// Remark is what an operator has to know of a mail beyond its state.
func (m Mail) Remark() string {
	var said []string
	if m.Tries > 1 {
		said = append(said, fmt.Sprintf("%d tries", m.Tries))
	}
	if m.Reached > 0 {
		said = append(said, fmt.Sprintf("about %d of the parcels that go together", m.Reached))
	}
	if m.Why != "" {
		said = append(said, m.Why)
	}
	if m.Report != nil {
		what := string(m.Report.Kind)
		if m.Report.Why != "" {
			what += " (" + m.Report.Why + ")"
		}
		said = append(said, what+" "+Clock(m.Report.At))
	}
	if m.Twice {
		said = append(said, "went out twice")
	}
	switch {
	case m.Unproven > 0 && m.State == MailAccepted && !m.Twice:
		said = append(said, fmt.Sprintf("may be there twice: no answer to %d earlier tries", m.Unproven))
	case m.Unproven > 0:
		said = append(said, fmt.Sprintf("may have been sent: no answer to %d tries", m.Unproven))
	}
	switch {
	case m.State != MailWaiting || m.NotBefore.IsZero():
	case m.Tries == 0:
		said = append(said, fmt.Sprintf("held until %s: %s", Clock(m.NotBefore), m.Held))
	default:
		said = append(said, "tried again at "+Clock(m.NotBefore))
	}
	return strings.Join(said, "; ")
}

// Words is an order in words: "PauseMails", or why it was refused.
func (o OrderEntry) Words() string {
	if o.Refused != "" {
		return o.What + " (refused: " + o.Refused + ")"
	}
	return o.What
}

// Clock is a moment as people read it, in UTC: "Mon 2 Nov 08:02".
func Clock(t time.Time) string { return t.UTC().Format("Mon 2 Jan 15:04") }
