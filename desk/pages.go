package desk

import (
	"maps"
	"net/http"
	"slices"

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
	if k, ok := d.takeKept(c); ok {
		d.showKept(c, at, k)
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

// carryOut gives an order, and shows the refund afterwards. An approval of much is asked about once
// more first.
func (d *Desk) carryOut(c *gin.Context, at visit, o refund.Order, fields map[string]string) {
	sure, once := fields[sureField], fields[onceField]
	maps.DeleteFunc(fields, func(name, _ string) bool {
		_, takes := o.Field(name)
		return !takes // such as the order itself
	})
	ingress.Note(c, "action", o.Name)
	given, language := maps.Clone(fields), d.reads(c).Language
	for _, f := range o.Fields {
		if f.Kind == refund.KindAmount && fields[f.Name] != "" {
			fields[f.Name] = words.ReadAmount(language, fields[f.Name])
		}
	}
	if d.asksAgain(c, at, o, fields, sure) {
		return
	}
	faults, a := d.orderOnce(c, at, o, fields, once)
	if a.Code == http.StatusOK {
		page := pathOf(at.of)
		if at.byLink {
			page = linkPath(at.of)
		}
		goTo(c, a.Outcome, page+"?done="+d.doneToken(at.of.WorkflowID(), o.Name, at.said.By))
		return
	}
	// It may have changed meanwhile.
	if known, found, err := d.find(c, at.of); err == nil && found {
		at.known = known
	}
	if when, repeated := at.known.Repeated(o, refund.Input{Said: at.said, Fields: fields}, at.now); repeated && len(faults) == 0 {
		d.showWith(c, http.StatusOK, "done before", at, tried{}, words.Say("refund_page.done_before", "Done", o.Done(), "At", when))
		return
	}
	if len(faults) == 0 {
		faults = []refund.Fault{{Why: a.Why}}
	}
	d.showRefund(c, a.Code, a.Outcome, at, tried{order: o.Name, given: given, faults: faults})
}
