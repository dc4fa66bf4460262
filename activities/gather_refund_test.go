package activities_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"

	"waybill/activities"
	"waybill/contract"
	"waybill/parcel"
	"waybill/payment"
	"waybill/refund"
	"waybill/sendcloud"
)

// panel is a Sendcloud account with returns and the parcels that were sent.
type panel struct {
	sendcloud.API
	returns map[int64]sendcloud.Return
	sent    map[int64]sendcloud.Report
	// mute and muteParcel are why it does not tell of a return or a parcel.
	mute, muteParcel error
	asked            []string
	// others are further integrations of the account.
	others []int64
}

func (p *panel) Integrations(context.Context) ([]int64, error) {
	return append([]int64{7}, p.others...), nil
}

func (p *panel) Return(_ context.Context, id int64) (sendcloud.Return, error) {
	p.asked = append(p.asked, fmt.Sprintf("return %d", id))
	r, ok := p.returns[id]
	if !ok && p.mute == nil {
		return r, &sendcloud.APIError{Kind: sendcloud.NotFound, Status: 404}
	}
	return r, p.mute
}

func (p *panel) Parcel(_ context.Context, id int64) (sendcloud.Report, error) {
	p.asked = append(p.asked, fmt.Sprintf("parcel %d", id))
	r, ok := p.sent[id]
	if !ok && p.muteParcel == nil {
		return r, &sendcloud.APIError{Kind: sendcloud.NotFound, Status: 404}
	}
	return r, p.muteParcel
}

func (p *panel) OwnParcels(_ context.Context, ids []int64) (own []sendcloud.Report, err error) {
	for _, id := range ids {
		if r, ok := p.sent[id]; ok {
			own = append(own, r)
		}
	}
	return own, nil
}

func amount(t *testing.T, value, currency string) refund.Money {
	t.Helper()
	m, err := refund.ParseMoney(value, currency)
	require.NoError(t, err)
	return m
}

// requireSame compares what crosses a process, as it does: 120.00 is 120 there.
func requireSame(t *testing.T, want, got any, about ...any) {
	t.Helper()
	wanted, err := json.Marshal(want)
	require.NoError(t, err)
	is, err := json.Marshal(got)
	require.NoError(t, err)
	require.JSONEq(t, string(wanted), string(is), about...)
}

var jane = refund.Customer{Name: "Jane Doe", Email: "jane.doe@example.com", Country: "NL"}

// newPanel is an account in which return 42 is of parcel 7001.
func newPanel() *panel {
	sent := polled(7001, parcel.Delivered, 24*time.Hour)
	sent.OrderValue, sent.OrderCurrency, sent.CreatedAt = "180.00", "GBP", noon.AddDate(0, 0, -9)
	sent.Scan.Facts.OrderNumber = "1042"
	sent.Scan.Facts.Recipient = parcel.Recipient{Name: "J. Doe", Email: "j.doe@example.com", Country: "GB"}
	return &panel{
		returns: map[int64]sendcloud.Return{42: {
			ID: 42, CreatedAt: noon.Add(-time.Hour), OutgoingParcel: 7001, IncomingParcel: 7002, ReasonID: 25,
			RefundType: "money", Total: "120.00", Currency: "EUR", Message: "It broke.",
			CustomerName: jane.Name, CustomerEmail: jane.Email, CustomerCountry: jane.Country, PanelRead: true,
		}},
		sent: map[int64]sendcloud.Report{7001: sent},
	}
}

// live is a policy under which refunds are paid.
func live(string) refund.Policy {
	p := refund.DefaultPolicy()
	p.Shadow, p.Customers = false, customers
	return p
}

func gather(t *testing.T, p *panel, all *tallies, q contract.RefundQuery) (contract.RefundGathered, error) {
	t.Helper()
	facts := activities.RefundFacts{APIs: map[string]sendcloud.API{"demo": p}, Tallies: all, Policy: live, Endpoints: map[string]payment.Endpoint{"demo": {URL: "https://jane:secret@shop.example/refunds?token=secret"}}}
	if q.Integration == "" {
		q.Account, q.Integration, q.ReturnID = "main", "demo", 42
	}
	return perform(t, contract.GatherRefund, facts.GatherRefund, q)
}

