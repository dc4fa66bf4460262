// Package sendcloud is Sendcloud's contract: how a webhook is signed, what its
// payload says, and which phase a status id stands for. It turns their words
// into ours and knows nothing of what is done with them.
//
// Call [Verify] on the raw body first. Only bytes that pass go to [Decode].
package sendcloud

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"waybill/parcel"
)

// Action is what a webhook is about.
type Action string

// The actions that Sendcloud sends. Others may come and are no error.
// https://sendcloud.dev/api/v3/webhooks
const (
	ParcelStatusChanged    Action = "parcel_status_changed"
	ReturnCreated          Action = "return_created"
	RefundRequested        Action = "refund_requested"
	ReturnDelivered        Action = "return_delivered"
	IntegrationConnected   Action = "integration_connected"
	IntegrationUpdated     Action = "integration_updated"
	IntegrationDeleted     Action = "integration_deleted"
	IntegrationCredentials Action = "integration_credentials"
	TestWebhook            Action = "test_webhook"
)

// Known reports whether we have heard of the action.
func (a Action) Known() bool {
	switch a {
	case ParcelStatusChanged, ReturnCreated, RefundRequested, ReturnDelivered, IntegrationConnected,
		IntegrationUpdated, IntegrationDeleted, IntegrationCredentials, TestWebhook:
		return true
	}
	return false
}

// Event is one webhook in our words.
type Event struct {
	Action Action
	// ParcelID and Scan are set for ParcelStatusChanged.
	ParcelID int64
	Scan     parcel.Scan
	// Integration is set for IntegrationConnected, -Updated and -Deleted.
	Integration Integration
	// Return is set for ReturnCreated, RefundRequested and ReturnDelivered.
	Return ReturnEvent
}

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

// Integration is what a webhook tells of an integration. All of it may be
// missing but ID and At.
type Integration struct {
	// ID is the same for every copy of the same report.
	ID string
	At time.Time
	// Number is Sendcloud's own id of the integration.
	Number                    int64
	ShopName, ShopURL, System string
	// WebhookActive is nil if it is not told.
	WebhookActive *bool
	// FailingSince is zero if the webhook does not fail.
	FailingSince time.Time
}

// Errors that Decode gives for a body that cannot be understood. Sendcloud
// sends the webhook again for about seven hours.
var (
	ErrNotObject  = errors.New("the body is not a JSON object")
	ErrNoAction   = errors.New(`the field "action" is missing`)
	ErrNoParcelID = errors.New(`"parcel.id" is not a positive whole number`)
	ErrNoStatusID = errors.New(`"parcel.status.id" is not a whole number`)
)

type envelope struct {
	Action    text                  `json:"action"`
	At        whole                 `json:"timestamp"`
	CarrierAt whole                 `json:"carrier_status_change_timestamp"`
	Parcel    object[webhookParcel] `json:"parcel"`

	Integration object[webhookIntegration] `json:"integration"`
	Data        object[webhookReturn]      `json:"data"`
	Refund      object[webhookRefund]      `json:"refund"`
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
	refund
	CreatedAt moment `json:"created_at"`
	Reason    whole  `json:"reason"`
	Outgoing  whole  `json:"outgoing_parcel"`
	Incoming  whole  `json:"incoming_parcel"`
}

type webhookIntegration struct {
	ID           whole  `json:"id"`
	ShopName     text   `json:"shop_name"`
	ShopURL      text   `json:"shop_url"`
	System       text   `json:"system"`
	FailingSince moment `json:"failing_since"`
	// What API v3 calls it.
	StartedFailing moment `json:"started_failing_at"`
	WebhookActive  maybe  `json:"webhook_active"`
}

type webhookParcel struct {
	ID     whole `json:"id"`
	Status object[struct {
		ID      whole `json:"id"`
		Message text  `json:"message"`
	}] `json:"status"`
	IsReturn yes  `json:"is_return"`
	Name     text `json:"name"`
	Email    text `json:"email"`
	Country  object[struct {
		ISO2 text `json:"iso_2"`
	}] `json:"country"`
	Carrier object[struct {
		Code text `json:"code"`
		Name text `json:"name"`
	}] `json:"carrier"`
	TrackingNumber text `json:"tracking_number"`
	TrackingURL    text `json:"tracking_url"`
	OrderNumber    text `json:"order_number"`

	ColliUUID  text  `json:"colli_uuid"`
	ColloNr    whole `json:"collo_nr"`
	ColloCount whole `json:"collo_count"`
}

