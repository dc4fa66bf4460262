package sendcloud

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"time"
)

// Return is a return as Sendcloud keeps it. What is zero is not known, or has not
// happened.
type Return struct {
	ID                             int64  `json:",omitzero"`
	OutgoingParcel, IncomingParcel int64  `json:",omitzero"`
	Order                          string `json:",omitzero"`
	Reason                         int    `json:",omitzero"`
	// RefundType is money, credit or exchange; empty wishes for no refund. Total is
	// a decimal such as 320.00, and Message the customer's.
	RefundType, Total, Message string `json:",omitzero"`
	// Fee is what the customer pays for the way back, a decimal in Currency; an
	// empty Currency is EUR.
	Fee, Currency                                string `json:",omitzero"`
	CustomerName, CustomerEmail, CustomerCountry string `json:",omitzero"`
	// DeliveredAt is when the goods were back, RefundedAt when somebody marked it as
	// refunded in the panel.
	CreatedAt, DeliveredAt, RefundedAt time.Time `json:",omitzero"`
}

// FileReturn makes a return as a customer does in the return portal: return_created
// tells the integration of it that has sent the parcel.
func (a *Account) FileReturn(r Return) {
	a.AddReturn(r)
	a.sender(r.OutgoingParcel).courier.send(r.Created(r.CreatedAt))
}

// sender is the integration that has sent a parcel; of an unknown one, this.
func (a *Account) sender(parcelID int64) *Account {
	a.mu.Lock()
	defer a.mu.Unlock()
	if row, ok := a.parcels[parcelID]; ok {
		for _, one := range a.integrations {
			if one.config.Integration == row.integration {
				return one
			}
		}
	}
	return a
}

// AddReturn makes a return of which no webhook tells, or replaces the one with its
// number.
func (a *Account) AddReturn(r Return) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.setReturn(r)
}

// MarkRefunded is the panel's button. No webhook tells of it.
func (a *Account) MarkRefunded(id int64, at time.Time) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	r, ok := a.findReturn(id)
	if !ok {
		return fmt.Errorf("mark return %d as refunded: there is no such return", id)
	}
	r.RefundedAt = at
	a.setReturn(r)
	return nil
}

// setReturn does it; the lock is held.
func (a *Account) setReturn(r Return) {
	if i := a.returnAt(r.ID); i >= 0 {
		a.returns[i] = r
		return
	}
	a.returns = append(a.returns, r)
}

// findReturn finds a return; the lock is held.
func (a *Account) findReturn(id int64) (Return, bool) {
	i := a.returnAt(id)
	if i < 0 {
		return Return{}, false
	}
	return a.returns[i], true
}

func (a *Account) returnAt(id int64) int {
	return slices.IndexFunc(a.returns, func(r Return) bool { return r.ID == id })
}

func (a *Account) returnsV2(w http.ResponseWriter, r *http.Request) {
	all := slices.Clone(a.returns)
	slices.SortFunc(all, func(x, y Return) int { return y.CreatedAt.Compare(x.CreatedAt) })
	cut, next, ok := page(all, r.URL.Query().Get("cursor"), a.pageSize(pageV2))
	if !ok {
		refuse(w, r, http.StatusNotFound, "Invalid cursor")
		return
	}
	list := []any{}
	for _, one := range cut {
		list = append(list, a.v2(one))
	}
	answer(w, http.StatusOK, object{{"next", link(r, next)}, {"previous", nil}, {"returns", list}})
}

func (a *Account) returnV2(w http.ResponseWriter, r *http.Request) {
	one, ok := a.findReturn(pathID(r))
	if !ok {
		refuse(w, r, http.StatusNotFound, "No Return matches the given query.")
		return
	}
	answer(w, http.StatusOK, a.v2(one))
}

