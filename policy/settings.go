package policy

import (
	"net/mail"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"

	"waybill/parcel"
	"waybill/refund"
)

// setting is one thing that a merchant may choose, in one Policy.
type setting struct {
	// path is its name in the file; dots are levels.
	path, about string
	// allowed says what may stand there, and sample is such a value.
	allowed, sample string
	set             func(string) error
	show            func() string
	// check says why a text may not stand there.
	check func(string) error
	// mend is a wrong text as it was probably meant; nil or empty if that is not known.
	mend func(string) string
	// free is set if any text may stand there.
	free bool
	// private is set if faults must not quote what stands there.
	private bool
	// schema is its JSON Schema, but for its description and default.
	schema map[string]any

	// named is set if a level of path is "*": there is one such setting for each name.
	named *named
}

const (
	day  = 24 * time.Hour
	year = 365 * day
)

// settings are all of a Policy's: the one table from which a file is read, checked
// and shown, and from which its schema is made.
func settings(p *Policy) []setting {
	all := []setting{
		item("mode", oneOf(parcel.Shadow, parcel.Live), &p.Mode,
			"shadow decides and records everything and sends nothing; live sends"),
	}
	for _, letter := range parcel.MailKinds() {
		on := new(bool)
		one := item("mails."+string(letter), onOff(), on, "whether the recipient gets the mail: "+letter.Words())
		all = append(all, one.around(
			func() { *on = p.Mails[letter] },
			func() {
				if delete(p.Mails, letter); *on {
					p.Mails[letter] = true
				}
			}))
	}
	return slices.Concat(all, shopSettings(&p.Shop), timeSettings(p), placeSettings(p), sendingSettings(p),
		refundSettings(&p.Refunds, &p.DigestAt), peopleSettings(p))
}

// shopSettings are how mails look.
func shopSettings(s *Shop) []setting {
	https := optional("an address that begins with https://", isHTTPS)
	https.sample, https.mend = "https://shop.example", secureAddress
	colour := regexp.MustCompile(`^#[0-9a-fA-F]{6}$`)
	return []setting{
		item("shop.name", free(optional("a name in one line", func(s string) bool { return len(s) <= 100 })), &s.Name,
			"the shop's name in mails; the one at Sendcloud if empty"),
		item("shop.url", https, &s.URL, "the address that the shop's name links to; the one at Sendcloud if empty"),
		item("shop.colour", mending(like(`a colour such as "#1f4fbf", in quotation marks`, colour), sixDigits), &s.Colour,
			"the colour of buttons"),
		item("shop.logo", https, &s.Logo, "a picture in place of the shop's name, 40 pixels high"),
		item("shop.reply_to", private(optional(anAddress("help@shop.example"), isAddress)), &s.ReplyTo,
			"where replies to mails go; to the sender if empty"),
		item("shop.footer", text, &s.Footer, "text at the end of each mail, such as the shop's address"),
	}
}

func isHTTPS(s string) bool {
	u, err := url.Parse(s)
	return err == nil && u.Scheme == "https" && u.Host != "" && len(s) <= 500
}

// anAddress is what a setting of a mail address allows.
func anAddress(example string) string {
	return "a mail address alone, with no accents before the @, such as " + example
}

// isAddress reports whether a text is a mail address alone, which SendGrid takes.
func isAddress(s string) bool {
	a, err := mail.ParseAddress(s)
	local, _, _ := strings.Cut(s, "@")
	return err == nil && a.Name == "" && a.Address == s && len(s) <= 254 &&
		!strings.ContainsFunc(local, func(r rune) bool { return r > unicode.MaxASCII })
}

// timeSettings are what is too old to be told, and what a mail waits for.
func timeSettings(p *Policy) []setting {
	return []setting{
		item("stale.progress", span(time.Hour, year), &p.StaleProgress,
			"how old a scan may be for a mail that only informs"),
		item("stale.action", span(time.Hour, year), &p.StaleAction, "the same for mails that ask the recipient to act"),
		item("delayed_every", span(0, year), &p.DelayedEvery, "the shortest time between two mails about delays"),
		item("hold", span(0, day), &p.Hold, "how long a mail waits, so that newer news can replace it; 0 sends at once"),
		item("together", span(0, day), &p.Together,
			"how long a mail about one of several parcels that go together waits, so that it can cover the others; 0 sends a mail for each"),
		item("cap", span(0, 7*day), &p.Cap,
			"the shortest time between two mails about one parcel, except for delivered and mails that ask the recipient to act; 0 sets no limit"),
		item("quiet_hours.from", clock, &p.QuietFrom,
			"when the night begins for mails that are not urgent, in the recipient's time zone; if it equals quiet_hours.to, there is no night"),
		item("quiet_hours.to", clock, &p.QuietTo, "when the night ends"),
		item("quiet_hours.zone", line("a time zone such as Europe/Amsterdam", parcel.ValidZone), &p.QuietZone,
			"time zone of recipients whose country is not known"),
	}
}

