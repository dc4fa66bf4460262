//go:build browser

package e2e_test

import (
	"fmt"
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"waybill/devstack/merchant"
	"waybill/devstack/sendgrid"
	"waybill/link"
	"waybill/policy"
	"waybill/refund"
)

// desk is where people decide about the refunds of a till.
type desk struct {
	*till
	chromium
	// signingIn has one person sign in at a time: links are found by whom they are
	// mailed to.
	signingIn *sync.Mutex
}

// newDesk opens a desk; refunds are as the policy of the tests and more say.
func newDesk(t *testing.T, c chromium, more string) *desk {
	t.Helper()
	d := &desk{till: newTillWith(t, shared.get(t), postOffice{events: true, logs: true}, people), chromium: c, signingIn: &sync.Mutex{}}
	d.setPolicy("mode: live\n" + atOnce + people + more)
	d.openDoors()
	return d
}

// in is the desk in a story.
func (d *desk) in(t *testing.T) *desk {
	inner := *d
	inner.till = d.at(t)
	return &inner
}

// path is where the page of a refund is, name what the pages call it.
func (o sold) path() string { return fmt.Sprintf("/refunds/demo/%d", o.back0.ID) }

func (o sold) name() string { return fmt.Sprintf("Return %d", o.back0.ID) }

// wanting is a refund that people have to decide about.
func (d *desk) wanting(total string) sold {
	d.Helper()
	o := d.sell(total)
	d.ask(o)
	d.reaches(o, refund.AwaitingApproval)
	return o
}

// mailed waits until somebody was mailed so many times about something, and is
// the last of these mails.
func (d *desk) mailed(to, kind, about string, times int) (last sendgrid.Mail) {
	d.Helper()
	d.eventually(fmt.Sprintf("mail %s to %s", kind, to), func() error {
		n := 0
		for _, m := range d.sendgrid.Mails() {
			if m.To == to && m.Categories[1] == kind && strings.Contains(m.Text, about) {
				n, last = n+1, m
			}
		}
		if n < times {
			return fmt.Errorf("%d came", n)
		}
		return nil
	})
	return last
}

var buttonTo = regexp.MustCompile(`href="([^"]+/(?:refunds/decide|session)\?link=[^"]+)"`)

// button is where the button of a mail leads, which is also written out in plain
// text.
func (d *desk) button(m sendgrid.Mail) string {
	d.Helper()
	found := buttonTo.FindStringSubmatch(m.HTML)
	require.NotNil(d, found, m.HTML)
	address := html.UnescapeString(found[1])
	require.Contains(d, m.Text, address)
	return address
}

// askedBy is where the link leads by which somebody is asked about a refund.
func (d *desk) askedBy(o sold, address string) string {
	d.Helper()
	return d.button(d.mailed(address, "approval_asked", fmt.Sprint(o.back0.ID), 1))
}

// withLink has a link mailed to somebody, and uses it before the next one is asked for: until
// then, a second request of the same person is taken for the first.
func (w *window) withLink(d *desk, name string, use func(mailed string)) {
	w.Helper()
	d.signingIn.Lock()
	defer d.signingIn.Unlock()
	address, n := name+"@shop.example", 0
	for _, m := range d.sendgrid.Mails() {
		if m.To == address && m.Categories[1] == "sign_in" {
			n++
		}
	}
	w.visit("/sign-in", http.StatusOK)
	w.write("sign-in-address", address)
	w.press("Mail me a link", http.StatusOK)
	use(d.button(d.mailed(address, "sign_in", "", n+1)))
}

// signIn signs somebody in.
func (d *desk) signIn(w *window, name string) *window {
	d.Helper()
	w.withLink(d, name, func(mailed string) {
		w.visit(mailed, http.StatusOK)
		w.press("Sign in", http.StatusOK)
	})
	w.at(map[bool]string{true: "/parcels", false: "/refunds"}[name == "sam"])
	return w
}

