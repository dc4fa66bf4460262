package sendcloud_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"waybill/devstack/sendcloud"
)

func appendTo(t *testing.T, file, text string) {
	t.Helper()
	f, err := os.OpenFile(file, os.O_APPEND|os.O_WRONLY, 0)
	require.NoError(t, err)
	_, err = f.WriteString(text)
	require.NoError(t, err)
	require.NoError(t, f.Close())
}

// call calls the API; said is nil where the answer is no JSON object.
func call(t *testing.T, a *sendcloud.Account, method, path string) (code int, said map[string]any, header http.Header, raw string) {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, path, nil)
	r.SetBasicAuth("public", "secret")
	w := httptest.NewRecorder()
	a.ServeHTTP(w, r)
	if json.Unmarshal(w.Body.Bytes(), &said) != nil {
		said = nil
	}
	return w.Code, said, w.Header(), w.Body.String()
}

func get(t *testing.T, a *sendcloud.Account, path string) (code int, said map[string]any, header http.Header) {
	t.Helper()
	code, said, header, _ = call(t, a, http.MethodGet, path)
	return code, said, header
}

// stocked is an account with five parcels, each an hour newer than the one before.
func stocked(t *testing.T) *sendcloud.Account {
	t.Helper()
	a := sendcloud.NewAccount(sendcloud.AccountConfig{PublicKey: "public", SecretKey: "secret", Integration: 7, ShopName: "Example Shop", PageSize: 2})
	t.Cleanup(a.Close)
	for i, s := range []sendcloud.Status{sendcloud.BeingAnnounced, sendcloud.ReadyToSend, sendcloud.ToSorting, sendcloud.Delivered, sendcloud.Cancelled} {
		a.Set(parcelOf(int64(i+1)), s, at.Add(time.Duration(i)*time.Hour))
	}
	return a
}

// ids walks all pages and returns the parcels' ids in their order.
func ids(t *testing.T, a *sendcloud.Account, path string) []float64 {
	t.Helper()
	var found []float64
	for path != "" {
		code, said, header := get(t, a, path)
		require.Equal(t, http.StatusOK, code, said)
		path = ""
		if list, ok := said["parcels"].([]any); ok {
			for _, p := range list {
				found = append(found, p.(map[string]any)["id"].(float64))
			}
			if next, ok := said["next"].(string); ok {
				require.True(t, strings.HasPrefix(next, "https://panel.sendcloud.sc/api/v2/parcels?"), "the API names its own host")
				path = strings.TrimPrefix(next, "https://panel.sendcloud.sc")
			}
			continue
		}
		for _, s := range said["data"].([]any) {
			p := s.(map[string]any)["parcels"].([]any)[0]
			found = append(found, p.(map[string]any)["id"].(float64))
		}
		if link, ok := strings.CutSuffix(header.Get("Link"), `>; rel="next"`); ok {
			path = strings.TrimPrefix(link, "<https://panel.sendcloud.sc")
		}
	}
	return found
}

func TestParcelsAreListedNewestIDFirst(t *testing.T) {
	a := stocked(t)
	after := url.Values{"updated_after": {"2026-11-02T14:00:00.000000+00:00"}}.Encode()
	for path, want := range map[string][]float64{
		"/api/v2/parcels":                                       {5, 4, 3, 2, 1},
		"/api/v2/parcels?" + after:                              {5, 4, 3},
		"/api/v2/parcels?ids=4,1,99":                            {4, 1},
		"/api/v3/shipments?integration_id=7":                    {5, 4, 3, 2, 1},
		"/api/v3/shipments?integration_id=8":                    nil,
		"/api/v3/shipments?ids=4,1&page_size=1":                 {4, 1},
		"/api/v3/shipments?updated_before=2026-11-02T13:00:00Z": {1},
		"/api/v3/shipments?" + after:                            {5, 4, 3},
	} {
		require.Equal(t, want, ids(t, a, path), path)
	}
}

