package refund_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"waybill/refund"
	"waybill/words"
)

// whoMay says who may approve and who may reject what. Where a second has to
// approve, max has approved.
const whoMay = `
requested          EUR 60.00   anna  nothing to approve      cannot be rejected
requested          EUR 60.00   mia   nothing to approve      cannot be rejected
awaiting_approval  EUR 60.00   anna  yes                     yes
awaiting_approval  EUR 250.00  anna  yes                     yes
awaiting_approval  EUR 250.01  anna  more than anna may      yes
awaiting_approval  EUR 250.01  ben   yes                     yes
awaiting_approval  EUR 500.00  ben   yes                     yes
awaiting_approval  EUR 500.01  ben   more than ben may       yes
awaiting_approval  EUR 500.01  mia   yes                     yes
awaiting_approval  USD 60.00   anna  more than anna may      yes
awaiting_approval  USD 60.00   mia   yes                     yes
awaiting_approval  EUR 60.00   eve   not in the policy       not in the policy
awaiting_approval  EUR 60.00   Anna  not in the policy       not in the policy
awaiting_second    EUR 250.01  anna  more than anna may      yes
awaiting_second    EUR 250.01  ben   yes                     yes
awaiting_second    EUR 250.01  mia   yes                     yes
awaiting_second    EUR 250.01  max   from another person     yes
needs_info         EUR 60.00   anna  yes                     yes
needs_info         EUR 250.01  anna  more than anna may      yes
needs_info         EUR 60.00   eve   not in the policy       not in the policy
approved           EUR 60.00   anna  nothing to approve      cannot be rejected
approved           EUR 60.00   mia   nothing to approve      cannot be rejected
awaiting_goods     EUR 60.00   anna  nothing to approve      only a manager
awaiting_goods     EUR 60.00   mia   nothing to approve      yes
awaiting_goods     EUR 60.00   max   nothing to approve      yes
paying             EUR 60.00   anna  nothing to approve      cannot be rejected
paying             EUR 60.00   mia   nothing to approve      cannot be rejected
pay_failed         EUR 60.00   anna  nothing to approve      only a manager
pay_failed         EUR 60.00   mia   nothing to approve      yes
in doubt           EUR 60.00   anna  nothing to approve      it is not known whether the money was paid
in doubt           EUR 60.00   mia   nothing to approve      it is not known whether the money was paid
paid               EUR 60.00   mia   nothing can be done     nothing can be done
paid_elsewhere     EUR 60.00   mia   nothing can be done     nothing can be done
rejected           EUR 60.00   mia   nothing can be done     nothing can be done
withdrawn          EUR 60.00   mia   nothing can be done     nothing can be done
observed           EUR 60.00   mia   nothing can be done     nothing can be done
not_ours           EUR 60.00   mia   nothing can be done     nothing can be done
`

func TestWhoMayDecide(t *testing.T) {
	p := live()
	states := map[refund.State]bool{}
	for line := range strings.Lines(strings.TrimSpace(whoMay)) {
		column := regexp.MustCompile(`\s{2,}`).Split(strings.TrimSpace(line), -1)
		state, amount, name := refund.State(column[0]), column[1], column[2]
		states[state] = true
		for i, order := range []string{"approve", "reject"} {
			given := input(name)
			if order == "reject" {
				given = no(name)
			}
			r := in(t, state, p, known(t, amount))
			before := js(t, r)
			err := r.Follow(order, given, p, monday)
			if want := column[3+i]; want != "yes" {
				require.ErrorContains(t, err, want, line)
				require.Equal(t, before, js(t, r), "who is refused changes nothing: %s", line)
				continue
			}
			require.NoError(t, err, line)
			require.Equal(t, order == "reject", r.State == refund.Rejected, line)
		}
	}
	for _, state := range refund.States() {
		require.True(t, states[state], "the table says nothing of %s", state)
	}
}

func TestNobodyDecidesAnOwnRefund(t *testing.T) {
	p := live()
	for who, f := range map[string]refund.Facts{
		"requested by name":    {RequestedBy: "anna"},
		"requested by NAME":    {RequestedBy: "Anna "},
		"requested by address": {RequestedBy: "anna@shop.example"},
		"gets the money":       {Customer: refund.Customer{Email: "anna@shop.example"}},
		"gets the money, LOUD": {Customer: refund.Customer{Email: " Anna@Shop.Example"}},
	} {
		f.Amount, f.OrderValue = money(t, "EUR 60.00"), money(t, "EUR 60.00")
		r := waiting(t, p, f)
		for _, o := range refund.Orders() {
			if r.Offers(o) {
				require.EqualError(t, r.Follow(o.Name, example(o, "anna"), p, monday), "you cannot decide your own refund", "%s: %s", who, o.Name)
				require.EqualError(t, r.May(o, by("anna"), p), "you cannot decide your own refund", "%s: %s", who, o.Name)
			}
		}
		require.EqualError(t, r.Follow("reassign", input("ben", "to", "anna"), p, monday), "anna cannot decide their own refund")
		require.NotContains(t, names(r.Deciders(p)), "anna")
		require.NoError(t, r.Follow("approve", input("ben"), p, monday))
	}
}

