// Package desk is where people work: pages in a browser, mailed links and an API. It
// stores nothing: it asks workflows for what it shows, and sends them orders. It is
// mounted on the ingress, which sets limits and logs.
package desk

import (
	"context"
	"errors"
	"html/template"
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
	lru "github.com/hashicorp/golang-lru/v2"

	"waybill/contract"
	"waybill/ingress"
	"waybill/link"
	"waybill/policy"
	"waybill/recorder"
	"waybill/refund"
	"waybill/words"
)

// Config is what a desk needs.
type Config struct {
	// Integrations are the names of the Sendcloud integrations.
	Integrations []string
	// LinkKeys reads the keys that sign mailed links and sessions, at the start and
	// again every few seconds. Without a key the pages and their API are closed.
	LinkKeys func() (link.Keys, error)
	// Refunds is the policy of an integration at this moment and the people in it, with
	// their tokens. Everybody is the people of all integrations.
	Refunds   func(integration string) (refund.Policy, []policy.Person)
	Everybody func() []policy.Person
	// Parcels is what the desk needs for parcels.
	Parcels ParcelConfig
	// PublicURL is where browsers reach the ingress, such as https://hooks.shop.example.
	// Unless it is https, session cookies are also sent over plain http.
	PublicURL string
}

// Desk is where people work on parcels and decide refunds: pages, mailed links and an API.
type Desk struct {
	config  Config
	refunds refunds
	parcels parcels
	// namespace is that of the workflows, for links.
	namespace string

	log *slog.Logger
	now func() time.Time
	// keys sign sessions and open links; without one the desk is closed.
	keys atomic.Pointer[link.Keys]
	// secure says that browsers use https.
	secure  bool
	origins *http.CrossOriginProtection

	// asked bounds how often a person's sign-in is passed on, the others how often a client,
	// somebody without a token, and a token are let in.
	asked, clients, strangers, callers *ingress.Limits
	// heard are sign-outs, by person.
	heard *lru.Cache[string, heard]
	// ready are the templates of pages for those who have read one.
	ready *lru.Cache[reading, *template.Template]
	// mailing waits for the sign-ins that are being started.
	mailing sync.WaitGroup
}

// refunds is what the desk needs of a [recorder.Recorder].
type refunds interface {
	recorder.RefundLister
	CountRefunds(ctx context.Context, f recorder.RefundFilter) (int64, error)
	OrderRefund(ctx context.Context, of contract.RefundRef, o refund.Order, in refund.Input) (contract.RefundAnswer, error)
	SignIn(ctx context.Context, name, person string, ask contract.SignInAsk) error
	UseSignIn(ctx context.Context, name, nonce string) (contract.SignedIn, error)
	SignOut(ctx context.Context, name string, out contract.SignOut) error
	SignOuts(ctx context.Context, name string) (contract.SignOuts, error)
}

const (
	// formLimit is the largest form in bytes, far above what ours have.
	formLimit = 16 << 10
	// lookTimeout is how long a workflow may take to say where a refund stands,
	// orderTimeout to follow an order. The SDK gives a call half of it.
	lookTimeout  = 8 * time.Second
	orderTimeout = 8 * time.Second
)

// New makes a desk, which is closed until [Desk.Reload] has read its keys.
func New(c Config, records recorder.Recorder, log *slog.Logger) (*Desk, error) {
	d := &Desk{
		config: c, refunds: records, parcels: records, namespace: records.NamespaceName(), log: log, now: time.Now,
		origins: http.NewCrossOriginProtection(),
		asked:   ingress.NewLimits(1, time.Minute), clients: ingress.NewLimits(20, 15*time.Minute),
		strangers: ingress.NewLimits(30, time.Minute), callers: ingress.NewLimits(120, time.Minute),
		heard: newCache[string, heard](mostHeard), ready: newCache[reading, *template.Template](mostReadings),
	}
	d.keys.Store(&link.Keys{})
	if c.PublicURL == "" {
		return d, nil
	}
	public, err := url.Parse(c.PublicURL)
	if err != nil {
		return nil, err
	}
	d.secure = public.Scheme == "https"
	// Behind a proxy, requests may name another host.
	return d, d.origins.AddTrustedOrigin(public.Scheme + "://" + public.Host)
}

// Reload reads the keys again and reports whether they have changed.
func (d *Desk) Reload() (changed bool, err error) {
	keys, err := d.config.LinkKeys()
	if err != nil || reflect.DeepEqual(keys, *d.keys.Load()) {
		return false, err
	}
	d.keys.Store(&keys)
	return true, nil
}

// Wait waits for the sign-ins that are still being started.
func (d *Desk) Wait() { d.mailing.Wait() }

