package refund

import (
	"fmt"
	"time"
)

// Deed is a task: one mail, or one request to a tally, a parcel or the shop's endpoint.
type Deed struct {
	// Nr counts the tasks of a refund from 1.
	Nr   int  `json:"nr"`
	What What `json:"what"`
	// Person is the approver who is mailed, Attention what operations are mailed about.
	Person    string    `json:"person,omitempty"`
	Attention Attention `json:"attention,omitempty"`
	// Days is how long the decision has been due.
	Days int `json:"days,omitempty"`
}

// What is the kind of a Deed.
type What string

// The tasks.
const (
	// Gather loads what Sendcloud and our own tallies know; see [Refund.Gathered].
	Gather What = "gather the facts"

	// Mails to the customer.
	TellReceived  What = "tell received"
	TellApproved  What = "tell approved"
	TellRejected  What = "tell rejected"
	TellWithdrawn What = "tell withdrawn"
	TellNeedsInfo What = "tell needs_info"
	TellPaid      What = "tell paid"

	// Mails to people who decide.
	AskApproval What = "ask"
	Remind      What = "remind"
	Escalate    What = "escalate to"

	TellOperations What = "operations"

	// Watch has the return parcel report; see [Refund.Posted] and [Refund.GoodsBack].
	Watch What = "watch the return parcel"
	// Claim reserves the amount; see [Refund.ClaimAnswered]. Release gives it back, Count
	// reserves it for a payment in Sendcloud's panel.
	Claim   What = "reserve"
	Release What = "release"
	Count   What = "count"
	// Pay asks the shop's endpoint; see [Refund.Settle].
	Pay What = "pay"
)

// letter is a task that is a mail: whom it goes to, what it says in short, and whether
// that is still so.
type letter struct {
	to, says string
	holds    func(*Refund) bool
}

const (
	toCustomer = "the customer"
	toApprover = "a person who decides"
)

// letters are all mails.
var letters = map[What]letter{
	TellReceived:   {toCustomer, "we have your request", func(r *Refund) bool { return !r.State.Terminal() }},
	TellApproved:   {toCustomer, "it is approved", inState(AwaitingGoods, Paying, PayFailed)},
	TellRejected:   {toCustomer, "it is rejected, and why", inState(Rejected)},
	TellWithdrawn:  {toCustomer, "it is withdrawn", inState(Withdrawn)},
	TellNeedsInfo:  {toCustomer, "a question", inState(NeedsInfo)},
	TellPaid:       {toCustomer, "it is paid", inState(Paid)},
	AskApproval:    {toApprover, "please decide", (*Refund).Undecided},
	Remind:         {toApprover, "a reminder to decide", (*Refund).Undecided},
	Escalate:       {toApprover, "there is no decision yet", (*Refund).Undecided},
	TellOperations: {"operations", "", func(*Refund) bool { return true }},
}

// ToCustomer reports whether the task is a mail to the customer.
func (w What) ToCustomer() bool { return letters[w].to == toCustomer }

// ToApprover reports whether the task is a mail to a person who decides.
func (w What) ToApprover() bool { return letters[w].to == toApprover }

// Attention is why a refund needs attention.
type Attention string

// The reasons.
const (
	LegalWarning       Attention = "10 of 14 legal days are over"
	LegalAlarm         Attention = "12 of 14 legal days are over"
	LegalOverdue       Attention = "legal deadline is over"
	NotReserved        Attention = "the amount is not reserved"
	NotRecorded        Attention = "the end is not recorded"
	GoodsMissing       Attention = "goods did not come back"
	PaymentFailed      Attention = "payment failed"
	PaymentInDoubt     Attention = "payment in doubt"
	PanelPaid          Attention = "paid in Sendcloud's panel"
	PanelPaidToo       Attention = "paid in Sendcloud's panel while we pay"
	ReportedElsewhere  Attention = "its return belongs to another integration"
	NobodyCan          Attention = "nobody in the policy may approve it"
	NotTold            Attention = "the customer could not be notified"
	CustomerNotReached Attention = "a mail to the customer came back"
	ApproverNotReached Attention = "a mail to an approver came back"
)

// Attentions are all of them.
func Attentions() []Attention {
	return []Attention{
		LegalWarning, LegalAlarm, LegalOverdue, NotReserved, NotRecorded, GoodsMissing, PaymentFailed, PaymentInDoubt,
		PanelPaid, PanelPaidToo, ReportedElsewhere, NobodyCan, NotTold, CustomerNotReached, ApproverNotReached,
	}
}

func (d Deed) String() string {
	switch {
	case d.Person != "":
		return fmt.Sprintf("%s %s", d.What, d.Person)
	case d.Attention != "":
		return fmt.Sprintf("%s: %s", d.What, d.Attention)
	}
	return string(d.What)
}

func (r *Refund) todo(d Deed) {
	r.Deeds++
	d.Nr = r.Deeds
	r.Todo = append(r.Todo, d)
}

// tell queues a mail to the customer, if the address is known.
func (r *Refund) tell(what What, p Policy, now time.Time) {
	if r.Facts.Customer.Email == "" {
		r.write(p, now, "customer not notified", theRules, string(what)+": the mail address is not known")
		return
	}
	r.todo(Deed{What: what})
}

func (r *Refund) alert(a Attention) { r.todo(Deed{What: TellOperations, Attention: a}) }

// Patience is how long a task is tried.
type Patience struct {
	// Mail is how long a failed mail is tried again, Proof how long to wait after a try
	// whose outcome is unknown, Unproven how many of those a mail may have.
	Mail     time.Duration `json:"mail"`
	Proof    time.Duration `json:"proof"`
	Unproven int           `json:"unproven"`
	// Pay is how long the shop's endpoint is asked until operations are informed.
	Pay time.Duration `json:"pay"`
}
