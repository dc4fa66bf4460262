// Package desk is where people work: pages in a browser, links that are mailed, and
// an API. It keeps nothing: what is shown is asked of a workflow, what is done the
// workflow does. It is mounted on the ingress, whose manners it has.
package desk

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gin-gonic/gin"

	"waybill/contract"
	"waybill/ingress"
	"waybill/link"
	"waybill/policy"
	"waybill/recorder"
	"waybill/refund"
)

// Config is what a desk needs.
type Config struct {
	// Integrations are the names of the Sendcloud integrations.
	Integrations []string
	// LinkKeys reads the keys that sign mailed links and sessions. It is asked at the
	// start and again every few seconds. Without a key the refund pages and their API
	// stay closed; nil is none.
	LinkKeys func() (link.Keys, error)
	// Refunds is what the policy of an integration says of refunds at this moment,
	// and the people whom it names, with their tokens. Everybody are those of all
	// integrations. Without either, refund pages and API stay closed.
	Refunds   func(integration string) (refund.Policy, []policy.Person)
	Everybody func() []policy.Person
	// PublicURL is where browsers reach the ingress, such as
	// https://hooks.shop.example. Unless it is https, sessions are kept in cookies
	// that go over plain http too.
	PublicURL string
}

// Desk is where people decide refunds: pages, mailed links and an API.
type Desk struct {
	refunds   refunds
	policies  func(integration string) (refund.Policy, []policy.Person)
	everybody func() []policy.Person
	// names are those of the integrations.
	names []string
	log   *slog.Logger
	now   func() time.Time
	// keys sign sessions and open links; without one the desk is closed.
	keys     atomic.Pointer[link.Keys]
	readKeys func() (link.Keys, error)
	// secure says that browsers come by https.
	secure  bool
	origins *http.CrossOriginProtection

	addresses, clients, strangers, callers *limits
	// mailing are the sign-ins that are being started.
	mailing sync.WaitGroup
}

// refunds is what the desk needs of a [recorder.Recorder].
type refunds interface {
	recorder.Lister
	OrderRefund(ctx context.Context, of contract.RefundRef, o refund.Order, in refund.Input) (contract.RefundAnswer, error)
	SignIn(ctx context.Context, nonce string, start contract.SignInStart) error
	UseSignIn(ctx context.Context, nonce string) (contract.SignedIn, error)
}

const (
	// formLimit is far above what a form of ours has.
	formLimit = 16 << 10
	// lookTimeout is how long a workflow may take to say where a refund stands,
	// orderTimeout to follow an order. The SDK gives a call half of it.
	lookTimeout  = 8 * time.Second
	orderTimeout = 8 * time.Second
)

// New makes the desk of a config. It is closed until its keys are read.
func New(c Config, records recorder.Recorder, log *slog.Logger) (*Desk, error) {
	d := &Desk{
		refunds: records, policies: c.Refunds, everybody: c.Everybody, names: c.Integrations,
		readKeys: c.LinkKeys, log: log, now: time.Now,
		origins:   http.NewCrossOriginProtection(),
		addresses: newLimits(5, 15*time.Minute), clients: newLimits(20, 15*time.Minute),
		strangers: newLimits(30, time.Minute), callers: newLimits(120, time.Minute),
	}
	d.keys.Store(&link.Keys{})
	if c.PublicURL == "" {
		return d, nil
	}
	public, err := url.Parse(c.PublicURL)
	if err != nil || public.Host == "" || public.Scheme != "https" && public.Scheme != "http" {
		return nil, errors.New("WAYBILL_PUBLIC_URL is no address of a web server: write it as in https://hooks.shop.example")
	}
	d.secure = public.Scheme == "https"
	// A proxy may have given the request another host.
	return d, d.origins.AddTrustedOrigin(public.Scheme + "://" + public.Host)
}

// Reload reads the keys anew and reports whether other ones count from now on.
func (d *Desk) Reload() (changed bool, err error) {
	if d.readKeys == nil {
		return false, nil
	}
	keys, err := d.readKeys()
	if err != nil || reflect.DeepEqual(keys, *d.keys.Load()) {
		return false, err
	}
	d.keys.Store(&keys)
	return true, nil
}

