// Package refund holds the rules of a refund: its states, who may approve what, the
// legal deadline of 14 days, and a decision log in which every change shows.
//
// It is pure: no clock, no network, no disk. Each method takes what happens, the policy
// and the time, changes the Refund, and leaves the tasks that follow in Todo. A method
// that refuses returns an error in words for the person who asked, and changes nothing.
package refund

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"waybill/delivery"
	"waybill/search"
	"waybill/words"
)

// State is where a refund stands.
type State string

// The states.
const (
	Requested        State = "requested" // its facts are being gathered
	AwaitingApproval State = "awaiting_approval"
	AwaitingSecond   State = "awaiting_second"
	NeedsInfo        State = "needs_info"
	Approved         State = "approved" // it can still be undone, or its amount is being reserved; nothing is promised yet
	AwaitingGoods    State = "awaiting_goods"
	Paying           State = "paying"
	PayFailed        State = "pay_failed"
	Paid             State = "paid"
	PaidElsewhere    State = "paid_elsewhere" // by a person, in Sendcloud's panel
	Rejected         State = "rejected"
	Withdrawn        State = "withdrawn"
	Observed         State = "observed" // the end in shadow mode: the decision log says what the rules would have done
	NotOurs          State = "not_ours" // another integration of the Sendcloud account has the return
)

var (
	openStates  = []State{Requested, AwaitingApproval, AwaitingSecond, NeedsInfo, Approved, AwaitingGoods, Paying, PayFailed}
	finalStates = []State{Paid, PaidElsewhere, Rejected, Withdrawn, Observed, NotOurs}
)

// OpenStates are those of a refund that is not over.
func OpenStates() []State { return slices.Clone(openStates) }

// States are all states, in the order of a refund's way.
func States() []State { return slices.Concat(openStates, finalStates) }

// Words is the state as people say it.
func (s State) Words() string { return strings.ReplaceAll(string(s), "_", " ") }

// say is the state as a text.
func (s State) say() *words.Text { return words.Word("refund_state", s) }

// Waiting reports whether a person has to decide.
func (s State) Waiting() bool { return s == AwaitingApproval || s == AwaitingSecond }

