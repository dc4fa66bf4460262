package policy

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"waybill/parcel"
)

// These make the settings of each kind: what may stand there, and how it is
// read and shown.

func choice[T ~string](path, about string, allowed []T, field func(*Policy) *T) setting {
	names := make([]string, len(allowed))
	for i, a := range allowed {
		names[i] = string(a)
	}
	return pick(path, about, names, func(p *Policy) string { return string(*field(p)) }, func(p *Policy, name string) { *field(p) = T(name) })
}

// either is one of two names: is stands for what field is true for.
func either(path, about, is, isNot string, field func(*Policy) *bool) setting {
	return pick(path, about, []string{is, isNot},
		func(p *Policy) string {
			if *field(p) {
				return is
			}
			return isNot
		},
		func(p *Policy, name string) { *field(p) = name == is })
}

// pick is one of some names.
func pick(path, about string, names []string, get func(*Policy) string, set func(*Policy, string)) setting {
	says := "one of " + strings.Join(names, ", ")
	return setting{
		path: path, about: about, allowed: says, schema: map[string]any{"enum": names},
		set: func(p *Policy, value string) error {
			if !slices.Contains(names, value) {
				return fmt.Errorf("%q is not allowed: write %s", value, says)
			}
			set(p, value)
			return nil
		},
		show: func(p Policy) string { return get(&p) },
	}
}

// mailSwitch switches one kind of mail on or off.
func mailSwitch(kind parcel.MailKind) setting {
	return onOff("mails."+string(kind), "whether the recipient gets the mail: "+kind.Words(),
		func(p *Policy) bool { return p.Mails[kind] },
		func(p *Policy, on bool) {
			if delete(p.Mails, kind); on {
				p.Mails[kind] = true
			}
		})
}

// onOff is something that is or is not.
func onOff(path, about string, is func(*Policy) bool, set func(*Policy, bool)) setting {
	const says = "on or off"
	return setting{
		path: path, about: about, allowed: says, schema: map[string]any{"enum": []any{"on", "off", true, false}},
		set: func(p *Policy, value string) error {
			switch strings.ToLower(value) {
			case "on", "true", "yes":
				set(p, true)
			case "off", "false", "no":
				set(p, false)
			default:
				return fmt.Errorf("%q is not allowed: write %s", value, says)
			}
			return nil
		},
		show: func(p Policy) string {
			if is(&p) {
				return "on"
			}
			return "off"
		},
	}
}

func span(path, about string, least, most time.Duration, field func(*Policy) *time.Duration) setting {
	says := fmt.Sprintf("a length of time from %s to %s, such as 90s, 3m, 72h or 7d", spell(least), spell(most))
	return setting{
		path: path, about: about, allowed: says, schema: map[string]any{"type": "string", "pattern": `^(0|([0-9]+(\.[0-9]+)?(d|h|m|s))+)$`},
		set: func(p *Policy, value string) error {
			d, err := ParseSpan(value)
			if err != nil || d < least || d > most {
				return fmt.Errorf("%q is not allowed: write %s", value, says)
			}
			*field(p) = d
			return nil
		},
		show: func(p Policy) string { return spell(*field(&p)) },
	}
}

