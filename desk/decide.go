package desk

import (
	"errors"
	"net/http"
	"slices"

	"github.com/gin-gonic/gin"

	"waybill/contract"
	"waybill/link"
	"waybill/refund"
)

// byLink are the orders that a mailed link can give.
func byLink(o refund.Order) bool { return o.ByLink }

// decideView is a refund as a mailed link shows it.
type decideView struct {
	Name     string
	Standing *standing
	Terms    refund.Terms
	Facts    []refund.Line
	Evidence []refund.Line
	Forms    []form
	Not      []refused
}

// decidePage shows what a mailed link is about. It changes nothing: whoever scans
// mails for bad links opens them too.
func (d *Desk) decidePage(c *gin.Context) {
	token := c.Query("link")
	at, of, ok := d.follow(c, token)
	if !ok {
		return
	}
	d.showDecide(c, http.StatusOK, "shown", token, of, at, tried{})
}

// decide does what a mailed link is for.
func (d *Desk) decide(c *gin.Context) {
	fields, ok := d.form(c)
	if !ok {
		return
	}
	token := fields["link"]
	at, of, ok := d.follow(c, token)
	if !ok {
		return
	}
	o, known := refund.OrderNamed(fields["order"])
	if !known || !byLink(o) {
		d.say(c, http.StatusBadRequest, "unreadable", message{Title: "This cannot be read", Text: []string{"Nothing was done. Open the link of the mail again, and press one of its buttons."}})
		return
	}
	code, outcome, t := d.carryOut(c, of, at, o, fields)
	if code == http.StatusOK {
		goTo(c, outcome, "/refunds/decide?link="+token+"&done="+d.doneToken(of, o, at.said.By))
		return
	}
	if known, found, err := d.find(c, of); err == nil && found {
		at.known = known
	}
	d.showDecide(c, code, outcome, token, of, at, t)
}

// follow brings the person of a mailed link before its refund, and answers itself
// if the link leads nowhere.
func (d *Desk) follow(c *gin.Context, token string) (counter, contract.RefundRef, bool) {
	no := func(code int, outcome string, m message) (counter, contract.RefundRef, bool) {
		d.say(c, code, outcome, m)
		return counter{}, contract.RefundRef{}, false
	}
	l, err := d.keys.Load().Open(token, link.Decide, d.now())
	switch {
	case errors.Is(err, link.ErrExpired):
		return no(http.StatusGone, "link expired", message{Title: "This link has expired", Text: []string{"Nothing was done. Sign in to decide about the refund, or wait for the next reminder: it has a new link."}})
	case err != nil:
		return no(http.StatusBadRequest, "link not ours", message{Title: "This link is not whole", Text: []string{"It may have been cut off where a line ended in the mail. Copy it whole, or sign in."}})
	}
	of, err := contract.ParseRefundRef(l.Subject)
	if err != nil {
		return no(http.StatusBadRequest, "link not ours", message{Title: "This link leads to no refund", Text: []string{"Sign in to look for it."}})
	}
	policy, _ := d.policies(of.Integration)
	person, ok := d.whose(l.Person, policy.People)
	if !ok {
		return no(http.StatusForbidden, "nobody in the policy", message{Title: "This link is not for anybody who decides now", Text: []string{"The person whom it was mailed to is not in the policy of this shop any more. If that is you, ask whoever keeps the policy."}})
	}
	known, found, err := d.find(c, of)
	switch {
	case err != nil:
		return no(http.StatusServiceUnavailable, "no answer", message{Title: "Nobody answered in time", Text: []string{"It is not known where the refund stands, and nothing was done. Open the link of the mail again in a minute."}})
	case !found:
		return no(http.StatusNotFound, refundUnknown.Outcome, message{Title: "There is no such refund", Text: []string{"It ended so long ago that Temporal does not keep it any more."}})
	}
	noteRefund(c, of)
	at := counter{known: known, policy: policy, said: refund.Said{By: person.Name, Via: refund.ViaLink, Link: l.Nonce}, now: d.now()}
	return at, of, d.stillOpen(c, of, at)
}

// stillOpen reports whether a link can still decide, and says where the refund
// stands if it cannot.
func (d *Desk) stillOpen(c *gin.Context, of contract.RefundRef, at counter) bool {
	r := &at.known
	m := message{Standing: standingOf(r, at.policy, at.now), Next: "Sign in to see all of it", Path: pathOf(of)}
	switch said := d.doneText(c.Query("done"), of, at.said.By); {
	case said != "" && slices.Contains(r.UsedLinks, at.said.Link):
		m.Title, m.Text = "Thank you", []string{said}
		d.say(c, http.StatusOK, "shown", m)
	case slices.Contains(r.UsedLinks, at.said.Link):
		m.Title, m.Text = "This link was used already", []string{"A link of a mail decides once. This is where the refund stands:"}
		d.say(c, http.StatusGone, "link used", m)
	case !r.Undecided():
		m.Title, m.Text = "This refund was decided already", []string{"Nothing was done with this link. This is where the refund stands:"}
		d.say(c, http.StatusConflict, "decided already", m)
	default:
		return true
	}
	return false
}

// showDecide shows what a mailed link is about, and what was tried in vain.
func (d *Desk) showDecide(c *gin.Context, code int, outcome, token string, of contract.RefundRef, at counter, t tried) {
	r := &at.known
	view := decideView{
		Name: title(of), Standing: standingOf(r, at.policy, at.now), Terms: r.Terms,
		Facts: r.FactLines(), Evidence: r.EvidenceLines(),
	}
	view.Forms, view.Not = at.offer(byLink, t)
	for i := range view.Forms {
		view.Forms[i].Path, view.Forms[i].Link = "/refunds/decide", token
	}
	d.show(c, code, outcome, "decide", page{Title: view.Name, Faults: shown(view.Forms, t), Form: t.order, Content: view})
}
