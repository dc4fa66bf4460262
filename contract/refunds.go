package contract

import (
	"cmp"
	"fmt"
	"time"

	"waybill/parcel"
	"waybill/refund"
)

const (
	// ApproveRefund carries one refund from the request to the customer who is told.
	// Its id is that of its [RefundRef], so that several sources of one return are one
	// refund; start it with RefundRequested only.
	ApproveRefund Workflow[RefundStart, RefundEnd] = "ApproveRefund"
	// RefundRequested tells what a source knows of a refund.
	RefundRequested Signal[RefundReport] = "RefundRequested"
	// GoodsPosted tells a refund that the customer has sent the goods.
	GoodsPosted Signal[GoodsReturned] = "GoodsPosted"
	// RefundedInPanel tells that somebody marked the return as refunded in Sendcloud's
	// panel.
	RefundedInPanel Signal[PanelRefund] = "RefundedInPanel"
	// DescribeRefund answers with everything that is known of the refund.
	DescribeRefund Query[refund.Refund] = "Describe"
)

// RefundOrder is an order that people give a refund. A signal that is refused is noted
// in the decision log. Which fields an order needs stands in its row of
// [refund.Orders].
func RefundOrder(o refund.Order) Order[refund.Input, RefundAnswer] {
	return Order[refund.Input, RefundAnswer](o.UpdateName())
}

// ProvenText is what the proof of an order covers: the workflow that it is for, how that
// began ([refund.Refund.Begun]), the name of the order, who gives it and how, and its fields.
func ProvenText(workflowID, begun, order string, in refund.Input) string {
	in.Proof = ""
	return provenText(workflowID, begun, order, in)
}

// The activities of ApproveRefund.
const (
	// GatherRefund loads what the request lacks. If it cannot count other refunds, it fails
	// with an application error of the type NotCounted, whose details are what it has loaded.
	GatherRefund Activity[RefundQuery, RefundGathered] = "GatherRefund"
	// SendRefundMail posts one mail about a refund. It fails like SendMail.
	SendRefundMail Activity[RefundMail, MailReceipt] = "SendRefundMail"
	// ClaimRefund reserves the return for its integration, and an amount of what is left of
	// the order, and counts the refund.
	ClaimRefund Activity[RefundClaim, refund.ClaimAnswer] = "ClaimRefund"
	// ReleaseRefund gives back what ClaimRefund reserved.
	ReleaseRefund Activity[RefundClaim, struct{}] = "ReleaseRefund"
	// RecordRefundEnd has the tallies of the return and the order know how a refund ended,
	// for longer than Temporal knows the refund.
	RecordRefundEnd Activity[RefundClaim, struct{}] = "RecordRefundEnd"
	// DeleteEarlierRuns deletes the runs that the calling run continues, and reports, because they have
	// what the customer wrote.
	DeleteEarlierRuns Activity[EarlierRuns, struct{}] = "DeleteEarlierRuns"
	// WatchReturn has a return parcel tell where it is.
	WatchReturn Activity[ReturnWatch, struct{}] = "WatchReturn"
	// PayRefund asks the shop's endpoint to pay. It fails, and is tried again, while
	// nobody knows whether the money was paid.
	PayRefund Activity[RefundPayment, refund.Payment] = "PayRefund"
)

const (
	// FindReturn finds the return that a report is about which names parcels only, or
	// which is old, and records the refund. Its id is [ReturnReportWorkflowID].
	FindReturn Workflow[ReturnReport, ReturnFound] = "FindReturn"
	// LookForReturn looks for the return in Sendcloud's list.
	LookForReturn Activity[ReturnReport, ReturnFound] = "LookForReturn"
	// RecordRefund records what a report tells of a refund.
	RecordRefund Activity[RefundRecord, struct{}] = "RecordRefund"
)

// The types of the application errors of these activities.
const (
	// NotCounted is GatherRefund's if it cannot count other refunds; its details are what
	// it has loaded.
	NotCounted = "NotCounted"
	// PayUnanswered is PayRefund's: no answer, or one that asks to come again.
	PayUnanswered = "PayUnanswered"
	// NoReturn is LookForReturn's while there is no such return.
	NoReturn = "NoReturn"
)

