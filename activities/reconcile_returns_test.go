package activities_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/testsuite"

	"waybill/activities"
	"waybill/contract"
	"waybill/recorder"
	"waybill/refund"
	"waybill/sendcloud"
)

// ledger is what is known of refunds, and keeps what it is told.
type ledger struct {
	activities.RefundLedger
	known map[int64]refund.Refund
	open  []recorder.ListedRefund
	over  map[int64]bool
	told  []string
}

func (l *ledger) note(what string, id int64) error {
	if l.over[id] {
		return recorder.ErrOver
	}
	l.told = append(l.told, what)
	return nil
}

func (l *ledger) Refund(_ context.Context, of contract.RefundRef) (refund.Refund, bool, error) {
	known, ok := l.known[of.ReturnID]
	return known, ok, nil
}

func (l *ledger) Refunds(context.Context, recorder.RefundFilter, []byte, int) ([]recorder.ListedRefund, []byte, error) {
	return l.open, nil, nil
}

func (l *ledger) RefundRequested(_ context.Context, of contract.RefundRef, r contract.RefundReport) error {
	return l.note("requested "+r.Facts.OrderNumber+" by "+string(r.Facts.Source), of.ReturnID)
}

func (l *ledger) RefundedInPanel(_ context.Context, of contract.RefundRef, _ time.Time) error {
	return l.note("panel", of.ReturnID)
}

func (l *ledger) GoodsBack(_ context.Context, of contract.RefundRef, _ time.Time) error {
	return l.note("goods", of.ReturnID)
}

// listing has some returns.
type listing struct {
	sendcloud.API
	returns []sendcloud.Return
	// own are the parcels that were sent through the integration.
	own []int64
	// integrations are all of the account.
	integrations []int64
}

func (p listing) OwnParcels(_ context.Context, ids []int64) (own []sendcloud.Report, err error) {
	for _, id := range ids {
		if slices.Contains(p.own, id) {
			own = append(own, sendcloud.Report{ParcelID: id})
		}
	}
	return own, nil
}

func (p listing) Integrations(context.Context) ([]int64, error) { return p.integrations, nil }

func (p listing) Returns(_ context.Context, _, _ time.Time, page func([]sendcloud.Return) error) error {
	return page(p.returns)
}

func (p listing) Return(_ context.Context, id int64) (sendcloud.Return, error) {
	for _, r := range p.returns {
		if r.ID == id {
			return r, nil
		}
	}
	return sendcloud.Return{}, &sendcloud.APIError{Kind: sendcloud.NotFound}
}

func TestReturnsThatNobodyToldOfBecomeRefunds(t *testing.T) {
	now := time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)
	wish := func(id int64, order string) sendcloud.Return {
		return sendcloud.Return{ID: id, OrderNumber: order, RefundType: "money", OutgoingParcel: 7001}
	}
	paid, back, known := wish(4, "D"), wish(5, "E"), wish(6, "F")
	paid.RefundedAt, back.DeliveredAt, known.DeliveredAt = now, now, now
	ended := wish(8, "H")
	ended.RefundedAt = now
	l := &ledger{over: map[int64]bool{7: true}, known: map[int64]refund.Refund{
		3: {State: refund.AwaitingApproval}, 4: {State: refund.AwaitingApproval}, 5: {State: refund.AwaitingGoods},
		6: {State: refund.AwaitingGoods, Clock: refund.Clock{GoodsAt: now}}, 8: {State: refund.Paid},
	}}
	sweeps := activities.ReturnSweeps{Refunds: l, APIs: map[string]sendcloud.API{"demo": listing{own: []int64{7001}, returns: []sendcloud.Return{
		wish(1, "A"), {ID: 2, OrderNumber: "goods only"}, wish(3, "C"), paid, back, known, wish(7, "over, and not there to be asked"), ended, wish(0, "nameless"),
	}}}}
	env := (&testsuite.WorkflowTestSuite{}).NewTestActivityEnvironment()
	env.RegisterActivityWithOptions(sweeps.SweepReturns, activity.RegisterOptions{Name: string(contract.SweepReturns)})
	value, err := env.ExecuteActivity(string(contract.SweepReturns), contract.Sweep{Integration: "demo"})
	require.NoError(t, err)
	var found contract.ReturnFindings
	require.NoError(t, value.Get(&found))
	require.Equal(t, []string{"requested A by reconciliation", "panel", "goods"}, l.told)
	require.Equal(t, contract.ReturnFindings{Returns: 9, Recorded: 1, Told: 2, Nameless: 1}, found)

	_, err = env.ExecuteActivity(string(contract.SweepReturns), contract.Sweep{Integration: "another"})
	require.ErrorContains(t, err, "no API keys of another")
}

