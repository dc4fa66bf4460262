package desk

import (
	"encoding/json"
	"net/http"
	"net/url"
	"time"

	"github.com/gin-gonic/gin"

	"waybill/link"
	"waybill/refund"
	"waybill/words"
)

// kept is a form that was sent and not answered at once: the session had ended, its order is asked about
// once more or refused, a field is faulty, or it was a search or an order to several. The browser keeps it
// in a sealed cookie, and is led to the same address, which shows what is true now. So the back button and
// a reload send nothing again, nothing that was typed stands in an address, and the desk stores nothing.
type kept struct {
	// Person is whose form it is, from [link.Keys.Person]. Nobody else sees it.
	Person string `json:"w"`
	// Page is the path to which it was sent.
	Page   string     `json:"p"`
	Fields url.Values `json:"f"`
	// Ended says that the session had ended.
	Ended bool  `json:"e,omitempty"`
	Until int64 `json:"u"`
}

const (
	keptForm = "a form"
	// keptQuery asks an address for the form that was sent to it.
	keptQuery = "kept"
	// keptFor is as long as a sign-in link works.
	keptFor = time.Hour
	// mostKept is how long the cookie can be: browsers drop one of more than 4096 bytes.
	mostKept = 3800
	// rememberedFor is how long a browser keeps a session that has ended, to know whose it was.
	rememberedFor = 24 * time.Hour
)

// keptCookie holds a form that was not followed.
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
	said := words.Say("kept.lost")
	if d.seal(c, kept{Person: ended.Person, Fields: fields, Ended: true}) {
		said = words.Say("kept.kept")
	}
	http.SetCookie(c.Writer, d.wantedCookie(encodePath(keptPath(c)), int(link.SignIn.Lasts().Seconds())))
	d.show(c, http.StatusUnauthorized, "not signed in", "sign_in", page{Title: words.Say("sign_in.title"), Done: said, Content: ""})
}

// leadBack leads from a form that was not followed to its address, which says why. It reports false
// if the browser cannot keep the form: then the form itself is to be answered.
func (d *Desk) leadBack(c *gin.Context, outcome string) bool {
	if c.Request.Method != http.MethodPost || !d.seal(c, kept{Person: c.GetString(pseudonymKey), Fields: c.Request.PostForm}) {
		return false
	}
	goTo(c, outcome, keptPath(c))
	return true
}

// keptPath is the address that shows the form which was sent to it.
func keptPath(c *gin.Context) string { return c.Request.URL.Path + "?" + keptQuery }

// seal has the browser keep a form, if it can.
func (d *Desk) seal(c *gin.Context, k kept) bool {
	k.Page, k.Until = c.Request.URL.Path, d.now().Add(keptFor).Unix()
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

// kept is the form that was sent to this address, if it is asked for and the browser keeps it for the
// person who has signed in.
func (d *Desk) kept(c *gin.Context) (k kept, ok bool) {
	if _, asked := c.GetQuery(keptQuery); !asked {
		return k, false
	}
	raw, ok := d.keys.Load().Unseal(keptForm, sent(c, d.keptCookie("", 0)))
	if !ok || json.Unmarshal(raw, &k) != nil || k.Page != c.Request.URL.Path || d.now().Unix() >= k.Until {
		return kept{}, false
	}
	somebody, known := d.whose(link.Link{Person: k.Person}, d.config.Everybody())
	if !known || !d.keys.Load().IsPerson(c.GetString(pseudonymKey), somebody.Identity()) {
		return kept{}, false
	}
	return k, true
}

// dropKept has the browser forget a form whose order was followed.
func (d *Desk) dropKept(c *gin.Context) {
	if none := d.keptCookie("", -1); sent(c, none) != "" {
		http.SetCookie(c.Writer, none)
	}
}

// saysEnded says above a page what has become of what was typed before the session ended: it is in the
// form of its order, if that is offered.
func (k kept) saysEnded(o refund.Order, offered bool) *words.Text {
	if !k.Ended {
		return nil
	}
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
