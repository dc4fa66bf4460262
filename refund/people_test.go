package refund_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"waybill/refund"
)

// monday is the morning on which all tests begin.
var monday = time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)

const day = 24 * time.Hour

// live is the default policy of a shop in which anna may approve EUR 250, ben
// EUR 500, and mia, who is a manager, anything.
func live() refund.Policy {
	p := refund.DefaultPolicy()
	p.Version, p.Shadow = "test", false
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
	}
	return p
}

// waiting is a refund that people have to decide.
func waiting(t *testing.T, p refund.Policy, f refund.Facts) refund.Refund {
	t.Helper()
	r := refund.Refund{Integration: "demo", ReturnID: 7}
	r.Request(f, p, monday)
	r.Gathered(refund.Facts{}, "", p, monday)
	require.Equal(t, refund.AwaitingApproval, r.State)
	r.TakeTodo()
	return r
}
