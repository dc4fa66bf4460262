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
		OrderNumber: "EX-1", RefundType: "money", Total: "320.00", Currency: "EUR", CustomerName: "Jane Doe", CustomerEmail: "jane.doe@example.com",
	}}, all, "the other one is too old")

	one, err := newPanel(t, ok(t, "api-v2-return-get-documented.json")).api(t, sendcloud.V2).Return(t.Context(), 1)
	require.NoError(t, err)
	require.Equal(t, "10.00", one.Total, "the documentation has quotes within the quotes")
	require.Equal(t, time.UnixMilli(1654683771746).UTC(), one.RefundedAt)
	require.Equal(t, "EU2548657452", one.OrderNumber)
	require.Equal(t, "Exchange for size M", one.Message)
	require.Equal(t, "contact@sendcloud.com", one.CustomerEmail)
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
	require.Empty(t, all[0].Total)

	one, err := newPanel(t, answer{http.StatusOK, "", `{"data":{"created_at":"2026-11-02T11:05:12Z","order_number":"EX-1","refund":{"refund_type":"money"}}}`}).api(t, sendcloud.V3).Return(t.Context(), 42)
	require.NoError(t, err)
	require.Equal(t, int64(42), one.ID)
	require.Equal(t, "money", one.RefundType)
}
