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

// foresee says what an order would lead to that is asked about once more.
func (v visit) foresee(o refund.Order, fields map[string]string) (refund.Foreseen, bool) {
	return v.known.Foresee(o, refund.Input{Said: v.said, Fields: fields}, v.policy, v.now)
}

// showCheck shows what an order would lead to that pays much. Nothing is done yet.
func (d *Desk) showCheck(c *gin.Context, at visit, o refund.Order, fields map[string]string, foreseen refund.Foreseen) {
	v := checkView{Foreseen: foreseen, Order: o, Name: nameOf(at.of), Path: at.orderPath(o), Back: at.path(), Remark: fields["why"], Sure: foreseen.Text()}
	for _, f := range o.Fields {
		if fields[f.Name] != "" {
			v.Fields = append(v.Fields, hidden{f.Name, fields[f.Name]})
		}
	}
	d.show(c, http.StatusOK, "asked again", "check", page{Title: words.Say("check.title", "Amount", foreseen.Amount), Content: v})
}