// A forged request names somebody else as the customer. The money is anna's, as Sendcloud tells.
func TestTheCustomerAtSendcloudDecidesNothingEither(t *testing.T) {
	p := live()
	r := refund.Refund{Integration: "demo", ReturnID: 7}
	r.Request(known(t, "EUR 60.00"), p, monday)
	told := known(t, "EUR 60.00")
	told.Customer.Email = "Anna@shop.example"
	r.Gathered(told, "", p, monday)
	require.Equal(t, refund.AwaitingApproval, r.State)
	require.EqualError(t, r.Follow("approve", input("anna"), p, monday), "you cannot decide your own refund")
	require.NotContains(t, names(r.Deciders(p)), "anna")
	require.NoError(t, r.Follow("approve", input("ben"), p, monday))
}

// Whoever supplies the customer does not become the customer with the same
// decision.
func TestADecisionDoesNotSendTheMoneyToItself(t *testing.T) {
	p := live()
	r := waiting(t, p, refund.Facts{Amount: money(t, "EUR 60.00"), OrderValue: money(t, "EUR 60.00")})
	require.EqualError(t, r.Follow("approve", input("anna", "customerEmail", "ANNA@shop.example"), p, monday), "you cannot decide your own refund")
	require.ErrorContains(t, r.Follow("approve", input("anna", "customerName", jane.Name), p, monday), "write the customer's mail address too")
	require.NoError(t, r.Follow("approve", input("anna", "customerEmail", jane.Email, "customerName", jane.Name, "customerCountry", "nl"), p, monday))
	require.Equal(t, jane, r.Facts.Customer)
}

// The customer asked first, and anna then asked for the same return.
func TestWhoAsksLaterMayNotApproveEither(t *testing.T) {
	p := live()
	r := waiting(t, p, known(t, "EUR 60.00"))
	r.Request(refund.Facts{Source: refund.FromPerson, RequestedBy: "anna"}, p, monday)
	require.EqualError(t, r.Follow("approve", input("anna"), p, monday), "you cannot decide your own refund")
	require.Equal(t, "who requested it", r.Receipt[len(r.Receipt)-1].Why)
}

// The second who approves tells that the first is the customer.
func TestAnApprovalThatTurnsOutToBeOfAnOwnRefundDoesNotCount(t *testing.T) {
	p := live()
	f := known(t, "EUR 300.00")
	f.Customer = refund.Customer{}
	r := in(t, refund.AwaitingSecond, p, f)
	require.NoError(t, r.Follow("approve", input("mia", "customerEmail", "max@shop.example"), p, monday))
	require.Equal(t, refund.AwaitingSecond, r.State)
	require.Equal(t, []string{"ask ben"}, done(&r))

	r = in(t, refund.AwaitingSecond, p, known(t, "EUR 300.00"))
	require.NoError(t, r.Follow("ask-customer", input("mia", "question", "Which size?"), p, monday))
	r.Request(refund.Facts{RequestedBy: "max"}, p, monday)
	require.Equal(t, refund.NeedsInfo, r.State, "the question stays open")
	require.Empty(t, r.Approvals)
	require.NoError(t, r.Follow("enter-answer", input("mia", "answer", "42"), p, monday))
	require.Equal(t, refund.AwaitingApproval, r.State)
}

func TestALinkSaysSomethingOnce(t *testing.T) {
	p := live()
	for order, state := range map[string]refund.State{
		"approve": refund.AwaitingApproval, "reject": refund.AwaitingApproval, "ask-customer": refund.AwaitingApproval,
		"reassign": refund.AwaitingApproval, "receive-goods": refund.AwaitingApproval, "pay-again": refund.PayFailed,
	} {
		r := in(t, state, p, known(t, "EUR 260.00"))
		o, _ := refund.OrderNamed(order)
		given := linked(example(o, "mia"), "a")
		require.NoError(t, r.Follow(order, given, p, monday), order)
		require.Equal(t, []string{"a"}, r.Used, order)
		require.Contains(t, r.Receipt[len(r.Receipt)-1].By.String(), "mia (mailed link)")
		require.Error(t, r.Follow(order, given, p, monday), order)
		if !r.State.Terminal() {
			require.EqualError(t, r.Follow(order, given, p, monday), "this link was used already", order)
		}
	}
	r := in(t, refund.AwaitingApproval, p, known(t, "EUR 60.00"))
	require.Error(t, r.Follow("reject", linked(input("mia", "why", " "), "a"), p, monday))
	require.Empty(t, r.Used, "a link that said nothing is not used up")
}

