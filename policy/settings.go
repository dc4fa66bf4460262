package policy

import (
	"net/mail"
	"net/url"
	"regexp"
	"slices"
	"time"

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

	// named is set if a level of path is "*": there is one such setting for each
	// name that the merchant gives there.
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
	return slices.Concat(all, shopSettings(), timeSettings(), placeSettings(), sendingSettings(), refundSettings(), peopleSettings())
}

// timeSettings are what is too old to be told, and what a mail waits for.
func timeSettings() []setting {
	return []setting{
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
		span("cap", "least time between two mails about one parcel, but for delivered, attempt failed and the last reminder to collect; 0 is none", 0, 7*24*time.Hour,
			func(p *Policy) *time.Duration { return &p.Cap }),
		clock("quiet_hours.from", "when the night begins for mails that are not urgent, where the recipient is; the same as quiet_hours.to is no night",
			func(p *Policy) *time.Duration { return &p.QuietFrom }),
		clock("quiet_hours.to", "when it ends", func(p *Policy) *time.Duration { return &p.QuietTo }),
		zone("quiet_hours.zone", "time zone of recipients whose country is not known", func(p *Policy) *string { return &p.QuietZone }),
	}
}

// placeSettings are who is written in which language and reminded of what, and
// when somebody should look.
func placeSettings() []setting {
	return []setting{
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
	}
}

// sendingSettings are how long a parcel is followed and a mail is tried.
func sendingSettings() []setting {
	return []setting{
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
	}
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
