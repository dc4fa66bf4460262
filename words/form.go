package words

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Dates and amounts are formatted by hand: x/text has no dates, and puts the euro sign in
// front in every language. https://cldr.unicode.org

// Form is how a language writes dates and amounts.
type Form struct {
	weekdays, months string
	// date is a format of weekday, day and month; first is the first day of a month, also in short.
	date, first string
	// dated is a format of day, month and year.
	dated string
	// moment is a format of date, hour and minute.
	moment string
	// shortDays and shortMonths are the short names, stamp is a format of a moment with them: weekday,
	// day, month, year, hour, minute and time zone.
	shortDays, shortMonths, stamp string
	// zones are how the language calls time zones, if not as English does.
	zones map[string]string
	// point separates the cents, group the thousands.
	point, group string
	// symbol is a format of a currency's sign and a number, code of its letters and a
	// number.
	symbol, code string
	// Gap stands before a colon and a semicolon.
	Gap string
}

// Colon stands between a name and what is said of it.
func (f Form) Colon() string { return f.Gap + ":" }

const (
	nbsp       = "\u00a0"
	narrowNBSP = "\u202f"
)

var forms = map[Language]Form{
	English: {
		weekdays: "Sunday Monday Tuesday Wednesday Thursday Friday Saturday",
		months:   "January February March April May June July August September October November December",
		date:     "%s %s %s", first: "1", dated: "%s %s %d", moment: "%s, %02d:%02d",
		shortDays:   "Sun Mon Tue Wed Thu Fri Sat",
		shortMonths: "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec",
		stamp:       "%s %s %s %d, %02d:%02d %s",
		point:       ".", group: ",", symbol: "%s%s", code: "%s" + nbsp + "%s",
	},
	Dutch: {
		weekdays: "zondag maandag dinsdag woensdag donderdag vrijdag zaterdag",
		months:   "januari februari maart april mei juni juli augustus september oktober november december",
		date:     "%s %s %s", first: "1", dated: "%s %s %d", moment: "%s, %02d:%02d",
		shortDays:   "zo ma di wo do vr za",
		shortMonths: "jan feb mrt apr mei jun jul aug sep okt nov dec",
		stamp:       "%s %s %s %d, %02d:%02d %s",
		point:       ",", group: ".", symbol: "%s" + nbsp + "%s", code: "%s" + nbsp + "%s",
	},
	German: {
		weekdays: "Sonntag Montag Dienstag Mittwoch Donnerstag Freitag Samstag",
		months:   "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
		date:     "%s, %s. %s", first: "1", dated: "%s. %s %d", moment: "%s, %02d:%02d Uhr",
		shortDays:   "So. Mo. Di. Mi. Do. Fr. Sa.",
		shortMonths: "Jan. Feb. März Apr. Mai Juni Juli Aug. Sept. Okt. Nov. Dez.",
		stamp:       "%s, %s. %s %d, %02d:%02d" + nbsp + "Uhr (%s)",
		zones:       map[string]string{"CET": "MEZ", "CEST": "MESZ", "WET": "WEZ", "WEST": "WESZ", "EET": "OEZ", "EEST": "OESZ"},
		point:       ",", group: ".", symbol: "%[2]s" + nbsp + "%[1]s", code: "%[2]s" + nbsp + "%[1]s",
	},
	French: {
		weekdays: "dimanche lundi mardi mercredi jeudi vendredi samedi",
		months:   "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
		date:     "%s %s %s", first: "1er", dated: "%s %s %d", moment: "%s à %02d:%02d",
		shortDays:   "dim. lun. mar. mer. jeu. ven. sam.",
		shortMonths: "janv. févr. mars avr. mai juin juil. août sept. oct. nov. déc.",
		stamp:       "%s %s %s %d à %02d:%02d (%s)",
		point:       ",", group: narrowNBSP, symbol: "%[2]s" + narrowNBSP + "%[1]s", code: "%[2]s" + narrowNBSP + "%[1]s", Gap: nbsp,
	},
	Spanish: {
		weekdays: "domingo lunes martes miércoles jueves viernes sábado",
		months:   "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
		date:     "%s, %s de %s", first: "1", dated: "%s de %s de %d", moment: "%s, %02d:%02d",
		shortDays:   "dom lun mar mié jue vie sáb",
		shortMonths: "ene feb mar abr may jun jul ago sept oct nov dic",
		stamp:       "%s, %s %s %d, %02d:%02d (%s)",
		point:       ",", group: ".", symbol: "%[2]s" + nbsp + "%[1]s", code: "%[2]s" + nbsp + "%[1]s",
	},
	Italian: {
		weekdays: "domenica lunedì martedì mercoledì giovedì venerdì sabato",
		months:   "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
		date:     "%s %s %s", first: "1º", dated: "%s %s %d", moment: "%s, ore %02d:%02d",
		shortDays:   "dom lun mar mer gio ven sab",
		shortMonths: "gen feb mar apr mag giu lug ago set ott nov dic",
		stamp:       "%s %s %s %d, ore %02d:%02d (%s)",
		point:       ",", group: ".", symbol: "%[2]s" + nbsp + "%[1]s", code: "%[2]s" + nbsp + "%[1]s",
	},
}

