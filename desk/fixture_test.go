package desk

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"waybill/contract"
	"waybill/delivery"
	"waybill/ingress"
	"waybill/link"
	"waybill/mail/sendgrid"
	"waybill/parcel"
	"waybill/policy"
	"waybill/recorder"
	"waybill/refund"
	"waybill/search"
)

// fakeRefunds are refunds that follow the real rules, as their workflows do.
type fakeRefunds struct {
	mu     sync.Mutex
	all    map[contract.RefundRef]refund.Refund
	policy func(integration string) refund.Policy
	now    func() time.Time
	proves func(proof, text string, at time.Time) bool
	orders int
	// answers are those to orders under a key.
	answers map[string]contract.RefundAnswer
	// signIns are the links that can be used, by nonce. mailed is when each person was mailed
	// one, and asks counts what reached Temporal. Each mail arrives at once.
	signIns map[string]contract.SignInStart
	states  map[string]*contract.SignInState
	mailed  map[string][]time.Time
	asks    int
	// signOuts are what people ended, unheard is why that cannot be asked or recorded, and
	// heardOf counts who asked.
	signOuts map[string]contract.SignOuts
	unheard  error
	heardOf  int
	// silent is why no refund answers; silentRows are the rows of a list that do not answer, unlisted
	// those that have no memo yet.
	silent     error
	silentRows map[int64]bool
	unlisted   map[int64]bool
	// behind are the refunds as lists have them; nil is as they are.
	behind  map[contract.RefundRef]refund.Refund
	filters []recorder.RefundFilter
	asked   int
}

var errSilent = context.DeadlineExceeded

func (k *fakeRefunds) Refund(_ context.Context, of contract.RefundRef) (refund.Refund, bool, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.asked++
	if k.silent != nil || k.silentRows[of.ReturnID] {
		return refund.Refund{}, false, errSilent
	}
	r, ok := k.all[of]
	return r, ok, nil
}

func (k *fakeRefunds) step(of contract.RefundRef, happens func(*refund.Refund, refund.Policy) error) (contract.RefundAnswer, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.orders++
	r, ok := k.all[of]
	switch {
	case k.silent != nil:
		return contract.RefundAnswer{}, k.silent
	case !ok || r.State.Terminal() && !r.Unnotified():
		return contract.RefundAnswer{}, recorder.ErrOver
	}
	p := k.policy(of.Integration)
	r, err := r.Step(p, k.now(), func(r *refund.Refund) error { return happens(r, p) })
	if err != nil {
		return contract.RefundAnswer{}, &recorder.RefusedError{Why: err.Error()}
	}
	k.all[of] = r
	return contract.RefundAnswer{State: r.State}, nil
}

func (k *fakeRefunds) OrderRefund(_ context.Context, of contract.RefundRef, o refund.Order, in refund.Input) (contract.RefundAnswer, error) {
	// Temporal answers an order under the id of an earlier one as it answered that one.
	id := of.String() + contract.OnceID(in.Link)
	k.mu.Lock()
	done, is := k.answers[id]
	k.mu.Unlock()
	if is {
		return done, nil
	}
	done, err := k.step(of, func(r *refund.Refund, p refund.Policy) error {
		if !k.proves(in.Proof, contract.ProvenText(of.WorkflowID(), r.Begun(), o.Name, in), k.now()) {
			in.Said = in.Unproven()
		}
		return r.Follow(o.Name, in, p, k.now())
	})
	if err == nil && contract.OnceID(in.Link) != "" {
		k.mu.Lock()
		k.answers[id] = done
		k.mu.Unlock()
	}
	return done, err
}

func (k *fakeRefunds) SignIn(_ context.Context, name, person string, ask contract.SignInAsk) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.asks++; k.silent != nil {
		return k.silent
	}
	if k.states[name] == nil {
		k.states[name] = &contract.SignInState{}
	}
	subject := delivery.Subject(contract.SignInWorkflowID(name))
	if k.states[name].Ask(subject, ask, k.now()) {
		k.states[name].Tidy(k.now())
		k.states[name].Mails.Settle(delivery.Key(subject, "sign_in/"+ask.Nonce), delivery.Outcome{Verdict: delivery.WasAccepted}, k.now())
		k.signIns[ask.Nonce] = contract.SignInStart{Person: person}
		k.mailed[person] = append(k.mailed[person], k.now())
	}
	return nil
}