// Open adds the routes of the desk.
func (d *Desk) Open(r gin.IRouter) {
	r.GET(stylePath, d.style)
	r.GET(forgetPath, d.forget)
	r.GET(countdownPath, d.countdown)
	pages := r.Group("", d.pageHeaders, d.unlessClosed(d.showClosed), d.sameOrigin)
	pages.GET("/", d.start)
	pages.GET("/sign-in", d.signInPage)
	pages.POST("/sign-in", d.signIn)
	pages.GET(sessionPath, d.sessionPage)
	pages.POST(sessionPath, d.beginSession)
	pages.POST("/sign-out", d.signOut)
	pages.GET(decidePath, d.takeLink)
	pages.GET("/refunds"+byLink+"/:integration/:id", d.decidePage)
	pages.POST("/refunds"+byLink+"/:integration/:id", d.decide)
	refunds := pages.Group("/refunds", d.signedIn)
	refunds.GET("", d.inbox)
	refunds.POST("", d.searchRefunds)
	refunds.GET("/several", d.severalPage)
	refunds.POST("/several", d.pressSeveral)
	refunds.GET("/:integration/:id", d.refundPage)
	refunds.GET("/:integration/:id/:order", d.orderPage)
	refunds.POST("/:integration/:id/:order", d.press)
	parcels := pages.Group("/parcels", d.signedIn)
	parcels.GET("", d.parcelsPage)
	parcels.POST("", d.searchParcels)
	parcels.GET("/:integration/:id", d.parcelPage)
	parcels.GET("/:integration/:id/mails/:key", d.mailPage)
	parcels.GET("/:integration/:id/mails/:key/html", d.mailHTML)
	parcels.GET("/:integration/:id/:order", d.trialPage)
	parcels.POST("/:integration/:id/:order", d.pressParcel)

	d.openAPI(r)
}

// openAPI adds the routes of the API. Its description has no data, and needs no token.
func (d *Desk) openAPI(r gin.IRouter) {
	r.GET(ingress.Description, description)
	api := r.Group("/api", d.unlessClosed(func(c *gin.Context) { ingress.Reply(c, deskClosed) }), d.withToken)
	api.GET("/refunds", d.apiRefunds)
	api.GET("/refunds/:integration/:id", unasked, d.apiRefund)
	api.GET("/parcels", d.apiParcels)
	api.GET("/parcels/:integration/:id", unasked, d.apiParcel)
	api.GET("/batches/:id", unasked, d.apiBatch)
	orders := api.Group("", d.mayOrder, unasked)
	orders.POST("/refunds/:integration/:id/:order", d.apiOrder)
	orders.POST("/parcels/:integration/:id/:order", d.apiParcelOrder)
	orders.POST("/batches", d.apiStartBatch)
}

// unlessClosed has say answer as long as no key is set.
func (d *Desk) unlessClosed(say gin.HandlerFunc) gin.HandlerFunc {
	return func(c *gin.Context) {
		if len(*d.keys.Load()) == 0 {
			say(c)
			c.Abort()
		}
	}
}

// sameOrigin refuses requests that another site makes a browser send.
func (d *Desk) sameOrigin(c *gin.Context) {
	if err := d.origins.Check(c.Request); err != nil {
		d.say(c, http.StatusForbidden, "from another site", message{Name: "other_site"})
		c.Abort()
	}
}

// form reads the first value of each field of a form; see [Desk.values].
func (d *Desk) form(c *gin.Context) (map[string]string, bool) {
	values, ok := d.values(c)
	return firstOf(values), ok
}

// firstOf is the first value of each field of a form.
func firstOf(values url.Values) map[string]string {
	fields := map[string]string{}
	for name := range values {
		fields[name] = values.Get(name)
	}
	return fields
}

// values reads the fields of a form. If it cannot, it answers the request. A form that says of
// itself that it is too large is not read.
func (d *Desk) values(c *gin.Context) (url.Values, bool) {
	var err error
	tooLarge := ingress.TooLarge(c, formLimit)
	if !tooLarge {
		c.Request.Body = http.MaxBytesReader(c.Writer, c.Request.Body, formLimit)
		err = c.Request.ParseForm()
		var large *http.MaxBytesError
		tooLarge = errors.As(err, &large)
	}
	switch {
	case tooLarge:
		d.say(c, http.StatusRequestEntityTooLarge, "too large", message{Name: "too_much"})
		return nil, false
	case err != nil:
		d.say(c, http.StatusBadRequest, "unreadable", message{Name: "no_form"})
		return nil, false
	}
	return c.Request.PostForm, true
}

// people are the policy of an integration and the people in it: nobody, if this deployment does
// not serve the integration. A policy has people for any name.
func (d *Desk) people(integration string) (refund.Policy, []policy.Person) {
	if !slices.Contains(d.config.Integrations, integration) {
		return refund.Policy{}, nil
	}
	return d.config.Refunds(integration)
}

// deciders are likewise those who decide refunds.
func (d *Desk) deciders(integration string) (refund.Policy, []policy.Person) {
	p, people := d.people(integration)
	return p, slices.DeleteFunc(slices.Clone(people), func(somebody policy.Person) bool { return !somebody.Decides() })
}

