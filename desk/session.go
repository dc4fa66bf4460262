package desk

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"waybill/ingress"
	"waybill/link"
	"waybill/recorder"
	"waybill/words"
)

// personKey is where a request keeps who has signed in, pseudonymKey for whom the session or mailed link
// is.
const (
	personKey    = "person"
	pseudonymKey = "pseudonym"
)

// cookie holds the session. Browsers accept the prefix only over https and for this
// very host.
func (d *Desk) cookie(value string, seconds int) *http.Cookie {
	name := "waybill"
	if d.secure {
		name = "__Host-waybill"
	}
	return d.cookieAt("/", name, value, seconds)
}

// linkCookie holds a mailed link while its page is used.
func (d *Desk) linkCookie(path, value string, seconds int) *http.Cookie {
	name := "waybill-link"
	if d.secure {
		name = "__Secure-waybill-link"
	}
	return d.cookieAt(path, name, value, seconds)
}

// wantedCookie holds the page that somebody wanted to see who has to sign in first.
func (d *Desk) wantedCookie(value string, seconds int) *http.Cookie {
	name := "waybill-wanted"
	if d.secure {
		name = "__Host-waybill-wanted"
	}
	return d.cookieAt("/", name, value, seconds)
}

// mostPath is the longest address of a page that is remembered.
const mostPath = 2500

func encodePath(path string) string {
	if len(path) > mostPath {
		return ""
	}
	return base64.RawURLEncoding.EncodeToString([]byte(path))
}

// wanted is the page that a person wanted to see before they signed in, and forgets it. Another
// site cannot be one.
func (d *Desk) wanted(c *gin.Context) string {
	_, path := d.home(c)
	value := sent(c, d.wantedCookie("", 0))
	if value == "" {
		return path
	}
	http.SetCookie(c.Writer, d.wantedCookie("", -1))
	raw, err := base64.RawURLEncoding.DecodeString(value)
	page, _, _ := strings.Cut(string(raw), "?")
	if err == nil && (within(page, "/parcels") || within(page, "/refunds")) && !strings.ContainsAny(string(raw), "\\\r\n") {
		return string(raw)
	}
	return path
}

func within(page, desk string) bool { return page == desk || strings.HasPrefix(page, desk+"/") }

// cookieAt makes a cookie. A strict one would not come with the page that a link in a
// mail program leads to.
func (d *Desk) cookieAt(path, name, value string, seconds int) *http.Cookie {
	return &http.Cookie{ //nolint:gosec // without https, browsers drop a Secure cookie
		Name: name, Value: value, Path: path, MaxAge: seconds, HttpOnly: true, Secure: d.secure, SameSite: http.SameSiteLaxMode,
	}
}

// sent is the value of a cookie that came with a request; empty if it did not.
func sent(c *gin.Context, cookie *http.Cookie) string {
	one, err := c.Request.Cookie(cookie.Name)
	if err != nil {
		return ""
	}
	return one.Value
}

// signedIn admits those who have signed in and are still in a policy.
func (d *Desk) signedIn(c *gin.Context) {
	l, person, err := d.session(c)
	switch {
	case err != nil:
		c.Abort()
		d.sayUnheard(c, err)
	case person != "":
		c.Set(personKey, person)
		c.Set(pseudonymKey, l.Person)
		ingress.Proven(c)
	case c.Request.Method == http.MethodGet:
		c.Abort()
		http.SetCookie(c.Writer, d.wantedCookie(encodePath(c.Request.URL.RequestURI()), int(link.SignIn.Lasts().Seconds())))
		goTo(c, "not signed in", "/sign-in")
	default:
		c.Abort()
		d.keep(c, l)
	}
}

// sayNotSignedIn answers the button to sign out everywhere if the session has ended.
func (d *Desk) sayNotSignedIn(c *gin.Context) {
	d.say(c, http.StatusUnauthorized, "not signed in", message{Name: "not_signed_in"})
}

// session is who has signed in; empty if nobody has, and then the link tells whose session has ended, if
// the browser still has that. The error says that it could not be asked whether the session has ended.
func (d *Desk) session(c *gin.Context) (l link.Link, person string, err error) {
	l, err = d.read(c, sent(c, d.cookie("", 0)), link.Session)
	if err != nil {
		return l, "", nil //nolint:nilerr // it is no session
	}
	somebody, ok := d.whose(l, d.config.Everybody())
	if !ok {
		return l, "", nil
	}
	ended, err := d.ended(c, l, somebody.Name)
	if ended {
		// Another process may not have heard of it, and would send the browser back from the page to sign in.
		http.SetCookie(c.Writer, d.cookie("", -1))
	}
	if ended || err != nil {
		return l, "", err
	}
	return l, somebody.Name, nil
}

