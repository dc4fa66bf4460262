package desk

import (
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"

	"waybill/contract"
	"waybill/refund"
)

// tab is a form of a page that somebody has open.
type tab struct {
	who, path, page string
	b               browser
	fields          url.Values
	// followed says that its button was pressed, and that something changed.
	followed bool
}

// attribute is an attribute of an element; empty if it has none of the name.
func attribute(n *html.Node, name string) string {
	i := slices.IndexFunc(n.Attr, func(a html.Attribute) bool { return a.Key == name })
	if i < 0 {
		return ""
	}
	return n.Attr[i].Val
}

// oneOf is one of some things by chance; nothing if there are none.
func oneOf[T any](chance *rand.Rand, all ...T) (one T) {
	if len(all) > 0 {
		one = all[chance.IntN(len(all))]
	}
	return one
}

// fill fills a form in by chance.
func fill(form *html.Node, chance *rand.Rand) url.Values {
	fields := url.Values{}
	for n := range form.Descendants() {
		switch name := attribute(n, "name"); {
		case name == "":
		case attribute(n, "type") == "hidden":
			fields.Add(name, attribute(n, "value"))
		case name == "amount":
			fields.Set(name, oneOf(chance, "", "", "20", "60"))
		case name == "orderValue":
			fields.Set(name, oneOf(chance, "", "900"))
		case n.Data == "textarea":
			fields.Set(name, oneOf(chance, "Because.", "It was worn."))
		case n.Data == "button":
			fields.Set(name, oneOf(chance, fields.Get(name), attribute(n, "value")))
		case n.Data == "select":
			var options []string
			for option := range n.Descendants() {
				if option.Data == "option" && option.FirstChild != nil && !slices.ContainsFunc(option.Attr, func(a html.Attribute) bool { return a.Key == "value" }) {
					options = append(options, option.FirstChild.Data)
				}
			}
			fields.Set(name, oneOf(chance, options...))
		}
	}
	return fields
}

// tabsOf are the forms of a page about refunds.
func tabsOf(t *testing.T, who string, b browser, page string, chance *rand.Rand) (all []*tab) {
	t.Helper()
	root, err := html.Parse(strings.NewReader(page))
	require.NoError(t, err)
	for n := range root.Descendants() {
		path := attribute(n, "action")
		rare := strings.HasSuffix(path, "/withdraw") || strings.HasSuffix(path, "/reject") || strings.HasSuffix(path, "/note")
		if n.Data != "form" || !strings.HasPrefix(path, "/refunds/") || rare && chance.IntN(8) > 0 {
			continue
		}
		one := &tab{who: who, path: path, page: page, b: b, fields: fill(n, chance)}
		if attribute(n, "id") == "several" {
			for box := range root.Descendants() {
				if attribute(box, "form") == "several" && chance.IntN(3) > 0 {
					one.fields.Add("refund", attribute(box, "value"))
				}
			}
		}
		all = append(all, one)
	}
	return all
}

// Whatever people press in whatever tab, in whatever order and however often: nothing is approved that
// they may not approve, or that was not before their eyes, and what is done once is not done twice.
func TestClumsyPeopleWithManyTabsApproveOnlyWhatTheySee(t *testing.T) {
	for seed := range uint64(12) {
		c := clumsy{fixture: openWithUndo(t), chance: rand.New(rand.NewPCG(seed, 1))}
		for i, amount := range []string{"30", "79.90", "240", "400"} {
			c.all = append(c.all, c.request("demo", int64(i+1), c.amount(amount)))
		}
		c.all = append(c.all, c.request("demo", 5, func(f *refund.Facts) { f.Amount = refund.Money{} }),
			c.request("demo", 6, c.amount("45"), func(f *refund.Facts) { f.RequestedBy = "anna" }))
		people := map[string]browser{"anna": c.signedInAs("anna"), "ben": c.signedInAs("ben"), "mia": c.signedInAs("mia")}
		for range 80 {
			who := oneOf(c.chance, "anna", "ben", "mia")
			c.step(who, people[who])
		}
	}
}

