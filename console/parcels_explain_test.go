package console

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"waybill/parcel"
)

func TestExplainTellsTheStoryOfAParcel(t *testing.T) {
	nine := time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)
	policy := parcel.DefaultPolicy()
	policy.Mode = parcel.Live
	p := parcel.Parcel{Integration: "my-shop", ID: 364000001}
	facts := parcel.Facts{
		Recipient: parcel.Recipient{Name: "Jane Doe", Email: "jane.doe@example.com"},
		Collo:     parcel.Collo{UUID: "u", Nr: 1, Count: 3},
	}
	for _, s := range []parcel.Scan{
		{StatusID: 3, Status: "En route to sorting center", Phase: parcel.InTransit, At: nine},
		{StatusID: 3, Status: "En route to sorting center", Phase: parcel.InTransit, At: nine},
		{StatusID: 92, Status: "Driver en route", Phase: parcel.OutForDelivery, At: nine.Add(time.Minute), Polled: true},
	} {
		s.Facts = facts
		p.Record(s, parcel.Decide(p, s, policy, s.At))
	}
	var said strings.Builder
	require.NoError(t, explain(&said, p, "v7 9f86d081"))
	require.Equal(t, `Parcel 364000001 of my-shop: out for delivery, parcel 2 of 3 that go together.
The worker that answered follows policy v7 9f86d081. All times are UTC.

SCAN             STATUS                                DECISION                POLICY
Mon 2 Nov 09:00  3 En route to sorting center          mail: shipped           default-1
Mon 2 Nov 09:01  92 Driver en route (found by asking)  mail: out for delivery  default-1

MAIL              STATE       DECIDED          REMARK
shipped           superseded  Mon 2 Nov 09:00  overtaken by out for delivery
out for delivery  waiting     Mon 2 Nov 09:01  held until Mon 2 Nov 2026, 09:11 UTC: for the parcels that go with it

1 duplicates of these scans were ignored.

IF NO SCAN COMES  WHAT HAPPENS
Mon 9 Nov 09:01   no scan for too long
Thu 17 Dec 09:01  given up
`, said.String())
	require.NotContains(t, said.String(), "Jane")
}

func TestExplainRefusesAnArgumentThatNamesNoParcel(t *testing.T) {
	require.Contains(t, start(t, []string{"parcels", "explain", "my-shop", "W1042"}), `"W1042" is no parcel`)
	require.Contains(t, start(t, []string{"parcels", "explain", "My Shop", "1"}), "cannot be an integration's name")
	require.Contains(t, start(t, []string{"parcels", "explain", "my-shop"}), "name the integration and the parcel, as in: waybill parcels explain my-shop 364000001")
}