// approve approves an amount that is asked about once more.
func (w *window) approve(amount string) {
	w.Helper()
	w.press("Approve", http.StatusOK)
	w.reads("Nothing has been done yet.")
	w.press("Approve "+amount+" now", http.StatusOK)
}

// newest is what the customer was told last.
func (d *desk) newest(o sold) (last sendgrid.Mail) {
	for _, m := range d.sendgrid.Mails() {
		if m.To == o.sent.Recipient.Email {
			last = m
		}
	}
	return last
}

// pseudonym is whom a link is for.
func pseudonym(person string) string {
	book, err := policy.Parse("the tests", []byte(people))
	if err != nil {
		panic(err)
	}
	for _, somebody := range book.Everybody() {
		if somebody.Name == person {
			return keys.Person(somebody.Identity())
		}
	}
	return keys.Person(person)
}

// decideLink is a link about a refund that was never mailed.
func decideLink(o sold, person string, until time.Time) link.Link {
	return link.Link{Purpose: link.Decide, Subject: o.workflowID(), Person: pseudonym(person), Nonce: "of the tests", Until: until.Unix()}
}

func decideAt(token string) string { return "/refunds/decide?link=" + token }

// What the policies of the desks have beside that of the tests.
const (
	// inAMinute has managers asked as soon as a policy can.
	inAMinute = "  goods_first: on\n  remind_after: 60s\n  remind_again: 61s\n  escalate_after: 62s\n"
	zoe       = "integrations: {demo: {people: {zoe: {email: zoe@shop.example, role: approver, limit: {EUR: 500}}}}}\n"
	carefully = "  one_approver: {EUR: 150}\noperations: {mail: ops@shop.example}\n"
)

// TestInTheBrowser plays what people do on the pages of refunds, in a real
// browser. It needs Chromium and axe-core: see scripts/browser.sh.
func TestInTheBrowser(t *testing.T) {
	c := startChromium(t)
	t.Run("the inbox", func(t *testing.T) {
		t.Parallel()
		inbox(newDesk(t, c, inAMinute))
	})
	t.Run("Temporal's UI", func(t *testing.T) {
		t.Parallel()
		readInTemporalsUI(t, c)
	})
	t.Run("several refunds at once", func(t *testing.T) {
		t.Parallel()
		severalAtOnce(newDesk(t, c, ""))
	})
	t.Run("parcels", func(t *testing.T) {
		t.Parallel()
		d := newDesk(t, c, "")
		for name, play := range map[string]func(*desk){
			"an order whose mail bounced":          orderWithoutMail,
			"a mail is sent again, in German":      mailAgainInGerman,
			"a page that a mail leads to":          pageThatWasWanted,
			"mails are paused, without script":     mailsPaused,
			"who has not signed in sees no parcel": noParcelIsSeen,
		} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				play(d.in(t))
			})
		}
	})
	t.Run("the page of a refund", func(t *testing.T) {
		t.Parallel()
		d := newDesk(t, c, undoable)
		for name, play := range map[string]func(*desk){
			"a large approval, and its undo":     approvedAndUndone,
			"a question after the session's end": typedAfterTheEnd,
		} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				play(d.in(t))
			})
		}
	})
	t.Run("refunds", func(t *testing.T) {
		t.Parallel()
		d := newDesk(t, c, carefully+zoe)
		for name, play := range map[string]func(*desk){
			"somebody signs in and out":              signsInAndOut,
			"approved on the page, without script":   approvedOnThePage,
			"rejected by a mailed link":              rejectedByLink,
			"the customer is asked":                  customerAsked,
			"two people approve":                     twoApprove,
			"a payment that fails is tried again":    paymentFails,
			"given to another person, and withdrawn": givenAndWithdrawn,
			"what no source tells":                   whatNoSourceTells,
			"a link that is not good":                badLinks,
			"a link of somebody who leaves":          linkOfSomebodyWhoLeaves,
			"a link in two windows":                  linkInTwoWindows,
			"who has not signed in sees nothing":     nothingIsSeen,
			"another site presses a button":          anotherSite,
		} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				play(d.in(t))
			})
		}
	})
}

