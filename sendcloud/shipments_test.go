package sendcloud_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"waybill/parcel"
	"waybill/sendcloud"
)

func TestTheNextPageIsFoundInAnyLinkHeader(t *testing.T) {
	for header, cursor := range map[string]string{
		`<https://panel.example/api/v3/shipments?ids=1,2,3&page_size=100&cursor=abc>; rel="next"`:       "abc",
		`<https://panel.example/api/v3/shipments?cursor=n3>; title="a, b"; rel=next`:                    "n3",
		`<https://panel.example/x?cursor=zzz>; rel=prev, <https://panel.example/x?cursor=n4>; rel=next`: "n4",
		`<https://panel.example/x?cursor=a,b>;REL="Last NEXT"`:                                          "a,b",
		`</api/v3/shipments?cursor=rel>; title="say \", rel=\"prev\""; rel="next"`:                      "rel",
		`nonsense, <https://panel.example/x?cursor=n5>; rel="next"`:                                     "n5",
		`<https://panel.example/x?cursor=zzz>; title="; rel=next"`:                                      "",
		`<https://panel.example/x?cursor=zzz`:                                                           "",
		`<https://panel.example/x?cursor=zzz>`:                                                          "",
	} {
		first := answer{http.StatusOK, "Link: " + header, `{"data":[]}`}
		p := newPanel(t, first, answer{http.StatusOK, "", `{"data":[]}`})
		_, err := p.api(t, sendcloud.V3).ParcelsByID(t.Context(), []int64{1})
		require.NoError(t, err, header)
		if cursor == "" {
			require.Len(t, p.asked(), 1, header)
			continue
		}
		require.Len(t, p.asked(), 2, header)
		require.Contains(t, p.asked()[1], "cursor="+strings.ReplaceAll(cursor, ",", "%2C")+"&", header)
	}
}

func TestAShipmentOfVersion3KeepsItsServicePointAndItsSiblings(t *testing.T) {
	const shipment = `{"data":[{"id":"0d5a3b1c-6c1e-4b8e-9a47-000000000001","to_service_point":{"id":10875349,"post_number":"x"},
		"parcels":[{"id":1,"status":{"code":"SORTING"}},{"id":2,"status":{"code":"SORTING"}},{"id":3}]}]}`
	reports, err := newPanel(t, answer{http.StatusOK, "", shipment}).api(t, sendcloud.V3).ParcelsByID(t.Context(), []int64{1, 2})
	require.NoError(t, err)
	require.Len(t, reports, 2)
	for i, report := range reports {
		require.Equal(t, int64(10875349), report.Scan.Facts.ServicePoint)
		require.Equal(t, parcel.Collo{UUID: "0d5a3b1c-6c1e-4b8e-9a47-000000000001", Nr: i, Count: 3}, report.Scan.Facts.Collo)
	}
	for told, want := range map[string]int64{
		`"to_service_point":10875349`: 10875349, `"to_service_point":"10875349"`: 10875349, `"to_service_point":null`: 0, `"to_service_point":{}`: 0,
		`"to_service_point":{"id":-1}`: 0,
	} {
		one := answer{http.StatusOK, "", `{"data":[{"id":"s",` + told + `,"parcels":[{"id":1,"status":{"code":"SORTING"}}]}]}`}
		report, err := newPanel(t, one).api(t, sendcloud.V3).Parcel(t.Context(), 1)
		require.NoError(t, err)
		require.Equal(t, want, report.Scan.Facts.ServicePoint, told)
		require.Zero(t, report.Scan.Facts.Collo, "one parcel has no siblings")
	}
}
