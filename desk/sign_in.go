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
	"sent":       "If this address belongs to a person who decides refunds, a link is on its way. It works once, for 15 minutes.",
	"out":        "You are signed out.",
	"everywhere": "You are signed out everywhere. Links that were mailed to you before do not work any more.",
}

// signInPage asks for a mail address.
func (d *Desk) signInPage(c *gin.Context) {
	if _, person, _ := d.session(c); person != "" {
		goTo(c, "signed in", "/refunds")
		return
	}
	said := c.Query("said")
	p := page{Title: "Sign in", Done: signInSays[said], Content: ""}
	if said == "out" || said == "everywhere" {
		p.Forget = forgetPath
	}
	d.show(c, http.StatusOK, "shown", "sign_in", p)
}

// signIn has a link mailed if the address is in a policy. Neither the answer nor the
// time that it takes shows whether it is.
func (d *Desk) signIn(c *gin.Context) {
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
	now := d.now()
	wait := d.clients.take(addressOf(c), now)
	if wait == 0 {
		wait = d.addresses.take(refund.Digest(address), now) // counted without being kept
	}
	if wait > 0 {
		retryAfter(c, wait)
		d.say(c, http.StatusTooManyRequests, tooMany.Outcome, message{
			Title: "Too many links were requested", Text: []string{"Check your mailbox and its spam folder. You can ask for a new link in " + delivery.Span(wait) + "."},
		})
		return
	}
	// The answer does not wait, so that its time tells nothing.
	ctx, cancel := ingress.Detached(c.Request.Context(), orderTimeout)
	d.mailing.Go(func() {
		defer cancel()
		d.startSignIn(ctx, address, now)
	})
	goTo(c, "sign-in asked", "/refunds/sign-in?said=sent")
}

// startSignIn begins the sign-in of the person with an address, if there is one.
func (d *Desk) startSignIn(ctx context.Context, address string, now time.Time) {
	all := d.config.Everybody()
	i := slices.IndexFunc(all, func(a policy.Person) bool { return a.Email != "" && strings.EqualFold(a.Email, address) })
	if i < 0 {
		return
	}
	if err := d.refunds.SignIn(ctx, rand.Text(), contract.SignInStart{Person: all[i].Name, Until: now.Add(link.SignIn.Lasts())}); err != nil {
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