func inbox(d *desk) {
	w := d.signIn(d.window(), "anna")
	w.reads("No refund waits for your decision.")
	w.look("inbox-empty")

	plain, late := d.sell("120.00"), d.sell("90.00")
	// Where nobody can see the goods the law's clock runs from the notice on.
	late.back0.IncomingParcel, late.back0.CreatedAt = 0, time.Now().AddDate(0, 0, -12).Add(time.Hour)
	d.ask(plain)
	d.ask(late)
	d.reaches(plain, refund.AwaitingApproval)
	d.reaches(late, refund.AwaitingApproval)
	listed := func(address string, want ...sold) {
		d.Helper()
		d.eventually("the list to have them", func() error {
			w.visit(address, http.StatusOK)
			page := w.text()
			for _, o := range []sold{plain, late} {
				if is := slices.ContainsFunc(want, func(x sold) bool { return x.path() == o.path() }); is != strings.Contains(page, o.name()) {
					return fmt.Errorf("%s is listed: %t", o.name(), !is)
				}
			}
			return nil
		})
	}
	listed("/refunds", plain, late)
	w.reads("Awaiting approval an approver decides", "waiting for ", "€120.00", "€90.00", "2 days left by law", "10 of 14 legal days are over")

	w.unfold("Filter")
	w.tick("filter-due_within")
	w.press("Show", http.StatusOK)
	w.reads("Due by law within 3 days", late.name())
	w.lacks(plain.name())
	w.unfold("Filter")
	w.tick("filter-due_within")
	w.choose("filter-role", "manager")
	w.press("Show", http.StatusOK)
	w.reads("No refund matches.")
	managers := w.address()
	w.unfold("Filter")
	w.choose("filter-role", "approver")
	w.choose("filter-order", "Oldest")
	w.press("Show", http.StatusOK)
	w.reads(plain.name(), late.name())

	// Nobody decides, so that it is a manager's turn.
	listed(managers, plain, late)
	w.reads("Awaiting approval a manager decides", " minute")
	d.mailed("mia@shop.example", "approval_escalated", fmt.Sprint(plain.back0.ID), 1)
	w.look("inbox")
	w.visit("/refunds?state=nonsense", http.StatusUnprocessableEntity)
	w.look("inbox-fault")

	w.visit("/refunds", http.StatusOK)
	w.follow(plain.name(), http.StatusOK)
	w.at(plain.path())
	w.reads("€120.00", plain.sent.Recipient.Email, "for mia to decide")
	w.look("refund-escalated")
	w.approve("€120.00")
	w.reads("You approved it.")
	d.reaches(plain, refund.AwaitingGoods)
	w.visit(plain.path(), http.StatusOK)
	w.reads("began to wait for the goods")
	w.look("refund-awaiting-goods")
	w.press("The goods are back", http.StatusOK)
	d.reaches(plain, refund.Paid)
	require.Equal(d, []string{"EUR 120.00"}, d.paid(plain))
	require.Equal(d, wholeWay, d.told(plain))
	listed("/refunds", late)
	listed("/refunds?show=all", plain, late)
}

