package refund

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Tally counts refunds that belong together: those of one order, whose sum has a limit, or
// those of some customers or of a whole shop, whose number has one. A refund reserves its
// amount here before it is paid. Requests are answered one at a time.
type Tally struct {
	// Value is what the order cost, as the first refund that knew it said.
	Value Money `json:"value,omitzero"`
	// Claims are in the order in which they came.
	Claims []Claimed `json:"claims"`
	// Until is when the tally is no longer needed.
	Until time.Time `json:"until,omitzero"`
}

// Claimed is one refund that counts.
type Claimed struct {
	Key string `json:"key"`
	// Who is the [Digest] of the customer; empty in a tally of one order.
	Who    string    `json:"who,omitempty"`
	Amount Money     `json:"amount,omitzero"`
	At     time.Time `json:"at"`
}

// ClaimOrder asks for a refund to be counted.
type ClaimOrder struct {
	Claimed
	// Value is what the order cost; unknown in tallies that only count.
	Value Money `json:"value,omitzero"`
	// Most is how many others may have been counted since Since; below 0 is no limit.
	Most  int       `json:"most"`
	Since time.Time `json:"since,omitzero"`
	// Forced counts it whatever the limits say: the money has gone already.
	Forced bool `json:"forced,omitempty"`
}

// ClaimAnswer is the answer.
type ClaimAnswer struct {
	Granted bool `json:"granted"`
	// Refunded is the sum of the others of the order, Others their number since Since.
	Refunded Money `json:"refunded,omitzero"`
	Others   int   `json:"others"`
	// Why says why it was not granted.
	Why string `json:"why,omitempty"`
}

// kept is how long a refund counts.
const kept = 400 * day

// Claim counts a refund if the limits allow it. The same refund counts once, with what
// was granted last.
func (t *Tally) Claim(c ClaimOrder) ClaimAnswer {
	if !t.Value.Known() {
		t.Value = c.Value
	}
	t.Claims = slices.DeleteFunc(t.Claims, func(old Claimed) bool { return old.At.Before(c.At.Add(-kept)) })
	a := t.Sum(c.Key, c.Who, c.Since)
	if t.Value.Known() {
		rest := Facts{Amount: c.Amount, OrderValue: t.Value, Refunded: a.Refunded}
		if err := rest.payable(); err != nil {
			a.Why = cmp.Or(a.Why, err.Error())
		}
	} else {
		a.Refunded, a.Why = Money{}, "" // those of other orders
	}
	if c.Most >= 0 && a.Others > c.Most {
		a.Why = "too many refunds"
	}
	if a.Granted = a.Why == "" || c.Forced; a.Granted {
		t.Release(c.Key)
		t.Claims = append(t.Claims, c.Claimed)
	}
	return a
}

// Sum is the answer's sum and number: of all refunds but the one with the key.
func (t *Tally) Sum(key, who string, since time.Time) ClaimAnswer {
	var a ClaimAnswer
	for _, c := range t.Claims {
		if c.Key == key || c.Who != who {
			continue
		}
		if a.Refunded.Known() && a.Refunded.Currency != c.Amount.Currency {
			a.Why = "other refunds of the order were paid in another currency"
		} else {
			a.Refunded = Money{Value: a.Refunded.Value.Add(c.Amount.Value), Currency: c.Amount.Currency}
		}
		if !c.At.Before(since) {
			a.Others++
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
