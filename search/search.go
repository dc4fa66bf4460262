// Package search makes the terms under which parcels and refunds are listed and found: order
// number, tracking number and the customer's mail address, as people write them. It is pure.
//
// Everyone who may list workflows sees these terms. So a mail address is listed only as a digest,
// which reveals nothing without the key. Order and tracking numbers are listed in clear, or as
// digests if the policy says "search: keyed".
package search

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"slices"
	"strings"
	"unicode"
)

// Words are the order number, tracking number and mail address as people write them. Email is
// personal data.
type Words struct{ Order, Tracking, Email string }

// Terms are the words as they are listed; one that is empty is not listed.
type Terms struct {
	Order    string `json:"order,omitempty"`
	Tracking string `json:"tracking,omitempty"`
	// Recipient stands for the mail address.
	Recipient string `json:"recipient,omitempty"`
}

// Index turns words into terms; nil lists nothing.
type Index func(Words) Terms

// Of turns words into terms.
func (x Index) Of(w Words) Terms {
	if x == nil {
		return Terms{}
	}
	return x(w)
}

// Keys make digests. The first key makes those that are listed. Words are looked up under all keys,
// so that a key can be changed while parcels are under way.
type Keys [][]byte

// ErrNoKey says that nothing can be looked up by mail address.
var ErrNoKey = errors.New("mail addresses cannot be looked up: set WAYBILL_SEARCH_KEYS here and for the workers; it works for parcels that are scanned after that")

// Index makes terms with these keys. If keyed, numbers become digests too.
func (k Keys) Index(keyed bool) Index {
	return func(w Words) Terms {
		t := Terms{Order: Number(w.Order), Tracking: Number(w.Tracking), Recipient: k.first(recipient, address(w.Email))}
		if keyed {
			t.Order, t.Tracking = k.first(order, t.Order), k.first(tracking, t.Tracking)
		}
		return t
	}
}

// Digests are made for one field each: the same word elsewhere has another digest.
const (
	order     = "order"
	tracking  = "tracking"
	recipient = "recipient"
)

// Listed are the terms under which a word may be listed, by field.
type Listed struct{ Order, Tracking, Recipient []string }

// Find are the terms under which what a person types may be listed.
func (k Keys) Find(typed string) Listed {
	if strings.Contains(typed, "@") {
		return Listed{Recipient: k.all(recipient, address(typed))}
	}
	number := Number(typed)
	if number == "" {
		return Listed{}
	}
	return Listed{
		Order:    append([]string{number}, k.all(order, number)...),
		Tracking: append([]string{number}, k.all(tracking, number)...),
	}
}

func (k Keys) first(field, word string) string {
	if len(k) == 0 || word == "" {
		return ""
	}
	return digest(k[0], field, word)
}

func (k Keys) all(field, word string) []string {
	var all []string
	for _, key := range k {
		if word != "" {
			all = append(all, digest(key, field, word))
		}
	}
	return slices.Compact(all)
}

// digest begins with "=", which no number does.
func digest(key []byte, field, word string) string {
	h := hmac.New(sha256.New, key)
	h.Write([]byte("search\x00" + field + "\x00" + word))
	return "=" + base64.RawURLEncoding.EncodeToString(h.Sum(nil)[:15])
}

// mostNumber is how many characters of a number are listed: SQL stores take at most 255.
const mostNumber = 100

// Number is an order or tracking number as it is compared: "#1042 a" and "1042A" are the same.
// People read numbers to each other, and type them with spaces.
func Number(s string) string {
	s = strings.Map(func(r rune) rune {
		if !unicode.IsGraphic(r) || unicode.IsSpace(r) || strings.ContainsRune(`'"\`, r) {
			return -1
		}
		return unicode.ToUpper(r)
	}, strings.ToValidUTF8(s, ""))
	s = strings.TrimLeft(s, "#=")
	if r := []rune(s); len(r) > mostNumber {
		s = string(r[:mostNumber])
	}
	return s
}

// address is a mail address as it is compared. Large mail providers ignore case.
func address(s string) string { return strings.ToLower(strings.TrimSpace(s)) }