func signsInAndOut(d *desk) {
	w := d.window()
	w.visit("/refunds", http.StatusOK)
	w.at("/sign-in")
	w.look("sign-in")
	w.write("sign-in-address", "anna..jansen@shop.example") // the browser takes it
	w.press("Mail me a link", http.StatusUnprocessableEntity)
	w.look("sign-in-fault")
	var said, used string
	w.withLink(d, "anna", func(mailed string) {
		w.reads("a link is on its way")
		w.look("sign-in-sent")
		said, used = w.text(), mailed

		// Whoever scans mails for bad links opens this one too.
		w.visit(mailed, http.StatusOK)
		w.look("session")
		w.visit("/refunds", http.StatusOK)
		w.at("/sign-in")
		w.visit(mailed, http.StatusOK)
		w.press("Sign in", http.StatusOK)
	})
	w.at("/refunds")
	w.reads("anna", "Sign out")

	again := d.window()
	again.visit(used, http.StatusOK)
	again.press("Sign in", http.StatusGone)
	again.reads("This link was used already", "Ask for a new one")
	again.look("session-used")
	again.visit("/refunds", http.StatusOK)
	again.at("/sign-in")
	late := link.Link{Purpose: link.SignIn, Subject: "nonce", Person: pseudonym("anna"), Until: time.Now().Unix()}
	again.visit("/session?link="+keys.Sign(late), http.StatusGone)
	again.reads("This link has expired", "Ask for a new one")
	again.look("session-expired")

	// Nobody learns whether an address is somebody's.
	stranger := d.window()
	stranger.visit("/sign-in", http.StatusOK)
	stranger.write("sign-in-address", "nobody@shop.example")
	stranger.press("Mail me a link", http.StatusOK)
	require.Equal(d, said, stranger.text())

	w.press("Sign out", http.StatusOK)
	w.reads("You are signed out.")
	w.back("/sign-in")
	w.visit("/refunds", http.StatusOK)
	w.at("/sign-in")
	// With this mail there, the stranger's would be there too.
	d.signIn(d.window(), "ben")
	for _, m := range d.sendgrid.Mails() {
		require.NotEqual(d, "nobody@shop.example", m.To)
	}
}

func approvedOnThePage(d *desk) {
	o := d.wanting("120.00")
	w := d.signIn(d.window().withoutScript(), "mia")
	w.visit(o.path(), http.StatusOK)
	w.reads("€120.00", "Awaiting approval", o.sent.Recipient.Email, "€120.00 is more than the €50.00 that the rules approve")
	w.write("approve-amount", "12O")
	w.press("Approve", http.StatusUnprocessableEntity)
	w.reads("This was not done")
	w.write("approve-amount", "100.00")
	w.write("approve-why", "Without the voucher.")
	w.approve("€100.00")
	w.reads("You approved it.", "Without the voucher.")
	d.reaches(o, refund.Paid)
	require.Equal(d, []string{"EUR 100.00"}, d.paid(o))
	require.Equal(d, wholeWay, d.told(o))
	w.visit(o.path(), http.StatusOK)
	w.reads("The refund is over", "mia approved €100.00 on ", "The decision log is intact")
}

func rejectedByLink(d *desk) {
	o := d.wanting("120.00")
	address := d.askedBy(o, "anna@shop.example")
	w := d.window()
	w.size(360)
	w.visit(address, http.StatusOK)
	w.reads("€120.00", "Approve", "Reject")
	w.look("decide")
	known, err := d.refund(o)
	require.NoError(d, err)
	require.Equal(d, refund.AwaitingApproval, known.State, "to look changes nothing")
	require.Empty(d, known.Used)

	w.write("reject-why", " ")
	w.press("Reject", http.StatusUnprocessableEntity)
	w.reads("This was not done", "Write the reason, which the customer reads.")
	w.look("decide-fault")
	w.write("reject-why", "The shoes were worn.")
	w.press("Reject", http.StatusOK)
	w.reads("Thank you", "You rejected it, and the customer is told why.")
	w.look("decide-done")
	known = d.reaches(o, refund.Rejected)
	require.Equal(d, "anna (mailed link)", known.Receipt[len(known.Receipt)-1].By.String())
	require.Equal(d, []string{"refund_received", "refund_rejected"}, d.told(o))
	require.Contains(d, d.newest(o).Text, "The shoes were worn.")
	require.Empty(d, d.paid(o))

	w.visit(address, http.StatusGone)
	w.reads("This link was used already", "Rejected")
	w.look("decide-used")
	w = d.window()
	w.visit(d.askedBy(o, "ben@shop.example"), http.StatusConflict)
	w.reads("This refund was decided already", "Rejected")
	w.look("decided-already")
}

