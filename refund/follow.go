package refund

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"waybill/words"
)

// Said is who gives an order, and how. The rules believe it: whatever takes an order in has
// to check its Proof first, and goes on with [Said.Unproven] if that does not hold.
type Said struct {
	// By is the name of a person of the policy.
	By string `json:"by"`
	// Via is empty if nothing proves who gives the order: it came through Temporal itself.
	Via Via `json:"via,omitempty"`
	// Link is the mailed link, Proof the proof of the order. Each works once.
	Link  string `json:"link,omitempty"`
	Proof string `json:"proof,omitempty"`
}

// Unproven is what remains of it without a proof.
func (s Said) Unproven() Said { return Said{By: s.By} }

// Via is how a person reaches a refund.
type Via string

// The ways.
const (
	ViaLink Via = "mailed link"
	ViaPage Via = "page"
	ViaAPI  Via = "API"
	// viaTemporal stands in the decision log only.
	viaTemporal Via = "through Temporal, unproven"
)

func (s Said) author() Author { return Author{Person: short(s.By), Via: cmp.Or(s.Via, viaTemporal)} }

// PersonError is a refusal that is about who asked: another person may do it.
type PersonError struct{ error }

// Unwrap is why.
func (e *PersonError) Unwrap() error { return e.error }

// FieldError is a refusal that is about what stands in a field of the order.
type FieldError struct {
	Field string
	error
}

// Unwrap is why.
func (e *FieldError) Unwrap() error { return e.error }

func notThem(key string, pairs ...any) error {
	return &PersonError{words.Fault("refund.may."+key, pairs...)}
}

var (
	errOwn      = notThem("own")
	errUnproven = notThem("unproven")
)

// Follow carries an order out, or says why not. Of two people who decide in the same second,
// the first one counts.
func (r *Refund) Follow(order string, in Input, p Policy, now time.Time) error {
	o, ok := OrderNamed(order)
	if !ok {
		return words.Fault("refund.may.no_order", "Order", short(order))
	}
	v := values{Said: in.Said, order: o, fields: in.Fields, currency: currencyOf(in.Fields, r)}
	if err := r.mayNow(v, p); err != nil {
		return err
	}
	if faults := o.Faults(in.Fields, r); len(faults) > 0 {
		return FaultsError(faults)
	}
	if err := r.mayWith(v, p); err != nil {
		return err
	}
	for _, once := range []string{in.Link, in.Proof} {
		if once != "" {
			r.Used = append(r.Used, once)
		}
	}
	o.do(r, v, p, now)
	return nil
}

// May says why a person may not give an order, whatever they write in its fields.
func (r *Refund) May(o Order, s Said, p Policy) error {
	v := values{Said: s, order: o, currency: r.Facts.CurrencyCode()}
	return cmp.Or(r.mayNow(v, p), r.mayWith(v, p))
}

// Offers reports whether an order makes sense where the refund stands.
func (r *Refund) Offers(o Order) bool { return o.fits(r) && (o.AfterEnd || !r.State.Terminal()) }

// Choices are the people whom a field of the order can name.
func (r *Refund) Choices(o Order, f Field, s Said, p Policy) []string {
	var names []string
	for _, person := range p.People {
		v := values{Said: s, order: o, fields: map[string]string{f.Name: person.Name}}
		if person.Name != s.By && person.Name != r.Holder && cmp.Or(r.mayNow(v, p), r.mayWith(v, p)) == nil {
			names = append(names, person.Name)
		}
	}
	return names
}

// mayNow says why the person cannot give the order, or not where the refund stands.
func (r *Refund) mayNow(v values, p Policy) error {
	if r.State.Terminal() && !v.order.AfterEnd {
		return words.Fault("refund.may.over", "State", r.State.say())
	}
	person, known := p.Person(v.By)
	switch {
	case !known:
		return notThem("not_in_policy", "Person", short(v.By))
	case v.Via == "" && !v.order.Unproven && !p.UnprovenOrders:
		return errUnproven
	case r.usedLink(v):
		return words.Fault("refund.may.link_used")
	case v.Proof != "" && slices.Contains(r.Used, v.Proof):
		return words.Fault("refund.may.given")
	case r.owns(person):
		return errOwn
	case !v.order.fits(r):
		return words.Fault("refund.may.unfit", "State", r.State.say(), "Why", v.order.say("unfit"))
	}
	return nil
}

// mayWith asks the order's own rule.
func (r *Refund) mayWith(v values, p Policy) error {
	if v.order.may == nil {
		return nil
	}
	person, _ := p.Person(v.By)
	return v.order.may(r, person, v, p)
}

// own reports whether a person asked for the refund, or gets it.
func (f Facts) own(person Person) bool {
	same := func(a, b string) bool { return b != "" && strings.EqualFold(strings.TrimSpace(a), b) }
	return same(f.RequestedBy, person.Name) || same(f.RequestedBy, person.Email) ||
		same(f.Customer.Email, person.Email) || same(f.CustomerAtSendcloud, person.Email)
}

// owns reports whether a person asked for the refund, or gets it, also if the customer was erased since.
func (r *Refund) owns(person Person) bool {
	return r.Facts.own(person) || slices.Contains(r.Owners, person.Name)
}

// log notes an order in the decision log.
func (r *Refund) log(in values, why string, p Policy, now time.Time) {
	r.write(p, now, in.order.Logged, in.author(), why)
}

// Refuse notes a refused order that came as a signal: no caller waits for an answer.
func (r *Refund) Refuse(s Said, order, why string, p Policy, now time.Time) {
	o, known := OrderNamed(order)
	r.Wrote = r.Wrote || known && o.Logged == answerLogged // what was refused stands in Temporal all the same
	r.write(p, now, "refused: "+order, s.author(), why)
}
