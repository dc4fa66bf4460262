package desk

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"waybill/contract"
	"waybill/delivery"
	"waybill/ingress"
	"waybill/parcel"
	"waybill/recorder"
)

// sams calls the API with the token of sam.
func (w *fixture) sams(method, path, body string) response {
	return w.api(method, "/api/parcels"+path, "token-of-sam", body)
}

func TestTheAPIShowsAParcelAndWhatMayBeOrdered(t *testing.T) {
	w := open(t)
	of := w.stuck()
	var shown struct {
		parcel.Parcel
		Mails []struct {
			Key, Subject string
			State        delivery.State
		} `json:"mails"`
		NoMail string
		May    []string
		MayNot map[string]string
	}
	r := w.sams(http.MethodGet, "/demo/868", "")
	require.Equal(t, http.StatusOK, r.code, r.body)
	require.NoError(t, json.Unmarshal([]byte(r.body), &shown))
	require.Equal(t, w.shipping.all[of].Ledger, shown.Ledger)
	require.Len(t, shown.Mails, 2)
	require.Equal(t, "Je pakket van Demo Shop is onderweg", shown.Mails[0].Subject)
	require.Equal(t, delivery.Parked, shown.Mails[1].State)
	require.Contains(t, shown.NoMail, "a mail to this address bounced")
	require.Equal(t, []string{"pause-mails", "change-recipient", "send-again", "retry-mails", "drop-mails"}, shown.May)
	require.Equal(t, map[string]string{"resume-mails": "The mails of this parcel are not paused."}, shown.MayNot)
	require.Equal(t, http.StatusNotFound, w.sams(http.MethodGet, "/demo/1", "").code)
	require.Equal(t, http.StatusNotFound, w.sams(http.MethodGet, "/demo/x", "").code)
}

func TestTheAPIGivesOrdersAndTriesThem(t *testing.T) {
	w := open(t)
	of := w.stuck()
	const change = `{"email": "jane@example.org", "why": "a typing error"`
	key := w.shipping.all[of].Mails[1].Key
	leaves := fmt.Sprintf(`{"outcome": "done", "mails": [{"key": %q, "mail": "out_for_delivery", "leaves": true}]}`, key)
	r := w.sams(http.MethodPost, "/demo/868/change-recipient", change+`, "dryRun": true}`)
	require.JSONEq(t, leaves, r.body)
	require.Zero(t, w.shipping.orders)
	require.JSONEq(t, leaves, w.sams(http.MethodPost, "/demo/868/change-recipient", change+`, "batch": "id-1"}`).body)
	require.JSONEq(t, `{"outcome": "done", "mails": []}`, w.sams(http.MethodPost, "/demo/868/change-recipient", change+`, "batch": "id-1"}`).body, "a repeated call")
	require.Len(t, w.shipping.all[of].Orders, 1)
	require.Equal(t, "sam", w.shipping.all[of].Orders[0].Who())

	for body, code := range map[string]int{
		`{"mail": "x"}`:                       http.StatusConflict, // the parcel says so: a signal would be lost
		`{"email": "x"}`:                      http.StatusConflict,
		`[]`:                                  http.StatusUnprocessableEntity,
		`{`:                                   http.StatusUnprocessableEntity,
		strings.Repeat(" ", formLimit) + "{}": http.StatusRequestEntityTooLarge,
	} {
		require.Equal(t, code, w.sams(http.MethodPost, "/demo/868/change-recipient", body).code, body[:min(len(body), 20)])
	}
	require.Equal(t, http.StatusNotFound, w.sams(http.MethodPost, "/demo/868/explode", "").code)
	said := w.sams(http.MethodPost, "/demo/868/pause-mails", `{"by": "anna", "proof": "x"}`)
	require.Equal(t, http.StatusOK, said.code, said.body)
	require.Equal(t, "sam", w.shipping.all[of].Orders[1].Who(), "nobody speaks for another person")
}

func TestTheProofOfADoubleClickCoversItsParcel(t *testing.T) {
	o, _ := parcel.OrderNamed("pause-mails")
	one, other := contract.ParcelRef{Integration: "demo", ID: 1}, contract.ParcelRef{Integration: "demo", ID: 2}
	in := parcel.Input{By: "sam", Batch: contract.OnceBatch("n")}
	require.NotEqual(t, contract.ProvenParcelText(one, o, in), contract.ProvenParcelText(other, o, in))
	in.Batch = "of many"
	require.Equal(t, contract.ProvenParcelText(one, o, in), contract.ProvenParcelText(other, o, in))
}

