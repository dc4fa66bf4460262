package desk

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"
	lru "github.com/hashicorp/golang-lru/v2"

	"waybill/contract"
	"waybill/ingress"
	"waybill/link"
)

// heardFor is how long a page may still be shown by this process after the person signed
// out at another one. Orders ask each time.
const heardFor = 30 * time.Second

// mostHeard is far more people than decide refunds.
const mostHeard = 1000

// heard are a person's sign-outs, as they were when they were asked for.
type heard struct {
	contract.SignOuts
	at time.Time
}

func newCache[K comparable, V any](most int) *lru.Cache[K, V] {
	all, err := lru.New[K, V](most)
	if err != nil {
		panic(err) // the size is below 1
	}
	return all
}

// ended reports whether a person ended a session or link before its time.
func (d *Desk) ended(c *gin.Context, l link.Link, person string) (bool, error) {
	last, known := d.heard.Get(person)
	if !known || c.Request.Method != http.MethodGet || d.now().Sub(last.at) >= heardFor {
		ctx, cancel := context.WithTimeout(c.Request.Context(), lookTimeout)
		defer cancel()
		last = heard{at: d.now()}
		for _, name := range d.keys.Load().Persons(person) {
			outs, err := d.refunds.SignOuts(ctx, name)
			if err != nil {
				return false, err
			}
			last.Merge(outs)
		}
		d.heard.Add(person, last)
	}
	return last.End(l.Nonce, l.Made()), nil
}

// forgetAll has the browser forget the session, and what it has kept of it.
func (d *Desk) forgetAll(c *gin.Context) {
	http.SetCookie(c.Writer, d.cookie("", -1))
	http.SetCookie(c.Writer, d.wantedCookie("", -1))
	d.dropKept(c)
}

// signOut ends the session, or all sessions and mailed links of the person, and deletes
// the cookies.
func (d *Desk) signOut(c *gin.Context) {
	fields, ok := d.form(c)
	if !ok {
		return
	}
	l, person, err := d.session(c)
	d.forgetAll(c)
	out, said := contract.SignOut{Session: l.Nonce, At: d.now(), Until: time.Unix(l.Until, 0)}, "out"
	if fields["everywhere"] != "" {
		out, said = contract.SignOut{Everywhere: true, At: d.now(), Until: d.now().Add(link.Longest())}, "everywhere"
	}
	switch {
	case err == nil && person == "" && out.Everywhere:
		d.sayNotSignedIn(c)
		return
	case err == nil && person != "":
		ctx, cancel := ingress.Detached(c.Request.Context(), orderTimeout)
		defer cancel()
		// Under each key: a session lives as long as the key that signed it, and another
		// process may not have the newest key yet.
		for _, name := range d.keys.Load().Persons(person) {
			err = errors.Join(err, d.refunds.SignOut(ctx, name, out))
		}
		d.heard.Remove(person)
	}
	if err != nil {
		ingress.Note(c, "fault", err.Error())
		d.say(c, http.StatusServiceUnavailable, "no answer", message{Name: "only_here"})
		return
	}
	goTo(c, "signed out", "/sign-in?said="+said)
}
