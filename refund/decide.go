package refund

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// MaxWords is the most characters that a person may write: it goes into a mail.
const MaxWords = 500

// Said is who says something to a refund, and how.
type Said struct {
	// By is a person of the policy, by name.
	By string `json:"by"`
	// Via is how it was said; empty is through Temporal itself.
	Via Via `json:"via,omitempty"`
	// Link is the mailed link that it was said with. It says something once.
	Link string `json:"link,omitempty"`
}

// Via is how a person reaches a refund.
type Via string

// The ways.
const (
	ViaLink Via = "mailed link"
	ViaPage Via = "page"
	ViaAPI  Via = "API"
	ViaCLI  Via = "command line"
)

// String is the person and the way, as the receipt has them.
func (s Said) String() string {
	if s.Via == "" {
		return short(s.By)
	}
	return fmt.Sprintf("%s (%s)", short(s.By), s.Via)
}

// Decision is what a person says to a refund.
type Decision struct {
	Said
	Approve bool `json:"approve"`
	// Why is for the customer; a rejection needs it.
	Why string `json:"why,omitempty"`
	// Amount is what to refund, if no source told it or less is enough; OrderValue
	// what the order cost, Customer who it is, if no source told that.
	Amount     Money    `json:"amount,omitzero"`
	OrderValue Money    `json:"orderValue,omitzero"`
	Customer   Customer `json:"customer,omitzero"`
}

// Approval is one person's yes.
type Approval struct {
	By     string    `json:"by"`
	At     time.Time `json:"at"`
	Amount Money     `json:"amount"`
}

// Decide approves or rejects. Of two people who decide in the same second the
// first one counts, and the other is told where the refund stands.
func (r *Refund) Decide(d Decision, p Policy, now time.Time) error {
	if err := r.MayDecide(d, p); err != nil {
		return err
	}
	r.use(d.Said)
	if !d.Approve {
		r.reject(d, p, now)
		return nil
	}
	r.Facts = r.Facts.with(d)
	r.strike(p)
	r.Approvals = append(r.Approvals, Approval{By: d.By, At: now, Amount: r.Facts.Amount})
	r.Terms.Approvals = p.approvals(r.Facts.Amount)
	if len(r.Approvals) < r.Terms.Approvals {
		r.await(AwaitingSecond, p, now, "approved, and asked for a second", d.String(), d.Why)
		return nil
	}
	r.ByRules = false
	r.approve(p, now, d.String(), d.Why)
	return nil
}

func (r *Refund) reject(d Decision, p Policy, now time.Time) {
	r.State, r.Rejection = Rejected, strings.TrimSpace(d.Why)
	r.write(p, now, "rejected", d.String(), r.Rejection)
	r.release()
	r.tell(TellRejected, p, now)
}

// PersonError is a refusal that is about who asked: somebody else may do it.
type PersonError struct{ why string }

func (e *PersonError) Error() string { return e.why }

func notThem(format string, args ...any) error {
	return &PersonError{why: fmt.Sprintf(format, args...)}
}

// MayDecide says why a decision is refused.
func (r *Refund) MayDecide(d Decision, p Policy) error {
	person, err := r.mayTouch(d.Said, p)
	if err != nil {
		return err
	}
	if !d.Approve {
		return r.mayReject(d, person)
	}
	f := r.Facts.with(d)
	switch {
	case !r.open():
		return fmt.Errorf("the refund is %s: there is nothing to approve", r.State.Words())
	case f.own(person):
		return errOwn
	case r.approvedBy(d.By):
		return notThem("a second approval has to come from another person")
	case r.Facts.Amount.Known() && d.Amount.Known() && !d.Amount.within(r.Facts.Amount):
		return fmt.Errorf("%s is more than the %s that were requested", d.Amount, r.Facts.Amount)
	case len(r.Approvals) > 0 && !f.Amount.Value.Equal(r.Facts.Amount.Value):
		return fmt.Errorf("%s approved %s: approve the same, or reject", r.Approvals[0].By, r.Facts.Amount)
	case len([]rune(d.Why)) > MaxWords:
		return fmt.Errorf("the reason is longer than %d characters", MaxWords)
	}
	for _, err := range []error{d.Amount.mistaken(), d.OrderValue.mistaken(), f.payable()} {
		if err != nil {
			return err
		}
	}
	if person.limited(f.Amount) {
		return notThem("%s is more than %s may approve", f.Amount, person.Name)
	}
	return nil
}