func customerAsked(d *desk) {
	o := d.wanting("120.00")
	w := d.signIn(d.window(), "ben")
	w.visit(o.path(), http.StatusOK)
	w.look("refund-awaiting-approval")
	w.write("ask-customer-question", "Which colour was it?")
	w.press("Ask the customer", http.StatusOK)
	w.reads("You asked the customer. The refund waits for the answer.")
	w.do("load it again", chromedp.Reload())
	known := d.reaches(o, refund.NeedsInfo)
	require.Equal(d, []string{"refund_received", "refund_needs_info"}, d.told(o), "once")
	require.Contains(d, d.newest(o).Text, "Which colour was it?")
	asked := len(known.Receipt)
	w.visit(o.path(), http.StatusOK)
	w.look("refund-needs-info")
	w.write("enter-answer-answer", "Blue, she says.")
	w.press("Enter the customer's answer", http.StatusOK)
	w.reads("The answer is noted.", "Blue, she says.")
	known = d.reaches(o, refund.AwaitingApproval)
	require.Len(d, known.Receipt, asked+1)
	w.approve("€120.00")
	d.reaches(o, refund.Paid)
	require.Equal(d, []string{"EUR 120.00"}, d.paid(o))
	w.visit(o.path(), http.StatusOK)
	w.look("refund-paid")
}

func twoApprove(d *desk) {
	o := d.wanting("160.00")
	first := d.window()
	first.visit(d.askedBy(o, "anna@shop.example"), http.StatusOK)
	first.reads("2 different people have to approve.")
	first.approve("€160.00")
	d.reaches(o, refund.AwaitingSecond)
	require.Empty(d, d.paid(o))

	d.signIn(first, "anna")
	first.visit(o.path(), http.StatusOK)
	first.reads("anna approved €160.00", "A second approval has to come from another person.")
	require.Empty(d, run(first, "buttons to approve", chromedp.Evaluate[[]string](`[...document.querySelectorAll("form[action$='/approve']")].map(f => f.action)`)))
	first.look("refund-awaiting-second")

	second := d.window()
	second.visit(d.button(d.mailed("ben@shop.example", "approval_asked", fmt.Sprint(o.back0.ID), 2)), http.StatusOK)
	second.reads("€160.00", "Awaiting second")
	second.approve("€160.00")
	known := d.reaches(o, refund.Paid)
	require.Len(d, known.Approvals, 2)
	require.Equal(d, []string{"EUR 160.00"}, d.paid(o))
	require.Equal(d, wholeWay, d.told(o))
}

func paymentFails(d *desk) {
	o := d.sell("120.00")
	require.NoError(d, d.merchant.Fail(merchant.Fault{Key: o.key(), Kind: merchant.FaultStatus, Status: http.StatusUnprocessableEntity, Times: 1}))
	d.ask(o)
	d.reaches(o, refund.AwaitingApproval)
	w := d.signIn(d.window(), "mia")
	w.visit(o.path(), http.StatusOK)
	w.approve("€120.00")
	d.reaches(o, refund.PayFailed)
	d.mailed("ops@shop.example", "refund_attention", fmt.Sprint(o.back0.ID), 1)
	w.visit(o.path(), http.StatusOK)
	w.reads("Payment in doubt")
	w.look("refund-pay-failed")
	w.press("Pay again", http.StatusOK)
	w.reads("The shop's endpoint is asked once more.")
	d.reaches(o, refund.Paid)
	require.Equal(d, []string{"EUR 120.00"}, d.paid(o))
}

func givenAndWithdrawn(d *desk) {
	o := d.wanting("120.00")
	w := d.signIn(d.window(), "mia")
	w.visit(o.path(), http.StatusOK)
	w.unfold("Ask another person")
	w.choose("reassign-to", "ben")
	w.press("Ask another person", http.StatusOK)
	w.reads("Another person is asked now.", "for ben to decide (others may decide too)")
	d.mailed("ben@shop.example", "approval_asked", fmt.Sprint(o.back0.ID), 2)
	w.unfold("Withdraw it for the customer")
	w.press("Withdraw it for the customer", http.StatusOK)
	w.reads("The refund is withdrawn, and the customer is told.")
	d.reaches(o, refund.Withdrawn)
	w.visit("/refunds/demo/1", http.StatusNotFound)
	w.reads("There is no such refund")
	w.look("unknown")
}

