package sendcloud_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"waybill/parcel"
	"waybill/sendcloud"
)

func decodeFile(t *testing.T, name string) sendcloud.Event {
	t.Helper()
	e, err := sendcloud.Decode(read(t, name), received)
	require.NoError(t, err)
	return e
}

func TestEveryReadableTimeIsRead(t *testing.T) {
	at := time.Date(2026, 11, 3, 10, 0, 0, 0, time.UTC)
	for written, want := range map[string]time.Time{
		`"2026-11-03T10:00:00Z"`:             at,
		`"2026-11-03T11:00:00+01:00"`:        at,
		`"2026-11-03T11:00:00+0100"`:         at,
		`"2026-11-03T11:00:00+01"`:           at,
		`"2026-11-03T05:00:00.5-05:00"`:      at.Add(500 * time.Millisecond),
		`"2026-11-03T10:00:00"`:              at,
		`"2026-11-03T10:00Z"`:                at,
		`"2026-11-03T11:00+0100"`:            at,
		`"2026-11-03 10:00"`:                 at,
		`"2026-11-03 10:00:00 UTC"`:          at,
		`"2026-11-03 11:00:00 +0100"`:        at,
		`"2026-11-03 10:00:00.000000+00:00"`: at,
		`"2026-11-03t10:00:00z"`:             at,
		`"03-11-2026 10:00:00"`:              at,
		`"03-11-2026 10:00"`:                 at,
		`1793700000.25`:                      at.Add(250 * time.Millisecond),
		`"1793700000.25"`:                    at.Add(250 * time.Millisecond),
		`1793700000000.5`:                    at.Add(500 * time.Microsecond),
		`1.7937E12`:                          at,
		`1.7937e+9`:                          at,
	} {
		e, err := sendcloud.Decode([]byte(`{"action":"parcel_status_changed","timestamp":`+written+`,"carrier_status_change_timestamp":`+written+`,"parcel":{"id":1,"status":{"id":3}}}`), received)
		require.NoError(t, err, written)
		require.Equal(t, want, e.Scan.At, written)
		require.Equal(t, want, e.Scan.CarrierAt, written)
		require.False(t, e.Scan.ClockGuessed, written)
	}
	for _, written := range []string{
		`"2026-11-03"`, `"tomorrow"`, `""`, `"0001-01-01T00:00:00Z"`, `"1970-01-01 00:00:00"`, `"2026-13-03T10:00:00Z"`, `1e99`, `1e999999999`, `-1793700000`, `{}`, `[]`, `true`,
		`"` + strings.Repeat("9", 4000) + `"`,
	} {
		e, err := sendcloud.Decode([]byte(`{"action":"parcel_status_changed","timestamp":`+written+`,"parcel":{"id":1,"status":{"id":3}}}`), received)
		require.NoError(t, err, written)
		require.True(t, e.Scan.ClockGuessed, written)
	}
}

func TestTheSameTimeInAnotherSpellingIsTheSameReport(t *testing.T) {
	text, err := sendcloud.Decode([]byte(`{"action":"parcel_status_changed","timestamp":"2026-11-03T11:00:00+01:00","parcel":{"id":1,"status":{"id":3}}}`), received)
	require.NoError(t, err)
	number, err := sendcloud.Decode([]byte(`{"action":"parcel_status_changed","timestamp":1793700000000,"parcel":{"id":1,"status":{"id":3}}}`), received)
	require.NoError(t, err)
	require.Equal(t, number.Scan.ID(), text.Scan.ID())
}

func TestTextsAndExponentsOfAWebhookAreRead(t *testing.T) {
	iso := decodeFile(t, "webhook-own-timestamp-iso-text.json")
	require.Equal(t, time.Date(2026, 11, 3, 10, 0, 0, 0, time.UTC), iso.Scan.At)
	require.Equal(t, time.Date(2026, 11, 3, 9, 58, 0, 0, time.UTC), iso.Scan.CarrierAt)
	exponent := decodeFile(t, "webhook-own-timestamp-exponent.json")
	require.Equal(t, int64(590500000), exponent.ParcelID)
	require.Equal(t, parcel.InTransit, exponent.Scan.Phase)
	require.Equal(t, time.UnixMilli(1793700000000).UTC(), exponent.Scan.At)
}

func TestKeysThatDifferInCaseAreDifferentKeys(t *testing.T) {
	e := decodeFile(t, "webhook-own-keys-that-differ-in-case.json")
	require.Equal(t, int64(591800001), e.ParcelID)
	require.Equal(t, parcel.InTransit, e.Scan.Phase)
	require.Equal(t, "jo@example.com", e.Scan.Facts.Recipient.Email)

	_, err := sendcloud.Decode([]byte(`{"Action":"parcel_status_changed","parcel":{"id":1,"status":{"id":3}}}`), received)
	require.ErrorIs(t, err, sendcloud.ErrNoAction)

	page := answer{http.StatusOK, "", `{"data":[{"id":"s","parcels":[{"id":1,"ID":7,"status":{"code":"SORTING","Code":"DELIVERED"}}]}]}`}
	report, err := newPanel(t, page).api(t, sendcloud.V3).Parcel(t.Context(), 1)
	require.NoError(t, err)
	require.Equal(t, parcel.InTransit, report.Scan.Phase)
}