// clock is a time of day.
func clock(path, about string, field func(*Policy) *time.Duration) setting {
	const says = "a time of day from 00:00 to 23:59, in quotation marks"
	return setting{
		path: path, about: about, allowed: says, schema: map[string]any{"type": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$"},
		set: func(p *Policy, value string) error {
			at, err := time.Parse("15:04", value)
			if err != nil || len(value) != len("15:04") {
				return fmt.Errorf("%q is not allowed: write %s", value, says)
			}
			*field(p) = time.Duration(at.Hour())*time.Hour + time.Duration(at.Minute())*time.Minute
			return nil
		},
		show: func(p Policy) string {
			d := *field(&p)
			return fmt.Sprintf("%02d:%02d", d/time.Hour, d%time.Hour/time.Minute)
		},
	}
}

// zone is a time zone by its name.
func zone(path, about string, field func(*Policy) *string) setting {
	const says = "a time zone such as Europe/Amsterdam"
	return setting{
		path: path, about: about, allowed: says, schema: map[string]any{"type": "string"},
		set: func(p *Policy, value string) error {
			if !parcel.ValidZone(value) {
				return fmt.Errorf("%q is not allowed: write %s", value, says)
			}
			*field(p) = value
			return nil
		},
		show: func(p Policy) string { return *field(&p) },
	}
}

// date is a day, from whose beginning in UTC on something holds, or none.
func date(path, about string, field func(*Policy) *time.Time) setting {
	const says = `a date such as 2027-01-31, or "" for none`
	return setting{
		path: path, about: about, allowed: says, schema: map[string]any{"type": "string", "pattern": "^([0-9]{4}-[0-9]{2}-[0-9]{2})?$"},
		set: func(p *Policy, value string) error {
			at, err := time.Parse(time.DateOnly, value)
			if err != nil && value != "" {
				return fmt.Errorf("%q is not allowed: write %s", value, says)
			}
			*field(p) = at
			return nil
		},
		show: func(p Policy) string {
			if field(&p).IsZero() {
				return ""
			}
			return field(&p).Format(time.DateOnly)
		},
	}
}

// line is a text in one line, or nothing.
func line(path, about, says string, fits func(string) bool, field func(*Policy) *string) setting {
	return fullLine(path, about, says+`, or "" for none`, func(s string) bool { return s == "" || fits(s) }, field)
}

// fullLine is a text in one line.
func fullLine(path, about, says string, fits func(string) bool, field func(*Policy) *string) setting {
	s := text(path, about, field)
	s.allowed = says
	set := s.set
	s.set = func(p *Policy, value string) error {
		if strings.ContainsFunc(value, unicode.IsControl) || !fits(value) {
			return fmt.Errorf("%q is not allowed: write %s", value, says)
		}
		return set(p, value)
	}
	return s
}

// text is a text of some lines.
func text(path, about string, field func(*Policy) *string) setting {
	const most = 1000
	says := fmt.Sprintf("a text of at most %d characters", most)
	return setting{
		path: path, about: about, allowed: says, schema: map[string]any{"type": "string", "maxLength": most},
		set: func(p *Policy, value string) error {
			if len(value) > most {
				return fmt.Errorf("it is too long: write %s", says)
			}
			*field(p) = value
			return nil
		},
		show: func(p Policy) string { return strings.ReplaceAll(strings.TrimSpace(*field(&p)), "\n", " / ") },
	}
}

func count(path, about string, least, most int, field func(*Policy) *int) setting {
	says := fmt.Sprintf("a whole number from %d to %d", least, most)
	return setting{
		path: path, about: about, allowed: says, schema: map[string]any{"type": "integer", "minimum": least, "maximum": most},
		set: func(p *Policy, value string) error {
			n, err := strconv.Atoi(value)
			if err != nil || n < least || n > most {
				return fmt.Errorf("%q is not allowed: write %s", value, says)
			}
			*field(p) = n
			return nil
		},
		show: func(p Policy) string { return strconv.Itoa(*field(&p)) },
	}
}

// country is a country by its code, or nothing.
func country(path, about string, field func(*Policy) *string) setting {
	const says = saysCountry + `, or "" for none`
	return setting{
		path: path, about: about, allowed: says, schema: map[string]any{"type": "string", "pattern": "^([A-Z]{2})?$"},
		set: func(p *Policy, value string) error {
			if value != "" && !countryCode.MatchString(value) {
				return fmt.Errorf("%q is not allowed: write %s", value, says)
			}
			*field(p) = value
			return nil
		},
		show: func(p Policy) string { return *field(&p) },
	}
}

// ParseSpan reads a length of time such as 90m, 3d or 1d12h; days have 24 hours.
func ParseSpan(s string) (time.Duration, error) {
	days, rest, found := strings.Cut(s, "d")
	if !found {
		return time.ParseDuration(s)
	}
	n, err := strconv.ParseFloat(days, 64)
	if err != nil {
		return 0, fmt.Errorf("%q is no number of days", days)
	}
	d := time.Duration(n * float64(24*time.Hour))
	if rest == "" {
		return d, nil
	}
	more, err := time.ParseDuration(rest)
	return d + more, err
}

// spell writes a length of time in its largest whole unit.
func spell(d time.Duration) string {
	for _, unit := range []struct {
		of   time.Duration
		name string
	}{{24 * time.Hour, "d"}, {time.Hour, "h"}, {time.Minute, "m"}, {time.Second, "s"}} {
		if d > 0 && d%unit.of == 0 {
			return strconv.FormatInt(int64(d/unit.of), 10) + unit.name
		}
	}
	if d == 0 {
		return "0"
	}
	return d.String()
}