func (k *fakeRefunds) UseSignIn(_ context.Context, _, nonce string) (contract.SignedIn, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	s, ok := k.signIns[nonce]
	switch {
	case k.silent != nil:
		return contract.SignedIn{}, k.silent
	case !ok:
		return contract.SignedIn{}, recorder.ErrOver
	}
	delete(k.signIns, nonce)
	return contract.SignedIn{Person: s.Person}, nil
}

func (k *fakeRefunds) SignOut(_ context.Context, person string, out contract.SignOut) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.unheard != nil {
		return k.unheard
	}
	outs := k.signOuts[person]
	outs.Note(out, k.now())
	k.signOuts[person] = outs
	return nil
}

func (k *fakeRefunds) SignOuts(_ context.Context, person string) (contract.SignOuts, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.heardOf++
	return k.signOuts[person], k.unheard
}

var start = time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)

// fixture is a desk with people before it and refunds behind it.
type fixture struct {
	// requests is held by each request. A program of its own is no part of this process: with it, the
	// race detector sees what comes before its requests, and what after.
	requests sync.RWMutex
	// doors are what the server serves.
	doors http.Handler
	*fakeRefunds
	t      *testing.T
	desk   *Desk
	server *httptest.Server
	log    *logbook
	clock  time.Time
	people map[string][]policy.Person
	links  link.Keys

	shipping   *fakeParcels
	searchKeys search.Keys
	mailLog    provider
}

func euro(t *testing.T, amount string) refund.Money {
	t.Helper()
	m, err := refund.ParseMoney(amount, "EUR")
	require.NoError(t, err)
	return m
}