// placeSettings are which language is written and what recipients are reminded of,
// by country or carrier, and when somebody should look.
func placeSettings(p *Policy) []setting {
	language := oneOf(parcel.Languages()...)
	return []setting{
		item("language.otherwise", language, &p.Language,
			"the language of recipients whose country has none of these languages"),
		each(countries, &p.LanguageOf, func(_ string, of *parcel.Language) setting {
			return item("language.of.*", language, of,
				"the language of recipients in a country; most countries have their own by default")
		}),
		item("pickup.reminder_day", count(0, 30), &p.PickupReminderDay,
			"how many days after a parcel's arrival at a pick-up point its recipient is reminded; 0 sends no reminder"),
		item("pickup.hour", clock, &p.PickupHour, "time of day of reminders, in the recipient's time zone"),
		item("pickup.days", count(1, 60), &p.PickupDays,
			"how many days carriers keep a parcel at a pick-up point; the last reminder comes on the day before"),
		each(carriers, &p.PickupDaysOf, func(_ string, days *int) setting {
			return item("pickup.of.*", count(1, 60), days,
				"the same for one carrier, by its code at Sendcloud; its mails name the last day")
		}),
		item("stuck.label", count(0, 60), &p.StuckLabel,
			"business days after which a parcel needs attention that has a label and was not handed over; 0 is never"),
		item("stuck.domestic", count(0, 60), &p.StuckDomestic,
			"business days without a scan after which a parcel within one country needs attention; 0 is never"),
		item("stuck.abroad", count(0, 60), &p.StuckAbroad, "the same for parcels that go abroad"),
		item("stuck.customs", count(0, 60), &p.StuckCustoms, "the same for parcels that are in customs"),
		item("stuck.origin", country(), &p.Origin,
			"the country that parcels are sent from if Sendcloud does not say: its business days count; without it every weekday counts, and every parcel counts as going abroad"),
		item("operations.mail", private(optional(anAddress("ops@shop.example"), isAddress)), &p.Operations,
			"who gets a mail when an integration needs attention"),
		item("operations.language", language, &p.OperationsLanguage, "the language of mails to operations"),
		item("operations.parcels", onOff(), &p.TellParcels,
			"whether operations also get a mail when parcels need attention: one for each reason, and at most one an hour while there are more of them"),
		item("search", either("keyed", "clear"), &p.SearchKeyed,
			"how order and tracking numbers are listed in Temporal, where everyone who may list workflows sees them: clear, or keyed for a digest that only Waybill can look up (WAYBILL_SEARCH_KEYS)"),
	}
}

// sendingSettings are how long a parcel is followed and a mail is tried.
func sendingSettings(p *Policy) []setting {
	return []setting{
		item("end.grace", span(0, year), &p.Grace,
			"how long a parcel is followed after it was delivered, returned or cancelled"),
		item("end.silence", span(day, year), &p.SilenceLimit, "how long a parcel is followed without a scan"),
		item("sending.patience", span(time.Minute, 30*day), &p.PatienceProgress,
			"how long a mail that was not sent is tried again"),
		item("sending.patience_action", span(time.Minute, 30*day), &p.PatienceAction,
			"the same for mails that ask the recipient to act"),
		item("sending.proof_wait", span(time.Second, day), &p.ProofWait,
			"how long to wait after a post whose outcome is unknown before posting again"),
		item("sending.unproven", count(1, 10), &p.MaxUnproven,
			"how many posts of unknown outcome one mail may have before it is parked"),
	}
}

