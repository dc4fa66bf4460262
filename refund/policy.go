package refund

import (
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"waybill/search"
)

// Role is what a person may do. A manager may do all that an approver may.
type Role string

// The roles.
const (
	Approver Role = "approver"
	Manager  Role = "manager"
)

// Person is a person who decides refunds.
type Person struct {
	// Name is unique.
	Name, Email string
	Role        Role
	// Limits are the most that they may approve, by currency: nothing in a currency that
	// is missing. Nil is no limit.
	Limits map[string]Money
	// Digest has one mail a day list what waits for them, in place of a mail for each refund.
	Digest bool
}

// may reports whether the person has a role.
func (p Person) may(role Role) bool { return role != Manager || p.Role == Manager }

// limited reports whether an amount is known, and more than the person may approve.
func (p Person) limited(amount Money) bool {
	return p.Limits != nil && amount.Known() && !amount.within(p.Limits[amount.Currency])
}

// limit is the most that the person may approve in a currency, if they have limits.
func (p Person) limit(currency string) Money {
	return Money{Value: p.Limits[currency].Value, Currency: currency}
}

// Limits are amounts: the rules approve up to Auto, one person alone up to One.
type Limits struct{ Auto, One Money }

// Policy is what the merchant wants of refunds.
type Policy struct {
	// Version names the policy in the decision log.
	Version string
	// Account names the Sendcloud account of the integration; see [Refund].
	Account string
	// Salt is random text, another one each time that the policy is asked for: the decision log
	// salts its reasons with it. It is empty where nothing is recorded.
	Salt string
	// Shadow only logs what the rules would do with a new refund: no mail is sent, and
	// nothing is paid. Refunds that people were asked about before continue.
	Shadow bool
	// Limits are by currency. In a currency that is missing here, two people decide.
	Limits map[string]Limits

	// The rules approve a refund for one of the Reasons, of an order up to OrderAge old, of
	// a customer with up to CustomerRefunds others in CustomerSpan, and up to ShopDaily
	// refunds in 24 hours.
	Reasons         []Reason
	OrderAge        time.Duration
	CustomerRefunds int
	CustomerSpan    time.Duration
	ShopDaily       int

	// AutoPanelUnknown has the rules approve and pay also what may have been refunded in
	// Sendcloud's panel, because Sendcloud does not tell.
	AutoPanelUnknown bool

	// UnprovenOrders lets orders count that came through Temporal, whoever they say gave them.
	UnprovenOrders bool

	// GoodsFirst has an approved refund wait for the goods. After GoodsWait without them,
	// operations are informed.
	GoodsFirst bool
	GoodsWait  time.Duration
	// RemindAfter, RemindAgain and EscalateAfter count from when people were asked to
	// decide. After the escalation, the daily digests list the refund; see [Refund.InDigest].
	RemindAfter, RemindAgain, EscalateAfter time.Duration
	// ApproveBelow has the escalation approve what is within Auto instead.
	ApproveBelow bool
	// Undo is how long a person can undo their approval; 0 is not at all. Nothing is reserved,
	// promised or paid before.
	Undo time.Duration
	// InfoWait is how long a question waits for its answer until people decide without.
	InfoWait time.Duration
	// Patience is how long tasks are tried.
	Patience Patience
	// People are those who decide.
	People []Person
	// Customers makes pseudonyms of customers; without it their refunds are not counted.
	Customers DigestKeys
	// Search turns what people look a refund up by into what it is listed by; nil lists it by
	// neither.
	Search search.Index
}

const day = 24 * time.Hour

// DefaultPolicy is the policy of a merchant who sets nothing. It names nobody.
func DefaultPolicy() Policy {
	euros := func(n int64) Money { return Money{Value: decimal.NewFromInt(n), Currency: "EUR"} }
	return Policy{
		Limits:  map[string]Limits{"EUR": {Auto: euros(50), One: euros(250)}},
		Reasons: []Reason{ChangedMind, WrongSize}, OrderAge: 30 * day, CustomerRefunds: 2, CustomerSpan: 90 * day, ShopDaily: 50,
		GoodsWait: 30 * day, RemindAfter: day, RemindAgain: 2 * day, EscalateAfter: 3 * day, InfoWait: 7 * day, Undo: 2 * time.Minute,
		Shadow:   true,
		Patience: Patience{Mail: 7 * day, Proof: 5 * time.Minute, Unproven: 3, Pay: day},
	}
}

// Person finds a person by name.
func (p Policy) Person(name string) (Person, bool) {
	return find(p.People, func(person Person) bool { return person.Name == name })
}

// find is the first that fits.
func find[T any](all []T, fits func(T) bool) (found T, ok bool) {
	i := slices.IndexFunc(all, fits)
	if i >= 0 {
		found = all[i]
	}
	return found, i >= 0
}

// ask mails those whose turn it is, and who have no digest.
func (r *Refund) ask(what What, p Policy, now time.Time) {
	waited := int(now.Sub(r.Clock.Since) / day)
	turn := r.turnOf(p)
	if slices.ContainsFunc(turn, r.reached) { // otherwise ask all: an address may be right again
		turn = slices.DeleteFunc(turn, func(person Person) bool { return !r.reached(person) })
	}
	for _, person := range turn {
		if !person.Digest {
			r.todo(Deed{What: what, Person: person.Name, Days: waited})
		}
	}
	r.alertIfNobodyCan(p)
}

func (r *Refund) alertIfNobodyCan(p Policy) {
	if r.nobodyCan(p) {
		r.alert(NobodyCan)
	}
}

// turnOf are those who are asked: the holder, or all deciders.
func (r *Refund) turnOf(p Policy) []Person {
	turn := r.Deciders(p)
	if holder, ok := find(turn, func(person Person) bool { return person.Name == r.Holder }); ok {
		return []Person{holder}
	}
	return turn
}

// Deciders are those whose turn it is.
func (r *Refund) Deciders(p Policy) []Person {
	return slices.DeleteFunc(r.able(p), func(person Person) bool { return !person.may(r.Role) })
}

// able are those who may approve, whosever turn it is.
func (r *Refund) able(p Policy) []Person {
	return slices.DeleteFunc(slices.Clone(p.People), func(person Person) bool {
		return person.limited(r.Facts.Amount) || r.owns(person) || r.approvedBy(person.Name)
	})
}

// nobodyCan reports whether the policy has too few people who may approve.
func (r *Refund) nobodyCan(p Policy) bool {
	return len(r.able(p))+len(r.Approvals) < r.Terms.Approvals
}

// unseen reports whether shadow mode only observes the refund.
func (r *Refund) unseen(p Policy) bool { return p.Shadow && r.State == Requested }
