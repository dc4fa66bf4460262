package refund_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"waybill/refund"
)

// world is a refund and what it has to do with: its order, what is under way, and
// what it owes at every step.
type world struct {
	testing.TB
	policy refund.Policy
	r      refund.Refund
	order  *refund.Tally
	// claiming says that a claim has no answer yet, paying that the endpoint has
	// not answered, counted that a payment in the panel was counted.
	claiming, paying, counted bool
	deeds                     int
	// doubt says that the endpoint has left open whether it paid, and that no manager has
	// checked since.
	doubt bool
	// look is what is seen before the endpoint is asked.
	look refund.LastLook
	// quick leaves out what takes long: how the refund looks as JSON, and whether
	// each line of the receipt is whole.
	quick bool
}

// look is the usual last look.
var look = refund.LastLook{Endpoint: "shop.example/refunds", PanelRead: true}

func newWorld(t testing.TB, p refund.Policy, id int64, order *refund.Tally) *world {
	return &world{TB: t, policy: p, look: look, r: refund.Refund{Integration: "demo", ReturnID: id}, order: order}
}

// step takes one step as the workflow does: what is refused changes nothing, the
// rest does what there is to do, and the refund goes on as its JSON says.
func (w *world) step(now time.Time, happens func(r *refund.Refund) error) ([]refund.Deed, error) {
	was, before := w.r, w.json(w.r)
	next, err := w.r.Step(w.policy, now, happens)
	require.Equal(w, before, w.json(was), "the refund before a step stays as it was")
	if err != nil {
		require.Equal(w, before, w.json(next), "what is refused changes nothing")
		return nil, err
	}
	deeds := next.TakeTodo()
	w.r = next
	if after := w.json(next); !w.quick {
		w.r = unjs[refund.Refund](w, after)
		require.Equal(w, after, w.json(w.r), "JSON changes nothing")
	}
	pay := false
	for _, d := range deeds {
		w.deeds++
		require.Equal(w, w.deeds, d.Nr, "each deed has a number of its own")
		w.do(d, now)
		pay = pay || d.What == refund.Pay
	}
	w.check(was, deeds, now)
	if w.r.State.Terminal() && !w.r.EndRecorded {
		_, err := w.step(now, func(r *refund.Refund) error { r.EndKnown(); return nil })
		require.NoError(w, err)
	}
	if pay {
		_, err := w.step(now, func(r *refund.Refund) error { return r.AskToPay(w.look, w.policy, now) })
		require.NoError(w, err, "the endpoint is asked at once")
	}
	return deeds, nil
}

func (w *world) json(r refund.Refund) string {
	if w.quick {
		return ""
	}
	return js(w, r)
}

// do does what others than people have to.
func (w *world) do(d refund.Deed, now time.Time) {
	switch d.What {
	case refund.Claim:
		require.False(w, w.claiming, "it is claimed twice")
		w.claiming = true
	case refund.Release:
		require.True(w, w.held(), "nothing was taken")
		w.order.Release(w.r.Key(), "")
	case refund.Count:
		w.counted = true
		forced := w.claim(now)
		forced.Forced = true
		w.order.Claim(forced)
	case refund.Pay:
		require.False(w, w.paying, "it is paid twice at a time")
		w.paying = true
	default: // nothing that touches the order or the money
	}
}

// claim is what the refund asks of its order.
func (w *world) claim(now time.Time) refund.ClaimOrder {
	return refund.ClaimOrder{
		Claimed: refund.Claimed{Key: w.r.Key(), Amount: w.r.Facts.Amount, At: now}, Value: w.r.Facts.OrderValue, ValueBy: w.r.Facts.OrderValueBy,
	}
}

// answerClaim has the order answer.
func (w *world) answerClaim(now time.Time) refund.ClaimAnswer {
	require.True(w, w.claiming, "nothing was claimed")
	w.claiming = false
	return w.order.Claim(w.claim(now))
}

// settle takes the endpoint's answer.
func (w *world) settle(o refund.Payment, now time.Time) ([]refund.Deed, error) {
	w.paying = false
	w.doubt = w.doubt && o.Outcome == refund.Refused || o.Outcome == refund.Doubt
	return w.step(now, func(r *refund.Refund) error { return r.Settle(o, w.policy, now) })
}

