package refund_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"waybill/refund"
)

func TestWhatNeedsAPersonAndHowMany(t *testing.T) {
	count := func(n int) *int { return &n }
	for name, c := range map[string]struct {
		change func(f *refund.Facts)
		needs  int
		why    []string
	}{
		"nothing":                          {func(*refund.Facts) {}, 0, nil},
		"up to the limit of the rules":     {func(f *refund.Facts) { *f = known(t, "EUR 50.00") }, 0, nil},
		"one cent more":                    {func(f *refund.Facts) { *f = known(t, "EUR 50.01") }, 1, []string{"EUR 50.01 is more than EUR 50.00"}},
		"up to the limit of one":           {func(f *refund.Facts) { *f = known(t, "EUR 250.00") }, 1, []string{"EUR 250.00 is more than EUR 50.00"}},
		"one cent more than one may":       {func(f *refund.Facts) { *f = known(t, "EUR 250.01") }, 2, []string{"EUR 250.01 is more than EUR 50.00"}},
		"another currency":                 {func(f *refund.Facts) { *f = known(t, "USD 1.00") }, 2, []string{"the policy has no limits in USD"}},
		"no amount":                        {func(f *refund.Facts) { f.Amount = refund.Money{} }, 1, []string{"the amount is not known"}},
		"no order value":                   {func(f *refund.Facts) { f.OrderValue = refund.Money{} }, 1, []string{"what the order cost is not known: approve with the order's value"}},
		"more than the order":              {func(f *refund.Facts) { f.OrderValue = money(t, "EUR 19.99") }, 1, []string{"EUR 20.00 is more than the EUR 19.99 that is left of the order"}},
		"more than is left":                {func(f *refund.Facts) { f.Refunded = money(t, "EUR 0.01") }, 1, []string{"EUR 20.00 is more than the EUR 19.99 that is left of the order"}},
		"the order in another currency":    {func(f *refund.Facts) { f.OrderValue = money(t, "USD 100.00") }, 1, []string{"the order was paid in USD and the refund is in EUR"}},
		"an exchange":                      {func(f *refund.Facts) { f.Kind = "exchange" }, 1, []string{"the customer wants exchange instead of money"}},
		"credit":                           {func(f *refund.Facts) { f.Kind = "credit" }, 1, []string{"the customer wants credit instead of money"}},
		"nobody says what for":             {func(f *refund.Facts) { f.Kind = "" }, 1, []string{"it is not known what the customer wants"}},
		"another good reason":              {func(f *refund.Facts) { f.Reason = refund.WrongSize }, 0, nil},
		"a reason to look at":              {func(f *refund.Facts) { f.Reason = refund.Damaged }, 1, []string{"the reason is damaged"}},
		"no reason":                        {func(f *refund.Facts) { f.Reason = "" }, 1, []string{"the reason is not known"}},
		"an order of 30 days":              {func(f *refund.Facts) { f.OrderedAt = monday.Add(-30 * day) }, 0, nil},
		"an order of a moment more":        {func(f *refund.Facts) { f.OrderedAt = monday.Add(-30*day - 1) }, 1, []string{"the order is more than 30 days old"}},
		"no date":                          {func(f *refund.Facts) { f.OrderedAt = time.Time{} }, 1, []string{"the age of the order is not known"}},
		"no customer":                      {func(f *refund.Facts) { f.Customer = refund.Customer{} }, 1, []string{"the customer is not known"}},
		"a customer with 2 refunds":        {func(f *refund.Facts) { f.CustomerRefunds = count(2) }, 0, nil},
		"a customer with 3 refunds":        {func(f *refund.Facts) { f.CustomerRefunds = count(3) }, 1, []string{"the customer had more than 2 refunds in 90 days"}},
		"nobody counted the customer's":    {func(f *refund.Facts) { f.CustomerRefunds = nil }, 1, []string{"the customer's earlier refunds are not known"}},
		"the 50th refund of the shop":      {func(f *refund.Facts) { f.ShopToday = count(49) }, 0, nil},
		"the 51st refund of the shop":      {func(f *refund.Facts) { f.ShopToday = count(50) }, 1, []string{"the rules approved 50 refunds in 24 hours"}},
		"nobody counted the shop's":        {func(f *refund.Facts) { f.ShopToday = nil }, 1, []string{"the shop's refunds of today are not known"}},
		"a return that nobody confirmed":   {func(f *refund.Facts) { f.Confirmed = false }, 1, []string{"Sendcloud has not confirmed the return as it was requested"}},
		"nobody read the panel":            {func(f *refund.Facts) { f.PanelRead = false }, 1, []string{"it is not known whether the return was refunded in Sendcloud's panel"}},
		"one of the shop's own people":     {func(f *refund.Facts) { f.RequestedBy = "eve" }, 1, []string{"one of the shop's own people requested it"}},
		"two reasons are both named":       {func(f *refund.Facts) { *f = known(t, "EUR 260.00"); f.Reason = "" }, 2, []string{"EUR 260.00 is more than EUR 50.00", "the reason is not known"}},
		"a small amount for a poor reason": {func(f *refund.Facts) { *f = known(t, "EUR 0.01"); f.Reason = refund.Other }, 1, []string{"the reason is other"}},
	} {
		t.Run(name, func(t *testing.T) {
			f := known(t, "EUR 20.00")
			c.change(&f)
			r := gathered(t, live(), f)
			require.Equal(t, refund.Terms{Approvals: c.needs, Why: c.why}, r.Terms)
			require.Equal(t, c.needs == 0, r.ByRules)
			require.Equal(t, map[bool]refund.State{true: refund.Approved, false: refund.AwaitingApproval}[c.needs == 0], r.State)
		})
	}
}

