package refund

import (
	"fmt"
	"slices"
	"time"

	"waybill/delivery"
	"waybill/words"
)

// Order is one thing that people can have a refund do. From its row in [Orders] follow the
// Update and the Signal of the workflow, the form on the pages, the path and the fields of
// the API, the command, the line of a story, and the reference in docs/refunds-api.md.
type Order struct {
	// Name is in kebab case. What the order is called and what it does stands in the files of words,
	// under that name. Logged stands in the decision log.
	Name, Logged string
	Fields       []Field

	// ByLink orders can also be given with a mailed link, Unproven ones also without proof of
	// who gives them. AfterEnd orders can make sense when the refund is over. Final orders
	// cannot be taken back. Rare ones are folded on the pages. Several can be given to several
	// refunds at once.
	ByLink, Unproven, AfterEnd, Final, Rare, Several bool

	// fits reports whether the order makes sense where the refund stands. may says why a person may
	// not give it; the fields can still be empty. do carries it out.
	fits func(r *Refund) bool
	may  func(r *Refund, person Person, in values, p Policy) error
	do   func(r *Refund, in values, p Policy, now time.Time)
}

// Orders are all orders, in the order in which they are offered.
func Orders() []Order { return slices.Clone(orders) }

// The names of orders that rules ask for.
const (
	approve      = "approve"
	undoApproval = "undo-approval"

	// mailedAgain is how the decision log begins a line about a mail that is sent again.
	mailedAgain = "mailed again"
)

var orders = []Order{
	{
		Name: "pay-again", Logged: "payment tried again",
		fits: inState(PayFailed), may: mayPayAgain, do: (*Refund).payAgain,
	},
	{
		Name: "confirm-unpaid", Logged: "confirmed as not paid",
		Fields: []Field{evidenceField},
		fits:   func(r *Refund) bool { return r.InDoubt && (r.State == PayFailed || r.Undecided()) },
		may:    mayConfirmUnpaid, do: (*Refund).confirmUnpaid,
	},
	{
		Name: "retry-mail", Logged: mailedAgain,
		AfterEnd: true, fits: (*Refund).Unnotified, do: (*Refund).retryMail,
	},
	{
		Name: approve, Logged: "approved", ByLink: true, Several: true,
		Fields: []Field{amountField, orderValueField, currencyField, emailField, nameField, countryField, remarkField},
		fits:   (*Refund).Undecided, may: mayApprove, do: (*Refund).approveBy,
	},
	{
		Name: undoApproval, Logged: "approval undone", ByLink: true,
		fits: (*Refund).CanUndo, may: mayUndo, do: (*Refund).undo,
	},
	{
		Name: "reject", Logged: "rejected", ByLink: true, Final: true, Several: true,
		Fields: []Field{reasonField},
		fits:   func(r *Refund) bool { return r.Undecided() || r.State == AwaitingGoods || r.State == PayFailed }, may: mayReject, do: (*Refund).reject,
	},
	{
		Name: "ask-customer", Logged: "asked the customer", ByLink: true, Unproven: true,
		Fields: []Field{questionField},
		fits:   inState(AwaitingApproval, AwaitingSecond), may: mayAsk, do: (*Refund).askCustomer,
	},
	{
		Name: "enter-answer", Logged: answerLogged,
		Fields: []Field{answerField},
		fits:   inState(NeedsInfo), do: (*Refund).enterAnswer,
	},
	{
		Name: "receive-goods", Logged: "goods back", Rare: true,
		fits: func(r *Refund) bool { return r.Clock.GoodsAt.IsZero() }, do: (*Refund).receiveGoods,
	},
	{
		Name: "reassign", Logged: "given to", Unproven: true, Rare: true, Several: true,
		Fields: []Field{toField},
		fits:   inState(AwaitingApproval, AwaitingSecond), may: mayReassign, do: (*Refund).reassign,
	},
	{
		Name: "note", Logged: "noted", Unproven: true, AfterEnd: true, Rare: true,
		Fields: []Field{noteField},
		fits:   func(r *Refund) bool { return !r.State.Terminal() || r.Unnotified() }, do: (*Refund).note,
	},
	{
		Name: "withdraw", Logged: "withdrawn", Final: true, Rare: true,
		fits: func(r *Refund) bool { return !r.State.Terminal() }, may: mayWithdraw, do: (*Refund).withdraw,
	},
}