func TestTheCustomersRefundsAreFoundUnderAllKeys(t *testing.T) {
	former := refund.DigestKeys{[]byte("the key of before, of the same length")}.Customer(jane.Email)
	all := newTallies()
	all.count(contract.CustomerTally(former), 1, former, time.Now())
	all.count(customerScope, 2, customers.Customer(jane.Email), time.Now())
	found, err := gather(t, newPanel(), all, contract.RefundQuery{Customers: []string{customers.Customer(jane.Email), former}})
	require.NoError(t, err)
	require.Equal(t, 2, *found.Facts.CustomerRefunds)
}

func TestWhatTheRequestLacksIsGathered(t *testing.T) {
	all := newTallies()
	now := time.Now()
	all.reserve(refund.Claimed{Key: "refund:main:7", Amount: amount(t, "20.00", "GBP"), At: now.AddDate(0, 0, -3)})
	all.reserve(refund.Claimed{Key: "refund:main:6", Amount: amount(t, "20.00", "GBP"), At: now.AddDate(0, 0, -401)})
	all.reserve(refund.Claimed{Key: "refund:main:42", Amount: amount(t, "120.00", "GBP"), At: now})
	for i, ago := range []time.Duration{time.Hour, 23 * time.Hour, 25 * time.Hour} {
		all.count(contract.ShopTally, int64(i), "", now.Add(-ago))
	}
	for i, days := range []int{1, 89, 91} {
		all.count(customerScope, int64(i), customers.Customer(jane.Email), now.AddDate(0, 0, -days))
	}
	all.count(customerScope, 3, customers.Customer("another"), now)
	all.count(contract.ShopTally, 42, "", now)

	p := newPanel()
	found, err := gather(t, p, all, contract.RefundQuery{Source: refund.FromRefundRequested})
	require.NoError(t, err)
	require.Equal(t, []string{"return 42", "parcel 7001"}, p.asked)
	today, had := 2, 2
	require.WithinDuration(t, time.Now(), found.Facts.OrderValueBy.At, time.Minute)
	found.Facts.OrderValueBy.At = noon
	requireSame(t, contract.RefundGathered{Facts: refund.Facts{
		Source: refund.FromRefundRequested, OutgoingParcel: 7001, IncomingParcel: 7002, OrderNumber: "1042", Kind: "money",
		Amount: amount(t, "120.00", "GBP"), OrderValue: amount(t, "180.00", "GBP"), OrderValueBy: refund.Valuation{By: refund.BySendcloud, At: noon}, Refunded: amount(t, "20.00", "GBP"),
		Reason: refund.Damaged, ReasonText: "Parcel damaged on arrival", Message: "It broke.", Customer: jane,
		NoticeAt: noon.Add(-time.Hour), OrderedAt: noon.AddDate(0, 0, -9), ShopToday: &today, CustomerRefunds: &had, Confirmed: true, PanelRead: true,
	}}, found, "the currency is the order's, and the refund itself does not count")
}

func TestWhatThePanelSaysOfThePastIsGathered(t *testing.T) {
	p := newPanel()
	told := p.returns[42]
	told.RefundedAt, told.DeliveredAt = noon, noon.Add(-2*time.Hour)
	p.returns[42] = told
	found, err := gather(t, p, newTallies(), contract.RefundQuery{})
	require.NoError(t, err)
	require.Equal(t, noon, found.RefundedAt)
	require.Equal(t, noon.Add(-2*time.Hour), found.GoodsAt)
	require.False(t, found.Facts.PanelRead, "the panel has paid")
}

