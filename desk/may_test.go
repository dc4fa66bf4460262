package desk

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"waybill/contract"
	"waybill/refund"
)

func TestWhoMayNotIsToldWhy(t *testing.T) {
	for _, c := range []struct {
		name, as, order string
		state           refund.State
		change          func(f *refund.Facts)
		code            int
		why             string
	}{
		{"the same person twice", "anna", "approve", refund.AwaitingSecond, nil, http.StatusForbidden, "A second approval has to come from another person."},
		{"more than the limit", "anna", "approve", "", func(f *refund.Facts) {
			f.Amount.Value, f.OrderValue.Value = f.Amount.Value.Shift(1), f.OrderValue.Value.Shift(1)
		}, http.StatusForbidden, "€799.00 is more than you may approve (€250.00)."},
		{"an own request", "anna", "approve", "", func(f *refund.Facts) { f.RequestedBy = "anna" }, http.StatusForbidden, "You cannot decide your own refund."},
		{"an own purchase", "anna", "reject", "", func(f *refund.Facts) { f.Customer.Email = "Anna@Shop.example" }, http.StatusForbidden, "You cannot decide your own refund."},
		{"a promise", "anna", "reject", refund.AwaitingGoods, nil, http.StatusForbidden, "only a manager can take that back."},
		{"a promise, for the customer", "anna", "withdraw", refund.AwaitingGoods, nil, http.StatusForbidden, "only a manager can take that back."},
		{"an approval, for the customer", "ben", "withdraw", refund.Approved, nil, http.StatusForbidden, "only a manager can take that back."},
		{"to withdraw an own purchase", "anna", "withdraw", "", func(f *refund.Facts) { f.Customer.Email = "Anna@Shop.example" }, http.StatusForbidden, "You cannot decide your own refund."},
		{"paying", "anna", "withdraw", refund.Paying, nil, http.StatusConflict, "it cannot be withdrawn any more."},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := open(t)
			of := contract.RefundRef{Integration: "demo", ReturnID: 42}
			if c.state == "" {
				w.request("demo", 42, c.change)
			} else {
				w.inState(42, c.state)
			}
			b := w.signedInAs(c.as)
			page := b.get(pathOf(of))
			require.Contains(t, page.body, c.why)
			require.NotContains(t, page.body, `action="`+pathOf(of)+"/"+c.order+`"`, "the button is not there")
			w.clock = w.clock.Add(11 * time.Minute) // it is no second press of the same button
			r := b.post(pathOf(of)+"/"+c.order, url.Values{"why": {"x"}})
			require.Equal(t, c.code, r.code)
			require.Contains(t, r.body, c.why)
			requirePage(t, r.body)
			require.Zero(t, w.orders, "the rules were asked before the workflow")
		})
	}
}

// Whoever gets the money could answer the shop's question, and give a refund up, in the
// customer's name.
func TestAnOwnRefundCannotBeTouchedInAnyWay(t *testing.T) {
	for _, o := range refund.Orders() {
		w := open(t)
		of := w.inState(42, refund.NeedsInfo)
		own := w.all[of]
		own.Facts.Customer.Email = "anna@shop.example"
		w.all[of] = own
		fields := url.Values{}
		for _, f := range o.Fields {
			if f.Required {
				fields.Set(f.Name, f.Example)
			}
		}
		r := w.signedInAs("anna").post(pathOf(of)+"/"+o.Name, fields)
		require.Contains(t, []int{http.StatusForbidden, http.StatusConflict}, r.code, o.Name)
		require.Contains(t, r.body, "You cannot decide your own refund.", o.Name)
		require.Equal(t, own, w.all[of], o.Name)
		require.Zero(t, w.orders)
	}
}
