package refund_test

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"waybill/refund"
)

// monday is the morning on which all tests begin.
var monday = time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)

const day = 24 * time.Hour

// live is the default policy of a shop in which anna may approve EUR 250, ben
// EUR 500, and mia and max, who are managers, anything.
func live() refund.Policy {
	p := refund.DefaultPolicy()
	p.Version, p.Shadow, p.Undo = "test", false, 0
	euros := func(amount string) map[string]refund.Money {
		m, err := refund.ParseMoney(amount, "EUR")
		if err != nil {
			panic(err)
		}
		return map[string]refund.Money{"EUR": m}
	}
	p.People = []refund.Person{
		{Name: "anna", Email: "anna@shop.example", Role: refund.Approver, Limits: euros("250")},
		{Name: "ben", Email: "ben@shop.example", Role: refund.Approver, Limits: euros("500")},
		{Name: "mia", Email: "mia@shop.example", Role: refund.Manager},
		{Name: "max", Email: "max@shop.example", Role: refund.Manager},
	}
	return p
}

// jane is a customer.
var jane = refund.Customer{Name: "Jane Doe", Email: "jane.doe@example.com", Country: "NL"}

// known are facts that need a person for nothing but the amount, if that is
// high.
func known(t testing.TB, amount string) refund.Facts {
	t.Helper()
	none := 0
	return refund.Facts{
		Source: refund.FromReturnCreated, Kind: "money", Reason: refund.ChangedMind, Amount: money(t, amount), OrderValue: money(t, amount),
		OrderNumber: "1001", OrderedAt: monday.Add(-5 * day), OutgoingParcel: 364000001, IncomingParcel: 364000002,
		Customer: jane, NoticeAt: monday, CustomerRefunds: &none, ShopToday: &none, Confirmed: true, PanelRead: true,
	}
}

// gathered is a refund whose facts are known.
func gathered(t testing.TB, p refund.Policy, f refund.Facts) refund.Refund {
	t.Helper()
	r := refund.Refund{Integration: "demo", ReturnID: 7}
	r.Request(f, p, monday)
	r.Gathered(confirmed(f), "", p, monday)
	return r
}

// confirmed is what only gathering can tell, and no source, and the money that it confirms.
func confirmed(f refund.Facts) refund.Facts {
	return refund.Facts{
		Confirmed: f.Confirmed, PanelRead: f.PanelRead, Refunded: f.Refunded, CustomerRefunds: f.CustomerRefunds, ShopToday: f.ShopToday,
		Amount: f.Amount, OrderValue: f.OrderValue, OutgoingParcel: f.OutgoingParcel,
	}
}

// waiting is a refund that people have to decide.
func waiting(t testing.TB, p refund.Policy, f refund.Facts) refund.Refund {
	t.Helper()
	r := gathered(t, p, f)
	require.Equal(t, refund.AwaitingApproval, r.State)
	r.TakeTodo()
	return r
}

// by is somebody who says something on the pages.
func by(name string) refund.Said { return refund.Said{By: name, Via: refund.ViaPage} }

// input is what somebody gives an order with: the names and values of its fields.
func input(name string, fields ...string) refund.Input {
	in := refund.Input{Said: by(name), Fields: map[string]string{}}
	for pair := range slices.Chunk(fields, 2) {
		in.Fields[pair[0]] = pair[1]
	}
	return in
}

// no is what a rejection is given with.
func no(name string) refund.Input { return input(name, "why", "The shoes were worn.") }

// linked is what an order is given with by a mailed link.
func linked(in refund.Input, link string) refund.Input {
	in.Via, in.Link = refund.ViaLink, link
	return in
}

// example is what somebody gives an order with that needs no more than it must.
func example(o refund.Order, name string) refund.Input {
	in := input(name)
	for _, f := range o.Fields {
		if f.Required {
			in.Fields[f.Name] = f.Example
		}
	}
	return in
}

// in brings a refund into a state, by the people who are no managers as little
// as it can.
func in(t testing.TB, state refund.State, p refund.Policy, f refund.Facts) refund.Refund {
	t.Helper()
	p.GoodsFirst = state == refund.AwaitingGoods
	r := refund.Refund{Integration: "demo", ReturnID: 7}
	r.Request(f, p, monday)
	steps := map[refund.State][]func(){
		refund.Requested: {},
		refund.NeedsInfo: {func() {
			require.NoError(t, r.Follow("ask-customer", input("mia", "question", "Which size?"), p, monday))
		}},
		refund.Rejected:      {func() { require.NoError(t, r.Follow("reject", no("mia"), p, monday)) }},
		refund.Withdrawn:     {func() { require.NoError(t, r.Follow("withdraw", input("mia"), p, monday)) }},
		refund.PaidElsewhere: {func() { r.PaidInPanel(p, monday) }},
	}
	approve := func() { require.NoError(t, r.Follow("approve", input("max"), p, monday)) }
	second := func() {
		if r.State == refund.AwaitingSecond {
			require.NoError(t, r.Follow("approve", input("mia"), p, monday))
		}
	}
	claimed := func() { r.ClaimAnswered(refund.ClaimAnswer{Granted: true}, p, monday) }
	settle := func(o refund.Outcome) func() {
		return func() { require.NoError(t, r.Settle(refund.Payment{Outcome: o, Reference: "ref-1"}, p, monday)) }
	}
	steps[refund.AwaitingApproval] = []func(){}
	steps[refund.AwaitingSecond] = []func(){approve}
	steps[refund.Approved] = []func(){approve, second}
	steps[refund.AwaitingGoods] = []func(){approve, second, claimed}
	steps[refund.Paying] = []func(){approve, second, claimed, func() { require.NoError(t, r.AskToPay(look, p, monday)) }}
	steps[refund.PayFailed] = append(slices.Clone(steps[refund.Paying]), settle(refund.Refused))
	steps["in doubt"] = append(slices.Clone(steps[refund.Paying]), settle(refund.Doubt))
	steps[refund.Paid] = append(slices.Clone(steps[refund.Paying]), settle(refund.PaidNow))
	if state == refund.NotOurs {
		r.NotOurs(p, monday)
	} else if state != refund.Requested {
		p.Shadow = state == refund.Observed
		r.Gathered(confirmed(f), "", p, monday)
	}
	for _, step := range steps[state] {
		step()
	}
	if state != "in doubt" {
		require.Equal(t, state, r.State)
	}
	r.TakeTodo()
	return r
}

// done takes what there is to do, in words.
func done(r *refund.Refund) []string {
	var words []string
	for _, d := range r.TakeTodo() {
		words = append(words, d.String())
	}
	return words
}

// js is anything as JSON.
func js(t testing.TB, v any) string {
	t.Helper()
	raw, err := json.Marshal(v)
	require.NoError(t, err)
	return string(raw)
}

// unjs is what JSON says.
func unjs[T any](t testing.TB, raw string) T {
	t.Helper()
	var v T
	require.NoError(t, json.Unmarshal([]byte(raw), &v))
	return v
}
