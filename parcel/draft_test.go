package parcel_test

import (
	"reflect"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"waybill/parcel"
)

func TestFactsWithChangesHaveEachOfThem(t *testing.T) {
	known := parcel.Facts{
		IsReturn: true, Recipient: parcel.Recipient{Name: "Jane Doe", Email: "jane.doe@example.com"}, CarrierCode: "dpd", CarrierName: "DPD", TrackingNumber: "1",
		TrackingURL: "https://tracking.example/1", OrderNumber: "1042", Origin: "NL", ServicePoint: 7, Collo: parcel.Collo{UUID: "u", Count: 2},
	}
	all := reflect.ValueOf(known)
	for i := range all.NumField() {
		require.False(t, all.Field(i).IsZero(), "%s has no value here", all.Type().Field(i).Name)
		changed := parcel.Facts{}
		reflect.ValueOf(&changed).Elem().Field(i).Set(all.Field(i))
		require.Equal(t, changed, parcel.Facts{}.With(changed), all.Type().Field(i).Name)
		others := known
		reflect.ValueOf(&others).Elem().Field(i).SetZero()
		require.Equal(t, known, others.With(changed), all.Type().Field(i).Name)
	}
	require.Equal(t, known, known.With(parcel.Facts{}))
}

// History has only how a step differs from its draft, so a draft has to foresee what scans usually
// come to.
func TestADraftForeseesWhatAScanComesTo(t *testing.T) {
	policy := live()
	p, at := through(t, policy, parcel.Announced, parcel.InTransit)
	for _, phase := range []parcel.Phase{parcel.InTransit, parcel.OutForDelivery, parcel.Delivered} {
		at = at.Add(time.Hour)
		scan := scanOf(phase, at)
		scan.Status, scan.Facts.TrackingNumber = "as Sendcloud says", string(phase)
		before := p
		draft := p.Drafted([]parcel.Scan{scan}, at)
		require.Equal(t, before, p, "it is a draft")
		took := take(&p, scan, policy, at)
		require.Equal(t, p.Facts, draft.Facts)
		require.Equal(t, p.Phase, draft.Phase)
		require.Equal(t, p.Revision, draft.Revision)
		if phase != parcel.Delivered {
			require.Equal(t, p.Deadline, draft.Deadline)
		}
		took.Reason, took.Mail = "", ""
		require.Equal(t, took, draft.Ledger[len(draft.Ledger)-1])
		require.Len(t, draft.Ledger, len(p.Ledger))
	}
}

// What comes late moves nothing, and a draft that did would cost more than it saves.
func TestADraftOfALateScanMovesNothing(t *testing.T) {
	p, at := through(t, live(), parcel.InTransit, parcel.OutForDelivery)
	late := scanOf(parcel.InTransit, at.Add(-time.Minute))
	late.Facts.Recipient.Email = "before@example.com"
	draft := p.Drafted([]parcel.Scan{late}, at.Add(time.Hour))
	require.Equal(t, p.Facts, draft.Facts)
	require.Equal(t, p.Phase, draft.Phase)
	require.Equal(t, p.Agenda, draft.Agenda)
}
