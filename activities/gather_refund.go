package activities

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"go.temporal.io/sdk/temporal"

	"waybill/contract"
	"waybill/payment"
	"waybill/refund"
	"waybill/sendcloud"
)

// Tallies count refunds that belong together; a [recorder.Recorder] reaches them.
type Tallies interface {
	Tally(ctx context.Context, integration, scope string) (refund.Tally, error)
	ClaimTally(ctx context.Context, integration, scope string, claim refund.ClaimOrder) (refund.ClaimAnswer, error)
	ReleaseTally(ctx context.Context, integration, scope, key string) error
}

// RefundFacts are the activities that find out what a refund is about.
type RefundFacts struct {
	APIs    map[string]sendcloud.API
	Tallies Tallies
	Refunds RefundRecords
	// Endpoints are the merchants' own, by integration: see [Payments].
	Endpoints map[string]payment.Endpoint
	Policy    func(integration string) refund.Policy
}

// RefundRecords record refunds; a [recorder.Recorder] does.
type RefundRecords interface {
	RefundRequested(ctx context.Context, of contract.RefundRef, report contract.RefundReport) error
}

// GatherRefund loads what the request lacks: from Sendcloud the return and what the
// order cost and how old it is, from the tallies what counts against it. Where
// Sendcloud cannot be asked or knows nothing, it says so.
func (g RefundFacts) GatherRefund(ctx context.Context, q contract.RefundQuery) (contract.RefundGathered, error) {
	found, err := g.askSendcloud(ctx, q)
	if q.Again {
		found.Endpoint = g.Endpoints[q.Integration].Address()
	}
	if err != nil || q.Again {
		return found, err
	}
	known := refund.Refund{Integration: q.Integration, ReturnID: q.ReturnID, Facts: q.Facts}
	known.Facts.Fill(found.Facts)
	if err := g.count(ctx, &known, &found.Facts); err != nil {
		return contract.RefundGathered{}, err
	}
	return found, nil
}

// askSendcloud reads the return and the parcel that went out.
func (g RefundFacts) askSendcloud(ctx context.Context, q contract.RefundQuery) (contract.RefundGathered, error) {
	var found contract.RefundGathered
	api, ok := g.APIs[q.Integration]
	if !ok {
		found.Why = "no worker has API keys of the integration, so that Sendcloud was not asked"
		return found, nil
	}
	told, err := api.Return(ctx, q.ReturnID)
	switch {
	case unknown(err):
		found.Why = "Sendcloud does not know the return"
	case err != nil:
		return found, sortAPIError(err)
	default:
		found.Facts, found.RefundedAt, found.GoodsAt = told.Facts(q.Facts.Source), told.RefundedAt, told.DeliveredAt
		found.Facts.Confirmed = true
		if found.Facts.PanelRead = told.PanelRead && told.RefundedAt.IsZero(); !told.PanelRead {
			found.Why = "Sendcloud does not tell whether the return was refunded in its panel, because version 2 of its API is closed or does not say"
		}
	}
	if q.Again {
		return found, nil
	}
	outgoing := cmp.Or(q.Facts.OutgoingParcel, found.Facts.OutgoingParcel)
	if outgoing == 0 {
		return found, nil
	}
	sent, err := api.Parcel(ctx, outgoing)
	switch {
	case unknown(err):
		found.Why = strings.TrimPrefix(found.Why+", and Sendcloud does not know the parcel that was sent", ", and ")
	case err != nil:
		return found, sortAPIError(err)
	default:
		addOrder(&found.Facts, sent, told)
	}
	return found, nil
}

// addOrder adds what the parcel that was sent tells of the order. Sendcloud tells
// no currency of the refund itself: it is that of the order.
func addOrder(f *refund.Facts, sent sendcloud.Report, told sendcloud.Return) {
	f.OrderedAt = sent.CreatedAt
	f.OrderNumber = cmp.Or(f.OrderNumber, sent.Scan.Facts.OrderNumber)
	if value, err := refund.ParseDecimal(sent.OrderValue, sent.OrderCurrency); err == nil {
		f.OrderValue = value
		// An amount that the currency does not have is left to a person.
		f.Amount, _ = refund.ParseDecimal(told.Total, sent.OrderCurrency)
	}
	if sent.Scan.Facts.IsReturn {
		return // its recipient is the merchant
	}
	to := sent.Scan.Facts.Recipient
	if f.Customer.Email == "" {
		f.Customer = refund.Customer{Name: to.Name, Email: to.Email, Country: to.Country}
	}
	f.Customer.Country = cmp.Or(f.Customer.Country, to.Country)
}

// count adds what other refunds have come to.
func (g RefundFacts) count(ctx context.Context, r *refund.Refund, into *refund.Facts) error {
	p, now := g.Policy(r.Integration), time.Now()
	order, err := g.Tallies.Tally(ctx, r.Integration, contract.OrderTally(r.OrderKey()))
	if err != nil {
		return fmt.Errorf("ask what was refunded of the order: %w", err)
	}
	into.Refunded = order.Sum(r.Key(), "", time.Time{}).Refunded
	if order.Value.Known() {
		into.OrderValue = order.Value // the first who told it
	}
	unseen, err := g.Tallies.Tally(ctx, r.Integration, contract.ShopTally)
	if err != nil {
		return fmt.Errorf("ask how many refunds nobody has seen: %w", err)
	}
	today := unseen.Sum(r.Key(), "", now.Add(-24*time.Hour)).Others
	into.ShopToday = &today
	email := r.Facts.Customer.Email
	if email == "" {
		return nil
	}
	customers, err := g.Tallies.Tally(ctx, r.Integration, contract.CustomerTally(email))
	if err != nil {
		return fmt.Errorf("ask how many refunds the customer had: %w", err)
	}
	had := customers.Sum(r.Key(), refund.Digest(email), now.Add(-p.CustomerSpan)).Others
	into.CustomerRefunds = &had
	return nil
}

// LookForReturn looks for the return of a report that names parcels only.
func (g RefundFacts) LookForReturn(ctx context.Context, report contract.ReturnReport) (contract.ReturnFound, error) {
	api, err := apiOf(g.APIs, report.Integration)
	if err != nil {
		return contract.ReturnFound{}, err
	}
	found, ok, err := api.FindReturn(ctx, report.Facts.OutgoingParcel, report.Facts.IncomingParcel, report.At.Add(-returnsKept))
	switch {
	case err != nil:
		return contract.ReturnFound{}, sortAPIError(err)
	case !ok || found.ID == 0, stranger(found.IncomingParcel, report.Facts.IncomingParcel):
		return contract.ReturnFound{}, temporal.NewApplicationErrorWithOptions("Sendcloud lists no return of these parcels", contract.NoReturn,
			temporal.ApplicationErrorOptions{Category: temporal.ApplicationErrorCategoryBenign})
	}
	return contract.ReturnFound{ReturnID: found.ID}, nil
}

// stranger reports whether a return is another one: another parcel comes back.
func stranger(found, told int64) bool { return found != 0 && told != 0 && found != told }

// returnsKept is how long before a report its return may have been made.
const returnsKept = 120 * 24 * time.Hour

// RecordRefund records what a report tells of a refund.
func (g RefundFacts) RecordRefund(ctx context.Context, record contract.RefundRecord) (struct{}, error) {
	return struct{}{}, unlessOver(g.Refunds.RefundRequested(ctx, record.RefundRef, record.Report))
}
