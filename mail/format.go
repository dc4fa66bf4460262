package mail

import (
	"strings"
	"unicode"

	"waybill/words"
)

// openingHours are the hours of one or several Days, such as "Mon–Fri" and "09:00–18:00".
type openingHours struct{ Days, Open string }

// hours are opening hours. Days with the same hours are told together, closed ones not at all.
func hours(f words.Form, week [7]string) (told []openingHours) {
	days := f.Weekdays() // from Sunday on
	name := func(day int) string { return days[(day+1)%7] }
	for day := 0; day < len(week); day++ {
		first := day
		for day+1 < len(week) && week[day+1] == week[first] {
			day++
		}
		if open := clean(week[first], mostLine); open != "" {
			which := name(first)
			if day > first {
				which += "–" + name(day)
			}
			told = append(told, openingHours{which, open})
		}
	}
	return told
}

// inALine are opening hours where there is no table.
func inALine(f words.Form, hours []openingHours) string {
	var told []string
	for _, h := range hours {
		told = append(told, h.Days+" "+h.Open)
	}
	return strings.Join(told, f.Gap+"; ")
}

// Amount is a sum of money: 12.50 of EUR.
type Amount struct {
	// Value has a point before the cents and no sign. Currency is an ISO 4217 code.
	Value, Currency string
}

// clean makes a text from outside fit for a line of a mail: no control characters, no
// character that changes the direction of text, and at most so many characters.
func clean(s string, most int) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\u2028', r == '\u2029', unicode.IsControl(r):
			return ' '
		case r == '\u061c', r >= '\u200e' && r <= '\u200f', r >= '\u202a' && r <= '\u202e', r >= '\u2066' && r <= '\u2069', r == unicode.ReplacementChar:
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	s = strings.Join(strings.Fields(s), " ")
	if runes := []rune(s); len(runes) > most {
		return strings.TrimSpace(string(runes[:most-1])) + "…"
	}
	return s
}