// What Sendcloud cannot tell is left out, and said. The rest is gathered.
func TestWhatCannotBeGatheredIsSaid(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*panel, *contract.RefundQuery)
		why    string
		asked  []string
		amount refund.Money
	}{
		{"no API keys", func(_ *panel, q *contract.RefundQuery) { q.Integration, q.ReturnID = "keyless", 42 }, "no worker has API keys of the integration, so that Sendcloud was not asked", nil, refund.Money{}},
		{"an unknown return", func(p *panel, _ *contract.RefundQuery) { clear(p.returns) }, "Sendcloud does not know the return", []string{"return 42"}, refund.Money{}},
		{"an unknown return of a known parcel", func(p *panel, q *contract.RefundQuery) {
			clear(p.returns)
			q.OutgoingParcel = 7001
		}, "Sendcloud does not know the return", []string{"return 42", "parcel 7001"}, refund.Money{}},
		{"an unknown parcel", func(p *panel, _ *contract.RefundQuery) { clear(p.sent) }, "Sendcloud does not know the parcel that was sent", []string{"return 42", "parcel 7001"}, amount(t, "120.00", "EUR")},
		{"nothing known", func(p *panel, q *contract.RefundQuery) {
			clear(p.returns)
			clear(p.sent)
			q.OutgoingParcel = 7001
		}, "Sendcloud does not know the return, and Sendcloud does not know the parcel that was sent", []string{"return 42", "parcel 7001"}, refund.Money{}},
		{"a panel that is not told of", func(p *panel, _ *contract.RefundQuery) {
			told := p.returns[42]
			told.PanelRead = false
			p.returns[42] = told
		}, "Sendcloud does not tell whether the return was refunded in its panel, because version 2 of its API is closed or does not say", []string{"return 42", "parcel 7001"}, amount(t, "120.00", "GBP")},
		{"no parcel told", func(p *panel, _ *contract.RefundQuery) {
			p.returns[42] = sendcloud.Return{ID: 42, Total: "120.00", Currency: "EUR", PanelRead: true}
		}, "", []string{"return 42"}, amount(t, "120.00", "EUR")},
		{"a parcel that says nothing of the order", func(p *panel, _ *contract.RefundQuery) { p.sent[7001] = sendcloud.Report{ParcelID: 7001} }, "", []string{"return 42", "parcel 7001"}, amount(t, "120.00", "EUR")},
		{"an amount that the order's currency does not have", func(p *panel, _ *contract.RefundQuery) {
			told, sent := p.returns[42], p.sent[7001]
			told.Total, sent.OrderCurrency, sent.OrderValue = "120.50", "JPY", "18000"
			p.returns[42], p.sent[7001] = told, sent
		}, "", []string{"return 42", "parcel 7001"}, refund.Money{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, q := newPanel(), contract.RefundQuery{}
			c.change(p, &q)
			found, err := gather(t, p, newTallies(), q)
			require.NoError(t, err)
			require.Equal(t, c.why, found.Why)
			require.Equal(t, c.asked, p.asked)
			require.Equal(t, len(p.returns) > 0 && q.Integration == "", found.Facts.Confirmed, "Sendcloud has to know the return itself")
			require.Equal(t, c.amount.String(), found.Facts.Amount.String())
			require.NotNil(t, found.Facts.ShopToday, "tallies are asked whatever Sendcloud says")
		})
	}
}

