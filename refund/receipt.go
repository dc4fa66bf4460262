package refund

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"waybill/words"
)

// Entry is one line of a decision log.
type Entry struct {
	At time.Time `json:"at"`
	// What happened, and By whom.
	What string `json:"what"`
	By   Author `json:"by"`
	// Why is the reason, in a rule's words or a person's. Salt is random text, so that nobody can
	// guess a reason that was erased. Erased is the digest of both if they were; see [Refund.Erase].
	Why    string `json:"why,omitempty"`
	Salt   string `json:"salt,omitempty"`
	Erased string `json:"erased,omitempty"`
	// State, Amount, OrderValue and Refunded are those after it.
	State      State  `json:"state"`
	Amount     string `json:"amount"`
	OrderValue string `json:"orderValue"`
	Refunded   string `json:"refunded"`
	// Policy is the version of the policy.
	Policy string `json:"policy,omitempty"`
	// Before is the Hash of the entry before, empty for the first. Hash is the SHA-256, in
	// hexadecimal, of this entry as JSON without Hash, Salt and Erased, and with the digest of the
	// reason in place of Why.
	Before string `json:"before,omitempty"`
	Hash   string `json:"hash,omitempty"`
}

// Author is a person who gave an order in some way, or the Machine that did something. They
// are apart so that no person's name is taken for a machine's.
type Author struct {
	Person  string `json:"person,omitempty"`
	Via     Via    `json:"via,omitempty"`
	Machine string `json:"machine,omitempty"`
}

var (
	theRules        = Author{Machine: "the rules"}
	sendcloudItself = Author{Machine: "Sendcloud"}
	waybillItself   = Author{Machine: "Waybill"}
	theEndpoint     = Author{Machine: "the shop's endpoint"}
	theMailProvider = Author{Machine: "the mail provider"}
	theCarrier      = Author{Machine: "the carrier"}
)

// String always names a person with the way.
func (a Author) String() string {
	if a.Machine != "" {
		return a.Machine
	}
	return fmt.Sprintf("%s (%s)", a.Person, a.Via)
}

// hash is what the entry's Hash has to be.
func (e Entry) hash() string {
	e.At, e.Why = e.At.UTC(), e.digest()
	e.Hash, e.Salt, e.Erased = "", "", ""
	raw, err := json.Marshal(e)
	if err != nil {
		panic(err) // an entry is text and a time
	}
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:])
}

// digest stands for the reason in the hash: HMAC-SHA-256 of Why with Salt as the key, in
// hexadecimal. It is empty if there is no reason.
func (e Entry) digest() string {
	if e.Erased != "" || e.Why == "" {
		return e.Erased
	}
	mac := hmac.New(sha256.New, []byte(e.Salt))
	mac.Write([]byte(e.Why))
	return hex.EncodeToString(mac.Sum(nil))
}

// salt is a text that nobody can guess without the policy's, and another one for each line.
func (e Entry) salt(p Policy) string {
	if e.Why == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(p.Salt + e.Before))
	return hex.EncodeToString(sum[:12])
}

// write adds a line to the decision log.
func (r *Refund) write(p Policy, now time.Time, what string, by Author, why string) {
	// JSON has valid text only, and the hash has to be the same after it.
	by.Person, why = strings.ToValidUTF8(by.Person, "\uFFFD"), strings.ToValidUTF8(why, "\uFFFD")
	e := Entry{
		At: now.UTC(), What: what, By: by, Why: why, State: r.State, Policy: p.Version,
		Amount: r.Facts.Amount.String(), OrderValue: r.Facts.OrderValue.String(), Refunded: r.Facts.Refunded.String(),
	}
	if n := len(r.Receipt); n > 0 {
		e.Before = r.Receipt[n-1].Hash
	}
	e.Salt = e.salt(p)
	e.Hash = e.hash()
	r.Receipt = append(r.Receipt, e)
}

// Begun is the hash of the first line of the decision log. A refund that was begun anew has
// another one.
func (r *Refund) Begun() string {
	if len(r.Receipt) == 0 {
		return ""
	}
	return r.Receipt[0].Hash
}

// eraseReason leaves the digest in its place, so that the hash holds.
func (e *Entry) eraseReason() { e.Erased, e.Why, e.Salt = e.digest(), "", "" }

// erasable reports whether the reason may know the customer: people and others have written it, and no rule.
func (e Entry) erasable() bool {
	paid := e.What == string(PaidNow) || e.What == string(PaidBefore) // its reason is the number of the payment
	return e.By.Person != "" || e.By == theMailProvider || e.By == theEndpoint && !paid
}

// ErasedReasons is how many reasons of a decision log were erased.
func ErasedReasons(receipt []Entry) (n int) {
	for _, e := range receipt {
		if e.Erased != "" {
			n++
		}
	}
	return n
}

// CheckReceipt says which line of a decision log was changed, moved, put in or taken out. To
// see that lines are missing at the end, keep the last Hash elsewhere.
//
// A reason can be missing only if the customer's data was erased after it and it may know the customer, or
// if it was the customer's answer and their texts were erased after it.
func CheckReceipt(receipt []Entry) error {
	before := ""
	customer := slices.IndexFunc(receipt, func(e Entry) bool { return e.What == customerErased })
	texts := slices.IndexFunc(receipt, func(e Entry) bool { return e.What == textsErased })
	for i, e := range receipt {
		mayMiss := i < customer && e.erasable() || i < texts && e.answer()
		if e.Erased != "" && !mayMiss {
			return words.Fault("refund.broken", "Line", i+1)
		}
		if e.Before != before || e.Hash != e.hash() || (e.Why == "") != (e.Salt == "") || e.Why != "" && e.Erased != "" {
			return words.Fault("refund.broken", "Line", i+1)
		}
		before = e.Hash
	}
	return nil
}
