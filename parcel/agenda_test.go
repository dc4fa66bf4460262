package parcel_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"waybill/parcel"
)

// waiting is a parcel that waits to be collected since Tuesday at ten, and the
// live policy that it is under.
func waiting(t *testing.T, bend func(*parcel.Policy, *parcel.Facts)) (parcel.Parcel, parcel.Policy) {
	t.Helper()
	policy := parcel.DefaultPolicy()
	policy.Mode, policy.Hold = parcel.Live, 0
	s := pickupScan(t)
	if bend != nil {
		bend(&policy, &s.Facts)
	}
	p := parcel.Parcel{Integration: "demo", ID: 1}
	p.Record(s, parcel.Decide(p, s, policy, s.At))
	return p, policy
}

func pickupScan(t *testing.T) parcel.Scan {
	t.Helper()
	return parcel.Scan{
		Phase: parcel.AwaitingPickup, At: monday(t, "10:00").AddDate(0, 0, 1),
		Facts: parcel.Facts{Recipient: parcel.Recipient{Email: "jane.doe@example.com", Country: "NL"}},
	}
}

func occasions(p parcel.Parcel) []parcel.Occasion {
	var all []parcel.Occasion
	for _, a := range p.Agenda {
		all = append(all, a.What)
	}
	return all
}

func TestAReminderThatIsKeptADayLateIsNotSent(t *testing.T) {
	p, policy := waiting(t, nil)
	due := p.Agenda[0]
	require.Equal(t, parcel.PickupReminder, due.What)
	require.Equal(t, parcel.ReasonDue, parcel.DecideDue(p, policy, due.At.Add(24*time.Hour)).Reason)
	d := parcel.DecideDue(p, policy, due.At.Add(24*time.Hour+time.Second))
	require.Equal(t, parcel.ReasonTooLate, d.Reason)
	require.False(t, d.Send)
	require.NotContains(t, d.Agenda, due, "it is over all the same")
}

func TestAScanInTheMomentOfAReminderDoesNotLoseIt(t *testing.T) {
	p, policy := waiting(t, nil)
	due := p.Agenda[0]
	again := pickupScan(t)
	again.At = due.At.Add(time.Second)
	d := parcel.Decide(p, again, policy, due.At.Add(time.Second))
	require.Contains(t, d.Agenda, due)
}

func TestRemindersThatFallTogetherAreOne(t *testing.T) {
	p, _ := waiting(t, func(policy *parcel.Policy, _ *parcel.Facts) { policy.PickupDays = 3 })
	require.Equal(t, []parcel.Occasion{parcel.PickupLastDay, parcel.TooQuiet}, occasions(p))
	p, _ = waiting(t, func(policy *parcel.Policy, _ *parcel.Facts) { policy.PickupReminderDay = 0 })
	require.Equal(t, []parcel.Occasion{parcel.PickupLastDay, parcel.TooQuiet}, occasions(p))
	p, _ = waiting(t, func(policy *parcel.Policy, _ *parcel.Facts) { policy.StuckAbroad = 0 })
	require.Equal(t, []parcel.Occasion{parcel.PickupReminder, parcel.PickupLastDay}, occasions(p))
}

func TestOnlyACarrierThatSaysSoHasALastDay(t *testing.T) {
	p, _ := waiting(t, nil)
	require.Empty(t, p.Mails[0].About.KeptUntil)
	p, policy := waiting(t, func(_ *parcel.Policy, f *parcel.Facts) { f.CarrierCode = "mondial_relay" })
	require.Equal(t, "2026-11-08", p.Mails[0].About.KeptUntil)
	gone := parcel.Scan{Phase: parcel.Delivered, At: p.NewestAt().Add(time.Hour)}
	d := parcel.Decide(p, gone, policy, gone.At)
	require.Equal(t, parcel.MailDelivered, d.Mail)
	require.Empty(t, d.KeptUntil)
}

func TestWhereParcelsComeFromIsThePolicysIfNobodySays(t *testing.T) {
	at := func(origin, told string) time.Time {
		policy := parcel.DefaultPolicy()
		policy.Origin = origin
		s := parcel.Scan{Phase: parcel.InTransit, At: monday(t, "09:00"), Facts: parcel.Facts{
			Origin: told, Recipient: parcel.Recipient{Country: "NL"},
		}}
		return parcel.Decide(parcel.Parcel{}, s, policy, s.At).Agenda[0].At
	}
	abroad := monday(t, "09:00").AddDate(0, 0, 7)
	require.Equal(t, abroad, at("", ""))
	require.Equal(t, monday(t, "09:00").AddDate(0, 0, 3), at("NL", ""))
	require.Equal(t, abroad, at("NL", "DE"), "what is told counts more")
}

func TestTheLanguageIsThatOfTheRecipient(t *testing.T) {
	policy := parcel.DefaultPolicy()
	policy.Mode, policy.Language = parcel.Live, parcel.Italian
	policy.LanguageOf = map[string]parcel.Language{"BE": parcel.French}
	for _, c := range []struct {
		name, country string
		corrected     parcel.Language
		want          parcel.Language
	}{
		{"of the country", "DE", "", parcel.German},
		{"of the country, as the merchant has it", "BE", "", parcel.French},
		{"of the shop", "PL", "", parcel.Italian},
		{"of the shop, where nothing is known", "", "", parcel.Italian},
		{"what an operator says", "DE", parcel.Spanish, parcel.Spanish},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := parcel.Parcel{Corrected: parcel.Recipient{Language: c.corrected}}
			s := pickupScan(t)
			s.Facts.Recipient.Country = c.country
			require.Equal(t, c.want, parcel.Decide(p, s, policy, s.At).Language)
		})
	}
}

func TestANewLanguageIsThatOfMailsThatWaitToo(t *testing.T) {
	p, policy := waiting(t, nil)
	require.Equal(t, parcel.Dutch, p.Mails[0].About.Language)
	order(t, &p, "change-recipient", parcel.Input{Email: "jane@example.com", Language: parcel.French}, policy, p.NewestAt())
	require.Equal(t, parcel.French, p.Mails[0].About.Language)
}
