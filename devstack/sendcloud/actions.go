package sendcloud

import (
	"strings"
	"time"
)

// The bodies of all webhooks that are not about a parcel's status, byte for
// byte as they are signed.

func webhook(fields ...field) []byte {
	var b strings.Builder
	write(&b, object(fields))
	return []byte(b.String())
}

// TestWebhook is what the panel's button "Test API Webhook" sends.
func TestWebhook() []byte { return webhook(field{"action", "test_webhook"}) }

// UnknownAction is an action that nobody has heard of.
func UnknownAction(at time.Time) []byte {
	return webhook(field{"action", "parcel_teleported"}, field{"timestamp", at.UnixMilli()}, field{"parcel", object{{"id", 1}}})
}

// IntegrationSettings are what webhooks tell of an integration.
type IntegrationSettings struct {
	ID            int64
	ShopName      string
	WebhookURL    string
	WebhookActive bool
	// FailingSince is zero if the webhook does not fail.
	FailingSince time.Time
}

// Integration is the webhook integration_connected, integration_updated or
// integration_deleted.
func (i IntegrationSettings) Integration(action string, at time.Time) []byte {
	return webhook(field{"action", action}, field{"timestamp", at.UnixMilli()}, field{"integration", i.fields("failing_since")})
}

// fields are an integration's settings; since when it fails has two names.
func (i IntegrationSettings) fields(failing string) object {
	since := any(nil)
	if !i.FailingSince.IsZero() {
		since = i.FailingSince.UTC().Format(time.RFC3339Nano)
	}
	return object{
		{"id", i.ID},
		{"shop_name", i.ShopName},
		{"shop_url", "https://shop.example"},
		{"system", "api"},
		{failing, since},
		{"last_fetch", nil},
		{"last_updated_at", nil},
		{"service_point_enabled", false},
		{"service_point_carriers", []any{}},
		{"webhook_active", i.WebhookActive},
		{"webhook_url", i.WebhookURL},
	}
}

// IntegrationCredentials is the webhook that carries a secret in clear.
func IntegrationCredentials(integration int64, publicKey, secretKey string, at time.Time) []byte {
	return webhook(field{"action", "integration_credentials"}, field{"timestamp", at.UnixMilli()},
		field{"public_key", publicKey}, field{"secret_key", secretKey}, field{"integration_id", integration})
}

// Created is the webhook return_created. It tells neither whose return it is, nor
// how much is to be refunded.
func (r Return) Created(at time.Time) []byte {
	return webhook(field{"action", "return_created"}, field{"timestamp", at.UnixMilli()}, field{"data", object{
		{"id", r.ID}, {"brand_id", 1}, {"order_number", r.Order}, {"return_reason_id", r.Reason}, {"return_address_id", 7},
		{"paid_return", false}, {"delivery_choice", "drop_off_point"}, {"refund_type", r.RefundType},
		{"items", []any{object{{"item_id", "5552"}, {"description", "T-Shirt XL"}, {"quantity", 1}, {"sku", "TS1234"}, {"hs_code", ""}, {"return_reason_id", r.Reason}}}},
	}})
}

// RefundRequested is the webhook of that name, as plug-ins read it.
func (r Return) RefundRequested(at time.Time) []byte { return r.refund("refund_requested", "open", at) }

// Delivered is the webhook return_delivered, as plug-ins read it.
func (r Return) Delivered(at time.Time) []byte { return r.refund("return_delivered", "delivered", at) }

func (r Return) refund(action, status string, at time.Time) []byte {
	return webhook(field{"action", action}, field{"timestamp", at.UnixMilli()}, field{"refund", object{
		{"refund_type", refundType(r.RefundType)}, {"created_at", r.CreatedAt.Format(time.RFC3339Nano)}, {"reason", r.Reason}, {"status", status},
		{"outgoing_parcel", known(r.OutgoingParcel)}, {"incoming_parcel", known(r.IncomingParcel)}, {"message", r.Message},
		{"total_refund", r.Total}, {"refunded_at", millis(r.RefundedAt)},
	}})
}

// compensations are what a customer can wish for, in the words of the return portal.
var compensations = map[string]string{"money": "Money back", "credit": "Store credit", "exchange": "Exchange"}

func refundType(code string) object {
	return object{{"code", code}, {"label", compensations[code]}, {"require_message", false}}
}

func millis(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UnixMilli()
}
