package sendcloud

import (
	"strings"
	"time"

	"waybill/parcel"
)

// ReturnEvent is what a webhook tells of a return: little, and for the last two
// actions nothing that is documented anywhere. Any of it may be missing; ask
// the API for the rest.
type ReturnEvent struct {
	// ID is the same for every copy of the same report.
	ID string
	At time.Time
	// ClockGuessed says that the report had no usable time.
	ClockGuessed bool
	Return
}

// webhookReturn is what return_created tells.
// https://sendcloud.dev/api/v3/webhooks/return-created
type webhookReturn struct {
	ID         whole      `json:"id"`
	Order      text       `json:"order_number"`
	ReasonID   whole      `json:"return_reason_id"`
	RefundType refundType `json:"refund_type"`
}

// webhookRefund is what refund_requested and return_delivered tell, as plug-ins
// read it. https://support.sendcloud.com/hc/en-us/articles/12455997971220
type webhookRefund struct {
	wish
	CreatedAt moment `json:"created_at"`
	Reason    whole  `json:"reason"`
	Outgoing  whole  `json:"outgoing_parcel"`
	Incoming  whole  `json:"incoming_parcel"`
}

func decodeReturn(action Action, e envelope, body []byte, received time.Time) ReturnEvent {
	at, clock := e.at(received)
	told, wish := e.Data.v, e.Refund.v
	r := ReturnEvent{ID: reportID(string(action), at, clock, body), At: at, ClockGuessed: !clock}
	if action == ReturnCreated {
		r.Return = Return{
			ID: told.ID.n, OrderNumber: string(told.Order), ReasonID: int(told.ReasonID.n), RefundType: string(told.RefundType),
		}
		return r
	}
	r.Return = Return{
		CreatedAt: wish.CreatedAt.Time, OutgoingParcel: wish.Outgoing.n, IncomingParcel: wish.Incoming.n,
		ReasonID: int(wish.Reason.n), RefundType: string(wish.Type), Total: amount(wish.Total),
		Message: string(wish.Message), RefundedAt: wish.At.Time,
	}
	if r.OutgoingParcel <= 0 {
		r.OutgoingParcel = max(0, e.Parcel.v.ID.n)
	}
	return r
}

// Scan is the status change that a report of a return's arrival amounts to: the
// return parcel is back. ok is false where it does not say which one.
func (r ReturnEvent) Scan(received time.Time) (parcelID int64, scan parcel.Scan, ok bool) {
	_, digest, _ := strings.Cut(r.ID, "#")
	return r.IncomingParcel, parcel.Scan{
		StatusID: statusDelivered, Status: "Return delivered", Phase: statusOf(statusDelivered).phase,
		At: r.At, Digest: digest, ReceivedAt: received.UTC(), ClockGuessed: r.ClockGuessed, Facts: parcel.Facts{IsReturn: true},
	}, r.IncomingParcel > 0
}
