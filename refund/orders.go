package refund

import (
	"fmt"
	"slices"
	"time"

	"waybill/delivery"
)

// Order is one thing that people can have a refund do. From its row in [Orders] follow the
// Update and the Signal of the workflow, the form on the pages, the path and the fields of
// the API, the command, the line of a story, and the reference in docs/refunds-api.md.
type Order struct {
	// Name is in kebab case.
	Name string
	// Label is on its button, Does says what it does, Done answers the person who gave it,
	// Logged stands in the decision log.
	Label, Does, Done, Logged string
	Fields                    []Field

	// ByLink orders can also be given with a mailed link, Unproven ones also without proof of
	// who gives them. AfterEnd orders can make sense when the refund is over. Final orders
	// cannot be taken back. Rare ones are folded on the pages. Several can be given to several
	// refunds at once.
	ByLink, Unproven, AfterEnd, Final, Rare, Several bool

	// fits reports whether the order makes sense where the refund stands; unfit says why it
	// does not. may says why a person may not give it; the fields can still be empty. do
	// carries it out.
	fits  func(r *Refund) bool
	unfit string
	may   func(r *Refund, person Person, in values, p Policy) error
	do    func(r *Refund, in values, p Policy, now time.Time)
}

// Orders are all orders, in the order in which they are offered.
func Orders() []Order { return slices.Clone(orders) }

// The names of orders that rules ask for.
const (
	approve      = "approve"
	undoApproval = "undo-approval"
)

var orders = []Order{
	{
		Name: "pay-again", Label: "Pay again", Logged: "payment tried again", Done: "The shop's endpoint is asked once more.",
		Does: "Asks the shop's endpoint to pay once more after a payment that failed, under the same key: nothing is paid twice.",
		fits: inState(PayFailed), unfit: "no payment has failed", may: mayPayAgain, do: (*Refund).payAgain,
	},
	{
		Name: "confirm-unpaid", Label: "I have checked: not paid", Logged: "confirmed as not paid", Done: "It is noted that nothing was paid.",
		Does:   "Ends the doubt about a payment. A manager has looked in the books of the shop's endpoint, and nothing was paid under the refund's key. It can then be rejected or paid again.",
		Fields: []Field{evidenceField},
		fits:   func(r *Refund) bool { return r.InDoubt && (r.State == PayFailed || r.Undecided()) }, unfit: "no payment is in doubt",
		may: mayConfirmUnpaid, do: (*Refund).confirmUnpaid,
	},
	{
		Name: "retry-mail", Label: "Mail the customer again", Logged: "mailed again", Done: "The customer is mailed again.",
		Does:     "Sends the last mail to the customer again if it failed and what it says still holds. Possible for 30 days after the end of the refund.",
		AfterEnd: true, fits: (*Refund).Unnotified, unfit: "there is no failed mail worth sending again", do: (*Refund).retryMail,
	},
	{
		Name: approve, Label: "Approve", Logged: "approved", Done: "You approved it.", ByLink: true, Several: true,
		Does:   "Approves the refund. A large amount needs two people. Enter the facts that are missing. A smaller amount refunds only that much.",
		Fields: []Field{amountField, orderValueField, currencyField, emailField, nameField, countryField, remarkField},
		fits:   (*Refund).Undecided, unfit: "there is nothing to approve", may: mayApprove, do: (*Refund).approveBy,
	},
	{
		Name: undoApproval, Label: "Undo the approval", Logged: "approval undone", Done: "Your approval is undone. Nothing was paid, and the customer was not told.", ByLink: true,
		Does: "Takes your approval back. Possible for 2 minutes (refunds.undo): until then nothing is reserved or paid, and the customer is not told.",
		fits: (*Refund).CanUndo, unfit: "there is no approval that can be undone any more", may: mayUndo, do: (*Refund).undo,
	},
	{
		Name: "reject", Label: "Reject", Logged: "rejected", Done: "You rejected it, and the customer is told why.", ByLink: true, Final: true, Several: true,
		Does:   "Rejects the refund, which ends it. The customer is told why.",
		Fields: []Field{reasonField},
		fits:   func(r *Refund) bool { return r.Undecided() || r.State == AwaitingGoods || r.State == PayFailed },
		unfit:  "it cannot be rejected", may: mayReject, do: (*Refund).reject,
	},
	{
		Name: "ask-customer", Label: "Ask the customer", Logged: "asked the customer", ByLink: true, Unproven: true,
		Done:   "You asked the customer. The refund waits for the answer.",
		Does:   "Mails the customer a question. The refund waits for the answer, and can be decided meanwhile.",
		Fields: []Field{questionField},
		fits:   inState(AwaitingApproval, AwaitingSecond), unfit: "the customer can be asked only while a decision is due", may: mayAsk, do: (*Refund).askCustomer,
	},
	{
		Name: "enter-answer", Label: "Enter the customer's answer", Logged: "answered", Done: "The answer is noted.",
		Does:   "Notes what the customer answered by telephone or mail. The refund then waits for a decision again.",
		Fields: []Field{answerField},
		fits:   inState(NeedsInfo), unfit: "no question is open", do: (*Refund).enterAnswer,
	},
	{
		Name: "receive-goods", Label: "The goods are back", Logged: "goods back", Done: "It is noted that the goods are back.", Rare: true,
		Does: "Notes that the shop has the goods, if no scan says so. A refund that waits for them is then paid.",
		fits: func(r *Refund) bool { return r.Clock.GoodsAt.IsZero() }, unfit: "the goods are back already", do: (*Refund).receiveGoods,
	},
	{
		Name: "reassign", Label: "Ask another person", Logged: "given to", Done: "Another person is asked now.", Unproven: true, Rare: true, Several: true,
		Does:   "Asks one person of the policy for the decision, and reminds them from now on. Others may still decide.",
		Fields: []Field{toField},
		fits:   inState(AwaitingApproval, AwaitingSecond), unfit: "no decision is due", may: mayReassign, do: (*Refund).reassign,
	},
	{
		Name: "note", Label: "Add a note", Logged: "noted", Done: "Your note stands in the decision log.", Unproven: true, AfterEnd: true, Rare: true,
		Does:   "Writes a note into the decision log. Nothing else changes. The customer does not see it.",
		Fields: []Field{noteField},
		fits:   func(r *Refund) bool { return !r.State.Terminal() || r.Unnotified() }, unfit: "its decision log is closed", do: (*Refund).note,
	},
	{
		Name: "withdraw", Label: "Withdraw it for the customer", Logged: "withdrawn", Done: "The refund is withdrawn, and the customer is told.", Final: true, Rare: true,
		Does: "Ends the refund, because the customer does not want it any more, and tells the customer. Possible until it is being paid. Only a manager can withdraw a refund that was approved.",
		fits: func(r *Refund) bool { return !r.State.Terminal() }, may: mayWithdraw, do: (*Refund).withdraw,
	},
}

