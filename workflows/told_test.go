package workflows_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"waybill/contract"
	"waybill/parcel"
)

// A recorder leaves out what it has told the run. Several may tell it different things meanwhile.
func TestAScanHasTheFactsThatItNames(t *testing.T) {
	s := newShop(t)
	s.policy.Mails[parcel.MailAnnounced] = true
	jane := parcel.Recipient{Name: "Jane Doe", Email: "jane.doe@example.com", Country: "NL"}
	tell := func(after time.Duration, phase parcel.Phase, facts parcel.Facts, as, name string) {
		s.at(after, func() {
			scan := s.scanOf(after, phase)
			scan.Facts, scan.FactsAs, scan.FactsName = facts, as, name
			s.env.SignalWorkflow(string(contract.StatusChanged), scan)
		})
	}
	tell(0, parcel.Announced, parcel.Facts{Recipient: jane, OrderNumber: "1042"}, "", "a")
	tell(day, parcel.InTransit, parcel.Facts{TrackingNumber: "3SWAYB1"}, "a", "b")
	tell(2*day, parcel.OutForDelivery, parcel.Facts{}, "b", "")
	tell(2*day+time.Hour, parcel.AttemptFailed, parcel.Facts{Recipient: parcel.Recipient{Email: "j.doe@example.com"}}, "b", "c")
	tell(3*day, parcel.Delivered, parcel.Facts{}, "b", "")
	s.run()
	whole := parcel.Facts{Recipient: jane, OrderNumber: "1042"}
	tracked := whole
	tracked.TrackingNumber = "3SWAYB1"
	moved := tracked
	moved.Recipient.Email = "j.doe@example.com"
	var told []parcel.Facts
	for _, order := range s.posts {
		told = append(told, order.Facts)
	}
	require.Equal(t, []parcel.Facts{whole, tracked, tracked, moved, tracked}, told, "what another recorder says is not lost, nor what this one says again")
}

// Names are digests of the facts. Whoever tells other facts under one forges it.
func TestAForgedNameOfFactsChangesNoLaterScan(t *testing.T) {
	s := newShop(t)
	tell := func(after time.Duration, phase parcel.Phase, email, as, name string) {
		s.at(after, func() {
			scan := s.scanOf(after, phase)
			scan.Facts, scan.FactsAs, scan.FactsName = parcel.Facts{}, as, name
			if email != "" {
				scan.Facts.Recipient = parcel.Recipient{Email: email, Country: "NL"}
			}
			s.env.SignalWorkflow(string(contract.StatusChanged), scan)
		})
	}
	tell(0, parcel.InTransit, "jane.doe@example.com", "", "a")
	tell(time.Hour, parcel.InTransit, "thief@example.com", "", "a")
	tell(day, parcel.OutForDelivery, "", "a", "")
	s.run()
	require.Equal(t, "jane.doe@example.com", s.posts[len(s.posts)-1].Facts.Recipient.Email)
}

// It cannot happen: and if it does, the scan counts with what is known.
func TestAScanThatNamesUnknownFactsCounts(t *testing.T) {
	s := newShop(t)
	s.scan(0, parcel.InTransit)
	s.at(day, func() {
		scan := s.scanOf(day, parcel.Delivered)
		scan.Facts, scan.FactsAs = parcel.Facts{}, "never told"
		s.env.SignalWorkflow(string(contract.StatusChanged), scan)
	})
	require.Equal(t, parcel.Delivered, s.run().Phase)
	require.Equal(t, []parcel.MailKind{parcel.MailShipped, parcel.MailDelivered}, s.kinds())
}
