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
	"waybill/delivery"
	"waybill/ingress"
	"waybill/link"
	"waybill/policy"
	"waybill/refund"
)

// signInSays are the notices of the sign-in page, by its parameter said.
var signInSays = map[string]string{
	"sent":       "If this address belongs to a person of the policy, a link is on its way, or already in the mailbox. Each link works once, within an hour. At most three are mailed in an hour: if you have used all of them, ask again an hour after the first one came.",
	"out":        "You are signed out.",
	"everywhere": "You are signed out everywhere. Links that were mailed to you before do not work any more.",
}

// signInPage asks for a mail address.
func (d *Desk) signInPage(c *gin.Context) {
	if _, person, _ := d.session(c); person != "" {
		c.Set(personKey, person)
		_, home := d.home(c)
		goTo(c, "signed in", home)
		return
	}
	said := c.Query("said")
	p := page{Title: "Sign in", Done: signInSays[said], Content: ""}
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
	if wait := d.clients.take(ingress.Caller(c), now); wait > 0 {
		retryAfter(c, wait)
		d.say(c, http.StatusTooManyRequests, tooMany.Outcome, message{
			Title: "Too many links were requested", Text: []string{"Too many requests came from your network. Check your mailbox and its spam folder. You can ask for a new link in " + delivery.Span(wait) + "."},
		})
		return
	}
	fields, ok := d.form(c)
	if !ok {
		return
	}
	address := strings.TrimSpace(fields["address"])
	if !isAddress(address) {
		d.show(c, http.StatusUnprocessableEntity, "unreadable", "sign_in", page{
			Title: "Sign in", Content: address, Form: "sign-in",
			Faults: []refund.Fault{{Field: "address", Why: "Write your mail address as in jane@shop.example."}},
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
	if d.asked.take(name, now) > 0 {
		return // the request before did it
	}
	ask := contract.SignInAsk{Nonce: rand.Text(), At: now, Until: now.Add(link.SignIn.Lasts())}
	if err := d.refunds.SignIn(ctx, name, all[i].Name, ask); err != nil {
		d.asked.forget(name)
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