// ReturnReport is a report about a return that has to be looked up: it does not say which
// one, or it is old.
type ReturnReport struct {
	Integration string    `json:"integration"`
	ID          string    `json:"id"`
	At          time.Time `json:"at"`
	// ReturnID is the return of a report that is too old to be believed unseen; 0 if the
	// report does not say which one.
	ReturnID int64 `json:"returnId,omitempty"`
	// Facts have the parcels that it is about; without any, and without ReturnID, it
	// cannot be found.
	Facts refund.Facts `json:"facts"`
}

// ReturnFound is the return; 0 if there is none.
type ReturnFound struct {
	ReturnID int64 `json:"returnId,omitempty"`
	// Facts are what Sendcloud says of it; nil if the report's facts hold.
	Facts *refund.Facts `json:"facts,omitempty"`
}

// RefundRecord is a report with the return that it is about.
type RefundRecord struct {
	RefundRef
	Report RefundReport `json:"report"`
}

// returnReport begins the id of a workflow of [FindReturn].
const returnReport = "return-report"

// ReturnReportWorkflowID is return-report:<integration>:<report>:<parcel>.
func ReturnReportWorkflowID(r ReturnReport) string {
	return fmt.Sprintf("%s:%s:%s:%d", returnReport, r.Integration, r.ID, cmp.Or(r.Facts.IncomingParcel, r.Facts.OutgoingParcel, r.ReturnID))
}

// RefundStart begins a run of ApproveRefund.
type RefundStart struct {
	RefundRef
	// Carried is what the run before this one knew; nil in a first run.
	Carried *CarriedRefund `json:"carried,omitempty"`
	// Kept is a refund that has ended, without the customer who was erased; see [ErasePerson].
	Kept *KeptRefund `json:"kept,omitempty"`
}

// CarriedRefund is what continue-as-new takes along; see [Carried].
type CarriedRefund struct {
	Refund refund.Refund `json:"refund"`
}

// RefundReport is what a source knows of a refund.
type RefundReport struct {
	// ID is the same for every copy of the same report.
	ID    string       `json:"id"`
	Facts refund.Facts `json:"facts"`
	// ReportWorkflow is the workflow of [FindReturn] that tells it; empty if none does.
	ReportWorkflow string `json:"reportWorkflow,omitempty"`
}

// EarlierRuns says what is deleted with the earlier runs of a refund.
type EarlierRuns struct {
	// Reports are ids of workflows of [FindReturn] of the refund's integration; others are left alone.
	Reports []string `json:"reports,omitempty"`
}

// PanelRefund says when somebody marked the return as refunded.
type PanelRefund struct {
	At time.Time `json:"at"`
}

// RefundEnd is how a refund ended.
type RefundEnd struct {
	State refund.State `json:"state"`
	// Hash is that of the decision log's last entry: it tells a log that was cut short
	// from a whole one.
	Hash string `json:"hash"`
}

// RefundAnswer is where a refund stands after an order.
type RefundAnswer struct {
	State refund.State `json:"state"`
}

// RefundQuery says what to load, and what the request tells of where to look.
type RefundQuery struct {
	RefundRef
	// Account is the refund's Sendcloud account.
	Account        string        `json:"account,omitempty"`
	Source         refund.Source `json:"source,omitempty"`
	OutgoingParcel int64         `json:"outgoingParcel,omitempty"`
	OrderNumber    string        `json:"orderNumber,omitempty"`
	// Customers are the pseudonyms of the customer whose other refunds count.
	Customers []string `json:"customers,omitempty"`
	// Again asks for nothing but whether it was marked as refunded, and which endpoint
	// would pay it.
	Again bool `json:"again,omitempty"`
}

