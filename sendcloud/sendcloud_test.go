package sendcloud_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"waybill/parcel"
	"waybill/sendcloud"
)

var received = time.Date(2026, 11, 3, 12, 0, 0, 0, time.UTC)

func read(t testing.TB, name string) []byte {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", name))
	require.NoError(t, err)
	return raw
}

// sign is the signature computed once more, by the book.
func sign(key []byte, body string) string {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(body))
	return hex.EncodeToString(mac.Sum(nil))
}

func TestVerify(t *testing.T) {
	const documented = "1eed4b3d41f4653ac64fd56f1bf1cbfd349e4482cbc11dff7134bd93e5da4b0a"
	key, old := []byte("secretkey"), []byte("the key before")
	body := `{"key": "value"}`
	for _, c := range []struct {
		name, body, signature string
		keys                  [][]byte
		want                  bool
	}{
		{"the documented vector", body, documented, [][]byte{key}, true},
		{"upper-case hex stands for the same digest", body, strings.ToUpper(documented), [][]byte{key}, true},
		{"the old key during a rotation", body, documented, [][]byte{old, key}, true},
		{"the matching key first", body, documented, [][]byte{key, old}, true},
		{"a body that was encoded again", `{"key":"value"}`, documented, [][]byte{key}, false},
		{"another key", body, documented, [][]byte{old}, false},
		{"no key", body, documented, nil, false},
		{"an empty key never matches, though its digest is right", body, sign(nil, body), [][]byte{{}}, false},
		{"no signature", body, "", [][]byte{key}, false},
		{"a signature that is cut short", body, documented[:62], [][]byte{key}, false},
		{"a signature with a tail", body, documented + "00", [][]byte{key}, false},
		{"a signature that is not hex", body, strings.Repeat("z", 64), [][]byte{key}, false},
		{"a signature with a prefix", body, "sha256=" + documented, [][]byte{key}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			require.Equal(t, c.want, sendcloud.Verify(c.keys, []byte(c.body), c.signature))
		})
	}
}

func TestVerifyRawFixtures(t *testing.T) {
	require.True(t, sendcloud.Verify([][]byte{[]byte("secretkey")}, read(t, "signed-documented-key-value.json"),
		"1eed4b3d41f4653ac64fd56f1bf1cbfd349e4482cbc11dff7134bd93e5da4b0a"))
	captured := read(t, "signed-own-captured-pystyle.json")
	const signature = "4d18ed3a93ee721f9c9d35acc43a5e824c85dfae9fc2cdc8c6426e0f7d79f2aa"
	require.True(t, sendcloud.Verify([][]byte{[]byte("test-secret-key-0001")}, captured, signature))
	require.False(t, sendcloud.Verify([][]byte{[]byte("wrong-key")}, captured, signature))
}

func TestEveryStatusHasItsPhase(t *testing.T) {
	file, err := os.Open("testdata/statuses.csv")
	require.NoError(t, err)
	defer file.Close()
	rows, err := csv.NewReader(file).ReadAll()
	require.NoError(t, err)
	require.Len(t, rows, 1+35+3)
	for _, row := range rows[1:] {
		id, err := strconv.Atoi(row[0])
		require.NoError(t, err)
		scan := scanOf(t, id)
		require.Equal(t, row[2], string(scan.Phase), "status %d", id)
		require.NotEqual(t, parcel.UnknownStatus, scan.Note, "status %d", id)
	}
	requireCodes(t, rows[1:])
	unknown := scanOf(t, 99999)
	require.Equal(t, parcel.Informational, unknown.Phase)
	require.Equal(t, parcel.UnknownStatus, unknown.Note)
}

// scanOf is what a webhook with a status tells.
func scanOf(t *testing.T, statusID int) parcel.Scan {
	t.Helper()
	body := fmt.Sprintf(`{"action":"parcel_status_changed","parcel":{"id":1,"status":{"id":%d}}}`, statusID)
	event, err := sendcloud.Decode([]byte(body), received)
	require.NoError(t, err)
	return event.Scan
}

