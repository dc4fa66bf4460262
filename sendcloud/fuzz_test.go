package sendcloud

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Fuzz targets of the decoders of the API's answers, each seeded with every
// fixture. That of webhooks is FuzzDecode. Run one with
//
//	go test ./sendcloud -fuzz 'FuzzParcels$' -fuzztime 60s

var readAt = time.Date(2026, 11, 3, 12, 0, 0, 0, time.UTC)

func seed(f *testing.F) {
	f.Helper()
	files, err := filepath.Glob("testdata/*.json")
	require.NoError(f, err)
	require.NotEmpty(f, files)
	for _, file := range files {
		raw, err := os.ReadFile(file)
		require.NoError(f, err)
		f.Add(raw)
	}
}

func requireReports(t *testing.T, reports []Report) {
	t.Helper()
	for _, r := range reports {
		require.Positive(t, r.ParcelID)
		require.NotEmpty(t, r.Scan.ID())
		require.NotEmpty(t, r.Scan.Phase)
		require.True(t, r.Scan.Polled)
		require.False(t, r.Scan.At.After(readAt.Add(clockSkew)))
		require.Zero(t, r.Scan.At.Nanosecond())
		if r.Scan.Facts.IsReturn {
			require.Zero(t, r.Scan.Facts.Recipient)
		}
		require.True(t, r.OrderValue == "" || decimal.MatchString(r.OrderValue), r.OrderValue)
		require.True(t, r.OrderCurrency == "" || currencyCode.MatchString(r.OrderCurrency), r.OrderCurrency)
		require.False(t, r.CreatedAt.After(readAt.Add(clockSkew)))
		_, err := json.Marshal(r)
		require.NoError(t, err, "it cannot be written down")
	}
}

var (
	currencyCode = regexp.MustCompile(`^[A-Z]{3}$`)
	countryCode  = regexp.MustCompile(`^[A-Z]{2}$`)
)

func FuzzParcels(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, raw []byte) {
		page, _, _ := decodePage[restParcel](raw, "parcels")
		one := decode[struct{ Parcel object[restParcel] }](raw)
		for _, p := range append(page, one.Parcel.v) {
			requireReports(t, p.reports(readAt))
		}
	})
}

func FuzzShipments(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, raw []byte) {
		shipments, _, _ := decodePage[shipment](raw, "data")
		for _, s := range shipments {
			requireReports(t, s.reports(readAt))
		}
	})
}

func FuzzTracking(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, raw []byte) {
		for _, decode := range []func([]byte) (Tracking, error){decodeTrackingV2, decodeTrackingV3} {
			tracking, err := decode(raw)
			if err != nil {
				require.Zero(t, tracking)
				continue
			}
			for _, step := range tracking.Steps {
				require.NotEmpty(t, step.Phase)
			}
		}
	})
}

func FuzzReturns(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, raw []byte) {
		page, _, err := decodePage[returnV2](raw, "returns")
		if err != nil {
			require.Empty(t, page)
		}
		for _, r := range page {
			requireReturns(t, r.read())
		}
	})
}

func FuzzReturn(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, raw []byte) {
		v2 := decode[returnV2](raw).read()
		v3, err := decode[returnAnswer](raw).read(1)
		if err != nil {
			require.Zero(t, v3)
		}
		whole := v3.completed(v2)
		requireReturns(t, v2, v3, whole)
		require.Equal(t, v2, Return{}.completed(v2))
		require.Equal(t, v2.Total, whole.Total)
		require.Equal(t, v2.RefundedAt, whole.RefundedAt)
		if whole.Total != "" && v2.Currency != "" {
			require.Equal(t, v2.Currency, whole.Currency)
		}
	})
}

