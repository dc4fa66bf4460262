package sendcloud_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"waybill/refund"
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
		OrderNumber: "EX-1", RefundType: "money", Total: "320.00", ItemsValue: "320.0", Currency: "EUR", PanelRead: true,
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

// A return without a date may be any day's: it ends no walk and is handed over.
func TestAReturnWithoutADateIsNotTooOld(t *testing.T) {
	all := returns(t, newPanel(t, answer{http.StatusOK, "", `{"next":null,"returns":[{"id":1},{"id":2,"created_at":"2026-11-02T10:00:00+00:00"},{"id":3,"created_at":"2020-01-01T10:00:00+00:00"}]}`}).api(t, sendcloud.V2))
	require.Len(t, all, 2)
	require.Equal(t, []int64{1, 2}, []int64{all[0].ID, all[1].ID})
}

func TestVersion3AsksVersion2WhichReturnsThereAre(t *testing.T) {
	p := newPanel(t, ok(t, "api-own-v2-returns.json"))
	require.Len(t, returns(t, p.api(t, sendcloud.V3)), 1)
	require.Equal(t, []string{"GET /api/v2/returns"}, p.asked())
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
			told := answer{http.StatusOK, "", `{"created_at":"2026-11-02T11:05:12Z","return_fee":` + c.fee + `,"parcel_items":` + c.items + `}`}
			one, err := newPanel(t, told, answer{http.StatusNotFound, "", ""}).api(t, sendcloud.V3).Return(t.Context(), 42)
			require.NoError(t, err)
			require.Equal(t, c.value, one.ItemsValue)
			require.Equal(t, c.currency, one.Currency)
		})
	}
}

// What version 2 tells of a return that version 3 tells of too.
const completing = `{"id":42,"created_at":"2026-11-02T11:05:13+01:00","reason":30,"outgoing_parcel":364000004,"incoming_parcel":364000001,
	"message":"They pinch","refund":{"refund_type":{"code":"exchange"},"total_refund":"300.00","refunded_at":1793700000000},
	"return_fee_currency":"EUR","items_cost":99.0,"delivered_at":"2026-11-05T09:00:00+01:00",
	"incoming_parcel_data":{"order_number":"EX-2","from_name":"J. Doe","from_email":"other@example.com","from_country":"BE"}}`