// clumsy is a desk before which people do things by chance.
type clumsy struct {
	*fixture
	chance *rand.Rand
	all    []contract.RefundRef
	tabs   []*tab
}

// step is one thing that somebody does: opens a page or a mailed link, lets time pass, or presses a
// button, mostly one of those that they have seen last.
func (c *clumsy) step(who string, b browser) {
	of := oneOf(c.chance, c.all...)
	switch n := c.chance.IntN(10); {
	case n < 2:
		c.open(who, b, b.get(pathOf(of)))
	case n == 2:
		c.open(who, b, b.get("/refunds"+oneOf(c.chance, "", "?for=me", "?order=newest")))
	case n == 3:
		c.open(who, b, b.get(decidePath+"?link="+c.decideLink(of, who, "digest of "+who, start.Add(7*day))))
	case n == 4:
		c.clock = c.clock.Add(time.Duration(c.chance.IntN(120)) * time.Second)
		for _, of := range c.all {
			if r := c.fixture.all[of]; !r.State.Terminal() {
				c.happens(of, func(r *refund.Refund, p refund.Policy) error { r.Advance(p, c.clock); return nil })
			}
		}
	case len(c.tabs) > 0:
		c.press(oneOf(c.chance, oneOf(c.chance, c.tabs...), c.tabs[len(c.tabs)-1]))
	}
}

// open opens a page in a tab for each of its forms.
func (c *clumsy) open(who string, b browser, page response) {
	for page.code == http.StatusSeeOther {
		page = b.get(page.header.Get("Location"))
	}
	c.tabs = append(c.tabs, tabsOf(c.t, who, b, page.body, c.chance)...)
}

// press presses the button of a form, and judges what has come of it.
func (c *clumsy) press(p *tab) {
	var before []refund.Refund
	for _, of := range c.all {
		before = append(before, c.fixture.all[of])
	}
	answer := p.b.post(p.path, p.fields)
	require.Less(c.t, answer.code, http.StatusInternalServerError)
	followed := false
	for i, of := range c.all {
		after := c.fixture.all[of]
		if len(after.Approvals) > len(before[i].Approvals) {
			c.judge(p, before[i], after)
		}
		followed = followed || len(after.Receipt) > len(before[i].Receipt)
	}
	order, _ := refund.OrderNamed(p.fields.Get("order"))
	if p.path == "/refunds/several" || hasOnce(order) { // the others can be pressed again after an undo
		require.False(c.t, followed && p.followed, "followed twice: %s %v", p.path, p.fields)
	}
	p.followed = p.followed || followed
	c.open(p.who, p.b, answer)
}

// judge judges an approval.
func (c *clumsy) judge(p *tab, before, after refund.Refund) {
	last := after.Approvals[len(after.Approvals)-1]
	require.Equal(c.t, p.who, last.By)
	require.NotEqual(c.t, after.Facts.RequestedBy, last.By)
	require.False(c.t, slices.ContainsFunc(before.Approvals, func(a refund.Approval) bool { return a.By == last.By }))
	require.NoError(c.t, refund.CheckReceipt(after.Receipt))
	several := p.path == "/refunds/several"
	typed, _ := refund.ParseMoney(p.fields.Get("amount"), "EUR")
	require.True(c.t, typed.String() == last.Amount.String() || strings.Contains(p.page, last.Amount.Digits()), "%s was not before their eyes: %s", last.Amount, p.path)
	if last.Amount.Value.GreaterThan(euro(c.t, "50").Value) {
		require.True(c.t, p.fields.Has("sure") || several && p.fields.Has("once"), "%s was not confirmed: %s", last.Amount, p.path)
	}
	if p.who != "mia" {
		require.False(c.t, last.Amount.Value.GreaterThan(euro(c.t, "250").Value))
	}
	if several {
		require.False(c.t, before.State == refund.AwaitingSecond || after.State == refund.AwaitingSecond)
	}
}