// Wait waits for the sign-ins that are still being started.
func (d *Desk) Wait() { d.mailing.Wait() }

// Open puts the doors of the desk on the map.
func (d *Desk) Open(r gin.IRouter) {
	r.GET(stylePath, d.style)
	r.GET(forgetPath, d.forget)
	pages := r.Group("/refunds", d.pageHeaders, d.unlessClosed(d.showClosed), d.sameOrigin)
	pages.GET("/sign-in", d.signInPage)
	pages.POST("/sign-in", d.signIn)
	pages.GET("/session", d.sessionPage)
	pages.POST("/session", d.beginSession)
	pages.POST("/sign-out", d.signOut)
	pages.GET("/decide", d.decidePage)
	pages.POST("/decide", d.decide)
	inside := pages.Group("", d.signedIn)
	inside.GET("", d.inbox)
	inside.GET("/:integration/:id", d.refundPage)
	inside.POST("/:integration/:id/:order", d.press)

	api := r.Group("/api/refunds", d.unlessClosed(func(c *gin.Context) { ingress.Reply(c, refundsClosed) }), d.withToken)
	api.GET("", d.apiList)
	api.GET("/:integration/:id", d.apiRefund)
	api.POST("/:integration/:id/:order", d.apiOrder)
}

// unlessClosed answers that the desk is closed, as long as no key is set and nobody
// could sign in.
func (d *Desk) unlessClosed(say gin.HandlerFunc) gin.HandlerFunc {
	return func(c *gin.Context) {
		if len(*d.keys.Load()) == 0 || d.policies == nil || d.everybody == nil {
			say(c)
			c.Abort()
		}
	}
}

// sameOrigin refuses what another site has a browser send.
func (d *Desk) sameOrigin(c *gin.Context) {
	if err := d.origins.Check(c.Request); err != nil {
		d.say(c, http.StatusForbidden, "from another site", message{
			Title: "This request came from another site",
			Text:  []string{"Nothing was done. Open the refund here, and press its button again."},
		})
		c.Abort()
	}
}

// form reads the fields of a form, and answers itself if there are none to read.
func (d *Desk) form(c *gin.Context) (map[string]string, bool) {
	c.Request.Body = http.MaxBytesReader(c.Writer, c.Request.Body, formLimit)
	err := c.Request.ParseForm()
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		d.say(c, http.StatusRequestEntityTooLarge, "too large", message{Title: "This is too much", Text: []string{"A form may have at most 16 KiB. Nothing was done: go back and write less."}})
		return nil, false
	case err != nil:
		d.say(c, http.StatusBadRequest, "unreadable", message{Title: "This cannot be read", Text: []string{"Your browser sent something that is not one of our forms. Nothing was done: go back and try again."}})
		return nil, false
	}
	fields := map[string]string{}
	for name, values := range c.Request.PostForm {
		fields[name] = values[0]
	}
	return fields, true
}

// named is the refund that a path names.
func named(c *gin.Context) (contract.RefundRef, bool) {
	of, err := contract.ParseRefundRef("refund:" + c.Param("integration") + ":" + c.Param("id"))
	return of, err == nil
}

// find looks a refund up.
func (d *Desk) find(c *gin.Context, of contract.RefundRef) (known refund.Refund, found bool, err error) {
	ctx, cancel := context.WithTimeout(c.Request.Context(), lookTimeout)
	defer cancel()
	known, found, err = d.refunds.Refund(ctx, of)
	if err != nil {
		ingress.Note(c, "fault", err.Error())
	}
	return known, found, err
}

// reach brings a person before a refund; lost is the answer if it cannot be had.
func (d *Desk) reach(c *gin.Context, of contract.RefundRef, p refund.Policy, said refund.Said) (at counter, lost *ingress.Answer) {
	known, found, err := d.find(c, of)
	switch {
	case err != nil:
		return at, &refundsNotAsked
	case !found:
		return at, &refundUnknown
	}
	ingress.Note(c, "integration", of.Integration)
	ingress.Note(c, "refund", of.ReturnID)
	return counter{of: of, known: known, policy: p, said: said, now: d.now()}, nil
}

