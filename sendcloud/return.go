package sendcloud

import (
	"cmp"
	"context"
	"iter"
	"math/big"
	"net/url"
	"reflect"
	"regexp"
	"strings"
	"time"

	"waybill/refund"
)

// Return is what the API or a webhook tells of a return. All of it can be missing.
type Return struct {
	// ID is Sendcloud's number of the return. It is 0 in webhooks about refunds.
	ID        int64
	CreatedAt time.Time
	// OutgoingParcel and IncomingParcel are the ids of the parcel that was sent and of
	// the one that comes back. Only version 2 tells them.
	OutgoingParcel, IncomingParcel int64
	OrderNumber                    string
	// ReasonID is Sendcloud's number of the reason, ReasonText its words.
	ReasonID   int
	ReasonText string
	// RefundType is money, credit or exchange; empty if no refund is asked for.
	RefundType string
	// Total is the amount to refund, a decimal such as 320.00; empty if it is not told.
	// ItemsValue is what the returned goods cost; version 2 says 0.0 if it does not
	// know. Both are in Currency.
	Total, ItemsValue, Currency string
	// Message is the customer's.
	Message string
	// Items are what comes back. Only version 3 tells them.
	Items []refund.Item
	// CustomerName and CustomerEmail are personal data.
	CustomerName, CustomerEmail string
	// CustomerCountry is where the return comes from, such as NL.
	CustomerCountry string
	// RefundedAt is when somebody marked it as refunded in Sendcloud's panel. PanelRead says
	// that this was told: only version 2 does, and only of a return with a wish for a refund.
	RefundedAt time.Time
	PanelRead  bool
	// DeliveredAt is when the goods were back.
	DeliveredAt time.Time
}

var decimal = regexp.MustCompile(`^[0-9]{1,15}(\.[0-9]{1,6})?$`)

// amount is a decimal, or "". The documentation has quotes in it, which are cut off.
func amount(t text) string {
	if s := strings.Trim(string(t), `" `); decimal.MatchString(s) {
		return s
	}
	return ""
}

// wish is a request for a refund, in v2 and in webhooks.
type wish struct {
	Type    refundType `json:"refund_type"`
	Total   text       `json:"total_refund"`
	At      mark       `json:"refunded_at"`
	Message shown      `json:"message"`
}

// mark is when something was marked: null is not yet. read says that it is either.
type mark struct {
	moment
	read bool
}

func (m *mark) UnmarshalJSON(raw []byte) error {
	err := m.moment.UnmarshalJSON(raw)
	m.read = string(raw) == "null" || !m.IsZero()
	return err
}

// refundType is a code, or an object that has one.
type refundType string

func (t *refundType) UnmarshalJSON(raw []byte) error {
	*t = refundType(textIn(raw, "code"))
	return nil
}

// returned is what both v2 and webhooks tell of a return.
type returned struct {
	CreatedAt moment `json:"created_at"`
	Outgoing  whole  `json:"outgoing_parcel"`
	Incoming  whole  `json:"incoming_parcel"`
	Reason    whole  `json:"reason"`
}

type returnV2 struct {
	returned
	ID        whole        `json:"id"`
	Message   shown        `json:"message"`
	Refund    object[wish] `json:"refund"`
	Currency  currency     `json:"return_fee_currency"`
	Items     text         `json:"items_cost"`
	Delivered moment       `json:"delivered_at"`

	IncomingData object[struct {
		Order   shown   `json:"order_number"`
		Name    person  `json:"from_name"`
		Email   text    `json:"from_email"`
		Country country `json:"from_country"`
	}] `json:"incoming_parcel_data"`
	OutgoingData object[struct {
		Order shown `json:"order_number"`
	}] `json:"outgoing_parcel_data"`
}

func (r returnV2) read() Return {
	from, wish := r.IncomingData.v, r.Refund.v
	return Return{
		ID: r.ID.n, CreatedAt: r.CreatedAt.Time, OutgoingParcel: r.Outgoing.n, IncomingParcel: r.Incoming.n,
		OrderNumber: string(cmp.Or(r.OutgoingData.v.Order, from.Order)), ReasonID: int(r.Reason.n),
		RefundType: string(wish.Type), Total: amount(wish.Total), ItemsValue: amount(r.Items), Currency: string(r.Currency),
		Message: string(cmp.Or(wish.Message, r.Message)), CustomerName: string(from.Name), CustomerEmail: from.Email.exact(),
		CustomerCountry: string(from.Country), RefundedAt: wish.At.Time, PanelRead: wish.At.read, DeliveredAt: r.Delivered.Time,
	}
}

