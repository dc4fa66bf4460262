package desk

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"waybill/contract"
	"waybill/parcel"
	"waybill/recorder"
)

// The carrier's scan that goods are back has a refund paid. A state says what the carrier has
// scanned.
func TestNobodyAtTheDeskSaysWhatTheCarrierHasScanned(t *testing.T) {
	w := open(t)
	of := w.ship("demo", 868, func(s *parcel.Scan) { s.Facts.IsReturn = true })
	w.shipping.all[of].Await(parcel.Waiter{WorkflowID: "refund:demo:42", Until: w.clock.AddDate(0, 1, 0)}, w.clock)
	forged := *w.shipping.all[of]
	forged.Phase = parcel.Delivered
	state, err := json.Marshal(parcel.Input{Parcel: &forged})
	require.NoError(t, err)
	require.Equal(t, http.StatusNotFound, w.sams(http.MethodPost, "/demo/868/continue-as-new", string(state)).code)
	require.NotEqual(t, parcel.Delivered, w.shipping.all[of].Phase)
	for _, task := range w.shipping.all[of].Tasks {
		require.NotEqual(t, parcel.TellBack, task.Kind, "the refund is told that the goods are back, and pays")
	}
	require.NotContains(t, w.sams(http.MethodGet, "/demo/868", "").body, `"continue-as-new"`)
	r := w.api(http.MethodPost, "/api/batches", "token-of-sam", `{"order": "continue-as-new"}`)
	require.Equal(t, http.StatusUnprocessableEntity, r.code, r.body)
	require.Contains(t, r.body, `{"field":"order"`)
	require.NotContains(t, string(openAPI), "continue-as-new")
}

// Everyone who reaches Temporal reads the proof of an order, and can send the order to another
// parcel.
func TestTheProofOfAnOrderToOneParcelHoldsForNoOther(t *testing.T) {
	w := open(t)
	of := w.ship("demo", 868)
	w.ship("demo", 869)
	var given parcel.Input
	var order parcel.Order
	w.shipping.heard = func(o parcel.Order, in parcel.Input) { order, given = o, in }
	r := w.api(http.MethodPost, "/api/parcels/demo/868/change-recipient", "token-of-sam", `{"email": "eve@shop.example"}`, func(r *http.Request) {
		r.Header.Set("Idempotency-Key", "retry-of-a-program")
	})
	require.Equal(t, http.StatusOK, r.code, r.body)
	require.True(t, w.shipping.proves(given.Proof, contract.ProvenParcelText(of, order, given), contract.BatchLasts))
	for _, other := range []contract.ParcelRef{{Integration: "demo", ID: 869}, {Integration: "other", ID: 868}} {
		require.False(t, w.shipping.proves(given.Proof, contract.ProvenParcelText(other, order, given), contract.BatchLasts), other)
	}
}

// Everyone who reaches Temporal reads the proof of a batch, and can signal any other parcel with it
// for a day: its record then names a person whom its policy does not know, proven.
func TestTheProofOfABatchHoldsInItsIntegrationsOnly(t *testing.T) {
	w := open(t)
	for _, filter := range []string{`{"integration": "demo"}`, `{}`} {
		r := w.api(http.MethodPost, "/api/batches", "token-of-sam", `{"order": "drop-mails", "filter": `+filter+`}`)
		require.Equal(t, http.StatusOK, r.code, r.body)
		proofHoldsOnlyInDemo(t, w, w.shipping.batches[len(w.shipping.batches)-1])
	}
}

func proofHoldsOnlyInDemo(t *testing.T, w *fixture, b recorder.Batch) {
	t.Helper()
	holds := func(of contract.ParcelRef, in parcel.Input) bool {
		return w.shipping.proves(in.Proof, contract.ProvenParcelText(of, b.Order, in), contract.BatchLasts)
	}
	require.True(t, holds(contract.ParcelRef{Integration: "demo", ID: 868}, b.Input))
	other := contract.ParcelRef{Integration: "other", ID: 868}
	require.False(t, holds(other, b.Input))
	for _, batch := range []string{b.Input.Batch + ",other", contract.BatchID(b.Input.Batch)} {
		in := b.Input
		in.Batch = batch
		require.False(t, holds(other, in), batch)
	}
}