func (r *Refund) mayReject(d Decision, person Person) error {
	switch {
	case r.State == AwaitingGoods && !person.may(Manager):
		return notThem("the customer was promised the refund: only a manager can take that back")
	case r.State == PayFailed && r.Outcome != Refused:
		return errors.New("nobody knows whether the money went: pay again under the same key, which is safe")
	case r.State == PayFailed && !person.may(Manager):
		return notThem("the customer was promised the refund: only a manager can take that back")
	case !r.open() && r.State != AwaitingGoods && r.State != PayFailed:
		return fmt.Errorf("the refund is %s: it cannot be rejected", r.State.Words())
	}
	return words("reason", d.Why)
}

// with are the facts as a decision completes them.
func (f Facts) with(d Decision) Facts {
	if d.Amount.Known() {
		f.Amount = d.Amount
	}
	if !f.OrderValue.Known() {
		f.OrderValue = d.OrderValue
	}
	if f.Customer.Email == "" {
		f.Customer = d.Customer
	}
	return f
}

// open reports whether people can still decide: also while a question is open,
// whose answer may have come by telephone.
func (r *Refund) open() bool { return r.State.Waiting() || r.State == NeedsInfo }

// mayTouch finds a person who wants something of the refund.
func (r *Refund) mayTouch(s Said, p Policy) (Person, error) {
	if r.State.Terminal() {
		return Person{}, fmt.Errorf("the refund is %s: nothing can be done any more", r.State.Words())
	}
	return r.mayEver(s, p)
}

// mayEver says who may touch the refund at all, also when it is over.
func (r *Refund) mayEver(s Said, p Policy) (Person, error) {
	person, ok := p.Person(s.By)
	switch {
	case !ok:
		return Person{}, notThem("%q is nobody in the policy", short(s.By))
	case s.Link != "" && slices.Contains(r.UsedLinks, s.Link):
		return Person{}, errors.New("this link was used already")
	case r.Facts.own(person):
		return Person{}, errOwn
	}
	return person, nil
}

// use notes that a link has said what it was for.
func (r *Refund) use(s Said) {
	if s.Link != "" {
		r.UsedLinks = append(r.UsedLinks, s.Link)
	}
}

var errOwn = notThem("nobody decides an own refund")

// own reports whether a person asked for the refund, or gets it.
func (f Facts) own(person Person) bool {
	same := func(a, b string) bool { return b != "" && strings.EqualFold(strings.TrimSpace(a), b) }
	return same(f.RequestedBy, person.Name) || same(f.RequestedBy, person.Email) || same(f.Customer.Email, person.Email)
}

// strike takes back the approvals of those whose own refund it turned out to be.
func (r *Refund) strike(p Policy) (struck bool) {
	given := len(r.Approvals)
	r.Approvals = slices.DeleteFunc(slices.Clone(r.Approvals), func(a Approval) bool {
		person, ok := p.Person(a.By)
		return ok && r.Facts.own(person)
	})
	return len(r.Approvals) < given
}

func (r *Refund) approvedBy(name string) bool {
	return slices.ContainsFunc(r.Approvals, func(a Approval) bool { return a.By == name })
}

// words says why a text is not enough, or too much.
func words(what, text string) error {
	switch {
	case strings.TrimSpace(text) == "":
		return fmt.Errorf("write a %s: the customer reads it", what)
	case len([]rune(text)) > MaxWords:
		return fmt.Errorf("the %s is longer than %d characters", what, MaxWords)
	}
	return nil
}
