package sendcloud_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"waybill/parcel"
	"waybill/sendcloud"
)

func TestAnUnstampedLetterHasNoCarrier(t *testing.T) {
	delivered, err := sendcloud.Decode(read(t, "webhook-own-unstamped-letter-delivered.json"), received)
	require.NoError(t, err)
	require.True(t, delivered.Scan.Facts.Unscanned())
	require.Empty(t, delivered.Scan.Facts.CarrierName, "no mail says that Sendcloud brings it")
	for name, fields := range map[string]string{
		"by the carrier's code":      `"carrier":{"code":"sendcloud"}`,
		"by the method alone":        `"shipment":{"id":8,"name":"Unstamped letter"}`,
		"by the method, as a number": `"shipping_method":8`,
		"whatever carrier it names":  `"shipment":{"id":8},"carrier":{"code":"postnl","name":"PostNL"}`,
	} {
		require.True(t, decodeParcel(t, fields).Facts.Unscanned(), name)
	}
	for name, fields := range map[string]string{
		"another method": `"shipment":{"id":1345},"shipping_method":1345,"carrier":{"code":"postnl","name":"PostNL"}`,
		"no word of it":  `"name":"Jo"`,
	} {
		require.False(t, decodeParcel(t, fields).Facts.Unscanned(), name)
	}
}

func TestAPolledUnstampedLetterHasNoCarrier(t *testing.T) {
	v2 := answer{http.StatusOK, "", `{"parcel":{"id":1,"status":{"id":11},"shipment":{"id":8,"name":"Unstamped letter"},"carrier":{"code":"sendcloud"}}}`}
	v3 := answer{http.StatusOK, "", `{"data":[{"id":"s","ship_with":{"properties":{"shipping_option_code":"sendcloud:letter"}},"parcels":[{"id":1,"status":{"code":"DELIVERED"}}]}]}`}
	for version, page := range map[string]answer{sendcloud.V2: v2, sendcloud.V3: v3} {
		report, err := newPanel(t, page).api(t, version).Parcel(t.Context(), 1)
		require.NoError(t, err)
		require.True(t, report.Scan.Facts.Unscanned(), version)
	}
}

// decodeParcel reads a webhook about a parcel with some fields.
func decodeParcel(t *testing.T, fields string) parcel.Scan {
	t.Helper()
	e, err := sendcloud.Decode([]byte(`{"action":"parcel_status_changed","timestamp":1793620800000,"parcel":{"id":1,"status":{"id":3},`+fields+`}}`), received)
	require.NoError(t, err)
	return e.Scan
}
