package story

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"waybill/refund"
)

// Kind is what kind of thing happens.
type Kind string

// The kinds, each with the fields of a [Happening] that belong to it.
const (
	// Reported is what a source tells: Facts.
	Reported Kind = "a source tells"
	// Gathered is what Sendcloud's API and the tallies know: Facts, or Words for
	// why they could not be asked.
	Gathered Kind = "the facts are gathered"
	// Ordered is an order that a person gives: Order, Input.
	Ordered Kind = "a person gives an order"
	// Reserved is whether the amount was reserved: Granted, Words for why not.
	Reserved Kind = "the reservation is answered"
	// Another is another refund of the same order, which takes an amount: Amount.
	Another Kind = "another refund of the order"
	// Settled is what the shop's endpoint answers: Payment.
	Settled Kind = "the endpoint answers"
	// InPanel is a payment in Sendcloud's panel.
	InPanel Kind = "it is paid in the panel"
	// Posted and GoodsBack are what is known of the goods: At.
	Posted    Kind = "the goods are posted"
	GoodsBack Kind = "the goods are back"
	// Later is nothing but time.
	Later Kind = "time passes"
)

// Happening is one thing that happens. Its Kind says which fields count.
type Happening struct {
	Kind    Kind
	Facts   refund.Facts
	Order   string
	Input   refund.Input
	Words   string
	Granted bool
	Amount  refund.Money
	Payment refund.Payment
	At      time.Time
}

// Customer says who the customer of a story is.
func Customer() refund.Customer {
	return refund.Customer{Name: "Jane Doe", Email: "jane.doe@example.com", Country: "NL"}
}

// form is one way in which a story says that something happens.
type form struct {
	words *regexp.Regexp
	read  func(part []string, now time.Time) (Happening, error)
}

// forms are all ways. A part that is missing is empty.
var forms = []form{
	{like(`later`), func([]string, time.Time) (Happening, error) { return Happening{Kind: Later}, nil }},
	{like(`(return_created|refund_requested|reconciliation)(?:: (.+))?`), readReported},
	{like(`(\S+) requests it(?:: (.+))?`), readRequested},
	{like(`gathered nothing: (.+)`), func(part []string, _ time.Time) (Happening, error) {
		return Happening{Kind: Gathered, Words: part[0]}, nil
	}},
	{like(`gathered: (.+)`), readGathered},
	{like(`reserved`), func([]string, time.Time) (Happening, error) { return Happening{Kind: Reserved, Granted: true}, nil }},
	{like(`not reserved: (.+)`), func(part []string, _ time.Time) (Happening, error) {
		return Happening{Kind: Reserved, Words: part[0]}, nil
	}},
	{like(`another refund of (.+)`), func(part []string, _ time.Time) (Happening, error) {
		amount, err := money(part[0])
		return Happening{Kind: Another, Amount: amount}, err
	}},
	{like(`paid in the panel`), func([]string, time.Time) (Happening, error) { return Happening{Kind: InPanel}, nil }},
	{like(`(paid|paid before) as (\S+)`), func(part []string, _ time.Time) (Happening, error) {
		return Happening{Kind: Settled, Payment: refund.Payment{Outcome: refund.Outcome(part[0]), Reference: part[1]}}, nil
	}},
	{like(`payment (refused|unanswered): (.+)`), func(part []string, _ time.Time) (Happening, error) {
		return Happening{Kind: Settled, Payment: refund.Payment{Outcome: refund.Outcome(part[0]), Why: part[1]}}, nil
	}},
	{like(`goods posted(?: (\d{1,4}) days ago)?`), func(part []string, now time.Time) (Happening, error) {
		return Happening{Kind: Posted, At: ago(part[0], now)}, nil
	}},
	{like(`goods back(?: (\d{1,4}) days ago)?`), func(part []string, now time.Time) (Happening, error) {
		return Happening{Kind: GoodsBack, At: ago(part[0], now)}, nil
	}},
	{like(`(\S+|the customer)(?: by link (\S+))?: (` + strings.Join(orderNames(), "|") + `)((?: [A-Za-z]+ (?:"[^"]*"|\S+))*)`), readOrder},
}

func like(words string) *regexp.Regexp { return regexp.MustCompile(`^` + words + `$`) }

func readHappening(text string, now time.Time) (Happening, error) {
	for _, f := range forms {
		if part := f.words.FindStringSubmatch(text); part != nil {
			return f.read(part[1:], now)
		}
	}
	return Happening{}, fmt.Errorf("%q is nothing that happens", text)
}

func readReported(part []string, now time.Time) (Happening, error) {
	f, err := readFacts(refund.Facts{Source: refund.Source(part[0])}, part[1], now)
	return Happening{Kind: Reported, Facts: f}, err
}

func readRequested(part []string, now time.Time) (Happening, error) {
	f, err := readFacts(refund.Facts{Source: refund.FromPerson, RequestedBy: part[0]}, part[1], now)
	return Happening{Kind: Reported, Facts: f}, err
}

func readGathered(part []string, now time.Time) (Happening, error) {
	f, err := readFacts(usually(now), part[0], now)
	return Happening{Kind: Gathered, Facts: f}, err
}

// orderNames are the names of all orders.
func orderNames() []string {
	var names []string
	for _, o := range refund.Orders() {
		names = append(names, o.Name)
	}
	return names
}

var field = regexp.MustCompile(` ([A-Za-z]+) (?:"([^"]*)"|(\S+))`)

// readOrder reads "anna by link a1: approve amount 60.00".
func readOrder(part []string, _ time.Time) (Happening, error) {
	h := Happening{Kind: Ordered, Order: part[2], Input: refund.Input{Said: refund.Said{By: part[0], Link: part[1]}}}
	if part[1] != "" {
		h.Input.Via = refund.ViaLink
	}
	for _, given := range field.FindAllStringSubmatch(part[3], -1) {
		if h.Input.Fields == nil {
			h.Input.Fields = map[string]string{}
		}
		h.Input.Fields[given[1]] = given[2] + given[3]
	}
	return h, nil
}
