package sendcloud_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"waybill/devstack/sendcloud"
)

// sentBack is a return of parcel 4 by somebody who wants money.
var sentBack = sendcloud.Return{
	ID: 42, OutgoingParcel: 4, IncomingParcel: 9, Order: "W1", Reason: 8, RefundType: "money", Total: "120.00", Message: "too small",
	CustomerName: "Jane Doe", CustomerEmail: "jane.doe@example.com", CustomerCountry: "GB", CreatedAt: at,
}

func TestAReturnThatIsFiledIsToldAndThere(t *testing.T) {
	d := newDoor(t, 0)
	a := open(t, d, sendcloud.Weather{})
	a.FileReturn(sentBack)
	require.NoError(t, a.Rest(t.Context()))
	require.Equal(t, []string{string(sentBack.Created(at))}, d.heard())
	code, said, _ := get(t, a, "/api/v2/returns/42")
	require.Equal(t, http.StatusOK, code)
	require.EqualValues(t, 42, said["id"])
}

func TestVersion2TellsWhoseReturnItIsAndHowMuch(t *testing.T) {
	a := stocked(t)
	a.Set(parcelOf(9), sendcloud.ToSorting, at)
	a.AddReturn(sentBack)
	_, said, _ := get(t, a, "/api/v2/returns/42")
	require.EqualValues(t, 4, said["outgoing_parcel"])
	require.EqualValues(t, 9, said["incoming_parcel"])
	require.Equal(t, "2026-11-02T12:00:00.3Z", said["created_at"])
	require.Nil(t, said["delivered_at"])
	require.Equal(t, map[string]any{
		"refund_type":  map[string]any{"code": "money", "label": "Money back", "require_message": false},
		"total_refund": "120.00", "refunded_at": nil, "message": "too small",
	}, said["refund"])
	require.Equal(t, "EUR", said["return_fee_currency"])
	outgoing, incoming := said["outgoing_parcel_data"].(map[string]any), said["incoming_parcel_data"].(map[string]any)
	for _, data := range []map[string]any{outgoing, incoming} {
		require.Equal(t, "Jane Doe", data["from_name"])
		require.Equal(t, "jane.doe@example.com", data["from_email"])
		require.Equal(t, "GB", data["from_country"])
		require.Equal(t, "W1", data["order_number"])
	}
	require.Equal(t, "delivered", outgoing["global_status_slug"])
	require.Equal(t, "3SWAYB9", incoming["tracking_number"])
	require.EqualValues(t, 3, said["incoming_parcel_status"].(map[string]any)["id"])
	_, list, _ := get(t, a, "/api/v2/returns")
	require.Equal(t, []any{said}, list["returns"], "the list tells the same")
}

func TestAFeeIsATextAndNoFeeANumber(t *testing.T) {
	a := stocked(t)
	a.AddReturn(sentBack)
	_, _, _, raw := call(t, a, http.MethodGet, "/api/v2/returns/42")
	require.Contains(t, raw, `"return_fee": 0.0, "return_fee_currency": "EUR"`)
	_, said, _ := get(t, a, "/api/v3/returns/42")
	require.Nil(t, said["return_fee"])
	changed := sentBack
	changed.Fee, changed.Currency = "3.50", "GBP"
	a.AddReturn(changed)
	_, _, _, raw = call(t, a, http.MethodGet, "/api/v2/returns/42")
	require.Contains(t, raw, `"return_fee": "3.50", "return_fee_currency": "GBP"`)
	_, said, _ = get(t, a, "/api/v3/returns/42")
	require.Equal(t, map[string]any{"value": 3.5, "currency": "GBP"}, said["return_fee"])
}

func TestWhatIsNotKnownOfAReturnIsNullOrMissing(t *testing.T) {
	a := stocked(t)
	a.AddReturn(sendcloud.Return{ID: 43, IncomingParcel: 10, CreatedAt: at})
	_, said, _ := get(t, a, "/api/v2/returns/43")
	for _, key := range []string{"reason", "outgoing_parcel", "refund", "delivered_at"} {
		require.Contains(t, said, key)
		require.Nil(t, said[key], key)
	}
	require.NotContains(t, said, "outgoing_parcel_data")
	_, said, _ = get(t, a, "/api/v3/returns/43")
	for _, key := range []string{"refund", "delivered_at", "delivered_at_iso"} {
		require.Contains(t, said, key)
		require.Nil(t, said[key], key)
	}
}

