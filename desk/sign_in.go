package desk

import (
	"context"
	"crypto/rand"
	"net/http"
	"net/mail"
	"slices"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"waybill/contract"
	"waybill/ingress"
	"waybill/link"
	"waybill/policy"
	"waybill/refund"
	"waybill/words"
)

// signInSays are the notices of the sign-in page, by its parameter said.
var signInSays = []string{"sent", "out", "everywhere"}

// signInPage asks for a mail address.
func (d *Desk) signInPage(c *gin.Context) {
	if _, person, _ := d.session(c); person != "" {
		c.Set(personKey, person)
		_, home := d.home(c)
		goTo(c, "signed in", home)
		return
	}
	said := c.Query("said")
	p := page{Title: words.Say("sign_in.title"), Content: ""}
	if slices.Contains(signInSays, said) {
		p.Done = words.Say("sign_in.said." + said)
	}
	if said == "out" || said == "everywhere" {
		p.Styles = []string{forgetPath}
	}
	d.show(c, http.StatusOK, "shown", "sign_in", p)
}

// signIn has a link mailed if the address is in a policy. Neither the answer nor the
// time that it takes shows whether it is. An address is never refused: anybody could keep
// its owner out by asking often.
func (d *Desk) signIn(c *gin.Context) {
	now := d.now()
	if wait := d.clients.Take(ingress.Caller(c), now); wait > 0 {
		ingress.Wait(c, wait)
		d.say(c, http.StatusTooManyRequests, ingress.TooMany.Outcome, message{Name: "too_many_links", Blanks: []any{"Wait", wait}})
		return
	}
	fields, ok := d.form(c)
	if !ok {
		return
	}
	address := strings.TrimSpace(fields["address"])
	if !isAddress(address) {
		d.show(c, http.StatusUnprocessableEntity, "unreadable", "sign_in", page{
			Title: words.Say("sign_in.title"), Content: address, Form: "sign-in",
			Faults: []refund.Fault{{Field: "address", Why: words.Say("sign_in.not_an_address")}},
		})
		return
	}
	// The answer does not wait, so that its time tells nothing.
	ctx, cancel := ingress.Detached(c.Request.Context(), orderTimeout)
	d.mailing.Go(func() {
		defer cancel()
		d.startSignIn(ctx, address, now)
	})
	goTo(c, "sign-in asked", "/sign-in?said=sent")
}

// startSignIn begins the sign-in of the person with an address, if there is one.
func (d *Desk) startSignIn(ctx context.Context, address string, now time.Time) {
	all := d.config.Everybody()
	i := slices.IndexFunc(all, func(a policy.Person) bool { return a.Email != "" && strings.EqualFold(a.Email, address) })
	if i < 0 {
		return
	}
	keys := *d.keys.Load()
	if len(keys) == 0 {
		return // the desk was closed meanwhile
	}
	name := keys.Person(all[i].Identity())
	if d.asked.Take(name, now) > 0 {
		return // the request before did it
	}
	ask := contract.SignInAsk{Nonce: rand.Text(), At: now, Until: now.Add(link.SignIn.Lasts())}
	if err := d.refunds.SignIn(ctx, name, all[i].Name, ask); err != nil {
		d.asked.Forget(name)
		d.log.Error("a sign-in could not be started: no link was mailed", "fault", err.Error())
	}
}

// mostAddress is longer than any mail address.
const mostAddress = 254

// isAddress reports whether a text is a mail address, and nothing else.
func isAddress(text string) bool {
	a, err := mail.ParseAddress(text)
	return err == nil && a.Address == text && len(text) <= mostAddress
}