// Returns asks version 2, also for version 3. There is no filter by date, but returns
// come newest first, so one that is too old ends the list.
func (c *client) Returns(ctx context.Context, from, to time.Time, page func([]Return) error) error {
	for all, err := range c.returns(ctx) {
		if err != nil {
			return err
		}
		var within []Return
		older := false
		for _, r := range all {
			read := r.read()
			old := read.olderThan(from)
			older = older || old
			if !old && !read.CreatedAt.After(to) {
				within = append(within, read)
			}
		}
		if err := page(within); err != nil || older {
			return err
		}
	}
	return nil
}

// olderThan reports whether it was made before a moment. Without a date, it was not.
func (r Return) olderThan(moment time.Time) bool {
	return !r.CreatedAt.IsZero() && r.CreatedAt.Before(moment)
}

func (c *client) returns(ctx context.Context) iter.Seq2[[]returnV2, error] {
	return pages[returnV2](ctx, c, "api/v2/returns", "returns", url.Values{})
}

func (a apiV2) Return(ctx context.Context, id int64) (Return, error) {
	told, err := get[returnV2](ctx, a.client, "api/v2/returns", id)
	if err == nil && (!told.ID.ok || told.ID.n != id) {
		err = errShape("the return's number")
	}
	if err != nil {
		return Return{}, err
	}
	return told.read(), nil
}

type returnV3 struct {
	ID        whole  `json:"id"`
	CreatedAt moment `json:"created_at"`
	Order     shown  `json:"order_number"`
	Reason    object[struct {
		ID   whole `json:"id"`
		Text shown `json:"description"`
	}] `json:"reason"`
	Refund object[wish] `json:"refund"`
	From   object[struct {
		Name    person  `json:"name"`
		Email   text    `json:"email"`
		Country country `json:"country_code"`
	}] `json:"from_address"`
	Fee         object[price]      `json:"return_fee"`
	Items       rows[returnedItem] `json:"parcel_items"`
	DeliveredAt moment             `json:"delivered_at_iso"`
}

// returnedItem is one line of what comes back. Its price is in price or in value.
type returnedItem struct {
	Name    shown `json:"description"`
	Message shown `json:"return_message"`
	Reason  object[struct {
		ID   whole `json:"id"`
		Text shown `json:"description"`
	}] `json:"return_reason"`
	Quantity whole         `json:"quantity"`
	Price    object[price] `json:"price"`
	Value    object[price] `json:"value"`
}

// read leaves the total empty: version 3 tells the price of each item, but not the
// amount to refund.
func (r returnV3) read() Return {
	worth, in := itemsValue(r.Items)
	var items []refund.Item
	for _, item := range r.Items {
		if read := item.read(); read != (refund.Item{}) {
			items = append(items, read)
		}
	}
	switch fee := r.Fee.v.Currency; {
	case in == "":
		in = fee
	case fee != "" && fee != in:
		worth, in = "", fee // there is one currency for all amounts
	}
	return Return{
		ID: r.ID.n, CreatedAt: r.CreatedAt.Time, OrderNumber: string(r.Order),
		ReasonID: int(r.Reason.v.ID.n), ReasonText: string(r.Reason.v.Text),
		RefundType: string(r.Refund.v.Type), Message: string(r.Refund.v.Message),
		ItemsValue: worth, Currency: string(in), Items: items,
		CustomerName: string(r.From.v.Name), CustomerEmail: r.From.v.Email.exact(), CustomerCountry: string(r.From.v.Country),
		DeliveredAt: r.DeliveredAt.Time,
	}
}

// each is the price of one.
func (i returnedItem) each() price {
	if i.Price.v.Value == "" {
		return i.Value.v
	}
	return i.Price.v
}

func (i returnedItem) read() refund.Item {
	_, reason := reasonOf(int(i.Reason.v.ID.n), string(i.Reason.v.Text))
	item := refund.Item{Name: string(i.Name), Quantity: max(i.Quantity.n, 0), Reason: reason, Message: string(i.Message)}
	item.Price, _ = refund.ParseDecimal(amount(i.each().Value), string(i.each().Currency)) // an odd price is none
	return item
}

