// Package sendcloud plays Sendcloud: it sends parcels on journeys and tells of
// each status change with a signed webhook, in Sendcloud's spelling.
//
// It shares no code with the door that it knocks at.
package sendcloud

import (
	"bytes"
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode/utf16"
)

// Parcel is a parcel on a journey.
type Parcel struct {
	ID          int64
	Recipient   Recipient
	CarrierCode string
	CarrierName string
	Order       string
	Created     time.Time
	// IsReturn says that it comes back to the shop: the recipient is the
	// merchant then.
	IsReturn bool
	// ServicePoint is the number of the pick-up point that it goes to, 0 for
	// none.
	ServicePoint int64
	// OrderValue is what the whole order cost, a decimal such as 129.90 in
	// OrderCurrency; empty is not known.
	OrderValue, OrderCurrency string
	// ColliUUID is the same for ColloCount parcels that go together, of which
	// this is number ColloNr, from 0. Empty is a parcel that goes alone.
	ColliUUID           string
	ColloNr, ColloCount int
}

// Recipient is an invented person.
type Recipient struct{ Name, Email, Street, HouseNumber, PostalCode, City, ISO2, ISO3, Country string }

// Status is a status of Sendcloud's.
type Status struct {
	ID      int
	Message string
}

// The statuses that journeys use.
var (
	BeingAnnounced = Status{1001, "Being announced"}
	ReadyToSend    = Status{1000, "Ready to send"}
	PickedUp       = Status{22, "Shipment picked up by driver"}
	ToSorting      = Status{3, "En route to sorting center"}
	EnRoute        = Status{91, "Parcel en route"}
	Delayed        = Status{4, "Delivery delayed"}
	DriverEnRoute  = Status{92, "Driver en route"}
	AttemptFailed  = Status{8, "Delivery attempt failed"}
	AwaitingPickup = Status{12, "Awaiting customer pickup"}
	Delivered      = Status{11, "Delivered"}
	Collected      = Status{93, "Shipment collected by customer"}
	Undeliverable  = Status{80, "Unable to deliver"}
	Returned       = Status{62992, "Returned to sender"}
	Cancelling     = Status{1999, "Cancellation requested"}
	Cancelled      = Status{2000, "Cancelled"}
	FromTheFuture  = Status{99999, "Parcel teleported"}
)

// field keeps the order of Sendcloud's keys.
type field struct {
	key   string
	value any
}

type object []field

// Body is the webhook about one status change, byte for byte as it is signed.
func (p Parcel) Body(s Status, at time.Time) []byte {
	return webhook(p.webhook(s, at)...)
}

func (p Parcel) webhook(s Status, at time.Time) object {
	return object{
		{"action", "parcel_status_changed"},
		{"parcel", p.fields(s, at)},
		{"timestamp", at.UnixMilli()},
		{"carrier_status_change_timestamp", at.UnixMilli() - 35},
	}
}

// Sign is the content of the header Sendcloud-Signature.
func Sign(key string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write(body)
	return hex.EncodeToString(mac.Sum(nil))
}

