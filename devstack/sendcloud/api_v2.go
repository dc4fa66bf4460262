package sendcloud

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"
)

const pageV2 = 100

func (a *Account) pageSize(real int) int {
	if a.config.PageSize > 0 {
		return a.config.PageSize
	}
	return real
}

func (a *Account) listParcels(w http.ResponseWriter, r *http.Request) {
	keep, ok := wanted(r.URL.Query())
	if !ok {
		refuse(w, r, http.StatusBadRequest, `updated_after: "Enter a valid date/time."`)
		return
	}
	rows, next, ok := page(a.rows(keep), r.URL.Query().Get("cursor"), a.pageSize(pageV2))
	if !ok {
		refuse(w, r, http.StatusNotFound, "Invalid cursor")
		return
	}
	list := []any{}
	for _, row := range rows {
		list = append(list, row.rest())
	}
	answer(w, http.StatusOK, object{{"next", link(r, next)}, {"previous", nil}, {"parcels", list}})
}

func (a *Account) getParcel(w http.ResponseWriter, r *http.Request) {
	row, ok := a.parcels[pathID(r)]
	if !ok {
		refuse(w, r, http.StatusNotFound, "No Parcel matches the given query.")
		return
	}
	answer(w, http.StatusOK, object{{"parcel", row.rest()}})
}

// rest is a parcel as the API has it, which is not quite as webhooks do.
func (r *row) rest() object {
	latest := r.latest()
	o := r.fields(latest.status, latest.at)
	for _, key := range []string{
		"from_country", "from_postal_code", "house_number", "date_shipped", "track_trace_notifications",
		"should_send_feedback", "suppressed_statuses", "source", "extra_data",
	} {
		o = without(o, key)
	}
	for _, key := range []string{"insured_value", "total_insured_value"} {
		if n, ok := get(o, key).(json.Number); ok {
			o = set(o, key, whole(n))
		}
	}
	o = set(o, "carrier", object{{"code", r.CarrierCode}})
	if get(o, "tracking_url") == nil {
		o = set(without(o, "tracking_url"), "label", object{})
	}
	return o
}

// cancelling are the statuses of a parcel that is being cancelled, or is.
var cancelling = []int{Cancelling.ID, 2001, 1998, Cancelled.ID}

// cancel cancels a parcel, as far as it can be: done, queued, deleted, already
// being cancelled, or too late.
func (a *Account) cancel(r *row) (code int, status, message string) {
	switch latest := r.latest().status.ID; {
	case slices.Contains(cancelling, latest):
		return http.StatusBadRequest, "failed", "This shipment is already being cancelled."
	case latest == Delivered.ID || latest == Collected.ID || latest == Returned.ID:
		return http.StatusBadRequest, "failed", "This shipment cannot be cancelled any more."
	case latest == 999 || latest == BeingAnnounced.ID || latest == 1002:
		delete(a.parcels, r.ID)
		return http.StatusGone, "deleted", "Parcel has been deleted"
	}
	r.history = append(r.history, change{Cancelling, time.Now()})
	return http.StatusAccepted, "queued", "Parcel cancellation has been queued"
}

func (a *Account) cancelParcel(w http.ResponseWriter, r *http.Request) {
	row, ok := a.parcels[pathID(r)]
	if !ok {
		refuse(w, r, http.StatusNotFound, "No Parcel matches the given query.")
		return
	}
	code, status, message := a.cancel(row)
	answer(w, code, object{{"status", status}, {"message", message}})
}

func (a *Account) trackingV2(w http.ResponseWriter, r *http.Request) {
	row, ok := a.tracked(r.PathValue("number"))
	if !ok {
		w.Header().Set("Content-Type", "application/xml")
		w.WriteHeader(http.StatusNotFound)
		_, _ = w.Write([]byte(`<?xml version="1.0" encoding="UTF-8"?>` + "\n<Error><Code>NoSuchKey</Code><Message>The specified key does not exist.</Message></Error>"))
		return
	}
	const layout = "2006-01-02 15:04:05.000000+00:00"
	steps := []any{}
	for _, c := range slices.Backward(row.history) {
		steps = append(steps, object{
			{"carrier_update_timestamp", c.at.UTC().Format(layout)}, {"parcel_status_history_id", "1"},
			{"parent_status", slug(c.status)}, {"carrier_code", row.CarrierCode}, {"carrier_message", c.status.Message},
		})
	}
	answer(w, http.StatusOK, object{
		{"parcel_id", string(encode(row.ID))}, {"carrier_code", row.CarrierCode}, {"created_at", row.Created.UTC().Format(layout)},
		{"carrier_tracking_url", "https://tracking.example/" + r.PathValue("number")}, {"is_return", row.IsReturn},
		{"is_to_service_point", false}, {"is_mail_box", false}, {"expected_delivery_date", nil}, {"statuses", steps},
	})
}

func (a *Account) listStatuses(w http.ResponseWriter, _ *http.Request) {
	list := []any{}
	for _, s := range []Status{
		BeingAnnounced, ReadyToSend, PickedUp, ToSorting, EnRoute, Delayed, DriverEnRoute, AttemptFailed, AwaitingPickup,
		Delivered, Collected, Undeliverable, Returned, Cancelling, Cancelled,
	} {
		list = append(list, object{{"id", s.ID}, {"message", s.Message}})
	}
	answer(w, http.StatusOK, list)
}

// slug is a status in the spelling of trackings.
func slug(s Status) string {
	return strings.ToLower(strings.ReplaceAll(codes[s.ID], "_", "-"))
}
