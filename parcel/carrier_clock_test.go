package parcel_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"waybill/parcel"
)

// Some carriers send their local time as if it were UTC.
func TestACarriersClockIsBelievedWithinMinutesOnly(t *testing.T) {
	at := monday(t, "01:10")
	for name, test := range map[string]struct{ carrierAt, want time.Time }{
		"no carrier time":                {time.Time{}, at},
		"the carrier scanned it before":  {at.Add(-5 * time.Hour), at.Add(-5 * time.Hour)},
		"a clock that is a little fast":  {at.Add(10 * time.Minute), at.Add(10 * time.Minute)},
		"a clock that is too fast":       {at.Add(10*time.Minute + time.Second), at},
		"Amsterdam's summer time as UTC": {at.Add(2 * time.Hour), at},
		"a day ahead":                    {at.Add(24 * time.Hour), at},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, test.want, parcel.Scan{At: at, CarrierAt: test.carrierAt}.HappenedAt())
		})
	}
}

func TestAPickUpIsNotKeptADayTooLongByAFastClock(t *testing.T) {
	policy, now := live(), monday(t, "22:30") // 23:30 in Amsterdam
	p := parcel.Parcel{Integration: "demo", ID: 1}
	s := scanOf(parcel.AwaitingPickup, now)
	s.CarrierAt = now.Add(2 * time.Hour)
	s.Facts.CarrierCode, s.Facts.Recipient.Country = "dpd", "NL"
	take(&p, s, policy, now)
	require.Equal(t, now, p.WaitsSince)
	require.Equal(t, "2026-11-09", p.Mails[0].About.KeptUntil)
	require.Equal(t, now, p.Mails[0].About.Happened)
}