func FuzzFindReturn(f *testing.F) {
	f.Add([]byte{}, int64(1), int64(1))
	files, err := filepath.Glob("testdata/api-*returns*.json")
	require.NoError(f, err)
	for _, file := range files {
		raw, err := os.ReadFile(file)
		require.NoError(f, err)
		f.Add(raw, int64(364000040), int64(364000016))
		f.Add(raw, int64(364000050), int64(0))
	}
	f.Fuzz(func(t *testing.T, raw []byte, outgoing, incoming int64) {
		page, _, _ := decodePage[returnV2](raw, "returns")
		s := search{outgoing: outgoing, incoming: incoming, since: readAt}
		s.look(page)
		if !s.ok {
			require.Zero(t, s.found)
		}
		if s.ok && (s.found.IncomingParcel != incoming || incoming <= 0) {
			require.Equal(t, outgoing, s.found.OutgoingParcel)
			require.Positive(t, outgoing)
		}
		for _, row := range page {
			r := row.read()
			recent := r.CreatedAt.IsZero() || !r.CreatedAt.Before(readAt)
			if recent && incoming > 0 && r.IncomingParcel == incoming {
				require.True(t, s.ok)
				require.Equal(t, incoming, s.found.IncomingParcel)
			}
			if recent && outgoing > 0 && r.OutgoingParcel == outgoing {
				require.True(t, s.ok)
			}
		}
	})
}

func requireReturns(t *testing.T, all ...Return) {
	t.Helper()
	for _, r := range all {
		require.True(t, r.Total == "" || decimal.MatchString(r.Total), r.Total)
		require.True(t, r.ItemsValue == "" || decimal.MatchString(r.ItemsValue), r.ItemsValue)
		require.True(t, r.Currency == "" || currencyCode.MatchString(r.Currency), r.Currency)
		require.True(t, r.CustomerCountry == "" || countryCode.MatchString(r.CustomerCountry), r.CustomerCountry)
		_, err := json.Marshal(r)
		require.NoError(t, err, "it cannot be written down")
	}
}

// Adding up is exact: whole cents go in, and the same cents come out.
func FuzzItemsValue(f *testing.F) {
	f.Add(uint32(10), uint32(20), uint16(3), uint16(1))
	f.Fuzz(func(t *testing.T, cents, moreCents uint32, times, moreTimes uint16) {
		item := func(cents uint32, times uint16) returnedItem {
			var item returnedItem
			raw := fmt.Sprintf(`{"quantity":%d,"price":{"value":%d.%02d,"currency":"EUR"}}`, times, cents/100, cents%100)
			require.NoError(t, json.Unmarshal([]byte(raw), &item))
			return item
		}
		value, in := itemsValue([]returnedItem{item(cents, times), item(moreCents, moreTimes)})
		if times == 0 || moreTimes == 0 {
			require.Empty(t, value)
			return
		}
		total := uint64(cents)*uint64(times) + uint64(moreCents)*uint64(moreTimes)
		require.Equal(t, fmt.Sprintf("%d.%02d", total/100, total%100), value)
		require.Equal(t, currency("EUR"), in)
	})
}

func FuzzIntegration(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, raw []byte) {
		if i, err := decode[settings](raw).read(); err != nil {
			require.Zero(t, i)
		}
	})
}

func FuzzServicePoint(f *testing.F) {
	seed(f)
	f.Add([]byte(`{"data":{"id":1,"name":"Kiosk","address":{"street":"a"},"opening_times":{"monday":[{"start_time":"10:00","end_time":"21:00"}],"sunday":null}}}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		p, err := decode[struct {
			Data object[servicePoint] `json:"data"`
		}](raw).Data.v.read()
		if err != nil {
			require.Zero(t, p)
			return
		}
		require.NotContains(t, p.Name+p.Address(), "\n")
		for _, day := range p.Hours {
			require.LessOrEqual(t, len(day), mostHours)
		}
	})
}

func FuzzAPIError(f *testing.F) {
	seed(f)
	f.Add([]byte("<html>Bad Gateway</html>"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		err := errorFrom(http.StatusBadRequest, http.Header{}, raw)
		require.LessOrEqual(t, len(err.Code), maxMessage)
		require.LessOrEqual(t, len(err.Message), maxMessage)
		require.NotContains(t, err.Error(), "\n")
	})
}