// FormOf is the form of a language; that of English if there is none.
func FormOf(l Language) Form {
	if f, ok := forms[l]; ok {
		return f
	}
	return forms[English]
}

// Weekdays are the names of the days, from Sunday on.
func (f Form) Weekdays() []string { return strings.Fields(f.weekdays) }

// Day is a day in full, without its year: "Tuesday 3 November".
func (f Form) Day(t time.Time) string {
	return fmt.Sprintf(f.date, f.Weekdays()[t.Weekday()], f.dayOfMonth(t), strings.Fields(f.months)[t.Month()-1])
}

// Date is a day with its year: "3 November 2026".
func (f Form) Date(t time.Time) string {
	return fmt.Sprintf(f.dated, f.dayOfMonth(t), strings.Fields(f.months)[t.Month()-1], t.Year())
}

func (f Form) dayOfMonth(t time.Time) string {
	if t.Day() == 1 {
		return f.first
	}
	return strconv.Itoa(t.Day())
}

// At is a moment in the reader's time zone, or the day alone if there is not exactly one
// zone.
func (f Form) At(t time.Time, zones []*time.Location) string {
	if len(zones) > 0 {
		t = t.In(zones[0])
	}
	if len(zones) != 1 {
		return f.Day(t)
	}
	return fmt.Sprintf(f.moment, f.Day(t), t.Hour(), t.Minute())
}

// CalendarDay formats a day such as 2026-11-10; "" if it is not one.
func (f Form) CalendarDay(s string) string {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return ""
	}
	return f.Day(t)
}

// Stamp is a moment in short, with its year and its time zone: "Tue 3 Nov 2026, 09:02 CET".
func (f Form) Stamp(t time.Time) string {
	zone, offset := t.Zone()
	if called, ok := f.zones[zone]; ok {
		zone = called
	}
	if strings.HasPrefix(zone, "+") || strings.HasPrefix(zone, "-") { // the zone has no letters
		zone = "UTC" + time.Unix(0, 0).In(time.FixedZone("", offset)).Format("-07:00")
	}
	return fmt.Sprintf(f.stamp, strings.Fields(f.shortDays)[t.Weekday()], f.dayOfMonth(t), strings.Fields(f.shortMonths)[t.Month()-1], t.Year(), t.Hour(), t.Minute(), zone)
}

var decimal = regexp.MustCompile(`^[0-9]{1,15}(\.[0-9]{1,4})?$`)

var signs = map[string]string{"EUR": "€", "GBP": "£", "USD": "$"}

// Number is a number such as 1200.50 as the language writes it; "" if it is not one.
func (f Form) Number(value string) string {
	if !decimal.MatchString(value) {
		return ""
	}
	whole, cents, _ := strings.Cut(value, ".")
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + f.group + whole[i:]
	}
	if cents != "" {
		whole += f.point + cents
	}
	return whole
}

// Amount is a sum of money: its value has a point before the cents and no sign, its currency
// is an ISO 4217 code. It is "" if it is not one.
func (f Form) Amount(value, currency string) string {
	number := f.Number(value)
	if number == "" || len(currency) != 3 {
		return ""
	}
	if sign, ok := signs[currency]; ok {
		return fmt.Sprintf(f.symbol, sign, number)
	}
	return fmt.Sprintf(f.code, currency, number)
}

// grouped are amounts with groups of thousands, as each language writes them: any space groups in
// French, and in none a point or a comma that stands for both.
var grouped = map[Language]*regexp.Regexp{
	English: groups(`,`, `\.`), Dutch: groups(`\.`, `,`), German: groups(`\.`, `,`), Spanish: groups(`\.`, `,`), Italian: groups(`\.`, `,`),
	French: groups("[ \u00a0\u202f]", `,`),
}

func groups(group, point string) *regexp.Regexp {
	return regexp.MustCompile(`^([1-9][0-9]{0,2}(?:` + group + `[0-9]{3})+)(?:` + point + `([0-9]+))?$`)
}

// ReadAmount rewrites an amount with groups of thousands, as a language writes it, so that it
// can be read in no other way: 1.234,56 in German as 1234.56. The sign and the code of its currency
// may stand before or behind it. Every other text stays as it is.
func ReadAmount(l Language, written, currency string) string {
	written = bare(written, currency)
	shape, ok := grouped[l]
	if !ok {
		return written
	}
	parts := shape.FindStringSubmatch(strings.TrimSpace(written))
	if parts == nil {
		return written
	}
	plain := noDigit.ReplaceAllString(parts[1], "")
	if parts[2] != "" {
		plain += "." + parts[2]
	}
	return plain
}

// bare cuts the sign or the code of a currency off an amount. A text with nothing else stays: it must not
// read as if nothing had been written.
func bare(written, currency string) string {
	text := strings.TrimSpace(written)
	for _, mark := range []string{signs[currency], currency} {
		rest, before := strings.CutPrefix(text, mark)
		rest, behind := strings.CutSuffix(rest, mark)
		if rest = strings.TrimSpace(rest); mark != "" && before != behind && rest != "" {
			return rest
		}
	}
	return written
}

var noDigit = regexp.MustCompile(`[^0-9]`)
