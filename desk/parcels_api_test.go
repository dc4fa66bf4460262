package desk

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"waybill/contract"
	"waybill/delivery"
	"waybill/parcel"
	"waybill/recorder"
	"waybill/search"
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
	require.JSONEq(t, strings.Replace(leaves, "done", "tried", 1), r.body)
	require.Zero(t, w.shipping.orders)
	under := func(r *http.Request) { r.Header.Set("Idempotency-Key", "key-1") }
	for range 2 {
		require.JSONEq(t, leaves, w.api(http.MethodPost, "/api/parcels/demo/868/change-recipient", "token-of-sam", change+`}`, under).body)
	}
	require.Len(t, w.shipping.all[of].Orders, 1)
	other := w.api(http.MethodPost, "/api/parcels/demo/868/pause-mails", "token-of-sam", "", under)
	require.Equal(t, http.StatusUnprocessableEntity, other.code)
	require.Contains(t, other.body, `"outcome":"key used already"`)
	require.Len(t, w.shipping.all[of].Orders, 1)
	require.NotContains(t, w.sams(http.MethodGet, "/demo/868", "").body, "once:", "a key is nobody's business")
	require.Equal(t, "sam", w.shipping.all[of].Orders[0].Who())

	for body, code := range map[string]int{
		`{"mail": "x"}`:                       http.StatusUnprocessableEntity,
		`{"email": "x"}`:                      http.StatusUnprocessableEntity,
		`{"language": "xx"}`:                  http.StatusUnprocessableEntity,
		`{"keys": ["x"]}`:                     http.StatusUnprocessableEntity,
		`{"batch": "x"}`:                      http.StatusUnprocessableEntity,
		`{"why": "x"}`:                        http.StatusConflict, // nothing is to be changed
		`[]`:                                  http.StatusUnprocessableEntity,
		`{`:                                   http.StatusUnprocessableEntity,
		strings.Repeat(" ", formLimit) + "{}": http.StatusRequestEntityTooLarge,
	} {
		require.Equal(t, code, w.sams(http.MethodPost, "/demo/868/change-recipient", body).code, body[:min(len(body), 20)])
	}
	require.Equal(t, http.StatusNotFound, w.sams(http.MethodPost, "/demo/868/explode", "").code)
	said := w.sams(http.MethodPost, "/demo/868/pause-mails", `{"by": "anna", "proof": "x"}`)
	require.Equal(t, http.StatusUnprocessableEntity, said.code, "nobody speaks for another person")
	require.Contains(t, said.body, `"fields":[{"field":"by",`)
	// An empty list would be about all mails once it has lost its way as JSON.
	require.Contains(t, w.sams(http.MethodPost, "/demo/868/retry-mails", `{"keys": []}`).body, `"fields":[{"field":"keys",`)
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
	start := func(body string, change ...func(*http.Request)) response {
		return w.api(http.MethodPost, "/api/batches", "token-of-sam", body, change...)
	}
	r := start(`{"order": "retry-mails", "input": {"why": "SendGrid was down"}, "filter": {"parked": true}}`)
	require.Equal(t, http.StatusOK, r.code, r.body)
	b := w.shipping.batches[0]
	require.JSONEq(t, `{"outcome": "started", "batch": "`+contract.BatchID(b.Input.Batch)+`"}`, r.body)
	require.Equal(t, recorder.ParcelFilter{Among: []string{"demo"}, Parked: true}, b.Filter)
	require.Equal(t, "sam", b.Input.By)
	require.GreaterOrEqual(t, len(b.Input.Batch), 26)
	require.InDelta(t, 20, b.PerSecond, 0)
	require.True(t, w.links.Proves(b.Input.Proof, contract.ProvenParcelText(contract.ParcelRef{Integration: "demo", ID: 7}, b.Order, b.Input), w.clock.Add(time.Hour), contract.BatchLasts))

	under := func(r *http.Request) { r.Header.Set("Idempotency-Key", "key-1") }
	const pause = `{"order": "pause-mails", "filter": {"integration": "demo", "order": "#1042", "attention": "any"}, "perSecond": 5}`
	one := start(pause, under)
	require.Equal(t, http.StatusOK, one.code, one.body)
	require.JSONEq(t, one.body, start(pause, under).body)
	require.Len(t, w.shipping.batches, 2, "under one key one batch")
	require.Equal(t, recorder.ParcelFilter{Integration: "demo", NeedsAttention: true, Words: search.Listed{Order: []string{"1042"}}}, w.shipping.batches[1].Filter)
	require.Contains(t, start(`{"order": "pause-mails"}`, under).body, `"outcome":"key used already"`)
	for body, field := range map[string]string{
		`{"order": "send-again", "input": {"keys": ["x"]}}`:                   "order",
		`{"order": "change-recipient", "input": {"email": "a@shop.example"}}`: "order",
		`{"order": "explode"}`: "order",
		`{}`:                   "order",
		`{"order": "retry-mails", "input": {"keys": ["x"]}}`:           "input.keys",
		`{"order": "retry-mails", "input": {"by": "anna"}}`:            "input.by",
		`{"order": "drop-mails", "filter": {"phase": "nowhere"}}`:      "filter.phase",
		`{"order": "drop-mails", "filter": {"attention": "' OR 1=1"}}`: "filter.attention",
		`{"order": "drop-mails", "filter": {"parked": false}}`:         "filter.parked",
		`{"order": "drop-mails", "filter": {"limit": "5"}}`:            "filter.limit",
		`{"order": "drop-mails", "input": {"batch": "x"}}`:             "input.batch",
		`{"order": "drop-mails", "input": {"dryRun": true}}`:           "input.dryRun", // and not carried out
		`{"order": "drop-mails", "filters": {}}`:                       "filters",
		`{"order": "drop-mails", "perSecond": 0}`:                      "perSecond",
	} {
		r := start(body)
		require.Equal(t, http.StatusUnprocessableEntity, r.code, body)
		require.Contains(t, r.body, `"field":"`+field+`"`)
	}
	require.Equal(t, http.StatusForbidden, start(`{"order": "drop-mails", "filter": {"integration": "other"}}`).code)
	require.Len(t, w.shipping.batches, 2)
	w.shipping.silent = recorder.ErrBusyBatches
	require.Equal(t, http.StatusConflict, start(`{"order": "pause-mails"}`).code)
	w.shipping.silent = nil
	require.Contains(t, w.api(http.MethodGet, "/api/batches/known", "token-of-sam", "").body, `"state":"running"`)
	require.Equal(t, http.StatusNotFound, w.api(http.MethodGet, "/api/batches/unknown", "token-of-sam", "").code)
}