func TestReturnOfV3IsCompletedFromV2(t *testing.T) {
	p := newPanel(t, ok(t, "api-own-v3-return.json"), answer{http.StatusOK, "", completing})
	one, err := p.api(t, sendcloud.V3).Return(t.Context(), 42)
	require.NoError(t, err)
	price := func(value string) refund.Money {
		m, err := refund.ParseDecimal(value, "EUR")
		require.NoError(t, err)
		return m
	}
	items := []refund.Item{
		{Name: "T-Shirt XL", Quantity: 3, Price: price("33.1"), Reason: "Size too large"},
		{Name: "Sneakers 42", Quantity: 1, Price: price("220.70")},
	}
	require.Equal(t, []string{"GET /api/v3/returns/42", "GET /api/v2/returns/42"}, p.asked())
	require.Equal(t, sendcloud.Return{
		ID: 42, CreatedAt: time.Date(2026, 11, 2, 10, 5, 12, 915608000, time.UTC), OrderNumber: "EX-1", ReasonID: 8, ReasonText: "No reason",
		RefundType: "money", ItemsValue: "320.00", Currency: "EUR", Message: "Money, please", Items: items,
		CustomerName: "Jane Doe", CustomerEmail: "jane.doe@example.com", CustomerCountry: "NL",
		OutgoingParcel: 364000004, IncomingParcel: 364000001, Total: "300.00",
		RefundedAt: time.UnixMilli(1793700000000).UTC(), PanelRead: true, DeliveredAt: time.Date(2026, 11, 5, 8, 30, 0, 0, time.UTC),
	}, one, "what both tell is version 3's")

	alone := answer{http.StatusOK, "", `{"data":{"return_fee":{"currency":"EUR"}}}`}
	one, err = newPanel(t, alone, answer{http.StatusOK, "", completing}).api(t, sendcloud.V3).Return(t.Context(), 42)
	require.NoError(t, err)
	require.Equal(t, sendcloud.Return{
		ID: 42, CreatedAt: time.Date(2026, 11, 2, 10, 5, 13, 0, time.UTC), OrderNumber: "EX-2", ReasonID: 30,
		RefundType: "exchange", ItemsValue: "99.0", Currency: "EUR", Message: "They pinch",
		CustomerName: "J. Doe", CustomerEmail: "other@example.com", CustomerCountry: "BE",
		OutgoingParcel: 364000004, IncomingParcel: 364000001, Total: "300.00",
		RefundedAt: time.UnixMilli(1793700000000).UTC(), PanelRead: true, DeliveredAt: time.Date(2026, 11, 5, 8, 0, 0, 0, time.UTC),
	}, one, "what version 3 leaves out is version 2's")

	pounds := answer{http.StatusOK, "", `{"id":42,"refund":{"total_refund":"9.00"},"return_fee_currency":"GBP"}`}
	one, err = newPanel(t, ok(t, "api-own-v3-return.json"), pounds).api(t, sendcloud.V3).Return(t.Context(), 42)
	require.NoError(t, err)
	require.Equal(t, [3]string{"9.00", "", "GBP"}, [3]string{one.Total, one.ItemsValue, one.Currency}, "no amount gets another's currency")

	silent := answer{http.StatusOK, "", `{"id":42,"refund":{"total_refund":"9.00"},"return_fee_currency":null}`}
	one, err = newPanel(t, ok(t, "api-own-v3-return.json"), silent).api(t, sendcloud.V3).Return(t.Context(), 42)
	require.NoError(t, err)
	require.Equal(t, [3]string{"9.00", "320.00", "EUR"}, [3]string{one.Total, one.ItemsValue, one.Currency})
}

func TestReturnOfV3WithoutV2(t *testing.T) {
	here, there := ok(t, "api-own-v3-return.json"), answer{http.StatusOK, "", completing}
	for _, c := range []struct {
		name   string
		v3, v2 answer
		kind   sendcloud.ErrorKind // empty if a return is found
		total  string              // which only version 2 tells
		calls  int
	}{
		{"version 2 does not know it", here, answer{404, "", ""}, "", "", 2},
		{"version 2 is gone", here, answer{410, "", ""}, "", "", 2},
		{"version 2 is closed to the keys", here, answer{403, "", ""}, "", "", 2},
		{"version 2 is closed to the account", here, answer{412, "", ""}, "", "", 2},
		{"version 2 refuses the question", here, answer{400, "", ""}, "", "", 2},
		{"version 2 is down", here, answer{503, "", ""}, sendcloud.Unavailable, "", 5},
		{"version 2 breaks off", here, answer{200, "", completing[:99]}, sendcloud.Unavailable, "", 2},
		{"version 2 is asked too often", here, answer{429, "", ""}, sendcloud.Limited, "", 5},
		{"version 2 says something else", here, answer{200, "", "<html>"}, sendcloud.Unavailable, "", 2},
		{"version 2 tells of no return", here, answer{200, "", "{}"}, sendcloud.Unavailable, "", 2},
		{"version 2 tells of another", here, answer{200, "", `{"id":43}`}, sendcloud.Unavailable, "", 2},
		{"only version 2 knows it", answer{404, "", ""}, there, "", "300.00", 2},
		{"nobody knows it", answer{404, "", ""}, answer{404, "", ""}, sendcloud.NotFound, "", 2},
		{"version 3 does not, version 2 is closed", answer{404, "", ""}, answer{403, "", ""}, sendcloud.NotFound, "", 2},
		{"version 3 does not, version 2 is down", answer{404, "", ""}, answer{503, "", ""}, sendcloud.Unavailable, "", 5},
		{"version 3 is closed", answer{401, "", ""}, there, sendcloud.Setup, "", 1},
		{"version 3 tells of no return", answer{200, "", `{"data":[]}`}, there, sendcloud.Unavailable, "", 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newPanel(t, c.v3, c.v2)
			one, err := p.api(t, sendcloud.V3).Return(t.Context(), 42)
			require.Len(t, p.asked(), c.calls)
			if c.kind != "" {
				requireKind(t, err, c.kind)
				require.Zero(t, one)
				return
			}
			require.NoError(t, err)
			require.Equal(t, int64(42), one.ID)
			require.Equal(t, c.total, one.Total)
			require.Equal(t, c.total != "", one.PanelRead, "only version 2 tells whether it was refunded in the panel")
			require.NotEmpty(t, one.RefundType)
		})
	}
}

