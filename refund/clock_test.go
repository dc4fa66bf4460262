package refund_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"waybill/refund"
)

// after lets time pass until so long after Monday, as the workflow does, and says
// what there is to do.
func after(t testing.TB, r *refund.Refund, p refund.Policy, passed time.Duration) []string {
	t.Helper()
	now := monday.Add(passed)
	next, err := r.Step(p, now, func(r *refund.Refund) error { r.Advance(p, now); return nil })
	require.NoError(t, err)
	require.True(t, next.Next.IsZero() || next.Next.After(now), "what is due has happened")
	*r = next
	return done(r)
}

func TestRemindersEscalationAndDaily(t *testing.T) {
	p := live()
	p.People = p.People[1:3]
	r := waiting(t, p, known(t, "EUR 60.00"))
	for _, at := range []struct {
		passed time.Duration
		deeds  []string
	}{
		{day - 1, nil},
		{day, []string{"remind ben", "remind mia"}},
		{day, nil},
		{2*day - 1, nil},
		{2 * day, []string{"remind ben", "remind mia"}},
		{3*day - 1, nil},
		{3 * day, []string{"escalate to mia"}},
		{4*day - 1, nil},
		{4 * day, nil}, // the daily digests list it
		{5 * day, nil},
	} {
		require.Equal(t, at.deeds, after(t, &r, p, at.passed), "%s", at.passed)
	}
	require.Equal(t, monday.Add(6*day), r.Next)
	var what []string
	for _, e := range r.Receipt[2:] {
		what = append(what, e.What)
	}
	require.Equal(t, []string{"asked for approval", "reminded", "reminded", "escalated", "reminded", "reminded"}, what)
}

func TestNobodyLookedForWeeks(t *testing.T) {
	p := live()
	p.People = p.People[1:3]
	posted := monday.Add(time.Hour)
	for name, c := range map[string]struct {
		r     func() refund.Refund
		deeds []string
		what  []string
	}{
		"while people decide": {
			func() refund.Refund { return waiting(t, p, known(t, "EUR 60.00")) },
			[]string{"escalate to mia"}, []string{"escalated"},
		},
		"while people decide, and the goods are posted": {
			func() refund.Refund {
				r := waiting(t, p, known(t, "EUR 60.00"))
				r.Posted(posted, p, posted)
				return r
			},
			[]string{"escalate to mia", "operations: legal deadline is over"}, []string{"escalated", "warned operations"},
		},
		"while a question is open": {
			func() refund.Refund { return in(t, refund.NeedsInfo, p, known(t, "EUR 60.00")) },
			[]string{"ask ben", "ask mia"}, []string{"asked for approval"},
		},
		"while the goods are awaited": {
			func() refund.Refund {
				people := p.People
				p.People = live().People
				defer func() { p.People = people }()
				return in(t, refund.AwaitingGoods, p, known(t, "EUR 60.00"))
			},
			[]string{"operations: goods did not come back"}, []string{"missed the goods"},
		},
		"after the end": {
			func() refund.Refund { return in(t, refund.Rejected, p, known(t, "EUR 60.00")) }, nil, nil,
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := c.r()
			done(&r)
			lines := len(r.Receipt)
			require.Equal(t, c.deeds, after(t, &r, p, 60*day), "each thing once")
			var what []string
			for _, e := range r.Receipt[lines:] {
				what = append(what, e.What)
			}
			require.Equal(t, c.what, what)
			require.Empty(t, after(t, &r, p, 60*day), "and not again")
		})
	}
}

func TestTheLawsClock(t *testing.T) {
	p := live()
	notice := monday.Add(-3 * day)
	at := func(days int) time.Time { return monday.Add(time.Duration(days) * day) }
	for name, c := range map[string]struct {
		parcel        int64
		posted, goods time.Time
		due           time.Time
	}{
		"stands while nothing is on its way":             {364000002, time.Time{}, time.Time{}, time.Time{}},
		"runs from the posting":                          {364000002, at(1), time.Time{}, at(15)},
		"runs from the goods, if nobody saw them posted": {364000002, time.Time{}, at(4), at(18)},
		"runs from what came first":                      {364000002, at(1), at(4), at(15)},
		"whatever the order in which it was heard of":    {364000002, at(4), at(1), at(15)},
		"runs from the notice, if that came last":        {364000002, at(-9), at(-5), notice.Add(14 * day)},
		"runs from the notice, if nobody can see it":     {0, time.Time{}, time.Time{}, notice.Add(14 * day)},
		"stands no more once the goods are seen":         {0, time.Time{}, at(4), at(18)},
	} {
		f := known(t, "EUR 60.00")
		f.NoticeAt, f.IncomingParcel = notice, c.parcel
		r := waiting(t, p, f)
		if !c.posted.IsZero() {
			r.Posted(c.posted, p, monday)
		}
		if !c.goods.IsZero() {
			r.GoodsBack(c.goods, p, monday)
		}
		due, ok := r.LegalDeadline()
		require.Equal(t, c.due, due, name)
		require.Equal(t, !c.due.IsZero(), ok, name)
	}
}

