package policy

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"waybill/parcel"
)

// setting is one thing that a merchant may choose.
type setting struct {
	// path is its name in the file; dots are levels.
	path, about string
	// allowed says what may stand there.
	allowed string
	set     func(*parcel.Policy, string) error
	show    func(parcel.Policy) string
	// schema is its JSON Schema, but for its description and default.
	schema map[string]any

	// named is set if there is one such setting for each name that the merchant
	// gives as its last level; path ends with "*" then.
	named *named
}

// settings are all of them: the one table from which a file is read, checked
// and shown, and from which its schema is made.
func settings() []setting {
	all := []setting{
		choice("mode", "shadow decides and records everything and sends nothing; live sends",
			[]parcel.Mode{parcel.Shadow, parcel.Live}, func(p *parcel.Policy) *parcel.Mode { return &p.Mode }),
	}
	for _, kind := range parcel.MailKinds() {
		all = append(all, mailSwitch(kind))
	}
	return append(all,
		span("stale.progress", "age beyond which a scan causes no mail that only informs", time.Hour, year,
			func(p *parcel.Policy) *time.Duration { return &p.StaleProgress }),
		span("stale.action", "the same for mails that ask the recipient to act", time.Hour, year,
			func(p *parcel.Policy) *time.Duration { return &p.StaleAction }),
		span("delayed_every", "least time between two mails about delays", 0, year,
			func(p *parcel.Policy) *time.Duration { return &p.DelayedEvery }),
		span("hold", "how long a mail waits for newer news that overtakes it; 0 sends at once", 0, 24*time.Hour,
			func(p *parcel.Policy) *time.Duration { return &p.Hold }),
		span("together", "how long a mail about one of several parcels that go together waits, to tell of the others too; 0 sends a mail for each", 0, 24*time.Hour,
			func(p *parcel.Policy) *time.Duration { return &p.Together }),
		span("cap", "least time between two mails about one parcel, but for delivered and attempt failed; 0 is none", 0, 7*24*time.Hour,
			func(p *parcel.Policy) *time.Duration { return &p.Cap }),
		clock("quiet_hours.from", "when the night begins for mails that are not urgent, where the recipient is; the same as quiet_hours.to is no night",
			func(p *parcel.Policy) *time.Duration { return &p.QuietFrom }),
		clock("quiet_hours.to", "when it ends", func(p *parcel.Policy) *time.Duration { return &p.QuietTo }),
		zone("quiet_hours.zone", "time zone of recipients whose country is not known", func(p *parcel.Policy) *string { return &p.QuietZone }),
		choice("language.otherwise", "what recipients are written in whose country has none of these languages",
			parcel.Languages(), func(p *parcel.Policy) *parcel.Language { return &p.Language }),
		eachCountry(choice("language.of.*", "what recipients in a country are written in; most countries have their language",
			parcel.Languages(), func(p *parcel.Policy) *parcel.Language { return &p.Language }),
			func(p *parcel.Policy) *map[string]parcel.Language { return &p.LanguageOf }, func(p *parcel.Policy) *parcel.Language { return &p.Language }),
		count("pickup.reminder_day", "how many days after its arrival at a pick-up point the recipient is reminded of a parcel; 0 is not", 0, 30,
			func(p *parcel.Policy) *int { return &p.PickupReminderDay }),
		clock("pickup.hour", "time of day of reminders, where the recipient is", func(p *parcel.Policy) *time.Duration { return &p.PickupHour }),
		count("pickup.days", "how many days carriers keep a parcel at a pick-up point; the last reminder comes on the day before", 1, 60,
			func(p *parcel.Policy) *int { return &p.PickupDays }),
		eachCarrier(count("pickup.of.*", "the same for one carrier, by Sendcloud's code of it; its mails name the last day", 1, 60,
			func(p *parcel.Policy) *int { return &p.PickupDays }),
			func(p *parcel.Policy) *map[string]int { return &p.PickupDaysOf }, func(p *parcel.Policy) *int { return &p.PickupDays }),
		count("stuck.label", "business days after which somebody should look at a parcel that has a label and was not handed over; 0 is never", 0, 60,
			func(p *parcel.Policy) *int { return &p.StuckLabel }),
		count("stuck.domestic", "business days without a scan after which somebody should look, within one country; 0 is never", 0, 60,
			func(p *parcel.Policy) *int { return &p.StuckDomestic }),
		count("stuck.abroad", "the same for parcels that go abroad", 0, 60, func(p *parcel.Policy) *int { return &p.StuckAbroad }),
		count("stuck.customs", "the same for parcels that are in customs", 0, 60, func(p *parcel.Policy) *int { return &p.StuckCustoms }),
		country("stuck.origin", "country that parcels are sent from where Sendcloud does not say: its business days count; without it every weekday does, and every parcel goes abroad",
			func(p *parcel.Policy) *string { return &p.Origin }),
		span("end.grace", "how long a parcel is followed after it was delivered, returned or cancelled", 0, year,
			func(p *parcel.Policy) *time.Duration { return &p.Grace }),
		span("end.silence", "how long a parcel is followed that nobody scans any more", 24*time.Hour, year,
			func(p *parcel.Policy) *time.Duration { return &p.SilenceLimit }),
		span("sending.patience", "how long a mail that was not sent is tried again", time.Minute, 30*24*time.Hour,
			func(p *parcel.Policy) *time.Duration { return &p.PatienceProgress }),
		span("sending.patience_action", "the same for mails that ask the recipient to act", time.Minute, 30*24*time.Hour,
			func(p *parcel.Policy) *time.Duration { return &p.PatienceAction }),
		span("sending.proof_wait", "how long to wait after a post whose outcome is unknown before posting again", time.Second, 24*time.Hour,
			func(p *parcel.Policy) *time.Duration { return &p.ProofWait }),
		count("sending.unproven", "how many posts of unknown outcome one mail may have before it is parked", 1, 10,
			func(p *parcel.Policy) *int { return &p.MaxUnproven }),
	)
}