func TestReturnOfV2TakesOddNumbersForNone(t *testing.T) {
	p := newPanel(t, answer{http.StatusOK, "", `{"id":"42","outgoing_parcel":99999999999999999999,"incoming_parcel":"364000001.0","reason":{}}`}, answer{http.StatusOK, "", `{"returns":[]}`})
	one, err := p.api(t, sendcloud.V2).Return(t.Context(), 42)
	require.NoError(t, err)
	require.Equal(t, sendcloud.Return{ID: 42, IncomingParcel: 364000001}, one)
	_, err = p.api(t, sendcloud.V2).Return(t.Context(), 42)
	requireKind(t, err, sendcloud.Unavailable)
}

// Only null says that a return was not refunded in the panel. What is left out, or cannot
// be read, is not known.
func TestWhetherTheReturnWasRefundedCanBeUnknown(t *testing.T) {
	for body, want := range map[string]struct {
		read, refunded bool
	}{
		`{"refund_type":"money","refunded_at":null}`:                        {true, false},
		`{"refund_type":"money","refunded_at":1793700000000}`:               {true, true},
		`{"refund_type":"money","refunded_at":"2026-11-02T11:05:12+01:00"}`: {true, true},
		`{"refund_type":"money","refunded_at":"last week"}`:                 {false, false},
		`{"refund_type":"money","refunded_at":true}`:                        {false, false},
		`{"refund_type":"money","refunded_at":""}`:                          {false, false},
		`{"refund_type":"money"}`:                                           {false, false},
		`null`:                                                              {false, false},
		`[]`:                                                                {false, false},
	} {
		one, err := newPanel(t, answer{http.StatusOK, "", `{"id":42,"refund":` + body + `}`}).api(t, sendcloud.V2).Return(t.Context(), 42)
		require.NoError(t, err)
		require.Equal(t, want.read, one.PanelRead, body)
		require.Equal(t, want.refunded, !one.RefundedAt.IsZero(), body)
	}
}

func TestFindReturnOfParcels(t *testing.T) {
	for _, c := range []struct {
		name               string
		outgoing, incoming int64
		want               int64 // 0 if none is found
		pages              int
	}{
		{"by what comes back", 0, 364000018, 1500008, 1},
		{"by what comes back, on the next page", 0, 364000016, 1500006, 2},
		{"what comes back wins over what went out", 364000040, 364000017, 1500007, 1},
		{"also over a newer one with a wish for a refund", 364000040, 364000016, 1500006, 2},
		{"the newest with a wish for a refund", 364000040, 0, 1500008, 1},
		{"the same, if nobody knows what comes back", 364000040, 364000099, 1500008, 2},
		{"without a wish for a refund", 364000050, 0, 1500005, 2},
		{"made nobody knows when", 364000060, 0, 1500004, 2},
		{"too old", 364000070, 364000013, 0, 2},
		{"unknown", 364000099, 364000098, 0, 2},
		{"what did not go out is no match", 0, 364000099, 0, 2},
		{"what does not come back is no match", 364000099, 0, 0, 2},
		{"nothing to go by", 0, 0, 0, 0},
		{"nothing to go by but nonsense", -1, -2, 0, 0},
	} {
		for _, version := range []string{sendcloud.V2, sendcloud.V3} {
			t.Run(version+" "+c.name, func(t *testing.T) {
				p := newPanel(t, ok(t, "api-own-v2-returns-page.json"), ok(t, "api-own-v2-returns-last-page.json"))
				found, ok, err := p.api(t, version).FindReturn(t.Context(), c.outgoing, c.incoming, since)
				require.NoError(t, err)
				require.Equal(t, c.want != 0, ok)
				require.Equal(t, c.want, found.ID)
				require.Len(t, p.asked(), c.pages)
				require.Subset(t, []string{"GET /api/v2/returns", "GET /api/v2/returns?cursor=cD0y"}, p.asked())
			})
		}
	}
}

