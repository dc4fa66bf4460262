package mail

import (
	"fmt"
	"regexp"
	"strings"
	"time"
	"unicode"

	"waybill/parcel"
)

// Dates and amounts are formatted by hand: x/text has no dates, and puts the euro sign in
// front in every language. https://cldr.unicode.org

// form is how a language writes dates and amounts.
type form struct {
	weekdays, months string
	// date is a format of weekday, day and month; first is the first day of a month.
	date, first string
	// moment is a format of date, hour and minute.
	moment string
	// point separates the cents, group the thousands.
	point, group string
	// symbol is a format of a currency's sign and a number, code of its letters and a
	// number.
	symbol, code string
	// gap stands before a colon and a semicolon.
	gap string
}

const (
	nbsp       = "\u00a0"
	narrowNBSP = "\u202f"
)

var forms = map[parcel.Language]form{
	parcel.English: {
		weekdays: "Sunday Monday Tuesday Wednesday Thursday Friday Saturday",
		months:   "January February March April May June July August September October November December",
		date:     "%s %s %s", first: "1", moment: "%s, %02d:%02d",
		point: ".", group: ",", symbol: "%s%s", code: "%s" + nbsp + "%s",
	},
	parcel.Dutch: {
		weekdays: "zondag maandag dinsdag woensdag donderdag vrijdag zaterdag",
		months:   "januari februari maart april mei juni juli augustus september oktober november december",
		date:     "%s %s %s", first: "1", moment: "%s, %02d:%02d",
		point: ",", group: ".", symbol: "%s" + nbsp + "%s", code: "%s" + nbsp + "%s",
	},
	parcel.German: {
		weekdays: "Sonntag Montag Dienstag Mittwoch Donnerstag Freitag Samstag",
		months:   "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
		date:     "%s, %s. %s", first: "1", moment: "%s, %02d:%02d Uhr",
		point: ",", group: ".", symbol: "%[2]s" + nbsp + "%[1]s", code: "%[2]s" + nbsp + "%[1]s",
	},
	parcel.French: {
		weekdays: "dimanche lundi mardi mercredi jeudi vendredi samedi",
		months:   "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
		date:     "%s %s %s", first: "1er", moment: "%s à %02d:%02d",
		point: ",", group: narrowNBSP, symbol: "%[2]s" + narrowNBSP + "%[1]s", code: "%[2]s" + narrowNBSP + "%[1]s", gap: nbsp,
	},
	parcel.Spanish: {
		weekdays: "domingo lunes martes miércoles jueves viernes sábado",
		months:   "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
		date:     "%s, %s de %s", first: "1", moment: "%s, %02d:%02d",
		point: ",", group: ".", symbol: "%[2]s" + nbsp + "%[1]s", code: "%[2]s" + nbsp + "%[1]s",
	},
	parcel.Italian: {
		weekdays: "domenica lunedì martedì mercoledì giovedì venerdì sabato",
		months:   "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
		date:     "%s %s %s", first: "1º", moment: "%s, ore %02d:%02d",
		point: ",", group: ".", symbol: "%[2]s" + nbsp + "%[1]s", code: "%[2]s" + nbsp + "%[1]s",
	},
}

func (f form) day(t time.Time) string {
	day := fmt.Sprint(t.Day())
	if t.Day() == 1 {
		day = f.first
	}
	return fmt.Sprintf(f.date, strings.Fields(f.weekdays)[t.Weekday()], day, strings.Fields(f.months)[t.Month()-1])
}

// at is a moment in the reader's time zone, or the day alone if there is not exactly one
// zone.
func (f form) at(t time.Time, zones []*time.Location) string {
	if len(zones) > 0 {
		t = t.In(zones[0])
	}
	if len(zones) != 1 {
		return f.day(t)
	}
	return fmt.Sprintf(f.moment, f.day(t), t.Hour(), t.Minute())
}

// calendarDay formats a day such as 2026-11-10; "" if it is not one.
func (f form) calendarDay(s string) string {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return ""
	}
	return f.day(t)
}

// openingHours are the hours of one or several Days, such as "Mon–Fri" and "09:00–18:00".
type openingHours struct{ Days, Open string }

// hours are opening hours. Days with the same hours are told together, closed ones not at all.
func (f form) hours(week [7]string) (told []openingHours) {
	days := strings.Fields(f.weekdays) // from Sunday on
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
func (f form) inALine(hours []openingHours) string {
	var told []string
	for _, h := range hours {
		told = append(told, h.Days+" "+h.Open)
	}
	return strings.Join(told, f.gap+"; ")
}

// Amount is a sum of money: 12.50 of EUR.
type Amount struct {
	// Value has a point before the cents and no sign. Currency is an ISO 4217 code.
	Value, Currency string
}

var decimal = regexp.MustCompile(`^[0-9]{1,15}(\.[0-9]{1,4})?$`)

var signs = map[string]string{"EUR": "€", "GBP": "£", "USD": "$"}

// amount formats a sum of money; "" if it is not one.
func (f form) amount(a Amount) string {
	if !decimal.MatchString(a.Value) || len(a.Currency) != 3 {
		return ""
	}
	whole, cents, _ := strings.Cut(a.Value, ".")
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + f.group + whole[i:]
	}
	number := whole
	if cents != "" {
		number += f.point + cents
	}
	if sign, ok := signs[a.Currency]; ok {
		return fmt.Sprintf(f.symbol, sign, number)
	}
	return fmt.Sprintf(f.code, a.Currency, number)
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