// requireCodes wants each status that has a code to be the same by its code.
func requireCodes(t *testing.T, rows [][]string) {
	t.Helper()
	for _, row := range rows {
		if row[1] == "" {
			continue
		}
		page := answer{http.StatusOK, "", `{"data":[{"id":"s","parcels":[{"id":1,"status":{"code":"` + row[1] + `"}}]}]}`}
		report, err := newPanel(t, page).api(t, sendcloud.V3).Parcel(t.Context(), 1)
		require.NoError(t, err)
		require.Equal(t, row[0], strconv.Itoa(report.Scan.StatusID))
		require.Equal(t, row[2], string(report.Scan.Phase))
	}
}

func TestDecodeTheCapturedWebhook(t *testing.T) {
	e, err := sendcloud.Decode(read(t, "signed-own-captured-pystyle.json"), received)
	require.NoError(t, err)
	require.Equal(t, sendcloud.Event{
		Action:   sendcloud.ParcelStatusChanged,
		ParcelID: 364000001,
		Scan: parcel.Scan{
			StatusID: 1001, Status: "Being announced", Phase: parcel.Announcing,
			At: time.UnixMilli(1712163088943).UTC(), CarrierAt: time.UnixMilli(1712163088908).UTC(), ReceivedAt: received,
			Facts: parcel.Facts{
				Recipient:   parcel.Recipient{Name: "DOE Jane", Email: "jane.doe@example.com", Country: "FR"},
				CarrierCode: "chronopost", CarrierName: "Chronopost", OrderNumber: "10", Origin: "FR",
			},
		},
	}, e)
}

func TestDecodeEveryFixture(t *testing.T) {
	files, err := filepath.Glob("testdata/webhook-*.json")
	require.NoError(t, err)
	require.Len(t, files, 32)
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			e, err := sendcloud.Decode(read(t, filepath.Base(file)), received)
			require.NoError(t, err)
			require.True(t, e.Action.Known())
			require.Equal(t, e.Action == sendcloud.ParcelStatusChanged, e.ParcelID > 0)
		})
	}
}

func TestDecodeReturnParcelLeavesTheMerchantOut(t *testing.T) {
	e, err := sendcloud.Decode(read(t, "webhook-reconstructed-parcel_status_changed-return-parcel-11.json"), received)
	require.NoError(t, err)
	require.True(t, e.Scan.Facts.IsReturn)
	require.Zero(t, e.Scan.Facts.Recipient)
}

func TestDecodeWithoutUsableTime(t *testing.T) {
	first, err := sendcloud.Decode(read(t, "webhook-documented-parcel_status_changed.json"), received)
	require.NoError(t, err)
	require.Equal(t, received, first.Scan.At)
	require.True(t, first.Scan.ClockGuessed)
	require.Zero(t, first.Scan.CarrierAt)
	again, err := sendcloud.Decode(read(t, "webhook-documented-parcel_status_changed.json"), received.Add(time.Hour))
	require.NoError(t, err)
	require.Equal(t, first.Scan.ID(), again.Scan.ID(), "a copy is still known by its bytes")
}

func TestDecodeIntegrations(t *testing.T) {
	on, off := true, false
	e, err := sendcloud.Decode(read(t, "webhook-documented-integration_updated.json"), received)
	require.NoError(t, err)
	require.Equal(t, sendcloud.Integration{
		ID: "integration_updated@1525271885993", At: time.UnixMilli(1525271885993).UTC(), Number: 1,
		ShopName: "API Integration", ShopURL: "https://www.sendcloud.com", System: "api", WebhookActive: &on,
		FailingSince: time.Date(2019, 2, 3, 6, 48, 7, 0, time.UTC),
	}, e.Integration)

	// Odoo's tests have false where a text should be.
	e, err = sendcloud.Decode([]byte(`{"action":"integration_connected","timestamp":1793620800000,"integration":{"id":7,"shop_url":false,"webhook_url":false,"webhook_active":false,"failing_since":null}}`), received)
	require.NoError(t, err)
	require.Equal(t, sendcloud.Integration{
		ID: "integration_connected@1793620800000", At: time.UnixMilli(1793620800000).UTC(), Number: 7, WebhookActive: &off,
	}, e.Integration)

	e, err = sendcloud.Decode([]byte(`{"action":"integration_deleted"}`), received)
	require.NoError(t, err)
	require.Equal(t, received, e.Integration.At)
	require.Nil(t, e.Integration.WebhookActive)
}

