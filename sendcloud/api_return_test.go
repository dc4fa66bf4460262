package sendcloud_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"waybill/sendcloud"
)

func returns(t *testing.T, api sendcloud.API) []sendcloud.Return {
	t.Helper()
	var all []sendcloud.Return
	require.NoError(t, api.Returns(t.Context(), since, since.Add(72*time.Hour), func(page []sendcloud.Return) error {
		all = append(all, page...)
		return nil
	}))
	return all
}

func TestReturnsV2(t *testing.T) {
	p := newPanel(t, ok(t, "api-own-v2-returns.json"))
	all := returns(t, p.api(t, sendcloud.V2))
	require.Equal(t, []sendcloud.Return{{
		ID: 1500002, CreatedAt: time.Date(2026, 11, 2, 10, 5, 12, 915608000, time.UTC), OutgoingParcel: 364000004, IncomingParcel: 364000001,
		OrderNumber: "EX-1", RefundType: "money", Total: "320.00", ItemsValue: "320.0", Currency: "EUR",
		CustomerName: "Jane Doe", CustomerEmail: "jane.doe@example.com", CustomerCountry: "NL",
	}}, all, "the other one is too old")

	one, err := newPanel(t, ok(t, "api-v2-return-get-documented.json")).api(t, sendcloud.V2).Return(t.Context(), 1)
	require.NoError(t, err)
	require.Equal(t, "10.00", one.Total, "the documentation has quotes within the quotes")
	require.Equal(t, time.UnixMilli(1654683771746).UTC(), one.RefundedAt)
	require.Equal(t, "EU2548657452", one.OrderNumber)
	require.Equal(t, "Exchange for size M", one.Message)
	require.Equal(t, "contact@sendcloud.com", one.CustomerEmail)
	require.Equal(t, "NL", one.CustomerCountry)
	require.Equal(t, "48.95", one.ItemsValue)
}

func TestReturnsV3(t *testing.T) {
	last := answer{http.StatusOK, "", `{"next":null,"data":[]}`}
	p := newPanel(t, ok(t, "api-v3-returns-list.json"), last)
	all := returns(t, p.api(t, sendcloud.V3))
	require.Equal(t, "GET /api/v3/returns?from_date=2026-11-02+00%3A00%3A00&page_size=40&to_date=2026-11-05+00%3A00%3A00", p.asked()[0])
	require.Contains(t, p.asked()[1], "cursor=cD0z")
	require.Len(t, all, 1)
	require.Equal(t, "exchange", all[0].RefundType)
	require.Equal(t, 1, all[0].ReasonID)
	require.Empty(t, all[0].Total+all[0].ItemsValue, "there are no items in it")
	require.Equal(t, "NL", all[0].CustomerCountry)

	one, err := newPanel(t, answer{http.StatusOK, "", `{"data":{"created_at":"2026-11-02T11:05:12Z","order_number":"EX-1","refund":{"refund_type":"money"}}}`}).api(t, sendcloud.V3).Return(t.Context(), 42)
	require.NoError(t, err)
	require.Equal(t, int64(42), one.ID)
	require.Equal(t, "money", one.RefundType)
}

func TestWhatReturnedItemsCostIsAddedUp(t *testing.T) {
	for _, c := range []struct {
		name, fee, items, value, currency string
	}{
		{"cents that no float can add", `null`, `[{"quantity":3,"price":{"value":0.1,"currency":"EUR"}},{"quantity":"1","price":{"value":"0.20","currency":"eur"}}]`, "0.50", "EUR"},
		{"a price has more places than others", `null`, `[{"quantity":2,"price":{"value":"1.125","currency":"SEK"}},{"quantity":1,"price":{"value":7,"currency":"SEK"}}]`, "9.250", "SEK"},
		{"whole amounts", `null`, `[{"quantity":10,"price":{"value":12,"currency":"EUR"}}]`, "120", "EUR"},
		{"for nothing", `null`, `[{"quantity":1,"price":{"value":"0.00","currency":"EUR"}}]`, "0.00", "EUR"},
		{"the price stands in value", `null`, `[{"quantity":1,"value":{"value":6.15,"currency":"EUR"}}]`, "6.15", "EUR"},
		{"the price comes before the value", `null`, `[{"quantity":1,"price":{"value":5,"currency":"EUR"},"value":{"value":6,"currency":"EUR"}}]`, "5", "EUR"},
		{"two currencies", `null`, `[{"quantity":1,"price":{"value":1,"currency":"EUR"}},{"quantity":1,"price":{"value":1,"currency":"GBP"}}]`, "", ""},
		{"a fee in another currency", `{"value":1,"currency":"EUR"}`, `[{"quantity":1,"price":{"value":1,"currency":"GBP"}}]`, "", "EUR"},
		{"a fee in the same", `{"value":"1","currency":"EUR"}`, `[{"quantity":1,"price":{"value":1,"currency":"EUR"}}]`, "1", "EUR"},
		{"no currency", `{"value":1,"currency":"EUR"}`, `[{"quantity":1,"price":{"value":1}}]`, "", "EUR"},
		{"one has no currency", `null`, `[{"quantity":1,"price":{"value":1}},{"quantity":1,"price":{"value":1,"currency":"EUR"}}]`, "", ""},
		{"one has no price", `null`, `[{"quantity":1,"price":{"value":1,"currency":"EUR"}},{"quantity":1,"price":null}]`, "", ""},
		{"one has a price that is none", `null`, `[{"quantity":1,"price":{"value":"1/2","currency":"EUR"}}]`, "", ""},
		{"nobody says how many", `null`, `[{"price":{"value":1,"currency":"EUR"}}]`, "", ""},
		{"less than one", `null`, `[{"quantity":2,"price":{"value":9,"currency":"EUR"}},{"quantity":-1,"price":{"value":9,"currency":"EUR"}}]`, "", ""},
		{"one is no item", `null`, `[{"quantity":1,"price":{"value":1,"currency":"EUR"}},7]`, "", ""},
		{"more than there is", `null`, `[{"quantity":9223372036854775807,"price":{"value":"999999999999999","currency":"EUR"}}]`, "", "EUR"},
		{"no items", `null`, `[]`, "", ""},
		{"no list", `null`, `{}`, "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newPanel(t, answer{http.StatusOK, "", `{"next":null,"data":[{"created_at":"2026-11-02T11:05:12Z","return_fee":` + c.fee + `,"parcel_items":` + c.items + `}]}`})
			all := returns(t, p.api(t, sendcloud.V3))
			require.Len(t, all, 1)
			require.Equal(t, c.value, all[0].ItemsValue)
			require.Equal(t, c.currency, all[0].Currency)
		})
	}
}