// refundSettings are who has to approve which refund, and when people are asked.
func refundSettings(r *refund.Policy, digestAt *time.Duration) []setting {
	limit := func(path string, of func(*refund.Limits) *refund.Money, about string) setting {
		return each(currencies, &r.Limits, func(code string, limits *refund.Limits) setting {
			return item(path, amount(code), of(limits), about)
		})
	}
	return []setting{
		item("refunds.mode", either("shadow", "live"), &r.Shadow,
			"shadow decides about each refund and records what would have been done, but asks, notifies and pays nobody; live does it"),
		limit("refunds.auto.*", func(l *refund.Limits) *refund.Money { return &l.Auto },
			"the largest amount that is approved automatically, by currency, if nothing else speaks against it; EUR 50.00 if left out; 0 approves none automatically"),
		limit("refunds.one_approver.*", func(l *refund.Limits) *refund.Money { return &l.One },
			"the most that one person may approve alone, by currency; EUR 250.00 if left out, and in other currencies as much as refunds.auto; above it, and in a currency that has neither, two people decide"),
		item("refunds.auto_reasons", reasons(), &r.Reasons,
			"the customer's reasons for which a refund may be approved automatically"),
		item("refunds.order_age", span(day, year), &r.OrderAge, "how old an order may be for automatic approval"),
		item("refunds.customer_refunds", count(0, 100), &r.CustomerRefunds,
			"how many refunds a customer may have had in refunds.customer_span for automatic approval of the next"),
		item("refunds.customer_span", span(day, year), &r.CustomerSpan, "for how long a customer's refunds count"),
		item("refunds.shop_daily", count(0, 100000), &r.ShopDaily,
			"how many refunds may be approved automatically in 24 hours; 0 approves none automatically"),
		item("refunds.auto_panel_unknown", onOff(), &r.AutoPanelUnknown,
			"whether refunds may be approved automatically although Sendcloud does not tell if the return was refunded in its panel; a customer can then be paid twice"),
		item("refunds.unproven_orders", onOff(), &r.UnprovenOrders,
			"whether orders that come through Temporal decide refunds, although they do not prove who gives them; if off, they can only add a note, ask the customer or reassign"),
		item("refunds.goods_first", onOff(), &r.GoodsFirst, "whether an approved refund waits for the goods"),
		item("refunds.goods_wait", span(time.Minute, year), &r.GoodsWait,
			"after how long without the goods operations are notified"),
		item("refunds.remind_after", span(time.Minute, 30*day), &r.RemindAfter,
			"how long after the request approvers are reminded"),
		item("refunds.remind_again", span(time.Minute, 30*day), &r.RemindAgain,
			"how long after the request approvers are reminded again"),
		item("refunds.escalate_after", span(time.Minute, 30*day), &r.EscalateAfter,
			"how long after the request managers are asked instead; after that, their daily digests list it"),
		item("refunds.remind_at", clock, digestAt,
			"the time of day of daily digests: one mail that lists all refunds which were escalated and wait for its reader; nobody is mailed if there are none"),
		item("refunds.on_timeout", either("approve_below_threshold", "escalate"), &r.ApproveBelow,
			"what happens after refunds.escalate_after: escalate asks managers, approve_below_threshold approves what is within refunds.auto and asks managers about the rest; a time-out never rejects a refund"),
		item("refunds.undo", span(0, time.Hour), &r.Undo,
			"how long a person can undo their approval; the amount is reserved and paid only after that; 0 reserves it at once"),
		item("refunds.info_wait", span(time.Minute, 90*day), &r.InfoWait,
			"how long a question to the customer waits for an answer before approvers decide without one"),
		item("refunds.pay_patience", span(time.Minute, 30*day), &r.Patience.Pay,
			"how long the shop's endpoint is asked to pay before operations are notified"),
	}
}

// peopleSettings are who works on parcels and decides about refunds.
func peopleSettings(p *Policy) []setting {
	all := personSettings(new(Person))
	for i := range all {
		all[i] = each(personNames, &p.People, func(_ string, somebody *Person) setting { return personSettings(somebody)[i] })
	}
	return all
}

func personSettings(p *Person) []setting {
	return []setting{
		item(peoplePath+"*.email", private(sampled(line(anAddress("anna@shop.example"), isAddress), "anna@shop.example")), &p.Email,
			"the address of a person"),
		item(peoplePath+"*.role", oneOf(Support, refund.Approver, refund.Manager, Inspector), &p.Role,
			"support works on parcels and sees no refunds; approver decides refunds too; manager is also asked when a decision is late, and may take back an approval; inspector reads what Temporal stores in Temporal's UI, and does not sign in here"),
		each(currencies, &p.Limits, func(code string, most *refund.Money) setting {
			return item(peoplePath+"*.limit.*", amount(code), most,
				"the most that they may approve, by currency, and nothing in any other currency; without any limit they may approve any amount")
		}),
		item(peoplePath+"*.language", oneOrNone(parcel.Languages()...), &p.Language,
			"the language of mails to them and of their pages; if left out, mails are in that of operations, and pages in that of the browser"),
		item(peoplePath+"*.time_zone", optional("a time zone such as Europe/Amsterdam", parcel.ValidZone), &p.TimeZone,
			"the time zone of their pages and mails; if left out, that of the country in stuck.origin, or else UTC"),
		item(peoplePath+"*.digest", clockOrNone, &p.DigestAt,
			"the time of day at which one mail lists all refunds that wait for them, in place of a mail for each refund; without one they get a mail for each"),
		item(peoplePath+"*.token_sha256", private(words("64 hexadecimal digits, in lower case, or two such with a space between them", tokenHashes)), &p.TokenSHA256,
			"the SHA-256 of their API token; the token itself never stands in the file. While programs change to a new token, that of the new one and, after a space, that of the old one"),
		item(peoplePath+"*.token_expires", date, &p.TokenExpires,
			"the day, in UTC, on which that token expires; without one it never expires"),
		item(peoplePath+"*.token_read_only", onOff(), &p.TokenReadOnly, "on has that token look at everything that they may see, and give no orders"),
	}
}
