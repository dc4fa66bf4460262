package refund

import (
	"slices"
	"strings"
	"time"

	"waybill/words"
)

// ground is one thing that speaks for a refund, or against it: then a person has to decide.
type ground struct {
	against bool
	text    *words.Text
}

// judge is what the rules find for and against a refund. Where the facts say neither, it says nothing.
func (p Policy) judge(f Facts, now time.Time) []ground {
	var all []ground
	because := func(against, is bool, key string, pairs ...any) {
		if is {
			all = append(all, ground{against, words.Say("ground."+key, pairs...)})
		}
	}
	no := func(is bool, key string, pairs ...any) { because(true, is, key, pairs...) }
	yes := func(is bool, key string, pairs ...any) { because(false, is, key, pairs...) }

	yes(f.Confirmed, "confirmed")
	no(!f.Confirmed, "not_confirmed")
	limits, listed := p.Limits[f.Amount.Currency]
	no(!f.Amount.Known(), "no_amount")
	no(f.Amount.Known() && !listed, "no_limits", "Currency", f.Amount.Currency)
	yes(listed && f.Amount.within(limits.Auto), "within_limit", "Amount", f.Amount, "Limit", limits.Auto)
	no(listed && !f.Amount.within(limits.Auto), "over_limit", "Amount", f.Amount, "Limit", limits.Auto)
	if err := f.payable(); f.Amount.Known() {
		yes(err == nil, "within_order")
		no(err != nil, "as_it_is", "Why", err)
	}
	no(f.Kind == "", "no_kind")
	yes(f.Kind == "money", "money")
	no(f.Kind != "" && f.Kind != "money", "instead_of_money", "Kind", f.kind())
	accepted := slices.Contains(p.Reasons, f.Reason)
	no(f.Reason == "", "no_reason")
	yes(f.Reason != "" && accepted, "reason_accepted", "Reason", f.Reason.say())
	no(f.Reason != "" && !accepted, "reason", "Reason", f.Reason.say())
	age := now.Sub(f.OrderedAt)
	no(f.OrderedAt.IsZero(), "no_age")
	yes(!f.OrderedAt.IsZero() && age <= p.OrderAge, "young", "Age", age)
	no(!f.OrderedAt.IsZero() && age > p.OrderAge, "old", "N", int(p.OrderAge/day))
	no(f.Customer.Email == "", "no_customer")
	p.judgeOthers(f, yes, no)
	yes(f.PanelRead, "not_in_panel")
	no(!f.PanelRead && !p.AutoPanelUnknown, "panel_unknown")
	no(f.RequestedBy != "", "own_people")
	return all
}

// judgeOthers judges by the other refunds of the customer and of the shop.
func (p Policy) judgeOthers(f Facts, yes, no func(bool, string, ...any)) {
	no(f.CustomerRefunds == nil, "earlier_unknown")
	if n, days := f.CustomerRefunds, int(p.CustomerSpan/day); n != nil {
		yes(*n == 0, "first", "Days", days)
		yes(*n > 0 && *n <= p.CustomerRefunds, "few", "Most", p.CustomerRefunds, "Days", days)
		no(*n > p.CustomerRefunds, "many", "Most", p.CustomerRefunds, "Days", days)
	}
	no(f.ShopToday == nil, "today_unknown")
	no(f.ShopToday != nil && *f.ShopToday >= p.ShopDaily, "today", "Most", p.ShopDaily)
}

// Grounds are what speaks for and against a refund at a moment. Before are reasons for which people
// were asked, and which do not hold any more, such as after a change of the policy.
type Grounds struct{ For, Against, Before []*words.Text }

// Grounds says what speaks for and against the refund while people decide. Whatever the rules find
// against it is why they do. What else speaks against it follows.
func (r *Refund) Grounds(p Policy, now time.Time) (g Grounds) {
	if !r.Undecided() {
		return g
	}
	for _, one := range p.judge(r.Facts, now) {
		if one.against {
			g.Against = append(g.Against, one.text)
		} else {
			g.For = append(g.For, one.text)
		}
	}
	if r.InDoubt {
		g.Against = append(g.Against, words.Word("ground", mayBePaid))
	}
	for _, why := range r.Terms.Reasons() { // recorded, in English
		switch {
		case slices.ContainsFunc(g.Against, func(t *words.Text) bool { return t.String() == why.String() }):
		case r.UsedUp: // the tally of the order has said so
			g.Against = append(g.Against, why)
		default:
			g.Before = append(g.Before, why)
		}
	}
	if r.Facts.CustomerAtSendcloud != "" {
		g.Against = append(g.Against, words.Say("ground.other_address"))
	}
	switch back, sent := r.Clock.GoodsAt, r.Clock.PostedAt; {
	case !back.IsZero():
		g.For = append(g.For, words.Say("ground.goods_back", "At", back))
	case !sent.IsZero():
		g.For = append(g.For, words.Say("ground.goods_sent", "At", sent))
		g.Against = append(g.Against, words.Say("ground.goods_not_back"))
	default:
		g.Against = append(g.Against, words.Say("ground.goods_not_back"))
	}
	return g
}

// kind is what the customer wants, as a text.
func (f Facts) kind() *words.Text { return &words.Text{Key: "kind." + f.Kind, Else: short(f.Kind)} }

// say is the reason as a text.
func (r Reason) say() *words.Text {
	return &words.Text{Key: "refund_reason." + string(r), Else: strings.ReplaceAll(string(r), "_", " ")}
}