// Refund is what is known of one refund. It travels as JSON.
type Refund struct {
	// Integration is ours, ReturnID Sendcloud's: together they are the refund's name.
	Integration string `json:"integration"`
	ReturnID    int64  `json:"returnId"`
	// Account is the Sendcloud account that the return belongs to, by its name in the settings
	// of the workers. It never changes: the refund's key has it.
	Account string `json:"account,omitempty"`
	State   State  `json:"state"`
	Facts   Facts  `json:"facts"`
	// Terms are what the policy said when the refund was assessed.
	Terms Terms `json:"terms"`
	// Role is who is asked to decide; Holder is the one person who is, if it is one.
	Role   Role   `json:"role,omitempty"`
	Holder string `json:"holder,omitempty"`
	// Approvals are in the order in which they came. ByRules says that the rules
	// approved, and no person.
	Approvals []Approval `json:"approvals,omitempty"`
	ByRules   bool       `json:"byRules,omitempty"`
	// Undoable is the last approval while it can be undone; nil when it cannot.
	Undoable *Undoable `json:"undoable,omitempty"`
	// Used are the mailed links and the proofs that an order came with: each works once.
	Used []string `json:"used,omitempty"`
	// Claimed says that the amount is reserved, CountedIn for which order (see
	// [Refund.OrderKey]). UsedUp says that it could not be reserved: then people decide.
	Claimed   bool   `json:"claimed,omitempty"`
	CountedIn string `json:"countedIn,omitempty"`
	UsedUp    bool   `json:"usedUp,omitempty"`
	// Pseudonym stands for the customer where their refunds are counted, from
	// [DigestKeys.Customer]; empty without address or key. It stays the same once the refund counts.
	// OtherPseudonyms are those of the customer's present address under all keys, without this one:
	// refunds may count under them too.
	Pseudonym       string   `json:"pseudonym,omitempty"`
	OtherPseudonyms []string `json:"otherPseudonyms,omitempty"`
	// ErasedAt is when the customer was erased; see [Refund.Erase].
	// Owners are those people of the policy whose own refund it is: they cannot decide it after that either.
	ErasedAt time.Time `json:"erasedAt,omitzero"`
	Owners   []string  `json:"owners,omitempty"`
	// Wrote says that Temporal has something that the customer wrote, in this run or in one before it,
	// also if the refund itself does not use it. TextsErasedAt is when that was erased, EarlierRuns that
	// the runs that have it are still to be deleted. Reports are workflows of reports, which may have
	// it, too.
	Wrote         bool      `json:"wrote,omitempty"`
	TextsErasedAt time.Time `json:"textsErasedAt,omitzero"`
	EarlierRuns   bool      `json:"earlierRuns,omitempty"`
	Reports       []string  `json:"reports,omitempty"`
	// EndRecorded says that the tallies of the return and the order know how the refund ended.
	EndRecorded bool `json:"endRecorded,omitempty"`
	// Asked is how many times the shop's endpoint was asked to pay, Outcome what came of
	// the last time (empty while it is being asked), Reference the shop's payment number.
	Asked     int     `json:"asked,omitempty"`
	Outcome   Outcome `json:"outcome,omitempty"`
	Reference string  `json:"reference,omitempty"`
	// PayOrdered says that a person has had it paid again, who answers for what the rules
	// do not know.
	PayOrdered bool `json:"payOrdered,omitempty"`
	// InDoubt says that a request may have reached the endpoint, and that it is not known
	// whether it paid. A later refusal says nothing of that request: only an answer that it
	// is paid, or a manager who has checked, ends the doubt.
	// DoubtfulAt are the endpoints that may have paid.
	InDoubt    bool     `json:"inDoubt,omitempty"`
	DoubtfulAt []string `json:"doubtfulAt,omitempty"`
	// Endpoint is the shop's endpoint that was asked last: host and path. While the payment
	// is in doubt, only a manager can have OtherEndpoint asked, which is configured now;
	// Agreed is the one that a manager has agreed to.
	Endpoint      string `json:"endpoint,omitempty"`
	OtherEndpoint string `json:"otherEndpoint,omitempty"`
	Agreed        string `json:"agreed,omitempty"`
	// Question is the last one to the customer, Answer the answer, Rejection why there is
	// no refund. They are a person's words and may be personal.
	Question  string `json:"question,omitempty"`
	Answer    string `json:"answer,omitempty"`
	Rejection string `json:"rejection,omitempty"`
	Clock     Clock  `json:"clock"`
	// Next is when time has something happen next; zero if never.
	Next time.Time `json:"next,omitzero"`
	// Closed says that the refund is over and its mails are settled.
	Closed bool `json:"closed,omitempty"`
	// TurnOf is the Role while people decide, DueBy the legal deadline; zero if there is none.
	TurnOf Role      `json:"turnOf,omitempty"`
	DueBy  time.Time `json:"dueBy,omitzero"`
	// Attention is why the refund needs attention; empty if it does not.
	Attention Attention `json:"attention,omitempty"`
	// Search is by which words the refund is listed.
	Search search.Terms `json:"search,omitzero"`
	// Patience is how long the tasks of this moment are tried.
	Patience Patience `json:"patience"`
	// Receipt is the decision log, oldest first, and Mails are the messages.
	Receipt []Entry               `json:"receipt"`
	Mails   delivery.Outbox[Deed] `json:"mails,omitempty"`
	// NotReached says that a mail to the customer came back, Unreachable to which
	// approvers one did.
	NotReached  bool     `json:"notReached,omitempty"`
	Unreachable []string `json:"unreachable,omitempty"`
	// Todo are the tasks that follow from the last event; Deeds counts all so far.
	Todo  []Deed `json:"todo,omitempty"`
	Deeds int    `json:"deeds"`
}

