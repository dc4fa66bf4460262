package story

import (
	"regexp"
	"time"

	"waybill/refund"
)

// Kind is the kind of an event.
type Kind string

// The kinds.
const (
	Reported  Kind = "a source reports"
	Gathered  Kind = "the facts are gathered"
	Ordered   Kind = "a person gives an order"
	Reserved  Kind = "the reservation is answered"
	Another   Kind = "another refund of the order"
	Settled   Kind = "the endpoint answers"
	InPanel   Kind = "it is paid in the panel"
	Posted    Kind = "the goods are posted"
	GoodsBack Kind = "the goods are back"
	Later     Kind = "time passes"
)

// Happening is one event.
type Happening struct {
	Kind    Kind
	Facts   refund.Facts   // of Reported and Gathered
	Order   string         // of Ordered
	Input   refund.Input   // of Ordered
	Granted bool           // of Reserved
	Words   string         // why it was not Reserved, or nothing was Gathered
	Amount  refund.Money   // which Another refund reserves
	Payment refund.Payment // of Settled
	At      time.Time      // when the goods were Posted or came back
}

// happenings are all events that a story can have.
var happenings = []phrase[Happening]{
	{like(`later`), func(h *Happening, _ *parts) { h.Kind = Later }},
	{like(`(return_created|refund_requested|reconciliation)(?:: (.+))?`), func(h *Happening, p *parts) {
		h.Kind, h.Facts = Reported, p.facts(refund.Facts{Source: refund.Source(p.words[1])}, 2)
	}},
	{like(`(\S+) requests it(?:: (.+))?`), func(h *Happening, p *parts) {
		h.Kind, h.Facts = Reported, p.facts(refund.Facts{Source: refund.FromPerson, RequestedBy: p.words[1]}, 2)
	}},
	{like(`gathered nothing: (.+)`), func(h *Happening, p *parts) { h.Kind, h.Words = Gathered, p.words[1] }},
	{like(`gathered: (.+)`), func(h *Happening, p *parts) { h.Kind, h.Facts = Gathered, p.facts(usually(p.now), 1) }},
	{like(`reserved`), func(h *Happening, _ *parts) { h.Kind, h.Granted = Reserved, true }},
	{like(`not reserved: (.+)`), func(h *Happening, p *parts) { h.Kind, h.Words = Reserved, p.words[1] }},
	{like(`another refund of (.+)`), func(h *Happening, p *parts) { h.Kind, h.Amount = Another, p.money(1) }},
	{like(`paid in the panel`), func(h *Happening, _ *parts) { h.Kind = InPanel }},
	{like(`(paid|paid before) as (\S+)`), func(h *Happening, p *parts) {
		h.Kind, h.Payment = Settled, refund.Payment{Outcome: refund.Outcome(p.words[1]), Reference: p.words[2]}
	}},
	{like(`payment (refused|unanswered): (.+)`), func(h *Happening, p *parts) {
		h.Kind, h.Payment = Settled, refund.Payment{Outcome: refund.Outcome(p.words[1]), Why: p.words[2]}
	}},
	{like(`goods posted(?: (\d{1,4}) days ago)?`), func(h *Happening, p *parts) { h.Kind, h.At = Posted, p.ago(1) }},
	{like(`goods back(?: (\d{1,4}) days ago)?`), func(h *Happening, p *parts) { h.Kind, h.At = GoodsBack, p.ago(1) }},
	{like(`(\S+|the customer)(?: by link (\S+))?: ` + oneOf(orderNames()) + `((?: [A-Za-z]+ (?:"[^"]*"|\S+))*)`), readOrder},
}

// orderNames are the names of all orders.
func orderNames() (names []string) {
	for _, o := range refund.Orders() {
		names = append(names, o.Name)
	}
	return names
}

var field = regexp.MustCompile(` ([A-Za-z]+) (?:"([^"]*)"|(\S+))`)

// readOrder reads "anna by link a1: approve amount 60.00".
func readOrder(h *Happening, p *parts) {
	h.Kind, h.Order, h.Input.Said = Ordered, p.words[3], refund.Said{By: p.words[1], Link: p.words[2]}
	if h.Input.Link != "" {
		h.Input.Via = refund.ViaLink
	}
	for _, given := range field.FindAllStringSubmatch(p.words[4], -1) {
		if h.Input.Fields == nil {
			h.Input.Fields = map[string]string{}
		}
		h.Input.Fields[given[1]] = given[2] + given[3]
	}
}
