package desk

import (
	"cmp"
	"crypto/rand"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"github.com/gin-gonic/gin"

	"waybill/contract"
	"waybill/parcel"
	"waybill/refund"
	"waybill/words"
)

// onceField is the field of a form that makes a double click one order, and onceText what is in it.
const onceField = "once"

var onceText = regexp.MustCompile(`^[0-9A-Z]{20,40}$`)

// pressParcel takes the order of a button. The first press shows what would come of it; the
// button on that page gives the order.
func (d *Desk) pressParcel(c *gin.Context) {
	o, ok := parcelOrderNamed(c.Param("order"))
	if !ok {
		d.sayLostParcel(c, parcelOrderUnknown)
		return
	}
	form, ok := d.values(c)
	if !ok {
		return
	}
	at, ok := d.approachParcel(c, d.sayLostParcel)
	if !ok {
		return
	}
	in, once := inputOf(form), form.Get(onceField)
	if !onceText.MatchString(once) {
		if !d.leadBack(c, "tried") {
			d.tryParcel(c, at, o, form)
		}
		return
	}
	in.Batch = contract.OnceBatch(once)
	switch _, a := d.orderParcel(c, at, o, in); {
	case a.Code == http.StatusOK:
		d.dropKept(c)
		goTo(c, a.Outcome, parcelPath(at.of)+"?done="+d.doneToken(at.of.WorkflowID(), o.Name, at.by))
	case a.Code == http.StatusServiceUnavailable || !d.leadBack(c, a.Outcome):
		d.sayParcelRefused(c, at, o, in, a)
	}
}

// tryParcel shows what would come of an order.
func (d *Desk) tryParcel(c *gin.Context, at parcelVisit, o parcel.Order, form url.Values) {
	in := inputOf(form)
	in.DryRun = true
	if answer, a := d.orderParcel(c, at, o, in); a.Code != http.StatusOK {
		d.sayParcelRefused(c, at, o, in, a)
	} else {
		d.showTrial(c, at, o, in, form, answer)
	}
}

// sayParcelRefused shows a parcel, and why it does not follow an order.
func (d *Desk) sayParcelRefused(c *gin.Context, at parcelVisit, o parcel.Order, in parcel.Input, a reply) {
	d.showParcel(c, a.Code, a.Outcome, at, in, []refund.Fault{{Field: faultyField(o), Why: a.Why}})
}

// trialPage shows what would come of the form that the browser keeps. Otherwise its address leads to the
// parcel.
func (d *Desk) trialPage(c *gin.Context) {
	o, ok := parcelOrderNamed(c.Param("order"))
	if !ok {
		d.sayLostParcel(c, parcelOrderUnknown)
		return
	}
	at, ok := d.approachParcel(c, d.sayLostParcel)
	if !ok {
		return
	}
	if k, ok := d.kept(c); ok {
		d.tryParcel(c, at, o, k.Fields)
		return
	}
	goTo(c, "form left", parcelPath(at.of))
}

// faultyField is the field of the form that is shown with the fault of an order.
func faultyField(o parcel.Order) string {
	if o.Name == "change-recipient" {
		return "email"
	}
	return ""
}

// inputOf reads the input of an order from a form.
func inputOf(form url.Values) parcel.Input {
	text := func(name string) string { return strings.TrimSpace(form.Get(name)) }
	return parcel.Input{
		Why: text("why"), Keys: form["keys"], Force: form.Get("force") != "",
		Email: text("email"), Name: text("name"), Language: parcel.Language(text("language")),
	}
}

// trialView shows what an order would do, and has the button that gives it.
type trialView struct {
	parcelAction
	Name, Back string
	// Given are the fields for people, Fields those of the form.
	Given  []line
	Fields []hidden
	Once   string
	// Why is what was typed before the session ended.
	Why   string
	Mails []parcel.Judged
	// To is where mails go afterwards.
	To string
	// Force offers to send mails too that newer news has overtaken.
	Force bool
}

// hidden is a field of a form that nobody sees.
type hidden struct{ Name, Value string }

func (d *Desk) showTrial(c *gin.Context, at parcelVisit, o parcel.Order, in parcel.Input, form url.Values, answer parcel.Answer) {
	v := trialView{
		parcelAction: parcelAction{Order: o, Path: parcelPath(at.of) + "/" + o.Name}, Name: at.of.String(), Back: parcelPath(at.of),
		Once: rand.Text(), Why: in.Why, Mails: answer.Mails, To: cmp.Or(in.Email, at.known.MailFacts().Recipient.Email),
	}
	for _, one := range []line{{words.Say("parcel.address"), words.Verbatim(in.Email)}, {words.Say("parcel.name"), words.Verbatim(in.Name)}, {words.Say("parcel.language"), words.Word("language", in.Language)}} {
		if one.Value != nil {
			v.Given = append(v.Given, one)
		}
	}
	for _, name := range []string{"keys", "force", "email", "name", "language"} {
		for _, value := range form[name] {
			v.Fields = append(v.Fields, hidden{name, value})
		}
	}
	if o.Name == "retry-mails" && !in.Force {
		for _, m := range answer.Mails {
			v.Force = v.Force || !m.Leaves
		}
	}
	d.show(c, http.StatusOK, "tried", "trial", page{Title: words.Say("trial.title", "Order", o.Label()), Content: v})
}