// held reports whether the order counts the refund.
func (w *world) held() bool {
	return slices.ContainsFunc(w.order.Claims, func(c refund.Claimed) bool { return c.Key == w.r.Key() })
}

// money reports whether the customer has the money, has been promised it, or
// gets it now.
func (w *world) money() bool {
	return slices.Contains([]refund.State{refund.AwaitingGoods, refund.Paying, refund.PayFailed, refund.Paid}, w.r.State)
}

// ways are the states that a step may lead to, besides where the refund stood.
var ways = map[refund.State][]refund.State{
	"":                      {refund.Requested},
	refund.Requested:        {refund.AwaitingApproval, refund.Approved, refund.Observed, refund.NotOurs, refund.Withdrawn, refund.PaidElsewhere},
	refund.AwaitingApproval: {refund.AwaitingSecond, refund.NeedsInfo, refund.Approved, refund.Rejected, refund.Withdrawn, refund.PaidElsewhere},
	refund.AwaitingSecond: {
		refund.AwaitingApproval, refund.NeedsInfo, refund.Approved, refund.Rejected, refund.Withdrawn, refund.PaidElsewhere,
	},
	refund.NeedsInfo: {
		refund.AwaitingApproval, refund.AwaitingSecond, refund.Approved, refund.Rejected, refund.Withdrawn, refund.PaidElsewhere,
	},
	refund.Approved:      {refund.AwaitingApproval, refund.AwaitingSecond, refund.AwaitingGoods, refund.Paying, refund.NotOurs, refund.Withdrawn, refund.PaidElsewhere},
	refund.AwaitingGoods: {refund.Paying, refund.Rejected, refund.Withdrawn, refund.PaidElsewhere},
	refund.Paying:        {refund.Paid, refund.PayFailed, refund.PaidElsewhere},
	refund.PayFailed:     {refund.Paying, refund.Rejected, refund.PaidElsewhere},
}

// check is what is true after every step of every refund.
func (w *world) check(was refund.Refund, deeds []refund.Deed, now time.Time) {
	if !w.quick {
		require.NoError(w, refund.CheckReceipt(w.r.Receipt))
	}
	for _, e := range w.r.Receipt[len(was.Receipt):] {
		require.NotContains(w, e.Sentence().String(), "wrote “", "each line of the decision log is a sentence: add it to sentence.go")
		require.NotContains(w, e.Sentence().String(), "{")
		if by := e.By.Machine; !w.quick && by != "" && by != "the shop's endpoint" && by != "the mail provider" {
			require.Empty(w, leftEnglish(e.Remark()), "each remark of the rules has words: add it to the texts under recorded")
		}
	}
	for i, e := range was.Receipt {
		require.Equal(w, e.Hash, w.r.Receipt[i].Hash, "a receipt only grows")
	}
	require.Equal(w, w.r.State, w.r.Receipt[len(w.r.Receipt)-1].State, "the receipt says where the refund stands")
	require.Contains(w, append([]refund.State{was.State}, ways[was.State]...), w.r.State, "%s leads nowhere else", was.State)
	require.Equal(w, w.r.Claimed || w.counted, w.held(), "what the order counts is what was claimed, released and counted")
	require.True(w, !w.money() || w.r.Claimed, "%s: nobody is promised what is not claimed", w.r.State)
	if last := w.r.Receipt[len(w.r.Receipt)-1]; last.What == "confirmed as not paid" {
		mia, _ := w.policy.Person(last.By.Person)
		require.Equal(w, refund.Manager, mia.Role)
		w.doubt = false
	}
	if w.doubt {
		require.NotContains(w, []refund.State{refund.Rejected, refund.Withdrawn}, w.r.State, "the customer may have the money")
		require.True(w, w.held(), "what may be paid counts")
	}
	if w.r.Undoable != nil {
		require.Contains(w, []refund.State{refund.AwaitingSecond, refund.Approved}, w.r.State)
		require.False(w, w.held(), "what can be undone is not reserved")
		require.False(w, w.r.Next.IsZero() || w.r.Next.After(w.r.Undoable.Until), "the time to undo ends")
	}
	if w.r.State.Terminal() {
		require.True(w, w.r.Next.IsZero() || !w.r.EndRecorded, "no clock runs after the end")
		switch w.r.State {
		case refund.Paid:
		case refund.PaidElsewhere:
			require.Equal(w, w.r.Facts.Amount.Known() && !w.policy.Shadow, w.held(), "what was paid counts")
		default:
			require.False(w, w.held(), "%s: without money nothing is taken", w.r.State)
		}
	}
	if !w.quick && !was.State.Terminal() {
		grew, changed := len(was.Receipt) < len(w.r.Receipt), bare(w, was) != bare(w, w.r) || len(deeds) > 0
		require.True(w, grew || !changed, "the receipt has all that happens")
		_, said := w.policy.Person(w.r.Receipt[len(w.r.Receipt)-1].By.Person)
		require.True(w, changed || !grew || said, "the receipt has nothing else, but for what a person says")
	}
	if was.State.Terminal() {
		require.Equal(w, was.State, w.r.State, "nothing follows the end")
		for _, d := range deeds {
			require.Equal(w, refund.Release, d.What, "nothing is done after the end")
		}
	}
	if w.r.State == refund.Approved && was.State != refund.Approved {
		w.checkApproved(now)
	}
	for i, a := range w.r.Approvals {
		for _, earlier := range w.r.Approvals[:i] {
			require.NotEqual(w, earlier.By, a.By, "nobody counts twice")
		}
	}
}

