package refund_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"waybill/refund"
	"waybill/refund/story"
)

// Whatever happens in whatever order to three refunds of one order, some things
// never do. What is true of each refund is in world.check.
func TestNoSequenceOfHappeningsBreaksTheRules(t *testing.T) {
	reached := map[refund.State]int{}
	for seed := range uint64(3000) {
		w := newWalk(t, seed)
		for range 50 {
			w.once()
			w.checkOrder()
		}
		for _, one := range w.refunds {
			reached[one.r.State]++
			require.NoError(t, refund.CheckReceipt(one.r.Receipt), "seed %d", seed)
		}
	}
	for _, state := range refund.States() {
		require.Greater(t, reached[state], 20, "the walks hardly end in %s, so they say little of it", state)
	}
}

// walk is what happens at random.
type walk struct {
	*rand.Rand
	t       *testing.T
	seed    uint64
	now     time.Time
	policy  refund.Policy
	order   refund.Tally
	refunds []*world
}

func newWalk(t *testing.T, seed uint64) *walk {
	w := &walk{Rand: rand.New(rand.NewPCG(seed, 1)), t: t, seed: seed, now: monday, policy: live()}
	w.policy.GoodsFirst, w.policy.ApproveBelow = w.IntN(2) == 0, w.IntN(3) == 0
	w.policy.Shadow = w.IntN(20) == 0
	if w.IntN(2) == 0 {
		w.policy.Undo = 300 * time.Minute // about as long as what happens takes
	}
	for id := range int64(3) {
		w.refunds = append(w.refunds, newWorld(t, w.policy, id, &w.order))
		w.refunds[id].quick = seed%8 > 0
	}
	return w
}

// once is one thing that happens to one of the refunds.
func (w *walk) once() {
	w.now = w.now.Add(time.Duration(w.IntN(600)) * time.Minute)
	if w.IntN(20) == 0 {
		w.now = w.now.AddDate(0, 0, w.IntN(20)) // nobody looks
	}
	one := w.refunds[w.IntN(len(w.refunds))]
	defer func() {
		if w.t.Failed() {
			w.t.Logf("seed %d, %s: %s", w.seed, one.r.Key(), js(w.t, one.r))
		}
	}()
	switch {
	case one.r.State == "":
		w.tell(one, story.Happening{Kind: story.Reported, Facts: w.facts()})
	case one.claiming && w.IntN(2) == 0:
		a := one.answerClaim(w.now)
		_, err := one.step(w.now, func(r *refund.Refund) error { r.ClaimAnswered(a, w.policy, w.now); return nil })
		require.NoError(w.t, err)
	case one.paying && w.IntN(2) == 0:
		outcomes := []refund.Outcome{refund.PaidNow, refund.PaidNow, refund.PaidBefore, refund.Refused, refund.Doubt}
		_, err := one.settle(refund.Payment{Outcome: outcomes[w.IntN(len(outcomes))]}, w.now)
		require.NoError(w.t, err)
	default:
		w.tell(one, w.happening())
	}
}

func (w *walk) tell(one *world, h story.Happening) {
	before := one.r.State
	_, err := one.step(w.now, func(r *refund.Refund) error { return tell(r, h, w.policy, w.now) })
	if err != nil {
		require.Equal(w.t, before, one.r.State)
		require.NotEmpty(w.t, err.Error())
	}
}

