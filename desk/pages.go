package desk

import (
	"fmt"
	"maps"
	"net/http"
	"slices"

	"github.com/gin-gonic/gin"

	"waybill/contract"
	"waybill/delivery"
	"waybill/ingress"
	"waybill/refund"
)

// refundView is one refund. With a mailed link, the page shows only what a decision
// needs.
type refundView struct {
	*refund.Refund
	Name     string
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
	// Broken says what is wrong with the decision log; empty if it is whole.
	Broken string
}

// nameOf is what pages call a refund.
func nameOf(of contract.RefundRef) string {
	return fmt.Sprintf("Return %d of %s", of.ReturnID, of.Integration)
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
	m := message{Title: "There is no such refund", Text: []string{"If there was one, it ended so long ago that Temporal no longer keeps it."}}
	switch a.Code {
	case http.StatusServiceUnavailable:
		m.Title, m.Text = "Temporal did not answer in time", []string{"It is not known where the refund stands, and nothing was done. Try again in a minute."}
	case http.StatusForbidden:
		m.Title, m.Text = "You cannot see this refund", []string{"Either this Waybill does not serve its integration, or the policy of the integration does not name you. If it should, ask the person who maintains the policy."}
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

func (d *Desk) showWith(c *gin.Context, code int, outcome string, at visit, t tried, done string) {
	r := &at.known
	view := refundView{
		Refund: r, Name: nameOf(at.of), ByLink: at.byLink,
		Standing: standingOf(r, at.policy, at.now), Grounds: sentences(r.Grounds(at.policy, at.now)), evidence: d.gather(c, at),
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
		view.Broken = sentence(err.Error())
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
		d.showWith(c, http.StatusOK, "done before", at, tried{}, o.Done+" That was on "+delivery.Moment(when)+": it counts once.")
		return
	}
	if len(faults) == 0 {
		faults = []refund.Fault{{Why: a.Hint}}
	}
	for i := range faults {
		faults[i].Why = sentence(faults[i].Why)
	}
	d.showRefund(c, a.Code, a.Outcome, at, tried{order: o.Name, given: fields, faults: faults})
}
