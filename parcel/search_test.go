package parcel_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"waybill/parcel"
	"waybill/search"
)

func TestAParcelIsListedByWhatPeopleLookItUpBy(t *testing.T) {
	policy := parcel.DefaultPolicy()
	policy.Search = func(w search.Words) search.Terms {
		return search.Terms{Order: w.Order, Tracking: w.Tracking, Recipient: w.Email}
	}
	at := time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)
	p := parcel.Parcel{Integration: "demo", ID: 7}
	facts := parcel.Facts{OrderNumber: "1042", TrackingNumber: "3SYZ", Recipient: parcel.Recipient{Email: "jane.doe@example.com"}}
	take := func(facts parcel.Facts) {
		at = at.Add(time.Hour)
		require.NoError(t, p.Step(policy, at, func() error {
			p.Take(parcel.Scan{StatusID: 3, Phase: parcel.InTransit, At: at, Facts: facts}, policy, at)
			return nil
		}))
	}
	take(facts)
	require.Equal(t, search.Terms{Order: "1042", Tracking: "3SYZ", Recipient: "jane.doe@example.com"}, p.Search)
	change, _ := parcel.OrderNamed("change-recipient")
	_, err := p.Follow(change, parcel.Input{Email: "jane@example.org"}, policy, at)
	require.NoError(t, err)
	require.Equal(t, "jane@example.org", p.Search.Recipient, "people look for the address that the mails go to")
	facts.IsReturn = true
	take(facts)
	require.Equal(t, search.Terms{Order: "1042", Tracking: "3SYZ"}, p.Search, "the recipient of a return parcel is the merchant")
}