// admits reports whether the policy of an integration has the caller decide refunds.
func (d *Desk) admits(c *gin.Context, integration string) (refund.Policy, bool) {
	p, people := d.deciders(integration)
	return p, isOne(c, people)
}

// isOne reports whether the caller is one of these people. A token has to be in the same policy:
// another integration may use the name for another person.
func isOne(c *gin.Context, people []policy.Person) bool {
	name, token := c.GetString(personKey), c.GetString(tokenKey)
	return slices.ContainsFunc(people, func(somebody policy.Person) bool {
		return somebody.Name == name && (token == "" || slices.Contains(somebody.TokenSHA256, token))
	})
}

// mine are the integrations whose refunds the caller decides.
func (d *Desk) mine(c *gin.Context) []string {
	var mine []string
	for _, name := range d.config.Integrations {
		if _, ok := d.admits(c, name); ok {
			mine = append(mine, name)
		}
	}
	slices.Sort(mine)
	return mine
}

// sayer tells the caller why they cannot see a refund.
type sayer func(*gin.Context, ingress.Answer)

// approach loads the refund that the path names, if the caller may see it.
func (d *Desk) approach(c *gin.Context, via refund.Via, say sayer) (at visit, ok bool) {
	of, err := contract.ParseRefundRef("refund:" + c.Param("integration") + ":" + c.Param("id"))
	if err != nil {
		say(c, refundUnknown)
		return at, false
	}
	p, ok := d.admits(c, of.Integration)
	if !ok {
		say(c, notTheirs)
		return at, false
	}
	return d.reach(c, of, p, refund.Said{By: c.GetString(personKey), Via: via}, say)
}

// reach loads a refund for a person.
func (d *Desk) reach(c *gin.Context, of contract.RefundRef, p refund.Policy, said refund.Said, say sayer) (at visit, ok bool) {
	known, found, err := d.find(c, of)
	switch {
	case err != nil:
		say(c, refundsNotAsked)
		return at, false
	case !found:
		say(c, refundUnknown)
		return at, false
	}
	ingress.Note(c, "integration", of.Integration)
	ingress.Note(c, "refund", of.ReturnID)
	return visit{of: of, known: known, policy: p, said: said, now: d.now()}, true
}

// find asks a refund for its state.
func (d *Desk) find(c *gin.Context, of contract.RefundRef) (known refund.Refund, found bool, err error) {
	ctx, cancel := context.WithTimeout(c.Request.Context(), lookTimeout)
	defer cancel()
	known, found, err = d.refunds.Refund(ctx, of)
	if err != nil {
		ingress.Note(c, "fault", err.Error())
	}
	return known, found, err
}

// read reads a mailed link or a session. Those that an older key has signed are counted.
func (d *Desk) read(c *gin.Context, token string, purpose link.Purpose) (link.Link, error) {
	keys := *d.keys.Load()
	l, err := keys.Open(token, purpose, d.now())
	if err == nil && len(keys) > 1 {
		if _, older := keys[:1].Open(token, purpose, d.now()); older != nil {
			ingress.OlderKey(c, linkKeys)
		}
	}
	return l, err
}

// linkKeys is the setting with the keys of links and sessions.
const linkKeys = "WAYBILL_LINK_KEYS"

// whose finds the person of a link or session. It is nobody's if their address, token or
// role has changed since.
func (d *Desk) whose(l link.Link, people []policy.Person) (policy.Person, bool) {
	keys := *d.keys.Load()
	i := slices.IndexFunc(people, func(somebody policy.Person) bool { return keys.IsPerson(l.Person, somebody.Identity()) })
	if i < 0 {
		return policy.Person{}, false
	}
	return people[i], true
}

// done links say on the next page that an order was followed. They are signed, so that
// nobody can make up such a page. They work for doneFor.
const done link.Purpose = "done"

const doneFor = 2 * time.Minute

// doneToken is for a workflow's page, after an order of somebody.
func (d *Desk) doneToken(workflowID, order, by string) string {
	keys := *d.keys.Load()
	return keys.Sign(link.Link{Purpose: done, Subject: workflowID + " " + order, Person: keys.Person(by), Until: d.now().Add(doneFor).Unix()})
}

// doneOrder is the order that somebody has just given a workflow, if a done link says so.
func (d *Desk) doneOrder(token, workflowID, by string) string {
	keys := *d.keys.Load()
	l, err := keys.Open(token, done, d.now())
	if err != nil || !keys.IsPerson(l.Person, by) {
		return ""
	}
	order, _ := strings.CutPrefix(l.Subject, workflowID+" ")
	return order
}

// doneText says what the person has just done with a refund.
func (d *Desk) doneText(token string, at visit) *words.Text {
	o, _ := refund.OrderNamed(d.doneOrder(token, at.of.WorkflowID(), at.said.By))
	return o.Done()
}

// pathOf is a refund's page.
func pathOf(of contract.RefundRef) string { return "/refunds/" + of.String() }
