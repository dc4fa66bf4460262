package desk

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"waybill/refund"
	"waybill/words"
)

// sureField is the field of a form that confirms what was foreseen of an order.
const sureField = "sure"

// checkView shows what an approval would lead to, and has the button that gives it.
type checkView struct {
	refund.Foreseen
	Order      refund.Order
	Name       *words.Text
	Path, Back string
	// Fields are what was typed, as the form has it, Remark what the approver wrote.
	Fields []hidden
	Remark string
	// Sure confirms it.
	Sure string
}

// asksAgain shows what an order would lead to that pays much, unless the person has confirmed just
// that. Then nothing is done yet.
func (d *Desk) asksAgain(c *gin.Context, at visit, o refund.Order, fields map[string]string, sure string) bool {
	foreseen, ask := at.known.Foresee(o, refund.Input{Said: at.said, Fields: fields}, at.policy, at.now)
	if !ask || sure == foreseen.Text() {
		return false
	}
	v := checkView{Foreseen: foreseen, Order: o, Name: nameOf(at.of), Path: pathOf(at.of) + "/" + o.Name, Back: pathOf(at.of), Remark: fields["why"], Sure: foreseen.Text()}
	if at.byLink {
		v.Path, v.Back = linkPath(at.of), linkPath(at.of)
	}
	for _, f := range o.Fields {
		if fields[f.Name] != "" {
			v.Fields = append(v.Fields, hidden{f.Name, fields[f.Name]})
		}
	}
	d.show(c, http.StatusOK, "asked again", "check", page{Title: words.Say("check.title", "Amount", foreseen.Amount), Content: v})
	return true
}

// leaveCheck leads from the address of an order, which only a button opens, to the refund.
func (d *Desk) leaveCheck(c *gin.Context) {
	if _, known := refund.OrderNamed(c.Param("order")); !known {
		d.sayLost(c, refundUnknown)
		return
	}
	if at, ok := d.approach(c, refund.ViaPage, d.sayLost); ok {
		goTo(c, "check left", pathOf(at.of))
	}
}