// Version 2's list is the account's. One shop's refund is not for another shop's people.
func TestReturnsOfOtherIntegrationsAreLeftAlone(t *testing.T) {
	wish := func(id, sent int64) sendcloud.Return {
		return sendcloud.Return{ID: id, OrderNumber: fmt.Sprint(id), RefundType: "money", OutgoingParcel: sent}
	}
	returns := []sendcloud.Return{wish(1, 7001), wish(2, 7002), wish(3, 0), wish(4, 7001), wish(5, 7002)}
	for name, c := range map[string]struct {
		integrations []int64
		told         []string
		found        contract.ReturnFindings
	}{
		"one of several integrations": {
			[]int64{7, 8}, []string{"requested 1 by reconciliation", "requested 4 by reconciliation"},
			contract.ReturnFindings{Returns: 5, Recorded: 2, NotOurs: 3},
		},
		"the only integration, to which a return is known that names no parcel": {
			[]int64{7}, []string{"requested 1 by reconciliation", "requested 3 by reconciliation", "requested 4 by reconciliation"},
			contract.ReturnFindings{Returns: 5, Recorded: 3, NotOurs: 2},
		},
	} {
		l := &ledger{}
		sweeps := activities.ReturnSweeps{Refunds: l, APIs: map[string]sendcloud.API{"demo": listing{returns: returns, own: []int64{7001}, integrations: c.integrations}}}
		found, err := perform(t, contract.SweepReturns, sweeps.SweepReturns, contract.Sweep{Integration: "demo"})
		require.NoError(t, err)
		require.Equal(t, c.told, l.told, name)
		require.Equal(t, c.found, found, name)
	}
}

func TestOpenRefundsHearOfThePanelAndOfTheirGoods(t *testing.T) {
	now := time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)
	l := &ledger{
		known: map[int64]refund.Refund{1: {State: refund.AwaitingApproval}, 3: {State: refund.AwaitingApproval}},
		open:  []recorder.ListedRefund{{RefundRef: contract.RefundRef{ReturnID: 1}, Started: now.AddDate(0, 0, -3)}, {RefundRef: contract.RefundRef{ReturnID: 2}, Started: now.AddDate(0, 0, -3)}, {RefundRef: contract.RefundRef{ReturnID: 3}, Started: now}},
	}
	returns := []sendcloud.Return{{ID: 1, RefundType: "money", RefundedAt: now}, {ID: 3, RefundType: "money", RefundedAt: now}}
	sweeps := activities.ReturnSweeps{Refunds: l, APIs: map[string]sendcloud.API{"demo": listing{returns: returns}}}
	env := (&testsuite.WorkflowTestSuite{}).NewTestActivityEnvironment()
	env.RegisterActivityWithOptions(sweeps.RecheckRefunds, activity.RegisterOptions{Name: string(contract.RecheckRefunds)})
	value, err := env.ExecuteActivity(string(contract.RecheckRefunds), contract.Recheck{Integration: "demo", Since: now.AddDate(0, 0, -1)})
	require.NoError(t, err)
	var found contract.ReturnFindings
	require.NoError(t, value.Get(&found))
	require.Equal(t, []string{"panel"}, l.told, "a young one is left to its webhooks, and one that is gone to itself")
	require.Equal(t, contract.ReturnFindings{Returns: 1, Told: 1}, found)
}
