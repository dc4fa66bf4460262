package e2e_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/history/v1"
	"go.temporal.io/sdk/converter"

	"waybill/contract"
	"waybill/delivery"
	"waybill/devstack/sendcloud"
	"waybill/parcel"
)

// told are the scans in the history of the parcel's current run, as they were sent.
func (s *stack) told(p sendcloud.Parcel) (scans []parcel.Scan) {
	s.Helper()
	for _, event := range decrypted(s.T, &history.History{Events: s.events(workflowID(p))}).GetEvents() {
		if signal := event.GetWorkflowExecutionSignaledEventAttributes(); signal.GetSignalName() == string(contract.StatusChanged) {
			var scan parcel.Scan
			require.NoError(s, converter.GetDefaultDataConverter().FromPayloads(signal.GetInput(), &scan))
			scans = append(scans, scan)
		}
	}
	return scans
}

// Each ingress leaves out what it has told the run itself, so the run misses nothing: whichever
// ingress a webhook reaches, and after a run that was stopped.
func TestALaterScanCarriesOnlyWhatHasChanged(t *testing.T) {
	t.Parallel()
	s := newStack(t, shared.get(t))
	other := s.in(t)
	other.port = freePort(t)
	other.startIngress()
	t.Cleanup(func() { other.ingress.kill() })
	other.awaitReady()

	p := s.parcel()
	before, began := p.Recipient.Email, time.Now().Add(-time.Hour)
	s.tell(p, sendcloud.ToSorting, began)
	s.tell(p, sendcloud.EnRoute, began.Add(time.Minute))
	p.Recipient.Email = "moved-" + before
	other.tell(p, sendcloud.EnRoute, began.Add(2*time.Minute))
	s.tell(p, sendcloud.EnRoute, began.Add(3*time.Minute))
	s.tell(p, sendcloud.DriverEnRoute, began.Add(4*time.Minute))
	s.settled(p, 5, delivery.Accepted, delivery.Accepted)
	told := s.told(p)
	require.Len(t, told, 5)
	whole, moved := told[0].Facts, told[2].Facts
	require.Equal(t, before, whole.Recipient.Email)
	require.Equal(t, "moved-"+before, moved.Recipient.Email)
	require.NotEmpty(t, moved.TrackingNumber, "the other ingress has told nothing before")
	require.Equal(t, []parcel.Facts{whole, {}, moved, {Recipient: moved.Recipient}, {}},
		[]parcel.Facts{told[0].Facts, told[1].Facts, told[2].Facts, told[3].Facts, told[4].Facts})
	require.Equal(t, []string{"out_for_delivery"}, s.mails(p), "the mail before went to the address before")

	require.NoError(t, s.client.TerminateWorkflow(t.Context(), workflowID(p), "", "by mistake"))
	s.tell(p, sendcloud.DriverEnRoute, time.Now())
	s.settled(p, 1, delivery.Accepted)
	other.tell(p, sendcloud.Delivered, time.Now().Add(time.Second))
	s.settled(p, 2, delivery.Accepted, delivery.Accepted)
	told = s.told(p)
	require.Len(t, told, 2)
	for _, scan := range told {
		require.Equal(t, moved, scan.Facts, "the run was told nothing before")
	}
}

// A run was stopped, and what it had been told comes again: a new run has it.
func TestACopyOfWhatAStoppedRunWasToldStartsANewOne(t *testing.T) {
	t.Parallel()
	s := newStack(t, shared.get(t))
	p, began := s.parcel(), time.Now().Add(-time.Hour)
	s.tell(p, sendcloud.ToSorting, began)
	s.tell(p, sendcloud.EnRoute, began.Add(time.Minute))
	s.settled(p, 2, delivery.Accepted)
	require.NoError(t, s.client.TerminateWorkflow(t.Context(), workflowID(p), "", "by mistake"))
	s.tell(p, sendcloud.ToSorting, began)
	s.tell(p, sendcloud.EnRoute, began.Add(time.Minute))
	s.settled(p, 2, delivery.Accepted)
	require.Len(t, s.told(p), 2)
}