// fields are what a webhook tells of a parcel.
//
//nolint:funlen // Sendcloud's fields in Sendcloud's order: a list, not logic
func (p Parcel) fields(s Status, at time.Time) object {
	const day = "02-01-2006 15:04:05"
	r := p.Recipient
	country := object{{"iso_2", r.ISO2}, {"iso_3", r.ISO3}, {"name", r.Country}}
	url, announced, labels := any(nil), any(nil), object{{"normal_printer", nil}, {"label_printer", nil}}
	tracking := trackingNumber(p, s)
	if tracking != "" {
		url = "https://tracking.example/" + tracking
		announced = p.Created.UTC().Format(day)
		label := fmt.Sprintf("https://panel.example/api/v2/labels/normal_printer/%d", p.ID)
		labels = object{{"normal_printer", []any{label}}, {"label_printer", label}}
	}
	return object{
		{"id", p.ID},
		{"address", r.HouseNumber + " " + r.Street},
		{"contract", nil},
		{"address_2", ""},
		{"address_divided", object{{"street", r.Street}, {"house_number", r.HouseNumber}}},
		{"city", r.City},
		{"company_name", ""},
		{"country", country},
		{"data", object{}},
		{"date_created", p.Created.UTC().Format(day)},
		{"email", r.Email},
		{"name", r.Name},
		{"postal_code", r.PostalCode},
		{"reference", "0"},
		{"shipment", object{{"id", 1345}, {"name", p.CarrierName + " 0-2kg"}}},
		{"status", object{{"id", s.ID}, {"message", s.Message}}},
		{"to_service_point", known(p.ServicePoint)},
		{"telephone", ""},
		{"tracking_number", tracking},
		{"weight", "0.143"},
		{"label", labels},
		{"customs_declaration", object{}},
		{"order_number", p.Order},
		{"insured_value", json.Number("0.0")},
		{"total_insured_value", json.Number("0.0")},
		{"to_state", nil},
		{"customs_invoice_nr", ""},
		{"customs_shipment_type", nil},
		{"parcel_items", []any{}},
		{"documents", []any{}},
		{"type", nil},
		{"shipment_uuid", nil},
		{"shipping_method", 1345},
		{"shipping_method_checkout_name", ""},
		{"external_order_id", fmt.Sprint(p.ID)},
		{"external_shipment_id", ""},
		{"external_reference", nil},
		{"is_return", p.IsReturn},
		{"note", ""},
		{"to_post_number", ""},
		{"total_order_value", known(p.OrderValue)},
		{"total_order_value_currency", known(p.OrderCurrency)},
		{"carrier", object{{"code", p.CarrierCode}, {"name", p.CarrierName}, {"servicepoints_carrier_code", p.CarrierCode}}},
		{"tracking_url", url},
		{"date_updated", at.UTC().Format(day)},
		{"date_announced", announced},
		{"colli_tracking_number", nil},
		{"colli_uuid", cmp.Or(p.ColliUUID, fmt.Sprintf("00000000-0000-4000-8000-%012d", p.ID))},
		{"collo_nr", p.ColloNr},
		{"collo_count", max(1, p.ColloCount)},
		{"awb_tracking_number", nil},
		{"box_number", nil},
		{"length", "50.00"},
		{"width", "50.00"},
		{"height", "50.00"},
		{"track_trace_notifications", false},
		{"from_country", object{{"iso_2", "NL"}, {"iso_3", "NLD"}, {"name", "Netherlands"}}},
		{"from_postal_code", "5611 EM"},
		{"date_shipped", nil},
		{"house_number", r.HouseNumber},
		{"suppressed_statuses", []any{}},
		{"should_send_feedback", true},
		{"source", "api_v2:demo"},
		{"extra_data", object{}},
	}
}

// known is a value, or null where there is none.
func known[T comparable](v T) any {
	var none T
	if v == none {
		return nil
	}
	return v
}

// trackingNumber is there once a parcel is announced.
func trackingNumber(p Parcel, s Status) string {
	if s.ID == BeingAnnounced.ID {
		return ""
	}
	return fmt.Sprintf("3SWAYB%d", p.ID)
}

// write spells JSON as Sendcloud does, which is how Python does: a space after
// every comma and colon, and nothing but ASCII.
func write(b *strings.Builder, v any) {
	switch v := v.(type) {
	case object:
		b.WriteByte('{')
		for i, f := range v {
			if i > 0 {
				b.WriteString(", ")
			}
			write(b, f.key)
			b.WriteString(": ")
			write(b, f.value)
		}
		b.WriteByte('}')
	case []any:
		b.WriteByte('[')
		for i, e := range v {
			if i > 0 {
				b.WriteString(", ")
			}
			write(b, e)
		}
		b.WriteByte(']')
	default:
		var out bytes.Buffer
		encoder := json.NewEncoder(&out)
		encoder.SetEscapeHTML(false)
		_ = encoder.Encode(v) // texts, numbers, booleans and null always encode
		for _, r := range strings.TrimSuffix(out.String(), "\n") {
			switch {
			case r < 0x80:
				b.WriteRune(r)
			case r > 0xffff:
				high, low := utf16.EncodeRune(r)
				fmt.Fprintf(b, `\u%04x\u%04x`, high, low)
			default:
				fmt.Fprintf(b, `\u%04x`, r)
			}
		}
	}
}