// The fields of the orders.
var (
	amountField = Field{
		Name: "amount", Kind: KindAmount, Label: "Amount", Example: "80.00", Help: "What to refund. Leave it empty to refund what was requested.",
		Need: func(r *Refund) Need {
			switch {
			case !r.Facts.Amount.Known():
				return Required
			case len(r.Approvals) > 0:
				return Unasked
			}
			return Optional
		},
	}
	orderValueField = Field{
		Name: "orderValue", Kind: KindAmount, Label: "Order value", Example: "120.00", Help: "What the order cost. A manager can correct it.",
		Need: func(r *Refund) Need {
			if r.Facts.OrderValue.Known() {
				return Optional
			}
			return Required
		},
	}
	currencyField = Field{
		Name: "currency", Kind: KindCurrency, Label: "Currency", Example: "EUR", Help: "Three letters, such as EUR.",
		Need: missing(Required, knownCurrency),
	}
	emailField = Field{
		Name: "customerEmail", Kind: KindAddress, Label: "Customer's mail address", Example: "jane@example.com",
		Help: "It is not known. Without one, the customer gets no mails.", Need: missing(Optional, knownEmail), Known: knownEmail,
	}
	nameField = Field{
		Name: "customerName", Kind: KindName, Label: "Customer's name", Example: "Jane Doe", Help: "The name that mails use.",
		Need: missing(Optional, knownName), Known: knownName,
	}
	countryField = Field{
		Name: "customerCountry", Kind: KindCountry, Label: "Customer's country", Example: "NL", Help: "Two letters, such as NL. The mails are in its language.",
		Need: missing(Optional, knownCountry), Known: knownCountry,
	}
	remarkField = Field{Name: "why", Kind: KindWords, Label: "Remark", Example: "without the gift card", Help: "For the decision log. The customer does not read it."}
	reasonField = Field{
		Name: "why", Kind: KindWords, Label: "Reason", Example: "The shoes were worn outside.", Required: true, CustomerReads: true,
	}
	evidenceField = Field{
		Name: "why", Kind: KindWords, Label: "Evidence", Example: "The key is not among the payouts.", Help: "What you looked at. The customer does not read it.", Required: true,
	}
	questionField = Field{
		Name: "question", Kind: KindWords, Label: "Question", Example: "Which of the two shirts are you sending back?", Required: true, CustomerReads: true,
	}
	answerField = Field{Name: "answer", Kind: KindWords, Label: "Answer", Example: "The blue one.", Help: "What the customer answered.", Required: true}
	noteField   = Field{Name: "text", Kind: KindWords, Label: "Note", Example: "The customer called: the parcel is at the post office.", Required: true}
	toField     = Field{Name: "to", Kind: KindPerson, Label: "Person", Example: "ben", Help: "Who is asked from now on, by their name in the policy.", Required: true}
)

func knownCurrency(f Facts) (string, bool) { return f.CurrencyCode(), f.CurrencyCode() != "" }

// A customer is known as a whole, by the mail address.
func knownEmail(f Facts) (string, bool)   { return f.Customer.Email, f.Customer.Email != "" }
func knownName(f Facts) (string, bool)    { return f.Customer.Name, f.Customer.Email != "" }
func knownCountry(f Facts) (string, bool) { return f.Customer.Country, f.Customer.Email != "" }

// missing has a field asked for only if its value is not known.
func missing(need Need, known func(Facts) (string, bool)) func(*Refund) Need {
	return func(r *Refund) Need {
		if _, is := known(r.Facts); is {
			return Unasked
		}
		return need
	}
}

// inState reports whether the refund is in one of some states.
func inState(states ...State) func(*Refund) bool {
	return func(r *Refund) bool { return slices.Contains(states, r.State) }
}

// OrderNamed finds an order by its name.
func OrderNamed(name string) (Order, bool) {
	return find(orders, func(o Order) bool { return o.Name == name })
}

// Field finds one of its fields by name.
func (o Order) Field(name string) (Field, bool) {
	return find(o.Fields, func(f Field) bool { return f.Name == name })
}

// UpdateName names its Update and its Signal: RetryMail for retry-mail.
func (o Order) UpdateName() string { return delivery.UpdateName(o.Name) }

// Example is a possible [Input] as JSON.
func (o Order) Example() string {
	example := `{"by": "anna"`
	for _, f := range o.Fields {
		if f.Required {
			example += fmt.Sprintf(", %q: %q", f.Name, f.Example)
		}
	}
	return example + "}"
}