// v2 is a return as version 2 tells of it: a fee is a text, and no fee a number.
// https://sendcloud.dev/api/v2/returns
func (a *Account) v2(r Return) object {
	refund, fee := any(nil), any(json.Number("0.0"))
	if r.RefundType != "" {
		refund = object{
			{"refund_type", refundType(r.RefundType)}, {"total_refund", r.Total}, {"refunded_at", millis(r.RefundedAt)}, {"message", r.Message},
		}
	}
	if r.Fee != "" {
		fee = r.Fee
	}
	o := object{
		{"id", r.ID}, {"created_at", r.CreatedAt.Format(time.RFC3339Nano)}, {"reason", known(r.Reason)},
		{"outgoing_parcel", known(r.OutgoingParcel)}, {"incoming_parcel", known(r.IncomingParcel)}, {"message", ""}, {"refund", refund},
		{"is_cancellable", false}, {"return_fee", fee}, {"return_fee_currency", cmp.Or(r.Currency, "EUR")},
		{"label_cost", json.Number("5.4")}, {"label_currency", "EUR"}, {"items_cost", json.Number("0.0")},
		{"delivered_at", moment(r.DeliveredAt)}, {"delivery_option", "drop_off_point"}, {"store_location", nil}, {"payment_details", nil},
	}
	if r.OutgoingParcel != 0 {
		o = append(o, field{"outgoing_parcel_data", a.parcelData(r, r.OutgoingParcel)})
	}
	status := a.statusOf(r.IncomingParcel)
	return append(o, field{"incoming_parcel_data", a.parcelData(r, r.IncomingParcel)}, field{"incoming_parcel_status", object{
		{"id", status.ID}, {"message", status.Message}, {"global_status_slug", slug(status)},
	}})
}

// parcelData is one of the two parcels of a return. By both, whom it is from is the
// customer.
func (a *Account) parcelData(r Return, id int64) object {
	status, number := a.statusOf(id), ""
	if row, ok := a.parcels[id]; ok {
		number = trackingNumber(row.Parcel, status)
	}
	return object{
		{"tracking_number", number}, {"parcel_status", status.ID}, {"global_status_slug", slug(status)}, {"brand_name", a.config.ShopName},
		{"order_number", r.Order}, {"from_email", r.CustomerEmail}, {"deleted", false}, {"collo_count", 1},
		{"from_country", r.CustomerCountry}, {"from_name", r.CustomerName}, {"shipping_method", 1345}, {"extra_data", object{}},
	}
}

// statusOf is the status that a parcel has; one that was never scanned is being
// announced.
func (a *Account) statusOf(id int64) Status {
	if row, ok := a.parcels[id]; ok {
		return row.latest().status
	}
	return BeingAnnounced
}

func (a *Account) returnsV3(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	from, err := time.Parse(time.DateTime, query.Get("from_date"))
	to, err2 := time.Parse(time.DateTime, query.Get("to_date"))
	if err != nil || err2 != nil {
		answer(w, http.StatusBadRequest, object{{"errors", []any{object{{"field", "from_date"}, {"code", http.StatusBadRequest}, {"message", "Both dates are required."}}}}})
		return
	}
	var within []Return
	for _, one := range a.returns {
		if !one.CreatedAt.Before(from) && !one.CreatedAt.After(to) {
			within = append(within, one)
		}
	}
	cut, next, ok := page(within, query.Get("cursor"), a.pageSize(pageV3))
	if !ok {
		refuseV3(w, http.StatusNotFound, "not_found", "Invalid cursor")
		return
	}
	list := []any{}
	for _, one := range cut {
		list = append(list, one.v3())
	}
	answer(w, http.StatusOK, object{{"next", link(r, next)}, {"previous", nil}, {"data", list}})
}

func (a *Account) returnV3(w http.ResponseWriter, r *http.Request) {
	one, ok := a.findReturn(pathID(r))
	if !ok {
		refuseV3(w, http.StatusNotFound, "not_found", "Not found")
		return
	}
	answer(w, http.StatusOK, one.v3())
}

// v3 has neither the return's own number nor its parcels' nor its total, nor
// whether it was marked as refunded. https://sendcloud.dev/api/v3/returns
func (r Return) v3() object {
	refund, fee := any(nil), any(nil)
	if r.RefundType != "" {
		refund = object{{"refund_type", r.RefundType}, {"message", r.Message}}
	}
	if r.Fee != "" {
		fee = object{{"value", json.Number(r.Fee)}, {"currency", cmp.Or(r.Currency, "EUR")}}
	}
	return object{
		{"created_at", r.CreatedAt.Format(time.RFC3339Nano)}, {"is_cancellable", false},
		{"delivered_at", millis(r.DeliveredAt)}, {"delivered_at_iso", moment(r.DeliveredAt)}, {"collo_count", 1}, {"brand_id", 1}, {"parcel_items", []any{}},
		{"from_address", object{{"name", r.CustomerName}, {"country_code", r.CustomerCountry}, {"email", r.CustomerEmail}}},
		{"reason", object{{"id", known(r.Reason)}, {"description", "No reason"}}}, {"refund", refund},
		{"return_fee", fee}, {"order_number", r.Order}, {"status_history", []any{}},
	}
}

// moment is a time, or null where there is none.
func moment(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.Format(time.RFC3339Nano)
}