func TestWhatIsNotQuiteJSONIsRead(t *testing.T) {
	const body = `{"action":"parcel_status_changed","timestamp":1793620800000,"parcel":{"id":1,"status":{"id":3},"insured_value":NaN,"weight":-Infinity,"length": Infinity ,"values":[NaN,NaN],"name":"NaN \"Infinity\" Ltd","email":"jo@example.com"}}`
	for name, raw := range map[string]string{
		"numbers that are none, as Python writes them": body,
		"a byte order mark":                            "\ufeff" + body,
		"a byte order mark and a line break":           "\ufeff\n" + body,
	} {
		e, err := sendcloud.Decode([]byte(raw), received)
		require.NoError(t, err, name)
		require.Equal(t, int64(1), e.ParcelID, name)
		require.Equal(t, `NaN "Infinity" Ltd`, e.Scan.Facts.Recipient.Name, name)
	}
	page := answer{http.StatusOK, "", "\ufeff" + `{"parcel":{"id":1,"status":{"id":3},"insured_value":NaN}}`}
	_, err := newPanel(t, page).api(t, sendcloud.V2).Parcel(t.Context(), 1)
	require.NoError(t, err)

	for _, raw := range []string{
		`{"action":"parcel_status_changed","parcel":{"id":NaN,"status":{"id":3}}}`,
		`{"action":"parcel_status_changed","parcel":{"id":1,"status":{"id":3}},NaN:1}`,
		`{"action":"parcel_status_changed","parcel":{"id":1,"status":{"id":3}},"x":NaNa}`,
		`{"action":"parcel_status_changed","parcel":{"id":1,"status":{"id":3}},"x":Nan}`,
	} {
		_, err := sendcloud.Decode([]byte(raw), received)
		require.Error(t, err, raw)
	}
}

func TestInvalidCharactersOfOneFieldDoNotRefuseTheWebhook(t *testing.T) {
	e, err := sendcloud.Decode([]byte("{\"action\":\"parcel_status_changed\",\"parcel\":{\"id\":1,\"id\":2,\"status\":{\"id\":3},\"name\":\"J\xf6rg\"}}"), received)
	require.NoError(t, err)
	require.Equal(t, int64(2), e.ParcelID, "of one key twice, the last counts")
	require.Equal(t, "J\ufffdrg", e.Scan.Facts.Recipient.Name)
}

func TestWhatAMailShowsIsText(t *testing.T) {
	shown := decodeFile(t, "webhook-own-html-entities-in-names.json").Scan.Facts
	require.Equal(t, "Siobhán O'Hara & Co", shown.Recipient.Name)
	require.Equal(t, "A&B-7", shown.OrderNumber)
	for written, want := range map[string]string{
		"AT&T":                  "AT&T",
		"Tom&copy Sons":         "Tom&copy Sons", // an entity ends with a semicolon
		"Jo&#10;Bcc: x":         "Jo Bcc: x",
		"&lt;b&gt;Jo&lt;/b&gt;": "<b>Jo</b>", // the layout escapes it
		"&amp;amp;":             "&amp;",
		"null null":             "",
		"undefined":             "",
		"undefined undefined":   "",
		"None None":             "",
		"NULL":                  "",
		"(null)":                "",
		"nan":                   "",
		"N/A":                   "",
		"[object Object]":       "",
		" - ":                   "",
		"Jane undefined":        "Jane",
		"Jane null":             "Jane",
		"undefined Doe":         "Doe",
		"Jennifer Null":         "Jennifer Null",
		"Jean None":             "Jean None",
		"Nan":                   "Nan",
		"Nan Smith":             "Nan Smith",
		"J":                     "J",
	} {
		facts := decodeParcel(t, `"name":"`+written+`"`).Facts
		require.Equal(t, want, facts.Recipient.Name, written)
	}
}

func TestPlaceholdersAreNotKnown(t *testing.T) {
	facts := decodeParcel(t, `"order_number":"undefined","tracking_number":"null","tracking_url":"undefined","email":"null","carrier":{"code":"undefined","name":"None"}`).Facts
	require.Zero(t, facts)
}

func TestACarriersClockThatIsTwoHoursFastIsNotShown(t *testing.T) {
	scan := decodeFile(t, "webhook-own-carrier-clock-ahead.json").Scan
	require.Equal(t, 2*time.Hour, scan.CarrierAt.Sub(scan.At), "it is recorded as it was told")
	require.Equal(t, scan.At, scan.HappenedAt())
}
