package sendcloud

import (
	"strings"

	"waybill/parcel"
)

// status is one row of Sendcloud's list of parcel statuses in our terms.
type status struct {
	id      int
	message string
	// code is what API v3 calls it.
	code  string
	phase parcel.Phase
	note  parcel.Note
}

// statuses are the 35 ids that GET /api/v2/parcels/statuses lists, and three that only
// old documents and plug-ins know. Sendcloud has reworded messages over the years, so
// nothing depends on them.
// https://sendcloud.dev/docs/tracking/tracking-statuses
var statuses = []status{
	{999, "No label", "NO_LABEL", parcel.Announcing, ""},
	{1001, "Being announced", "ANNOUNCING", parcel.Announcing, ""},
	{1002, "Announcement failed", "ANNOUNCEMENT_FAILED", parcel.Exception, ""},
	{1000, "Ready to send", "READY_TO_SEND", parcel.Announced, ""},
	{1, "Announced", "ANNOUNCED", parcel.Announced, ""},
	{13, "Announced: not collected", "ANNOUNCED_UNCOLLECTED", parcel.Announced, ""},
	{15, "Error collecting", "COLLECT_ERROR", parcel.Exception, ""},
	{22, "Shipment picked up by driver", "PICKED_UP_BY_DRIVER", parcel.InTransit, ""},
	{3, "En route to sorting center", "TO_SORTING", parcel.InTransit, ""},
	{5, "Sorted", "SORTED", parcel.InTransit, ""},
	{6, "Not sorted", "UNSORTED", parcel.InTransit, ""},
	{7, "Being sorted", "SORTING", parcel.InTransit, ""},
	{62990, "At sorting centre", "AT_SORTING_CENTRE", parcel.InTransit, ""},
	{62989, "At Customs", "AT_CUSTOMS", parcel.InTransit, parcel.AtCustoms},
	// In Sendcloud's own tracking example it comes 67 s after "Ready to send", so it is
	// not the driver at the recipient's door.
	{91, "Parcel en route", "SHIPMENT_ON_ROUTE", parcel.InTransit, ""},
	{4, "Delivery delayed", "DELAYED", parcel.Delayed, ""},
	{92, "Driver en route", "DRIVER_ON_ROUTE", parcel.OutForDelivery, ""},
	{8, "Delivery attempt failed", "DELIVERY_FAILED", parcel.AttemptFailed, ""},
	{12, "Awaiting customer pickup", "AWAITING_CUSTOMER_PICKUP", parcel.AwaitingPickup, ""},
	{11, "Delivered", "DELIVERED", parcel.Delivered, ""},
	{93, "Shipment collected by customer", "COLLECTED_BY_CUSTOMER", parcel.Delivered, parcel.Collected},
	// The next two are not the end: another attempt or 62992 follows.
	{80, "Unable to deliver", "UNDELIVERABLE", parcel.Exception, ""},
	{62991, "Refused by recipient", "REFUSED_BY_RECIPIENT", parcel.Exception, ""},
	{62996, "Exception", "EXCEPTION", parcel.Exception, ""},
	{62997, "Address invalid", "ADDRESS_INVALID", parcel.Exception, parcel.AddressProblem},
	{62992, "Returned to sender", "RETURNED_TO_SENDER", parcel.Returned, ""},
	{1999, "Cancellation requested", "CANCELLING", parcel.Cancelling, ""},
	{2001, "Submitting cancellation request", "CANCELLING_UPSTREAM", parcel.Cancelling, ""},
	// Cancelled at Sendcloud; the carrier has not confirmed it yet.
	{1998, "Cancelled upstream", "CANCELLED_UPSTREAM", parcel.Cancelling, ""},
	{2000, "Cancelled", "CANCELLED", parcel.Cancelled, ""},
	{94, "Parcel cancellation failed.", "CANCELLATION_FAILED", parcel.Informational, parcel.CancellationFailed},
	{62993, "Delivery method changed", "DELIVERY_METHOD_CHANGED", parcel.Informational, ""},
	{62994, "Delivery date changed", "DELIVERY_DATE_CHANGED", parcel.Informational, ""},
	{62995, "Delivery address changed", "DELIVERY_ADDRESS_CHANGED", parcel.Informational, ""},
	{1337, "Unknown status - check carrier track & trace page for more insights", "UNKNOWN", parcel.Informational, ""},

	// Legacy.
	{0, "Ready to send", "", parcel.Announced, ""},
	{10, "Delivery forced", "DELIVERY_FORCED", parcel.Delivered, ""},
	{18, "Not sorted", "UNSORTED2", parcel.InTransit, ""},
}

var statusByID, statusByCode = func() (map[int]status, map[string]status) {
	byID, byCode := map[int]status{}, map[string]status{}
	for _, s := range statuses {
		byID[s.id], byCode[s.code] = s, s
	}
	delete(byCode, "")
	return byID, byCode
}()

// statusOf is what a status id means. An id that Sendcloud has added since this
// table was written is informational, with the note UnknownStatus.
func statusOf(id int) status {
	if s, ok := statusByID[id]; ok {
		return s
	}
	return status{id: id, phase: parcel.Informational, note: parcel.UnknownStatus}
}

// statusDelivered is the id of "Delivered".
const statusDelivered = 11

// noStatusID is for a code that is not in our table, so that its id is not known.
const noStatusID = -1

// codedStatus is what a code of API v3 means, also as a slug: READY_TO_SEND and
// ready-to-send are the same. An unknown code means what an unknown id does.
func codedStatus(code string) status {
	if s, ok := statusByCode[strings.ToUpper(strings.ReplaceAll(code, "-", "_"))]; ok {
		return s
	}
	s := statusOf(noStatusID)
	s.message = code
	return s
}
