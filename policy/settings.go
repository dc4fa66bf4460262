package policy

import (
	"fmt"
	"net/mail"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"waybill/parcel"
)

// setting is one thing that a merchant may choose.
type setting struct {
	// path is its name in the file; dots are levels.
	path, about string
	// allowed says what may stand there.
	allowed string
	set     func(*Policy, string) error
	show    func(Policy) string
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
			[]parcel.Mode{parcel.Shadow, parcel.Live}, func(p *Policy) *parcel.Mode { return &p.Mode }),
	}
	for _, kind := range parcel.MailKinds() {
		all = append(all, mailSwitch(kind))
	}
	all = append(all, shopSettings()...)
	return append(all,
		span("stale.progress", "age beyond which a scan causes no mail that only informs", time.Hour, year,
			func(p *Policy) *time.Duration { return &p.StaleProgress }),
		span("stale.action", "the same for mails that ask the recipient to act", time.Hour, year,
			func(p *Policy) *time.Duration { return &p.StaleAction }),
		span("delayed_every", "least time between two mails about delays", 0, year,
			func(p *Policy) *time.Duration { return &p.DelayedEvery }),
		span("hold", "how long a mail waits for newer news that overtakes it; 0 sends at once", 0, 24*time.Hour,
			func(p *Policy) *time.Duration { return &p.Hold }),
		span("together", "how long a mail about one of several parcels that go together waits, to tell of the others too; 0 sends a mail for each", 0, 24*time.Hour,
			func(p *Policy) *time.Duration { return &p.Together }),
		span("cap", "least time between two mails about one parcel, but for delivered and attempt failed; 0 is none", 0, 7*24*time.Hour,
			func(p *Policy) *time.Duration { return &p.Cap }),
		clock("quiet_hours.from", "when the night begins for mails that are not urgent, where the recipient is; the same as quiet_hours.to is no night",
			func(p *Policy) *time.Duration { return &p.QuietFrom }),
		clock("quiet_hours.to", "when it ends", func(p *Policy) *time.Duration { return &p.QuietTo }),
		zone("quiet_hours.zone", "time zone of recipients whose country is not known", func(p *Policy) *string { return &p.QuietZone }),
		choice("language.otherwise", "what recipients are written in whose country has none of these languages",
			parcel.Languages(), func(p *Policy) *parcel.Language { return &p.Language }),
		eachCountry(choice("language.of.*", "what recipients in a country are written in; most countries have their language",
			parcel.Languages(), func(p *Policy) *parcel.Language { return &p.Language }),
			func(p *Policy) *map[string]parcel.Language { return &p.LanguageOf }, func(p *Policy) *parcel.Language { return &p.Language }),
		count("pickup.reminder_day", "how many days after its arrival at a pick-up point the recipient is reminded of a parcel; 0 is not", 0, 30,
			func(p *Policy) *int { return &p.PickupReminderDay }),
		clock("pickup.hour", "time of day of reminders, where the recipient is", func(p *Policy) *time.Duration { return &p.PickupHour }),
		count("pickup.days", "how many days carriers keep a parcel at a pick-up point; the last reminder comes on the day before", 1, 60,
			func(p *Policy) *int { return &p.PickupDays }),
		eachCarrier(count("pickup.of.*", "the same for one carrier, by Sendcloud's code of it; its mails name the last day", 1, 60,
			func(p *Policy) *int { return &p.PickupDays }),
			func(p *Policy) *map[string]int { return &p.PickupDaysOf }, func(p *Policy) *int { return &p.PickupDays }),
		count("stuck.label", "business days after which somebody should look at a parcel that has a label and was not handed over; 0 is never", 0, 60,
			func(p *Policy) *int { return &p.StuckLabel }),
		count("stuck.domestic", "business days without a scan after which somebody should look, within one country; 0 is never", 0, 60,
			func(p *Policy) *int { return &p.StuckDomestic }),
		count("stuck.abroad", "the same for parcels that go abroad", 0, 60, func(p *Policy) *int { return &p.StuckAbroad }),
		count("stuck.customs", "the same for parcels that are in customs", 0, 60, func(p *Policy) *int { return &p.StuckCustoms }),
		country("stuck.origin", "country that parcels are sent from where Sendcloud does not say: its business days count; without it every weekday does, and every parcel goes abroad",
			func(p *Policy) *string { return &p.Origin }),
		line("operations.mail", "who is told by mail when somebody should look at an integration", "a mail address alone, such as ops@shop.example", isAddress,
			func(p *Policy) *string { return &p.Operations }),
		choice("operations.language", "what operations are written in", parcel.Languages(), func(p *Policy) *parcel.Language { return &p.OperationsLanguage }),
		onOff("operations.parcels", "whether they are also told of each parcel that raises attention", func(p *Policy) bool { return p.TellAttention }, func(p *Policy, on bool) { p.TellAttention = on }),
		span("end.grace", "how long a parcel is followed after it was delivered, returned or cancelled", 0, year,
			func(p *Policy) *time.Duration { return &p.Grace }),
		span("end.silence", "how long a parcel is followed that nobody scans any more", 24*time.Hour, year,
			func(p *Policy) *time.Duration { return &p.SilenceLimit }),
		span("sending.patience", "how long a mail that was not sent is tried again", time.Minute, 30*24*time.Hour,
			func(p *Policy) *time.Duration { return &p.PatienceProgress }),
		span("sending.patience_action", "the same for mails that ask the recipient to act", time.Minute, 30*24*time.Hour,
			func(p *Policy) *time.Duration { return &p.PatienceAction }),
		span("sending.proof_wait", "how long to wait after a post whose outcome is unknown before posting again", time.Second, 24*time.Hour,
			func(p *Policy) *time.Duration { return &p.ProofWait }),
		count("sending.unproven", "how many posts of unknown outcome one mail may have before it is parked", 1, 10,
			func(p *Policy) *int { return &p.MaxUnproven }),
	)
}