func TestOperationsAreWarnedOnDayTenTwelveFourteenAndDaily(t *testing.T) {
	p := live()
	r := in(t, refund.PayFailed, p, known(t, "EUR 60.00"))
	r.Posted(monday, p, monday)
	for _, at := range []struct {
		passed time.Duration
		deeds  []string
	}{
		{10*day - 1, nil},
		{10 * day, []string{"operations: 10 of 14 legal days are over"}},
		{12*day - 1, nil},
		{12 * day, []string{"operations: 12 of 14 legal days are over"}},
		{14*day - 1, nil},
		{14 * day, []string{"operations: legal deadline is over"}},
		{15 * day, []string{"operations: legal deadline is over"}},
		{18 * day, []string{"operations: legal deadline is over"}},
		{18*day + 1, nil},
	} {
		require.Equal(t, at.deeds, after(t, &r, p, at.passed), "%s", at.passed)
	}
}

// The clock ran because nobody could see the goods. Once the return parcel is
// known it stands, and begins anew when the goods are posted.
func TestAClockThatBeginsAnewWarnsAnew(t *testing.T) {
	p := live()
	f := known(t, "EUR 60.00")
	f.IncomingParcel = 0
	r := in(t, refund.PayFailed, p, f)
	require.Equal(t, []string{"operations: 12 of 14 legal days are over"}, after(t, &r, p, 13*day))
	r.Request(refund.Facts{IncomingParcel: 364000002}, p, monday.Add(13*day))
	require.Equal(t, []string{"watch the return parcel"}, done(&r))
	require.Empty(t, after(t, &r, p, 14*day))
	require.Equal(t, refund.PaymentFailed, r.Attention)
	r.Posted(monday.Add(14*day), p, monday.Add(14*day))
	require.Equal(t, []string{"operations: 10 of 14 legal days are over"}, after(t, &r, p, 24*day))

	// Goods that arrived before they were said to be posted leave less time.
	r.GoodsBack(monday.Add(13*day), p, monday.Add(24*day))
	require.Empty(t, after(t, &r, p, 24*day))
	require.Equal(t, []string{"operations: 12 of 14 legal days are over"}, after(t, &r, p, 25*day))

	r = in(t, refund.AwaitingGoods, p, f)
	after(t, &r, p, 15*day)
	require.Equal(t, refund.LegalOverdue, r.Attention)
	require.NoError(t, r.Follow("receive-goods", input("mia"), p, monday.Add(15*day)))
	require.Equal(t, []string{"pay"}, after(t, &r, p, 15*day))
	require.Empty(t, r.Attention, "fourteen days begin with the goods")
}

func TestWhoIsRemindedAgainBeginsAnew(t *testing.T) {
	p := live()
	r := waiting(t, p, known(t, "EUR 300.00"))
	after(t, &r, p, 3*day)
	require.NoError(t, r.Follow("approve", input("mia"), p, monday.Add(3*day)))
	require.Equal(t, []string{"ask ben", "ask max"}, done(&r), "the second approval is asked of all who may")
	require.Empty(t, after(t, &r, p, 4*day-1))
	require.Equal(t, []string{"remind ben", "remind max"}, after(t, &r, p, 4*day))
}

