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
	"waybill/words"
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
	at, ok := d.follow(c)
	if !ok {
		return
	}
	k, pressed := d.kept(c)
	o, known := refund.OrderNamed(k.Fields.Get("order"))
	pressed = pressed && known && o.ByLink
	switch done := d.doneText(c.Query("done"), at); {
	case !at.linkOpen() && pressed:
		_, fields := at.typed(o, firstOf(k.Fields), d.reads(c).Language)
		d.sayLinkClosed(c, at, at.doneBefore(o, fields))
	case !at.linkOpen():
		d.sayLinkClosed(c, at, done)
	case pressed:
		d.showKept(c, at, o, k)
	default:
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
		d.say(c, http.StatusBadRequest, "unreadable", message{Name: "no_button"})
		return
	}
	if at.linkOpen() {
		d.carryOut(c, at, o, fields)
	} else if !d.leadBack(c, "link closed") {
		d.sayLinkClosed(c, at, nil)
	}
}

// openLink reads a mailed link. If it cannot, it answers the request.
func (d *Desk) openLink(c *gin.Context, token string) (l link.Link, of contract.RefundRef, ok bool) {
	l, err := d.read(c, token, link.Decide)
	switch {
	case errors.Is(err, link.ErrExpired):
		d.say(c, http.StatusGone, "link expired", message{Name: "link_expired_refund"})
		return l, of, false
	case err != nil:
		d.say(c, http.StatusBadRequest, "link not ours", message{Name: "link_incomplete_refund"})
		return l, of, false
	}
	of, err = contract.ParseRefundRef(l.Subject)
	if err != nil {
		d.say(c, http.StatusBadRequest, "link not ours", message{Name: "link_to_nothing"})
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
	c.Set(readerKey, person.Name)
	c.Set(pseudonymKey, l.Person)
	switch ended, err := d.ended(c, l, person.Name); {
	case err != nil:
		d.sayUnheard(c, err)
		return at, false
	case ended:
		d.say(c, http.StatusGone, "link ended", message{Name: "link_ended_refund"})
		return at, false
	}
	if at, ok = d.reach(c, of, policy, refund.Said{By: person.Name, Via: refund.ViaLink, Link: l.Nonce}, d.sayLost); !ok {
		return at, false
	}
	ingress.Proven(c)
	at.byLink = true
	return at, true
}

// linkOpen reports whether the mailed link can still be used. That of an approval can undo it.
func (v visit) linkOpen() bool {
	r := &v.known
	if r.Undoable != nil && r.Undoable.Link == v.said.Link {
		return true
	}
	return r.Undecided() && !slices.Contains(r.Used, v.said.Link)
}

// sayLinkClosed says where the refund stands of a link that cannot be used any more, and what the person has
// done with the link if that was a moment ago.
func (d *Desk) sayLinkClosed(c *gin.Context, at visit, done *words.Text) {
	m := message{Standing: standingOf(&at.known, at.policy, at.now), Next: words.Say("next.see_all"), Path: pathOf(at.of)}
	used := slices.Contains(at.known.Used, at.said.Link)
	switch {
	case used && done != nil:
		m.Name, m.Blanks = "thank_you", []any{"Done", done}
		d.say(c, http.StatusOK, "shown", m)
	case used:
		m.Name = "link_used_refund"
		d.say(c, http.StatusGone, "link used", m)
	default:
		m.Name = "decided_already"
		d.say(c, http.StatusConflict, "decided already", m)
	}
}
