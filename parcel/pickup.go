package parcel

import "time"

// pickupDays is for how many calendar days shops of carriers keep a parcel, by Sendcloud's
// code of the carrier, where they say so in public. Others are taken to keep it for
// [Policy.PickupDays], and their mails name no day.
var pickupDays = map[string]int{
	"chronopost":    8, // https://www.chronopost.fr/en/faq/destinataire/combien-de-temps-mon-colis-peut-il-rester-au-point-de-proximite
	"dpd":           7, // https://dpd.com/nl/en/support/faq/frequently_asked_questions/dpd-service-points/how-long-is-a-parcel-kept-at-the-pickup-parcelshop
	"mondial_relay": 5, // since October 2025, told in France's press
}

// keptUntil is the start of the last day on which a parcel that arrived at a moment can be
// collected, in the recipient's zone; certain says that the carrier says so.
func (p Policy) keptUntil(f Facts, since time.Time) (lastDay time.Time, certain bool) {
	days, certain := p.PickupDaysOf[f.CarrierCode]
	if !certain {
		days = p.PickupDays
	}
	local := since.In(zonesOf(f.Recipient.Country, p.QuietZone)[0])
	return onDay(local.AddDate(0, 0, days), 0), certain
}

// reminders are of a parcel that waits since a moment: one after some days, and one on the
// day before the last.
func (p Policy) reminders(f Facts, since time.Time, wanted func(Appointment) bool) []Appointment {
	lastDay, _ := p.keptUntil(f, since)
	local := since.In(lastDay.Location())
	last := Appointment{onDay(lastDay.AddDate(0, 0, -1), p.PickupHour).UTC(), PickupLastDay}
	first := Appointment{onDay(local.AddDate(0, 0, p.PickupReminderDay), p.PickupHour).UTC(), PickupReminder}
	var agenda []Appointment
	if p.PickupReminderDay > 0 && first.At.Before(last.At) && wanted(first) {
		agenda = append(agenda, first)
	}
	if wanted(last) && last.At.After(since) {
		agenda = append(agenda, last)
	}
	return agenda
}
