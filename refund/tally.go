package refund

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Tally counts the refunds of one order, whose sum has a limit. A refund reserves its amount
// here before it is paid. Requests are answered one at a time.
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
	Key    string    `json:"key"`
	Amount Money     `json:"amount,omitzero"`
	At     time.Time `json:"at"`
}

// ClaimOrder asks for a refund to be counted.
type ClaimOrder struct {
	Claimed
	// Value is what the order cost, ValueBy who said so.
	Value   Money     `json:"value,omitzero"`
	ValueBy Valuation `json:"valueBy,omitzero"`
	// Forced counts it whatever the limit says: the money has gone already.
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
	// Why says why it was not granted.
	Why string `json:"why,omitempty"`
}

// TallyQuestion asks what is counted besides a refund, at a time. If it names none, it asks
// for everything.
type TallyQuestion struct {
	Key string    `json:"key,omitempty"`
	At  time.Time `json:"at,omitzero"`
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
const mostClaims = 200

// Claim counts a refund if the limit allows it. The same refund counts once, with what
// was granted last.
func (t *Tally) Claim(c ClaimOrder) ClaimAnswer {
	t.Claims = slices.DeleteFunc(t.Claims, func(old Claimed) bool { return old.At.Before(c.At.Add(-kept)) })
	if !c.Forced && len(t.Claims) >= mostClaims && !t.has(c.Key) {
		return ClaimAnswer{Why: fmt.Sprintf("the order has %d refunds already: orders need numbers of their own", mostClaims)}
	}
	others := t.Ask(TallyQuestion{Key: c.Key})
	a := ClaimAnswer{Value: t.Value, ValueBy: t.ValueBy, Refunded: others.Refunded, Why: others.Why}
	if c.Value.Known() && (!t.Value.Known() || c.ValueBy.Corrects(t.ValueBy)) {
		a.Value, a.ValueBy = c.Value, c.ValueBy
	}
	rest := Facts{Amount: c.Amount, OrderValue: a.Value, Refunded: a.Refunded}
	if err := rest.payable(); err != nil {
		a.Why = cmp.Or(a.Why, err.Error())
	}
	if a.Granted = a.Why == "" || c.Forced; a.Granted {
		t.put(c.Claimed)
		t.Value, t.ValueBy = a.Value, a.ValueBy
	}
	return a
}

func (t *Tally) has(key string) bool {
	return slices.ContainsFunc(t.Claims, func(c Claimed) bool { return c.Key == key })
}

// put counts a refund in the place where it was counted before, or as the newest one.
func (t *Tally) put(c Claimed) {
	if i := slices.IndexFunc(t.Claims, func(old Claimed) bool { return old.Key == c.Key }); i >= 0 {
		t.Claims[i] = c
		return
	}
	t.Claims = append(t.Claims, c)
	t.Claims = t.Claims[max(0, len(t.Claims)-mostClaims):]
}

// Ask is what is counted besides a refund.
func (t *Tally) Ask(q TallyQuestion) TallyAnswer {
	a := TallyAnswer{Value: t.Value, ValueBy: t.ValueBy}
	for _, c := range t.Claims {
		if c.Key == q.Key || !q.At.IsZero() && c.At.Before(q.At.Add(-kept)) {
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

// Release takes a refund out again, and reports whether it was counted.
func (t *Tally) Release(key string) bool {
	counted := len(t.Claims)
	t.Claims = slices.DeleteFunc(t.Claims, func(c Claimed) bool { return c.Key == key })
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

// Digest stands for a personal text where the text may not stand: 32 hexadecimal digits.
func Digest(text string) string {
	sum := sha256.Sum256([]byte(strings.ToLower(strings.TrimSpace(text))))
	return hex.EncodeToString(sum[:16])
}

// OrderKey names the order whose refunds count together, by its number, or else by a parcel
// or the return. It stays the same once the refund counts.
func (r *Refund) OrderKey() string {
	switch f := r.Facts; {
	case r.CountedIn != "":
		return r.CountedIn
	case f.OrderNumber != "":
		return "order/" + f.OrderNumber
	case f.OutgoingParcel != 0:
		return "parcel/" + strconv.FormatInt(f.OutgoingParcel, 10)
	}
	return "return/" + strconv.FormatInt(r.ReturnID, 10)
}
