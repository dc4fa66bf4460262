// Package link signs the links that are mailed to people, and what a browser
// keeps after one: each is bound to one person, one purpose and one thing, and
// ends. Those who make links and those who open them share the keys and nothing
// else. What is used up is noted where the link leads to, not here.
package link

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Purpose is what a link is for. One that is for something else is refused.
type Purpose string

// The purposes.
const (
	// Decide decides about one refund; its Subject is the refund's workflow id.
	Decide Purpose = "decide"
	// SignIn begins a session; its Subject is the sign-in's nonce.
	SignIn Purpose = "sign-in"
	// Session is what a browser keeps.
	Session Purpose = "session"
)

// Link is what is signed. A token holds it readably, so it names nobody.
type Link struct {
	Purpose Purpose `json:"p"`
	// Subject is what it is about.
	Subject string `json:"s,omitempty"`
	// Person is whose link it is, as [Keys.Person] has it.
	Person string `json:"w"`
	// Nonce is the same in every copy of the link, and in no other.
	Nonce string `json:"n,omitempty"`
	// Until is the second in which it ends, as Unix time.
	Until int64 `json:"u"`
}

// What is wrong with a token. ErrInvalid says nothing more on purpose.
var (
	ErrInvalid = errors.New("the link is not one of ours: it may have been cut off; copy it whole, or sign in")
	ErrExpired = errors.New("the link has expired: sign in for a new one")
)

// Keys sign: the first one signs, and all of them are accepted, so that a key
// can be changed while its links are in people's mailboxes.
type Keys [][]byte

// leastKey is how many characters a key has at least.
const leastKey = 32

// ParseKeys reads keys, one a line. None is no fault here: nothing can be signed
// or opened then.
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
		panic(err) // a link is texts and a number
	}
	payload := encoding.EncodeToString(raw)
	return payload + "." + encoding.EncodeToString(mac(k[0], "link", payload))
}

// Open reads a token that was signed for a purpose.
func (k Keys) Open(token string, purpose Purpose, now time.Time) (Link, error) {
	payload, signature, ok := strings.Cut(token, ".")
	given, err := encoding.Strict().DecodeString(signature)
	// The decoder skips line ends, also a strict one.
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

// Person stands for a person in a token that was signed with the first key.
func (k Keys) Person(name string) string { return personOf(k[0], name) }

// IsPerson reports whether a token's Person is somebody.
func (k Keys) IsPerson(person, name string) bool {
	is := false
	for _, key := range k {
		is = hmac.Equal([]byte(person), []byte(personOf(key, name))) || is
	}
	return is
}

func personOf(key []byte, name string) string {
	return hex.EncodeToString(mac(key, "person", name)[:12])
}

func mac(key []byte, what, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(what + "\x00" + text))
	return h.Sum(nil)
}
