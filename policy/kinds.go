package policy

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"waybill/refund"
	"waybill/yamlfile"
)

// kind is what settings of one kind share: what may stand there, and how it is
// read and shown.
type kind[T any] struct {
	// allowed says what may stand there, and schema says it as JSON Schema.
	allowed string
	schema  map[string]any
	// read fails with [errNotAllowed] or with words of its own.
	read func(string) (T, error)
	show func(T) string
	// private keeps faults, which are logged, from quoting what stands there: it is
	// personal, or may be a secret.
	private bool
	// sample is a value that may stand there, if an empty one may, too.
	sample string
	// mend and free are those of the settings.
	mend func(string) string
	free bool
}

var errNotAllowed = errors.New("not allowed")

func allowedIf(ok bool) error {
	if !ok {
		return errNotAllowed
	}
	return nil
}

// item is a setting of a kind that is kept in a field.
func item[T any](path string, k kind[T], field *T, about string) setting {
	return setting{
		path: path, about: about, allowed: k.allowed, sample: k.sample, schema: k.schema, mend: k.mend, free: k.free, private: k.private,
		check: func(text string) error {
			_, err := k.read(text)
			return err
		},
		set: func(text string) error {
			value, err := k.read(text)
			switch {
			case err == nil:
				*field = value
			case k.private || yamlfile.Private(text):
				return errors.New("what stands there is not allowed: write " + k.allowed)
			case errors.Is(err, errNotAllowed):
				return fmt.Errorf("%q is %w: write %s", text, errNotAllowed, k.allowed)
			}
			return err
		},
		show: func() string { return k.show(*field) },
	}
}

func private[T any](k kind[T]) kind[T] {
	k.private = true
	return k
}

func free[T any](k kind[T]) kind[T] {
	k.free, k.sample = true, "Example Shop"
	return k
}

func sampled[T any](k kind[T], sample string) kind[T] {
	k.sample = sample
	return k
}

func mending[T any](k kind[T], mend func(string) string) kind[T] {
	k.mend = mend
	return k
}

func oneOf[T ~string](names ...T) kind[T] {
	return kind[T]{
		sample: string(names[0]), mend: nearest(names...),
		allowed: "one of " + joined(names, ", "), schema: map[string]any{"enum": names},
		read: func(text string) (T, error) { return T(text), allowedIf(slices.Contains(names, T(text))) },
		show: func(name T) string { return string(name) },
	}
}

// oneOrNone is one of some names, or none.
func oneOrNone[T ~string](names ...T) kind[T] {
	k := oneOf(names...)
	k.allowed += `, or "" for none`
	k.schema = map[string]any{"enum": append([]T{""}, names...)}
	k.read = func(text string) (T, error) {
		return T(text), allowedIf(text == "" || slices.Contains(names, T(text)))
	}
	return k
}

// either is one of two names: the first stands for true.
func either(yes, no string) kind[bool] {
	names := oneOf(yes, no)
	return kind[bool]{
		allowed: names.allowed, schema: names.schema, sample: yes, mend: names.mend,
		read: func(text string) (bool, error) {
			name, err := names.read(text)
			return name == yes, err
		},
		show: func(is bool) string {
			if is {
				return yes
			}
			return no
		},
	}
}

// onOff also takes what YAML reads as true and false.
func onOff() kind[bool] {
	k := either("on", "off")
	k.allowed, k.schema = "on or off", map[string]any{"enum": []any{"on", "off", true, false}}
	k.read = func(text string) (bool, error) {
		word := strings.ToLower(text)
		on := slices.Contains([]string{"on", "true", "yes"}, word)
		return on, allowedIf(on || slices.Contains([]string{"off", "false", "no"}, word))
	}
	return k
}

// spanForm leaves out what [ParseSpan] takes besides, such as nanoseconds.
var spanForm = regexp.MustCompile(`^(0|([0-9]+(\.[0-9]+)?(d|h|m|s))+)$`)

func span(least, most time.Duration) kind[time.Duration] {
	return kind[time.Duration]{
		allowed: fmt.Sprintf("a length of time from %s to %s, such as 90s, 3m, 72h or 7d", spell(least), spell(most)),
		schema:  map[string]any{"type": "string", "pattern": spanForm.String()},
		mend:    tidySpan,
		read: func(text string) (time.Duration, error) {
			d, err := ParseSpan(text)
			return d, allowedIf(err == nil && d >= least && d <= most && spanForm.MatchString(text))
		},
		show: spell,
	}
}