// itemsValue is what items cost together. It is empty unless all of them tell their
// price and quantity, in one currency: part of a value is worse than none.
func itemsValue(items []returnedItem) (value string, in currency) {
	total, places := new(big.Rat), 0
	for _, item := range items {
		each := item.each()
		price, ok := new(big.Rat).SetString(amount(each.Value))
		if !ok || item.Quantity.n <= 0 || each.Currency == "" || in != "" && each.Currency != in {
			return "", ""
		}
		total.Add(total, price.Mul(price, new(big.Rat).SetInt64(item.Quantity.n)))
		_, fraction, _ := strings.Cut(amount(each.Value), ".")
		places, in = max(places, len(fraction)), each.Currency
	}
	if in == "" {
		return "", ""
	}
	return amount(text(total.FloatString(places))), in
}

// Return reads the return in version 3 and completes it from version 2, which alone
// tells its parcels, the amount to refund, and whether it was refunded already. Version
// 2 is deprecated and can be closed to an account: if it refuses, or does not know the
// return, version 3's answer stands alone, and PanelRead is not set. If version 2 is only unavailable, the caller
// gets its error and tries again, so that no refund is decided on half the facts.
func (a apiV3) Return(ctx context.Context, id int64) (Return, error) {
	found, err := a.returnAlone(ctx, id)
	if err != nil && !isKind(err, NotFound) {
		return Return{}, err
	}
	more, errV2 := apiV2(a).Return(ctx, id)
	switch {
	case errV2 == nil:
		return found.completed(more), nil
	case isKind(errV2, NotFound), isKind(errV2, Setup), isKind(errV2, Invalid):
		return found, err
	}
	return Return{}, errV2
}

// returnAlone is what version 3 itself tells.
func (a apiV3) returnAlone(ctx context.Context, id int64) (Return, error) {
	told, err := get[returnAnswer](ctx, a.client, "api/v3/returns", id)
	if err != nil {
		return Return{}, err
	}
	return told.read(id)
}

// returnAnswer is a return, possibly in an envelope.
type returnAnswer struct {
	returnV3
	Data object[returnV3] `json:"data"`
}

func (a returnAnswer) read(id int64) (Return, error) {
	r := a.returnV3.read()
	if r.nothing() {
		r = a.Data.v.read()
	}
	if r.nothing() {
		return Return{}, errShape("the return")
	}
	r.ID = id // the answer leaves it out
	return r, nil
}

// nothing reports whether nothing is told.
func (r Return) nothing() bool { return reflect.DeepEqual(r, Return{}) }

// completed adds what only version 2 tells. Of what both tell, version 3's stands.
func (r Return) completed(v2 Return) Return {
	r.ID, r.OutgoingParcel, r.IncomingParcel = v2.ID, v2.OutgoingParcel, v2.IncomingParcel
	r.Total, r.RefundedAt, r.PanelRead = v2.Total, v2.RefundedAt, v2.PanelRead
	if v2.Currency != "" && v2.Currency != r.Currency {
		// The total is in this currency, and Currency holds for all amounts.
		r.Currency, r.ItemsValue = v2.Currency, ""
	}
	r.ItemsValue = cmp.Or(r.ItemsValue, v2.ItemsValue)
	r.CreatedAt, r.DeliveredAt = cmp.Or(r.CreatedAt, v2.CreatedAt), cmp.Or(r.DeliveredAt, v2.DeliveredAt)
	r.OrderNumber = cmp.Or(r.OrderNumber, v2.OrderNumber)
	r.ReasonID, r.ReasonText = cmp.Or(r.ReasonID, v2.ReasonID), cmp.Or(r.ReasonText, v2.ReasonText)
	r.RefundType, r.Message = cmp.Or(r.RefundType, v2.RefundType), cmp.Or(r.Message, v2.Message)
	r.CustomerName, r.CustomerEmail = cmp.Or(r.CustomerName, v2.CustomerName), cmp.Or(r.CustomerEmail, v2.CustomerEmail)
	r.CustomerCountry = cmp.Or(r.CustomerCountry, v2.CustomerCountry)
	return r
}
