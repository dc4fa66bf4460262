package refund

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Tally counts the refunds of one order, whose sum has a limit. A refund reserves its amount
// here before it is paid. Requests are answered one at a time. It also knows how each refund
// of the order ended, for longer than Temporal knows the refund itself. The tally of a return
// has one refund and no limit: it knows which integration of the account has it.
type Tally struct {
	// Value is what the order cost, and ValueBy who said so; see [Valuation].
	Value   Money     `json:"value,omitzero"`
	ValueBy Valuation `json:"valueBy,omitzero"`
	// Claims are in the order in which they came, at most [mostClaims].
	Claims []Claimed `json:"claims"`
	// Until is when the tally is no longer needed.
	Until time.Time `json:"until,omitzero"`
}

// Claimed is one refund that counts.
type Claimed struct {
	Key string `json:"key"`
	// Integration is whose refund it is: the key has the account only.
	Integration string    `json:"integration,omitempty"`
	Amount      Money     `json:"amount,omitzero"`
	At          time.Time `json:"at"`
	// As is how the refund ended; empty while it only has a reservation. An Amount that was
	// paid counts, and no other.
	As State `json:"as,omitempty"`
}

// ClaimOrder asks for a refund to be counted.
type ClaimOrder struct {
	Claimed
	// Value is what the order cost, ValueBy who said so.
	Value   Money     `json:"value,omitzero"`
	ValueBy Valuation `json:"valueBy,omitzero"`
	// Unlimited counts it whatever the order cost: the tally is that of a return.
	Unlimited bool `json:"unlimited,omitempty"`
	// Forced counts it in any case: the money has gone already.
	Forced bool `json:"forced,omitempty"`
}

// ClaimAnswer is the answer.
type ClaimAnswer struct {
	Granted bool `json:"granted"`
	// Value is what the order cost, ValueBy who said so.
	Value   Money     `json:"value,omitzero"`
	ValueBy Valuation `json:"valueBy,omitzero"`
	// Refunded is the sum of the other refunds of the order.
	Refunded Money `json:"refunded,omitzero"`
	// Why says why it was not granted, Handled how the same refund has ended before, HeldBy
	// which other integration of the account has it.
	Why     string `json:"why,omitempty"`
	Handled *Ended `json:"handled,omitempty"`
	HeldBy  string `json:"heldBy,omitempty"`
}

// Ended is how a refund ended, and when.
type Ended struct {
	As State     `json:"as"`
	At time.Time `json:"at"`
}

func (e Ended) String() string {
	return fmt.Sprintf("handled on %s, as %s", e.At.UTC().Format("2 January 2006"), e.As.Words())
}

// TallyQuestion asks what is counted besides a refund of an integration, at a time. If it
// names none, it asks for everything.
type TallyQuestion struct {
	Key         string    `json:"key,omitempty"`
	Integration string    `json:"integration,omitempty"`
	At          time.Time `json:"at,omitzero"`
}

// TallyAnswer is the answer.
type TallyAnswer struct {
	Value   Money     `json:"value,omitzero"`
	ValueBy Valuation `json:"valueBy,omitzero"`
	// Refunded is the sum of the refunds, Refunds their number.
	Refunded Money `json:"refunded,omitzero"`
	Refunds  int   `json:"refunds"`
	// Why says why there is no sum, if there is none.
	Why string `json:"why,omitempty"`
	// Handled is how the refund itself has ended; nil if it has not. HeldBy is which integration
	// has a reservation of it; empty if none has.
	Handled *Ended `json:"handled,omitempty"`
	HeldBy  string `json:"heldBy,omitempty"`
}

// Valuation is who said what an order cost, and when.
type Valuation struct {
	By Valuer    `json:"by,omitempty"`
	At time.Time `json:"at,omitzero"`
}

// Valuer is whose word it is what an order cost.
type Valuer string