func TestWhoTheCustomerIs(t *testing.T) {
	recipient := refund.Customer{Name: "J. Doe", Email: "j.doe@example.com", Country: "GB"}
	for _, c := range []struct {
		name   string
		change func(*sendcloud.Return, *sendcloud.Report)
		want   refund.Customer
	}{
		{"the return says it", func(*sendcloud.Return, *sendcloud.Report) {}, jane},
		{"the return says all but the country", func(r *sendcloud.Return, _ *sendcloud.Report) { r.CustomerCountry = "" }, refund.Customer{Name: jane.Name, Email: jane.Email, Country: "GB"}},
		{"the return says a name only", func(r *sendcloud.Return, _ *sendcloud.Report) { r.CustomerEmail = "" }, recipient},
		{"the return says nothing", func(r *sendcloud.Return, _ *sendcloud.Report) {
			r.CustomerName, r.CustomerEmail, r.CustomerCountry = "", "", ""
		}, recipient},
		// The recipient of a return parcel is the merchant.
		{"the parcel is one that comes back", func(r *sendcloud.Return, sent *sendcloud.Report) {
			r.CustomerName, r.CustomerEmail, r.CustomerCountry = "", "", ""
			sent.Scan.Facts.IsReturn = true
		}, refund.Customer{}},
		{"the parcel comes back, and the return says all but the country", func(r *sendcloud.Return, sent *sendcloud.Report) {
			r.CustomerCountry = ""
			sent.Scan.Facts.IsReturn = true
		}, refund.Customer{Name: jane.Name, Email: jane.Email}},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newPanel()
			told, sent := p.returns[42], p.sent[7001]
			c.change(&told, &sent)
			p.returns[42], p.sent[7001] = told, sent
			all := newTallies()
			found, err := gather(t, p, all, contract.RefundQuery{})
			require.NoError(t, err)
			require.Equal(t, c.want, found.Facts.Customer)
			require.Equal(t, c.want.Email == "", found.Facts.CustomerRefunds == nil, "whose refunds nobody knows are not counted")
		})
	}
}

func TestASilentSendcloudIsAskedAgain(t *testing.T) {
	busy := &sendcloud.APIError{Kind: sendcloud.Limited, Status: 429, Wait: time.Minute}
	dead := &sendcloud.APIError{Kind: sendcloud.Setup, Status: 401}
	for name, mute := range map[string]func(*panel, error){
		"the return": func(p *panel, err error) { p.mute = err },
		"the parcel": func(p *panel, err error) { p.muteParcel = err },
	} {
		p := newPanel()
		mute(p, busy)
		_, err := gather(t, p, newTallies(), contract.RefundQuery{})
		requireFailure(t, err, contract.APIUnavailable, true, time.Minute)
		mute(p, dead)
		_, err = gather(t, p, newTallies(), contract.RefundQuery{})
		requireFailure(t, err, contract.APISetup, false, 0)
		require.ErrorContains(t, err, "check the integration's API keys", name)
	}
}

// A count that fails takes nothing along: everything else that was found is told with it.
func TestASilentTallyIsAskedAgain(t *testing.T) {
	for _, scope := range []string{returnScope, orderScope, contract.ShopTally, customerScope} {
		all := newTallies()
		all.mute[scope] = errors.New("no Temporal")
		_, err := gather(t, newPanel(), all, contract.RefundQuery{})
		requireFailure(t, err, contract.NotCounted, true, 0)
		require.ErrorContains(t, err, "no Temporal")
		var failed *temporal.ApplicationError
		require.ErrorAs(t, err, &failed)
		var found contract.RefundGathered
		require.NoError(t, failed.Details(&found))
		require.Equal(t, jane, found.Facts.Customer)
		require.Equal(t, "GBP 120.00", found.Facts.Amount.String())
		require.Equal(t, scope == contract.ShopTally, found.Facts.ShopToday == nil)
		require.Equal(t, scope == customerScope, found.Facts.CustomerRefunds == nil)
		require.Len(t, all.asked, 4, "the others count")
	}
}

func TestALaterWordOfSendcloudOnTheOrdersValueReplacesTheFirst(t *testing.T) {
	for by, want := range map[refund.Valuer]string{refund.ByApprover: "GBP 180.00", refund.BySendcloud: "GBP 180.00", refund.ByManager: "GBP 150.00"} {
		all := newTallies()
		order := of(all.orders, orderScope)
		order.Value, order.ValueBy = amount(t, "150.00", "GBP"), refund.Valuation{By: by, At: noon.AddDate(0, 0, -1)}
		found, err := gather(t, newPanel(), all, contract.RefundQuery{})
		require.NoError(t, err)
		require.Equal(t, want, found.Facts.OrderValue.String(), by)
		silent := newPanel()
		clear(silent.sent)
		found, err = gather(t, silent, all, contract.RefundQuery{OrderNumber: "1042"})
		require.NoError(t, err)
		require.Equal(t, "GBP 150.00", found.Facts.OrderValue.String(), "if Sendcloud says nothing, the tally's word counts: %s", by)
	}
}

