package desk

import (
	"cmp"
	"net/http"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"waybill/contract"
	"waybill/ingress"
	"waybill/refund"
	"waybill/words"
)

// refundView is one refund. With a mailed link, the page shows only what a decision
// needs.
type refundView struct {
	*refund.Refund
	Name     *words.Text
	ByLink   bool
	Standing *standing
	Forms    []form
	Not      []refused
	// Expiring is the form that can be sent for a short time only; nil if there is none.
	Expiring *form
	// Sent, Back and UI lead to the pages of both parcels and to Temporal's UI; empty if there
	// is none.
	Sent, Back, UI string
	// Grounds are what speaks for and against it while people decide.
	Grounds refund.Grounds
	evidence
	// Broken says what is wrong with the decision log; nil if it is whole.
	Broken *words.Text
}

// nameOf is what pages call a refund.
func nameOf(of contract.RefundRef) *words.Text {
	return words.Say("refund_page.title", "ID", of.ReturnID, "Integration", of.Integration)
}

// refundPage shows a refund.
func (d *Desk) refundPage(c *gin.Context) {
	at, ok := d.approach(c, refund.ViaPage, d.sayLost)
	if !ok {
		return
	}
	d.showRefund(c, http.StatusOK, "shown", at, tried{})
}

// sayLost says why a refund cannot be shown.
func (d *Desk) sayLost(c *gin.Context, a ingress.Answer) {
	m := message{Name: "no_refund"}
	switch a.Code {
	case http.StatusServiceUnavailable:
		m.Name = "no_refund_answer"
	case http.StatusForbidden:
		m.Name = "not_your_refund"
	}
	d.say(c, a.Code, a.Outcome, m)
}

// parcelOf is the page of a parcel of a refund; empty if there is no parcel.
func parcelOf(of contract.RefundRef, id int64) string {
	if id == 0 {
		return ""
	}
	return parcelPath(contract.ParcelRef{Integration: of.Integration, ID: id})
}

// showRefund shows a refund, and the order that was tried and not followed.
func (d *Desk) showRefund(c *gin.Context, code int, outcome string, at visit, t tried) {
	d.showWith(c, code, outcome, at, t, d.doneText(c.Query("done"), at))
}

func (d *Desk) showWith(c *gin.Context, code int, outcome string, at visit, t tried, done *words.Text) {
	r := &at.known
	view := refundView{
		Refund: r, Name: nameOf(at.of), ByLink: at.byLink,
		Standing: standingOf(r, at.policy, at.now), Grounds: r.Grounds(at.policy, at.now), evidence: d.gather(c, at),
	}
	view.Forms, view.Not = at.offer(t)
	if !at.byLink {
		view.Sent, view.Back = parcelOf(at.of, r.Facts.OutgoingParcel), parcelOf(at.of, r.Facts.IncomingParcel)
		view.UI = d.temporalUI(at.of.WorkflowID())
	}
	var styles []string
	if i := slices.IndexFunc(view.Forms, func(f form) bool { return !f.Until.IsZero() }); i >= 0 {
		view.Expiring = &view.Forms[i]
		view.Forms = slices.Concat(view.Forms[:i], view.Forms[i+1:])
		styles = []string{countdown(view.Expiring.Until.Sub(at.now))}
	}
	if err := refund.CheckReceipt(r.Receipt); err != nil {
		view.Broken = words.Of(err)
	}
	d.show(c, code, outcome, "refund", page{
		Title: view.Name, Done: done, Faults: shown(view.Forms, t), Form: t.order, Content: view, Styles: styles,
	})
}

// press gives the order of a button.
func (d *Desk) press(c *gin.Context) {
	o, ok := refund.OrderNamed(c.Param("order"))
	if !ok {
		d.sayLost(c, refundUnknown)
		return
	}
	fields, ok := d.form(c)
	if !ok {
		return
	}
	if at, ok := d.approach(c, refund.ViaPage, d.sayLost); ok {
		d.carryOut(c, at, o, fields)
	}
}

