package parcel_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"waybill/parcel"
)

// accepted is a parcel whose first mail was taken under the id "one".
func accepted(t *testing.T) (parcel.Parcel, parcel.Policy, time.Time) {
	t.Helper()
	p := mailed(t, parcel.InTransit)
	policy := parcel.DefaultPolicy()
	policy.Mode, policy.Hold = parcel.Live, 0
	now := monday(t, "09:10")
	m := p.NextMail()
	m.Tries++
	m.Accepted("one", now)
	return p, policy, now
}

func report(p parcel.Parcel, kind parcel.ReportKind, at time.Time) parcel.MailReport {
	return parcel.MailReport{Key: p.Mails[0].Key, Kind: kind, At: at, MessageID: "one"}
}

func TestMostReportsChangeNothing(t *testing.T) {
	p, _, now := accepted(t)
	for _, kind := range []parcel.ReportKind{parcel.ReportProcessed, parcel.ReportDeferred, parcel.ReportDelivered, parcel.ReportBlocked} {
		require.False(t, p.Heeds(report(p, kind, now)), kind)
	}
	for _, kind := range []parcel.ReportKind{parcel.ReportDropped, parcel.ReportUnwanted, parcel.ReportBounced, parcel.ReportSpam} {
		require.True(t, p.Heeds(report(p, kind, now)), kind)
	}
	foreign := report(p, parcel.ReportBounced, now)
	foreign.Key = "another"
	require.False(t, p.Heeds(foreign))
	p.Report(foreign, now)
	require.Empty(t, p.MailTrouble)
}

func TestTheMostTellingReportStays(t *testing.T) {
	p, _, now := accepted(t)
	p.Report(report(p, parcel.ReportBounced, now), now)
	require.False(t, p.Heeds(report(p, parcel.ReportBounced, now)), "told twice")
	require.False(t, p.Heeds(report(p, parcel.ReportDelivered, now.Add(time.Hour))))
	p.Report(report(p, parcel.ReportDelivered, now.Add(time.Hour)), now)
	require.Equal(t, parcel.ReportBounced, p.Mails[0].Report.Kind)
	require.True(t, p.Heeds(report(p, parcel.ReportSpam, now)))

	p, _, now = accepted(t)
	p.Report(report(p, parcel.ReportBlocked, now), now)
	p.Report(report(p, parcel.ReportDelivered, now.Add(-time.Minute)), now)
	require.Equal(t, parcel.ReportBlocked, p.Mails[0].Report.Kind, "it was delivered nowhere before")
	require.True(t, p.Heeds(report(p, parcel.ReportDelivered, now.Add(time.Minute))))
	p.Report(report(p, parcel.ReportDelivered, now.Add(time.Minute)), now)
	require.Equal(t, parcel.ReportDelivered, p.Mails[0].Report.Kind, "it came through after all")
}

func TestAReportProvesAMailThatNobodyKnewOf(t *testing.T) {
	p := mailed(t, parcel.InTransit)
	now := monday(t, "09:10")
	m := p.NextMail()
	m.Tries++
	m.Unanswered(now)
	require.True(t, p.Heeds(report(p, parcel.ReportProcessed, now)))
	p.Report(report(p, parcel.ReportProcessed, now), now)
	require.Equal(t, parcel.MailAccepted, p.Mails[0].State)
	require.Equal(t, "one", p.Mails[0].MessageID)
	second := report(p, parcel.ReportProcessed, now)
	second.MessageID = "two"
	require.True(t, p.Heeds(second))
	p.Report(second, now)
	require.True(t, p.Mails[0].Twice)
	require.Equal(t, 1, p.SentTwice())
	require.False(t, p.Heeds(second), "that is known now")
}

