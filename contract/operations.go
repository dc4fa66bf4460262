package contract

import (
	"time"

	"waybill/delivery"
)

// What operations are told of.
const (
	// TellOperations mails a Notice, if the policy says where operations are. It fails
	// like SendMail.
	TellOperations Activity[Notice, MailReceipt] = "TellOperations"
	// AlertOperations records an Alert.
	AlertOperations Activity[Alert, struct{}] = "AlertOperations"
	// OperationsAlerted tells an integration's workflow of something that has no
	// workflow of its own to raise attention, or none that runs.
	OperationsAlerted Signal[Alert] = "OperationsAlerted"
)

// Attention is why something needs attention: lists of workflows show it, and
// operations are told. A parcel's and a refund's are converted into it.
type Attention string

// What neither a parcel nor a refund raises by itself.
const (
	// MailCameBack is about a message whose workflow was closed already.
	MailCameBack        Attention = "a mail came back"
	SignInNotReached    Attention = "a sign-in mail came back"
	DigestNotReached    Attention = "a digest did not arrive"
	RefundWithoutReturn Attention = "refund without a return"
	// MailsNotSent is the only one that no mail can tell of.
	MailsNotSent        Attention = "mails not sent"
	IntegrationDeleted  Attention = "integration deleted"
	WebhookSwitchedOff  Attention = "webhook switched off"
	WebhookFailing      Attention = "webhook failing"
	ReconciliationFails Attention = "reconciliation failing"
	WebhooksMissed      Attention = "webhooks missed"
)

// IntegrationAttentions are those that an integration's workflow shows.
func IntegrationAttentions() []Attention {
	return []Attention{MailsNotSent, IntegrationDeleted, WebhookSwitchedOff, WebhookFailing, ReconciliationFails, WebhooksMissed}
}

// Alert is something that needs attention.
type Alert struct {
	// ID is the same for every copy of the same alert.
	ID          string    `json:"id"`
	Integration string    `json:"integration"`
	Attention   Attention `json:"attention"`
	// Subject is the parcel or refund that it is about, if it is about one.
	Subject delivery.Subject `json:"subject,omitempty"`
	// Parcels are those of the integration that need it, if it is about parcels.
	Parcels *Needing  `json:"parcels,omitempty"`
	At      time.Time `json:"at"`
}

// Needing is how many parcels need attention for one reason.
type Needing struct {
	Count int `json:"count"`
	// Before is how many there were when operations were last mailed about it.
	Before int `json:"before,omitempty"`
	// Such are the numbers of some of them.
	Such []int64 `json:"such,omitempty"`
}

// ParcelsCounted tells an integration's workflow how many of its parcels need attention, by
// reason. Lists of workflows are some seconds behind, so it is told of again and again; one
// that tells nothing new need not be sent.
const ParcelsCounted Signal[ParcelCount] = "ParcelsCounted"

// ParcelCount is how many parcels needed attention at a moment.
type ParcelCount struct {
	At      time.Time             `json:"at"`
	Needing map[Attention]Needing `json:"needing,omitempty"`
}

// Notice is a message to operations.
type Notice struct {
	Post
	// Of is the workflow that keeps the notice, About what needs attention: a parcel, a
	// refund, or the integration.
	Of          delivery.Subject `json:"of"`
	About       delivery.Subject `json:"about,omitempty"`
	Integration string           `json:"integration"`
	Attention   Attention        `json:"attention"`
	Parcels     *Needing         `json:"parcels,omitempty"`
	At          time.Time        `json:"at"`
}

const (
	// TraceBounce finds the workflows whose mails went to an address that takes none:
	// some bounces come days later and name only the address. Its id is
	// [BounceWorkflowID].
	TraceBounce Workflow[Bounce, BounceTraced] = "TraceBounce"
	// TraceMails looks for the mails to an address in the mail provider's logs.
	TraceMails Activity[Bounce, []TracedMail] = "TraceMails"
)

// BounceWorkflowID is bounce:<the provider's id of the report>.
func BounceWorkflowID(reportID string) string { return "bounce:" + reportID }

// Bounce is a bounce that does not say which mail it is about.
type Bounce struct {
	// Address is personal data.
	Address string          `json:"address"`
	Since   time.Time       `json:"since"`
	Report  delivery.Report `json:"report"`
}

// TracedMail is a mail that went to the address.
type TracedMail struct {
	Subject delivery.Subject `json:"subject"`
	Key     string           `json:"key"`
}

// BounceTraced is how many workflows were told.
type BounceTraced struct {
	Told int `json:"told"`
}