func TestWaitingApprovesOnlySmallAmountsOfMoney(t *testing.T) {
	p := live()
	p.ApproveBelow = true
	damaged := func(change func(f *refund.Facts)) refund.Facts {
		f := known(t, "EUR 50.00")
		f.Reason = refund.Damaged
		change(&f)
		return f
	}
	r := waiting(t, p, damaged(func(*refund.Facts) {}))
	require.Equal(t, []string{"remind anna", "remind ben", "remind mia", "remind max"}, after(t, &r, p, 3*day-1))
	require.Equal(t, []string{"reserve"}, after(t, &r, p, 3*day))
	require.True(t, r.ByRules, "it counts as one that no person has seen")
	r.ClaimAnswered(refund.ClaimAnswer{Why: "too many refunds"}, p, monday.Add(3*day))
	done(&r)
	require.False(t, r.ByRules)
	require.Equal(t, []string{"escalate to mia", "escalate to max"}, after(t, &r, p, 6*day), "what could not be claimed is not approved by waiting")

	for name, f := range map[string]refund.Facts{
		"more than the limit":    damaged(func(f *refund.Facts) { *f = known(t, "EUR 50.01") }),
		"no limit":               damaged(func(f *refund.Facts) { *f = known(t, "USD 5.00") }),
		"an exchange":            damaged(func(f *refund.Facts) { f.Kind = "exchange" }),
		"nobody knows what":      damaged(func(f *refund.Facts) { f.Kind = "" }),
		"an own request":         damaged(func(f *refund.Facts) { f.RequestedBy = "anna" }),
		"no amount":              damaged(func(f *refund.Facts) { f.Amount = refund.Money{} }),
		"no order value":         damaged(func(f *refund.Facts) { f.OrderValue = refund.Money{} }),
		"not so much is left":    damaged(func(f *refund.Facts) { f.Refunded = money(t, "EUR 0.01") }),
		"more than the customer": damaged(func(f *refund.Facts) { f.OrderValue = money(t, "EUR 49.99") }),
	} {
		r := waiting(t, p, f)
		after(t, &r, p, 3*day)
		require.Equal(t, refund.AwaitingApproval, r.State, name)
		require.Equal(t, refund.Manager, r.Role, name)
	}
	p.ApproveBelow = false
	r = waiting(t, p, damaged(func(*refund.Facts) {}))
	after(t, &r, p, 3*day)
	require.Equal(t, refund.AwaitingApproval, r.State, "unless the policy says so")
}

func TestGoodsThatDoNotComeAreMissedOnce(t *testing.T) {
	p := live()
	r := in(t, refund.AwaitingGoods, p, known(t, "EUR 60.00"))
	require.Empty(t, after(t, &r, p, 30*day-1))
	require.Equal(t, []string{"operations: goods did not come back"}, after(t, &r, p, 30*day))
	require.Equal(t, refund.GoodsMissing, r.Attention)
	require.Zero(t, r.Next)
	r.GoodsBack(monday.Add(31*day), p, monday.Add(31*day))
	require.Equal(t, []string{"pay"}, after(t, &r, p, 31*day))
	require.Empty(t, r.Attention)
}

func TestAReservationThatHangsIsMissedOnce(t *testing.T) {
	p := live()
	r := in(t, refund.Approved, p, known(t, "EUR 60.00"))
	require.Empty(t, after(t, &r, p, time.Hour-1))
	require.Equal(t, []string{"operations: the amount is not reserved"}, after(t, &r, p, time.Hour))
	require.Equal(t, refund.NotReserved, r.Attention)
	require.Empty(t, after(t, &r, p, 3*time.Hour))
	r.ClaimAnswered(refund.ClaimAnswer{Granted: true}, p, monday.Add(3*time.Hour))
	require.Equal(t, []string{"tell approved", "pay"}, after(t, &r, p, 3*time.Hour))
	require.Empty(t, r.Attention)
}

// What had been reserved is not free, and whatever reports the refund again begins it again.
func TestAnEndThatIsNotRecordedIsMissedOnce(t *testing.T) {
	p := live()
	r := in(t, refund.Requested, p, known(t, "EUR 60.00"))
	r, err := r.Step(p, monday, func(r *refund.Refund) error { return r.Follow("withdraw", input("anna"), p, monday) })
	require.NoError(t, err)
	require.Equal(t, monday.Add(time.Hour), r.Next)
	done(&r)
	require.Empty(t, after(t, &r, p, time.Hour-1))
	require.Equal(t, []string{"operations: the end is not recorded"}, after(t, &r, p, time.Hour))
	require.Equal(t, refund.NotRecorded, r.Attention)
	require.Zero(t, r.Next)
	r.EndKnown()
	require.Empty(t, after(t, &r, p, 2*time.Hour))
	require.Empty(t, r.Attention)
}
