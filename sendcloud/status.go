package sendcloud

import "waybill/parcel"

// status is one row of Sendcloud's list of parcel statuses in our terms.
type status struct {
	id      int
	message string
	phase   parcel.Phase
	note    parcel.Note
}

// statuses are all 35 ids that GET /api/v2/parcels/statuses lists, and three
// that only old documents and plug-ins know. Messages are for people: Sendcloud
// has reworded them over the years, so nothing is keyed on them.
// https://sendcloud.dev/docs/tracking/tracking-statuses
var statuses = []status{
	{999, "No label", parcel.Announcing, ""},
	{1001, "Being announced", parcel.Announcing, ""},
	{1002, "Announcement failed", parcel.Exception, ""},
	{1000, "Ready to send", parcel.Announced, ""},
	{1, "Announced", parcel.Announced, ""},
	{13, "Announced: not collected", parcel.Announced, ""},
	{15, "Error collecting", parcel.Exception, ""},
	{22, "Shipment picked up by driver", parcel.InTransit, ""},
	{3, "En route to sorting center", parcel.InTransit, ""},
	{5, "Sorted", parcel.InTransit, ""},
	{6, "Not sorted", parcel.InTransit, ""},
	{7, "Being sorted", parcel.InTransit, ""},
	{62990, "At sorting centre", parcel.InTransit, ""},
	{62989, "At Customs", parcel.InTransit, ""},
	// Sendcloud's own tracking example has it 67 s after "Ready to send": it
	// is not the driver at the recipient's door.
	{91, "Parcel en route", parcel.InTransit, ""},
	{4, "Delivery delayed", parcel.Delayed, ""},
	{92, "Driver en route", parcel.OutForDelivery, ""},
	{8, "Delivery attempt failed", parcel.AttemptFailed, ""},
	{12, "Awaiting customer pickup", parcel.AwaitingPickup, ""},
	{11, "Delivered", parcel.Delivered, ""},
	{93, "Shipment collected by customer", parcel.Delivered, ""},
	// Neither of the next two is an end: another attempt or 62992 follows.
	{80, "Unable to deliver", parcel.Exception, ""},
	{62991, "Refused by recipient", parcel.Exception, ""},
	{62996, "Exception", parcel.Exception, ""},
	{62997, "Address invalid", parcel.Exception, parcel.AddressProblem},
	{62992, "Returned to sender", parcel.Returned, ""},
	{1999, "Cancellation requested", parcel.Cancelling, ""},
	{2001, "Submitting cancellation request", parcel.Cancelling, ""},
	// Cancelled at Sendcloud; the carrier has not confirmed it yet.
	{1998, "Cancelled upstream", parcel.Cancelling, ""},
	{2000, "Cancelled", parcel.Cancelled, ""},
	{94, "Parcel cancellation failed.", parcel.Informational, parcel.CancellationFailed},
	{62993, "Delivery method changed", parcel.Informational, ""},
	{62994, "Delivery date changed", parcel.Informational, ""},
	{62995, "Delivery address changed", parcel.Informational, ""},
	{1337, "Unknown status - check carrier track & trace page for more insights", parcel.Informational, ""},

	// Legacy.
	{0, "Ready to send", parcel.Announced, ""},
	{10, "Delivery forced", parcel.Delivered, ""},
	{18, "Not sorted", parcel.InTransit, ""},
}

var statusByID = func() map[int]status {
	byID := make(map[int]status, len(statuses))
	for _, s := range statuses {
		byID[s.id] = s
	}
	return byID
}()

// PhaseOf says what a status id means. An id that Sendcloud has added since
// this table was written is informational, with the note UnknownStatus.
func PhaseOf(statusID int) (parcel.Phase, parcel.Note) {
	if s, ok := statusByID[statusID]; ok {
		return s.phase, s.note
	}
	return parcel.Informational, parcel.UnknownStatus
}