func TestWordsForTheCustomerAreSomeAndNotTooMany(t *testing.T) {
	p := live()
	r := waiting(t, p, known(t, "EUR 60.00"))
	long := strings.Repeat("é", 501)
	for text, want := range map[string]string{"": "why: write the reason, which the customer reads", "\t": "write the reason", long: "longer than 500 characters"} {
		require.ErrorContains(t, r.Follow("reject", input("anna", "why", text), p, monday), want)
		require.Error(t, r.Follow("ask-customer", input("anna", "question", text), p, monday))
	}
	require.ErrorContains(t, r.Follow("approve", input("anna", "why", long), p, monday), "longer than 500 characters")
	require.NoError(t, r.Follow("ask-customer", input("anna", "question", long[:1000]), p, monday))
	require.Error(t, r.Follow("enter-answer", input("mia", "answer", ""), p, monday))
	require.Error(t, r.Follow("enter-answer", input("mia", "answer", long), p, monday))
	require.NoError(t, r.Follow("enter-answer", input("mia", "answer", " 4\x002 "), p, monday))
	require.Equal(t, "42", r.Answer)
}

func TestWhoIsAskedAfterAnEscalation(t *testing.T) {
	p := live()
	r := waiting(t, p, known(t, "EUR 60.00"))
	r.Advance(p, monday.Add(3*day))
	require.Equal(t, []string{"escalate to mia", "escalate to max"}, done(&r))
	require.Equal(t, refund.Manager, r.Role)
	require.NoError(t, r.Follow("reassign", input("mia", "to", "anna"), p, monday.Add(3*day)))
	require.Equal(t, []string{"ask anna"}, done(&r), "anna is asked although she is no manager")
	require.Equal(t, refund.Approver, r.Role)
}

func TestAShopWithoutManagersEscalatesToItsApprovers(t *testing.T) {
	p := live()
	p.People = p.People[:2]
	r := waiting(t, p, known(t, "EUR 60.00"))
	r.Advance(p, monday.Add(3*day))
	require.Equal(t, []string{"escalate to anna", "escalate to ben"}, done(&r))
	for _, name := range []string{"anna", "ben"} {
		require.True(t, r.InDigest(name, p), name)
	}
}

// One manager is asked for the first of two approvals, and an approver may give
// the other: nobody need look.
func TestNobodyCanIsAboutAllWhoMay(t *testing.T) {
	p := live()
	p.People = p.People[:3]
	r := waiting(t, p, known(t, "EUR 300.00"))
	r, err := r.Step(p, monday.Add(3*day), func(r *refund.Refund) error { r.Advance(p, monday.Add(3*day)); return nil })
	require.NoError(t, err)
	require.Empty(t, r.Attention)
	require.Equal(t, []string{"escalate to mia"}, done(&r))
	p.People = p.People[:2]
	r, err = r.Step(p, monday.Add(4*day), func(r *refund.Refund) error { r.Advance(p, monday.Add(4*day)); return nil })
	require.NoError(t, err)
	require.Equal(t, refund.NobodyCan, r.Attention)
	require.Equal(t, []string{"operations: nobody in the policy may approve it"}, done(&r))
}

func TestAHolderWhoCannotDecideAnyMoreIsNotWaitedFor(t *testing.T) {
	p := live()
	r := waiting(t, p, known(t, "EUR 60.00"))
	require.NoError(t, r.Follow("reassign", input("mia", "to", "ben"), p, monday))
	require.Equal(t, []string{"ask ben"}, done(&r))
	r.Advance(p, monday.Add(day))
	require.Equal(t, []string{"remind ben"}, done(&r))
	p.People = p.People[2:]
	r.Advance(p, monday.Add(2*day))
	require.Equal(t, []string{"remind mia", "remind max"}, done(&r))
}

func names(people []refund.Person) []string {
	var all []string
	for _, somebody := range people {
		all = append(all, somebody.Name)
	}
	return all
}

// Whoever writes something that would change nothing is told so.
func TestAFieldWhoseValueIsKnownIsNotIgnored(t *testing.T) {
	o, _ := refund.OrderNamed("approve")
	r := &refund.Refund{Facts: refund.Facts{Customer: refund.Customer{Email: "jane@example.com", Country: "NL"}}}
	for name, other := range map[string]string{"customerEmail": "joe@example.com", "customerName": "Joe", "customerCountry": "BE"} {
		require.Contains(t, o.Faults(map[string]string{"amount": "1", "orderValue": "2", "currency": "EUR", name: other}, r),
			refund.Fault{Field: name, Why: words.Say("refund.fault.known")})
	}
	require.Empty(t, o.Faults(map[string]string{"amount": "1", "orderValue": "2", "currency": "EUR", "customerEmail": "Jane@example.com", "customerCountry": "nl"}, r))
}