// What the first source does not know the next one fills in, and what it knows
// already stays.
func TestWhatIsKnownStaysAndWhatIsNotIsFilledIn(t *testing.T) {
	p := live()
	r := refund.Refund{Integration: "demo", ReturnID: 7}
	r.Request(refund.Facts{Source: refund.FromReturnCreated, Amount: money(t, "EUR 20.00")}, p, monday)
	full := known(t, "EUR 40.00")
	full.Source, full.Message, full.ReasonText, full.RequestedBy = refund.FromRefundRequested, "Too small.", "Changed my mind", "eve"
	full.Refunded = money(t, "EUR 1.00")
	r.Request(full, p, monday)
	want := full
	want.Source, want.Amount = refund.FromReturnCreated, money(t, "EUR 20.00")
	want.Confirmed, want.PanelRead, want.Refunded, want.CustomerRefunds, want.ShopToday = false, false, refund.Money{}, nil, nil // which no source can tell
	require.Equal(t, want, r.Facts)
	lines := len(r.Receipt)
	r.Request(full, p, monday)
	require.Equal(t, want, r.Facts)
	require.Len(t, r.Receipt, lines, "what tells nothing new is not written down")
}

func TestWhatCouldNotBeAskedIsWrittenDownAndMayComeLater(t *testing.T) {
	p := live()
	r := refund.Refund{Integration: "demo", ReturnID: 7}
	r.Request(refund.Facts{Amount: money(t, "EUR 60.00")}, p, monday)
	r.Gathered(refund.Facts{OrderValue: money(t, "EUR 90.00")}, "the tally did not answer", p, monday)
	require.Equal(t, "order value, the tally did not answer", r.Receipt[1].Why)
	done(&r)
	r.Gathered(refund.Facts{IncomingParcel: 364000002}, "", p, monday)
	require.Equal(t, "return parcel", r.Receipt[len(r.Receipt)-1].Why)
	require.Equal(t, []string{"watch the return parcel"}, done(&r))
}

func TestWhoAsksForTheMoneyHasWithdrawn(t *testing.T) {
	p := live()
	r := refund.Refund{Integration: "demo", ReturnID: 7}
	r.Request(refund.Facts{}, p, monday)
	r.Gathered(refund.Facts{}, "", p, monday.Add(2*day))
	require.Equal(t, monday, r.Facts.NoticeAt, "the law's clock does not wait until Sendcloud answers")
}

func TestTheRulesApproveWhatBecomesKnownUnlessAPersonHasTakenItUp(t *testing.T) {
	p := live()
	small := known(t, "EUR 20.00")
	ask := small
	ask.Amount, ask.IncomingParcel = refund.Money{}, 0
	r := waiting(t, p, ask)
	r.Learn(small, p, monday)
	require.Equal(t, refund.Approved, r.State)
	require.True(t, r.ByRules)
	require.Zero(t, r.Terms.Approvals)
	require.Equal(t, []string{"watch the return parcel", "reserve"}, done(&r))

	for name, taken := range map[string]func(r *refund.Refund){
		"a question is open": func(r *refund.Refund) {
			require.NoError(t, r.Follow("ask-customer", input("anna", "question", "Which size?"), p, monday))
		},
		"a question was answered": func(r *refund.Refund) {
			require.NoError(t, r.Follow("ask-customer", input("anna", "question", "Which size?"), p, monday))
			require.NoError(t, r.Follow("enter-answer", input("mia", "answer", "42"), p, monday))
		},
	} {
		r := waiting(t, p, ask)
		taken(&r)
		state := r.State
		r.Learn(small, p, monday)
		require.Equal(t, state, r.State, name)
	}
	// What a source tells later, nobody has confirmed.
	r = waiting(t, p, ask)
	r.Request(small, p, monday)
	require.Equal(t, refund.AwaitingApproval, r.State)
	require.Equal(t, []string{"Sendcloud has not confirmed the return as it was requested"}, r.Terms.Why)
	// Only what an amount that becomes known asks for is asked for.
	r = waiting(t, p, ask)
	require.NoError(t, r.Follow("ask-customer", input("anna", "question", "Which size?"), p, monday))
	r.Request(known(t, "EUR 600.00"), p, monday)
	require.Equal(t, 2, r.Terms.Approvals)
}