// The valuers, by how much their word counts.
const (
	ByApprover  Valuer = "an approver"
	BySendcloud Valuer = "Sendcloud"
	ByManager   Valuer = "a manager"
)

// Corrects reports whether a word replaces one that was said before. Sendcloud can correct
// itself, and a manager everybody. An approver only says what nobody knows: a value that
// every approver could raise would be no limit.
func (v Valuation) Corrects(before Valuation) bool {
	counts := []Valuer{ByApprover, BySendcloud, ByManager}
	now, then := slices.Index(counts, v.By), slices.Index(counts, before.By)
	return now > max(then, 0) || now == then && now > 0 && !v.At.Before(before.At)
}

// kept is how long a refund counts in the tally of its order.
const kept = 400 * day

// mostClaims is more than an order has refunds. A shop that numbers all orders the same has
// more: a tally would grow until Temporal cannot hold it.
const mostClaims = 100

// Claim counts a refund if the limit allows it. The same refund counts once, with what
// was granted last.
func (t *Tally) Claim(c ClaimOrder) ClaimAnswer {
	oldest := c.At.Add(-kept)
	t.Claims = slices.DeleteFunc(t.Claims, func(old Claimed) bool { return old.At.Before(oldest) })
	if !c.Forced && t.paying() >= mostClaims && t.find(c.Key) == nil {
		return ClaimAnswer{Why: fmt.Sprintf("the order has %d refunds already: orders need numbers of their own", mostClaims)}
	}
	others := t.Ask(TallyQuestion{Key: c.Key, Integration: c.Integration})
	if others.Handled != nil && !c.Forced {
		return ClaimAnswer{Why: others.Handled.String(), Handled: others.Handled}
	}
	if others.HeldBy != "" && others.HeldBy != c.Integration && !c.Forced {
		return ClaimAnswer{Why: "another integration has the refund", HeldBy: others.HeldBy}
	}
	if c.ValueBy.At.After(c.At) {
		c.ValueBy.At = c.At // nobody could correct a word of the future
	}
	a := ClaimAnswer{Value: t.Value, ValueBy: t.ValueBy, Refunded: others.Refunded, Why: others.Why}
	if c.Value.Known() && (!t.Value.Known() || c.ValueBy.Corrects(t.ValueBy)) {
		a.Value, a.ValueBy = c.Value, c.ValueBy
	}
	rest := Facts{Amount: c.Amount, OrderValue: a.Value, Refunded: a.Refunded}
	if err := rest.payable(); err != nil && !c.Unlimited {
		a.Why = cmp.Or(a.Why, err.Error())
	}
	if a.Why == "" { // a claim that the order has no room for says nothing of the order
		t.Value, t.ValueBy = a.Value, a.ValueBy
	}
	if a.Granted = a.Why == "" || c.Forced; a.Granted {
		t.put(c.Claimed)
	}
	return a
}

// End notes how a refund ended. What it had reserved is free again, unless it was paid.
func (t *Tally) End(c Claimed) {
	if !c.As.paid() {
		c.Amount = Money{}
	}
	known := t.find(c.Key)
	switch {
	case known != nil && known.As.paid(): // what was paid is never released
	case known != nil && known.Integration != c.Integration && !c.As.paid(): // the refund is not its own
	default:
		t.put(c)
	}
}

// endFor reports whether its end is that of the refund for an integration: what one has paid is
// paid for all of the account.
func (c Claimed) endFor(integration string) bool {
	return c.As.paid() || c.As != "" && c.Integration == integration
}

func (s State) paid() bool { return s == Paid || s == PaidElsewhere }

func (t *Tally) find(key string) *Claimed {
	if i := slices.IndexFunc(t.Claims, func(c Claimed) bool { return c.Key == key }); i >= 0 {
		return &t.Claims[i]
	}
	return nil
}

// paying is how many refunds have an amount.
func (t *Tally) paying() (n int) {
	for _, c := range t.Claims {
		if c.Amount.Known() {
			n++
		}
	}
	return n
}

