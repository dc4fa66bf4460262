// Package sendcloud is Sendcloud's contract: how webhooks are signed, what they say,
// which phase a status means, and the API. It turns Sendcloud's words into ours.
//
// Call [Verify] on a webhook's raw body first, and [Decode] only what passes.
package sendcloud

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"waybill/parcel"
)

// Action is what a webhook is about.
type Action string

// The actions that Sendcloud sends. Another action is not an error.
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

// Known reports whether the action is one of these.
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

// Errors of Decode. Sendcloud repeats a webhook that is not answered with 2xx for about
// seven hours.
var (
	ErrNotObject  = errors.New("the body is not a JSON object")
	ErrNoAction   = errors.New(`the field "action" is missing`)
	ErrNoParcelID = errors.New(`"parcel.id" is not a positive whole number`)
	ErrNoStatusID = errors.New(`"parcel.status.id" is not a whole number`)
)

type envelope struct {
	Action    text                  `json:"action"`
	At        moment                `json:"timestamp"`
	CarrierAt moment                `json:"carrier_status_change_timestamp"`
	Parcel    object[webhookParcel] `json:"parcel"`

	Integration object[webhookIntegration] `json:"integration"`
	Data        object[webhookReturn]      `json:"data"`
	Refund      object[webhookRefund]      `json:"refund"`
}

type webhookParcel struct {
	ID     whole `json:"id"`
	Status object[struct {
		ID      whole `json:"id"`
		Message shown `json:"message"`
	}] `json:"status"`
	IsReturn yes     `json:"is_return"`
	Name     person  `json:"name"`
	Email    text    `json:"email"`
	Country  country `json:"country"`
	Origin   country `json:"from_country"`
	Carrier  object[struct {
		Code text  `json:"code"`
		Name shown `json:"name"`
	}] `json:"carrier"`
	// Method is the shipping method, Shipment the same with its name.
	Method   whole `json:"shipping_method"`
	Shipment object[struct {
		ID whole `json:"id"`
	}] `json:"shipment"`
	TrackingNumber text  `json:"tracking_number"`
	TrackingURL    text  `json:"tracking_url"`
	OrderNumber    shown `json:"order_number"`

	ServicePoint whole `json:"to_service_point"`

	ColliUUID  text  `json:"colli_uuid"`
	ColloNr    whole `json:"collo_nr"`
	ColloCount whole `json:"collo_count"`
}

// Decode reads the body of a verified webhook. It requires the action, and of a parcel
// its id and status id. Everything else can be missing, null or of another type than
// documented.
//
// Errors wrap one of ErrNotObject, ErrNoAction, ErrNoParcelID and ErrNoStatusID. They
// quote nothing of the body, which holds personal data.
func Decode(body []byte, received time.Time) (Event, error) {
	tidied := tidy(body)
	if !bytes.HasPrefix(bytes.TrimLeft(tidied, " \t\r\n"), []byte("{")) {
		return Event{}, ErrNotObject
	}
	var e envelope
	if err := unmarshal(tidied, &e); err != nil {
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
	case IntegrationCredentials, TestWebhook: // nothing in them is of use
	}
	return event, nil
}

// where says at which byte a body stops being JSON, but not what is there.
func where(err error) string {
	var syntax *jsontext.SyntacticError
	if errors.As(err, &syntax) {
		return fmt.Sprintf("it breaks off or goes wrong at byte %d", syntax.ByteOffset)
	}
	return "it is not valid JSON"
}

func decodeScan(event Event, e envelope, body []byte, received time.Time) (Event, error) {
	p := e.Parcel.v
	if err := p.fault(); err != nil {
		return Event{}, err
	}
	s := p.status()
	id, at, guessed := e.identify(strconv.Itoa(s.id), body, received)
	// The documentation's example is 123 here too; no carrier time is better than that.
	carrierAt, _ := e.CarrierAt.instant(received)
	event.ParcelID = p.ID.n
	event.Scan = parcel.Scan{
		StatusID: s.id, Status: s.message, Phase: s.phase, Note: s.note,
		At: at, CarrierAt: carrierAt, ReceivedAt: received.UTC(), ClockGuessed: guessed,
		Digest: digest(id), Facts: p.facts(),
	}
	return event, nil
}

// identify returns the id and the time of a report. By Sendcloud's definition, what
// changed and when identify it. Without a usable time, the id is made from the bytes, and
// the time is guessed to be that of receipt.
func (e envelope) identify(what string, body []byte, received time.Time) (id string, at time.Time, guessed bool) {
	if at, ok := e.At.instant(received); ok {
		return fmt.Sprintf("%s@%d", what, at.UnixMilli()), at, false
	}
	sum := sha256.Sum256(body)
	return fmt.Sprintf("%s#%s", what, hex.EncodeToString(sum[:12])), received.UTC(), true
}

// digest is what an id that was made of a report's bytes says of them; empty if it
// was made of a time.
func digest(id string) string {
	_, digest, _ := strings.Cut(id, "#")
	return digest
}

// fault is set if the parcel lacks its id or status.
func (p webhookParcel) fault() error {
	switch id := p.Status.v.ID; {
	case p.ID.n <= 0:
		return ErrNoParcelID
	case !id.ok || id.n < 0 || id.n > 1<<31:
		return ErrNoStatusID
	}
	return nil
}

// status is what the parcel's status means, with the message that came with it.
func (p webhookParcel) status() status {
	s := statusOf(int(p.Status.v.ID.n))
	s.message = string(p.Status.v.Message)
	return s
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
	if f.Unscanned() || p.Method.n == unstampedLetter || p.Shipment.v.ID.n == unstampedLetter {
		f.CarrierCode, f.CarrierName = parcel.NoCarrier, ""
	}
	f.Collo = colloOf(p.ColliUUID, p.ColloNr.n, p.ColloCount.n)
	if !f.IsReturn {
		// In a return parcel these are the merchant's own.
		f.Recipient = parcel.Recipient{
			Name: string(p.Name), Email: p.Email.exact(), Country: string(p.Country),
		}
		f.Origin = string(p.Origin)
		f.ServicePoint = max(0, p.ServicePoint.n)
	}
	return f
}

// unstampedLetter is the shipping method of letters that the shop stamps, and of orders that are
// collected in the shop. Sendcloud marks them as delivered by itself after a few days. In version
// 3 it is the option sendcloud:letter.
// https://support.sendcloud.com/hc/en-us/articles/210931986
const unstampedLetter = 8

// colloOf is one of several parcels that go together, or zero.
func colloOf(group text, nr, count int64) parcel.Collo {
	if uuid := group.exact(); count > 1 && count <= mostColli && plainID.MatchString(uuid) {
		return parcel.Collo{UUID: uuid, Nr: int(nr), Count: int(count)}
	}
	return parcel.Collo{}
}

// mostColli is more parcels than a shop sends to one recipient together.
const mostColli = 1000

// plainID is an id that can stand in one of ours.
var plainID = regexp.MustCompile(`^[0-9a-zA-Z-]{1,64}$`)

// httpsOnly is an address that a mail can link to, or "".
func httpsOnly(t text) string {
	if url := t.exact(); strings.HasPrefix(url, "https://") {
		return url
	}
	return ""
}