func whatNoSourceTells(d *desk) {
	o := d.sell("")
	o.back0.Message = strings.Repeat("It-does-not-fit-", 20) + " <b>שלום</b>"
	o.back0.CustomerName = strings.Repeat("Wolfeschlegelsteinhausenbergerdorff", 4)
	d.ask(o)
	d.reaches(o, refund.AwaitingApproval)
	w := d.signIn(d.window(), "ben")
	w.visit(o.path(), http.StatusOK)
	w.reads("Amount not known", "It is not known.", "<b>")
	w.look("refund-without-amount")
	w.write("approve-amount", "1.000")
	w.press("Approve", http.StatusUnprocessableEntity)
	w.look("refund-fault")
	w.write("approve-amount", "200")
	w.press("Approve", http.StatusConflict)
	w.reads("is more than")
	w.write("approve-amount", "12.50")
	w.press("Approve", http.StatusOK)
	d.reaches(o, refund.Paid)
	require.Equal(d, []string{"EUR 12.50"}, d.paid(o))
}

func badLinks(d *desk) {
	o := d.wanting("120.00")
	good := decideLink(o, "anna", time.Now().Add(time.Hour))
	token := keys.Sign(good)
	payload, signature, _ := strings.Cut(token, ".")
	bent := func(bend func(*link.Link)) link.Link {
		l := good
		bend(&l)
		return l
	}
	others, _, _ := strings.Cut(keys.Sign(bent(func(l *link.Link) { l.Person = pseudonym("ben") })), ".")
	w := d.window()
	for _, c := range []struct {
		name, token string
		code        int
		says        string
	}{
		{"expired", keys.Sign(bent(func(l *link.Link) { l.Until = time.Now().Unix() })), http.StatusGone, "This link has expired"},
		{"cut-off", token[:len(token)-5], http.StatusBadRequest, "This link is incomplete"},
		{"none", "", http.StatusBadRequest, "This link is incomplete"},
		{"changed", payload[:9] + string(payload[9]^1) + payload[10:] + "." + signature, http.StatusBadRequest, "This link is incomplete"},
		{"of-another-person", others + "." + signature, http.StatusBadRequest, "This link is incomplete"},
		{"to-sign-in", keys.Sign(bent(func(l *link.Link) { l.Purpose = link.SignIn })), http.StatusBadRequest, "This link is incomplete"},
		{"of-a-session", keys.Sign(bent(func(l *link.Link) { l.Purpose = link.Session })), http.StatusBadRequest, "This link is incomplete"},
		{"of-a-stranger", keys.Sign(bent(func(l *link.Link) { l.Person = keys.Person("nobody") })), http.StatusForbidden, "This link does not work any more"},
		{"of-no-refund", keys.Sign(bent(func(l *link.Link) { l.Subject = "refund:demo:1" })), http.StatusNotFound, "There is no such refund"},
		{"of-a-parcel", keys.Sign(bent(func(l *link.Link) { l.Subject = workflowID(o.sent) })), http.StatusBadRequest, "This link leads to no refund"},
	} {
		w.visit(decideAt(c.token), c.code)
		w.reads(c.says)
		w.lacks("EUR", o.sent.Recipient.Email, o.sent.Order)
		code, said := d.visitor().get(decideAt(c.token))
		require.Equal(d, c.code, code, c.name)
		require.Contains(d, said, c.says)
		if slices.Contains([]string{"expired", "cut-off", "of-a-stranger"}, c.name) {
			w.look("link-" + c.name)
		}
	}
	// The link that decides does not sign in, and is no session.
	w.visit("/session?link="+token, http.StatusBadRequest)
	w.reads("This link is incomplete")
	known, err := d.refund(o)
	require.NoError(d, err)
	require.Equal(d, refund.AwaitingApproval, known.State)
	require.Empty(d, known.Used)
	require.Empty(d, known.Approvals)
	w.visit(decideAt(token), http.StatusOK)
	w.approve("€120.00")
	d.reaches(o, refund.Paid)
}

