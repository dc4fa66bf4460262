package refund

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestARefundWaitsForThoseWhoMayDecideItNow(t *testing.T) {
	euros := func(n string) Money {
		m, err := ParseMoney(n, "EUR")
		require.NoError(t, err)
		return m
	}
	p := Policy{People: []Person{
		{Name: "anna", Email: "anna@shop.example", Role: Approver, Limits: map[string]Money{"EUR": euros("100")}},
		{Name: "ben", Email: "ben@shop.example", Role: Approver},
		{Name: "mia", Email: "mia@shop.example", Role: Manager},
	}}
	for name, c := range map[string]struct {
		refund Refund
		want   []string
	}{
		"all who may approve the amount": {Refund{State: AwaitingApproval, Role: Approver, Facts: Facts{Amount: euros("80")}}, []string{"anna", "ben", "mia"}},
		"not those with a lower limit":   {Refund{State: AwaitingApproval, Role: Approver, Facts: Facts{Amount: euros("180")}}, []string{"ben", "mia"}},
		"not the person who wants it":    {Refund{State: AwaitingApproval, Role: Approver, Facts: Facts{Customer: Customer{Email: "ben@shop.example"}}}, []string{"anna", "mia"}},
		"not the first of two":           {Refund{State: AwaitingSecond, Role: Approver, Approvals: []Approval{{By: "anna"}}}, []string{"ben", "mia"}},
		"a manager, once it is escalated": {
			Refund{State: AwaitingApproval, Role: Manager}, []string{"mia"},
		},
		"the one person it was given to":                    {Refund{State: AwaitingApproval, Role: Approver, Holder: "ben"}, []string{"ben"}},
		"all again, if that person may not decide any more": {Refund{State: AwaitingApproval, Role: Approver, Holder: "carla"}, []string{"anna", "ben", "mia"}},
		"nobody while the customer is asked":                {Refund{State: NeedsInfo, Role: Approver}, nil},
		"nobody when it is paid":                            {Refund{State: Paid}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, person := range p.People {
				if c.refund.WaitsFor(person.Name, p) {
					got = append(got, person.Name)
					require.True(t, person.MayWait(c.refund.State, c.refund.Role), "a list leaves nobody out")
				}
			}
			require.Equal(t, c.want, got)
			require.False(t, c.refund.WaitsFor("stranger", p))
		})
	}
}