func TestWhatBecomesKnownLeavesAnApprovalAlone(t *testing.T) {
	r := in(t, refund.AwaitingSecond, live(), known(t, "EUR 300.00"))
	r.Request(refund.Facts{Message: "Too small."}, live(), monday)
	require.Equal(t, refund.AwaitingSecond, r.State)
	require.Len(t, r.Approvals, 1)
	require.Empty(t, done(&r))
}

func TestShadowModeTellsNobodyAndPaysNothing(t *testing.T) {
	p := live()
	p.Shadow = true
	for amount, want := range map[string]string{"EUR 20.00": "would be approved", "EUR 60.00": "would ask for approval by 1", "EUR 300.00": "would ask for approval by 2"} {
		r := refund.Refund{Integration: "demo", ReturnID: 7}
		r.Request(known(t, amount), p, monday)
		require.Zero(t, r.Deadline(p), "no clock runs")
		require.Equal(t, []string{"gather the facts"}, done(&r))
		r.Gathered(confirmed(known(t, amount)), "", p, monday)
		require.Equal(t, refund.Observed, r.State)
		require.Empty(t, done(&r))
		last := r.Receipt[len(r.Receipt)-1]
		require.Equal(t, want, last.What)
		require.Contains(t, last.Why, "shadow mode: nothing is sent or paid")
	}
	r := refund.Refund{Integration: "demo", ReturnID: 7}
	r.Request(known(t, "EUR 20.00"), p, monday)
	done(&r)
	r.PaidInPanel(p, monday)
	require.Equal(t, refund.PaidElsewhere, r.State)
	require.Empty(t, done(&r))
}

// Shadow mode that comes later leaves nobody waiting who was asked already, but
// the rules approve nothing by themselves.
func TestShadowModeThatComesLater(t *testing.T) {
	p := live()
	p.ApproveBelow = true
	f := known(t, "EUR 20.00")
	f.Reason = ""
	r := waiting(t, p, f)
	p.Shadow = true
	r.Advance(p, monday.Add(3*day))
	require.Equal(t, []string{"escalate to mia", "escalate to max"}, done(&r))
	r.Request(known(t, "EUR 20.00"), p, monday)
	require.Equal(t, refund.AwaitingApproval, r.State)
	require.NoError(t, r.Follow("approve", input("mia"), p, monday.Add(3*day)))
	require.Equal(t, []string{"reserve"}, done(&r))
}

func TestTheRulesApproveNothingThatSendcloudDoesNotTell(t *testing.T) {
	for about, change := range map[string]func(told *refund.Facts){
		"no amount":           func(told *refund.Facts) { told.Amount = refund.Money{} },
		"no order value":      func(told *refund.Facts) { told.OrderValue = refund.Money{} },
		"no parcel":           func(told *refund.Facts) { told.OutgoingParcel = 0 },
		"another customer":    func(told *refund.Facts) { told.Customer.Email = "john@example.com" },
		"an order of old":     func(told *refund.Facts) { told.OrderedAt = monday.AddDate(-3, 0, 0) },
		"another amount":      func(told *refund.Facts) { told.Amount = money(t, "EUR 19.00") },
		"another order value": func(told *refund.Facts) { told.OrderValue = money(t, "EUR 59.00") },
	} {
		r := refund.Refund{Integration: "demo", ReturnID: 7}
		requested := known(t, "EUR 20.00")
		told := requested
		change(&told)
		r.Request(requested, live(), monday)
		r.Gathered(told, "", live(), monday)
		require.Equal(t, refund.AwaitingApproval, r.State, about)
		require.Contains(t, r.Terms.Why, "Sendcloud has not confirmed the return as it was requested", about)
	}
}

func TestASourceIsNoManager(t *testing.T) {
	r := refund.Refund{Integration: "demo", ReturnID: 7}
	requested := known(t, "EUR 20.00")
	requested.OrderValueBy = refund.Valuation{By: refund.ByManager, At: monday.AddDate(70, 0, 0)}
	r.Request(requested, live(), monday)
	require.Zero(t, r.Facts.OrderValueBy)
}
