package desk

import (
	"errors"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"waybill/ingress"
	"waybill/link"
	"waybill/recorder"
)

// sessionFor is how long a browser stays signed in.
const sessionFor = 12 * time.Hour

// personKey is where a request keeps who has signed in.
const personKey = "person"

// cookie holds the session. Browsers accept the prefix only over https and for this
// very host.
func (d *Desk) cookie(value string, seconds int) *http.Cookie {
	name := "waybill"
	if d.secure {
		name = "__Host-waybill"
	}
	return &http.Cookie{ //nolint:gosec // without https, browsers drop a Secure cookie
		Name: name, Value: value, Path: "/", MaxAge: seconds, HttpOnly: true, Secure: d.secure, SameSite: http.SameSiteLaxMode,
	}
}

// signedIn admits those who have signed in and are still in a policy.
func (d *Desk) signedIn(c *gin.Context) {
	if person, ok := d.session(c); ok {
		c.Set(personKey, person)
		return
	}
	c.Abort()
	if c.Request.Method == http.MethodGet {
		goTo(c, "not signed in", "/refunds/sign-in")
		return
	}
	d.say(c, http.StatusUnauthorized, "not signed in", message{
		Title: "You are not signed in any more", Text: []string{"Nothing was done. Sign in, open the refund, and press its button again."},
	})
}

// session is who has signed in.
func (d *Desk) session(c *gin.Context) (person string, ok bool) {
	sent, err := c.Request.Cookie(d.cookie("", 0).Name)
	if err != nil {
		return "", false
	}
	l, err := d.keys.Load().Open(sent.Value, link.Session, d.now())
	if err != nil {
		return "", false
	}
	somebody, ok := d.whose(l.Person, d.config.Everybody())
	return somebody.Name, ok
}

// sessionPage asks before a mailed link is used: programs that scan mails open links
// too.
func (d *Desk) sessionPage(c *gin.Context) {
	token := c.Query("link")
	if _, err := d.keys.Load().Open(token, link.SignIn, d.now()); err != nil {
		d.badSignIn(c, err)
		return
	}
	d.show(c, http.StatusOK, "asked to sign in", "session", page{Title: "Sign in", Content: token})
}

// beginSession uses up a mailed link and signs the browser in.
func (d *Desk) beginSession(c *gin.Context) {
	fields, ok := d.form(c)
	if !ok {
		return
	}
	keys := *d.keys.Load()
	l, err := keys.Open(fields["link"], link.SignIn, d.now())
	if err != nil {
		d.badSignIn(c, err)
		return
	}
	ctx, cancel := ingress.Detached(c.Request.Context(), orderTimeout)
	defer cancel()
	used, err := d.refunds.UseSignIn(ctx, l.Subject)
	if err != nil {
		d.badSignIn(c, err)
		return
	}
	if _, ok := d.whose(l.Person, d.config.Everybody()); !ok || !keys.IsPerson(l.Person, used.Person) {
		d.say(c, http.StatusForbidden, "nobody in the policy", message{Title: "You are not in the policy any more", Text: []string{"The link is valid, but its person no longer decides refunds. Ask the person who maintains the policy."}})
		return
	}
	http.SetCookie(c.Writer, d.cookie(keys.Sign(link.Link{Purpose: link.Session, Person: keys.Person(used.Person), Until: d.now().Add(sessionFor).Unix()}), int(sessionFor.Seconds())))
	goTo(c, "signed in", "/refunds")
}

// badSignIn says what is wrong with a sign-in link, and what to do.
func (d *Desk) badSignIn(c *gin.Context, err error) {
	var refused *recorder.RefusedError
	switch {
	case errors.Is(err, link.ErrExpired):
		d.say(c, http.StatusGone, "link expired", message{Title: "This link has expired", Text: []string{"A sign-in link works for 15 minutes. Ask for a new one."}})
	case errors.Is(err, link.ErrInvalid):
		d.say(c, http.StatusBadRequest, "link not ours", message{Title: "This link is incomplete", Text: []string{"It may have been cut off at the end of a line in the mail. Copy the whole link, or ask for a new one."}})
	case errors.As(err, &refused), errors.Is(err, recorder.ErrOver):
		d.say(c, http.StatusGone, "link used", message{Title: "This link was used already", Text: []string{"A sign-in link works once. Ask for a new one. If you did not use it yourself, inform the person who maintains the policy."}})
	default:
		ingress.Note(c, "fault", err.Error())
		d.say(c, http.StatusServiceUnavailable, "no answer", message{Title: "Temporal did not answer in time", Text: []string{"It is not known whether the link has been used. Open it again, and ask for a new one if it has."}})
	}
}

// signOut deletes the session cookie.
func (d *Desk) signOut(c *gin.Context) {
	http.SetCookie(c.Writer, d.cookie("", -1))
	goTo(c, "signed out", "/refunds/sign-in?said=out")
}