func linkOfSomebodyWhoLeaves(d *desk) {
	o := d.wanting("120.00")
	w := d.window()
	w.visit(d.askedBy(o, "zoe@shop.example"), http.StatusOK)
	d.setPolicy("mode: live\n" + atOnce + people + carefully)
	d.eventually("the ingress to read the policy again", func() error { return d.logged("policy read again") })
	w.press("Approve", http.StatusForbidden)
	w.reads("This link does not work any more")
	known, err := d.refund(o)
	require.NoError(d, err)
	require.Equal(d, refund.AwaitingApproval, known.State)
}

func linkInTwoWindows(d *desk) {
	o := d.wanting("120.00")
	one, two := d.window(), d.window()
	address := d.askedBy(o, "anna@shop.example")
	one.visit(address, http.StatusOK)
	two.visit(address, http.StatusOK)
	one.write("ask-customer-question", "Did you wear them?")
	one.press("Ask the customer", http.StatusOK)
	one.reads("Thank you", "You asked the customer.")
	two.press("Approve", http.StatusGone)
	two.reads("This link was used already", "Awaiting an answer")
	known := d.reaches(o, refund.NeedsInfo)
	require.Empty(d, known.Approvals)
	require.Len(d, known.Used, 2, "the link, and the proof of the order")
}

func nothingIsSeen(d *desk) {
	o := d.wanting("120.00")
	nothing := func(said string) {
		d.Helper()
		for _, secret := range []string{"EUR", "120.00", o.sent.Order, o.sent.Recipient.Email, o.sent.Recipient.Name, "Awaiting", "awaiting"} {
			require.NotContains(d, said, secret)
		}
	}
	w := d.window()
	for _, path := range []string{"/refunds", "/refunds?show=all", "/refunds?integration=demo", o.path(), o.path() + "?done=x", o.path() + "/approve", "/refunds/demo/1", "/refunds/nobody/1"} {
		w.visit(path, http.StatusOK)
		w.at("/sign-in")
		nothing(w.text())
	}
	for path, code := range map[string]int{
		"/refunds/decide": http.StatusBadRequest, "/session": http.StatusBadRequest, "/refunds/anything": http.StatusNotFound,
		"/api/refunds": http.StatusUnauthorized, "/api" + o.path(): http.StatusUnauthorized, "/api/refunds/demo/1": http.StatusUnauthorized,
	} {
		got, said := d.request(http.MethodGet, path, nil, "")
		require.Equal(d, code, got, path)
		nothing(said)
	}
	for _, deed := range []string{"approve", "reject", "ask", "answer", "goods", "pay", "reassign", "withdraw", "anything"} {
		for _, path := range []string{o.path(), "/api" + o.path(), "/refunds/demo/1"} {
			code, said := d.visitor().post(path+"/"+deed, url.Values{"why": {"x"}, "question": {"x"}, "answer": {"x"}, "to": {"ben"}})
			require.Equal(d, http.StatusUnauthorized, code, path+"/"+deed)
			nothing(said)
		}
	}
	known, err := d.refund(o)
	require.NoError(d, err)
	require.Equal(d, refund.AwaitingApproval, known.State)
}

func anotherSite(d *desk) {
	o := d.wanting("120.00")
	w := d.signIn(d.window(), "anna")
	site := httptest.NewServer(http.HandlerFunc(func(out http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(out, `<!doctype html><title>x</title><form method="post" action="%s"><button>Win a prize</button></form>`, d.url(o.path()+"/approve"))
	}))
	d.Cleanup(site.Close)
	// Another port is another origin, but has the cookie; another name has not.
	for _, address := range []string{site.URL, strings.Replace(site.URL, "127.0.0.1", "localhost", 1)} {
		w.mayAsk(address)
		w.visit(address, http.StatusOK)
		w.press("Win a prize", http.StatusForbidden)
		w.reads("This request came from another site", "Nothing was done.")
	}
	w.look("from-another-site")
	known, err := d.refund(o)
	require.NoError(d, err)
	require.Equal(d, refund.AwaitingApproval, known.State)
}
