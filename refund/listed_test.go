package refund_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"waybill/refund"
)

// Search attributes have state, role, deadline and attention; the memo has the rest.
func TestAListKnowsForWhomARefundWaitsAsTheRefundDoes(t *testing.T) {
	p := live()
	for _, f := range []refund.Facts{known(t, "EUR 60.00"), known(t, "EUR 400.00"), {Customer: refund.Customer{Email: "ben@shop.example"}}} {
		r := waiting(t, p, f)
		if f.Amount.Known() {
			require.NoError(t, r.Follow("approve", input("mia"), p, monday))
		}
		listed := r.Listed().Refund()
		listed.State, listed.Role = r.State, r.Role
		for _, person := range p.People {
			require.Equal(t, r.WaitsFor(person.Name, p), listed.WaitsFor(person.Name, p), person.Name)
			require.Equal(t, r.TooMuchFor(person.Name, p), listed.TooMuchFor(person.Name, p), person.Name)
		}
		require.Equal(t, r.Facts.ReasonSaid(), listed.Facts.ReasonSaid())
		require.Equal(t, r.Receipt[0].At, listed.Receipt[0].At)
		require.Empty(t, listed.Facts.Message)
	}
}

// What is given back has to be what was counted, whatever becomes known of the customer meanwhile.
func TestARefundKeepsThePseudonymUnderWhichItCounts(t *testing.T) {
	p := live()
	p.Customers = refund.DigestKeys{[]byte("a digest key of the tests, which is long")}
	change := func(r refund.Refund, email string, and func(*refund.Refund)) refund.Refund {
		next, err := r.Step(p, monday, func(r *refund.Refund) error {
			r.Facts.Customer.Email = email
			and(r)
			return nil
		})
		require.NoError(t, err)
		return next
	}
	r := change(waiting(t, p, known(t, "EUR 60.00")), "jane.doe@example.com", func(*refund.Refund) {})
	require.Equal(t, p.Customers.Customer("jane.doe@example.com"), r.Pseudonym)
	r = change(r, "j.doe@example.com", func(r *refund.Refund) { require.NoError(t, r.Follow("approve", input("mia"), p, monday)) })
	require.Equal(t, p.Customers.Customer("j.doe@example.com"), r.Pseudonym, "the step that reserves knows the newest")
	r = change(r, "jane@example.com", func(*refund.Refund) {})
	require.Equal(t, p.Customers.Customer("j.doe@example.com"), r.Pseudonym)
}
