package refund_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"waybill/refund"
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
awaiting_approval  EUR 60.00   eve   nobody in the policy    nobody in the policy
awaiting_approval  EUR 60.00   Anna  nobody in the policy    nobody in the policy
awaiting_second    EUR 250.01  anna  more than anna may      yes
awaiting_second    EUR 250.01  ben   yes                     yes
awaiting_second    EUR 250.01  mia   yes                     yes
awaiting_second    EUR 250.01  max   from another person     yes
needs_info         EUR 60.00   anna  yes                     yes
needs_info         EUR 250.01  anna  more than anna may      yes
needs_info         EUR 60.00   eve   nobody in the policy    nobody in the policy
approved           EUR 60.00   anna  nothing to approve      cannot be rejected
approved           EUR 60.00   mia   nothing to approve      cannot be rejected
awaiting_goods     EUR 60.00   anna  nothing to approve      only a manager
awaiting_goods     EUR 60.00   mia   nothing to approve      yes
awaiting_goods     EUR 60.00   max   nothing to approve      yes
paying             EUR 60.00   anna  nothing to approve      cannot be rejected
paying             EUR 60.00   mia   nothing to approve      cannot be rejected
pay_failed         EUR 60.00   anna  nothing to approve      only a manager
pay_failed         EUR 60.00   mia   nothing to approve      yes
unanswered         EUR 60.00   anna  nothing to approve      nobody knows whether the money went
unanswered         EUR 60.00   mia   nothing to approve      nobody knows whether the money went
paid               EUR 60.00   mia   nothing can be done     nothing can be done
paid_elsewhere     EUR 60.00   mia   nothing can be done     nothing can be done
rejected           EUR 60.00   mia   nothing can be done     nothing can be done
withdrawn          EUR 60.00   mia   nothing can be done     nothing can be done
observed           EUR 60.00   mia   nothing can be done     nothing can be done
`

func TestWhoMayDecide(t *testing.T) {
	p := live()
	states := map[refund.State]bool{}
	for line := range strings.Lines(strings.TrimSpace(whoMay)) {
		column := regexp.MustCompile(`\s{2,}`).Split(strings.TrimSpace(line), -1)
		state, amount, name := refund.State(column[0]), column[1], column[2]
		states[state] = true
		for i, d := range []refund.Decision{yes(name), no(name)} {
			r := in(t, state, p, known(t, amount))
			before := js(t, r)
			err := r.Decide(d, p, monday)
			if want := column[3+i]; want != "yes" {
				require.ErrorContains(t, err, want, line)
				require.Equal(t, before, js(t, r), "who is refused changes nothing: %s", line)
				continue
			}
			require.NoError(t, err, line)
			require.Equal(t, d.Approve, r.State != refund.Rejected, line)
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
		for what, err := range map[string]error{
			"approve":    r.Decide(yes("anna"), p, monday),
			"reject":     r.Decide(no("anna"), p, monday),
			"ask":        r.AskForInfo(by("anna"), "Which size?", p, monday),
			"give away":  r.Reassign(by("anna"), "ben", p, monday),
			"be given":   r.Reassign(by("ben"), "anna", p, monday),
			"have goods": r.ReceiveGoods(by("anna"), p, monday),
		} {
			require.EqualError(t, err, "nobody decides an own refund", "%s: %s", who, what)
		}
		require.NotContains(t, names(r.Deciders(p)), "anna")
		require.NoError(t, r.Decide(yes("ben"), p, monday))
	}
}

// Whoever supplies the customer does not become the customer with the same
// decision.
func TestADecisionDoesNotSendTheMoneyToItself(t *testing.T) {
	p := live()
	r := waiting(t, p, refund.Facts{Amount: money(t, "EUR 60.00"), OrderValue: money(t, "EUR 60.00")})
	d := yes("anna")
	d.Customer.Email = "ANNA@shop.example"
	require.EqualError(t, r.Decide(d, p, monday), "nobody decides an own refund")
	d.Customer = jane
	require.NoError(t, r.Decide(d, p, monday))
	require.Equal(t, jane, r.Facts.Customer)
}

// The customer asked first, and anna then asked for the same return.
func TestWhoAsksLaterMayNotApproveEither(t *testing.T) {
	p := live()
	r := waiting(t, p, known(t, "EUR 60.00"))
	r.Request(refund.Facts{Source: refund.FromPerson, RequestedBy: "anna"}, p, monday)
	require.EqualError(t, r.Decide(yes("anna"), p, monday), "nobody decides an own refund")
	require.Equal(t, "who requested it", r.Receipt[len(r.Receipt)-1].Why)
}

// The second who approves tells that the first is the customer.
func TestAnApprovalThatTurnsOutToBeOfAnOwnRefundDoesNotCount(t *testing.T) {
	p := live()
	f := known(t, "EUR 300.00")
	f.Customer = refund.Customer{}
	r := in(t, refund.AwaitingSecond, p, f)
	d := yes("mia")
	d.Customer.Email = "max@shop.example"
	require.NoError(t, r.Decide(d, p, monday))
	require.Equal(t, refund.AwaitingSecond, r.State)
	require.Equal(t, []string{"ask ben"}, done(&r))

	r = in(t, refund.AwaitingSecond, p, known(t, "EUR 300.00"))
	require.NoError(t, r.AskForInfo(by("mia"), "Which size?", p, monday))
	r.Request(refund.Facts{RequestedBy: "max"}, p, monday)
	require.Equal(t, refund.NeedsInfo, r.State, "the question stays open")
	require.Empty(t, r.Approvals)
	require.NoError(t, r.ProvideInfo(by("customer"), "42", p, monday))
	require.Equal(t, refund.AwaitingApproval, r.State)
}

func TestALinkSaysSomethingOnce(t *testing.T) {
	p := live()
	s := refund.Said{By: "mia", Via: refund.ViaLink, Link: "a"}
	for what, do := range map[string]func(r *refund.Refund) error{
		"approve":  func(r *refund.Refund) error { return r.Decide(refund.Decision{Said: s, Approve: true}, p, monday) },
		"reject":   func(r *refund.Refund) error { return r.Decide(refund.Decision{Said: s, Why: "Worn."}, p, monday) },
		"ask":      func(r *refund.Refund) error { return r.AskForInfo(s, "Which size?", p, monday) },
		"reassign": func(r *refund.Refund) error { return r.Reassign(s, "ben", p, monday) },
		"goods":    func(r *refund.Refund) error { return r.ReceiveGoods(s, p, monday) },
	} {
		r := waiting(t, p, known(t, "EUR 260.00"))
		require.NoError(t, do(&r), what)
		require.Equal(t, []string{"a"}, r.UsedLinks, what)
		require.Contains(t, r.Receipt[len(r.Receipt)-1].By, "mia (mailed link)")
		require.Error(t, do(&r), what)
		if !r.State.Terminal() {
			require.EqualError(t, do(&r), "this link was used already", what)
		}
	}
	r := in(t, refund.PayFailed, p, known(t, "EUR 60.00"))
	require.NoError(t, r.PayAgain(s, p, monday))
	require.EqualError(t, r.PayAgain(s, p, monday), "this link was used already")
	r = in(t, refund.AwaitingApproval, p, known(t, "EUR 60.00"))
	bad := no("mia")
	bad.Link, bad.Why = "a", " "
	require.Error(t, r.Decide(bad, p, monday))
	require.Empty(t, r.UsedLinks, "a link that said nothing is not used up")
}

func TestWordsForTheCustomerAreSomeAndNotTooMany(t *testing.T) {
	p := live()
	r := waiting(t, p, known(t, "EUR 60.00"))
	long := strings.Repeat("é", 501)
	for text, want := range map[string]string{"": "write a reason", "\t": "write a reason", long: "longer than 500 characters"} {
		d := no("anna")
		d.Why = text
		require.ErrorContains(t, r.Decide(d, p, monday), want)
		require.Error(t, r.AskForInfo(by("anna"), text, p, monday))
	}
	d := yes("anna")
	d.Why = long
	require.ErrorContains(t, r.Decide(d, p, monday), "longer than 500 characters")
	d.Why = long[:1000]
	require.NoError(t, r.MayDecide(d, p))
	require.NoError(t, r.AskForInfo(by("anna"), long[:1000], p, monday))
	require.Error(t, r.ProvideInfo(by("customer"), "", p, monday))
	require.Error(t, r.ProvideInfo(by("customer"), long, p, monday))
	require.NoError(t, r.ProvideInfo(by("customer"), " 42 ", p, monday))
	require.Equal(t, "42", r.Answer)
}

func TestWhoIsAskedAfterAnEscalation(t *testing.T) {
	p := live()
	r := waiting(t, p, known(t, "EUR 60.00"))
	r.Advance(p, monday.Add(3*day))
	require.Equal(t, []string{"escalate to mia", "escalate to max"}, done(&r))
	require.Equal(t, refund.Manager, r.Role)
	require.NoError(t, r.Reassign(by("mia"), "anna", p, monday.Add(3*day)))
	require.Equal(t, []string{"ask anna"}, done(&r), "anna is asked although she is no manager")
	require.Equal(t, refund.Approver, r.Role)
}

func TestAShopWithoutManagersEscalatesToItsApprovers(t *testing.T) {
	p := live()
	p.People = p.People[:2]
	r := waiting(t, p, known(t, "EUR 60.00"))
	r.Advance(p, monday.Add(3*day))
	require.Equal(t, []string{"escalate to anna", "escalate to ben"}, done(&r))
	r.Advance(p, monday.Add(4*day))
	require.Equal(t, []string{"escalate to anna", "escalate to ben"}, done(&r))
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
	require.Equal(t, []string{"escalate to ben", "operations: nobody in the policy may approve it"}, done(&r))
}

func TestAHolderWhoCannotDecideAnyMoreIsNotWaitedFor(t *testing.T) {
	p := live()
	r := waiting(t, p, known(t, "EUR 60.00"))
	require.NoError(t, r.Reassign(by("mia"), "ben", p, monday))
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