func TestVersion3KeepsNumbersAndAmountsToItself(t *testing.T) {
	a := stocked(t)
	delivered := sentBack
	delivered.DeliveredAt = at.Add(time.Hour)
	a.AddReturn(delivered)
	require.NoError(t, a.MarkRefunded(42, at))
	_, said, _ := get(t, a, "/api/v3/returns/42")
	require.Equal(t, "2026-11-02T13:00:00.3Z", said["delivered_at_iso"])
	require.Equal(t, map[string]any{"refund_type": "money", "message": "too small"}, said["refund"])
	require.Equal(t, "jane.doe@example.com", said["from_address"].(map[string]any)["email"])
	for _, absent := range []string{"id", "outgoing_parcel", "incoming_parcel", "total_refund", "refunded_at"} {
		require.NotContains(t, said, absent)
	}
}

// Neither version tells anything that Sendcloud's does not.
func TestReturnsHaveNoKeysOfTheirOwn(t *testing.T) {
	a := stocked(t)
	whole := sentBack
	whole.Fee, whole.Currency = "1", "EUR"
	a.AddReturn(whole)
	for path, files := range map[string][]string{
		"/api/v2/returns": {"api-own-v2-returns.json", "api-v2-return-get-documented.json"},
		"/api/v3/returns?from_date=2026-11-02+00:00:00&to_date=2026-11-03+00:00:00": {"api-v3-returns-list.json"},
	} {
		var all []string
		for _, file := range files {
			raw, err := os.ReadFile("../../sendcloud/testdata/" + file)
			require.NoError(t, err)
			if file == "api-v2-return-get-documented.json" {
				raw = slices.Concat([]byte(`{"returns": [`), raw, []byte(`]}`))
			}
			all = append(all, shape(t, raw)...)
		}
		_, _, _, raw := call(t, a, http.MethodGet, path)
		require.Subset(t, all, shape(t, []byte(raw)), path)
	}
}

func TestThePanelMarksAReturnAsRefunded(t *testing.T) {
	d := newDoor(t, 0)
	a := open(t, d, sendcloud.Weather{})
	a.AddReturn(sentBack)
	require.ErrorContains(t, a.MarkRefunded(43, at), "there is no such return")
	require.NoError(t, a.MarkRefunded(42, at))
	require.NoError(t, a.Rest(t.Context()))
	require.Empty(t, d.heard(), "no webhook tells of it")
	_, said, _ := get(t, a, "/api/v2/returns/42")
	require.EqualValues(t, at.UnixMilli(), said["refund"].(map[string]any)["refunded_at"])
}

func TestAnAccountRemembersItsReturns(t *testing.T) {
	file := filepath.Join(t.TempDir(), "parcels.jsonl")
	// A line of the time before returns were kept.
	require.NoError(t, os.WriteFile(file, []byte(`{"Parcel":{"ID":1,"Order":"W0"},"Status":{"ID":3,"Message":"En route to sorting center"},"At":"2026-11-02T12:00:00Z"}`+"\n"), 0o600))
	d := newDoor(t, 0)
	first := open(t, d, sendcloud.Weather{})
	require.NoError(t, first.Remember(file))
	panel := httptest.NewServer(first)
	defer panel.Close()
	far := sendcloud.Panel{URL: panel.URL, PublicKey: "public", SecretKey: "secret"}
	require.NoError(t, far.FileReturn(t.Context(), sentBack))
	require.NoError(t, far.Set(t.Context(), sendcloud.Change{Parcel: parcelOf(9), Status: sendcloud.Delivered, At: at}))
	require.NoError(t, far.FileReturn(t.Context(), sendcloud.Return{ID: 42, DeliveredAt: at.Add(time.Hour)}))
	require.NoError(t, far.MarkRefunded(t.Context(), 42, at.Add(2*time.Hour)))
	require.ErrorContains(t, far.MarkRefunded(t.Context(), 43, at), "there is no return 43")
	require.ErrorContains(t, far.FileReturn(t.Context(), sendcloud.Return{CreatedAt: at}), "not a return")
	require.Empty(t, d.heard(), "no webhook tells of it")
	_, before, _ := get(t, first, "/api/v2/returns/42")
	first.Close()

	second := open(t, d, sendcloud.Weather{})
	require.NoError(t, second.Remember(file))
	_, after, _ := get(t, second, "/api/v2/returns/42")
	require.Equal(t, before, after)
	require.Equal(t, "Jane Doe", after["incoming_parcel_data"].(map[string]any)["from_name"], "what was not told again stays")
	require.Equal(t, "2026-11-02T13:00:00.3Z", after["delivered_at"])
	require.EqualValues(t, at.Add(2*time.Hour).UnixMilli(), after["refund"].(map[string]any)["refunded_at"])
	_, said, _ := get(t, second, "/api/v2/parcels")
	require.Len(t, said["parcels"], 2)
}