func TestTheAPIListsParcels(t *testing.T) {
	w := open(t)
	w.stuck()
	w.ship("demo", 869)
	r := w.sams(http.MethodGet, "?attention=mail+bounced&phase=out_for_delivery&parked=true&since=2026-11-01&limit=10&total=true&order=1042&tracking=JJD1", "")
	require.Equal(t, http.StatusOK, r.code, r.body)
	var listed apiListed[recorder.ListedParcel]
	require.NoError(t, json.Unmarshal([]byte(r.body), &listed))
	require.Len(t, listed.Items, 1)
	require.Equal(t, int64(868), listed.Items[0].ID)
	require.Contains(t, r.body, `"total":{"count":1}`)
	f := w.shipping.filters[0]
	require.Equal(t, time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC), f.Since)
	require.False(t, f.Open, "a choice is of all parcels")
	for _, q := range []string{"?phase=nowhere", "?since=soon", "?limit=0", "?limit=201", "?attention=%27", "?q=1042", "?parked=yes", "?state=paid", "?cursor=x"} {
		require.Equal(t, http.StatusUnprocessableEntity, w.sams(http.MethodGet, q, "").code, q)
	}
	first := w.sams(http.MethodGet, "?limit=1", "")
	require.NoError(t, json.Unmarshal([]byte(first.body), &listed))
	require.Equal(t, int64(869), listed.Items[0].ID)
	second := w.sams(http.MethodGet, "?limit=1&cursor="+listed.Next, "")
	listed = apiListed[recorder.ListedParcel]{}
	require.NoError(t, json.Unmarshal([]byte(second.body), &listed))
	require.Equal(t, int64(868), listed.Items[0].ID)
	require.Empty(t, listed.Next)
	w.shipping.silent = errSilent
	require.Equal(t, http.StatusServiceUnavailable, w.sams(http.MethodGet, "", "").code)
}
