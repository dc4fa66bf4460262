package refund

import (
	"fmt"
	"strconv"
	"time"
)

// Deed is something to do: exactly one is told, asked, claimed or paid.
type Deed struct {
	// Nr counts the deeds of a refund from 1: with the refund's Key it names the
	// deed for good.
	Nr   int  `json:"nr"`
	What What `json:"what"`
	// Person is who is told, for AskApproval and its like.
	Person string `json:"person,omitempty"`
	// Trouble is what operations are told.
	Trouble Trouble `json:"trouble,omitempty"`
	// Days is for how long a decision has been waited for.
	Days int `json:"days,omitempty"`
}

// What is the kind of a Deed.
type What string

// The deeds.
const (
	// Gather loads what Sendcloud and our own tallies know; see [Refund.Gathered].
	Gather What = "gather the facts"

	// Mails to the customer.
	TellReceived  What = "tell received"
	TellApproved  What = "tell approved"
	TellRejected  What = "tell rejected"
	TellNeedsInfo What = "tell needs_info"
	TellPaid      What = "tell paid"

	// Mails to those who decide.
	AskApproval What = "ask"
	Remind      What = "remind"
	Escalate    What = "escalate to"

	TellOperations What = "operations"

	// Watch has the return parcel tell where it is; see [Refund.Posted] and
	// [Refund.GoodsBack].
	Watch What = "watch the return parcel"
	// Claim takes the amount from what is left of the order; see
	// [Refund.ClaimAnswered]. Release gives it back, and Count notes a payment
	// that nobody asked us for.
	Claim   What = "claim"
	Release What = "release"
	Count   What = "count"
	// Pay asks the shop's endpoint; see [Refund.Settle].
	Pay What = "pay"
)

// ToCustomer reports whether the deed is a mail to the customer.
func (w What) ToCustomer() bool {
	switch w {
	case TellReceived, TellApproved, TellRejected, TellNeedsInfo, TellPaid:
		return true
	}
	return false
}

// ToApprover reports whether the deed is a mail to somebody who decides.
func (w What) ToApprover() bool { return w == AskApproval || w == Remind || w == Escalate }

// Trouble is why operations should look at a refund.
type Trouble string

// The troubles.
const (
	LegalWarning  Trouble = "10 of 14 legal days are over"
	LegalAlarm    Trouble = "12 of 14 legal days are over"
	LegalOverdue  Trouble = "legal deadline is over"
	GoodsMissing  Trouble = "goods did not come back"
	PaymentFailed Trouble = "payment failed"
	PanelPaid     Trouble = "paid in Sendcloud's panel"
	PanelPaidToo  Trouble = "paid in Sendcloud's panel while we pay"
	NobodyCan     Trouble = "nobody in the policy may approve it"
	NotTold       Trouble = "the customer could not be told"
)

func (d Deed) String() string {
	switch {
	case d.Person != "":
		return fmt.Sprintf("%s %s", d.What, d.Person)
	case d.Trouble != "":
		return fmt.Sprintf("%s: %s", d.What, d.Trouble)
	}
	return string(d.What)
}

// says is what each mail says, in short.
var says = map[What]string{
	TellReceived: "we have your request", TellApproved: "it is approved", TellRejected: "it is rejected, and why",
	TellNeedsInfo: "a question", TellPaid: "it is paid",
	AskApproval: "please decide", Remind: "a reminder to decide", Escalate: "nobody has decided",
}

// Words is a mail as people say it: whom it goes to, and what it says. A deed without
// a Person names nobody.
func (d Deed) Words() string {
	switch {
	case d.What.ToCustomer():
		return "to the customer: " + says[d.What]
	case d.What.ToApprover() && d.Person != "":
		return "to " + d.Person + ": " + says[d.What]
	case d.What.ToApprover():
		return "to somebody who decides: " + says[d.What]
	}
	return d.String()
}

// todo puts a deed on the list.
func (r *Refund) todo(d Deed) {
	r.Deeds++
	d.Nr = r.Deeds
	r.Todo = append(r.Todo, d)
}

// tell has the customer told, if anybody knows where.
func (r *Refund) tell(what What, p Policy, now time.Time) {
	if r.Facts.Customer.Email == "" {
		r.write(p, now, "customer not told", "the rules", string(what)+": no source tells the mail address")
		return
	}
	r.todo(Deed{What: what})
}

// alert has operations told.
func (r *Refund) alert(t Trouble) { r.todo(Deed{What: TellOperations, Trouble: t}) }

// TakeTodo hands out what has to be done, once.
func (r *Refund) TakeTodo() []Deed {
	deeds := r.Todo
	r.Todo = nil
	return deeds
}

// MailState is what became of a mail.
type MailState string

// The states of a mail.
const (
	MailSending  MailState = "sending"
	MailAccepted MailState = "accepted"
	MailGivenUp  MailState = "given up"
)

// Mail is what became of one mail.
type Mail struct {
	Deed  Deed      `json:"deed"`
	State MailState `json:"state"`
	// Tries counts the posts. Unproven counts those that may have gone out
	// although no answer came: with more than 0 it may be there twice.
	Tries    int       `json:"tries,omitempty"`
	Unproven int       `json:"unproven,omitempty"`
	At       time.Time `json:"at"`
	// Why says why it was given up.
	Why string `json:"why,omitempty"`
}

// Patience is how long a deed is tried.
type Patience struct {
	// Mail is how long a mail that was not sent is tried again, Proof how long to
	// wait after a post whose outcome is unknown, and Unproven how many of those a
	// mail may have.
	Mail     time.Duration `json:"mail"`
	Proof    time.Duration `json:"proof"`
	Unproven int           `json:"unproven"`
	// Pay is how long the shop's endpoint is asked until operations are told.
	Pay time.Duration `json:"pay"`
}

// Name names a deed of the refund for good.
func (r *Refund) Name(d Deed) string { return r.Key() + "#" + strconv.Itoa(d.Nr) }
