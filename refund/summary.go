package refund

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"waybill/delivery"
)

// Summary is where a refund stands, in words, as the Temporal UI, the pages, the API and the
// command line show it. Times are absolute, so it does not grow old.
type Summary struct {
	// Turn says who has to act next, and Why why the rules do not decide alone.
	Turn string `json:"turn"`
	Why  string `json:"why,omitempty"`
	// Orders are the names of the orders that the refund waits for.
	Orders []string `json:"orders,omitempty"`
	// Attention says why it needs attention, and what to do about that.
	Attention string `json:"attention,omitempty"`
	// Next is what time will cause, Law the legal deadline. Both are empty when the refund
	// is over.
	Next string `json:"next,omitempty"`
	Law  string `json:"law,omitempty"`
}

// Summary says where the refund stands. able are the names of those who can decide now, if
// the caller has the policy.
func (r *Refund) Summary(able ...string) Summary {
	s := Summary{Turn: r.turn(able), Orders: r.waitsFor()}
	if r.Attention != "" {
		s.Attention = strings.TrimSpace(fmt.Sprintf("Needs attention: %s. %s", r.Attention, remedies[r.Attention]))
	}
	if r.State.Waiting() && len(r.Terms.Why) > 0 {
		s.Why = "A person decides because " + strings.Join(r.Terms.Why, "; ") + "."
	}
	if r.State.Terminal() {
		return s
	}
	if !r.Next.IsZero() {
		s.Next = fmt.Sprintf("If nothing happens, on %s: %s.", delivery.Moment(r.Next), r.rings())
	}
	s.Law = "The legal deadline is not running yet: neither the goods nor proof of posting has arrived."
	if due, ok := r.LegalDeadline(); ok {
		s.Law = fmt.Sprintf("The legal deadline for paying is %s.", delivery.Moment(due))
	}
	return s
}

func (r *Refund) turn(able []string) string {
	switch {
	case r.State == "" || r.State == Requested:
		return "Waybill loads the facts."
	case r.State.Waiting():
		return fmt.Sprintf("Waiting since %s for %s; %d of %d have approved.", delivery.Moment(r.Clock.Since), r.deciders(able), len(r.Approvals), r.Terms.Approvals)
	case r.State == NeedsInfo:
		return fmt.Sprintf("Waiting since %s for the customer to answer. The refund can be decided meanwhile.", delivery.Moment(r.Clock.AskedAt))
	case r.State == Approved && r.CanUndo():
		return fmt.Sprintf("Approved. %s can undo that until %s.", r.Approvals[len(r.Approvals)-1].By, delivery.Moment(r.Undoable.Until))
	case r.State == Approved:
		return "Waybill reserves the amount from what is left of the order."
	case r.State == AwaitingGoods:
		return fmt.Sprintf("Approved. Waiting since %s for the goods to come back.", delivery.Moment(r.Clock.ApprovedAt))
	case r.State == Paying:
		return "The shop's endpoint is asked to pay until it answers."
	case r.State == PayFailed && r.InDoubt:
		return "It is not known whether the shop's endpoint has paid. Operations: fix the cause, then pay again."
	case r.State == PayFailed:
		return "The payment failed. Operations: fix the cause, then pay again."
	case r.Unnotified():
		return "The customer could not be notified. Operations: fix the cause, then mail again. The refund stays open for 30 days after its end."
	}
	return "Nothing is left to do."
}

// deciders says whose decision is waited for.
func (r *Refund) deciders(able []string) string {
	switch {
	case r.Attention == NobodyCan:
		return "a decision, which no one in the policy may make"
	case r.Holder != "":
		return r.Holder + " to decide (others may decide too)"
	case len(able) > 0:
		return orList(able) + " to decide"
	}
	return "the " + string(cmp.Or(r.Role, Approver)) + "s to decide"
}

// orList is such as anna, ben or carla.
func orList(names []string) string {
	if len(names) == 1 {
		return names[0]
	}
	return strings.Join(names[:len(names)-1], ", ") + " or " + names[len(names)-1]
}

// Turn is who has to act next, in a word for lists.
func Turn(state State, role Role, holder string) string {
	switch {
	case state.Waiting() && holder != "":
		return fmt.Sprintf("%s (%s)", holder, role)
	case state.Waiting():
		return string(role)
	case state == NeedsInfo:
		return "customer"
	case state == PayFailed:
		return "operations"
	}
	return ""
}

// waitsFor are the orders that move the refund on.
func (r *Refund) waitsFor() (orders []string) {
	switch {
	case r.State.Waiting():
		orders = []string{"approve", "reject"}
	case r.State == NeedsInfo:
		orders = []string{"enter-answer", "approve", "reject"}
	case r.State == AwaitingGoods:
		orders = []string{"receive-goods"}
	case r.State == PayFailed:
		orders = []string{"pay-again"}
		if r.InDoubt {
			orders = append(orders, "confirm-unpaid")
		}
	}
	if r.Unnotified() {
		orders = append(orders, "retry-mail")
	}
	return orders
}

// remedies are what to do about each attention, where the state does not say it.
var remedies = map[Attention]string{
	PaymentInDoubt:     "Do not pay it by hand: the endpoint may have paid. If its books show that nothing was paid, a manager of the policy can confirm that.",
	PanelPaidToo:       "Compare what the panel and the shop's endpoint have paid: the customer may have it twice.",
	NobodyCan:          "Add a person who may approve it to the policy. They get the next reminder, and can decide at once.",
	NotReserved:        tallySilent,
	NotRecorded:        tallySilent,
	GoodsMissing:       "Ask the carrier or the customer where they are.",
	NotTold:            "Fix the cause, which is shown with the mail, then mail again.",
	CustomerNotReached: "Reach the customer in another way: this address takes no mail.",
}