func TestDecodeTakesWhatComes(t *testing.T) {
	const frame = `{"action":"parcel_status_changed","timestamp":1793620800000,"parcel":{"id":1,"status":{"id":3}%s}}`
	for _, c := range []struct {
		name, fields string
		check        func(*testing.T, parcel.Scan)
	}{
		{"nothing but what is required", ``, func(t *testing.T, s parcel.Scan) { require.Zero(t, s.Facts) }},
		{"null everywhere", `,"name":null,"email":null,"country":null,"carrier":null,"tracking_url":null,"is_return":null,"order_number":null`,
			func(t *testing.T, s parcel.Scan) { require.Zero(t, s.Facts) }},
		{"PHP's empty objects", `,"country":[],"carrier":[],"data":[]`, func(t *testing.T, s parcel.Scan) { require.Zero(t, s.Facts) }},
		{"numbers where texts are documented", `,"order_number":10,"name":12.5,"insured_value":0.0`,
			func(t *testing.T, s parcel.Scan) { require.Equal(t, "10", s.Facts.OrderNumber) }},
		{"a tracking link that is not https", `,"tracking_url":"javascript:alert(1)"`,
			func(t *testing.T, s parcel.Scan) { require.Empty(t, s.Facts.TrackingURL) }},
		{"line breaks in a name", `,"name":"Jane\r\nBcc: x@example.com\u2028Doe"`,
			func(t *testing.T, s parcel.Scan) {
				require.Equal(t, "Jane  Bcc: x@example.com Doe", s.Facts.Recipient.Name)
			}},
		{"a very long name is cut between characters", `,"name":"` + strings.Repeat("é", 400) + `"`,
			func(t *testing.T, s parcel.Scan) { require.Equal(t, strings.Repeat("é", 250), s.Facts.Recipient.Name) }},
		{"a very long address is dropped: half an address is another one", `,"email":"` + strings.Repeat("a", 600) + `@example.com"`,
			func(t *testing.T, s parcel.Scan) { require.Empty(t, s.Facts.Recipient.Email) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			e, err := sendcloud.Decode([]byte(strings.Replace(frame, "%s", c.fields, 1)), received)
			require.NoError(t, err)
			c.check(t, e.Scan)
		})
	}
}

func TestDecodeTimes(t *testing.T) {
	for _, c := range []struct {
		name, timestamp string
		want            time.Time
	}{
		{"milliseconds", "1793620800123", time.UnixMilli(1793620800123).UTC()},
		{"seconds", "1793620800", time.Unix(1793620800, 0).UTC()},
		{"a number in quotes", `"1793620800123"`, time.UnixMilli(1793620800123).UTC()},
		{"123, as documented", "123", received},
		{"missing", "null", received},
		{"a year ahead", "1825156800000", received},
		{"so large that it overflows", "99999999999999999999", received},
	} {
		t.Run(c.name, func(t *testing.T) {
			e, err := sendcloud.Decode([]byte(`{"action":"parcel_status_changed","timestamp":`+c.timestamp+`,"parcel":{"id":1,"status":{"id":3}}}`), received)
			require.NoError(t, err)
			require.Equal(t, c.want, e.Scan.At)
		})
	}
}

func TestDecodeRefusesWhatCannotBeUnderstood(t *testing.T) {
	for _, c := range []struct {
		name, body string
		want       error
	}{
		{"nothing", "", sendcloud.ErrNotObject},
		{"not JSON", "parcel=1", sendcloud.ErrNotObject},
		{"an array", "[]", sendcloud.ErrNotObject},
		{"null", "null", sendcloud.ErrNotObject},
		{"broken off", `{"action":"parcel_status_changed","parcel":{"id":`, sendcloud.ErrNotObject},
		{"two objects", `{"action":"test_webhook"}{}`, sendcloud.ErrNotObject},
		{"no action", `{"parcel":{"id":1}}`, sendcloud.ErrNoAction},
		{"an action that is no text", `{"action":{}}`, sendcloud.ErrNoAction},
		{"no parcel", `{"action":"parcel_status_changed"}`, sendcloud.ErrNoParcelID},
		{"a parcel that is a list", `{"action":"parcel_status_changed","parcel":[]}`, sendcloud.ErrNoParcelID},
		{"a parcel id of zero", `{"action":"parcel_status_changed","parcel":{"id":0,"status":{"id":3}}}`, sendcloud.ErrNoParcelID},
		{"half a parcel id", `{"action":"parcel_status_changed","parcel":{"id":1.5,"status":{"id":3}}}`, sendcloud.ErrNoParcelID},
		{"no status", `{"action":"parcel_status_changed","parcel":{"id":1}}`, sendcloud.ErrNoStatusID},
		{"a status in words", `{"action":"parcel_status_changed","parcel":{"id":1,"status":{"id":"Delivered"}}}`, sendcloud.ErrNoStatusID},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := sendcloud.Decode([]byte(c.body), received)
			require.ErrorIs(t, err, c.want)
		})
	}
}

