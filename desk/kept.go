package desk

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"waybill/link"
	"waybill/refund"
	"waybill/words"
)

// kept is a form that was sent after the session had ended. The browser keeps it in a sealed cookie
// until its person has signed in again: nothing of it stands in an address, and the desk stores nothing.
type kept struct {
	// Person is whose session it was, from [link.Keys.Person]. Nobody else sees the form.
	Person string `json:"w"`
	// Page is the path of the page that has the form, Order the order that it gives; empty if it
	// gives none.
	Page   string     `json:"p"`
	Order  string     `json:"o,omitempty"`
	Fields url.Values `json:"f"`
	Until  int64      `json:"u"`
}

const (
	keptForm = "a form"
	// keptFor is as long as a sign-in link works.
	keptFor = time.Hour
	// mostKept is how long the cookie can be: browsers drop one of more than 4096 bytes.
	mostKept = 3800
	// rememberedFor is how long a browser keeps a session that has ended, to know whose it was.
	rememberedFor = 24 * time.Hour
)

// keptCookie holds a form that was sent after the session had ended.
func (d *Desk) keptCookie(value string, seconds int) *http.Cookie {
	name := "waybill-form"
	if d.secure {
		name = "__Host-waybill-form"
	}
	return d.cookieAt("/", name, value, seconds)
}

// keep answers a form that was sent after the session had ended: with the page to sign in, which
// leads back to the form. What was typed is kept only if it is known whose session it was.
func (d *Desk) keep(c *gin.Context, ended link.Link) {
	fields, ok := d.values(c)
	if !ok {
		return
	}
	k := kept{Person: ended.Person, Page: c.Request.URL.Path, Fields: fields, Until: d.now().Add(keptFor).Unix()}
	if strings.HasSuffix(c.FullPath(), "/:order") {
		k.Order = c.Param("order")
		k.Page = strings.TrimSuffix(k.Page, "/"+k.Order)
	}
	http.SetCookie(c.Writer, d.wantedCookie(encodePath(k.Page), int(link.SignIn.Lasts().Seconds())))
	said := words.Say("kept.lost")
	if d.seal(c, k) {
		said = words.Say("kept.kept")
	}
	d.show(c, http.StatusUnauthorized, "not signed in", "sign_in", page{Title: words.Say("sign_in.title"), Done: said, Content: ""})
}

// seal has the browser keep a form, if it can.
func (d *Desk) seal(c *gin.Context, k kept) bool {
	raw, err := json.Marshal(k)
	if err != nil || k.Person == "" {
		return false
	}
	sealed := d.keys.Load().Seal(keptForm, raw)
	if len(sealed) > mostKept {
		return false
	}
	http.SetCookie(c.Writer, d.keptCookie(sealed, int(keptFor.Seconds())))
	return true
}

// takeKept is the form of this page that the browser keeps for the person who has signed in. It is
// shown once.
func (d *Desk) takeKept(c *gin.Context) (k kept, ok bool) {
	sealed := sent(c, d.keptCookie("", 0))
	if sealed == "" {
		return k, false
	}
	raw, ok := d.keys.Load().Unseal(keptForm, sealed)
	if ok && json.Unmarshal(raw, &k) == nil && k.Page != c.Request.URL.Path && d.now().Unix() < k.Until {
		return kept{}, false // it is another page's
	}
	http.SetCookie(c.Writer, d.keptCookie("", -1))
	somebody, known := d.whose(link.Link{Person: k.Person}, d.config.Everybody())
	if !known || !d.keys.Load().IsPerson(c.GetString(pseudonymKey), somebody.Identity()) || d.now().Unix() >= k.Until {
		return kept{}, false
	}
	return k, true
}

// saysKept says above a page what has become of what was typed: it is in the form of its order, if that
// is offered.
func (k kept) saysKept(o refund.Order, offered bool) *words.Text {
	if offered {
		return words.Say("kept.again")
	}
	var typed []*words.Text
	for _, f := range o.Fields {
		if text := k.Fields.Get(f.Name); text != "" {
			typed = append(typed, words.Say("kept.typed", "Label", f.Label(), "Value", text))
		}
	}
	return words.Say("kept.gone", "Typed", words.All(typed))
}

// showKept shows a refund with what was typed into one of its forms.
func (d *Desk) showKept(c *gin.Context, at visit, k kept) {
	t := tried{order: k.Order, given: map[string]string{}}
	o, _ := refund.OrderNamed(k.Order)
	for _, f := range o.Fields {
		t.given[f.Name] = k.Fields.Get(f.Name)
	}
	forms, _ := at.offer(t)
	d.showWith(c, http.StatusOK, "shown again", at, t, k.saysKept(o, offered(forms, k.Order)))
}