const tallySilent = "A workflow that counts the refunds of the order, or reserves the return, does not answer: ask operations."

// rings says what happens at Next.
func (r *Refund) rings() string {
	due, runs := r.LegalDeadline()
	left := due.Sub(r.Next)
	switch {
	case r.CanUndo() && r.Next.Equal(r.Undoable.Until) && r.State == Approved:
		return "the amount is reserved, and then paid"
	case r.CanUndo() && r.Next.Equal(r.Undoable.Until):
		return "the first approval cannot be undone any more"
	case slices.ContainsFunc(r.Mails, func(m Mail) bool { return m.State == delivery.Waiting && m.NotBefore.Equal(r.Next) }):
		return "a mail is tried again"
	case runs && (left == 4*day || left == 2*day || left <= 0 && left%day == 0):
		return "operations are informed of the legal deadline"
	case r.State.Waiting() && r.Clock.Told < 2:
		return "those who were asked are reminded"
	case r.State.Waiting() && r.Clock.Told == 2:
		return "managers are asked, unless the policy approves an amount this small"
	case r.State.Waiting():
		return "managers are reminded by their daily digests"
	case r.State == Approved:
		return "operations are informed that the amount is not reserved"
	case r.State == NeedsInfo:
		return "people decide without an answer"
	}
	return "operations are informed that the goods are missing"
}

// Line is a fact with its name. Personal ones say who the customer is.
type Line struct {
	Label, Value string
	Personal     bool
}

type lines []Line

// add adds a line if its value is known.
func (l *lines) add(label, value string, known bool) {
	if known {
		*l = append(*l, Line{Label: label, Value: value})
	}
}

// must adds a line also if its value is not known.
func (l *lines) must(label, value string, known bool) {
	l.add(label, value, known)
	l.add(label, "not known", !known)
}

// FactLines are the facts that a decision rests on.
func (r *Refund) FactLines() []Line {
	f := r.Facts
	var l lines
	l.must("Amount", f.Amount.String(), f.Amount.Known())
	l.must("Order value", f.OrderValue.String(), f.OrderValue.Known())
	l.add("Other refunds of the order", f.Refunded.String(), f.Refunded.Known())
	l.must("Order number", f.OrderNumber, f.OrderNumber != "")
	l.must("Ordered", delivery.Moment(f.OrderedAt), !f.OrderedAt.IsZero())
	l.must("Customer", strings.TrimSpace(f.Customer.Name+" <"+f.Customer.Email+">"), f.Customer.Email != "")
	l[len(l)-1].Personal = f.Customer.Email != ""
	l.add("Country", f.Customer.Country, f.Customer.Country != "")
	if n := f.CustomerRefunds; n != nil {
		l.add("Earlier refunds of the customer", strconv.Itoa(*n), true)
	}
	if n := f.ShopToday; n != nil {
		l.add("Refunds approved by the rules in 24 hours", strconv.Itoa(*n), true)
	}
	l.add("Wants", f.Kind, f.Kind != "")
	l.add("Notice of withdrawal", delivery.Moment(f.NoticeAt), !f.NoticeAt.IsZero())
	l.add("Requested by", f.RequestedBy, f.RequestedBy != "")
	l.add("Reported by", string(f.Source), f.Source != "")
	l.add("Payment", r.Reference, r.Reference != "")
	return l
}

// ReasonWords is why the goods come back, as people say it; empty if it is not known.
func (f Facts) ReasonWords() string {
	reason := strings.ReplaceAll(string(f.Reason), "_", " ")
	if f.ReasonText != "" && !strings.EqualFold(f.ReasonText, reason) {
		reason = strings.TrimPrefix(reason+": "+f.ReasonText, ": ")
	}
	return reason
}

// EvidenceLines are what speaks for or against the refund.
func (r *Refund) EvidenceLines() []Line {
	f := r.Facts
	var l lines
	reason := f.ReasonWords()
	l.must("Reason", reason, reason != "")
	if f.Message != "" {
		l = append(l, Line{Label: "The customer wrote", Value: f.Message, Personal: true})
	}
	l = append(l, f.itemLines()...)
	l.add("We asked", r.Question, r.Question != "")
	l.add("The customer answered", r.Answer, r.Answer != "")
	l.add("Rejected because", r.Rejection, r.Rejection != "")
	l.add("Known to Sendcloud", "yes", f.Confirmed)
	l.add("Known to Sendcloud", "not as it was requested: the decision log says what was gathered", !f.Confirmed)
	panel := "no"
	if r.State == PaidElsewhere || r.Clock.PanelTold {
		panel = "yes"
	}
	l.must("Refunded in the panel", panel, f.PanelRead || panel == "yes")
	l.add("Parcel to the customer", strconv.FormatInt(f.OutgoingParcel, 10), f.OutgoingParcel != 0)
	l.add("Parcel back", strconv.FormatInt(f.IncomingParcel, 10), f.IncomingParcel != 0)
	l.add("Goods were sent", delivery.Moment(r.Clock.PostedAt), !r.Clock.PostedAt.IsZero())
	l.add("Goods came back", delivery.Moment(r.Clock.GoodsAt), !r.Clock.GoodsAt.IsZero())
	return l
}
