package contract

import "time"

// WatchIntegration watches one Sendcloud integration: it knows the shop's name
// and address, and raises attention when the shop's webhooks are in danger. It
// never ends. Its id is [IntegrationWorkflowID]; start it with
// IntegrationChanged only.
const WatchIntegration Workflow[IntegrationStart, struct{}] = "WatchIntegration"

// IntegrationChanged tells of one change of an integration's settings.
const IntegrationChanged Signal[IntegrationChange] = "IntegrationChanged"

// MailSetupChanged tells that the mail provider refuses the set-up for an
// integration's mails, or takes them again.
const MailSetupChanged Signal[MailSetupState] = "MailSetupChanged"

// DescribeIntegration answers with everything that is known of an integration.
const DescribeIntegration Query[IntegrationState] = "Describe"

// IntegrationStart begins a run of WatchIntegration.
type IntegrationStart struct {
	Integration string `json:"integration"`
	// Carried is what the run before this one knew; nil in a first run.
	Carried *IntegrationState `json:"carried,omitempty"`
	// Inbox are changes that the run before received and did not read.
	Inbox []IntegrationChange `json:"inbox,omitempty"`
	// Reports are reconciliations, likewise.
	Reports []Reconciliation `json:"reports,omitempty"`
	// MailSetups are words about whether mails can be sent, likewise.
	MailSetups []MailSetupState `json:"mailSetups,omitempty"`
}

// MailSetupState is whether mails can be sent.
type MailSetupState struct {
	At time.Time `json:"at"`
	// Fault is what the mail provider says; empty if mails can be sent.
	Fault string `json:"fault,omitempty"`
}

// IntegrationChange is one change as Sendcloud told it. What it did not tell
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

// IntegrationState is what is known of an integration.
type IntegrationState struct {
	Integration string `json:"integration"`
	// Latest is the newest change; a field that it left out is from before.
	Latest IntegrationChange `json:"latest"`
	// Attention says why somebody should look; empty if nobody need.
	Attention string `json:"attention,omitempty"`
	// Reconciled is the last reconciliation that was reported. A quiet one is
	// reported only after one that was not, and once a day.
	Reconciled *Reconciliation `json:"reconciled,omitempty"`
	// MailSetup is the last word on whether mails can be sent; nil is none.
	MailSetup *MailSetupState `json:"mailSetup,omitempty"`
	// Missed sums up what reconciliations found since this began.
	Missed MissedWebhooks `json:"missed,omitzero"`
	// Changes are the last changes with what they meant, oldest first.
	Changes []IntegrationEntry `json:"changes,omitempty"`
}

// IntegrationEntry is one line of an integration's record.
type IntegrationEntry struct {
	ID        string    `json:"id"`
	At        time.Time `json:"at"`
	Attention string    `json:"attention,omitempty"`
	// Late says that a newer change was known already.
	Late bool `json:"late,omitempty"`
}

// MissedWebhooks says how much no webhook told of.
type MissedWebhooks struct {
	// Parcels counts changes that reconciliation found; LastAt is when it
	// last found one.
	Parcels int       `json:"parcels"`
	LastAt  time.Time `json:"lastAt,omitzero"`
	// MostLate is how long the longest went unheard, AllLate the sum of all.
	MostLate Span `json:"mostLate,omitempty"`
	AllLate  Span `json:"allLate,omitempty"`
}
