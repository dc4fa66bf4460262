package contract_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"waybill/contract"
	"waybill/refund"
)

func TestAParcelsWorkflowIDHasAnInverse(t *testing.T) {
	of := contract.ParcelRef{Integration: "my-shop", ID: 364000001}
	require.Equal(t, "parcel:my-shop:364000001", of.WorkflowID())
	require.Equal(t, "my-shop/364000001", of.String())
	back, err := contract.ParseParcelRef(of.WorkflowID())
	require.NoError(t, err)
	require.Equal(t, of, back)
}

func TestOtherWorkflowIDsAreRefused(t *testing.T) {
	for _, id := range []string{
		"", "parcel", "parcel:demo", "parcel:demo:", "parcel:demo:x", "parcel:demo:0", "parcel:demo:-1", "parcel:demo:+1",
		"parcel:demo:01", "parcel:demo:1:2", "parcel:Demo:1", "parcel::1", "refund:demo:1", "parcel:demo:99999999999999999999",
	} {
		_, err := contract.ParseParcelRef(id)
		require.Error(t, err, id)
	}
}

func TestARefundsWorkflowIDHasAnInverse(t *testing.T) {
	of := contract.RefundRef{Integration: "my-shop", ReturnID: 42}
	require.Equal(t, "my-shop/42", of.String())
	back, err := contract.ParseRefundRef(of.WorkflowID())
	require.NoError(t, err)
	require.Equal(t, of, back)
	for _, id := range []string{"", "refund:demo", "refund:demo:0", "refund:demo:042", "refund:Demo:1", "refund:demo:1:2", "parcel:demo:1"} {
		_, err := contract.ParseRefundRef(id)
		require.Error(t, err, id)
	}
	r := refund.Refund{Account: "main", Integration: "my-shop", ReturnID: 42}
	require.Equal(t, of.WorkflowID(), string(r.Subject()), "messages know a refund by the id of its workflow")
}

func TestTallyScopesNameNobody(t *testing.T) {
	customer := refund.DigestKeys{[]byte("a key")}.Customer("jane.doe@example.com")
	require.NotContains(t, contract.CustomerTally(customer), "jane")
	require.Equal(t, contract.CustomerTally(customer), contract.CustomerTally(refund.DigestKeys{[]byte("a key")}.Customer(" Jane.Doe@Example.com")))
	require.Len(t, contract.CustomerTally(customer), len("customers-")+2, "hundreds of customers share one")
	require.NotEqual(t, contract.OrderTally("1042"), contract.OrderTally("1043"))
}

func TestAMessageHoldsAReferenceFlat(t *testing.T) {
	raw, err := json.Marshal(contract.RefundStart{RefundRef: contract.RefundRef{Integration: "my-shop", ReturnID: 42}})
	require.NoError(t, err)
	require.JSONEq(t, `{"integration":"my-shop","returnId":42}`, string(raw))
	raw, err = json.Marshal(contract.ParcelStart{ParcelRef: contract.ParcelRef{Integration: "my-shop", ID: 7}})
	require.NoError(t, err)
	require.JSONEq(t, `{"integration":"my-shop","parcelId":7}`, string(raw))
}

func TestAReconcileScheduleIDHasAnInverse(t *testing.T) {
	integration, err := contract.ParseReconcileScheduleID(contract.ReconcileScheduleID("my-shop"))
	require.NoError(t, err)
	require.Equal(t, "my-shop", integration)
	for _, id := range []string{"", "reconcile:", "reconcile:A", "reconcile:a-2026-11-23T10:00:00Z", "parcel:demo:1"} {
		_, err := contract.ParseReconcileScheduleID(id)
		require.Error(t, err, id)
	}
}

func TestASpanIsReadAndWrittenByPeople(t *testing.T) {
	raw, err := json.Marshal(contract.ReconcileStart{Overlap: contract.Span(15 * time.Minute)})
	require.NoError(t, err)
	require.Contains(t, string(raw), `"overlap":"15m0s"`)
	var start contract.ReconcileStart
	require.NoError(t, json.Unmarshal([]byte(`{"overlap":"36h"}`), &start))
	require.Equal(t, contract.Span(36*time.Hour), start.Overlap)
	require.ErrorContains(t, json.Unmarshal([]byte(`{"overlap":"a while"}`), &start), "no length of time such as 15m")
}

func TestIntegrationNames(t *testing.T) {
	for name, valid := range map[string]bool{
		"demo": true, "my-shop-2": true, "a": true,
		"": false, "-a": false, "a-": false, "A": false, "a:b": false, "a/b": false, "a b": false, "ü": false,
	} {
		require.Equal(t, valid, contract.ValidIntegration(name), name)
	}
}

func TestSearchAttributesFitSQLStores(t *testing.T) {
	// SQL visibility stores give a namespace this many columns of each type.
	room := map[contract.AttributeType]int{contract.Keyword: 10, contract.Int: 3, contract.Datetime: 3}
	names := map[string]bool{}
	for _, a := range contract.SearchAttributes() {
		room[a.Type]--
		require.GreaterOrEqual(t, room[a.Type], 0, "too many of the type %s", a.Type)
		require.False(t, names[a.Name], "%s stands twice", a.Name)
		names[a.Name] = true
		require.NotEmpty(t, a.Holds)
	}
}
