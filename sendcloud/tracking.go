package sendcloud

import (
	"context"
	"net/url"
	"time"

	"waybill/parcel"
)

// Tracking is the carrier's story of a parcel.
type Tracking struct {
	// ParcelID is 0 in version 3.
	ParcelID int64
	IsReturn bool
	// URL is empty unless it is an https address.
	URL string
	// ExpectedDelivery is a date such as 2026-11-27; empty if none is told.
	ExpectedDelivery string
	// Steps are newest first.
	Steps []TrackingStep
}

// TrackingStep is one step of it.
type TrackingStep struct {
	At    time.Time
	Phase parcel.Phase
	// Status is Sendcloud's word for it, Message the carrier's.
	Status, Message string
}

func (a apiV2) Tracking(ctx context.Context, trackingNumber string) (Tracking, error) {
	raw, _, err := a.read(ctx, "api/v2/tracking/"+url.PathEscape(trackingNumber), nil)
	if err != nil {
		return Tracking{}, err
	}
	return decodeTrackingV2(raw)
}

func decodeTrackingV2(raw []byte) (Tracking, error) {
	told := decode[struct {
		ParcelID whole `json:"parcel_id"`
		IsReturn yes   `json:"is_return"`
		URL      text  `json:"carrier_tracking_url"`
		Expected text  `json:"expected_delivery_date"`
		Statuses rows[struct {
			At      moment `json:"carrier_update_timestamp"`
			Slug    text   `json:"parent_status"`
			Message text   `json:"carrier_message"`
		}] `json:"statuses"`
	}](raw)
	if told.Statuses == nil {
		return Tracking{}, errShape("the list of statuses")
	}
	t := Tracking{ParcelID: told.ParcelID.n, IsReturn: bool(told.IsReturn), URL: httpsOnly(told.URL), ExpectedDelivery: day(told.Expected)}
	for _, s := range told.Statuses {
		means := codedStatus(string(s.Slug))
		t.Steps = append(t.Steps, TrackingStep{At: s.At.Time, Phase: means.phase, Status: means.message, Message: string(s.Message)})
	}
	return t, nil
}

// Tracking reads https://sendcloud.dev/api/v3/parcel-tracking
func (a apiV3) Tracking(ctx context.Context, trackingNumber string) (Tracking, error) {
	raw, _, err := a.read(ctx, "api/v3/parcels/tracking/"+url.PathEscape(trackingNumber), nil)
	if err != nil {
		return Tracking{}, err
	}
	return decodeTrackingV3(raw)
}

func decodeTrackingV3(raw []byte) (Tracking, error) {
	told := decode[struct {
		Details object[struct {
			Expected text `json:"expected_delivery_date"`
			IsReturn yes  `json:"is_return"`
		}] `json:"details"`
		Events rows[struct {
			At          moment `json:"event_at"`
			Code        text   `json:"status_code"`
			Description text   `json:"status_description"`
		}] `json:"events"`
		Numbers rows[struct {
			URL text `json:"tracking_url"`
		}] `json:"tracking_numbers"`
	}](raw)
	if told.Events == nil {
		return Tracking{}, errShape("the list of events")
	}
	t := Tracking{IsReturn: bool(told.Details.v.IsReturn), ExpectedDelivery: day(told.Details.v.Expected)}
	for _, n := range told.Numbers {
		if t.URL == "" {
			t.URL = httpsOnly(n.URL)
		}
	}
	for _, e := range told.Events {
		phase, known := trackingPhases[string(e.Code)]
		if !known {
			phase = parcel.Informational
		}
		t.Steps = append(t.Steps, TrackingStep{At: e.At.Time, Phase: phase, Status: string(e.Code), Message: string(e.Description)})
	}
	return t, nil
}

// trackingPhases are version 3's words for where a parcel is in its trackings, which
// differ from those of its lists.
var trackingPhases = map[string]parcel.Phase{
	"announcing": parcel.Announcing, "no_label": parcel.Announcing,
	"announced": parcel.Announced, "labelled": parcel.Announced, "ready_to_send": parcel.Announced,
	"accepted": parcel.InTransit, "dropped": parcel.InTransit, "sorted": parcel.InTransit,
	"in_transit": parcel.InTransit, "customs": parcel.InTransit,
	"in_delivery": parcel.OutForDelivery, "pup": parcel.AwaitingPickup, "attempted": parcel.AttemptFailed,
	"delivered": parcel.Delivered, "delivery_forced": parcel.Delivered, "cancelled": parcel.Cancelled,
}

// day is a date such as 2026-11-27, or "".
func day(t text) string {
	if _, err := time.Parse(time.DateOnly, string(t)); err != nil {
		return ""
	}
	return string(t)
}
