package activities

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"go.temporal.io/sdk/activity"

	"waybill/contract"
	"waybill/recorder"
	"waybill/refund"
	"waybill/sendcloud"
)

// RefundLedger is what is known of refunds; a [recorder.Recorder] keeps it.
type RefundLedger interface {
	RefundRecords
	recorder.RefundLister
	RefundedInPanel(ctx context.Context, of contract.RefundRef, at time.Time) error
	GoodsBack(ctx context.Context, of contract.RefundRef, at time.Time) error
}

// ReturnSweeps are the activities of ReconcileParcels about refunds; see
// [Reconciliations].
type ReturnSweeps struct {
	APIs    map[string]sendcloud.API
	Refunds RefundLedger
}

// SweepReturns goes through the account's returns that were made in a span of time, and
// records the refunds of the integration's own parcels that no webhook told of.
func (r ReturnSweeps) SweepReturns(ctx context.Context, s contract.Sweep) (contract.ReturnFindings, error) {
	api, err := apiOf(r.APIs, s.Integration)
	if err != nil {
		return contract.ReturnFindings{}, err
	}
	var f contract.ReturnFindings
	err = api.Returns(ctx, s.From, s.Until, func(page []sendcloud.Return) error {
		own, err := ownReturns(ctx, api, page...)
		if err != nil {
			return err
		}
		for _, told := range page {
			one, err := r.take(ctx, s.Integration, told, own[told.ID])
			if err != nil {
				return err
			}
			f = f.Add(one)
		}
		return nil
	})
	return f, sortAPIError(err)
}

// RecheckRefunds goes through the refunds that have been open for long. No webhook says
// that a return was marked as refunded, or that an unknown parcel has come back.
func (r ReturnSweeps) RecheckRefunds(ctx context.Context, c contract.Recheck) (contract.ReturnFindings, error) {
	api, err := apiOf(r.APIs, c.Integration)
	if err != nil {
		return contract.ReturnFindings{}, err
	}
	open, _, err := recorder.ListRefunds(ctx, r.Refunds, recorder.RefundFilter{Integration: c.Integration, Open: true}, math.MaxInt-1)
	var f contract.ReturnFindings
	for _, one := range open {
		if one.Started.After(c.Since) {
			continue
		}
		told, err := api.Return(ctx, one.ReturnID)
		switch {
		case unknown(err):
			continue
		case err != nil:
			return f, sortAPIError(err)
		}
		found, err := r.take(ctx, c.Integration, told, true)
		if err != nil {
			return f, err
		}
		f = f.Add(found)
	}
	return f, err
}

// ownReturns are those of some returns whose parcels were sent through the integration. A return
// that does not name its parcel is among them if the account has no other integration.
func ownReturns(ctx context.Context, api sendcloud.API, returns ...sendcloud.Return) (own map[int64]bool, err error) {
	own = map[int64]bool{}
	sent := map[int64][]int64{} // returns by the parcel that was sent
	for _, r := range returns {
		sent[r.OutgoingParcel] = append(sent[r.OutgoingParcel], r.ID)
	}
	unnamed := sent[0]
	delete(sent, 0)
	if len(unnamed) > 0 {
		all, err := api.Integrations(ctx)
		if err != nil {
			return nil, err
		}
		for _, id := range unnamed {
			own[id] = len(all) == 1
		}
	}
	if len(sent) == 0 {
		return own, nil
	}
	parcels, err := api.OwnParcels(ctx, slices.Sorted(maps.Keys(sent)))
	for _, p := range parcels {
		for _, id := range sent[p.ParcelID] {
			own[id] = true
		}
	}
	return own, err
}

// take records the refund of a return, if it is the integration's own, or tells a known one
// what it does not know.
func (r ReturnSweeps) take(ctx context.Context, integration string, told sendcloud.Return, own bool) (contract.ReturnFindings, error) {
	f := contract.ReturnFindings{Returns: 1}
	switch {
	case told.RefundType == "":
		return f, nil
	case told.ID <= 0:
		f.Nameless = 1
		return f, nil
	}
	of := contract.RefundRef{Integration: integration, ReturnID: told.ID}
	known, found, err := r.Refunds.Refund(ctx, of)
	if err != nil {
		// It may be stuck, and must not stop the others. Recording twice is harmless.
		activity.GetLogger(ctx).Warn("a refund does not say what it knows", "return", told.ID, "error", err.Error())
	}
	switch {
	case known.State.Terminal():
		return f, nil
	case !found && !own:
		f.NotOurs = 1
	case !found:
		err = r.Refunds.RefundRequested(ctx, of, contract.RefundReport{
			ID: fmt.Sprintf("reconciliation@%d", told.ID), Facts: told.Facts(refund.FromReconciliation),
		})
		f.Recorded = 1
	case !told.RefundedAt.IsZero() && !known.Clock.PanelTold:
		err = r.Refunds.RefundedInPanel(ctx, of, told.RefundedAt)
		f.Told = 1
	case !told.DeliveredAt.IsZero() && known.Clock.GoodsAt.IsZero():
		err = r.Refunds.GoodsBack(ctx, of, told.DeliveredAt)
		f.Told = 1
	}
	if errors.Is(err, recorder.ErrOver) {
		return contract.ReturnFindings{Returns: 1}, nil
	}
	return f, err
}