// What the request knows counts: its order and its customer are those whose other
// refunds are asked for.
func TestTheTalliesOfWhatTheRequestKnowsAreAsked(t *testing.T) {
	all := newTallies()
	_, err := gather(t, newPanel(), all, contract.RefundQuery{OrderNumber: "7", Customers: customers.Customers("john@example.com")})
	require.NoError(t, err)
	require.Equal(t, []string{
		returnScope, contract.OrderTally("order/demo/7"), contract.ShopTally, contract.CustomerTally(customers.Customer("john@example.com")),
	}, all.asked)
}

func TestASecondLookAsksNothingButTheReturn(t *testing.T) {
	p, all := newPanel(), newTallies()
	told := p.returns[42]
	told.RefundedAt = noon
	p.returns[42] = told
	found, err := gather(t, p, all, contract.RefundQuery{Again: true, OutgoingParcel: 7001})
	require.NoError(t, err)
	require.Equal(t, noon, found.RefundedAt)
	require.Equal(t, []string{"return 42"}, p.asked)
	require.Empty(t, all.asked)

	require.Equal(t, "shop.example/refunds", found.Endpoint)
	told.RefundedAt = time.Time{}
	for _, read := range []bool{true, false} {
		told.PanelRead = read
		p.returns[42] = told
		found, err = gather(t, p, all, contract.RefundQuery{Again: true})
		require.NoError(t, err)
		require.Equal(t, refund.Facts{PanelRead: read}, found.Facts, "nothing else is asked for, and nothing else is told")
	}

	found, err = gather(t, p, all, contract.RefundQuery{Again: true, RefundRef: contract.RefundRef{Integration: "keyless", ReturnID: 42}})
	require.NoError(t, err, "the shop's endpoint has the last word then")
	require.Zero(t, found.RefundedAt)
	require.Empty(t, found.Endpoint)
	p.mute = &sendcloud.APIError{Kind: sendcloud.Unavailable}
	_, err = gather(t, p, all, contract.RefundQuery{Again: true})
	requireFailure(t, err, contract.APIUnavailable, true, 0)
}

// Temporal has forgotten the refund, and the tally of its return has not. Sendcloud is not
// asked: it may be silent.
func TestARefundThatWasHandledBeforeIsKnown(t *testing.T) {
	all, p := newTallies(), newPanel()
	p.mute = &sendcloud.APIError{Kind: sendcloud.Unavailable}
	for as, integrations := range map[refund.State][]string{refund.Rejected: {"demo"}, refund.Paid: {"demo", "other"}} {
		*of(all.orders, returnScope) = refund.Tally{}
		of(all.orders, returnScope).End(refund.Claimed{Key: "refund:main:42", Integration: "demo", As: as, At: noon})
		for _, integration := range integrations {
			found, err := gather(t, p, all, contract.RefundQuery{Account: "main", RefundRef: contract.RefundRef{Integration: integration, ReturnID: 42}})
			require.NoError(t, err)
			require.Equal(t, contract.RefundGathered{Handled: &refund.Ended{As: as, At: noon}}, found, "what was paid is paid, whatever integration hears of it")
		}
	}
	require.Empty(t, p.asked)
	require.Equal(t, map[string]bool{"main": true}, all.accounts)
	found, err := gather(t, newPanel(), newTallies(), contract.RefundQuery{})
	require.NoError(t, err)
	require.Nil(t, found.Handled)
}

