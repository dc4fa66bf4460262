package policy

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"waybill/refund"
)

// refundSettings are who has to approve which refund, and when people hear of it.
func refundSettings() []setting {
	return []setting{
		either("refunds.mode", "shadow looks at each refund and writes down what would have been done: nobody is asked or told, and nothing is paid; live does it",
			"shadow", "live", func(p *Policy) *bool { return &p.Refunds.Shadow }),
		eachLimit("refunds.auto.*", "the most that no person needs to see, by currency, if nothing else speaks against it; EUR 50.00 if left out; 0 has a person see each",
			func(l *refund.Limits) *refund.Money { return &l.Auto }),
		eachLimit("refunds.one_approver.*", "the most that one person may approve alone, by currency; EUR 250.00 if left out, and in other currencies as much as refunds.auto; above it, and in a currency that has neither, two people decide",
			func(l *refund.Limits) *refund.Money { return &l.One }),
		reasons("refunds.auto_reasons", "the customer's reasons that need no person", func(p *Policy) *[]refund.Reason { return &p.Refunds.Reasons }),
		span("refunds.order_age", "how old an order may be that needs no person", 24*time.Hour, year,
			func(p *Policy) *time.Duration { return &p.Refunds.OrderAge }),
		count("refunds.customer_refunds", "how many refunds a customer may have had in refunds.customer_span so that the next needs no person", 0, 100,
			func(p *Policy) *int { return &p.Refunds.CustomerRefunds }),
		span("refunds.customer_span", "for how long a customer's refunds count", 24*time.Hour, year,
			func(p *Policy) *time.Duration { return &p.Refunds.CustomerSpan }),
		count("refunds.shop_daily", "how many refunds in 24 hours no person needs to see; 0 has a person see each", 0, 100000,
			func(p *Policy) *int { return &p.Refunds.ShopDaily }),
		onOff("refunds.goods_first", "whether an approved refund waits for the goods", func(p *Policy) bool { return p.Refunds.GoodsFirst }, func(p *Policy, on bool) { p.Refunds.GoodsFirst = on }),
		span("refunds.goods_wait", "after how long without the goods operations are told", time.Minute, year,
			func(p *Policy) *time.Duration { return &p.Refunds.GoodsWait }),
		span("refunds.remind_after", "how long after they were asked people are reminded that they have to decide", time.Minute, 30*24*time.Hour,
			func(p *Policy) *time.Duration { return &p.Refunds.RemindAfter }),
		span("refunds.remind_again", "how long after they were asked people are reminded again", time.Minute, 30*24*time.Hour,
			func(p *Policy) *time.Duration { return &p.Refunds.RemindAgain }),
		span("refunds.escalate_after", "how long after people were asked managers are asked instead, and then daily", time.Minute, 30*24*time.Hour,
			func(p *Policy) *time.Duration { return &p.Refunds.EscalateAfter }),
		either("refunds.on_timeout", "what happens after refunds.escalate_after: escalate asks managers, approve_below_threshold approves what is within refunds.auto and asks managers about the rest; nothing is ever rejected because nobody decides",
			"approve_below_threshold", "escalate", func(p *Policy) *bool { return &p.Refunds.ApproveBelow }),
		span("refunds.info_wait", "how long a question to the customer waits for its answer until people decide without one", time.Minute, 90*24*time.Hour,
			func(p *Policy) *time.Duration { return &p.Refunds.InfoWait }),
		span("refunds.pay_patience", "how long the shop's endpoint is asked to pay until operations are told", time.Minute, 30*24*time.Hour,
			func(p *Policy) *time.Duration { return &p.Refunds.Patience.Pay }),
	}
}

// eachLimit makes an amount of refund.Limits one for each currency.
func eachLimit(path, about string, money func(*refund.Limits) *refund.Money) setting {
	return eachCurrency(path, about, func(p *Policy) *map[string]refund.Limits { return &p.Refunds.Limits },
		func(p *Policy) *refund.Limits { return &p.beside.limits }, money)
}

var (
	plainAmount = regexp.MustCompile(`^[0-9]+(\.[0-9]+)?$`)
	noAmount    = regexp.MustCompile(`^0+(\.0+)?$`)
)

