package parcel

import (
	"maps"
	"time"

	"waybill/delivery"
	"waybill/search"
)

// Policy is what the merchant may choose. A zero Policy sends nothing.
type Policy struct {
	// Version names the policy in its decisions.
	Version string
	// Mode is Live; anything else is treated as Shadow.
	Mode Mode
	// Mails are the kinds that are sent.
	Mails map[MailKind]bool

	// StaleProgress is the age beyond which a scan causes no mail that only informs,
	// StaleAction none that asks the recipient to act.
	StaleProgress, StaleAction time.Duration
	// DelayedEvery is the least time between two mails about delays.
	DelayedEvery time.Duration

	// Hold is how long a mail waits for newer news that overtakes it; 0 sends at once.
	Hold time.Duration
	// Together is how long a mail waits for those of parcels that go with it; 0 sends a
	// mail for each.
	Together time.Duration
	// Cap is the least time between two mails about one parcel that can wait; 0 is none.
	Cap time.Duration
	// QuietFrom and QuietTo are when the night begins and ends for mails that are not
	// urgent, as times of day where the recipient is; equal is none.
	QuietFrom, QuietTo time.Duration
	// QuietZone is the time zone of recipients whose country is not known.
	QuietZone string

	// Language is for countries that read none of ours; LanguageOf overrides those of others.
	Language   Language
	LanguageOf map[string]Language

	// PickupReminderDay is how many days after a parcel's arrival its recipient is reminded
	// to collect it; 0 is never. PickupHour is the time of day, where the recipient is.
	PickupReminderDay int
	PickupHour        time.Duration
	// PickupDays is for how many days carriers keep a parcel; PickupDaysOf says it of those
	// that are known, by Sendcloud's code.
	PickupDays   int
	PickupDaysOf map[string]int

	// StuckLabel, StuckDomestic, StuckAbroad and StuckCustoms are the business days without
	// a scan after which a person should look at a parcel; 0 is never. Origin is the country
	// whose days count where a report names none.
	StuckLabel, StuckDomestic, StuckAbroad, StuckCustoms int
	Origin                                               string

	// Grace is how long a parcel is kept after a terminal phase, and SilenceLimit one that
	// is not scanned any more.
	Grace, SilenceLimit time.Duration

	// PatienceProgress and PatienceAction are how long mails are tried, and ProofWait and
	// MaxUnproven what becomes of tries without an answer; see [delivery.Terms]. Mails that
	// ask the recipient to act are never given up for want of an answer.
	PatienceProgress, PatienceAction, ProofWait time.Duration
	MaxUnproven                                 int

	// Search turns what people look a parcel up by into what it is listed by; nil lists it by
	// neither.
	Search search.Index
}

// Mode says whether decisions turn into mails.
type Mode string

// The modes.
const (
	// Shadow decides and records everything and sends nothing. New shops
	// start with it, because Sendcloud may be mailing their customers already.
	Shadow Mode = "shadow"
	Live   Mode = "live"
)

// DefaultPolicy is what holds where a merchant says nothing.
func DefaultPolicy() Policy {
	return Policy{
		Version: "default-1",
		Mode:    Shadow,
		Mails: map[MailKind]bool{
			MailShipped: true, MailOutForDelivery: true,
			MailAwaitingPickup: true, MailPickupReminder: true, MailPickupLastDay: true,
			MailAttemptFailed: true, MailDelayed: true, MailAddressProblem: true,
			MailDelivered: true, MailReturned: true, MailCancelled: true,
		},
		StaleProgress: 72 * time.Hour,
		StaleAction:   7 * 24 * time.Hour,
		DelayedEvery:  48 * time.Hour,
		Hold:          3 * time.Minute,
		Together:      10 * time.Minute,
		Cap:           6 * time.Hour,
		QuietFrom:     21 * time.Hour,
		QuietTo:       8 * time.Hour,
		QuietZone:     "Europe/Amsterdam",
		Language:      English,

		PickupReminderDay: 2,
		PickupHour:        9 * time.Hour,
		PickupDays:        7,
		PickupDaysOf:      maps.Clone(pickupDays),

		StuckLabel: 3, StuckDomestic: 3, StuckAbroad: 5, StuckCustoms: 7,

		Grace:            5 * 24 * time.Hour,
		SilenceLimit:     45 * 24 * time.Hour,
		PatienceProgress: 72 * time.Hour,
		PatienceAction:   7 * 24 * time.Hour,
		ProofWait:        5 * time.Minute,
		MaxUnproven:      3,
	}
}

// stale is the age beyond which a scan no longer causes a mail of this kind.
func (p Policy) stale(kind MailKind) time.Duration {
	if kind.Action() {
		return p.StaleAction
	}
	return p.StaleProgress
}

// terms are what a mail of this kind is sent under.
func (p Policy) terms(kind MailKind) delivery.Terms {
	if kind.Action() {
		return delivery.Terms{Patience: p.PatienceAction, ProofWait: p.ProofWait}
	}
	return delivery.Terms{Patience: p.PatienceProgress, ProofWait: p.ProofWait, MaxUnproven: p.MaxUnproven}
}