// checkApproved says again, in other words than the rules, who has to approve.
func (w *world) checkApproved(now time.Time) {
	f, p := w.r.Facts, w.policy
	value := f.Amount.Value.InexactFloat64()
	limits := p.Limits[f.Amount.Currency]
	auto, one := limits.Auto.Value.InexactFloat64(), limits.One.Value.InexactFloat64()
	require.Positive(w, value)
	require.LessOrEqual(w, value, f.OrderValue.Value.Sub(f.Refunded.Value).InexactFloat64())
	require.Equal(w, f.Amount.Currency, f.OrderValue.Currency)
	if w.r.ByRules {
		require.Empty(w, w.r.Approvals)
		require.LessOrEqual(w, value, auto, "the rules approve small amounts only")
		require.False(w, p.Shadow)
		require.False(w, w.r.UsedUp)
		require.Equal(w, "money", f.Kind)
		require.Empty(w, f.RequestedBy)
		require.True(w, f.Confirmed, "whoever knows Temporal may have made it up")
		require.True(w, f.PanelRead, "the panel may have paid")
		if !p.ApproveBelow {
			require.Contains(w, p.Reasons, f.Reason)
			require.LessOrEqual(w, now.Sub(f.OrderedAt), p.OrderAge)
			require.LessOrEqual(w, *f.CustomerRefunds, p.CustomerRefunds)
			require.Less(w, *f.ShopToday, p.ShopDaily)
			require.NotEmpty(w, f.Customer.Email)
		}
		return
	}
	need := 2
	if value <= one {
		need = 1
	}
	require.Len(w, w.r.Approvals, need)
	for _, a := range w.r.Approvals {
		require.True(w, a.Amount.Value.Equal(f.Amount.Value), "all approved what is paid")
		require.NotEqual(w, f.RequestedBy, a.By, "nobody approves an own request")
		require.NotEqual(w, f.Customer.Email, a.By+"@shop.example", "nobody approves an own refund")
		i := slices.IndexFunc(p.People, func(somebody refund.Person) bool { return somebody.Name == a.By })
		require.NotEqual(w, -1, i, "%s is nobody", a.By)
		if p.People[i].Limits != nil {
			limit, ok := p.People[i].Limits[f.Amount.Currency]
			require.True(w, ok, "%s may approve nothing in %s", a.By, f.Amount.Currency)
			require.LessOrEqual(w, value, limit.Value.InexactFloat64(), "%s is above the limit", a.By)
		}
	}
}

// bare is a refund without what follows from the rest.
func bare(t testing.TB, r refund.Refund) string {
	r.Receipt, r.Todo, r.Deeds, r.Next, r.Attention, r.Patience = nil, nil, 0, time.Time{}, "", refund.Patience{}
	return js(t, r)
}