// Decode reads the body of a verified webhook that came at the given time. It
// requires the action, and of a parcel its id and status id; everything else
// may be missing, null or of another type than documented.
//
// Errors wrap one of ErrNotObject, ErrNoAction, ErrNoParcelID, ErrNoStatusID
// and quote nothing of the body, which holds personal data.
func Decode(body []byte, received time.Time) (Event, error) {
	if !isObject(body) {
		return Event{}, ErrNotObject
	}
	var e envelope
	if err := json.Unmarshal(body, &e); err != nil {
		return Event{}, fmt.Errorf("%w (%s)", ErrNotObject, where(err))
	}
	event := Event{Action: Action(e.Action)}
	switch event.Action {
	case "":
		return Event{}, ErrNoAction
	case ParcelStatusChanged:
		return decodeScan(event, e, body, received)
	case IntegrationConnected, IntegrationUpdated, IntegrationDeleted:
		event.Integration = decodeIntegration(event.Action, e, body, received)
	case ReturnCreated, RefundRequested, ReturnDelivered:
		event.Return = decodeReturn(event.Action, e, body, received)
	}
	return event, nil
}

// where says at which byte a body stops being JSON, and not what stands there.
func where(err error) string {
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		return fmt.Sprintf("it breaks off or goes wrong at byte %d", syntax.Offset)
	}
	return "it is not valid JSON"
}

func decodeScan(event Event, e envelope, body []byte, received time.Time) (Event, error) {
	p := e.Parcel.v
	status := p.Status.v
	switch {
	case !p.ID.ok || p.ID.n <= 0:
		return Event{}, ErrNoParcelID
	case !status.ID.ok || status.ID.n < 0 || status.ID.n > 1<<31:
		return Event{}, ErrNoStatusID
	}
	at, clock := e.at(received)
	// The documentation's example says 123 here too; no carrier time is better.
	carrierAt, ok := e.CarrierAt.instant(received)
	if !ok {
		carrierAt = time.Time{}
	}
	phase, note := PhaseOf(int(status.ID.n))
	event.ParcelID = p.ID.n
	event.Scan = parcel.Scan{
		ID:       reportID(strconv.FormatInt(status.ID.n, 10), at, clock, body),
		StatusID: int(status.ID.n), Status: string(status.Message), Phase: phase, Note: note,
		At: at, CarrierAt: carrierAt, ReceivedAt: received.UTC(), ClockGuessed: !clock,
		Facts: p.facts(),
	}
	return event, nil
}

// at is the time of the change, or the time of receipt if none is told that
// can be used; clock says which.
func (e envelope) at(received time.Time) (at time.Time, clock bool) {
	if at, clock = e.At.instant(received); !clock {
		at = received.UTC()
	}
	return at, clock
}

func decodeIntegration(action Action, e envelope, body []byte, received time.Time) Integration {
	at, clock := e.at(received)
	i := e.Integration.v.settings()
	i.ID, i.At = reportID(string(action), at, clock, body), at
	return i
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
	phase, _ := PhaseOf(statusDelivered)
	return r.IncomingParcel, parcel.Scan{
		ID: r.ID, StatusID: statusDelivered, Status: "Return delivered", Phase: phase,
		At: r.At, ReceivedAt: received.UTC(), ClockGuessed: r.ClockGuessed, Facts: parcel.Facts{IsReturn: true},
	}, r.IncomingParcel > 0
}

// settings are what is told of an integration, at no time in particular.
func (w webhookIntegration) settings() Integration {
	i := Integration{
		Number: w.ID.n, ShopName: string(w.ShopName), System: string(w.System),
		WebhookActive: w.WebhookActive.is, FailingSince: w.FailingSince.Time,
	}
	if i.FailingSince.IsZero() {
		i.FailingSince = w.StartedFailing.Time
	}
	if url := w.ShopURL.exact(); strings.HasPrefix(url, "https://") || strings.HasPrefix(url, "http://") {
		i.ShopURL = url
	}
	return i
}

// reportID makes the identity of a report from what Sendcloud says makes it
// one: something, at a time. Without a time the bytes have to do.
func reportID(what string, at time.Time, clock bool, body []byte) string {
	if clock {
		return fmt.Sprintf("%s@%d", what, at.UnixMilli())
	}
	sum := sha256.Sum256(body)
	return fmt.Sprintf("%s#%s", what, hex.EncodeToString(sum[:12]))
}

func (p webhookParcel) facts() parcel.Facts {
	f := parcel.Facts{
		IsReturn:       bool(p.IsReturn),
		CarrierCode:    strings.ToLower(string(p.Carrier.v.Code)),
		CarrierName:    string(p.Carrier.v.Name),
		TrackingNumber: p.TrackingNumber.exact(),
		OrderNumber:    string(p.OrderNumber),
	}
	f.TrackingURL = httpsOnly(p.TrackingURL)
	if p.ColloCount.n > 1 {
		f.Collo = parcel.Collo{UUID: p.ColliUUID.exact(), Nr: int(p.ColloNr.n), Count: int(p.ColloCount.n)}
	}
	if !f.IsReturn {
		// In a return parcel these are the merchant's own.
		f.Recipient = parcel.Recipient{
			Name: string(p.Name), Email: p.Email.exact(), Country: strings.ToUpper(string(p.Country.v.ISO2)),
		}
	}
	return f
}

// httpsOnly is an address that a mail may lead to, or "".
func httpsOnly(t text) string {
	if url := t.exact(); strings.HasPrefix(url, "https://") {
		return url
	}
	return ""
}