func TestDecodeErrorsQuoteNothing(t *testing.T) {
	_, err := sendcloud.Decode([]byte(`{"action":"parcel_status_changed","parcel":{"email":"jane.doe@example.com",`), received)
	require.Error(t, err)
	require.NotContains(t, err.Error(), "jane")
}

func FuzzDecode(f *testing.F) {
	files, err := filepath.Glob("testdata/*.json")
	require.NoError(f, err)
	for _, file := range files {
		f.Add(read(f, filepath.Base(file)))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		e, err := sendcloud.Decode(body, received)
		if err != nil || e.Action != sendcloud.ParcelStatusChanged {
			return
		}
		require.Positive(t, e.ParcelID)
		require.NotEmpty(t, e.Scan.ID())
		require.NotEmpty(t, e.Scan.Phase)
		require.False(t, e.Scan.At.After(received.Add(24*time.Hour)))
	})
}

func TestWebhooksAboutReturns(t *testing.T) {
	decode := func(file string) sendcloud.Event {
		event, err := sendcloud.Decode(read(t, file), received)
		require.NoError(t, err)
		return event
	}
	created := decode("webhook-documented-return_created.json").Return
	require.Equal(t, sendcloud.Return{ID: 42, OrderNumber: "ORD-1001", ReasonID: 8, RefundType: "money"}, created.Return)
	require.Equal(t, "return_created@1734946171662", created.ID)
	require.Equal(t, sendcloud.Return{ID: 42}, decode("webhook-documented-return_created-minimal.json").Return.Return)

	wanted := sendcloud.Return{
		CreatedAt: time.Date(2022, 2, 1, 10, 5, 12, 915608000, time.UTC), OutgoingParcel: 159000001, IncomingParcel: 159000002,
		ReasonID: 8, RefundType: "money", Total: "320.00",
	}
	require.Equal(t, wanted, decode("webhook-reconstructed-refund_requested.json").Return.Return)
	delivered := decode("webhook-reconstructed-return_delivered.json").Return
	require.Equal(t, wanted, delivered.Return)
	id, scan, ok := delivered.Scan(received)
	require.True(t, ok)
	require.Equal(t, int64(159000002), id)
	require.Equal(t, parcel.Delivered, scan.Phase)
	require.True(t, scan.Facts.IsReturn)
}

func TestWebhooksAboutReturnsOfOtherShapes(t *testing.T) {
	for body, want := range map[string]sendcloud.Return{
		`{"action":"refund_requested"}`:                                                        {},
		`{"action":"refund_requested","refund":[]}`:                                            {},
		`{"action":"refund_requested","parcel":{"id":7},"refund_reason":"x"}`:                  {OutgoingParcel: 7},
		`{"action":"refund_requested","refund":{"refund_type":"credit","total_refund":12.5}}`:  {RefundType: "credit", Total: "12.5"},
		`{"action":"refund_requested","refund":{"refund_type":null,"total_refund":"12,50 €"}}`: {},
		`{"action":"refund_requested","refund":{"outgoing_parcel":"159000001"}}`:               {OutgoingParcel: 159000001},
		`{"action":"return_created","data":null}`:                                              {},
	} {
		event, err := sendcloud.Decode([]byte(body), received)
		require.NoError(t, err, body)
		require.Equal(t, want, event.Return.Return, body)
		_, _, ok := event.Return.Scan(received)
		require.False(t, ok, "no return parcel is told")
	}
}