func TestFindReturnTakesTheNewestIfNoneWishesForARefund(t *testing.T) {
	p := newPanel(t, answer{http.StatusOK, "", `{"returns":[{"id":2,"outgoing_parcel":9,"incoming_parcel":7},{"id":1,"outgoing_parcel":9,"incoming_parcel":6}]}`})
	found, ok, err := p.api(t, sendcloud.V3).FindReturn(t.Context(), 9, 0, since)
	require.NoError(t, err)
	require.True(t, ok)
	require.Equal(t, int64(2), found.ID)
}

func TestFindReturnSaysWhyItCannotLook(t *testing.T) {
	first := ok(t, "api-own-v2-returns-page.json")
	for _, c := range []struct {
		name    string
		answers []answer
		kind    sendcloud.ErrorKind // empty if there just is none
	}{
		{"there is no list", []answer{{404, "", ""}}, ""},
		{"the list is gone", []answer{{410, "", ""}}, ""},
		{"closed to the keys", []answer{{403, "", ""}}, sendcloud.Setup},
		{"refused", []answer{{400, "", ""}}, sendcloud.Invalid},
		{"down", []answer{{503, "", ""}}, sendcloud.Unavailable},
		{"asked too often", []answer{{429, "", ""}}, sendcloud.Limited},
		{"no list in it", []answer{{200, "", `{"returns":{}}`}}, sendcloud.Unavailable},
		{"down on the second page", []answer{first, {503, "", ""}}, sendcloud.Unavailable},
		{"the second page is lost", []answer{first, {404, "", ""}}, sendcloud.Unavailable},
	} {
		for _, version := range []string{sendcloud.V2, sendcloud.V3} {
			t.Run(version+" "+c.name, func(t *testing.T) {
				found, ok, err := newPanel(t, c.answers...).api(t, version).FindReturn(t.Context(), 364000040, 364000016, since)
				require.False(t, ok)
				require.Zero(t, found)
				if c.kind == "" {
					require.NoError(t, err)
					return
				}
				requireKind(t, err, c.kind)
			})
		}
	}
}

func TestReasonsHaveWords(t *testing.T) {
	// Sendcloud's own example has the id and the words.
	one, err := newPanel(t, ok(t, "api-own-v3-return.json"), answer{http.StatusNotFound, "", ""}).api(t, sendcloud.V3).Return(t.Context(), 42)
	require.NoError(t, err)
	require.Equal(t, one.ReasonText, wordsOf(one.ReasonID))

	seen := map[string]int{}
	for id := -1; id <= 40; id++ {
		words := wordsOf(id)
		require.Equal(t, id >= 1 && id <= 32 && id != 2 && id != 5, words != "", id)
		require.True(t, words == "" || seen[words] == 0, "%d and %d have the same words", id, seen[words])
		seen[words] = id
	}
}

// wordsOf are the words of a reason that came as a number alone.
func wordsOf(reasonID int) string {
	return sendcloud.Return{ReasonID: reasonID}.Facts(refund.FromReconciliation).ReasonText
}
