package parcel_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"waybill/delivery"
	"waybill/parcel"
)

// accepted is a parcel whose first mail was taken under the id "one".
func accepted(t *testing.T) (parcel.Parcel, time.Time) {
	t.Helper()
	p, now := through(t, live(), parcel.InTransit)
	settle(t, &p, live(), now, delivery.WasAccepted, "one")
	return p, now
}

// report has the provider report on the first mail.
func report(p *parcel.Parcel, kind delivery.ReportKind, now time.Time) {
	step(p, live(), now, func() {
		p.Report(delivery.Report{Key: p.Mails[0].Key, Kind: kind, At: now, MessageID: "one"}, now)
	})
}

func TestAnAddressThatBouncedGetsNoMoreMails(t *testing.T) {
	p, now := accepted(t)
	report(&p, delivery.Bounced, now)
	require.Equal(t, parcel.AttentionBounced, p.Attention)
	e := take(&p, scanOf(parcel.OutForDelivery, now.Add(time.Hour)), live(), now.Add(time.Hour))
	require.Equal(t, parcel.ReasonBounced, e.Reason)
	require.False(t, e.Reason.Sends())
	take(&p, scanOf(parcel.Delivered, now.Add(2*time.Hour)), live(), now.Add(2*time.Hour))
	require.Equal(t, []delivery.State{delivery.Accepted, delivery.Parked, delivery.Parked}, states(p))

	later := now.Add(3 * time.Hour)
	order(t, &p, "change-recipient", parcel.Input{Email: "jane@example.com"}, live(), later)
	require.Empty(t, p.Attention)
	require.Equal(t, []delivery.State{delivery.Accepted, delivery.Dropped, delivery.Sending}, states(p), "old news is dropped, the rest leaves")
	require.Equal(t, "overtaken by delivered", p.Mails[1].Why)
	report(&p, delivery.Spam, later)
	require.Empty(t, p.Silenced, "that was the old address")
}

func TestACorrectedAddressThatBouncesTooIsSeen(t *testing.T) {
	p, now := accepted(t)
	report(&p, delivery.Bounced, now)
	take(&p, scanOf(parcel.OutForDelivery, now.Add(time.Hour)), live(), now.Add(time.Hour))
	later := now.Add(2 * time.Hour)
	order(t, &p, "change-recipient", parcel.Input{Email: "jane@example.com"}, live(), later)
	settle(t, &p, live(), later, delivery.WasAccepted, "two")
	require.True(t, p.Mails[1].Decided.Before(later), "the mail was decided before the address was changed")
	step(&p, live(), later, func() {
		p.Report(delivery.Report{Key: p.Mails[1].Key, Kind: delivery.Bounced, At: later, MessageID: "two"}, later)
	})
	require.Equal(t, parcel.AttentionBounced, p.Attention)
	require.Equal(t, parcel.ReasonBounced, p.Silenced)
}

func TestAnAddressThatSendcloudCorrectsIsAnotherOne(t *testing.T) {
	p, now := accepted(t)
	report(&p, delivery.Bounced, now)
	corrected := scanOf(parcel.OutForDelivery, now.Add(time.Hour))
	corrected.Facts.Recipient.Email = "jane@example.com"
	take(&p, corrected, live(), now.Add(time.Hour))
	require.Empty(t, p.Silenced)
	require.Equal(t, []delivery.State{delivery.Accepted, delivery.Sending}, states(p))
}

func TestWhatWaitsWhenAnAddressBouncesWaitsForAnother(t *testing.T) {
	held := live()
	held.Hold = time.Hour
	p, now := accepted(t)
	take(&p, scanOf(parcel.OutForDelivery, now), held, now)
	require.Equal(t, []delivery.State{delivery.Accepted, delivery.Waiting}, states(p))
	bounce := delivery.Report{Kind: delivery.Bounced, At: now} // of the last mail that was accepted
	require.True(t, p.Matters(bounce))
	step(&p, held, now, func() { p.Report(bounce, now) })
	require.Equal(t, "a mail to this address bounced: change the recipient's address", p.Mails[1].Why)
	judged := order(t, &p, "retry-mails", parcel.Input{}, held, now) // an operator may insist
	require.True(t, judged[0].Leaves)
	require.Equal(t, delivery.Sending, p.Mails[1].State)
}

func TestADroppedMailSilencesOnlyWhatTheRecipientWants(t *testing.T) {
	p, now := accepted(t)
	report(&p, delivery.NotTried, now)
	require.Equal(t, parcel.AttentionDropped, p.Attention)
	require.Empty(t, p.Silenced)
	report(&p, delivery.Unsubscribed, now)
	require.Equal(t, parcel.ReasonUnwanted, p.Silenced)
}

// Sendcloud has no address of the recipient, who then tells support of one.
func TestTheNewestNewsGoesToAnAddressThatWasNotKnown(t *testing.T) {
	anonymous := func(phase parcel.Phase, at time.Time) parcel.Scan {
		s := scanOf(phase, at)
		s.Facts.Recipient.Email = ""
		return s
	}
	now := monday(t, "09:00")
	p := parcel.Parcel{Integration: "demo", ID: 1}
	take(&p, anonymous(parcel.InTransit, now), live(), now)
	require.Equal(t, parcel.ReasonNoAddress, take(&p, anonymous(parcel.OutForDelivery, now.Add(time.Hour)), live(), now.Add(time.Hour)).Reason)
	require.Empty(t, p.Mails)
	later := now.Add(2 * time.Hour)
	judged := order(t, &p, "change-recipient", parcel.Input{Email: "jane@example.com"}, live(), later)
	require.Len(t, judged, 1)
	require.Equal(t, parcel.MailOutForDelivery, judged[0].Mail)
	require.True(t, judged[0].Leaves)
	require.Equal(t, []delivery.State{delivery.Sending}, states(p))
	require.Equal(t, now.Add(time.Hour), p.Mails[0].About.Happened, "the mail says when it was")
	last := p.Ledger[len(p.Ledger)-1]
	require.Equal(t, parcel.AddressKnown, last.Due)
	require.Equal(t, parcel.MailOutForDelivery, last.Mail)
	again := take(&p, scanOf(parcel.OutForDelivery, later), live(), later)
	require.False(t, again.Reason.Sends(), "it was told: %s", again.Reason)
	require.Empty(t, order(t, &p, "change-recipient", parcel.Input{Email: "jane.doe@example.com"}, live(), later), "once")

	old := parcel.Parcel{Integration: "demo", ID: 2}
	take(&old, anonymous(parcel.InTransit, now), live(), now)
	later = now.AddDate(0, 0, 10)
	require.Empty(t, order(t, &old, "change-recipient", parcel.Input{Email: "jane@example.com"}, live(), later), "it is no news any more")

	fetched := parcel.Parcel{Integration: "demo", ID: 3}
	take(&fetched, anonymous(parcel.InTransit, now), live(), now)
	collected := anonymous(parcel.Delivered, now.Add(time.Hour))
	collected.Note = parcel.Collected
	take(&fetched, collected, live(), now.Add(time.Hour))
	order(t, &fetched, "change-recipient", parcel.Input{Email: "jane@example.com"}, live(), now.Add(2*time.Hour))
	require.True(t, fetched.Mails[0].About.Collected, "the mail knows that the recipient collected it")
}
