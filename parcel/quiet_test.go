package parcel_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"waybill/parcel"
)

// decided is when a first scan of a parcel is mailed, decided at a moment.
func decided(t *testing.T, country, now string, bend func(*parcel.Policy)) parcel.Decision {
	t.Helper()
	at, err := time.Parse(time.RFC3339, now)
	require.NoError(t, err)
	policy := parcel.DefaultPolicy()
	policy.Mode, policy.Hold = parcel.Live, 0
	if bend != nil {
		bend(&policy)
	}
	scan := parcel.Scan{
		Phase: parcel.InTransit, At: at, ReceivedAt: at,
		Facts: parcel.Facts{Recipient: parcel.Recipient{Email: "jane.doe@example.com", Country: country}},
	}
	d := parcel.Decide(parcel.Parcel{}, scan, policy, at)
	require.True(t, d.Send)
	return d
}

func TestTheMorningComesWhereTheRecipientIs(t *testing.T) {
	for _, c := range []struct{ name, country, now, want string }{
		{"by day", "NL", "2026-11-02T12:00:00Z", ""},
		{"the last minute of the day", "NL", "2026-11-02T19:59:59Z", ""},
		{"the first of the night", "NL", "2026-11-02T20:00:00Z", "2026-11-03T07:00:00Z"},
		{"the last of the night", "NL", "2026-11-03T06:59:59Z", "2026-11-03T07:00:00Z"},
		{"summer time", "NL", "2026-07-02T19:00:00Z", "2026-07-03T06:00:00Z"},
		{"the night when summer begins", "NL", "2026-03-28T21:00:00Z", "2026-03-29T06:00:00Z"},
		{"the night when summer ends", "NL", "2026-10-24T21:00:00Z", "2026-10-25T07:00:00Z"},
		{"the end of a year", "PL", "2026-12-31T22:00:00Z", "2027-01-01T07:00:00Z"},
		{"half an hour off", "IN", "2026-11-02T16:00:00Z", "2026-11-03T02:30:00Z"},
		{"ahead of us", "NZ", "2026-11-02T09:00:00Z", "2026-11-02T19:00:00Z"},
		{"two zones: it is day in one of them", "ES", "2026-11-02T07:30:00Z", "2026-11-02T08:00:00Z"},
		{"two zones: night begins in the east", "US", "2026-11-03T02:30:00Z", "2026-11-03T16:00:00Z"},
		{"a country that we do not know", "ZZ", "2026-11-02T20:00:00Z", "2026-11-03T07:00:00Z"},
	} {
		d := decided(t, c.country, c.now, nil)
		if c.want == "" {
			require.Zero(t, d.NotBefore, c.name)
			require.Empty(t, d.Held, c.name)
			continue
		}
		require.Equal(t, c.want, d.NotBefore.Format(time.RFC3339), c.name)
		require.Equal(t, parcel.HeldForNight, d.Held, c.name)
	}
}

func TestNightsOfOtherPolicies(t *testing.T) {
	noon := func(p *parcel.Policy) { p.QuietFrom, p.QuietTo = 12*time.Hour, 14*time.Hour }
	require.Equal(t, "2026-11-02T13:00:00Z", decided(t, "NL", "2026-11-02T11:30:00Z", noon).NotBefore.Format(time.RFC3339), "a night at noon")
	require.Zero(t, decided(t, "NL", "2026-11-02T13:00:00Z", noon).NotBefore)
	none := func(p *parcel.Policy) { p.QuietFrom, p.QuietTo = 0, 0 }
	require.Zero(t, decided(t, "NL", "2026-11-02T23:30:00Z", none).NotBefore, "no night")
	always := func(p *parcel.Policy) { p.QuietFrom, p.QuietTo = 10*time.Hour, 9*time.Hour }
	require.Zero(t, decided(t, "AU", "2026-11-02T12:00:00Z", always).NotBefore, "a day that never comes everywhere stops no mail")
	nowhere := func(p *parcel.Policy) { p.QuietZone = "Mars" }
	require.Equal(t, "2026-11-03T08:00:00Z", decided(t, "", "2026-11-02T22:00:00Z", nowhere).NotBefore.Format(time.RFC3339), "UTC then")
}

func TestAZoneIsOneThatExists(t *testing.T) {
	require.True(t, parcel.ValidZone("Europe/Amsterdam"))
	for _, name := range []string{"", "Local", "Mars", "../etc/passwd"} {
		require.False(t, parcel.ValidZone(name), name)
	}
}
