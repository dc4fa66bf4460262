package activities

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"

	"waybill/contract"
	"waybill/payment"
	"waybill/refund"
	"waybill/sendcloud"
)

// Tallies count the refunds of orders within an account, and those of the customers and the
// shop of an integration; a [recorder.Recorder] reaches them.
type Tallies interface {
	Tally(ctx context.Context, account, scope string, q refund.TallyQuestion) (refund.TallyAnswer, error)
	ClaimTally(ctx context.Context, account, scope string, claim refund.ClaimOrder) (refund.ClaimAnswer, error)
	ReleaseTally(ctx context.Context, account, scope string, one contract.TallyRelease) error
	RefundEnded(ctx context.Context, account, scope string, end refund.Claimed) error

	Count(ctx context.Context, integration, scope string, q refund.CountQuestion) (contract.Counted, error)
	CountRefund(ctx context.Context, integration, scope string, order refund.CountOrder) (refund.CountAnswer, error)
	UncountRefund(ctx context.Context, integration, scope string, one contract.Uncount) error
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
// Sendcloud cannot be asked or knows nothing, it says so. Of a refund that has ended
// before, or that is another integration's, it loads nothing else.
func (g RefundFacts) GatherRefund(ctx context.Context, q contract.RefundQuery) (contract.RefundGathered, error) {
	if q.Again {
		found, err := g.askSendcloud(ctx, q)
		return contract.RefundGathered{
			Facts: refund.Facts{PanelRead: found.Facts.PanelRead}, RefundedAt: found.RefundedAt, Endpoint: g.Endpoints[q.Integration].Address(),
		}, err
	}
	known := refund.Refund{
		Account: q.Account, Integration: q.Integration, ReturnID: q.ReturnID,
		Facts: refund.Facts{OutgoingParcel: q.OutgoingParcel, OrderNumber: q.OrderNumber},
	}
	// If it does not answer, everything else is loaded all the same, and goes with the fault.
	before, mute := g.Tallies.Tally(ctx, known.Account, contract.ReturnTally(known.ReturnID), ownQuestion(&known))
	if before.Handled != nil {
		return contract.RefundGathered{Handled: before.Handled}, nil
	}
	found, err := g.askSendcloud(ctx, q)
	if err != nil || found.NotOurs {
		return found, err
	}
	found.Begun = before.HeldBy == q.Integration
	if mute != nil {
		mute = fmt.Errorf("ask whether the refund was handled before: %w", mute)
	}
	known.Facts.Fill(found.Facts)
	customers := q.Customers
	if len(customers) == 0 {
		customers = g.Policy(q.Integration).Customers.Customers(known.Facts.Customer.Email)
	}
	if err := errors.Join(mute, g.count(ctx, &known, customers, &found.Facts)); err != nil {
		return contract.RefundGathered{}, notCounted(ctx, err, found)
	}
	return found, nil
}

// countPatience is how long is counted again until people decide without.
const countPatience = 10 * time.Minute

// notCounted is the failure to count. It takes along what Sendcloud told.
func notCounted(ctx context.Context, err error, found contract.RefundGathered) error {
	return temporal.NewApplicationErrorWithOptions(err.Error(), contract.NotCounted, temporal.ApplicationErrorOptions{
		NonRetryable: time.Since(activity.GetInfo(ctx).ScheduledTime) > countPatience, Details: []any{found},
	})
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
		found.Facts, found.RefundedAt, found.GoodsAt = told.Facts(q.Source), told.RefundedAt, told.DeliveredAt
		found.Facts.Confirmed = true
		if found.Facts.PanelRead = told.PanelRead && told.RefundedAt.IsZero(); !told.PanelRead {
			found.Why = "Sendcloud does not tell whether the return was refunded in its panel, because version 2 of its API is closed or does not say"
		}
	}
	if q.Again {
		return found, nil
	}
	// Sendcloud decides whose return it is: a request can name any parcel.
	if found.Facts.OutgoingParcel == 0 {
		if err := onlyIfAlone(ctx, api, &found, &told); err != nil {
			return found, err
		}
	}
	outgoing := cmp.Or(found.Facts.OutgoingParcel, q.OutgoingParcel)
	if outgoing == 0 {
		return found, nil
	}
	sent, err := api.Parcel(ctx, outgoing)
	switch {
	case notOurs(err):
		return contract.RefundGathered{NotOurs: true}, nil
	case unknown(err):
		found.Why = strings.TrimPrefix(found.Why+", and Sendcloud does not know the parcel that was sent", ", and ")
		return found, onlyIfAlone(ctx, api, &found, &told)
	case err != nil:
		return found, sortAPIError(err)
	default:
		addOrder(&found.Facts, sent, told)
	}
	return found, nil
}

// onlyIfAlone forgets a return whose parcel is not known if the account has other integrations: it
// can be theirs.
func onlyIfAlone(ctx context.Context, api sendcloud.API, found *contract.RefundGathered, told *sendcloud.Return) error {
	if !found.Facts.Confirmed {
		return nil // Sendcloud does not know it
	}
	all, err := api.Integrations(ctx)
	if err != nil {
		return sortAPIError(err)
	}
	if len(all) != 1 {
		*found, *told = contract.RefundGathered{Why: "Sendcloud does not tell which integration of the account has the return"}, sendcloud.Return{}
	}
	return nil
}

