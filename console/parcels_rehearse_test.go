package console

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"waybill/contract"
	"waybill/mail"
	"waybill/parcel"
)

func TestRehearseShowsWhatWillHappen(t *testing.T) {
	ten := time.Date(2026, 11, 3, 10, 0, 0, 0, time.UTC)
	policy := parcel.DefaultPolicy()
	policy.Mode = parcel.Live
	p := parcel.Parcel{Integration: "my-shop", ID: 364000001}
	scan := parcel.Scan{
		StatusID: 12, Phase: parcel.AwaitingPickup, At: ten,
		Facts: parcel.Facts{Origin: "NL", Recipient: parcel.Recipient{Name: "Jane Doe", Email: "jane.doe@example.com", Country: "NL"}},
	}
	p.Record(scan, parcel.Decide(p, scan, policy, ten))
	subjects, err := newSubjects("tracking@shop.example", "", mail.Shop{Name: "Example Shop"}, p)
	require.NoError(t, err)
	before := p
	rehearsal := func(p parcel.Parcel, now time.Time) (said string) {
		var out strings.Builder
		foreseen := contract.Rehearsal{Policy: policy.Version, Forecasts: parcel.Rehearse(p, policy, now)}
		require.NoError(t, rehearse(&out, p, foreseen, "which the worker that answered follows", subjects))
		return out.String()
	}
	require.Equal(t, `Parcel 364000001 of my-shop: awaiting pickup. If no scan comes, under policy default-1, which the worker that answered follows:

WHEN (UTC)        WHAT
Tue 3 Nov 10:03   mail leaves (awaiting pickup): "Je pakket van Example Shop ligt voor je klaar"
Thu 5 Nov 08:00   mail leaves (pickup reminder): "Je pakket van Example Shop ligt nog voor je klaar"
Mon 9 Nov 08:00   mail leaves (pickup last day): "Laatste herinnering: haal je pakket van Example Shop op"
Thu 12 Nov 23:00  no scan for too long: operations have to look (not collected)
Fri 18 Dec 10:00  given up: no scan for too long
`, rehearsal(p, ten.Add(time.Minute)))
	require.Equal(t, before, p, "a rehearsal changes nothing")

	policy.Mails[parcel.MailPickupReminder] = false
	p.Paused = true
	said := rehearsal(p, ten.Add(time.Minute))
	require.Contains(t, said, "Thu 5 Nov 08:00   pick-up reminder: not mailed (pickup reminder): mail switched off by policy\n")
	require.Contains(t, said, "Mon 9 Nov 08:00   last reminder to pick up: mail: pickup last day, held back\n")
	require.NotContains(t, said, "mail leaves")
	require.Contains(t, said, "none leaves until\n  waybill parcels resume my-shop/364000001\n")

	p.Advance(policy, ten, ten.AddDate(1, 0, 0))
	require.Contains(t, rehearsal(p, ten.AddDate(1, 0, 0)), "Nothing: it was closed at Fri 18 Dec 10:00 UTC.")
}

// The file that is rehearsed may not be what workers follow: the difference is said.
func TestAnotherPolicyIsRehearsedOnlyIfItIsNamed(t *testing.T) {
	p := parcel.Parcel{Integration: "my-shop", ID: 364000001}
	file := policyFile(t, "mode: live\n")
	said, whose, err := rehearsedUnder(file, p, contract.Rehearsal{Policy: "v7"})
	require.NoError(t, err)
	require.NotEmpty(t, said.Policy)
	require.Equal(t, "which is that of "+file+": the worker that answered follows policy v7", whose)
	_, whose, err = rehearsedUnder(file, p, contract.Rehearsal{Policy: said.Policy})
	require.NoError(t, err)
	require.Equal(t, "which the worker that answered follows too", whose)
	_, _, err = rehearsedUnder(policyFile(t, "mode: loud\n"), p, said)
	require.ErrorContains(t, err, "--policy: ")
}
