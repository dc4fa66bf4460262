package refund

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"waybill/delivery"
)

// ground is one thing that speaks for a refund, or against it: then a person has to decide.
type ground struct {
	against bool
	text    string
}

// judge is what the rules find for and against a refund. Where the facts say neither, it says nothing.
func (p Policy) judge(f Facts, now time.Time) []ground {
	var all []ground
	because := func(against, is bool, format string, args ...any) {
		if is {
			all = append(all, ground{against, fmt.Sprintf(format, args...)})
		}
	}
	no := func(is bool, format string, args ...any) { because(true, is, format, args...) }
	yes := func(is bool, format string, args ...any) { because(false, is, format, args...) }

	yes(f.Confirmed, "Sendcloud has confirmed the return as it was requested")
	no(!f.Confirmed, "Sendcloud has not confirmed the return as it was requested")
	limits, listed := p.Limits[f.Amount.Currency]
	no(!f.Amount.Known(), "the amount is not known")
	no(f.Amount.Known() && !listed, "the policy has no limits in %s", f.Amount.Currency)
	yes(listed && f.Amount.within(limits.Auto), "%s is within the %s that the rules approve", f.Amount, limits.Auto)
	no(listed && !f.Amount.within(limits.Auto), "%s is more than %s", f.Amount, limits.Auto)
	if err := f.payable(); f.Amount.Known() {
		yes(err == nil, "the amount is within what is left of the order")
		no(err != nil, "%v", err)
	}
	no(f.Kind == "", "it is not known what the customer wants")
	yes(f.Kind == "money", "the customer wants money")
	no(f.Kind != "" && f.Kind != "money", "the customer wants %s instead of money", short(f.Kind))
	accepted := slices.Contains(p.Reasons, f.Reason)
	no(f.Reason == "", "the reason is not known")
	yes(f.Reason != "" && accepted, "the policy accepts the reason: %s", strings.ReplaceAll(string(f.Reason), "_", " "))
	no(f.Reason != "" && !accepted, "the reason is %s", f.Reason)
	age := now.Sub(f.OrderedAt)
	no(f.OrderedAt.IsZero(), "the age of the order is not known")
	yes(!f.OrderedAt.IsZero() && age <= p.OrderAge, "the order is %s old", delivery.Span(age))
	no(!f.OrderedAt.IsZero() && age > p.OrderAge, "the order is more than %d days old", p.OrderAge/day)
	no(f.Customer.Email == "", "the customer is not known")
	p.judgeOthers(f, yes, no)
	yes(f.PanelRead, "the return was not refunded in Sendcloud's panel")
	no(!f.PanelRead && !p.AutoPanelUnknown, panelUnknown)
	no(f.RequestedBy != "", "one of the shop's own people requested it")
	return all
}

// judgeOthers judges by the other refunds of the customer and of the shop.
func (p Policy) judgeOthers(f Facts, yes, no func(bool, string, ...any)) {
	no(f.CustomerRefunds == nil, "the customer's earlier refunds are not known")
	if n := f.CustomerRefunds; n != nil {
		yes(*n == 0, "it is the customer's first refund in %d days", p.CustomerSpan/day)
		yes(*n > 0 && *n <= p.CustomerRefunds, "the customer had no more than %d refunds in %d days", p.CustomerRefunds, p.CustomerSpan/day)
		no(*n > p.CustomerRefunds, "the customer had more than %d refunds in %d days", p.CustomerRefunds, p.CustomerSpan/day)
	}
	no(f.ShopToday == nil, "the shop's refunds of today are not known")
	no(f.ShopToday != nil && *f.ShopToday >= p.ShopDaily, "the rules approved %d refunds in 24 hours", p.ShopDaily)
}

// Grounds are what speaks for and against a refund at a moment. Before are reasons for which people
// were asked, and which do not hold any more, such as after a change of the policy.
type Grounds struct{ For, Against, Before []string }

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
		g.Against = append(g.Against, mayBePaid)
	}
	for _, why := range r.Terms.Why {
		switch {
		case slices.Contains(g.Against, why):
		case r.UsedUp: // the tally of the order has said so
			g.Against = append(g.Against, why)
		default:
			g.Before = append(g.Before, why)
		}
	}
	if r.Facts.CustomerAtSendcloud != "" {
		g.Against = append(g.Against, "Sendcloud has another mail address of the customer")
	}
	switch back, sent := r.Clock.GoodsAt, r.Clock.PostedAt; {
	case !back.IsZero():
		g.For = append(g.For, "the goods came back on "+delivery.Moment(back))
	case !sent.IsZero():
		g.For = append(g.For, "the customer sent the goods on "+delivery.Moment(sent))
		g.Against = append(g.Against, "the goods are not back yet")
	default:
		g.Against = append(g.Against, "the goods are not back yet")
	}
	return g
}