func hashed(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// person is a person of the policy; their token is "token-of-" and the name.
func person(name string, role refund.Role, limits map[string]refund.Money) policy.Person {
	return policy.Person{
		Person:      refund.Person{Name: name, Email: name + "@shop.example", Role: role, Limits: limits},
		TokenSHA256: []string{hashed("token-of-" + name)}, TokenExpires: start.Add(24 * time.Hour),
	}
}

// open is the fixture at its start: anna may approve up to EUR 250, ben too, mia is
// a manager, sam works on parcels only, and zoe decides for another shop.
func open(t *testing.T, change ...func(*Config)) *fixture {
	t.Helper()
	w := &fixture{t: t, log: &logbook{}, clock: start}
	w.fakeRefunds = &fakeRefunds{all: map[contract.RefundRef]refund.Refund{}, answers: map[string]contract.RefundAnswer{}, signIns: map[string]contract.SignInStart{}, states: map[string]*contract.SignInState{}, mailed: map[string][]time.Time{}, signOuts: map[string]contract.SignOuts{}, now: w.time}
	w.proves = func(proof, text string, at time.Time) bool {
		return w.links.Proves(proof, text, at, contract.ProofLasts)
	}
	w.shipping = &fakeParcels{
		all: map[contract.ParcelRef]*parcel.Parcel{}, answers: map[string]parcel.Answer{}, policy: sendsLive(), now: w.time,
		proves: func(proof, text string, within time.Duration) bool {
			return w.links.Proves(proof, text, w.clock, within)
		},
	}
	limits := map[string]refund.Money{"EUR": euro(t, "250")}
	w.people = map[string][]policy.Person{
		"demo":  {person("anna", refund.Approver, limits), person("ben", refund.Approver, limits), person("mia", refund.Manager, nil), person("sam", policy.Support, nil)},
		"other": {person("zoe", refund.Approver, nil)},
	}
	w.policy = func(integration string) refund.Policy {
		p := refund.DefaultPolicy()
		p.Version, p.Shadow, p.Undo, p.Search = "7", false, 0, w.searchKeys.Index(false)
		for _, one := range w.people[integration] {
			if one.Decides() {
				p.People = append(p.People, one.Person)
			}
		}
		return p
	}
	var err error
	w.links, err = link.ParseKeys(strings.Repeat("k", 32))
	require.NoError(t, err)
	c := Config{
		Integrations: []string{"demo", "other"},
		LinkKeys:     func() (link.Keys, error) { return w.links, nil },
		Refunds: func(integration string) (refund.Policy, []policy.Person) {
			return w.policy(integration), w.people[integration]
		},
		Everybody: func() []policy.Person { return slices.Concat(slices.Collect(maps.Values(w.people))...) },
	}
	c.Parcels = w.parcelConfig()
	for _, do := range change {
		do(&c)
	}
	w.desk, err = New(c, recorder.Recorder{}, w.logger())
	require.NoError(t, err)
	w.desk.refunds, w.desk.parcels, w.desk.now = w.fakeRefunds, w.shipping, w.time
	w.serve(ingress.Config{}, client.MetricsNopHandler)
	return w
}

// serve mounts the desk on an ingress behind which no Temporal is.
func (w *fixture) serve(c ingress.Config, metrics client.MetricsHandler) {
	temporal, err := client.NewLazyClient(client.Options{HostPort: "127.0.0.1:1"})
	require.NoError(w.t, err)
	w.t.Cleanup(temporal.Close)
	c.Mounts = []ingress.Mount{w.desk}
	c.Integrations = func() (ingress.Integrations, error) {
		return ingress.Integrations{"demo": {Keys: [][]byte{[]byte("the-key-of-demo-1")}}, "other": {Keys: [][]byte{[]byte("the-key-of-other")}}}, nil
	}
	c.EventKeys = func() (sendgrid.EventKeys, error) { return sendgrid.EventKeys{}, nil }
	handler, err := ingress.Handler(c, temporal, metrics, w.logger())
	require.NoError(w.t, err)
	w.doors = handler
	w.server = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		w.requests.RLock()
		defer w.requests.RUnlock()
		handler.ServeHTTP(rw, r)
	}))
	w.t.Cleanup(w.server.Close)
}

func (w *fixture) time() time.Time { return w.clock }

// facts are those of a refund that a person has to see.
func (w *fixture) facts() refund.Facts {
	return refund.Facts{
		Source: refund.FromReturnCreated, OutgoingParcel: 7001, IncomingParcel: 7002, OrderNumber: "A-1001", Kind: "money",
		Amount: euro(w.t, "79.90"), OrderValue: euro(w.t, "120"), Reason: refund.Damaged, ReasonText: "Arrived broken", Message: "The mug has a crack.",
		NoticeAt: start.Add(-2 * day), OrderedAt: start.Add(-9 * day), Customer: refund.Customer{Name: "Jane Doe", Email: "jane.doe@example.com", Country: "NL"},
	}
}

// request begins a refund, which then waits for a person.
func (w *fixture) request(integration string, returnID int64, change ...func(*refund.Facts)) contract.RefundRef {
	f := w.facts()
	for _, do := range change {
		do(&f)
	}
	of := contract.RefundRef{Integration: integration, ReturnID: returnID}
	p := w.policy(integration)
	r, err := refund.Refund{Integration: integration, ReturnID: returnID}.Step(p, w.clock, func(r *refund.Refund) error {
		r.Request(f, p, w.clock)
		r.Gathered(refund.Facts{Confirmed: true, PanelRead: true, CustomerRefunds: f.CustomerRefunds, ShopToday: f.ShopToday, Refunded: f.Refunded}, "", p, w.clock)
		return nil
	})
	require.NoError(w.t, err)
	w.all[of] = r
	return of
}

// happens has something happen to a refund that must not be refused.
func (w *fixture) happens(of contract.RefundRef, what func(r *refund.Refund, p refund.Policy) error) {
	w.t.Helper()
	_, err := w.step(of, what)
	require.NoError(w.t, err)
}

