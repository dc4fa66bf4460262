// Package link signs mailed links and browser sessions, and proves orders. Each link is for one
// person, one purpose and one subject, and expires. Makers and readers of links share only the
// keys and the policy: a person is known by what it says of them, so that a link ends when that
// changes. Whether a link or a proof was used, or a link ended early, is recorded elsewhere.
package link

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Purpose is what a link is for. It is refused for any other purpose.
type Purpose string

// The purposes.
const (
	// Decide decides about one refund; its Subject is the refund's workflow id.
	Decide Purpose = "decide"
	// SignIn begins a session; its Subject is the name of the person's sign-ins.
	SignIn Purpose = "sign-in"
	// Session is a browser's session.
	Session Purpose = "session"
)

// lasts is how long what is signed for a purpose works. A reminder brings a new link.
var lasts = map[Purpose]time.Duration{Decide: 7 * 24 * time.Hour, SignIn: time.Hour, Session: 12 * time.Hour}

// Lasts is how long what is signed for the purpose works.
func (p Purpose) Lasts() time.Duration { return lasts[p] }

// Longest is how long anything works that is signed for a person.
func Longest() time.Duration { return slices.Max(slices.Collect(maps.Values(lasts))) }

// Link is what is signed. A token holds it in readable form, so it must hold no personal
// data.
type Link struct {
	Purpose Purpose `json:"p"`
	Subject string  `json:"s,omitempty"`
	// Person is whose link it is, from [Keys.Person].
	Person string `json:"w"`
	// Nonce is unique to the link.
	Nonce string `json:"n,omitempty"`
	// Until is when it expires, as Unix time.
	Until int64 `json:"u"`
}

// Made is when it began to work.
func (l Link) Made() time.Time { return time.Unix(l.Until, 0).Add(-l.Purpose.Lasts()) }

// Why a token is refused. ErrInvalid gives no details on purpose.
var (
	ErrInvalid = errors.New("the link is not one of ours: it may have been cut off; copy it whole, or sign in")
	ErrExpired = errors.New("the link has expired: sign in for a new one")
)

// Keys are secrets. The first one signs and all are accepted, so that a key can be
// changed while its links are in people's mailboxes.
type Keys [][]byte

// leastKey is the least number of characters of a key.
const leastKey = 32

// ParseKeys reads keys, one per line. There can be none; then nothing can be signed or
// opened.
func ParseKeys(s string) (Keys, error) {
	var keys Keys
	for line := range strings.Lines(s) {
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		if len(line) < leastKey {
			return nil, fmt.Errorf("a key has fewer than %d characters: make one with: openssl rand -hex 32", leastKey)
		}
		keys = append(keys, []byte(line))
	}
	return keys, nil
}

// mostToken is longer than any token of ours.
const mostToken = 2048

var encoding = base64.RawURLEncoding

// Sign makes the token of a link. It must not be called without a key.
func (k Keys) Sign(l Link) string {
	raw, err := json.Marshal(l)
	if err != nil {
		panic(err) // texts and a number can always be encoded
	}
	payload := encoding.EncodeToString(raw)
	return payload + "." + encoding.EncodeToString(mac(k[0], "link", payload))
}

// Open reads a token that was signed for a purpose. The error is ErrInvalid, or ErrExpired
// along with the link.
func (k Keys) Open(token string, purpose Purpose, now time.Time) (Link, error) {
	payload, signature, ok := strings.Cut(token, ".")
	given, err := encoding.Strict().DecodeString(signature)
	// Even a strict decoder skips line ends.
	if !ok || err != nil || len(token) > mostToken || strings.ContainsAny(token, "\r\n") {
		return Link{}, ErrInvalid
	}
	signed := false
	for _, key := range k {
		signed = hmac.Equal(given, mac(key, "link", payload)) || signed
	}
	raw, err := encoding.Strict().DecodeString(payload)
	var l Link
	if !signed || err != nil || json.Unmarshal(raw, &l) != nil || l.Purpose != purpose {
		return Link{}, ErrInvalid
	}
	if now.Unix() >= l.Until {
		return l, ErrExpired
	}
	return l, nil
}

// Person is a pseudonym for a person, made with the first key. The identity names the
// person, and changes when they have to prove anew who they are.
func (k Keys) Person(identity string) string { return personOf(k[0], identity) }

// Persons are the pseudonyms of a person under all keys, that of the first one first.
func (k Keys) Persons(identity string) []string {
	var all []string
	for _, key := range k {
		all = append(all, personOf(key, identity))
	}
	return all
}

// IsPerson reports whether a token's Person stands for this person, under any key.
func (k Keys) IsPerson(person, identity string) bool {
	is := false
	for _, key := range k {
		is = hmac.Equal([]byte(person), []byte(personOf(key, identity))) || is
	}
	return is
}

// Prove makes a proof under the first key that a text comes from a holder of the keys:
// <Unix time in seconds>.<random text>.<MAC>. No two proofs are the same. Without a key it is
// empty, which proves nothing.
func (k Keys) Prove(text string, now time.Time) string {
	if len(k) == 0 {
		return ""
	}
	return prove(k[0], fmt.Sprintf("%d.%s", now.Unix(), rand.Text()), text)
}

// Proves reports whether a proof is one of this text, under any key, and was made within some
// time of now, before or after. A text has no second spelling of its proof, so remembering a
// proof as it is keeps it from working twice.
func (k Keys) Proves(proof, text string, now time.Time, within time.Duration) bool {
	head := proof[:max(0, strings.LastIndexByte(proof, '.'))]
	proven := false
	for _, key := range k {
		proven = hmac.Equal([]byte(proof), []byte(prove(key, head, text))) || proven
	}
	made, _, _ := strings.Cut(head, ".")
	at, err := strconv.ParseInt(made, 10, 64)
	return proven && err == nil && now.Sub(time.Unix(at, 0)).Abs() <= within
}

func prove(key []byte, head, text string) string {
	return head + "." + encoding.EncodeToString(mac(key, "proof", head+"\x00"+text))
}

func personOf(key []byte, identity string) string {
	return hex.EncodeToString(mac(key, "person", identity)[:12])
}

func mac(key []byte, what, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(what + "\x00" + text))
	return h.Sum(nil)
}
