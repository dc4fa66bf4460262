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
	// Value is what the order cost, as the first refund that knew it said.
	Value Money `json:"value,omitzero"`
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
	// Value is what the order cost.
	Value Money `json:"value,omitzero"`
	// Forced counts it whatever the limit says: the money has gone already.
	Forced bool `json:"forced,omitempty"`
}

// ClaimAnswer is the answer.
type ClaimAnswer struct {
	Granted bool `json:"granted"`
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
	Value Money `json:"value,omitzero"`
	// Refunded is the sum of the refunds, Refunds their number.
	Refunded Money `json:"refunded,omitzero"`
	Refunds  int   `json:"refunds"`
	// Why says why there is no sum, if there is none.
	Why string `json:"why,omitempty"`
}

// kept is how long a refund counts in the tally of its order.
const kept = 400 * day

// mostClaims is more than an order has refunds. A shop that numbers all orders the same has
// more: a tally would grow until Temporal cannot hold it.
const mostClaims = 200

// Claim counts a refund if the limit allows it. The same refund counts once, with what
// was granted last.
func (t *Tally) Claim(c ClaimOrder) ClaimAnswer {
	if !t.Value.Known() {
		t.Value = c.Value
	}
	t.Claims = slices.DeleteFunc(t.Claims, func(old Claimed) bool { return old.At.Before(c.At.Add(-kept)) })
	if !c.Forced && len(t.Claims) >= mostClaims && !t.has(c.Key) {
		return ClaimAnswer{Why: fmt.Sprintf("the order has %d refunds already: orders need numbers of their own", mostClaims)}
	}
	others := t.Ask(TallyQuestion{Key: c.Key})
	a := ClaimAnswer{Refunded: others.Refunded, Why: others.Why}
	rest := Facts{Amount: c.Amount, OrderValue: t.Value, Refunded: a.Refunded}
	if err := rest.payable(); err != nil {
		a.Why = cmp.Or(a.Why, err.Error())
	}
	if a.Granted = a.Why == "" || c.Forced; a.Granted {
		t.put(c.Claimed)
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
	a := TallyAnswer{Value: t.Value}
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
