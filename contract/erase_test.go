package contract_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"waybill/contract"
)

func TestWhoIsErasedIsRememberedForAsLongAsTheyCanComeBack(t *testing.T) {
	now := time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC)
	var list contract.ErasedList
	require.True(t, list.Add([]string{"parcel:demo:2", "parcel:demo:1", "parcel:demo:2"}, now))
	require.Len(t, list.Names, 2)
	require.True(t, list.Has("parcel:demo:1"))
	require.False(t, list.Has("parcel:demo:3"))
	require.Equal(t, now.Add(contract.ErasedFor), list.Until())

	require.True(t, list.Add([]string{"refund:demo:3"}, now.Add(contract.ErasedFor)))
	require.False(t, list.Has("parcel:demo:1"), "its time is over")
	require.True(t, list.Has("refund:demo:3"))
}

func TestNobodyIsForgottenForWantOfRoom(t *testing.T) {
	now := time.Now()
	var names []string
	for i := range contract.MostErased {
		names = append(names, fmt.Sprintf("parcel:demo:%d", i+1))
	}
	var list contract.ErasedList
	require.True(t, list.Add(names, now))
	require.False(t, list.Add([]string{"parcel:demo:0"}, now))
	require.True(t, list.Add(names[:1], now), "one that is known needs no room")
	require.Len(t, list.Names, contract.MostErased)
}

func TestWhatAnErasureHasLeft(t *testing.T) {
	all := contract.Erasure{
		Parcels: []contract.ParcelRef{{Integration: "demo", ID: 1}, {Integration: "demo", ID: 2}},
		Refunds: []contract.RefundRef{{Integration: "demo", ReturnID: 3}}, Others: []string{"bounce:4"},
	}
	require.Equal(t, all, all.Rest(contract.Erased{}))
	rest := all.Rest(contract.Erased{Items: []contract.ErasedItem{
		{WorkflowID: "parcel:demo:1", Outcome: contract.ErasedDeleted}, {WorkflowID: "parcel:demo:2", Outcome: contract.ErasedFailed},
		{WorkflowID: "refund:demo:3", Outcome: contract.ErasedBooks},
	}})
	require.Equal(t, []string{"parcel:demo:2"}, rest.Names())
	require.Equal(t, []string{"bounce:4"}, rest.Others)
}

func TestWhichReportsAreAboutAPerson(t *testing.T) {
	names := map[string]bool{"parcel:demo:7": true, "refund:demo:9": true}
	for id, want := range map[string]bool{
		"return-report:demo:refund_requested@1:7": true,
		"return-report:demo:return_created@1:9":   true,
		"return-report:demo:a:b:9":                true,
		"return-report:demo:refund_requested@1:8": false,
		"return-report:other:a:7":                 false,
		"parcel:demo:7":                           false,
		"return-report:demo":                      false,
	} {
		require.Equal(t, want, contract.IsReportAbout(id, names), id)
	}
}