// Step is one event: it returns the refund after it, or the refund before and why the
// event is refused. The refund before stays as it was.
func (r Refund) Step(p Policy, now time.Time, happens func(*Refund) error) (Refund, error) {
	before := r
	r.Receipt, r.Todo, r.Mails = slices.Clip(r.Receipt), slices.Clip(r.Todo), slices.Clone(r.Mails)
	r.Approvals, r.Used = slices.Clip(r.Approvals), slices.Clip(r.Used)
	r.Account = cmp.Or(r.Account, p.Account)
	if err := happens(&r); err != nil {
		return before, err
	}
	if r.State.Terminal() && !before.State.Terminal() {
		r.Clock.EndedAt = now
	}
	if !r.CanUndo() {
		r.Undoable = nil
	}
	if before.CountedIn == "" {
		r.Pseudonym = p.Customers.Customer(r.Facts.Customer.Email)
	}
	r.keepErased(now)
	r.keepTextsErased()
	r.OtherPseudonyms = slices.DeleteFunc(p.Customers.Customers(r.Facts.Customer.Email), func(one string) bool { return one == r.Pseudonym })
	r.Next, r.Patience, r.Attention = r.Deadline(p), p.Patience, r.attention(p)
	r.Search = p.Search.Of(search.Words{Order: r.Facts.OrderNumber, Email: r.Facts.Customer.Email})
	r.TurnOf, r.DueBy = "", time.Time{}
	if r.State.Waiting() {
		r.TurnOf = r.Role
	}
	if due, runs := r.LegalDeadline(); runs && !r.State.Terminal() {
		r.DueBy = due.UTC()
	}
	return r, nil
}

// Facts are what a decision rests on. All can be missing; a person has to enter Amount and
// OrderValue if no source has them.
type Facts struct {
	// Source is what reported the refund first.
	Source Source `json:"source"`
	// OutgoingParcel was sent to the customer, IncomingParcel comes back: parcel ids.
	OutgoingParcel int64  `json:"outgoingParcel,omitempty"`
	IncomingParcel int64  `json:"incomingParcel,omitempty"`
	OrderNumber    string `json:"orderNumber,omitempty"`
	// Kind is money, credit or exchange.
	Kind   string `json:"kind,omitempty"`
	Amount Money  `json:"amount,omitzero"`
	// OrderValue is what the order cost, Refunded what its other refunds have reserved.
	OrderValue Money `json:"orderValue,omitzero"`
	// OrderValueBy is who said what the order cost.
	OrderValueBy Valuation `json:"orderValueBy,omitzero"`
	Refunded     Money     `json:"refunded,omitzero"`
	Reason       Reason    `json:"reason,omitempty"`
	// NoticeAt is when the customer withdrew from the contract.
	NoticeAt  time.Time `json:"noticeAt,omitzero"`
	OrderedAt time.Time `json:"orderedAt,omitzero"`
	// RequestedBy is the person of the shop who asked for it, by name or mail address.
	RequestedBy string   `json:"requestedBy,omitempty"`
	Customer    Customer `json:"customer,omitzero"`
	// CustomerAtSendcloud is the customer's mail address at Sendcloud, if the request had
	// another. It is personal.
	CustomerAtSendcloud string `json:"customerAtSendcloud,omitempty"`
	// Message is what the customer wrote. It is personal.
	Message string `json:"message,omitempty"`
	// ReasonText is the reason in the shop's or Sendcloud's words.
	ReasonText string `json:"reasonText,omitempty"`
	// Items are what comes back, as Sendcloud tells it.
	Items []Item `json:"items,omitempty"`
	// CustomerRefunds is how many refunds the customer had in the policy's span, ShopToday
	// how many of the shop's the rules decided in the last 24 hours; nil is not known.
	CustomerRefunds *int `json:"customerRefunds,omitempty"`
	ShopToday       *int `json:"shopToday,omitempty"`
	// Confirmed says that Sendcloud knows the return as it was requested, PanelRead that
	// Sendcloud tells that it was not refunded in its panel.
	Confirmed bool `json:"confirmed,omitempty"`
	PanelRead bool `json:"panelRead,omitempty"`
}

// Customer is personal data.
type Customer struct {
	Name  string `json:"name,omitempty"`
	Email string `json:"email,omitempty"`
	// Country is ISO 3166-1 alpha-2, upper case.
	Country string `json:"country,omitempty"`
}

// Source is what reports a refund.
type Source string

// The sources.
const (
	FromReturnCreated   Source = "return_created"
	FromRefundRequested Source = "refund_requested"
	FromReconciliation  Source = "reconciliation"
	FromPerson          Source = "a person"
)

// Reason is why the customer returns the goods.
type Reason string

// The reasons that the policy can name. All others, such as a merchant's own, are Other.
const (
	ChangedMind Reason = "changed_mind"
	WrongSize   Reason = "wrong_size"
	Damaged     Reason = "damaged"
	WrongItem   Reason = "wrong_item"
	Faulty      Reason = "faulty"
	Other       Reason = "other"
)

// Reasons are all of them.
func Reasons() []Reason { return []Reason{ChangedMind, WrongSize, Damaged, WrongItem, Faulty, Other} }