// The return belongs to another shop of the same account. Nothing is told of its customer.
func TestTheReturnOfAnotherIntegrationIsNotGathered(t *testing.T) {
	p, all := newPanel(), newTallies()
	p.muteParcel = &sendcloud.APIError{Kind: sendcloud.NotOurs}
	found, err := gather(t, p, all, contract.RefundQuery{OutgoingParcel: 7003})
	require.NoError(t, err)
	require.Equal(t, contract.RefundGathered{NotOurs: true}, found)
	require.Equal(t, []string{"return 42", "parcel 7001"}, p.asked, "the parcel is the one that Sendcloud tells")
	require.Equal(t, []string{returnScope}, all.asked)
}

func TestTheReturnOfAnotherIntegrationIsNotFound(t *testing.T) {
	p := newPanel()
	p.sent = nil
	facts := activities.RefundFacts{APIs: map[string]sendcloud.API{"demo": p}}
	found, err := perform(t, contract.LookForReturn, facts.LookForReturn, contract.ReturnReport{Integration: "demo", ReturnID: 42})
	requireFailure(t, err, contract.NoReturn, true, 0)
	require.Zero(t, found)
}

// Of an old report, nothing is believed but the number of the return.
func TestAnOldReportIsLookedUp(t *testing.T) {
	p := newPanel()
	facts := activities.RefundFacts{APIs: map[string]sendcloud.API{"demo": p}}
	old := contract.ReturnReport{Integration: "demo", ReturnID: 42, Facts: refund.Facts{Source: refund.FromReturnCreated, Kind: "exchange", OrderNumber: "7"}}
	found, err := perform(t, contract.LookForReturn, facts.LookForReturn, old)
	require.NoError(t, err)
	require.Equal(t, int64(42), found.ReturnID)
	require.Equal(t, refund.FromReturnCreated, found.Facts.Source)
	require.Equal(t, "money", found.Facts.Kind)
	require.Empty(t, found.Facts.OrderNumber)
	old.ReturnID = 43
	_, err = perform(t, contract.LookForReturn, facts.LookForReturn, old)
	requireFailure(t, err, contract.NoReturn, true, 0)
	p.mute = &sendcloud.APIError{Kind: sendcloud.Unavailable}
	_, err = perform(t, contract.LookForReturn, facts.LookForReturn, old)
	requireFailure(t, err, contract.APIUnavailable, true, 0)
}

// The run before was stopped before it had ended: it may have been paid.
func TestARefundWithAReservationWasBegunBefore(t *testing.T) {
	for holder, begun := range map[string]bool{"demo": true, "other": false} {
		all := newTallies()
		of(all.orders, contract.ReturnTally(42)).Claims = []refund.Claimed{{Key: "refund:main:42", Integration: holder, Amount: amount(t, "120.00", "GBP"), At: time.Now()}}
		found, err := gather(t, newPanel(), all, contract.RefundQuery{})
		require.NoError(t, err)
		require.Equal(t, begun, found.Begun, "reserved by %s", holder)
	}
}

// The webhook that tells of a return names no parcel. Where Sendcloud does not either, the return of
// an account can be that of any of its integrations: nothing is loaded of its customer.
func TestAReturnWithoutAParcelIsNotTakenForTheIntegrations(t *testing.T) {
	p := newPanel()
	told := p.returns[42]
	told.OutgoingParcel, told.IncomingParcel = 0, 0
	p.returns[42] = told
	found, err := gather(t, p, newTallies(), contract.RefundQuery{})
	require.NoError(t, err)
	require.Equal(t, jane, found.Facts.Customer, "the account has no other integration")

	p.others = []int64{8}
	for _, named := range []int64{0, 7001} {
		found, err = gather(t, p, newTallies(), contract.RefundQuery{OutgoingParcel: named})
		require.NoError(t, err)
		require.NotEqual(t, jane, found.Facts.Customer, "parcel %d", named)
		require.Empty(t, found.Facts.Message)
		require.Empty(t, found.Facts.Amount)
		require.False(t, found.Facts.Confirmed)
		require.Equal(t, "Sendcloud does not tell which integration of the account has the return", found.Why)
	}
}
