package sendcloud

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	pageV3        = 40
	pageV3AtMost  = 100
	shipmentIDLen = len("shipment-")
)

// codes are the names that version 3 has for statuses.
var codes = map[int]string{
	BeingAnnounced.ID: "ANNOUNCING", ReadyToSend.ID: "READY_TO_SEND", PickedUp.ID: "PICKED_UP_BY_DRIVER", ToSorting.ID: "TO_SORTING",
	EnRoute.ID: "SHIPMENT_ON_ROUTE", Delayed.ID: "DELAYED", DriverEnRoute.ID: "DRIVER_ON_ROUTE", AttemptFailed.ID: "DELIVERY_FAILED",
	AwaitingPickup.ID: "AWAITING_CUSTOMER_PICKUP", Delivered.ID: "DELIVERED", Collected.ID: "COLLECTED_BY_CUSTOMER",
	Undeliverable.ID: "UNDELIVERABLE", Returned.ID: "RETURNED_TO_SENDER", Cancelling.ID: "CANCELLING", Cancelled.ID: "CANCELLED",
	FromTheFuture.ID: "TELEPORTED",
}

func (a *Account) listShipments(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	keep, ok := wanted(query)
	if !ok {
		refuseV3(w, http.StatusBadRequest, "invalid", "Enter a valid date/time.")
		return
	}
	chosen := keep
	if id := query.Get("integration_id"); id != "" {
		chosen = func(r *row) bool { return keep(r) && id == strconv.FormatInt(r.integration, 10) }
	}
	size := a.pageSize(pageV3)
	if asked, err := strconv.Atoi(query.Get("page_size")); err == nil && a.config.PageSize == 0 {
		size = min(max(asked, 1), pageV3AtMost)
	}
	rows, next, ok := page(a.rows(chosen), query.Get("cursor"), size)
	if !ok {
		refuseV3(w, http.StatusNotFound, "not_found", "Invalid cursor")
		return
	}
	list := []any{}
	for _, row := range rows {
		list = append(list, row.shipment())
	}
	linkNext(w, r, next)
	answer(w, http.StatusOK, object{{"data", list}})
}

// linkNext leads to the next page in a header, and nowhere else.
func linkNext(w http.ResponseWriter, r *http.Request, cursor string) {
	if cursor != "" {
		w.Header().Set("Link", fmt.Sprintf(`<%s>; rel="next"`, link(r, cursor)))
	}
}

func (r *row) shipment() object {
	latest, to := r.latest(), r.Recipient
	p := object{
		{"id", r.ID},
		{"status", object{{"code", codes[latest.status.ID]}, {"message", latest.status.Message}}},
		{"documents", []any{}},
		{"weight", object{{"value", "0.143"}, {"unit", "kg"}}},
		{"tracking_number", trackingNumber(r.Parcel, latest.status)},
		{"created_at", r.Created.UTC().Format(time.RFC3339Nano)},
		{"updated_at", latest.at.UTC().Format(time.RFC3339Nano)},
		{"parcel_items", []any{}},
	}
	if number := trackingNumber(r.Parcel, latest.status); number != "" {
		p = append(p, field{"tracking_url", "https://tracking.example/" + number})
	}
	o := object{{"id", "shipment-" + strconv.FormatInt(r.ID, 10)}, {"order_number", r.Order}}
	if r.OrderValue != "" {
		o = append(o, field{"total_order_price", object{{"currency", r.OrderCurrency}, {"value", r.OrderValue}}})
	}
	return append(o, object{
		{"parcels", []any{p}},
		{"to_address", object{
			{"name", to.Name}, {"company_name", ""}, {"address_line_1", to.Street}, {"house_number", to.HouseNumber},
			{"postal_code", to.PostalCode}, {"city", to.City}, {"country_code", to.ISO2}, {"email", to.Email},
		}},
		{"ship_with", object{{"type", "shipping_option_code"}, {"properties", object{{"shipping_option_code", r.CarrierCode + ":standard"}}}}},
	}...)
}

func (a *Account) cancelShipment(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("id")
	id, _ := strconv.ParseInt(name[min(shipmentIDLen, len(name)):], 10, 64)
	row, ok := a.parcels[id]
	if !ok {
		refuseV3(w, http.StatusNotFound, "not_found", "Not found")
		return
	}
	code, status, message := a.cancel(row)
	if code == http.StatusBadRequest {
		refuseV3(w, http.StatusConflict, "invalid", message)
		return
	}
	answer(w, min(code, http.StatusAccepted), object{{"data", object{{"status", status}, {"message", message}}}})
}