// addOrder adds what the parcel that was sent tells of the order. Sendcloud tells
// no currency of the refund itself: it is that of the order.
func addOrder(f *refund.Facts, sent sendcloud.Report, told sendcloud.Return) {
	f.OrderedAt = sent.CreatedAt
	f.OrderNumber = cmp.Or(f.OrderNumber, sent.Scan.Facts.OrderNumber)
	if value, err := refund.ParseDecimal(sent.OrderValue, sent.OrderCurrency); err == nil {
		f.OrderValue, f.OrderValueBy = value, refund.Valuation{By: refund.BySendcloud, At: time.Now().UTC()}
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

// ownQuestion asks a tally about a refund.
func ownQuestion(r *refund.Refund) refund.TallyQuestion {
	return refund.TallyQuestion{Key: r.Key(), Integration: r.Integration, At: time.Now()}
}

// count adds what other refunds have come to. What cannot be counted is left out.
func (g RefundFacts) count(ctx context.Context, r *refund.Refund, customers []string, into *refund.Facts) error {
	var failed []error
	order, err := g.Tallies.Tally(ctx, r.Account, contract.OrderTally(r.OrderKey()), ownQuestion(r))
	if err != nil {
		failed = append(failed, fmt.Errorf("ask what was refunded of the order: %w", err))
	}
	into.Refunded = order.Refunded
	if order.Value.Known() && (!into.OrderValue.Known() || !into.OrderValueBy.Corrects(order.ValueBy)) {
		into.OrderValue, into.OrderValueBy = order.Value, order.ValueBy
	}
	today, err := g.Tallies.Count(ctx, r.Integration, contract.ShopTally, refund.CountQuestion{Refund: r.ReturnID, Since: time.Now().Add(-shopSpan)})
	if err != nil {
		failed = append(failed, fmt.Errorf("ask how many refunds no person has seen: %w", err))
	} else {
		into.ShopToday = &today.Others
	}
	if len(customers) > 0 {
		had, err := countedFor(ctx, g.Tallies, r.Integration, r.ReturnID, customers, time.Now().Add(-g.Policy(r.Integration).CustomerSpan))
		if err != nil {
			failed = append(failed, err)
		} else {
			into.CustomerRefunds = &had
		}
	}
	return errors.Join(failed...)
}

// shopSpan is how long a refund counts that no person has seen.
const shopSpan = 24 * time.Hour

// countedFor is how many refunds but one are counted for a customer, under some pseudonyms.
func countedFor(ctx context.Context, tallies Tallies, integration string, but int64, customers []string, since time.Time) (n int, err error) {
	for _, who := range customers {
		known, err := tallies.Count(ctx, integration, contract.CustomerTally(who), refund.CountQuestion{Refund: but, Who: who, Since: since})
		if err != nil {
			return 0, fmt.Errorf("ask how many refunds the customer had: %w", err)
		}
		n += known.Others
	}
	return n, nil
}

// LookForReturn looks for the return of a report that names parcels only.
func (g RefundFacts) LookForReturn(ctx context.Context, report contract.ReturnReport) (contract.ReturnFound, error) {
	api, err := apiOf(g.APIs, report.Integration)
	if err != nil {
		return contract.ReturnFound{}, err
	}
	if report.ReturnID != 0 {
		return lookUp(ctx, api, report)
	}
	found, ok, err := api.FindReturn(ctx, report.Facts.OutgoingParcel, report.Facts.IncomingParcel, report.At.Add(-returnsKept))
	switch {
	case err != nil:
		return contract.ReturnFound{}, sortAPIError(err)
	case !ok || found.ID == 0, stranger(found.IncomingParcel, report.Facts.IncomingParcel):
		return contract.ReturnFound{}, noReturn("Sendcloud lists no return of these parcels")
	}
	return contract.ReturnFound{ReturnID: found.ID}, checkOwn(ctx, api, found)
}

// checkOwn fails if a return is not known to be the integration's.
func checkOwn(ctx context.Context, api sendcloud.API, found sendcloud.Return) error {
	switch known, err := ownReturns(ctx, api, found); {
	case err != nil:
		return sortAPIError(err)
	case !known[found.ID]:
		return noReturn("the parcel that was sent is not known to be the integration's")
	}
	return nil
}

func noReturn(why string) error {
	return temporal.NewApplicationErrorWithOptions(why, contract.NoReturn, temporal.ApplicationErrorOptions{Category: temporal.ApplicationErrorCategoryBenign})
}

// lookUp reads the return of an old report, of which nothing else is believed.
func lookUp(ctx context.Context, api sendcloud.API, report contract.ReturnReport) (contract.ReturnFound, error) {
	told, err := api.Return(ctx, report.ReturnID)
	var failed *sendcloud.APIError
	switch {
	case errors.As(err, &failed) && failed.Kind == sendcloud.NotFound:
		return contract.ReturnFound{}, noReturn("Sendcloud does not know the return")
	case err != nil:
		return contract.ReturnFound{}, sortAPIError(err)
	}
	facts := told.Facts(report.Facts.Source)
	return contract.ReturnFound{ReturnID: report.ReturnID, Facts: &facts}, checkOwn(ctx, api, told)
}

// stranger reports whether a return is another one: another parcel comes back.
func stranger(found, told int64) bool { return found != 0 && told != 0 && found != told }

// returnsKept is how long before a report its return may have been made.
const returnsKept = 120 * 24 * time.Hour

// RecordRefund records what a report tells of a refund.
func (g RefundFacts) RecordRefund(ctx context.Context, record contract.RefundRecord) (struct{}, error) {
	return struct{}{}, unlessOver(g.Refunds.RefundRequested(ctx, record.RefundRef, record.Report))
}
