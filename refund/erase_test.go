package refund_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"waybill/refund"
)

// withPerson is a refund that knows a customer by all ways in which one becomes known.
func withPerson(t *testing.T, state refund.State) (refund.Refund, refund.Policy) {
	t.Helper()
	p := live()
	p.Salt = "random text"
	p.Customers = refund.DigestKeys{[]byte("a key of at least 32 characters ..."), []byte("another key of at least 32 characters")}
	f := known(t, "EUR 300.00")
	f.Customer = refund.Customer{Name: "Planted Person", Email: "planted@example.com", Country: "NL"}
	f.Message, f.ReasonText, f.Items = "planted words", "a planted reason", []refund.Item{{Name: "planted shoes"}}
	r := in(t, state, p, f)
	r, err := r.Step(p, monday, func(r *refund.Refund) error {
		r.Question, r.Answer, r.Rejection, r.Facts.CustomerAtSendcloud = "planted?", "planted!", "planted", "planted.too@example.com"
		r.Refuse(by("anna"), "approve", "the planted person has called", p, monday)
		r.Undoable = &refund.Undoable{Until: monday.Add(time.Hour), Customer: &refund.Customer{Email: "planted.wrongly@example.com"}}
		return nil
	})
	require.NoError(t, err)
	require.Contains(t, js(t, r), "lanted")
	return r, p
}

func erased(t *testing.T, r refund.Refund, p refund.Policy, at time.Time) refund.Refund {
	t.Helper()
	r, err := r.Step(p, at, func(r *refund.Refund) error { r.Erase(refund.Said{By: "anna"}, p, at); return nil })
	require.NoError(t, err)
	r.Dispatch(p, at)
	return r
}

func TestARefundKeepsItsBooksWithoutTheCustomer(t *testing.T) {
	for _, state := range refund.States() {
		before, p := withPerson(t, state)
		after := erased(t, before, p, monday)
		require.NotContains(t, js(t, after), "lanted", state)
		require.Empty(t, after.Pseudonyms(), state)
		require.Empty(t, after.Search.Recipient, state)
		require.Equal(t, before.State, after.State, state)
		require.Equal(t, before.Facts.Amount, after.Facts.Amount, state)
		require.Equal(t, before.Facts.OrderNumber, after.Facts.OrderNumber, state)
		require.NoError(t, refund.CheckReceipt(after.Receipt), state)
		require.Len(t, after.Receipt, len(before.Receipt)+1)
		for i, e := range before.Receipt {
			require.Equal(t, e.Hash, after.Receipt[i].Hash, "the hashes stay")
			require.Equal(t, e.What, after.Receipt[i].What)
		}
		require.Equal(t, before.Begun(), after.Begun(), "orders stay proven")
	}
}

func TestARefundDoesNotLearnTheCustomerAgain(t *testing.T) {
	r, p := withPerson(t, refund.Requested)
	known := r.Facts
	r = erased(t, r, p, monday)
	for _, happens := range []func(r *refund.Refund) error{
		func(r *refund.Refund) error { r.Request(known, p, monday); return nil },
		func(r *refund.Refund) error { r.Gathered(known, "", p, monday); return nil },
		func(r *refund.Refund) error { r.Learn(known, p, monday); return nil },
	} {
		var err error
		r, err = r.Step(p, monday, happens)
		require.NoError(t, err)
		r.Dispatch(p, monday)
		require.NotContains(t, js(t, r), "lanted")
		for _, m := range r.Mails {
			require.False(t, m.About.What.ToCustomer() && !m.State.Final(), "nobody is mailed")
		}
	}
}

func TestACustomerIsErasedOnce(t *testing.T) {
	r, p := withPerson(t, refund.AwaitingApproval)
	once := erased(t, r, p, monday)
	require.Equal(t, js(t, once.Receipt), js(t, erased(t, once, p, monday.Add(time.Hour)).Receipt))
}

// Without the salt, the digest of a short reason would tell it.
func TestAnErasedReasonCannotBeGuessed(t *testing.T) {
	r, p := withPerson(t, refund.AwaitingApproval)
	last := r.Receipt[len(r.Receipt)-1]
	require.NotEmpty(t, last.Salt)
	guess := erased(t, r, p, monday).Receipt
	line := &guess[len(r.Receipt)-1]
	require.NotEmpty(t, line.Erased)
	require.Empty(t, line.Salt)
	line.Why, line.Erased = last.Why, ""
	require.Error(t, refund.CheckReceipt(guess), "the right guess without the salt")
	line.Salt = last.Salt
	require.NoError(t, refund.CheckReceipt(guess))

	other := p
	other.Salt = "other text"
	again, err := r.Step(other, monday, func(r *refund.Refund) error {
		r.Refuse(by("anna"), "approve", last.Why, other, monday)
		return nil
	})
	require.NoError(t, err)
	require.NotEqual(t, last.Salt, again.Receipt[len(again.Receipt)-1].Salt)
}

// Or else everybody could blank what a manager wrote.
func TestAReasonIsErasedOnlyWithTheCustomersData(t *testing.T) {
	r, p := withPerson(t, refund.AwaitingApproval)
	blanked := slices.Clone(r.Receipt)
	copy(blanked, erased(t, r, p, monday).Receipt)
	require.Error(t, refund.CheckReceipt(blanked))
}

func TestAReasonIsNotBothThereAndErased(t *testing.T) {
	r, p := withPerson(t, refund.AwaitingApproval)
	lines := erased(t, r, p, monday).Receipt
	lines[len(r.Receipt)-1].Why = "words that nobody wrote"
	require.Error(t, refund.CheckReceipt(lines))
}

