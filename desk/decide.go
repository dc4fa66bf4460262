package desk

import (
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/gin-gonic/gin"

	"waybill/contract"
	"waybill/ingress"
	"waybill/link"
	"waybill/refund"
)

const (
	// decidePath is where mailed links lead. What stands behind them moves to byLink: no
	// integration has a name with a low line.
	decidePath = "/refunds/decide"
	byLink     = "/by_link"
)

// linkPath is the page of a mailed link.
func linkPath(of contract.RefundRef) string { return "/refunds" + byLink + "/" + of.String() }

// takeLink moves a mailed link into a cookie, and leads to its page.
func (d *Desk) takeLink(c *gin.Context) {
	c.Header("Referrer-Policy", "no-referrer")
	token := c.Query("link")
	l, of, ok := d.openLink(c, token)
	if !ok {
		return
	}
	d.moveLink(c, linkPath(of), token, min(link.Session.Lasts(), time.Unix(l.Until, 0).Sub(d.now())))
}

// decidePage shows the refund of a mailed link. It changes nothing: programs that scan
// mails open links too.
func (d *Desk) decidePage(c *gin.Context) {
	if at, ok := d.follow(c); ok {
		d.showRefund(c, http.StatusOK, "shown", at, tried{})
	}
}

// decide gives the order of a form on that page.
func (d *Desk) decide(c *gin.Context) {
	fields, ok := d.form(c)
	if !ok {
		return
	}
	at, ok := d.follow(c)
	if !ok {
		return
	}
	o, known := refund.OrderNamed(fields["order"])
	if !known || !o.ByLink {
		d.say(c, http.StatusBadRequest, "unreadable", message{Title: "This cannot be read", Text: []string{"Nothing was done. Open the link of the mail again, and press one of its buttons."}})
		return
	}
	d.carryOut(c, at, o, fields)
}

// openLink reads a mailed link. If it cannot, it answers the request.
func (d *Desk) openLink(c *gin.Context, token string) (l link.Link, of contract.RefundRef, ok bool) {
	l, err := d.keys.Load().Open(token, link.Decide, d.now())
	switch {
	case errors.Is(err, link.ErrExpired):
		d.say(c, http.StatusGone, "link expired", message{Title: "This link has expired", Text: []string{"Nothing was done. Sign in to decide about the refund, or wait for the next reminder: it has a new link."}})
		return l, of, false
	case err != nil:
		d.say(c, http.StatusBadRequest, "link not ours", message{Title: "This link is incomplete", Text: []string{"It may have been cut off at the end of a line in the mail. Copy the whole link, or sign in. Your browser has to accept cookies."}})
		return l, of, false
	}
	of, err = contract.ParseRefundRef(l.Subject)
	if err != nil {
		d.say(c, http.StatusBadRequest, "link not ours", message{Title: "This link leads to no refund", Text: []string{"Sign in to look for it."}})
	}
	return l, of, err == nil
}

// follow loads the refund of the mailed link that the browser keeps for the page. If it
// cannot, it answers the request.
func (d *Desk) follow(c *gin.Context) (at visit, ok bool) {
	l, of, ok := d.openLink(c, sent(c, d.linkCookie("", "", 0)))
	if !ok {
		return at, false
	}
	if of.String() != c.Param("integration")+"/"+c.Param("id") {
		d.sayLost(c, refundUnknown)
		return at, false
	}
	policy, people := d.deciders(of.Integration)
	person, ok := d.whose(l, people)
	if !ok {
		d.sayStranger(c)
		return at, false
	}
	switch ended, err := d.ended(c, l, person.Name); {
	case err != nil:
		d.sayUnheard(c, err)
		return at, false
	case ended:
		d.say(c, http.StatusGone, "link ended", message{Title: "This link has ended", Text: []string{"Nothing was done. You signed out everywhere after the link was mailed. Sign in to decide about the refund."}})
		return at, false
	}
	if at, ok = d.reach(c, of, policy, refund.Said{By: person.Name, Via: refund.ViaLink, Link: l.Nonce}, d.sayLost); !ok {
		return at, false
	}
	ingress.Proven(c)
	at.byLink = true
	return at, d.stillOpen(c, at)
}

// stillOpen reports whether a link can still be used. If not, it answers the request
// with the state of the refund.
func (d *Desk) stillOpen(c *gin.Context, at visit) bool {
	r := &at.known
	m := message{Standing: standingOf(r, at.policy, at.now), Next: "Sign in to see all of it", Path: pathOf(at.of)}
	switch said := d.doneText(c.Query("done"), at); {
	case r.Undoable != nil && r.Undoable.Link == at.said.Link:
		return true
	case said != "" && slices.Contains(r.Used, at.said.Link):
		m.Title, m.Text = "Thank you", []string{said}
		d.say(c, http.StatusOK, "shown", m)
	case slices.Contains(r.Used, at.said.Link):
		m.Title, m.Text = "This link was used already", []string{"A mailed link can be used for one decision. This is where the refund stands:"}
		d.say(c, http.StatusGone, "link used", m)
	case !r.Undecided():
		m.Title, m.Text = "This refund was decided already", []string{"Nothing was done with this link. This is where the refund stands:"}
		d.say(c, http.StatusConflict, "decided already", m)
	default:
		return true
	}
	return false
}