func TestAPageShiftsWhenSomethingIsAddedBeforeIt(t *testing.T) {
	a := stocked(t)
	_, said, _ := get(t, a, "/api/v2/parcels")
	next := strings.TrimPrefix(said["next"].(string), "https://panel.sendcloud.sc")
	a.Set(parcelOf(6), sendcloud.ToSorting, at)
	require.Equal(t, []float64{4, 3, 2, 1}, ids(t, a, next), "4 comes twice")
}

// A parcel of the API has the keys that recorded ones have, and those types.
func TestAParcelOfTheAPIIsNotQuiteAWebhooks(t *testing.T) {
	a := stocked(t)
	_, said, _ := get(t, a, "/api/v2/parcels/3")
	p := said["parcel"].(map[string]any)
	require.Equal(t, "02-11-2026 14:00:00", p["date_updated"], "whole seconds, in UTC")
	require.Equal(t, map[string]any{"code": p["carrier"].(map[string]any)["code"]}, p["carrier"])
	require.Contains(t, p, "tracking_url")
	for _, absent := range []string{"from_country", "house_number", "source", "track_trace_notifications"} {
		require.NotContains(t, p, absent)
	}
	_, _, _, raw := call(t, a, http.MethodGet, "/api/v2/parcels/3")
	require.Contains(t, raw, `"insured_value": 0,`)
	_, said, _ = get(t, a, "/api/v2/parcels/1")
	p = said["parcel"].(map[string]any)
	require.NotContains(t, p, "tracking_url", "it is absent, not null")
	require.Empty(t, p["label"])
	require.Empty(t, p["tracking_number"])
}

func TestTheOrdersValueIsToldEverywhere(t *testing.T) {
	p := parcelOf(1)
	require.Equal(t, "129.90", p.OrderValue)
	a := stocked(t)
	var told struct{ Parcel map[string]any }
	require.NoError(t, json.Unmarshal(p.Body(sendcloud.ToSorting, at), &told))
	_, said, _ := get(t, a, "/api/v2/parcels/1")
	for _, parcel := range []map[string]any{told.Parcel, said["parcel"].(map[string]any)} {
		require.Equal(t, "129.90", parcel["total_order_value"])
		require.Equal(t, "EUR", parcel["total_order_value_currency"])
		require.Regexp(t, `^\d\d-\d\d-2026 \d\d:\d\d:\d\d$`, parcel["date_created"])
	}
	shipment := func() map[string]any {
		_, said, _ := get(t, a, "/api/v3/shipments?ids=1")
		return said["data"].([]any)[0].(map[string]any)
	}
	require.Equal(t, map[string]any{"value": "129.90", "currency": "EUR"}, shipment()["total_order_price"])
	require.NotEmpty(t, shipment()["parcels"].([]any)[0].(map[string]any)["created_at"])

	p.OrderValue, p.OrderCurrency = "", ""
	a.Delete(1)
	a.Set(p, sendcloud.ToSorting, at)
	_, said, _ = get(t, a, "/api/v2/parcels/1")
	require.Nil(t, said["parcel"].(map[string]any)["total_order_value"])
	require.NotContains(t, shipment(), "total_order_price")
}

func TestCancelling(t *testing.T) {
	for _, c := range []struct {
		id        int64
		v2, v3    int
		status    string
		afterward string
	}{
		{1, http.StatusGone, http.StatusAccepted, "deleted", ""},
		{2, http.StatusAccepted, http.StatusAccepted, "queued", "CANCELLING"},
		{4, http.StatusBadRequest, http.StatusConflict, "failed", "DELIVERED"},
		{5, http.StatusBadRequest, http.StatusConflict, "failed", "CANCELLED"},
		{99, http.StatusNotFound, http.StatusNotFound, "", ""},
	} {
		code, said, _, _ := call(t, stocked(t), http.MethodPost, fmt.Sprintf("/api/v2/parcels/%d/cancel", c.id))
		require.Equal(t, c.v2, code)
		if c.status != "" {
			require.Equal(t, c.status, said["status"])
		}
		a := stocked(t)
		code, _, _, _ = call(t, a, http.MethodPost, fmt.Sprintf("/api/v3/shipments/shipment-%d/cancel", c.id))
		require.Equal(t, c.v3, code)
		_, _, _, raw := call(t, a, http.MethodGet, fmt.Sprintf("/api/v3/shipments?ids=%d", c.id))
		require.Contains(t, raw, c.afterward)
	}
}

