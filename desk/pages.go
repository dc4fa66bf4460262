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
	"waybill/recorder"
	"waybill/refund"
	"waybill/words"
)

// inboxView is the list of refunds.
type inboxView struct {
	Search refundSearch
	Rows   []inboxRow
	// States, Roles and Integrations can be chosen.
	States       []refund.State
	Roles        []refund.Role
	Integrations []string
	// Before and After are the previous and the next page; empty if there is none.
	Before, After string
	// Cut says that only the newest were sorted.
	Cut bool
}

// inboxRow is a refund of the list, with its page and its times in words.
type inboxRow struct {
	recorder.ListedRefund
	Path, Age, Law string
}

// inbox lists the refunds that a person may see.
func (d *Desk) inbox(c *gin.Context) {
	mine := d.mine(c)
	if len(mine) == 0 {
		d.say(c, http.StatusForbidden, "no refunds", message{Name: "no_refunds_for_you"})
		return
	}
	s, faults := readSearch(c.Request.URL.Query(), mine)
	all, err := d.list(c.Request.Context(), s, mine)
	if err != nil {
		ingress.Note(c, "fault", err.Error())
		d.say(c, http.StatusServiceUnavailable, "no answer", message{Name: "no_list", Next: words.Say("next.again"), Path: "/refunds"})
		return
	}
	view := inboxView{
		Search: s, States: refund.States(), Roles: []refund.Role{refund.Approver, refund.Manager}, Integrations: mine, Cut: all.cut,
	}
	for _, one := range all.rows {
		row := inboxRow{ListedRefund: one, Path: pathOf(one.RefundRef), Age: age(one, d.now())}
		if !one.State.Terminal() {
			row.Law = law(one.Deadline, d.now())
		}
		view.Rows = append(view.Rows, row)
	}
	if s.Page > 1 {
		view.Before = s.address(s.Page - 1)
	}
	if all.more {
		view.After = s.address(s.Page + 1)
	}
	for i := range faults {
		if faults[i].Field == "page" {
			faults[i].Field = "" // it has no field to mend it in
		}
	}
	code, outcome := http.StatusOK, "listed"
	if len(faults) > 0 {
		code, outcome = http.StatusUnprocessableEntity, "unreadable"
	}
	d.show(c, code, outcome, "inbox", page{Title: words.Say("refunds.title"), Faults: faults, Form: "filter", Content: view})
}

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
	// Broken says what is wrong with the decision log; empty if it is whole.
	Broken string
}

// refundPage shows a refund.
func (d *Desk) refundPage(c *gin.Context) {
	if at, ok := d.approach(c, refund.ViaPage, d.sayLost); ok {
		d.showRefund(c, http.StatusOK, "shown", at, tried{})
	}
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
		Refund: r, Name: fmt.Sprintf("Return %d of %s", at.of.ReturnID, at.of.Integration), ByLink: at.byLink,
		Standing: standingOf(r, at.policy, at.now),
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
		Title: words.Verbatim(view.Name), Done: done, Faults: shown(view.Forms, t), Form: t.order, Content: view, Styles: styles,
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

// carryOut gives an order, and shows the refund afterwards.
func (d *Desk) carryOut(c *gin.Context, at visit, o refund.Order, fields map[string]string) {
	maps.DeleteFunc(fields, func(name, _ string) bool {
		_, takes := o.Field(name)
		return !takes // such as the order itself
	})
	ingress.Note(c, "action", o.Name)
	_, faults, a := d.order(c, at, o, fields, false)
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
		d.showWith(c, http.StatusOK, "done before", at, tried{}, words.Verbatim(o.Done+" That was on "+delivery.Moment(when)+": it counts once."))
		return
	}
	if len(faults) == 0 {
		faults = []refund.Fault{{Why: a.Why}}
	}
	d.showRefund(c, a.Code, a.Outcome, at, tried{order: o.Name, given: fields, faults: faults})
}