// trackingCodes are the words that trackings of version 3 have for statuses.
var trackingCodes = map[int]string{
	BeingAnnounced.ID: "announcing", ReadyToSend.ID: "ready_to_send", PickedUp.ID: "accepted", ToSorting.ID: "in_transit",
	EnRoute.ID: "in_transit", DriverEnRoute.ID: "in_delivery", AttemptFailed.ID: "attempted", AwaitingPickup.ID: "pup",
	Delivered.ID: "delivered", Collected.ID: "delivered", Cancelled.ID: "cancelled",
}

func (a *Account) trackingV3(w http.ResponseWriter, r *http.Request) {
	row, ok := a.tracked(r.PathValue("number"))
	if !ok {
		answer(w, http.StatusNotFound, object{{"detail", "Parcel does not exist"}})
		return
	}
	events := []any{}
	for _, c := range slices.Backward(row.history) {
		code, known := trackingCodes[c.status.ID]
		if !known {
			code = "unknown"
		}
		events = append(events, object{
			{"event_at", c.at.UTC().Format(time.RFC3339)}, {"event_type", "carrier"}, {"status_code", code},
			{"status_description", c.status.Message}, {"status_type", "success"}, {"sub_status_code", "none"},
		})
	}
	answer(w, http.StatusOK, object{
		{"details", object{{"integration_id", row.integration}, {"is_return", row.IsReturn}, {"expected_delivery_date", nil}}},
		{"events", events},
		{"tracking_numbers", []any{object{
			{"carrier_code", row.CarrierCode}, {"tracking_number", r.PathValue("number")}, {"tracking_url", "https://tracking.example/" + r.PathValue("number")},
		}}},
	})
}

func (a *Account) ours(w http.ResponseWriter, r *http.Request) bool {
	if pathID(r) != a.config.Integration {
		answer(w, http.StatusNotFound, object{{"errors", []any{object{{"status", http.StatusNotFound}, {"code", "not_found"}, {"detail", "Not found"}}}}})
		return false
	}
	return true
}

func (a *Account) getIntegration(w http.ResponseWriter, r *http.Request) {
	if a.ours(w, r) {
		answer(w, http.StatusOK, a.settings())
	}
}

// listIntegrations lists all of the account.
// https://sendcloud.dev/api/v3/integrations/retrieve-a-list-of-integrations
func (a *Account) listIntegrations(w http.ResponseWriter, _ *http.Request) {
	list := []any{}
	for _, one := range a.integrations {
		list = append(list, one.settings())
	}
	answer(w, http.StatusOK, object{{"data", list}})
}

func (a *Account) settings() object { return a.panel.fields("started_failing_at") }

func (a *Account) listFailedCalls(w http.ResponseWriter, r *http.Request) {
	if !a.ours(w, r) {
		return
	}
	calls := a.FailedCalls()
	slices.Reverse(calls)
	query := r.URL.Query()
	if before, err := time.Parse(time.RFC3339Nano, query.Get("cursor")); err == nil {
		calls = slices.DeleteFunc(calls, func(c FailedCall) bool { return !c.At.Before(before) })
	}
	size, err := strconv.Atoi(query.Get("page_size"))
	if err != nil {
		size = pageV3
	}
	if size = min(size, pageV3AtMost); len(calls) > size {
		calls = calls[:size]
		linkNext(w, r, calls[size-1].At.UTC().Format(time.RFC3339Nano))
	}
	list := []any{}
	for _, c := range calls {
		list = append(list, object{
			{"id", c.ID}, {"base_url", strings.TrimSuffix(c.URL, "/")}, {"full_url", c.URL}, {"method", http.MethodPost}, {"response_code", c.Code},
			{"response", object{{"headers", object{}}, {"body", ""}}}, {"request", object{{"headers", object{}}, {"payload", object{}}}},
			{"created_at", c.At.UTC().Format(time.RFC3339Nano)}, {"exception_type", c.Exception}, {"exception", ""}, {"protected", false}, {"additional_data", ""},
		})
	}
	answer(w, http.StatusOK, object{{"data", list}})
}