func TestReturnsTrackingsAndTheIntegration(t *testing.T) {
	a := stocked(t)
	a.AddReturn(sendcloud.Return{ID: 42, OutgoingParcel: 4, IncomingParcel: 9, Order: "W1", RefundType: "money", Total: "320.00", CreatedAt: at})
	a.AddReturn(sendcloud.Return{ID: 43, Order: "W2", CreatedAt: at.Add(100 * time.Hour)})
	_, said, _ := get(t, a, "/api/v2/returns")
	require.Len(t, said["returns"], 2)
	_, said, _ = get(t, a, "/api/v2/returns/42")
	require.Equal(t, "320.00", said["refund"].(map[string]any)["total_refund"])
	_, said, _ = get(t, a, "/api/v3/returns?from_date=2026-11-02+00:00:00&to_date=2026-11-03+00:00:00")
	require.Len(t, said["data"], 1)
	code, _, _ := get(t, a, "/api/v3/returns")
	require.Equal(t, http.StatusBadRequest, code, "both dates are required")
	_, said, _ = get(t, a, "/api/v3/returns/42")
	require.NotContains(t, said, "id", "it does not tell its own number")

	_, said, _ = get(t, a, "/api/v3/parcels/tracking/3SWAYB4")
	require.Equal(t, "delivered", said["events"].([]any)[0].(map[string]any)["status_code"])
	code, said, _ = get(t, a, "/api/v3/parcels/tracking/nothing")
	require.Equal(t, http.StatusNotFound, code)
	require.Equal(t, map[string]any{"detail": "Parcel does not exist"}, said)
	_, _, _, raw := call(t, a, http.MethodGet, "/api/v2/tracking/nothing")
	require.Contains(t, raw, "<Code>NoSuchKey</Code>")

	_, said, _ = get(t, a, "/api/v3/integrations/7")
	require.Equal(t, true, said["webhook_active"])
	a.SetWebhook(false)
	_, said, _ = get(t, a, "/api/v3/integrations/7")
	require.Equal(t, false, said["webhook_active"])
	code, _, _ = get(t, a, "/api/v3/integrations/8")
	require.Equal(t, http.StatusNotFound, code)
	_, _, _, raw = call(t, a, http.MethodGet, "/api/v2/parcels/statuses")
	require.True(t, strings.HasPrefix(raw, `[{"id": 1001, "message": "Being announced"}`), raw)
}

func TestFailedCallsArePaged(t *testing.T) {
	d := newDoor(t, 11)
	a := open(t, d, sendcloud.Weather{})
	for n := range 3 {
		a.Send([]byte(fmt.Sprintf(`{"n":%d}`, n)))
		require.NoError(t, a.Rest(t.Context()))
	}
	_, said, header := get(t, a, "/api/v3/integrations/7/logs?page_size=2")
	require.Len(t, said["data"], 2)
	next, ok := strings.CutSuffix(header.Get("Link"), `>; rel="next"`)
	require.True(t, ok)
	_, said, header = get(t, a, strings.TrimPrefix(next, "<https://panel.sendcloud.sc"))
	require.Len(t, said["data"], 1)
	require.Empty(t, header.Get("Link"))
	require.EqualValues(t, 503, said["data"].([]any)[0].(map[string]any)["response_code"])
}

