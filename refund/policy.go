package refund

import (
	"slices"
	"time"

	"github.com/shopspring/decimal"
)

// Role is what a person is trusted with. A manager may do all that an approver may.
type Role string

// The roles.
const (
	Approver Role = "approver"
	Manager  Role = "manager"
)

// Person is somebody who decides refunds.
type Person struct {
	// Name is how the decision log and the mails call them; unique.
	Name string
	// Email is where they are asked.
	Email string
	Role  Role
	// Limits are the most that they may approve, by currency. A currency that is
	// missing here they may not approve at all, unless Limits is nil: no limit.
	Limits map[string]Money
}

// may reports whether somebody has a role.
func (p Person) may(role Role) bool { return role != Manager || p.Role == Manager }

// limited reports whether an amount is known, and more than the person may approve.
func (p Person) limited(amount Money) bool {
	return p.Limits != nil && amount.Known() && !amount.within(p.Limits[amount.Currency])
}

// Limits say who has to approve how much.
type Limits struct {
	// Auto is the most that no person needs to see, One the most that one person
	// may approve alone.
	Auto, One Money
}

// Policy is what the merchant wants of refunds.
type Policy struct {
	// Version names the policy in the decision log.
	Version string
	// Shadow has the rules look at each refund and write down what they would
	// have had done; nobody is asked or told, and nothing is paid. What people
	// have been asked about before goes on by their word.
	Shadow bool
	// Limits are by currency. In a currency that is missing here, two people decide.
	Limits map[string]Limits
	// Reasons are those that need no person.
	Reasons []Reason
	// OrderAge is how old an order may be that needs no person.
	OrderAge time.Duration
	// CustomerRefunds is how many refunds a customer may have had in CustomerSpan
	// so that the next needs no person.
	CustomerRefunds int
	CustomerSpan    time.Duration
	// ShopDaily is how many refunds in 24 hours no person needs to see.
	ShopDaily int
	// GoodsFirst has an approved refund wait for the goods.
	GoodsFirst bool
	// GoodsWait is after how long without them operations are told.
	GoodsWait time.Duration
	// RemindAfter, RemindAgain and EscalateAfter count from when a decision was
	// asked for. After the escalation the reminder comes daily.
	RemindAfter, RemindAgain, EscalateAfter time.Duration
	// ApproveBelow has an escalation approve what lies within Auto instead.
	ApproveBelow bool
	// InfoWait is how long a question waits for its answer until people decide
	// without one.
	InfoWait time.Duration
	// Patience is how long tasks are tried.
	Patience Patience
	// People are those who decide.
	People []Person
}

const day = 24 * time.Hour

// DefaultPolicy is what counts if the merchant says nothing. It names nobody.
func DefaultPolicy() Policy {
	euros := func(n int64) Money { return Money{Value: decimal.NewFromInt(n), Currency: "EUR"} }
	return Policy{
		Limits:  map[string]Limits{"EUR": {Auto: euros(50), One: euros(250)}},
		Reasons: []Reason{ChangedMind, WrongSize}, OrderAge: 30 * day, CustomerRefunds: 2, CustomerSpan: 90 * day, ShopDaily: 50,
		GoodsWait: 30 * day, RemindAfter: day, RemindAgain: 2 * day, EscalateAfter: 3 * day, InfoWait: 7 * day,
		Shadow:   true,
		Patience: Patience{Mail: 7 * day, Proof: 5 * time.Minute, Unproven: 3, Pay: day},
	}
}

// Person finds somebody by name.
func (p Policy) Person(name string) (Person, bool) {
	return find(p.People, func(somebody Person) bool { return somebody.Name == name })
}

// find is the first that fits.
func find[T any](all []T, fits func(T) bool) (found T, ok bool) {
	i := slices.IndexFunc(all, fits)
	if i >= 0 {
		found = all[i]
	}
	return found, i >= 0
}

// ask has those asked whose turn it is: the holder, or everybody who has the role.
func (r *Refund) ask(what What, p Policy, now time.Time) {
	waited := int(now.Sub(r.Clock.Since) / day)
	turn := r.Deciders(p)
	if holder, ok := find(turn, func(somebody Person) bool { return somebody.Name == r.Holder }); ok {
		turn = []Person{holder}
	}
	if slices.ContainsFunc(turn, r.reached) { // if it is nobody, an address may have been mended
		turn = slices.DeleteFunc(turn, func(somebody Person) bool { return !r.reached(somebody) })
	}
	for _, somebody := range turn {
		r.todo(Deed{What: what, Person: somebody.Name, Days: waited})
	}
	if r.nobodyCan(p) {
		r.alert(NobodyCan)
	}
}

// Deciders are those whose turn it is.
func (r *Refund) Deciders(p Policy) []Person {
	return slices.DeleteFunc(r.able(p), func(somebody Person) bool { return !somebody.may(r.Role) })
}

// able are those who may approve, whosever turn it is: who are not above their
// limit, have not approved yet, and do not get the money.
func (r *Refund) able(p Policy) []Person {
	return slices.DeleteFunc(slices.Clone(p.People), func(somebody Person) bool {
		return somebody.limited(r.Facts.Amount) || r.Facts.own(somebody) || r.approvedBy(somebody.Name)
	})
}

// nobodyCan reports whether the policy has too few people who may approve.
func (r *Refund) nobodyCan(p Policy) bool {
	return len(r.able(p))+len(r.Approvals) < r.Terms.Approvals
}

// unseen reports whether a refund is only observed, because of shadow mode.
func (r *Refund) unseen(p Policy) bool { return p.Shadow && r.State == Requested }
