package contract

// SearchAttribute is a field by which workflows are listed and counted in
// Temporal's UI and CLI. Values are visible to everyone who may list
// workflows and are not encrypted: never personal data.
type SearchAttribute struct {
	Name string
	Type AttributeType
	// Holds says what an operator finds in it.
	Holds string
}

// AttributeType is Temporal's name for the type of a search attribute.
type AttributeType string

// The types in use.
const (
	Keyword  AttributeType = "Keyword"
	Int      AttributeType = "Int"
	Datetime AttributeType = "Datetime"
)

// The search attributes.
var (
	Integration    = SearchAttribute{"Integration", Keyword, "name of the Sendcloud integration"}
	ParcelPhase    = SearchAttribute{"ParcelPhase", Keyword, "where the parcel is, such as in_transit"}
	AttentionField = SearchAttribute{"Attention", Keyword, "why it needs attention; empty if it does not"}
	ParkedMails    = SearchAttribute{"ParkedMails", Int, "mails that failed for good and wait for a person; empty until one does"}

	OrderNumber    = SearchAttribute{"OrderNumber", Keyword, "the shop's number of the order, or its digest if the policy says search: keyed"}
	TrackingNumber = SearchAttribute{"TrackingNumber", Keyword, "the carrier's number of the parcel, or its digest"}
	Recipient      = SearchAttribute{"Recipient", Keyword, "the digest of the customer's mail address; empty without WAYBILL_SEARCH_KEYS"}

	RefundState   = SearchAttribute{"RefundState", Keyword, "where the refund stands, such as awaiting_approval"}
	ApproverRole  = SearchAttribute{"ApproverRole", Keyword, "whose turn it is: approver or manager; empty if no decision is due"}
	LegalDeadline = SearchAttribute{"LegalDeadline", Datetime, "the legal deadline for paying the refund; empty while it is not running"}
)

// ListedRefund is the memo of a refund, a [refund.Listed]. Unlike search attributes, it can hold what is
// personal, and nothing can be looked up by it.
const ListedRefund = "Refund"

// SearchAttributes is every search attribute that a namespace must have. It is
// the one table: set-up registers it, workers refuse to start without it, and
// the documentation is checked against it. SQL stores have room for 10 Keywords, and for 3 of
// each other type.
func SearchAttributes() []SearchAttribute {
	return []SearchAttribute{Integration, ParcelPhase, AttentionField, ParkedMails, OrderNumber, TrackingNumber, Recipient, RefundState, ApproverRole, LegalDeadline}
}