func TestFaultsOfTheAPI(t *testing.T) {
	a := stocked(t)
	for kind, want := range map[sendcloud.FaultKind]struct {
		code int
		says string
	}{
		sendcloud.FaultLimited:       {429, ""},
		sendcloud.FaultLimitedSaying: {429, `"message": "Request was throttled."`},
		sendcloud.FaultProxy:         {502, "<h1>502 Bad Gateway</h1>"},
		sendcloud.FaultV2:            {500, `{"error": {"code": 500,`},
		sendcloud.FaultV3:            {503, `{"errors": [{"status": "503",`},
		sendcloud.FaultDenied:        {401, "Invalid username/password."},
		sendcloud.FaultTruncated:     {200, `{"parcels": [{"id": 1, "sta`},
	} {
		a.Fail(sendcloud.Fault{Kind: kind, Times: 1, Path: "/api/v2"})
		code, _, _ := get(t, a, "/api/v3/integrations/7")
		require.Equal(t, http.StatusOK, code, "another path")
		code, _, _, raw := call(t, a, http.MethodGet, "/api/v2/parcels")
		require.Equal(t, want.code, code)
		if want.says == "" {
			require.Empty(t, raw)
		}
		require.Contains(t, raw, want.says)
		code, _, _ = get(t, a, "/api/v2/parcels")
		require.Equal(t, http.StatusOK, code, "once")
	}
	a.Fail(sendcloud.Fault{Kind: sendcloud.FaultClose, Times: 1})
	require.PanicsWithValue(t, http.ErrAbortHandler, func() { get(t, a, "/") })
	a.Fail(sendcloud.Fault{Kind: sendcloud.FaultHang, Times: 1})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	a.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(ctx, http.MethodGet, "/", nil))
	require.Contains(t, a.Calls(), "GET /api/v2/parcels")
}

func TestWithoutKeysTheAPIAnswersNothing(t *testing.T) {
	a := stocked(t)
	for _, path := range []string{"/api/v2/parcels", "/api/v3/shipments", "/simulator/changes", "/simulator/returns"} {
		w := httptest.NewRecorder()
		a.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
		require.Equal(t, http.StatusUnauthorized, w.Code)
	}
	code, _, _ := get(t, a, "/api/v2/parcels?cursor=x")
	require.Equal(t, http.StatusNotFound, code)
	code, _, _ = get(t, a, "/api/v2/parcels?updated_after=yesterday")
	require.Equal(t, http.StatusBadRequest, code)
}

func TestQuirksChangeWhatTheySay(t *testing.T) {
	p := parcelOf(364000001)
	plain := string(p.Body(sendcloud.ToSorting, at))
	names := map[string]bool{}
	for _, q := range sendcloud.Quirks {
		body := p.QuirkyBody(q, sendcloud.ToSorting, at)
		require.NotEqual(t, plain, string(body), q.Name)
		require.True(t, json.Valid(body), q.Name)
		names[q.Name] = true
	}
	require.Len(t, names, len(sendcloud.Quirks))
}

// The webhooks have the keys that the documented and reconstructed ones have.
func TestOtherWebhooksHaveTheirShape(t *testing.T) {
	r := sendcloud.Return{ID: 42, OutgoingParcel: 1, IncomingParcel: 2, Order: "W1", RefundType: "money", Total: "320.00", CreatedAt: at}
	i := sendcloud.IntegrationSettings{ID: 7, ShopName: "Example Shop", WebhookActive: true}
	for file, body := range map[string][]byte{
		"webhook-documented-return_created.json":              r.Created(at),
		"webhook-reconstructed-refund_requested.json":         r.RefundRequested(at),
		"webhook-reconstructed-return_delivered.json":         r.Delivered(at),
		"webhook-documented-integration_connected.json":       i.Integration("integration_connected", at),
		"webhook-documented-integration_updated.json":         i.Integration("integration_updated", at),
		"webhook-documented-integration_deleted.json":         i.Integration("integration_deleted", at),
		"webhook-reconstructed-test_webhook-action-only.json": sendcloud.TestWebhook(),
	} {
		raw, err := os.ReadFile("../../sendcloud/testdata/" + file)
		require.NoError(t, err)
		require.Equal(t, shape(t, raw), shape(t, body), file)
	}
}

// shape are all keys of an object and of the objects in it, by their paths.
func shape(t *testing.T, raw []byte) []string {
	t.Helper()
	var found any
	require.NoError(t, json.Unmarshal(raw, &found))
	paths := map[string]bool{}
	var visit func(path string, v any)
	visit = func(path string, v any) {
		switch v := v.(type) {
		case map[string]any:
			for key, value := range v {
				paths[path+"."+key] = true
				visit(path+"."+key, value)
			}
		case []any:
			for _, value := range v {
				visit(path, value)
			}
		}
	}
	visit("", found)
	return slices.Sorted(maps.Keys(paths))
}
