package parcel

import (
	"slices"

	"waybill/delivery"
	"waybill/words"
)

// NoMail says why the recipient did not get the newest news of the parcel, in a sentence for the
// people of the shop, and names the order that mends it. Both are empty if the mail went out and
// nothing says that it did not arrive; the order is empty if none helps.
func (p *Parcel) NoMail() (why *words.Text, order string) {
	parked := p.Mails.Parked()
	switch newest := p.newestNews(); {
	case p.Facts.IsReturn:
		return words.Say("no_mail.return"), ""
	case p.Paused:
		return words.Say("no_mail.paused", "Since", p.PausedAt), "resume-mails"
	case p.Silenced != "":
		return words.Say("no_mail.silenced", "Why", p.Silenced.say()), "change-recipient"
	case len(parked) > 0:
		last := parked[len(parked)-1]
		why = words.Say("no_mail.failed", "Mail", last.About.Kind.say(), "Why", words.Word("failure", last.Why))
		if last.AddressRefused {
			return why, "change-recipient"
		}
		return why, "retry-mails"
	case newest == nil:
		return p.neverNews(), ""
	case p.mailOf(*newest) != nil:
		return notArrived(p.mailOf(*newest), p.Address)
	case newest.Reason.Sends(): // it was forgotten
		return nil, ""
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
func (p *Parcel) neverNews() *words.Text {
	if len(p.Ledger) == 0 {
		return words.Say("no_mail.nothing_reported")
	}
	return words.Say("no_mail.no_news", "Why", p.Ledger[len(p.Ledger)-1].Reason.say())
}

// notArrived is why a mail that was decided did not arrive, as far as that is known.
func notArrived(m *Mail, address int) (why *words.Text, order string) {
	say := func(key string, pairs ...any) *words.Text {
		return words.Say("no_mail."+key, append(pairs, "Mail", m.About.Kind.say())...)
	}
	switch {
	case m.State == delivery.Accepted && m.Report != nil && m.Report.Kind.Bad() && m.Address() != address:
		return say("bad_earlier_address", "Report", words.Word("report", m.Report.Kind)), "send-again"
	case m.State == delivery.Accepted && m.Report != nil && m.Report.Kind.Bad():
		return say("bad_address", "Report", words.Word("report", m.Report.Kind)), "change-recipient"
	case m.State == delivery.Waiting && m.Tries == 0:
		held := words.Word("held", m.About.Held)
		if held == nil {
			held = words.Say("no_mail.others_first")
		}
		return say("held", "Until", m.NotBefore, "Why", held), ""
	case m.State == delivery.Waiting:
		return say("unanswered", "At", m.NotBefore), ""
	case m.State == delivery.Sending:
		return say("sending"), ""
	case m.State == delivery.Dropped, m.State == delivery.Superseded && m.ToldIn == "":
		return say("given_up", "Why", words.Word("failure", m.Why)), ""
	}
	return nil, ""
}

// unsent is why no mail was decided.
func (p *Parcel) unsent(e Entry) (why *words.Text, order string) {
	because := &words.Text{Key: "no_mail.because." + string(e.Reason), Else: string(e.Reason)}
	say := func(key string, pairs ...any) *words.Text {
		if e.Mail != "" {
			return words.Say("no_mail.mail_"+key, append(pairs, "Mail", e.Mail.say())...)
		}
		return words.Say("no_mail.any_"+key, pairs...)
	}
	switch {
	case e.Reason != ReasonNoAddress:
	case p.MailFacts().Recipient.Email != "":
		return say("address_since"), ""
	default:
		order = "change-recipient"
	}
	return say("unsent", "Why", because), order
}