// happening is one of all that can happen. What ends a refund at once is rare.
func (w *walk) happening() story.Happening {
	rare := func(h story.Happening) story.Happening {
		if w.IntN(6) > 0 {
			return story.Happening{Kind: story.Later}
		}
		return h
	}
	switch w.IntN(15) {
	case 0:
		return story.Happening{Kind: story.Reported, Facts: w.facts()}
	case 1, 2:
		if w.IntN(12) == 0 {
			return story.Happening{Kind: story.NotOurs}
		}
		return story.Happening{Kind: story.Gathered, Facts: w.facts(), Words: w.one("", "", "Sendcloud does not know the return")}
	case 3, 4, 5:
		fields := map[string]string{}
		if w.IntN(3) == 0 {
			fields["amount"], fields["orderValue"], fields["currency"] = w.amount(), w.amount(), w.one("", "EUR", "EUR", "USD", "EURO")
		}
		if w.IntN(5) == 0 {
			fields["customerEmail"] = w.one("anna@shop.example", "jane.doe@example.com")
		}
		return w.give("approve", w.said(), fields)
	case 6:
		return rare(w.give("reject", w.said(), map[string]string{"why": w.one("", "Worn.")}))
	case 7:
		return w.give("ask-customer", w.said(), map[string]string{"question": w.one("", "Which size?")})
	case 8:
		return w.give("enter-answer", w.said(), map[string]string{"answer": w.one("", "42")})
	case 9:
		if w.IntN(2) == 0 {
			return w.give("undo-approval", w.said(), nil)
		}
		return rare(w.give("withdraw", w.said(), nil))
	case 10:
		return w.give("reassign", w.said(), map[string]string{"to": w.person()})
	case 11:
		return w.give(w.one("pay-again", "receive-goods"), w.said(), nil)
	case 12:
		return w.give("confirm-unpaid", w.said(), map[string]string{"why": w.one("", "Not among the payouts.")})
	case 13:
		return rare(story.Happening{Kind: story.InPanel})
	default:
		at := w.now.Add(-time.Duration(w.IntN(100)) * time.Hour)
		return story.Happening{Kind: []story.Kind{story.Posted, story.GoodsBack, story.Later, story.Later}[w.IntN(4)], At: at}
	}
}

// facts are some, and often all that the rules need.
func (w *walk) facts() refund.Facts {
	f := known(w.t, w.one("EUR 20.00", "EUR 49.99", "EUR 60.00", "EUR 260.00", "USD 20.00"))
	f.OrderValue, f.Confirmed, f.PanelRead = money(w.t, "EUR 300.00"), w.IntN(4) > 0, w.IntN(4) > 0
	if w.IntN(2) == 0 {
		return f
	}
	several := w.IntN(5)
	f.CustomerRefunds, f.Kind = &several, w.one("", "money", "exchange")
	f.Reason = refund.Reason(w.one("", "changed_mind", "damaged"))
	f.RequestedBy = w.one("", "", "anna", "mia")
	f.Customer.Email = w.one("", "jane.doe@example.com", "ben@shop.example")
	f.OrderedAt = w.now.Add(-time.Duration(w.IntN(40)) * day)
	f.IncomingParcel = int64(w.IntN(2))
	if w.IntN(3) == 0 {
		f.Amount = refund.Money{}
	}
	if w.IntN(3) == 0 {
		f.OrderValue = refund.Money{}
	}
	return f
}

func (w *walk) one(of ...string) string { return of[w.IntN(len(of))] }

func (w *walk) person() string { return w.one("anna", "ben", "mia", "max", "eve") }

// said has people use few links, so that some are used twice, and some orders come unproven.
func (w *walk) said() refund.Said {
	ways := []refund.Via{refund.ViaPage, refund.ViaPage, refund.ViaPage, ""}
	return refund.Said{By: w.person(), Via: ways[w.IntN(len(ways))], Link: w.one("", "", "", fmt.Sprint("link", w.IntN(5)))}
}

func (w *walk) give(name string, said refund.Said, fields map[string]string) story.Happening {
	return story.Happening{Kind: story.Ordered, Order: name, Input: refund.Input{Said: said, Fields: fields}}
}

// amount is none, some, or what nobody can mean.
func (w *walk) amount() string {
	return w.one("", "0", "-20", "10.00", "250.00", "300.00", "9000.00", "1.005")
}

// checkOrder is what is true of the order: what was promised out of it is not
// more than it cost. What people pay in the panel is their own.
func (w *walk) checkOrder() {
	sum := decimal.Zero
	for _, one := range w.refunds {
		if one.held() && !one.counted {
			sum = sum.Add(one.r.Facts.Amount.Value)
		}
	}
	if w.order.Value.Known() {
		require.True(w.t, sum.LessThanOrEqual(w.order.Value.Value), "seed %d: %s of %s", w.seed, sum, w.order.Value)
	} else {
		require.True(w.t, sum.IsZero(), "seed %d", w.seed)
	}
}
