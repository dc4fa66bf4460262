package activities_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"

	"waybill/activities"
	"waybill/contract"
	"waybill/recorder"
	"waybill/refund"
	"waybill/sendcloud"
)

// returnList is a list in which one return can be found.
type returnList struct {
	sendcloud.API
	found sendcloud.Return
	ok    bool
	fails error
	// notOurs says that the parcel was sent through another integration.
	notOurs bool

	outgoing, incoming int64
	since              time.Time
}

func (l *returnList) FindReturn(_ context.Context, outgoing, incoming int64, since time.Time) (sendcloud.Return, bool, error) {
	l.outgoing, l.incoming, l.since = outgoing, incoming, since
	return l.found, l.ok, l.fails
}

func (l *returnList) OwnParcels(_ context.Context, ids []int64) (own []sendcloud.Report, err error) {
	for _, id := range ids {
		if !l.notOurs {
			own = append(own, sendcloud.Report{ParcelID: id})
		}
	}
	return own, nil
}

func look(t *testing.T, l *returnList, incoming int64) (contract.ReturnFound, error) {
	t.Helper()
	facts := activities.RefundFacts{APIs: map[string]sendcloud.API{"demo": l}}
	return perform(t, contract.LookForReturn, facts.LookForReturn, contract.ReturnReport{
		Integration: "demo", ID: "refund_requested@1", At: noon, Facts: refund.Facts{OutgoingParcel: 7001, IncomingParcel: incoming},
	})
}

func TestTheReturnOfAReportIsFound(t *testing.T) {
	for name, c := range map[string]struct {
		list sendcloud.Return
		told int64
	}{
		"by both parcels":               {sendcloud.Return{ID: 42, OutgoingParcel: 7001, IncomingParcel: 7002}, 7002},
		"by what was sent":              {sendcloud.Return{ID: 42, OutgoingParcel: 7001, IncomingParcel: 7002}, 0},
		"one that says no other parcel": {sendcloud.Return{ID: 42, OutgoingParcel: 7001}, 7002},
	} {
		l := &returnList{found: c.list, ok: true}
		found, err := look(t, l, c.told)
		require.NoError(t, err, name)
		require.Equal(t, contract.ReturnFound{ReturnID: 42}, found)
		require.Equal(t, []int64{7001, c.told}, []int64{l.outgoing, l.incoming})
		require.Equal(t, noon.AddDate(0, 0, -120), l.since)
	}
}

func TestAReturnThatIsNotListedIsLookedForAgain(t *testing.T) {
	for name, l := range map[string]*returnList{
		"none":                      {},
		"one without a number":      {found: sendcloud.Return{OutgoingParcel: 7001}, ok: true},
		"another of the same order": {found: sendcloud.Return{ID: 43, OutgoingParcel: 7001, IncomingParcel: 7003}, ok: true},
		"another integration's":     {found: sendcloud.Return{ID: 42, OutgoingParcel: 7001}, ok: true, notOurs: true},
	} {
		_, err := look(t, l, 7002)
		requireFailure(t, err, contract.NoReturn, true, 0)
		var failure *temporal.ApplicationError
		require.ErrorAs(t, err, &failure)
		require.Equal(t, temporal.ApplicationErrorCategoryBenign, failure.Category(), name)
	}
}

func TestAListThatCannotBeReadIsSorted(t *testing.T) {
	_, err := look(t, &returnList{fails: &sendcloud.APIError{Kind: sendcloud.Limited, Wait: time.Minute}}, 7002)
	requireFailure(t, err, contract.APIUnavailable, true, time.Minute)
	_, err = look(t, &returnList{fails: &sendcloud.APIError{Kind: sendcloud.Setup}}, 7002)
	requireFailure(t, err, contract.APISetup, false, 0)
	_, err = perform(t, contract.LookForReturn, activities.RefundFacts{}.LookForReturn, contract.ReturnReport{Integration: "demo"})
	requireFailure(t, err, contract.APISetup, false, 0)
}

// reports keep what is recorded of refunds.
type reports struct {
	recorded []contract.RefundRecord
	fails    error
}

func (r *reports) RefundRequested(_ context.Context, of contract.RefundRef, report contract.RefundReport) error {
	r.recorded = append(r.recorded, contract.RefundRecord{RefundRef: of, Report: report})
	return r.fails
}

func TestAReportIsRecordedUnlessTheRefundHasEnded(t *testing.T) {
	record := contract.RefundRecord{RefundRef: contract.RefundRef{Integration: "demo", ReturnID: 42}, Report: contract.RefundReport{ID: "refund_requested@1", Facts: refund.Facts{OutgoingParcel: 7001}}}
	r := &reports{}
	hands := activities.RefundFacts{Refunds: r}
	_, err := perform(t, contract.RecordRefund, hands.RecordRefund, record)
	require.NoError(t, err)
	require.Equal(t, []contract.RefundRecord{record}, r.recorded)

	r.fails = recorder.ErrOver
	_, err = perform(t, contract.RecordRefund, hands.RecordRefund, record)
	require.NoError(t, err, "nobody waits for it any more")
	r.fails = errors.New("no Temporal")
	_, err = perform(t, contract.RecordRefund, hands.RecordRefund, record)
	require.ErrorContains(t, err, "no Temporal")
}