func TestAReportMayComeBeforeTheAnswer(t *testing.T) {
	p := mailed(t, parcel.InTransit)
	now := monday(t, "09:10")
	m := p.NextMail()
	m.State, m.Tries = parcel.MailSending, 1
	require.True(t, p.Heeds(report(p, parcel.ReportProcessed, now)))
	p.Report(report(p, parcel.ReportProcessed, now), now)
	require.Equal(t, parcel.MailSending, p.Mails[0].State)
	m.Unanswered(now)
	require.Equal(t, parcel.MailAccepted, p.Mails[0].State, "the answer was lost, the mail was not")
	require.Equal(t, "one", p.Mails[0].MessageID)
	require.Zero(t, p.Mails[0].Unproven)
}

func TestAParkedMailThatTurnsOutToHaveGoneIsNotParkedAnyMore(t *testing.T) {
	p := mailed(t, parcel.InTransit)
	now := monday(t, "09:10")
	m := p.NextMail()
	for range 3 {
		m.Tries++
		m.Unanswered(now)
	}
	require.Equal(t, parcel.MailParked, m.State)
	p.Report(report(p, parcel.ReportDelivered, now), now)
	require.Equal(t, parcel.MailAccepted, p.Mails[0].State)
	require.Empty(t, p.Mails[0].Why)
}

func TestAnAddressThatBouncedGetsNoMoreMails(t *testing.T) {
	p, policy, now := accepted(t)
	p.Report(report(p, parcel.ReportBounced, now), now)
	require.Equal(t, parcel.AttentionBounced, p.MailTrouble)
	tell := func(phase parcel.Phase, at time.Time) parcel.Decision {
		s := parcel.Scan{ID: string(phase) + at.String(), Phase: phase, At: at, Facts: parcel.Facts{Recipient: parcel.Recipient{Email: "jane.doe@example.com"}}}
		d := parcel.Decide(p, s, policy, at)
		p.Record(s, d)
		return d
	}
	d := tell(parcel.OutForDelivery, now.Add(24*time.Hour))
	require.Equal(t, parcel.ReasonBounced, d.Reason)
	require.False(t, d.Send)
	require.Len(t, p.Parked(), 1)
	require.Nil(t, p.NextMail())
	tell(parcel.Delivered, now.Add(30*time.Hour))
	require.Equal(t, parcel.MailSuperseded, p.Mails[1].State, "old news does not wait")
	require.Len(t, p.Parked(), 1)

	later := now.Add(31 * time.Hour)
	p.ChangeRecipient(parcel.Recipient{Email: "jane@example.com"}, later)
	require.Empty(t, p.MailTrouble)
	require.Empty(t, p.Silenced)
	require.Equal(t, parcel.MailDelivered, p.NextMail().Kind)
	p.Report(report(p, parcel.ReportSpam, later), later)
	require.Empty(t, p.Silenced, "that was the old address")
}

func TestWhatWaitsWhenAnAddressBouncesWaitsForAnother(t *testing.T) {
	p := mailed(t, parcel.InTransit, parcel.OutForDelivery)
	now := monday(t, "10:10")
	p.Mails[0].State, p.Mails[0].Tries, p.Mails[0].Why = parcel.MailAccepted, 1, ""
	bounce := parcel.MailReport{Kind: parcel.ReportBounced, At: now} // of the last mail that was accepted
	require.True(t, p.Heeds(bounce))
	p.Report(bounce, now)
	require.Equal(t, parcel.MailParked, p.Mails[1].State)
	require.Equal(t, "a mail to this address bounced: change the recipient's address", p.Mails[1].Why)
	require.Equal(t, 1, p.Retry(nil), "an operator may insist")
}

func TestADroppedMailSilencesOnlyWhatTheRecipientWants(t *testing.T) {
	p, _, now := accepted(t)
	p.Report(report(p, parcel.ReportDropped, now), now)
	require.Equal(t, parcel.AttentionDropped, p.MailTrouble)
	require.Empty(t, p.Silenced)
	p.Report(report(p, parcel.ReportUnwanted, now), now)
	require.Equal(t, parcel.ReasonUnwanted, p.Silenced)
}