// mine are the integrations whose policy names a person.
func (d *Desk) mine(person string) []string {
	var mine []string
	for _, name := range d.names {
		if p, _ := d.policies(name); knows(p, person) {
			mine = append(mine, name)
		}
	}
	slices.Sort(mine)
	return mine
}

// knows reports whether a policy names a person.
func knows(p refund.Policy, person string) bool {
	_, ok := p.Person(person)
	return ok
}

// order has a refund do something: the rules are asked first, as they are known
// here, and the workflow decides.
func (d *Desk) order(c *gin.Context, at counter, o refund.Order, fields map[string]string) (contract.RefundAnswer, error) {
	ingress.Note(c, "action", o.Name)
	in, now := refund.Input{Said: at.said, Fields: fields}, d.now()
	_, err := at.known.Step(at.policy, now, func(r *refund.Refund) error { return r.Follow(o.Name, in, at.policy, now) })
	var person *refund.PersonError
	switch {
	case errors.As(err, &person):
		return contract.RefundAnswer{}, err
	case err != nil:
		return contract.RefundAnswer{}, &recorder.RefusedError{Why: err.Error()}
	}
	// A caller that hangs up must not stop an order that is about to be recorded.
	ctx, cancel := ingress.Detached(c.Request.Context(), orderTimeout)
	defer cancel()
	return d.refunds.OrderRefund(ctx, at.of, o, in)
}

// refusal is the answer to an order that was not followed. ok is false if the order
// was not refused and its result is not known: that error is logged. A refusal is
// not, because its words may name people.
func refusal(err error) (a ingress.Answer, ok bool) {
	var person *refund.PersonError
	var refused *recorder.RefusedError
	switch {
	case errors.As(err, &person):
		return ingress.Answer{Code: http.StatusForbidden, Outcome: "not this person", Hint: sentence(err)}, true
	case errors.As(err, &refused):
		return ingress.Answer{Code: http.StatusConflict, Outcome: "refused", Hint: sentence(refused)}, true
	case errors.Is(err, recorder.ErrOver):
		return ingress.Answer{Code: http.StatusConflict, Outcome: "refund over", Hint: "The refund is over: nothing can be done any more."}, true
	}
	return ingress.Answer{Code: http.StatusServiceUnavailable, Outcome: "no answer", Hint: "Temporal did not answer in time: check where the refund stands, and try again if nothing has changed."}, false
}

// whose finds the person whom a token stands for.
func (d *Desk) whose(token string, people []refund.Person) (refund.Person, bool) {
	keys := *d.keys.Load()
	i := slices.IndexFunc(people, func(p refund.Person) bool { return keys.IsPerson(token, p.Name) })
	if i < 0 {
		return refund.Person{}, false
	}
	return people[i], true
}

// persons are people without their tokens.
func persons(all []policy.Person) []refund.Person {
	people := make([]refund.Person, len(all))
	for i, a := range all {
		people[i] = a.Person
	}
	return people
}

// done is what a page shows right after an order. It is signed, so that a link cannot
// claim that an order was followed.
const done link.Purpose = "done"

// doneFor is how long.
const doneFor = 2 * time.Minute

func (d *Desk) doneToken(at counter, o refund.Order) string {
	keys := *d.keys.Load()
	return keys.Sign(link.Link{Purpose: done, Subject: at.of.WorkflowID() + " " + o.Name, Person: keys.Person(at.said.By), Until: d.now().Add(doneFor).Unix()})
}

// doneText is what a person has just done with a refund, if anything.
func (d *Desk) doneText(token string, at counter) string {
	keys := *d.keys.Load()
	l, err := keys.Open(token, done, d.now())
	if err != nil || !keys.IsPerson(l.Person, at.said.By) {
		return ""
	}
	name, ok := strings.CutPrefix(l.Subject, at.of.WorkflowID()+" ")
	o, known := refund.OrderNamed(name)
	if !ok || !known {
		return ""
	}
	return o.Done
}

// decidePath is where mailed links lead.
const decidePath = "/refunds/decide"

// pathOf is a refund's page.
func pathOf(of contract.RefundRef) string { return "/refunds/" + of.String() }