// put counts a refund in the place where it was counted before, or as the newest one. If
// there are too many, the oldest one goes that was not paid.
func (t *Tally) put(c Claimed) {
	if known := t.find(c.Key); known != nil {
		if known.endFor(c.Integration) {
			c.As = cmp.Or(c.As, known.As)
		}
		*known = c
		return
	}
	if t.Claims = append(t.Claims, c); len(t.Claims) > mostClaims {
		oldest := max(0, slices.IndexFunc(t.Claims, func(c Claimed) bool { return !c.Amount.Known() }))
		t.Claims = slices.Delete(t.Claims, oldest, oldest+1)
	}
}

// Ask is what is counted besides a refund.
func (t *Tally) Ask(q TallyQuestion) TallyAnswer {
	a := TallyAnswer{Value: t.Value, ValueBy: t.ValueBy}
	for _, c := range t.Claims {
		switch {
		case !q.At.IsZero() && c.At.Before(q.At.Add(-kept)):
			continue
		case c.Key == q.Key:
			switch {
			case c.endFor(q.Integration):
				a.Handled = &Ended{As: c.As, At: c.At}
			case c.As == "":
				a.HeldBy = c.Integration
			}
			continue
		case !c.Amount.Known():
			continue
		}
		a.Refunds++
		if a.Refunded.Known() && a.Refunded.Currency != c.Amount.Currency {
			a.Why = "other refunds of the order were paid in another currency"
		} else {
			a.Refunded = Money{Value: a.Refunded.Value.Add(c.Amount.Value), Currency: c.Amount.Currency}
		}
	}
	return a
}

// Release takes an integration's reservation out again, and reports whether there was one. A
// refund that has ended stays: what was paid is never released.
func (t *Tally) Release(key, integration string) bool {
	counted := len(t.Claims)
	t.Claims = slices.DeleteFunc(t.Claims, func(c Claimed) bool { return c.Key == key && c.Integration == integration && c.As == "" })
	if len(t.Claims) == 0 && t.ValueBy.By != ByManager {
		t.Value, t.ValueBy = Money{}, Valuation{} // what was released pins nothing
	}
	return len(t.Claims) < counted
}

// EmptyTally is how long a tally that counts nothing is kept.
const EmptyTally = 30 * day

// Keep sets Until: when its newest refund is too old to count, or after [EmptyTally].
func (t *Tally) Keep(now time.Time) {
	t.Until = now.Add(EmptyTally)
	if len(t.Claims) > 0 {
		t.Until = slices.MaxFunc(t.Claims, func(a, b Claimed) int { return a.At.Compare(b.At) }).At.Add(kept)
	}
}

// Digest stands for an order's number where it cannot stand as it is: 32 hexadecimal digits.
// It is for nothing personal: whoever has a list of candidates finds the text.
func Digest(text string) string {
	sum := sha256.Sum256([]byte(strings.ToLower(strings.TrimSpace(text))))
	return hex.EncodeToString(sum[:16])
}

// DigestKeys make pseudonyms of customers. Refunds count under the pseudonym of the first key; those
// that count under another are found too, so that a key can be changed.
type DigestKeys [][]byte

// Customer stands for a customer's mail address where the address may not stand: 32
// hexadecimal digits. Without the key, nobody can try out whose it is. It is empty if there
// is no address or no key; then the customer cannot be counted.
func (k DigestKeys) Customer(email string) string {
	if all := k.Customers(email); len(all) > 0 {
		return all[0]
	}
	return ""
}

// Customers are a customer's pseudonyms under all keys, that of the first one first.
func (k DigestKeys) Customers(email string) (all []string) {
	if email = strings.ToLower(strings.TrimSpace(email)); email == "" {
		return nil
	}
	for _, key := range k {
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte("customer\x00" + email))
		if one := hex.EncodeToString(mac.Sum(nil)[:16]); !slices.Contains(all, one) {
			all = append(all, one)
		}
	}
	return all
}
