package refund_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"waybill/refund"
	"waybill/words"
)

// spoken are grounds in plain English.
type spoken struct{ For, Against, Before []string }

func speak(g refund.Grounds) spoken {
	said := func(all []*words.Text) (said []string) {
		for _, text := range all {
			said = append(said, text.String())
		}
		return said
	}
	return spoken{said(g.For), said(g.Against), said(g.Before)}
}

// What speaks for and against a refund comes from the rules that decide whether a person is asked.
func TestWhatSpeaksForAndAgainstARefund(t *testing.T) {
	p := live()
	r := gathered(t, p, known(t, "EUR 80"))
	require.Equal(t, spoken{
		For: []string{
			"Sendcloud has confirmed the return as it was requested", "the amount is within what is left of the order", "the customer wants money",
			"the policy accepts the reason: changed mind", "the order is 5 days old", "it is the customer's first refund in 90 days",
			"the return was not refunded in Sendcloud's panel",
		},
		Against: []string{"EUR 80.00 is more than EUR 50.00", "the goods are not back yet"},
	}, speak(r.Grounds(p, monday)))
	require.Equal(t, []string{"EUR 80.00 is more than EUR 50.00"}, r.Terms.Why)

	r.GoodsBack(monday.Add(day), p, monday.Add(day))
	late := speak(r.Grounds(p, monday.Add(40*day)))
	require.Contains(t, late.For, "the goods came back on Tue 3 Nov 2026, 09:00 UTC")
	require.Contains(t, late.Against, "the order is more than 30 days old")
	require.NotContains(t, late.Against, "the goods are not back yet")

	generous := p
	limits := p.Limits["EUR"]
	limits.Auto = limits.One
	generous.Limits = map[string]refund.Limits{"EUR": limits}
	now := speak(r.Grounds(generous, monday.Add(day)))
	require.Contains(t, now.For, "EUR 80.00 is within the EUR 250.00 that the rules approve")
	require.Empty(t, now.Against)
	require.Equal(t, []string{"EUR 80.00 is more than EUR 50.00"}, now.Before, "why people were asked")
}

func TestWhateverAPersonIsAskedForSpeaksAgainstTheRefund(t *testing.T) {
	p := live()
	three := 3
	for name, change := range map[string]func(*refund.Facts){
		"nothing is known":      func(f *refund.Facts) { *f = refund.Facts{} },
		"an old order":          func(f *refund.Facts) { f.OrderedAt = monday.Add(-31 * day) },
		"another reason":        func(f *refund.Facts) { f.Reason = refund.Damaged },
		"more than is left":     func(f *refund.Facts) { f.Refunded = money(t, "EUR 70") },
		"the customer's fourth": func(f *refund.Facts) { f.CustomerRefunds = &three },
		"an exchange":           func(f *refund.Facts) { f.Kind = "exchange" },
		"asked for by the shop": func(f *refund.Facts) { f.RequestedBy = "carla" },
	} {
		t.Run(name, func(t *testing.T) {
			f := known(t, "EUR 80")
			change(&f)
			r := gathered(t, p, f)
			require.Equal(t, refund.AwaitingApproval, r.State)
			g := speak(r.Grounds(p, monday))
			require.Subset(t, g.Against, r.Terms.Why)
			require.Empty(t, g.Before)
			for _, text := range g.For {
				require.NotContains(t, g.Against, text)
			}
		})
	}
}

func TestOnlyWhilePeopleDecideSomethingSpeaksForARefund(t *testing.T) {
	p := live()
	r := gathered(t, p, known(t, "EUR 20"))
	require.Equal(t, refund.Approved, r.State)
	require.Equal(t, refund.Grounds{}, r.Grounds(p, monday.Add(time.Hour)))
}
