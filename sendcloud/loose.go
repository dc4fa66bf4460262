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

// Sendcloud's fields change their type between documentation, webhooks and years: a
// house number is 10 or "26", an insured value 0 or 0.0, an empty object {} or []. A
// field that no decision needs must not make us refuse a webhook. So these types accept
// any JSON and keep what they understand.

// maxText is how many bytes of a text are kept.
const maxText = 500

// text is a string, or a number or boolean as it is written. Null, objects and arrays
// are "". Control characters become spaces, so that no text can break a mail header or
// a log line.
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

// exact is the whole text, or "" if it was too long to keep: part of an address is
// worse than none.
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

// whole is an integer of up to 64 bits, also as "123" or 123.0. Anything else is 0 and
// has ok false.
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

// instant reads a Unix time. Sendcloud sends milliseconds; some actions are said to come
// in seconds, and the documentation's own example, 123, is neither. A time so far ahead
// that every later scan would look late is not usable either.
func (w whole) instant(received time.Time) (at time.Time, ok bool) {
	if at, ok = w.unix(); !ok || !at.Before(received.Add(clockSkew)) {
		return time.Time{}, false
	}
	return at, true
}

// unix tells milliseconds and seconds since 1970 apart by their size.
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

// clockSkew is how far ahead of ours we accept another clock.
const clockSkew = 24 * time.Hour

// rows is a list of objects. Only what is not a list is nil; an item that is not an
// object is the zero T.
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

// moment is a time in one of the API's formats, or the zero time:
//
//	03-04-2024 16:51:28                   parcels of v2, in UTC
//	2022-01-25 14:43:13.615997+00:00      trackings of v2
//	2022-07-18T15:34:21.869312+02:00      everything else
//	2019-02-03T06:48:07                   the documentation of parcels of v2
//	1654683771746                         milliseconds, in returns
//
// A year outside 1 to 9999 makes it the zero time, because JSON cannot hold it.
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