// What was under way when the run was stopped is asked for again, or a person decides: nothing hangs.
func TestARefundThatWasStoppedGoesOnWithoutTheCustomer(t *testing.T) {
	for _, state := range refund.States() {
		before, p := withPerson(t, state)
		if state == refund.Paying {
			before.Asked, before.Outcome, before.Endpoint = 1, "", "shop.example/pay"
		}
		after, err := before.Step(p, monday, func(r *refund.Refund) error {
			r.Erase(refund.Said{By: "anna"}, p, monday)
			r.Stopped(p, monday)
			return nil
		})
		require.NoError(t, err)
		require.NotContains(t, js(t, after), "lanted", state)
		require.NoError(t, refund.CheckReceipt(after.Receipt), state)
		switch state {
		case refund.Requested:
			require.Equal(t, refund.AwaitingApproval, after.State)
		case refund.Paying:
			require.Equal(t, refund.PayFailed, after.State)
			require.Equal(t, refund.PaymentInDoubt, after.Attention)
			require.Equal(t, []string{"shop.example/pay"}, after.DoubtfulAt)
		default:
			require.Equal(t, state, after.State)
		}
	}
}

func TestAPaymentThatNobodyWasAskedForIsAskedForOnceARefundGoesOn(t *testing.T) {
	before, p := withPerson(t, refund.Paying)
	before.Asked, before.Outcome, before.Todo = 0, "", nil
	after, err := before.Step(p, monday, func(r *refund.Refund) error { r.Stopped(p, monday); return nil })
	require.NoError(t, err)
	require.Equal(t, refund.Paying, after.State)
	require.Equal(t, refund.Pay, after.Todo[len(after.Todo)-1].What)
}

// A digest in place of a reason hides what somebody wrote, and the hash still holds.
func TestAReasonIsErasedWithTheCustomerOnly(t *testing.T) {
	hide := func(lines []refund.Entry, i int) {
		require.NotEmpty(t, lines[i].Why)
		digest := hmac.New(sha256.New, []byte(lines[i].Salt))
		digest.Write([]byte(lines[i].Why))
		lines[i].Why, lines[i].Salt, lines[i].Erased = "", "", hex.EncodeToString(digest.Sum(nil))
	}
	r, p := withPerson(t, refund.AwaitingApproval)
	asked := slices.IndexFunc(r.Receipt, func(e refund.Entry) bool { return e.What == "asked for approval" })
	hidden := slices.Clone(r.Receipt)
	hide(hidden, len(hidden)-1)
	require.Error(t, refund.CheckReceipt(hidden), "nobody was erased")

	after := erased(t, r, p, monday)
	require.Equal(t, 1, refund.ErasedReasons(after.Receipt))
	hidden = slices.Clone(after.Receipt)
	hide(hidden, asked)
	require.Error(t, refund.CheckReceipt(hidden), "a rule's reason knows nobody")

	after, err := after.Step(p, monday, func(r *refund.Refund) error {
		r.Refuse(by("anna"), "approve", "words of later", p, monday)
		return nil
	})
	require.NoError(t, err)
	require.NoError(t, refund.CheckReceipt(after.Receipt))
	hide(after.Receipt, len(after.Receipt)-1)
	require.Error(t, refund.CheckReceipt(after.Receipt), "it was written after the erasure")
}

func TestWhatTheShopsEndpointSaysOfACustomerIsErased(t *testing.T) {
	r, p := withPerson(t, refund.Paying)
	r, err := r.Step(p, monday, func(r *refund.Refund) error {
		r.Asked, r.Outcome, r.Endpoint = 1, "", "shop.example/pay"
		return r.Settle(refund.Payment{Outcome: refund.Refused, Why: "planted@example.com has no account"}, p, monday)
	})
	require.NoError(t, err)
	require.NotContains(t, js(t, erased(t, r, p, monday)), "lanted")
	paid, p := withPerson(t, refund.Paid)
	require.Contains(t, js(t, erased(t, paid, p, monday)), `"why":"ref-1"`, "the number of the payment is the shop's")
}

// An approver who has ordered from the shop could have their own data erased, and approve their refund.
func TestNobodyDecidesTheirOwnRefundAfterTheirDataWasErased(t *testing.T) {
	r, p := withPerson(t, refund.AwaitingApproval)
	r.Facts.Customer.Email = "anna@shop.example"
	for i := range p.People {
		if p.People[i].Name == "anna" {
			p.People[i].Email = r.Facts.Customer.Email
		}
	}
	own := r.Follow("approve", input("anna"), p, monday)
	require.Error(t, own)
	r = erased(t, r, p, monday)
	require.EqualError(t, r.Follow("approve", input("anna"), p, monday), own.Error())
	for _, person := range r.Deciders(p) {
		require.NotEqual(t, "anna", person.Name)
	}
}

func TestNobodyEntersACustomerWhoWasErased(t *testing.T) {
	r, p := withPerson(t, refund.AwaitingApproval)
	r = erased(t, r, p, monday)
	o, _ := refund.OrderNamed("approve")
	for _, f := range o.Fields {
		if strings.HasPrefix(f.Name, "customer") {
			require.Equal(t, refund.Unasked, f.NeedOf(&r), f.Name)
		}
	}
	require.ErrorContains(t, r.Follow("approve", input("max", "customerEmail", "planted@example.com"), p, monday), "was erased, and is not recorded again")
	require.NoError(t, r.Follow("approve", input("max"), p, monday))
}
