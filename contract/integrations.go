package contract

import (
	"time"

	"waybill/delivery"
)

const (
	// WatchIntegration watches one Sendcloud integration: it knows the shop's name and
	// address, and raises attention when the shop's webhooks are in danger. It never
	// ends. Its id is [IntegrationWorkflowID]; start it with one of its signals only.
	WatchIntegration Workflow[IntegrationStart, struct{}] = "WatchIntegration"
	// IntegrationChanged tells of one change of an integration's settings.
	IntegrationChanged Signal[IntegrationChange] = "IntegrationChanged"
	// MailConfigurationChanged tells that the mail provider refuses the configuration
	// for an integration's mails, or takes them again. Telling it twice is harmless.
	MailConfigurationChanged Signal[MailState] = "MailConfigurationChanged"
	// DescribeIntegration answers with everything that is known of the integration.
	DescribeIntegration Query[IntegrationState] = "Describe"
)

// IntegrationStart begins a run of WatchIntegration.
type IntegrationStart struct {
	Integration string `json:"integration"`
	// Carried is what the run before this one knew; nil in a first run.
	Carried *IntegrationState `json:"carried,omitempty"`
}

// MailState is whether an integration's mails can be sent.
type MailState struct {
	At time.Time `json:"at"`
	// Fault is what the mail provider says; empty if mails can be sent.
	Fault string `json:"fault,omitempty"`
}

// IntegrationChange is one change as Sendcloud told it. What Sendcloud did not tell
// is zero, and for the webhook nil.
type IntegrationChange struct {
	// ID is the same for every copy of the same report.
	ID string `json:"id"`
	// Deleted says that the integration is gone.
	Deleted bool `json:"deleted,omitempty"`
	// At is Sendcloud's time of the change. Changes are ordered by it.
	At time.Time `json:"at"`
	// Number is Sendcloud's own id of the integration.
	Number   int64  `json:"number,omitempty"`
	ShopName string `json:"shopName,omitempty"`
	// ShopURL is empty unless it is an https or http address.
	ShopURL       string    `json:"shopUrl,omitempty"`
	System        string    `json:"system,omitempty"`
	WebhookActive *bool     `json:"webhookActive,omitempty"`
	FailingSince  time.Time `json:"failingSince,omitzero"`
}

// IntegrationState is everything that is known of an integration.
type IntegrationState struct {
	Integration string `json:"integration"`
	// Latest is the newest change; a field that it left out is from before.
	Latest IntegrationChange `json:"latest"`
	// Attention is empty if nothing needs attention.
	Attention Attention `json:"attention,omitempty"`
	// Reconciled is the last reconciliation that was reported. A quiet one is
	// reported only after one that was not, and once a day.
	Reconciled *Reconciliation `json:"reconciled,omitempty"`
	// Mail is the last word on whether mails can be sent; nil is none.
	Mail *MailState `json:"mail,omitempty"`
	// Missed sums up what reconciliations found since this began.
	Missed MissedWebhooks `json:"missed,omitzero"`
	// Changes are the last ones with what they meant, and Alerts the last alerts,
	// oldest first. Notices are the messages to operations.
	Changes []IntegrationEntry     `json:"changes,omitempty"`
	Alerts  []Alert                `json:"alerts,omitempty"`
	Notices delivery.Outbox[Alert] `json:"notices,omitempty"`
	// Needing is how many parcels need attention, by reason, and CountedAt when that was
	// counted.
	Needing   map[Attention]NeedingNow `json:"needing,omitempty"`
	CountedAt time.Time                `json:"countedAt,omitzero"`
	// Next is when operations are to be told something; zero if nothing is due.
	Next time.Time `json:"next,omitzero"`
}

// NeedingNow is how many parcels need attention, and what operations know of that.
type NeedingNow struct {
	Needing
	// Told is how many of them operations know of, and ToldAt when they were last mailed.
	Told   int       `json:"told,omitempty"`
	ToldAt time.Time `json:"toldAt,omitzero"`
}

// IntegrationEntry is one line of an integration's record.
type IntegrationEntry struct {
	ID        string    `json:"id"`
	At        time.Time `json:"at"`
	Attention Attention `json:"attention,omitempty"`
	// Late says that a newer change was known already.
	Late bool `json:"late,omitempty"`
}

// MissedWebhooks says how much no webhook told of.
type MissedWebhooks struct {
	// Parcels counts the changes that reconciliation found; LastAt is when it last
	// found one.
	Parcels int       `json:"parcels"`
	LastAt  time.Time `json:"lastAt,omitzero"`
	// MostLate is the longest delay with which one was found, AllLate the sum.
	MostLate Span `json:"mostLate,omitempty"`
	AllLate  Span `json:"allLate,omitempty"`
}
