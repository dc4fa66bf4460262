package parcel_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"waybill/parcel"
)

// Webhooks and version 3 of the API name the group of parcels that go together differently.
// Parcels in two groups get a mail each, for the rest of their way; and a mail that has joined
// a group is waited for there.
func TestParcelsThatGoTogetherStayTogether(t *testing.T) {
	for _, c := range []struct {
		name string
		// scans are what Sendcloud tells of the group, oldest first.
		scans []groupTold
		group string
	}{
		{"the name of the webhook stays", []groupTold{{parcel.InTransit, "webhook", false, 0}, {parcel.OutForDelivery, "api", true, 1}}, "webhook"},
		{"whatever is polled of where the parcel is", []groupTold{{parcel.InTransit, "webhook", false, 0}, {parcel.Informational, "api", true, 1}}, "webhook"},
		{"and late", []groupTold{{parcel.InTransit, "webhook", false, 1}, {parcel.Announced, "api", true, 0}}, "webhook"},
		{"a webhook corrects the name of the API", []groupTold{{parcel.Announced, "api", true, 0}, {parcel.InTransit, "webhook", false, 1}}, "webhook"},
		{"also one that places nothing", []groupTold{{parcel.Announced, "api", true, 0}, {parcel.Informational, "webhook", false, 1}}, "webhook"},
		{"but not under a mail that waits for its siblings", []groupTold{{parcel.InTransit, "api", true, 0}, {parcel.Informational, "webhook", false, 1}}, "api"},
		{"a report without a group takes nothing away", []groupTold{{parcel.InTransit, "webhook", false, 0}, {parcel.OutForDelivery, "", false, 1}}, "webhook"},
	} {
		t.Run(c.name, func(t *testing.T) {
			policy, now := live(), monday(t, "09:00")
			policy.Together = 10 * time.Minute
			p := parcel.Parcel{Integration: "demo", ID: 1}
			for _, told := range c.scans {
				scan := scanOf(told.phase, now.Add(time.Duration(told.minute)*time.Minute))
				scan.Polled = told.polled
				if told.group != "" {
					scan.Facts.Collo = parcel.Collo{UUID: told.group, Count: 2}
				}
				take(&p, scan, policy, now.Add(time.Hour))
			}
			require.Equal(t, c.group, p.Facts.Collo.UUID)
		})
	}
}

type groupTold struct {
	phase  parcel.Phase
	group  string
	polled bool
	minute int
}
