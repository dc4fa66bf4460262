package contract

// Attention is why something needs attention. Lists of workflows show it, and
// operations are told of it. A parcel's and a refund's are converted into it.
type Attention string

// What neither a parcel nor a refund raises by itself.
const (
	// MailCameBack is about a message that came back after its workflow was closed.
	MailCameBack Attention = "a mail came back"
	// SignInNotReached is about a sign-in whose mail came back.
	SignInNotReached Attention = "a sign-in mail came back"
	// RefundWithoutReturn is about a request whose return cannot be found.
	RefundWithoutReturn Attention = "refund without a return"

	// MailsNotSent is the only one that no mail can tell of.
	MailsNotSent        Attention = "mails not sent"
	IntegrationDeleted  Attention = "integration deleted"
	WebhookSwitchedOff  Attention = "webhook switched off"
	WebhookFailing      Attention = "webhook failing"
	ReconciliationFails Attention = "reconciliation failing"
	WebhooksMissed      Attention = "webhooks missed"
)