// sayUnheard says that it is not known whether a session or link has ended.
func (d *Desk) sayUnheard(c *gin.Context, err error) {
	ingress.Note(c, "fault", err.Error())
	d.say(c, http.StatusServiceUnavailable, "no answer", message{Name: "sign_in_unknown", Next: words.Say("next.again"), Path: c.Request.URL.Path})
}

// sessionPath is the page of a mailed sign-in link.
const sessionPath = "/session"

// sessionPage asks before a mailed link is used: programs that scan mails open links
// too. The link itself moves into a cookie.
func (d *Desk) sessionPage(c *gin.Context) {
	token, mailed := c.GetQuery("link")
	if mailed {
		c.Header("Referrer-Policy", "no-referrer")
	} else {
		token = sent(c, d.linkCookie("", "", 0))
	}
	if _, err := d.read(c, token, link.SignIn); err != nil {
		d.badSignIn(c, err)
		return
	}
	if mailed {
		d.moveLink(c, sessionPath, token, link.SignIn.Lasts())
		return
	}
	d.show(c, http.StatusOK, "asked to sign in", "session", page{Title: words.Say("sign_in.title")})
}

// moveLink moves a mailed link out of the address into a cookie, so that it stays in no
// browser history. Its address is no page, and so no Referer either; a page that says what
// is wrong with the link sends none.
func (d *Desk) moveLink(c *gin.Context, path, token string, lasts time.Duration) {
	http.SetCookie(c.Writer, d.linkCookie(path, token, int(lasts.Seconds())))
	goTo(c, "link taken", path)
}

// beginSession uses up a mailed link and signs the browser in.
func (d *Desk) beginSession(c *gin.Context) {
	keys := *d.keys.Load()
	l, err := d.read(c, sent(c, d.linkCookie("", "", 0)), link.SignIn)
	if err != nil {
		d.badSignIn(c, err)
		return
	}
	somebody, ok := d.whose(l, d.config.Everybody())
	if !ok {
		d.sayStranger(c)
		return
	}
	switch ended, err := d.ended(c, l, somebody.Name); {
	case err != nil:
		d.sayUnheard(c, err)
		return
	case ended:
		d.say(c, http.StatusGone, "link ended", message{Name: "link_ended"})
		return
	}
	ctx, cancel := ingress.Detached(c.Request.Context(), orderTimeout)
	defer cancel()
	used, err := d.refunds.UseSignIn(ctx, l.Subject, l.Nonce)
	switch {
	case err != nil:
		d.badSignIn(c, err)
		return
	case used.Person != somebody.Name:
		d.sayStranger(c)
		return
	}
	d.asked.Forget(keys.Person(somebody.Identity())) // the next request is for another link
	session := link.Link{Purpose: link.Session, Person: keys.Person(somebody.Identity()), Nonce: rand.Text(), Until: d.now().Add(link.Session.Lasts()).Unix()}
	http.SetCookie(c.Writer, d.linkCookie(sessionPath, "", -1))
	http.SetCookie(c.Writer, d.cookie(keys.Sign(session), int((link.Session.Lasts()+rememberedFor).Seconds())))
	c.Set(personKey, somebody.Name)
	goTo(c, "signed in", d.wanted(c))
}

// sayStranger says that a link is nobody's any more.
func (d *Desk) sayStranger(c *gin.Context) {
	d.say(c, http.StatusForbidden, "nobody in the policy", message{Name: "stranger"})
}

// badSignIn says what is wrong with a sign-in link, and what to do.
func (d *Desk) badSignIn(c *gin.Context, err error) {
	var refused *recorder.RefusedError
	switch {
	case errors.Is(err, link.ErrExpired):
		d.say(c, http.StatusGone, "link expired", message{Name: "link_expired"})
	case errors.Is(err, link.ErrInvalid):
		d.say(c, http.StatusBadRequest, "link not ours", message{Name: "link_incomplete"})
	case errors.As(err, &refused), errors.Is(err, recorder.ErrOver):
		d.say(c, http.StatusGone, "link used", message{Name: "link_used"})
	default:
		ingress.Note(c, "fault", err.Error())
		d.say(c, http.StatusServiceUnavailable, "no answer", message{Name: "link_unknown"})
	}
}
