package sendcloud

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Sendcloud's fields change their type between documentation, webhooks and
// years: a house number is 10 or "26", an insured value 0 or 0.0, an empty
// object {} or []. A field that no decision needs must never make us refuse a
// webhook, so these types take whatever comes and keep what they understand.

// maxText is the most that is kept of one text, in bytes.
const maxText = 500

// text is a string, or a number or boolean in its own spelling. Null, objects
// and arrays are "". Control characters become spaces: nothing that arrives
// here may break a mail header or a log line.
type text string

func (t *text) UnmarshalJSON(raw []byte) error {
	var s string
	switch raw[0] {
	case '"':
		if err := json.Unmarshal(raw, &s); err != nil {
			return err
		}
	case '{', '[', 'n':
		return nil
	default:
		s = string(raw)
	}
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == '\u2028' || r == '\u2029' {
			return ' '
		}
		return r
	}, s)
	*t = text(cut(strings.TrimSpace(s), maxText))
	return nil
}

// exact is the text where a part of it would be worse than none, such as an
// address: "" if it was too long to keep.
func (t text) exact() string {
	if len(t) > maxText-utf8.UTFMax {
		return ""
	}
	return string(t)
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

// whole is an integer of up to 64 bits, also when it comes as "123" or 123.0.
// Whatever is not one has ok false.
type whole struct {
	n  int64
	ok bool
}

func (w *whole) UnmarshalJSON(raw []byte) error {
	s := strings.TrimSpace(string(bytes.Trim(raw, `"`)))
	if whole, fraction, found := strings.Cut(s, "."); found && strings.Trim(fraction, "0") == "" {
		s = whole
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if *w = (whole{n, true}); err != nil {
		*w = whole{}
	}
	return nil
}

// yes is a boolean; whatever is not true is false.
type yes bool

func (y *yes) UnmarshalJSON(raw []byte) error {
	*y = string(raw) == "true"
	return nil
}

// maybe is a boolean, or nil where none stands.
type maybe struct{ is *bool }

func (m *maybe) UnmarshalJSON(raw []byte) error {
	if s := string(raw); s == "true" || s == "false" {
		is := s == "true"
		m.is = &is
	}
	return nil
}

// object is T where a JSON object stands, and the zero T where anything else
// does: PHP writes an empty object as [].
type object[T any] struct{ v T }

func (o *object[T]) UnmarshalJSON(raw []byte) error {
	if raw[0] != '{' {
		return nil
	}
	return json.Unmarshal(raw, &o.v)
}

// textIn is a text that stands alone, or in a field of an object.
func textIn(raw []byte, field string) text {
	if raw[0] == '{' {
		raw = decode[map[string]json.RawMessage](raw)[field]
	}
	var t text
	_ = json.Unmarshal(raw, &t) // a field that is missing is no text
	return t
}

// country is the code of a country by ISO 3166-1 alpha-2 in capitals, which
// stands alone or in an object with the field iso_2.
type country string

func (c *country) UnmarshalJSON(raw []byte) error {
	*c = country(capitals(textIn(raw, "iso_2"), len("NL")))
	return nil
}

// currency is the code of a currency by ISO 4217 in capitals, or "".
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

// instant reads a Unix time. Milliseconds are what Sendcloud sends; some
// actions are said to come in seconds, and the documentation's own example is
// 123, which is neither. ok is false where no usable time stands, or one so far
// ahead that it would make every later scan look late.
func (w whole) instant(received time.Time) (at time.Time, ok bool) {
	if at, ok = w.unix(); !ok || !at.Before(received.Add(clockSkew)) {
		return time.Time{}, false
	}
	return at, true
}

// unix reads milliseconds or seconds since 1970, by their size.
func (w whole) unix() (at time.Time, ok bool) {
	switch {
	case !w.ok:
		return time.Time{}, false
	case w.n >= 1e12 && w.n < 1e14:
		return time.UnixMilli(w.n).UTC(), true
	case w.n >= 1e9 && w.n < 1e11:
		return time.Unix(w.n, 0).UTC(), true
	}
	return time.Time{}, false
}

// clockSkew is how far ahead of ours another clock may run and be believed.
const clockSkew = 24 * time.Hour

// rows is a list of T, nil only where no list stands. What in it is no object is
// a zero T.
type rows[T any] []T

func (r *rows[T]) UnmarshalJSON(raw []byte) error {
	if raw[0] != '[' {
		return nil
	}
	var each []object[T]
	if err := json.Unmarshal(raw, &each); err != nil {
		return err
	}
	*r = make([]T, len(each))
	for i := range each {
		(*r)[i] = each[i].v
	}
	return nil
}

// moment is a time in one of the spellings of the API, or the zero time:
//
//	03-04-2024 16:51:28                   parcels of v2, in UTC
//	2022-01-25 14:43:13.615997+00:00      trackings of v2
//	2022-07-18T15:34:21.869312+02:00      everything else
//	2019-02-03T06:48:07                   the documentation of parcels of v2
//	1654683771746                         milliseconds, in returns
//
// A year that is no year of four digits makes it the zero time: it could not be
// written down again.
type moment struct{ time.Time }

func (m *moment) UnmarshalJSON(raw []byte) error {
	var t text
	if err := t.UnmarshalJSON(raw); err != nil {
		return err
	}
	for _, layout := range []string{"02-01-2006 15:04:05", time.RFC3339, "2006-01-02T15:04:05", "2006-01-02 15:04:05Z07:00", "2006-01-02 15:04:05"} {
		if at, err := time.Parse(layout, string(t)); err == nil {
			if at = at.UTC(); at.Year() > 0 && at.Year() < 1e4 {
				m.Time = at
			}
			return nil
		}
	}
	var w whole
	if err := w.UnmarshalJSON(raw); err != nil {
		return err
	}
	m.Time, _ = w.unix()
	return nil
}