const year = 365 * 24 * time.Hour

func choice[T ~string](path, about string, allowed []T, field func(*parcel.Policy) *T) setting {
	names := make([]string, len(allowed))
	for i, a := range allowed {
		names[i] = string(a)
	}
	says := "one of " + strings.Join(names, ", ")
	return setting{
		path: path, about: about, allowed: says, schema: map[string]any{"enum": names},
		set: func(p *parcel.Policy, value string) error {
			if !slices.Contains(names, value) {
				return fmt.Errorf("%q is not allowed: write %s", value, says)
			}
			*field(p) = T(value)
			return nil
		},
		show: func(p parcel.Policy) string { return string(*field(&p)) },
	}
}

// mailSwitch switches one kind of mail on or off.
func mailSwitch(kind parcel.MailKind) setting {
	const says = "on or off"
	return setting{
		path: "mails." + string(kind), about: "whether the recipient gets the mail: " + kind.Words(), allowed: says,
		schema: map[string]any{"enum": []any{"on", "off", true, false}},
		set: func(p *parcel.Policy, value string) error {
			switch strings.ToLower(value) {
			case "on", "true", "yes":
				p.Mails[kind] = true
			case "off", "false", "no":
				delete(p.Mails, kind)
			default:
				return fmt.Errorf("%q is not allowed: write %s", value, says)
			}
			return nil
		},
		show: func(p parcel.Policy) string {
			if p.Mails[kind] {
				return "on"
			}
			return "off"
		},
	}
}

func span(path, about string, least, most time.Duration, field func(*parcel.Policy) *time.Duration) setting {
	says := fmt.Sprintf("a length of time from %s to %s, such as 90s, 3m, 72h or 7d", spell(least), spell(most))
	return setting{
		path: path, about: about, allowed: says, schema: map[string]any{"type": "string", "pattern": `^(0|([0-9]+(\.[0-9]+)?(d|h|m|s))+)$`},
		set: func(p *parcel.Policy, value string) error {
			d, err := parseSpan(value)
			if err != nil || d < least || d > most {
				return fmt.Errorf("%q is not allowed: write %s", value, says)
			}
			*field(p) = d
			return nil
		},
		show: func(p parcel.Policy) string { return spell(*field(&p)) },
	}
}

// clock is a time of day.
func clock(path, about string, field func(*parcel.Policy) *time.Duration) setting {
	const says = "a time of day from 00:00 to 23:59, in quotation marks"
	return setting{
		path: path, about: about, allowed: says, schema: map[string]any{"type": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$"},
		set: func(p *parcel.Policy, value string) error {
			at, err := time.Parse("15:04", value)
			if err != nil || len(value) != len("15:04") {
				return fmt.Errorf("%q is not allowed: write %s", value, says)
			}
			*field(p) = time.Duration(at.Hour())*time.Hour + time.Duration(at.Minute())*time.Minute
			return nil
		},
		show: func(p parcel.Policy) string {
			d := *field(&p)
			return fmt.Sprintf("%02d:%02d", d/time.Hour, d%time.Hour/time.Minute)
		},
	}
}

// zone is a time zone by its name.
func zone(path, about string, field func(*parcel.Policy) *string) setting {
	const says = "a time zone such as Europe/Amsterdam"
	return setting{
		path: path, about: about, allowed: says, schema: map[string]any{"type": "string"},
		set: func(p *parcel.Policy, value string) error {
			if !parcel.ValidZone(value) {
				return fmt.Errorf("%q is not allowed: write %s", value, says)
			}
			*field(p) = value
			return nil
		},
		show: func(p parcel.Policy) string { return *field(&p) },
	}
}

func count(path, about string, least, most int, field func(*parcel.Policy) *int) setting {
	says := fmt.Sprintf("a whole number from %d to %d", least, most)
	return setting{
		path: path, about: about, allowed: says, schema: map[string]any{"type": "integer", "minimum": least, "maximum": most},
		set: func(p *parcel.Policy, value string) error {
			n, err := strconv.Atoi(value)
			if err != nil || n < least || n > most {
				return fmt.Errorf("%q is not allowed: write %s", value, says)
			}
			*field(p) = n
			return nil
		},
		show: func(p parcel.Policy) string { return strconv.Itoa(*field(&p)) },
	}
}

// country is a country by its code, or nothing.
func country(path, about string, field func(*parcel.Policy) *string) setting {
	const says = saysCountry + `, or "" for none`
	return setting{
		path: path, about: about, allowed: says, schema: map[string]any{"type": "string", "pattern": "^([A-Z]{2})?$"},
		set: func(p *parcel.Policy, value string) error {
			if value != "" && !countryCode.MatchString(value) {
				return fmt.Errorf("%q is not allowed: write %s", value, says)
			}
			*field(p) = value
			return nil
		},
		show: func(p parcel.Policy) string { return *field(&p) },
	}
}

// parseSpan reads a length of time; days have 24 hours.
func parseSpan(s string) (time.Duration, error) {
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