// carryOut gives the order of a form, and leads to the refund. An approval of much is asked about once
// more first.
func (d *Desk) carryOut(c *gin.Context, at visit, o refund.Order, form map[string]string) {
	ingress.Note(c, "action", o.Name)
	given, fields := at.typed(o, form, d.reads(c).Language)
	if foreseen, ask := at.foresee(o, fields); ask && form[sureField] != foreseen.Text() {
		if !d.leadBack(c, "asked again") {
			d.showCheck(c, at, o, fields, foreseen)
		}
		return
	}
	faults, a := d.orderOnce(c, at, o, fields, form[onceField])
	switch {
	case a.Code == http.StatusOK:
		d.dropKept(c)
		goTo(c, a.Outcome, at.path()+"?done="+d.doneToken(at.of.WorkflowID(), o.Name, at.said.By))
		return
	case len(faults) > 0 && d.leadBack(c, a.Outcome):
		return
	}
	// It may have changed meanwhile.
	if known, found, err := d.find(c, at.of); err == nil && found {
		at.known = known
	}
	// Its address says why, if the rules here refuse the order too.
	if _, err := at.after(o, fields); err != nil && a.Code != http.StatusServiceUnavailable && d.leadBack(c, a.Outcome) {
		return
	}
	d.showUnfollowed(c, at, o, fields, tried{order: o.Name, given: given, faults: faults}, a)
}

// showUnfollowed shows a refund, and why it has not followed an order, or that it had done so before.
func (d *Desk) showUnfollowed(c *gin.Context, at visit, o refund.Order, fields map[string]string, t tried, a reply) {
	if done := at.doneBefore(o, fields); done != nil && len(t.faults) == 0 {
		d.showWith(c, http.StatusOK, "done before", at, tried{}, done)
		return
	}
	if len(t.faults) == 0 && a.Code != http.StatusOK {
		t.faults = []refund.Fault{{Field: a.Field, Why: a.Why}}
	}
	d.showWith(c, a.Code, a.Outcome, at, t, nil)
}

// doneBefore says when the person gave an order that they give once more, by a second press of its button;
// nil if they did not.
func (v visit) doneBefore(o refund.Order, fields map[string]string) *words.Text {
	when, repeated := v.known.Repeated(o, refund.Input{Said: v.said, Fields: fields}, v.now)
	if !repeated {
		return nil
	}
	return words.Say("refund_page.done_before", "Done", o.Done(), "At", when)
}

// typed are the fields of an order in a form, as they were given and as the order has them.
func (v visit) typed(o refund.Order, form map[string]string, language words.Language) (given, fields map[string]string) {
	given, fields = map[string]string{}, map[string]string{}
	currency := strings.ToUpper(cmp.Or(v.known.Facts.CurrencyCode(), form["currency"]))
	for _, f := range o.Fields {
		text, there := form[f.Name]
		if !there {
			continue
		}
		given[f.Name], fields[f.Name] = text, text
		if f.Kind == refund.KindAmount && text != "" {
			fields[f.Name] = words.ReadAmount(language, text, currency)
		}
	}
	return given, fields
}

// orderPage is where the form of an order leads that was not followed. Otherwise its address leads to
// the refund.
func (d *Desk) orderPage(c *gin.Context) {
	o, known := refund.OrderNamed(c.Param("order"))
	if !known {
		d.sayLost(c, refundUnknown)
		return
	}
	at, ok := d.approach(c, refund.ViaPage, d.sayLost)
	if !ok {
		return
	}
	if k, ok := d.kept(c); ok {
		d.showKept(c, at, o, k)
		return
	}
	goTo(c, "form left", at.path())
}

// showKept shows what a form would do, and gives no order.
func (d *Desk) showKept(c *gin.Context, at visit, o refund.Order, k kept) {
	given, fields := at.typed(o, firstOf(k.Fields), d.reads(c).Language)
	t := tried{order: o.Name, given: given}
	if k.Ended {
		forms, _ := at.offer(t)
		d.showWith(c, http.StatusOK, "shown again", at, t, k.saysEnded(o, offered(forms, o.Name)))
		return
	}
	if foreseen, ask := at.foresee(o, fields); ask {
		d.showCheck(c, at, o, fields, foreseen)
		return
	}
	_, faults, a := d.order(c, at, o, fields, true)
	t.faults = faults
	d.showUnfollowed(c, at, o, fields, t, a)
}