// answerLogged is what the decision log calls an answer of the customer.
const answerLogged = "answered"

// The fields of the orders.
var (
	amountField = Field{
		Name: "amount", Kind: KindAmount, Example: "80.00",
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
		Name: "orderValue", Kind: KindAmount, Example: "120.00",
		Need: func(r *Refund) Need {
			if r.Facts.OrderValue.Known() {
				return Optional
			}
			return Required
		},
	}
	currencyField = Field{
		Name: "currency", Kind: KindCurrency, Example: "EUR",
		Need: missing(Required, knownCurrency),
	}
	emailField = Field{
		Name: "customerEmail", Kind: KindAddress, Example: "jane@example.com", Need: missing(Optional, knownEmail), Known: knownEmail, customer: true,
	}
	nameField = Field{
		Name: "customerName", Kind: KindName, Example: "Jane Doe",
		Need: missing(Optional, knownName), Known: knownName, customer: true,
	}
	countryField = Field{
		Name: "customerCountry", Kind: KindCountry, Example: "NL",
		Need: missing(Optional, knownCountry), Known: knownCountry, customer: true,
	}
	remarkField = Field{Name: "why", Called: "remark", Kind: KindWords, Example: "without the gift card"}
	reasonField = Field{
		Name: "why", Called: "reason", bare: true, Kind: KindWords, Example: "The shoes were worn outside.", Required: true, CustomerReads: true,
	}
	evidenceField = Field{
		Name: "why", Called: "evidence", Kind: KindWords, Example: "The key is not among the payouts.", Required: true,
	}
	questionField = Field{
		Name: "question", bare: true, Kind: KindWords, Example: "Which of the two shirts are you sending back?", Required: true, CustomerReads: true,
	}
	answerField = Field{Name: "answer", Kind: KindWords, Example: "The blue one.", Required: true}
	noteField   = Field{Name: "text", bare: true, Kind: KindWords, Example: "The customer called: the parcel is at the post office.", Required: true}
	toField     = Field{Name: "to", Kind: KindPerson, Example: "ben", Required: true}
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

func (o Order) say(what string) *words.Text {
	if o.Name == "" {
		return nil
	}
	return words.Say("refund_order." + o.Name + "." + what)
}

// Label is on its button.
func (o Order) Label() *words.Text { return o.say("label") }

// Does says what the order does to any refund.
func (o Order) Does() *words.Text { return o.DoesTo(nil, Policy{}) }

// DoesTo says what the order does to a refund, without what does not apply to it.
func (o Order) DoesTo(r *Refund, p Policy) *words.Text {
	switch {
	case o.Name == approve:
		return words.Say("all", "All", o.approves(r, p))
	case o.Name == undoApproval && r == nil:
		return o.say("does").With("Span", "as long as refunds.undo in the policy says")
	case o.Name == undoApproval:
		return o.say("does").With("Span", words.Exactly(p.Undo))
	}
	return o.say("does")
}

// approves says what an approval does.
func (o Order) approves(r *Refund, p Policy) (all words.Sentences) {
	say := func(is bool, key string, pairs ...any) {
		if is {
			all = append(all, words.Say("refund_order.approve.does."+key, pairs...))
		}
	}
	say(true, "always")
	if r == nil || !r.Facts.Amount.Known() {
		say(true, "large")
	} else {
		last, undo := len(r.Approvals)+1 >= p.approvals(r.Facts.Amount), p.Undo > 0
		goods := p.GoodsFirst && r.Clock.GoodsAt.IsZero()
		say(!last, "second")
		say(undo, "undo", "Span", words.Exactly(p.Undo))
		say(last && goods, "goods")
		say(last && !goods && undo, "afterwards")
		say(last && !goods && !undo, "at_once")
	}
	needs := func(need Need) func(Field) bool { return func(f Field) bool { return f.NeedOf(r) == need } }
	say(r == nil || slices.ContainsFunc(o.Fields, needs(Required)), "missing")
	say(needs(Optional)(amountField), "less")
	return all
}

// Done answers the person who gave it; nil if there is no order.
func (o Order) Done() *words.Text { return o.say("done") }

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