// clock is a time of day.
var clock = kind[time.Duration]{
	allowed: "a time of day from 00:00 to 23:59, in quotation marks",
	schema:  map[string]any{"type": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$"},
	mend:    tidyClock,
	read: func(text string) (time.Duration, error) {
		at, err := time.Parse("15:04", text)
		return time.Duration(at.Hour())*time.Hour + time.Duration(at.Minute())*time.Minute,
			allowedIf(err == nil && len(text) == len("15:04"))
	},
	show: func(d time.Duration) string { return fmt.Sprintf("%02d:%02d", d/time.Hour, d%time.Hour/time.Minute) },
}

// clockOrNone is a time of day, or none.
var clockOrNone = kind[*time.Duration]{
	allowed: clock.allowed + `, or "" for none`,
	schema:  map[string]any{"type": "string", "pattern": "^$|" + clock.schema["pattern"].(string)}, //nolint:forcetypeassert // it stands above
	sample:  "08:30", mend: tidyClock,
	read: func(text string) (*time.Duration, error) {
		if text == "" {
			return nil, nil
		}
		at, err := clock.read(text)
		return &at, err
	},
	show: func(at *time.Duration) string {
		if at == nil {
			return ""
		}
		return clock.show(*at)
	},
}

// date is the day, in UTC, from which something holds; the zero time is none.
var date = kind[time.Time]{
	allowed: `a date such as 2027-01-31, or "" for none`,
	schema:  map[string]any{"type": "string", "pattern": "^([0-9]{4}-[0-9]{2}-[0-9]{2})?$"},
	sample:  "2027-01-31", mend: tidyDate,
	read: func(text string) (time.Time, error) {
		day, err := time.Parse(time.DateOnly, text)
		return day, allowedIf(err == nil || text == "")
	},
	show: func(day time.Time) string {
		if day.IsZero() {
			return ""
		}
		return day.Format(time.DateOnly)
	},
}

func count(least, most int) kind[int] {
	return kind[int]{
		allowed: fmt.Sprintf("a whole number from %d to %d", least, most),
		schema:  map[string]any{"type": "integer", "minimum": least, "maximum": most},
		mend:    tidyCount,
		read: func(text string) (int, error) {
			n, err := strconv.Atoi(text)
			return n, allowedIf(err == nil && n >= least && n <= most)
		},
		show: strconv.Itoa,
	}
}

const longestText = 1000

// text has several lines, which are shown in one.
var text = kind[string]{
	allowed: fmt.Sprintf("a text of at most %d characters", longestText),
	schema:  map[string]any{"type": "string", "maxLength": longestText},
	free:    true, sample: "Example Shop, 1 Example Street, London",
	read: func(text string) (string, error) {
		if len(text) > longestText {
			return "", fmt.Errorf("it is too long: write a text of at most %d characters", longestText)
		}
		return text, nil
	},
	show: func(text string) string { return strings.ReplaceAll(strings.TrimSpace(text), "\n", " / ") },
}

// line is a text in one line that fits.
func line(allowed string, fits func(string) bool) kind[string] {
	return kind[string]{
		allowed: allowed, schema: text.schema,
		read: func(text string) (string, error) {
			return text, allowedIf(!strings.ContainsFunc(text, unicode.IsControl) && fits(text))
		},
		show: strings.TrimSpace,
	}
}

// optional is a line that fits or is empty.
func optional(allowed string, fits func(string) bool) kind[string] {
	return line(allowed+`, or "" for none`, func(text string) bool { return text == "" || fits(text) })
}

// like is an optional line that matches a pattern.
func like(allowed string, pattern *regexp.Regexp) kind[string] {
	k := optional(allowed, pattern.MatchString)
	k.schema = map[string]any{"type": "string", "pattern": "^$|" + pattern.String()}
	return k
}

// words are words with a space between them that together match a pattern, or none.
func words(allowed string, pattern *regexp.Regexp) kind[[]string] {
	one := like(allowed, pattern)
	return kind[[]string]{
		allowed: one.allowed, schema: one.schema,
		read: func(text string) ([]string, error) {
			_, err := one.read(text)
			return strings.Fields(text), err
		},
		show: func(all []string) string { return strings.Join(all, " ") },
	}
}

// country is one that exists, or none.
func country() kind[string] {
	k := like(countries.says, countries.allowed)
	k.read, k.mend, k.sample = optional(countries.says, countries.valid).read, countries.mend, countries.example
	return k
}

// amount is an exact amount in a currency; it may be 0.
func amount(code string) kind[refund.Money] {
	return kind[refund.Money]{
		allowed: "an amount as in 50.00, without the currency", sample: "50",
		schema: map[string]any{"type": []any{"string", "number"}, "pattern": `^[0-9]+([., '’][0-9]+)*$`, "minimum": 0},
		read:   func(text string) (refund.Money, error) { return refund.ParseLimit(text, code) },
		show:   refund.Money.Written,
	}
}

// reasons are some of a customer's reasons.
func reasons() kind[[]refund.Reason] {
	names := refund.Reasons()
	one := "(" + joined(names, "|") + ")"
	allowed := "some of " + joined(names, ", ") + `, with commas between them, or "" for none`
	return kind[[]refund.Reason]{
		allowed: allowed, schema: map[string]any{"type": "string", "pattern": "^(" + one + "(, *" + one + ")*)?$"},
		read: func(text string) (chosen []refund.Reason, err error) {
			if text == "" {
				return nil, nil
			}
			for word := range strings.SplitSeq(text, ",") {
				reason := refund.Reason(strings.TrimSpace(word))
				if !slices.Contains(names, reason) {
					return nil, fmt.Errorf("%q is not allowed: write %s", reason, allowed)
				}
				chosen = append(chosen, reason)
			}
			return chosen, nil
		},
		show: func(chosen []refund.Reason) string { return joined(chosen, ", ") },
	}
}

func joined[T ~string](names []T, by string) string {
	texts := make([]string, len(names))
	for i, name := range names {
		texts[i] = string(name)
	}
	return strings.Join(texts, by)
}

// ParseSpan reads a length of time such as 90m, 3d or 1d12h; days have 24 hours.
func ParseSpan(s string) (time.Duration, error) {
	days, rest, found := strings.Cut(s, "d")
	if !found {
		return time.ParseDuration(s)
	}
	n, err := strconv.ParseFloat(days, 64)
	more, fault := time.ParseDuration(cmp.Or(rest, "0"))
	return time.Duration(n*float64(day)) + more, errors.Join(err, fault)
}

// spell writes a length of time in its largest whole unit.
func spell(d time.Duration) string {
	for _, unit := range []struct {
		of   time.Duration
		name string
	}{{day, "d"}, {time.Hour, "h"}, {time.Minute, "m"}, {time.Second, "s"}} {
		if d > 0 && d%unit.of == 0 {
			return strconv.FormatInt(int64(d/unit.of), 10) + unit.name
		}
	}
	if d == 0 {
		return "0"
	}
	return d.String()
}
