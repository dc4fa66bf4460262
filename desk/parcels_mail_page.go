package desk

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"waybill/ingress"
	"waybill/mail"
	"waybill/parcel"
	"waybill/words"
)

// mailPageView is a mail as its recipient sees it.
type mailPageView struct {
	Mail           parcel.Mail
	Rendered       mail.Rendered
	To, Back, HTML string
}

// mailPage shows a mail, rendered anew from what is recorded.
func (d *Desk) mailPage(c *gin.Context) {
	at, m, rendered, ok := d.openMail(c)
	if !ok {
		return
	}
	allowFrame(c)
	d.show(c, http.StatusOK, "shown", "mail", page{Title: words.Verbatim(rendered.Subject), Content: mailPageView{
		Mail: m, Rendered: rendered, To: d.reads(c).Tell(addressee(&at.known, m)), Back: parcelPath(at.of), HTML: parcelPath(at.of) + "/mails/" + m.Key + "/html",
	}})
}

// mailHTML is the mail itself, for the frame of its page. It can load pictures and nothing else.
func (d *Desk) mailHTML(c *gin.Context) {
	_, _, rendered, ok := d.openMail(c)
	if !ok {
		return
	}
	c.Header("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; img-src https: data:; frame-ancestors 'self'; base-uri 'none'; form-action 'none'; sandbox")
	c.Header("Referrer-Policy", "no-referrer")
	ingress.Note(c, "outcome", "shown")
	c.Data(http.StatusOK, "text/html; charset=utf-8", []byte(rendered.HTML))
}

// openMail renders the mail that the path names. If it cannot, it answers the request.
func (d *Desk) openMail(c *gin.Context) (at parcelVisit, m parcel.Mail, rendered mail.Rendered, ok bool) {
	if at, ok = d.approachParcel(c, d.sayLostParcel); !ok {
		return at, m, rendered, false
	}
	found := at.known.Mails.Find(c.Param("key"))
	if found == nil {
		d.say(c, http.StatusNotFound, "unknown mail", message{Name: "no_mail", Next: words.Say("next.parcel"), Path: parcelPath(at.of)})
		return at, m, rendered, false
	}
	rendered, err := d.render(&at.known, *found, d.shop(c.Request.Context(), at.of.Integration))
	if err != nil {
		ingress.Note(c, "fault", err.Error())
		d.say(c, http.StatusInternalServerError, "internal fault", message{Name: "mail_broken", Next: words.Say("next.parcel"), Path: parcelPath(at.of)})
		return at, m, rendered, false
	}
	return at, *found, rendered, true
}
