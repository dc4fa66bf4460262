package sendcloud

import (
	"math/rand/v2"
	"slices"
	"time"
)

// Journey is the way of one parcel.
type Journey struct {
	Name  string
	About string
	Steps []Step
}

// Step is one status change.
type Step struct {
	Status Status
	// Ago is how long before the end of the journey it happened.
	Ago time.Duration
	// Copies is how often the webhook is sent besides once.
	Copies int
	// Lost says that no webhook tells of it.
	Lost bool
}

// Loses reports whether no webhook tells of some step.
func (j Journey) Loses() bool {
	return slices.ContainsFunc(j.Steps, func(s Step) bool { return s.Lost })
}

const hour = time.Hour

// Journeys are all journeys, the plain one first.
var Journeys = []Journey{
	{"delivered", "straight to the door", []Step{
		{Status: BeingAnnounced, Ago: 40 * hour}, {Status: ReadyToSend, Ago: 39 * hour}, {Status: PickedUp, Ago: 30 * hour},
		{Status: EnRoute, Ago: 20 * hour}, {Status: DriverEnRoute, Ago: 5 * hour}, {Status: Delivered},
	}},
	{"second-attempt", "nobody at home the first time", []Step{
		{Status: ReadyToSend, Ago: 46 * hour}, {Status: ToSorting, Ago: 40 * hour}, {Status: DriverEnRoute, Ago: 28 * hour},
		{Status: AttemptFailed, Ago: 24 * hour}, {Status: ToSorting, Ago: 20 * hour}, {Status: DriverEnRoute, Ago: 4 * hour}, {Status: Delivered},
	}},
	{"pickup", "to a pick-up point, late", []Step{
		{Status: ReadyToSend, Ago: 44 * hour}, {Status: ToSorting, Ago: 40 * hour}, {Status: Delayed, Ago: 30 * hour},
		{Status: AwaitingPickup, Ago: 6 * hour}, {Status: Collected},
	}},
	{"out-of-order", "webhooks that come twice, late and in the wrong order", []Step{
		{Status: ReadyToSend, Ago: 44 * hour, Copies: 2}, {Status: DriverEnRoute, Ago: 6 * hour, Copies: 1}, {Status: ToSorting, Ago: 30 * hour},
		{Status: Delivered, Ago: hour, Copies: 3}, {Status: EnRoute, Ago: 20 * hour}, {Status: ToSorting},
	}},
	{"returned", "it cannot be delivered, and comes back", []Step{
		{Status: ReadyToSend, Ago: 47 * hour}, {Status: ToSorting, Ago: 40 * hour}, {Status: Undeliverable, Ago: 10 * hour}, {Status: Returned},
	}},
	{"cancelled", "cancelled on its way", []Step{
		{Status: ReadyToSend, Ago: 20 * hour}, {Status: ToSorting, Ago: 10 * hour}, {Status: Cancelling, Ago: hour}, {Status: Cancelled},
	}},
	{"lost", "webhooks that get lost: Waybill asks Sendcloud, and still informs the recipient", []Step{
		{Status: ReadyToSend, Ago: 20 * hour}, {Status: ToSorting, Ago: 10 * hour}, {Status: EnRoute, Ago: 2 * hour, Lost: true}, {Status: DriverEnRoute, Lost: true},
	}},
	{"unknown-status", "a status that Waybill does not know", []Step{
		{Status: ReadyToSend, Ago: 20 * hour}, {Status: ToSorting, Ago: 10 * hour}, {Status: FromTheFuture, Ago: 2 * hour}, {Status: Delivered},
	}},
}

// Find is the journey of a name.
func Find(name string) (Journey, bool) {
	for _, j := range Journeys {
		if j.Name == name {
			return j, true
		}
	}
	return Journey{}, false
}

var people = []Recipient{
	{"Jane Doe", "jane.doe@example.com", "Example Street", "12", "SW1A 1AA", "London", "GB", "GBR", "United Kingdom"},
	{"Jan Jansen", "jan.jansen@example.nl", "Voorbeeldstraat", "7", "5611 EM", "Eindhoven", "NL", "NLD", "Netherlands"},
	{"Müller, Jörg", "joerg.mueller@example.de", "Beispielweg", "3", "10115", "Berlin", "DE", "DEU", "Germany"},
	{"DUPONT Hélène", "helene.dupont@example.fr", "rue des Essais", "12 bis", "44000", "Nantes", "FR", "FRA", "France"},
	{"Ana García", "ana.garcia@example.es", "Calle Ejemplo", "5", "28001", "Madrid", "ES", "ESP", "Spain"},
	{"Lotte Peeters", "lotte.peeters@example.be", "Voorbeeldlaan", "88", "2000", "Antwerpen", "BE", "BEL", "Belgium"},
}

var carriers = [][2]string{{"postnl", "PostNL"}, {"dhl", "DHL"}, {"dpd", "DPD"}, {"chronopost", "Chronopost"}}

// goesTo is the pick-up point of a journey that ends at one.
func goesTo(j Journey) int64 {
	for _, s := range j.Steps {
		if s.Status == AwaitingPickup {
			return Kiosk
		}
	}
	return 0
}

// NewParcel is a new parcel for somebody, made at the start of a journey.
func NewParcel(j Journey, now time.Time) Parcel {
	carrier := carriers[rand.IntN(len(carriers))]
	return Parcel{
		// Nine digits, and with near certainty another one every time.
		ID:        100_000_000 + rand.Int64N(900_000_000),
		Recipient: people[rand.IntN(len(people))], CarrierCode: carrier[0], CarrierName: carrier[1],
		Order:         "W" + now.Format("150405"),
		ServicePoint:  goesTo(j),
		OrderValue:    "129.90",
		OrderCurrency: "EUR",
		Created:       now.Add(-j.Steps[0].Ago),
	}
}
