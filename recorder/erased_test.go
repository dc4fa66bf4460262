package recorder

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/converter"

	"waybill/contract"
	"waybill/parcel"
	"waybill/refund"
)

var itsRefund = contract.RefundRef{Integration: "demo", ReturnID: 9}

// erasing is a Temporal that remembers that a parcel and a refund are erased.
func erasing(t *testing.T, f *frontend) Recorder {
	t.Helper()
	var list contract.ErasedList
	require.True(t, list.Add([]string{itsParcel.WorkflowID(), itsRefund.WorkflowID()}, time.Now()))
	memo, err := converter.GetDefaultDataConverter().ToPayload(list)
	require.NoError(t, err)
	f.runs = map[string]time.Time{contract.ErasedWorkflowID + " today": noon}
	f.memos = map[string]map[string]*common.Payload{contract.ErasedWorkflowID: {contract.ErasedMemo: memo}}
	r := before(t, f)
	r.Told, r.Erased = NewTold(), NewErased(r.Temporal, nil)
	return r
}

func TestWhoIsErasedIsNotRecordedAgain(t *testing.T) {
	report := contract.RefundReport{ID: "again", Facts: refund.Facts{Customer: refund.Customer{Email: "jane.doe@example.com"}, Message: "it is broken", OrderNumber: "1042"}}
	for _, followed := range []bool{true, false} {
		f := &frontend{closed: !followed}
		r := erasing(t, f)
		for _, err := range []error{
			r.Scan(t.Context(), itsParcel, scanned(1, itsFacts)),
			r.AwaitGoods(t.Context(), itsParcel, parcel.Waiter{}),
			r.RefundRequested(t.Context(), itsRefund, report),
		} {
			if followed {
				require.NoError(t, err)
			} else {
				require.ErrorIs(t, err, ErrOver)
			}
		}
		require.ErrorIs(t, r.FindReturn(t.Context(), contract.ReturnReport{Integration: "demo", ReturnID: itsRefund.ReturnID}), ErrOver)
		require.Empty(t, f.starts, "nothing is begun again")
		if followed {
			require.Equal(t, parcel.Facts{CarrierCode: "dpd"}, read[parcel.Scan](t, f.signals[0].GetInput()).Facts)
			require.Equal(t, refund.Facts{OrderNumber: "1042"}, read[contract.RefundReport](t, f.signals[2].GetInput()).Facts)
		}
	}
}

func TestOthersAreRecordedWhileSomebodyIsErased(t *testing.T) {
	f := &frontend{}
	r := erasing(t, f)
	other := contract.ParcelRef{Integration: "demo", ID: 8}
	require.NoError(t, r.Scan(t.Context(), other, scanned(1, itsFacts)))
	require.NoError(t, r.RefundRequested(t.Context(), contract.RefundRef{Integration: "other", ReturnID: 9}, contract.RefundReport{}))
	require.Len(t, f.starts, 2)
}

// Whoever cannot ask cannot know, and Sendcloud sends again what is answered 503.
func TestNothingIsRecordedWhileNobodySaysWhoIsErased(t *testing.T) {
	f := &frontend{mute: true}
	r := erasing(t, f)
	require.Error(t, r.Scan(t.Context(), itsParcel, scanned(1, itsFacts)))
	require.Error(t, r.RefundRequested(t.Context(), itsRefund, contract.RefundReport{}))
	require.Empty(t, f.starts)
	require.Empty(t, f.signals)
}

func TestNobodyIsErasedInTheBeginning(t *testing.T) {
	f := &frontend{}
	r := before(t, f)
	r.Erased = NewErased(r.Temporal, nil)
	require.NoError(t, r.Scan(t.Context(), itsParcel, scanned(1, itsFacts)))
	require.Len(t, f.starts, 1)
}

// The SDK tries a signal for up to a minute. By then the parcel may be erased.
func TestNothingIsRecordedLongAfterItWasLookedUp(t *testing.T) {
	f := &frontend{}
	r := erasing(t, f)
	ctx, cancel := r.Erased.recording(t.Context())
	defer cancel()
	until, limited := ctx.Deadline()
	require.True(t, limited)
	require.Less(t, time.Until(until)+contract.ErasedListKept, contract.ErasedKnownAfter+time.Millisecond)
}

func TestADoorDoesNotWaitLongerThanItHasTimeForAnotherOnesLook(t *testing.T) {
	r := erasing(t, &frontend{})
	r.Erased.turn <- struct{}{} // one that Temporal does not answer
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, r.Scan(ctx, itsParcel, scanned(1, itsFacts)), context.Canceled)
}
