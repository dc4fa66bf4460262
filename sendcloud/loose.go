package sendcloud

import (
	"bytes"
	"encoding/json"
	"html"
	"math/big"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// Sendcloud's fields change their type between documentation, webhooks and years: a
// house number is 10 or "26", an insured value 0 or 0.0, an empty object {} or []. A
// field that no decision needs must not make us refuse a webhook. So these types accept
// any JSON and keep what they understand.

// maxText is how many bytes of a text are kept.
const maxText = 500

// text is a string, or a number or boolean as it is written. Null, objects, arrays and
// placeholders such as "undefined" are "". Control characters become spaces, so that no
// text can break a mail header or a log line.
type text string

func (t *text) UnmarshalJSON(raw []byte) error {
	var s string
	switch raw[0] {
	case '"':
		if err := unmarshal(raw, &s); err != nil {
			return err
		}
	case '{', '[', 'n':
		return nil
	default:
		s = string(raw)
	}
	*t = text(s).tidied()
	return nil
}

// tidied is the text without control characters, placeholders and too much length.
func (t text) tidied() text {
	s := strings.TrimSpace(strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == '\u2028' || r == '\u2029' {
			return ' '
		}
		return r
	}, string(t)))
	if placeholder.MatchString(s) {
		return ""
	}
	return text(cut(s, maxText))
}

// placeholder is what programs write for want of a value. Nan is a name.
var placeholder = regexp.MustCompile(`^(((?i:null|undefined|n/a|\(null\)|\[object object\])|[Nn]one|nan|NaN|[-.])\s*)+$`)

// exact is the whole text, or "" if it was too long to keep: part of an address is
// worse than none.
func (t text) exact() string {
	if len(t) > maxText-utf8.UTFMax {
		return ""
	}
	return string(t)
}

// shown is a text that a mail shows. Shops' systems put HTML into it: entities are resolved.
type shown text

func (s *shown) UnmarshalJSON(raw []byte) error {
	var t text
	if err := t.UnmarshalJSON(raw); err != nil {
		return err
	}
	*s = shown(text(entity.ReplaceAllStringFunc(string(t), html.UnescapeString)).tidied())
	return nil
}

// entity is a character as HTML writes it. Without a semicolon it is what a person wrote.
var entity = regexp.MustCompile(`&(#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,31});`)

// person is a name that a mail shows, without the placeholders of a part that is missing, as
// JavaScript writes them: "Jane undefined" is Jane. Null is a name that people have, null is not.
type person shown

func (p *person) UnmarshalJSON(raw []byte) error {
	var s shown
	if err := s.UnmarshalJSON(raw); err != nil {
		return err
	}
	parts := strings.Split(string(s), " ")
	parts = slices.DeleteFunc(parts, func(part string) bool { return part == "null" || part == "undefined" })
	*p = person(strings.TrimSpace(strings.Join(parts, " ")))
	return nil
}

// cut shortens s to n bytes without breaking a character.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// whole is an integer of up to 64 bits, also as "123", 123.0 or 1.23E2. Anything else is 0
// and has ok false.
type whole struct {
	n  int64
	ok bool
}

func (w *whole) UnmarshalJSON(raw []byte) error {
	*w = whole{}
	n, ok := rational(strings.TrimSpace(string(bytes.Trim(raw, `"`))))
	if ok && n.IsInt() && n.Num().IsInt64() {
		*w = whole{n.Num().Int64(), true}
	}
	return nil
}

// number is a number of a length that is harmless to compute with.
var number = regexp.MustCompile(`^[-+]?[0-9]{1,40}(\.[0-9]{1,40})?([eE][-+]?[0-9]{1,2})?$`)

// rational reads a number exactly.
func rational(written string) (n *big.Rat, ok bool) {
	if !number.MatchString(written) {
		return nil, false
	}
	return new(big.Rat).SetString(written)
}

// yes is a boolean. Anything but true is false.
type yes bool

func (y *yes) UnmarshalJSON(raw []byte) error {
	*y = string(raw) == "true"
	return nil
}

// maybe is a boolean, or nil for anything else.
type maybe struct{ is *bool }

func (m *maybe) UnmarshalJSON(raw []byte) error {
	if s := string(raw); s == "true" || s == "false" {
		is := s == "true"
		m.is = &is
	}
	return nil
}

// object is the T of a JSON object. Anything else is the zero T: PHP writes an empty
// object as [].
type object[T any] struct{ v T }

func (o *object[T]) UnmarshalJSON(raw []byte) error {
	if raw[0] != '{' {
		return nil
	}
	return unmarshal(raw, &o.v)
}

// textIn is a text that stands alone, or in a field of an object.
func textIn(raw []byte, field string) text {
	if raw[0] == '{' {
		raw = decode[map[string]json.RawMessage](raw)[field]
	}
	var t text
	_ = unmarshal(raw, &t) // a field that is missing is no text
	return t
}

// country is a country's ISO 3166-1 alpha-2 code in capitals, or "". It stands alone or
// in the field iso_2 of an object.
type country string

func (c *country) UnmarshalJSON(raw []byte) error {
	*c = country(capitals(textIn(raw, "iso_2"), len("NL")))
	return nil
}

// currency is a currency's ISO 4217 code in capitals, or "".
type currency string

func (c *currency) UnmarshalJSON(raw []byte) error {
	var code text
	err := code.UnmarshalJSON(raw)
	*c = currency(capitals(code, len("EUR")))
	return err
}

var latin = regexp.MustCompile(`^[A-Za-z]+$`)

// capitals is a code of so many letters in capitals, or "".
func capitals(code text, letters int) string {
	if len(code) != letters || !latin.MatchString(string(code)) {
		return ""
	}
	return strings.ToUpper(string(code))
}

// price is an amount of money as version 3 has it everywhere.
type price struct {
	Value    text     `json:"value"`
	Currency currency `json:"currency"`
}

// rows is a list of objects. Only what is not a list is nil; an item that is not an
// object is the zero T.
type rows[T any] []T

func (r *rows[T]) UnmarshalJSON(raw []byte) error {
	if raw[0] != '[' {
		return nil
	}
	var each []object[T]
	if err := unmarshal(raw, &each); err != nil {
		return err
	}
	*r = make([]T, len(each))
	for i := range each {
		(*r)[i] = each[i].v
	}
	return nil
}