// amount is an exact amount in a currency; it may be 0.
func amount(path, about, code string, field func(*Policy) *refund.Money) setting {
	const says = "an amount as in 50.00, without the currency"
	return setting{
		path: path, about: about, allowed: says, schema: map[string]any{"type": []any{"string", "number"}, "pattern": plainAmount.String(), "minimum": 0},
		set: func(p *Policy, value string) error {
			if !plainAmount.MatchString(value) {
				return fmt.Errorf("%q is not allowed: write %s", value, says)
			}
			if noAmount.MatchString(value) {
				_, err := refund.ParseMoney("1", code)
				*field(p) = refund.Money{Currency: code}
				return err
			}
			m, err := refund.ParseMoney(value, code)
			*field(p) = m
			return err
		},
		show: func(p Policy) string {
			_, number, _ := strings.Cut(field(&p).String(), " ")
			return number
		},
	}
}

// reasons are some of a customer's reasons.
func reasons(path, about string, field func(*Policy) *[]refund.Reason) setting {
	var names []string
	for _, reason := range refund.Reasons() {
		names = append(names, string(reason))
	}
	says := "some of " + strings.Join(names, ", ") + `, with commas between them, or "" for none`
	one := "(" + strings.Join(names, "|") + ")"
	return setting{
		path: path, about: about, allowed: says, schema: map[string]any{"type": "string", "pattern": "^(" + one + "(, *" + one + ")*)?$"},
		set: func(p *Policy, value string) error {
			*field(p) = nil // what is there may be another integration's
			if value == "" {
				return nil
			}
			for word := range strings.SplitSeq(value, ",") {
				word = strings.TrimSpace(word)
				if !slices.Contains(names, word) {
					return fmt.Errorf("%q is not allowed: write %s", word, says)
				}
				*field(p) = append(*field(p), refund.Reason(word))
			}
			return nil
		},
		show: func(p Policy) string {
			var words []string
			for _, reason := range *field(&p) {
				words = append(words, string(reason))
			}
			return strings.Join(words, ", ")
		},
	}
}

// settleRefunds fills in what refunds take from other settings, and the limits
// of which the file says one only.
func (p *Policy) settleRefunds() {
	r := &p.Refunds
	r.Version = p.Version
	r.Patience.Mail, r.Patience.Proof, r.Patience.Unproven = p.PatienceAction, p.ProofWait, p.MaxUnproven
	r.Reasons, r.Limits = slices.Clone(r.Reasons), maps.Clone(r.Limits)
	for code, limits := range r.Limits {
		if !limits.Auto.Known() {
			limits.Auto.Currency = code
		}
		if !limits.One.Known() {
			limits.One = limits.Auto
		}
		r.Limits[code] = limits
	}
}

// check tells what is wrong with settings that are each right.
func (r *reader) check(b *Book) {
	chapters := []chapter{b.usual}
	for _, name := range b.Integrations() {
		chapters = append(chapters, b.integrations[name])
	}
	for _, c := range chapters {
		r.checkRefunds(c)
		r.checkPeople(c)
	}
	r.checkWhoIsWho(chapters)
}

func (r *reader) checkRefunds(c chapter) {
	p := c.policy.Refunds
	for _, code := range slices.Sorted(maps.Keys(p.Limits)) {
		auto, one := "refunds.auto."+code, "refunds.one_approver."+code
		if limits := p.Limits[code]; limits.One.Known() && limits.Auto.Value.GreaterThan(limits.One.Value) {
			r.faultOn(max(c.from[auto], c.from[one]), "%s: write at most the %s of %s, and not %s", auto, limits.One, one, limits.Auto)
		}
	}
	if p.RemindAfter >= p.RemindAgain || p.RemindAgain >= p.EscalateAfter {
		r.faultOn(max(c.from["refunds.remind_after"], c.from["refunds.remind_again"], c.from["refunds.escalate_after"]),
			"refunds: write remind_after, remind_again and escalate_after in ascending order, and not %s, %s and %s", spell(p.RemindAfter), spell(p.RemindAgain), spell(p.EscalateAfter))
	}
}
