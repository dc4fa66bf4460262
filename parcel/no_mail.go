package parcel

import (
	"cmp"
	"fmt"
	"slices"

	"waybill/delivery"
)

// NoMail says why the recipient did not get the newest news of the parcel, in a sentence for the
// people of the shop, and names the order that mends it. Both are empty if the mail went out and
// nothing says that it did not arrive; the order is empty if none helps.
func (p *Parcel) NoMail() (why, order string) {
	parked := p.Mails.Parked()
	switch newest := p.newestNews(); {
	case p.Facts.IsReturn:
		return "No mail is sent because this is a return parcel: its recipient is the shop.", ""
	case p.Paused:
		return fmt.Sprintf("No mail is sent because the mails of this parcel are paused since %s.", delivery.Moment(p.PausedAt)), "resume-mails"
	case p.Silenced != "":
		return fmt.Sprintf("No mail is sent because %s. Later mails wait for another address.", p.Silenced), "change-recipient"
	case len(parked) > 0:
		last := parked[len(parked)-1]
		why = fmt.Sprintf("The mail “%s” was not sent because it failed for good: %s.", last.About.Kind.Words(), last.Why)
		if last.AddressRefused {
			return why, "change-recipient"
		}
		return why, "retry-mails"
	case newest == nil:
		return p.neverNews(), ""
	case p.mailOf(*newest) != nil:
		return notArrived(p.mailOf(*newest), p.Address)
	case newest.Reason.Sends(): // it was forgotten
		return "", ""
	default:
		return p.unsent(*newest)
	}
}

// newestNews is the newest line of the ledger that the recipient was to be told of, whatever came
// of it. Lines that repeat what was told before are passed over.
func (p *Parcel) newestNews() *Entry {
	told := []Reason{
		ReasonDuplicateScan, ReasonKnownAlready, ReasonLateScan, ReasonUnknownStatus, ReasonInformational, ReasonLook, ReasonSamePhase,
		ReasonAlreadyMailed, ReasonSameAttempt, ReasonRecipientKnowsMore, ReasonNoMailForPhase, ReasonAfterTheEnd, ReasonCancellationFailed,
	}
	for i := range slices.Backward(p.Ledger) {
		if !slices.Contains(told, p.Ledger[i].Reason) {
			return &p.Ledger[i]
		}
	}
	return nil
}

// neverNews is why no line is news.
func (p *Parcel) neverNews() string {
	if len(p.Ledger) == 0 {
		return "No mail was sent because Sendcloud has reported nothing of this parcel yet."
	}
	return fmt.Sprintf("No mail was sent because nothing has happened to this parcel that its recipient is told: %s.", p.Ledger[len(p.Ledger)-1].Reason)
}

// notArrived is why a mail that was decided did not arrive, as far as that is known.
func notArrived(m *Mail, address int) (why, order string) {
	what := fmt.Sprintf("The mail “%s”", m.About.Kind.Words())
	switch {
	case m.State == delivery.Accepted && m.Report != nil && m.Report.Kind.Bad() && m.Address() != address:
		return fmt.Sprintf("%s was sent to an earlier address and did not arrive: %s.", what, m.Report.Kind), "send-again"
	case m.State == delivery.Accepted && m.Report != nil && m.Report.Kind.Bad():
		return fmt.Sprintf("%s was sent and did not arrive: %s.", what, m.Report.Kind), "change-recipient"
	case m.State == delivery.Waiting && m.Tries == 0:
		return fmt.Sprintf("%s is held until %s: %s.", what, delivery.Moment(m.NotBefore), cmp.Or(m.About.Held, "other mails go first")), ""
	case m.State == delivery.Waiting:
		return fmt.Sprintf("%s was tried and got no answer. Proof is looked for at %s.", what, delivery.Moment(m.NotBefore)), ""
	case m.State == delivery.Sending:
		return what + " is being sent at the moment.", ""
	case m.State == delivery.Dropped, m.State == delivery.Superseded && m.ToldIn == "":
		return fmt.Sprintf("%s was not sent: %s.", what, m.Why), ""
	}
	return "", ""
}

// unsent is why no mail was decided.
func (p *Parcel) unsent(e Entry) (why, order string) {
	because := map[Reason]string{
		ReasonNoAddress:         "Sendcloud has no mail address of the recipient",
		ReasonShadow:            "the policy of the integration is in shadow mode: it decides and records everything, and sends nothing",
		ReasonSwitchedOff:       "the policy has this kind of mail switched off",
		ReasonStaleScan:         "the scan was too old when Waybill heard of it",
		ReasonOverWhenFirstSeen: "the parcel had come to its end before Waybill first heard of it",
		ReasonCapped:            "another mail about this parcel was sent a short while before",
		ReasonDelayedRecently:   "another mail about a delay was sent a short while before",
		ReasonNeverTold:         "the parcel was cancelled, and the recipient was never told of it",
		ReasonNoCarrier:         "no carrier scans this parcel: Sendcloud sets its statuses by its own clock",
		ReasonForOperations:     "the recipient can do nothing about the exception: it is for the people of the shop",
		ReasonTooLate:           "the time for it was over",
	}[e.Reason]
	what := "No mail was sent"
	if e.Mail != "" {
		what = fmt.Sprintf("The mail “%s” was not sent", e.Mail.Words())
	}
	switch {
	case e.Reason != ReasonNoAddress:
	case p.MailFacts().Recipient.Email != "":
		return what + " because no mail address of the recipient was known at that time. Later mails go to the address that is known now.", ""
	default:
		order = "change-recipient"
	}
	return fmt.Sprintf("%s because %s.", what, cmp.Or(because, string(e.Reason))), order
}