// RefundGathered is what was loaded.
type RefundGathered struct {
	Facts refund.Facts `json:"facts,omitzero"`
	// RefundedAt is when the return was marked as refunded in Sendcloud's panel,
	// GoodsAt when the goods were back; zero is not.
	RefundedAt time.Time `json:"refundedAt,omitzero"`
	GoodsAt    time.Time `json:"goodsAt,omitzero"`
	// Handled is how the same refund has ended before, if it has. NotOurs says that the
	// parcel was sent through another integration of the account. Nothing else is loaded then.
	Handled *refund.Ended `json:"handled,omitempty"`
	NotOurs bool          `json:"notOurs,omitempty"`
	// Begun says that an earlier run of the refund has reserved its amount, and was stopped
	// before it had ended.
	Begun bool `json:"begun,omitempty"`
	// Endpoint is the host and path of the shop's endpoint, if it is asked Again. Then PanelRead
	// is the only fact.
	Endpoint string `json:"endpoint,omitempty"`
	// Why says what could not be asked, if something could not.
	Why string `json:"why,omitempty"`
}

// RefundMail is everything that one mail about a refund needs.
type RefundMail struct {
	Post
	RefundRef
	Deed refund.Deed `json:"deed"`
	Told refund.Told `json:"told"`
	// At is when the mail was decided.
	At time.Time `json:"at"`
}

// RefundClaim is a refund to reserve, to release, or to record the end of.
type RefundClaim struct {
	RefundRef
	// Account is the refund's Sendcloud account, whose tallies are asked.
	Account string `json:"account,omitempty"`
	// Key and Order are the refund's [refund.Refund.Key] and [refund.Refund.OrderKey].
	Key    string       `json:"key"`
	Order  string       `json:"order"`
	Amount refund.Money `json:"amount,omitzero"`
	At     time.Time    `json:"at"`
	// As is how it has ended; empty if it has not.
	As refund.State `json:"as,omitempty"`

	// OrderValue is what the order cost, OrderValueBy who said so.
	OrderValue   refund.Money     `json:"orderValue,omitzero"`
	OrderValueBy refund.Valuation `json:"orderValueBy,omitzero"`
	// Customer is the customer's pseudonym, OtherCustomers are those under other keys.
	Customer       string   `json:"customer,omitempty"`
	OtherCustomers []string `json:"otherCustomers,omitempty"`
	// ByRules says that no person has approved it, InDoubt that it may have been paid.
	ByRules bool `json:"byRules,omitempty"`
	InDoubt bool `json:"inDoubt,omitempty"`
	// Forced counts it whatever the limits say.
	Forced bool `json:"forced,omitempty"`
}

// ReturnWatch has a return parcel tell a refund where it is.
type ReturnWatch struct {
	ParcelRef
	Awaited parcel.Waiter `json:"awaited"`
}

// RefundPayment is what is asked of the shop's endpoint.
type RefundPayment struct {
	RefundRef
	// Endpoint is the host and path of the endpoint that the decision log names: no other
	// one is asked.
	Endpoint    string       `json:"endpoint"`
	Key         string       `json:"key"`
	OrderNumber string       `json:"orderNumber,omitempty"`
	Amount      refund.Money `json:"amount"`
}

// TallyWorkflowID is tally:<name>:<scope>. A [ReturnTally] and an [OrderTally] have the name
// of a Sendcloud account, a [CustomerTally] and [ShopTally] that of an integration. The scope
// names nobody.
func TallyWorkflowID(name, scope string) string { return fmt.Sprintf("tally:%s:%s", name, scope) }

// ReturnTally is the scope of the refund of one return: its tally knows which integration has
// the refund and how it ended, whatever is known of the order.
func ReturnTally(returnID int64) string { return fmt.Sprintf("return-%d", returnID) }

// OrderTally is the scope of the refunds of one order, by [refund.Refund.OrderKey].
func OrderTally(key string) string { return "order-" + refund.Digest(key) }

// CustomerTally is the scope of the refunds of a customer, from
// [refund.DigestKeys.Customer], which are counted together with those of some others: too many to say whose they are. There are 256:
// of 1,000,000 refunds a year, each has about 4,000.
func CustomerTally(customer string) string { return "customers-" + customer[:2] }

// ShopTally is the scope of the refunds that no person has seen.
const ShopTally = "unseen"