// says has a person give an order that goes through nothing of ours.
func (w *fixture) says(of contract.RefundRef, name, order string, fields map[string]string) {
	w.t.Helper()
	w.happens(of, func(r *refund.Refund, p refund.Policy) error {
		return r.Follow(order, refund.Input{Said: refund.Said{By: name, Via: refund.ViaPage}, Fields: fields}, p, w.clock)
	})
}

// inDoubt is a failed payment that may have been made.
const inDoubt refund.State = "in doubt"

// inState makes a refund that stands somewhere.
func (w *fixture) inState(returnID int64, state refund.State) contract.RefundRef {
	of := w.request("demo", returnID)
	policy := w.policy
	defer func() { w.policy = policy }()
	do := func(what func(r *refund.Refund, p refund.Policy) error) { w.happens(of, what) }
	approve := func(name string) { w.says(of, name, "approve", nil) }
	pay := func(outcome refund.Outcome) {
		approve("anna")
		do(func(r *refund.Refund, p refund.Policy) error {
			r.ClaimAnswered(refund.ClaimAnswer{Granted: true}, p, w.clock)
			if r.State != refund.Paying {
				return nil
			}
			r.AskToPay(refund.LastLook{Endpoint: "shop.example/refunds", PanelRead: true}, p, w.clock)
			if outcome == "" {
				return nil
			}
			return r.Settle(refund.Payment{Outcome: outcome, Reference: "re_1", Why: "HTTP 500"}, p, w.clock)
		})
	}
	switch state {
	case refund.Requested, refund.Observed, refund.NotOurs:
		r := w.all[of]
		r.State = state
		w.all[of] = r
	case refund.AwaitingSecond:
		w.request("demo", returnID, func(f *refund.Facts) { f.Amount, f.OrderValue = euro(w.t, "250"), euro(w.t, "900") })
		w.policy = func(name string) refund.Policy { p := policy(name); p.Limits = nil; return p }
		approve("anna")
	case refund.NeedsInfo:
		w.says(of, "ben", "ask-customer", map[string]string{"question": "Which mug is it?"})
	case refund.Approved:
		approve("anna")
	case refund.AwaitingGoods:
		w.policy = func(name string) refund.Policy { p := policy(name); p.GoodsFirst = true; return p }
		pay("")
	case refund.Paying:
		pay("")
	case refund.PayFailed:
		pay(refund.Refused)
	case inDoubt:
		pay(refund.Doubt)
		state = refund.PayFailed
	case refund.Paid:
		pay(refund.PaidNow)
	case refund.PaidElsewhere:
		do(func(r *refund.Refund, p refund.Policy) error { r.PaidInPanel(p, w.clock); return nil })
	case refund.Rejected:
		w.says(of, "ben", "reject", map[string]string{"why": "It was used."})
	case refund.Withdrawn:
		w.says(of, "ben", "withdraw", nil)
	case refund.AwaitingApproval:
	default:
		w.t.Fatalf("nobody knows how a refund comes to be %s", state)
	}
	require.Equal(w.t, state, w.all[of].State)
	w.orders = 0
	return of
}

func TestTheRulesAreTheRealOnes(t *testing.T) {
	w := open(t)
	for i, state := range refund.States() {
		of := w.inState(int64(i+1), state)
		require.NoError(t, refund.CheckReceipt(w.all[of].Receipt))
	}
	approve, _ := refund.OrderNamed("approve")
	_, err := w.OrderRefund(t.Context(), w.request("demo", 99), approve, refund.Input{Said: refund.Said{By: "nobody"}})
	var refused *recorder.RefusedError
	require.ErrorAs(t, err, &refused)
}

// onlyLooks shows refunds, and answers no order.
type onlyLooks struct {
	*fakeRefunds
	// reaches says that orders are followed, and only their answers are lost.
	reaches bool
}

func (l onlyLooks) OrderRefund(ctx context.Context, of contract.RefundRef, o refund.Order, in refund.Input) (contract.RefundAnswer, error) {
	if l.reaches {
		_, _ = l.fakeRefunds.OrderRefund(ctx, of, o, in)
	}
	return contract.RefundAnswer{}, errSilent
}