// shopSettings are how mails look.
func shopSettings() []setting {
	return []setting{
		line("shop.name", "what the shop is called in mails; what Sendcloud calls it if empty", "a name in one line", func(s string) bool { return len(s) <= 100 },
			func(p *Policy) *string { return &p.Shop.Name }),
		line("shop.url", "where the shop's name leads to; what Sendcloud tells if empty", "an address that begins with https://", isHTTPS,
			func(p *Policy) *string { return &p.Shop.URL }),
		line("shop.colour", "the colour of buttons", `a colour such as "#1f4fbf", in quotation marks`, regexp.MustCompile(`^#[0-9a-fA-F]{6}$`).MatchString,
			func(p *Policy) *string { return &p.Shop.Colour }),
		line("shop.logo", "a picture that stands for the shop's name, 40 pixels high", "an address that begins with https://", isHTTPS,
			func(p *Policy) *string { return &p.Shop.Logo }),
		line("shop.reply_to", "where answers to mails go; to the sender if empty", "a mail address alone, such as help@shop.example", isAddress,
			func(p *Policy) *string { return &p.Shop.ReplyTo }),
		text("shop.footer", "what stands at the end of each mail, such as the shop's address", func(p *Policy) *string { return &p.Shop.Footer }),
	}
}

func isHTTPS(s string) bool {
	u, err := url.Parse(s)
	return err == nil && u.Scheme == "https" && u.Host != "" && len(s) <= 500
}

func isAddress(s string) bool {
	a, err := mail.ParseAddress(s)
	return err == nil && a.Name == "" && a.Address == s && len(s) <= 254
}

const year = 365 * 24 * time.Hour

func choice[T ~string](path, about string, allowed []T, field func(*Policy) *T) setting {
	names := make([]string, len(allowed))
	for i, a := range allowed {
		names[i] = string(a)
	}
	says := "one of " + strings.Join(names, ", ")
	return setting{
		path: path, about: about, allowed: says, schema: map[string]any{"enum": names},
		set: func(p *Policy, value string) error {
			if !slices.Contains(names, value) {
				return fmt.Errorf("%q is not allowed: write %s", value, says)
			}
			*field(p) = T(value)
			return nil
		},
		show: func(p Policy) string { return string(*field(&p)) },
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
			d, err := parseSpan(value)
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

// line is a text in one line, or nothing.
func line(path, about, says string, fits func(string) bool, field func(*Policy) *string) setting {
	s := text(path, about, field)
	s.allowed = says + `, or "" for none`
	set := s.set
	s.set = func(p *Policy, value string) error {
		if value != "" && (strings.ContainsFunc(value, unicode.IsControl) || !fits(value)) {
			return fmt.Errorf("%q is not allowed: write %s", value, s.allowed)
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
