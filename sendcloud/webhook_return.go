package sendcloud

import (
	"time"

	"waybill/parcel"
)

// ReturnEvent is what a webhook tells of a return. Any of it can be missing, and the
// bodies of RefundRequested and ReturnDelivered are not documented: ask the API for the
// rest.
type ReturnEvent struct {
	// ID is the same for every copy of the same report.
	ID string
	At time.Time
	// ClockGuessed is set if the report had no usable time.
	ClockGuessed bool
	Return
}

// webhookReturn is what return_created tells.
// https://sendcloud.dev/api/v3/webhooks/return-created
type webhookReturn struct {
	ID         whole      `json:"id"`
	Order      shown      `json:"order_number"`
	ReasonID   whole      `json:"return_reason_id"`
	RefundType refundType `json:"refund_type"`
}

// webhookRefund is what refund_requested and return_delivered tell, as plug-ins
// read it. https://support.sendcloud.com/hc/en-us/articles/12455997971220
type webhookRefund struct {
	returned
	wish
}

func decodeReturn(action Action, e envelope, body []byte, received time.Time) ReturnEvent {
	var r ReturnEvent
	r.ID, r.At, r.ClockGuessed = e.identify(string(action), body, received)
	if action == ReturnCreated {
		told := e.Data.v
		r.Return = Return{
			ID: told.ID.n, OrderNumber: string(told.Order), ReasonID: int(told.ReasonID.n), RefundType: string(told.RefundType),
		}
		return r
	}
	told := e.Refund.v
	r.Return = returnV2{returned: told.returned, Refund: object[wish]{told.wish}}.read()
	r.PanelRead = false // it can be old when it is read
	if r.OutgoingParcel <= 0 {
		r.OutgoingParcel = max(0, e.Parcel.v.ID.n)
	}
	return r
}

// Scan is what ReturnDelivered says of the return parcel: it is back. ok is false if the
// report does not say which parcel.
func (r ReturnEvent) Scan(received time.Time) (parcelID int64, scan parcel.Scan, ok bool) {
	return r.IncomingParcel, parcel.Scan{
		StatusID: statusDelivered, Status: "Return delivered", Phase: statusOf(statusDelivered).phase,
		At: r.At, Digest: digest(r.ID), ReceivedAt: received.UTC(), ClockGuessed: r.ClockGuessed, Facts: parcel.Facts{IsReturn: true},
	}, r.IncomingParcel > 0
}
