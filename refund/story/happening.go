package story

import (
	"fmt"
	"regexp"
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
	// Decided is what a person says to it: Decision.
	Decided Kind = "a person decides"
	// Asked is a question to the customer: Said, Words. Answered is its answer.
	Asked    Kind = "a person asks the customer"
	Answered Kind = "the customer answers"
	// Withdrawn is the customer's own end: Said.
	Withdrawn Kind = "the customer withdraws"
	// Reassigned has another person asked: Said, To.
	Reassigned Kind = "a person gives it to another"
	// PaidAgain and HadGoods are orders: Said.
	PaidAgain Kind = "a person has it paid again"
	HadGoods  Kind = "a person has the goods"
	// Claimed is the answer to a claim: Granted, Words for why not.
	Claimed Kind = "a claim is answered"
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
	Kind     Kind
	Facts    refund.Facts
	Said     refund.Said
	Decision refund.Decision
	Words    string
	To       string
	Granted  bool
	Amount   refund.Money
	Payment  refund.Payment
	At       time.Time
}

// Customer says who the customer of a story is.
func Customer() refund.Customer {
	return refund.Customer{Name: "Jane Doe", Email: "jane.doe@example.com", Country: "NL"}
}

// customer is who says what the customer says.
const customer = "the customer"

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
	{like(`(\S+) approves(?: ([A-Z]{3} [0-9.]+))?(?: of ([A-Z]{3} [0-9.]+))?(?: for (\S+@\S+))?(?: by link (\S+))?`), readApproval},
	{like(`(\S+) rejects(?: by link (\S+))?: (.+)`), func(part []string, _ time.Time) (Happening, error) {
		return Happening{Kind: Decided, Decision: refund.Decision{Said: by(part[0], part[1]), Why: part[2]}}, nil
	}},
	{like(`(\S+) asks(?: by link (\S+))?: (.+)`), func(part []string, _ time.Time) (Happening, error) {
		return Happening{Kind: Asked, Said: by(part[0], part[1]), Words: part[2]}, nil
	}},
	{like(`the customer answers: (.+)`), func(part []string, _ time.Time) (Happening, error) {
		return Happening{Kind: Answered, Said: refund.Said{By: customer}, Words: part[0]}, nil
	}},
	{like(`the customer withdraws`), func([]string, time.Time) (Happening, error) {
		return Happening{Kind: Withdrawn, Said: refund.Said{By: customer}}, nil
	}},
	{like(`(\S+) gives it to (\S+)`), func(part []string, _ time.Time) (Happening, error) {
		return Happening{Kind: Reassigned, Said: by(part[0], ""), To: part[1]}, nil
	}},
	{like(`(\S+) pays again`), func(part []string, _ time.Time) (Happening, error) {
		return Happening{Kind: PaidAgain, Said: by(part[0], "")}, nil
	}},
	{like(`(\S+) has the goods`), func(part []string, _ time.Time) (Happening, error) {
		return Happening{Kind: HadGoods, Said: by(part[0], "")}, nil
	}},
	{like(`claim granted`), func([]string, time.Time) (Happening, error) { return Happening{Kind: Claimed, Granted: true}, nil }},
	{like(`claim refused: (.+)`), func(part []string, _ time.Time) (Happening, error) {
		return Happening{Kind: Claimed, Words: part[0]}, nil
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

func by(name, link string) refund.Said {
	if link == "" {
		return refund.Said{By: name}
	}
	return refund.Said{By: name, Via: refund.ViaLink, Link: link}
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

func readApproval(part []string, _ time.Time) (Happening, error) {
	h := Happening{Kind: Decided, Decision: refund.Decision{
		Said: by(part[0], part[4]), Approve: true, Customer: refund.Customer{Email: part[3]},
	}}
	var err error
	if part[1] != "" {
		if h.Decision.Amount, err = money(part[1]); err != nil {
			return h, err
		}
	}
	if part[2] != "" {
		h.Decision.OrderValue, err = money(part[2])
	}
	return h, err
}