func TestABatchGoesToTheParcelsOfThePerson(t *testing.T) {
	w := open(t)
	r := w.sams(http.MethodPost, "/batches", `{"order": "retry-mails", "input": {"by": "anna", "why": "SendGrid was down"}, "filter": {"parked": true}}`)
	require.Equal(t, http.StatusOK, r.code, r.body)
	b := w.shipping.batches[0]
	require.JSONEq(t, `{"outcome": "started", "batch": "`+b.Input.Batch+`"}`, r.body)
	require.Equal(t, recorder.ParcelFilter{Among: []string{"demo"}, Parked: true}, b.Filter)
	require.Equal(t, "sam", b.Input.By)
	require.GreaterOrEqual(t, len(b.Input.Batch), 26)
	require.InDelta(t, 20, b.PerSecond, 0)
	require.True(t, w.links.Proves(b.Input.Proof, contract.ProvenParcelText(contract.ParcelRef{Integration: "demo", ID: 7}, b.Order, b.Input), w.clock.Add(time.Hour), contract.BatchLasts))

	require.Equal(t, http.StatusOK, w.sams(http.MethodPost, "/batches", `{"order": "pause-mails", "input": {"batch": "my-own"}, "filter": {"integration": "demo"}, "perSecond": 5}`).code)
	require.Equal(t, "my-own", w.shipping.batches[1].Input.Batch)
	for body, code := range map[string]int{
		`{"order": "send-again", "input": {"keys": ["x"]}}`:                   http.StatusUnprocessableEntity,
		`{"order": "change-recipient", "input": {"email": "a@shop.example"}}`: http.StatusUnprocessableEntity,
		`{"order": "explode"}`: http.StatusUnprocessableEntity,
		`{"order": "drop-mails", "filter": {"phase": "nowhere"}}`:      http.StatusUnprocessableEntity,
		`{"order": "drop-mails", "filter": {"attention": "' OR 1=1"}}`: http.StatusUnprocessableEntity,
		`{"order": "drop-mails", "input": {"batch": "once:x"}}`:        http.StatusUnprocessableEntity,
		`{"order": "drop-mails", "input": {"dryRun": true}}`:           http.StatusUnprocessableEntity, // and not carried out
		`{"order": "drop-mails", "filters": {}}`:                       http.StatusUnprocessableEntity,
		`{"order": "drop-mails", "filter": {"integration": "other"}}`:  http.StatusForbidden,
	} {
		require.Equal(t, code, w.sams(http.MethodPost, "/batches", body).code, body)
	}
	require.Len(t, w.shipping.batches, 2)
	w.shipping.silent = recorder.ErrBusyBatches
	require.Equal(t, http.StatusConflict, w.sams(http.MethodPost, "/batches", `{"order": "pause-mails"}`).code)
	w.shipping.silent = nil
	require.Contains(t, w.sams(http.MethodGet, "/batches/known", "").body, `"state":"running"`)
	require.Equal(t, http.StatusNotFound, w.sams(http.MethodGet, "/batches/unknown", "").code)
}

func TestTheAPIListsParcels(t *testing.T) {
	w := open(t)
	w.stuck()
	w.ship("demo", 869)
	r := w.sams(http.MethodGet, "?attention=mail+bounced&phase=out_for_delivery&parked=yes&since=2026-11-01&limit=10", "")
	require.Equal(t, http.StatusOK, r.code, r.body)
	var listed recorder.Found
	require.NoError(t, json.Unmarshal([]byte(r.body), &listed))
	require.Len(t, listed.Parcels, 1)
	require.Equal(t, int64(868), listed.Parcels[0].ID)
	require.Contains(t, r.body, `"more":false`)
	require.Contains(t, r.body, `"refunds":[]`)
	f := w.shipping.filters[0]
	require.Equal(t, time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC), f.Since)
	require.False(t, f.Open, "a choice is of all parcels")
	for _, q := range []string{"?phase=nowhere", "?since=soon", "?limit=0", "?limit=501", "?attention=%27"} {
		require.Equal(t, http.StatusUnprocessableEntity, w.sams(http.MethodGet, q, "").code, q)
	}
	w.shipping.silent = errSilent
	require.Equal(t, http.StatusServiceUnavailable, w.sams(http.MethodGet, "", "").code)
}

// The documentation names every outcome, order and field.
func TestTheParcelAPIIsDocumented(t *testing.T) {
	raw, err := os.ReadFile("../docs/parcels-api.md")
	require.NoError(t, err)
	docs := string(raw)
	for _, a := range []ingress.Answer{
		deskClosed, tokenMissing, tokenUnknown, tokenExpired, notTheirs, parcelUnknown, parcelOrderUnknown, batchUnknown, noSearchKey,
		parcelOver, refusedFor(errSilent), batchesBusy, bodyTooLarge, batchUnread, orderUnread, batchForOne, batchNoTrial, batchIDWrong, tooMany, parcelsNotAsked, outcomeUnknown,
	} {
		require.Contains(t, docs, fmt.Sprintf("| %d | ", a.Code))
		require.Contains(t, docs, "`"+a.Outcome+"`")
	}
	for _, o := range parcel.Orders() {
		require.Contains(t, docs, "`"+o.Name+"`")
	}
	for _, name := range []string{"q", "integration", "phase", "attention", "parked", "since", "limit"} {
		require.Contains(t, docs, "| `"+name+"` | ")
	}
	require.Contains(t, docs, fmt.Sprintf("1 to %d parcels, %d by default", mostParcels, parcelRows))
	require.Contains(t, docs, fmt.Sprintf("`perSecond` is %v if left out", usualBatchPer))
}
