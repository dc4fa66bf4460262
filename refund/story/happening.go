package story

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"waybill/refund"
)

// Kind is the kind of an event.
type Kind string

// The kinds.
const (
	Reported  Kind = "a source reports"
	Gathered  Kind = "the facts are gathered"
	NotOurs   Kind = "another integration has the return"
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
	{like(`gathered: another integration's return`), func(h *Happening, _ *parts) { h.Kind = NotOurs }},
	{like(`gathered: (.+)`), func(h *Happening, p *parts) { h.Kind, h.Facts = Gathered, p.facts(usually(p.now), 1) }},
	{like(`reserved`), func(h *Happening, _ *parts) { h.Kind, h.Granted = Reserved, true }},
	{like(`not reserved: (.+)`), func(h *Happening, p *parts) { h.Kind, h.Words = Reserved, p.words[1] }},
	{like(`another refund of (.+)`), func(h *Happening, p *parts) { h.Kind, h.Amount = Another, p.money(1) }},
	{like(`paid in the panel`), func(h *Happening, _ *parts) { h.Kind = InPanel }},
	{like(`(paid|paid before) as (\S+)`), func(h *Happening, p *parts) {
		h.Kind, h.Payment = Settled, refund.Payment{Outcome: refund.Outcome(p.words[1]), Reference: p.words[2]}
	}},
	{like(`payment (refused|in doubt): (.+)`), func(h *Happening, p *parts) {
		h.Kind, h.Payment = Settled, refund.Payment{Outcome: refund.Outcome(p.words[1]), Why: p.words[2]}
	}},
	{like(`goods posted(?: (\d{1,4}) days ago)?`), func(h *Happening, p *parts) { h.Kind, h.At = Posted, p.ago() }},
	{like(`goods back(?: (\d{1,4}) days ago)?`), func(h *Happening, p *parts) { h.Kind, h.At = GoodsBack, p.ago() }},
	{like(`(\S+)(?: by link (\S+)| (unproven))?: ` + oneOf(orderNames()) + `((?: [A-Za-z]+ (?:"[^"]*"|\S+))*)`), readOrder},
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
	h.Kind, h.Order, h.Input.Said = Ordered, p.words[4], refund.Said{By: p.words[1], Link: p.words[2], Via: refund.ViaPage}
	switch {
	case p.words[3] != "":
		h.Input.Via = ""
	case h.Input.Link != "":
		h.Input.Via = refund.ViaLink
	}
	for _, given := range field.FindAllStringSubmatch(p.words[5], -1) {
		if h.Input.Fields == nil {
			h.Input.Fields = map[string]string{}
		}
		h.Input.Fields[given[1]] = given[2] + given[3]
	}
}

// The parcels of a story.
const (
	OutgoingParcel int64 = 364000001
	IncomingParcel int64 = 364000002
)

// usually are the facts that are gathered unless a story says otherwise: all but the amounts.
func usually(now time.Time) refund.Facts {
	return refund.Facts{
		Kind: "money", Reason: refund.ChangedMind, OrderNumber: "1001", OrderedAt: now.AddDate(0, 0, -5),
		Customer:       refund.Customer{Name: "Jane Doe", Email: "jane.doe@example.com", Country: "NL"},
		OutgoingParcel: OutgoingParcel, IncomingParcel: IncomingParcel, CustomerRefunds: new(int), ShopToday: new(int),
		Confirmed: true, PanelRead: true,
	}
}

const amount = `([A-Z]{3} [0-9.]+)`

// facts are all facts that a story can say.
var facts = []phrase[refund.Facts]{
	{like(amount), func(f *refund.Facts, p *parts) { f.Amount = p.money(1) }},
	{like(amount + ` of ` + amount), func(f *refund.Facts, p *parts) { f.Amount, f.OrderValue = p.money(1), p.money(2) }},
	{like(`of ` + amount), func(f *refund.Facts, p *parts) { f.OrderValue = p.money(1) }},
	{like(`no amount`), func(f *refund.Facts, _ *parts) { f.Amount = refund.Money{} }},
	{like(amount + ` refunded before`), func(f *refund.Facts, p *parts) { f.Refunded = p.money(1) }},
	{like(`(money|credit|exchange)`), func(f *refund.Facts, p *parts) { f.Kind = p.words[1] }},
	{like(oneOf(refund.Reasons())), func(f *refund.Facts, p *parts) { f.Reason = refund.Reason(p.words[1]) }},
	{like(`no reason`), func(f *refund.Facts, _ *parts) { f.Reason = "" }},
	{like(`ordered (\d{1,4}) days ago`), func(f *refund.Facts, p *parts) { f.OrderedAt = p.ago() }},
	{like(`withdrawn (\d{1,4}) days ago`), func(f *refund.Facts, p *parts) { f.NoticeAt = p.ago() }},
	{like(`customer had (\d{1,4}) refunds`), func(f *refund.Facts, p *parts) { f.CustomerRefunds = new(p.number(1)) }},
	{like(`shop had (\d{1,4}) refunds`), func(f *refund.Facts, p *parts) { f.ShopToday = new(p.number(1)) }},
	{like(`customer (\S+@\S+)`), func(f *refund.Facts, p *parts) { f.Customer = refund.Customer{Email: p.words[1]} }},
	{like(`no customer`), func(f *refund.Facts, _ *parts) { f.Customer, f.CustomerRefunds = refund.Customer{}, nil }},
	{like(`return parcel`), func(f *refund.Facts, _ *parts) { f.IncomingParcel = IncomingParcel }},
	{like(`unknown return`), func(f *refund.Facts, _ *parts) { f.Confirmed = false }},
	{like(`panel unknown`), func(f *refund.Facts, _ *parts) { f.PanelRead = false }},
	{like(`no return parcel`), func(f *refund.Facts, _ *parts) { f.IncomingParcel = 0 }},
}

// readFacts reads "EUR 120.00 of EUR 180.00, damaged, ordered 31 days ago".
func readFacts(f *refund.Facts, text string, now time.Time) error {
	for said := range strings.SplitSeq(text, ", ") {
		if err := read("a fact", facts, f, said, now); err != nil {
			return err
		}
	}
	return nil
}

// phrase is one way in which a story says something of a T.
type phrase[T any] struct {
	words *regexp.Regexp
	note  func(about *T, p *parts)
}

func like(words string) *regexp.Regexp { return regexp.MustCompile(`^` + words + `$`) }

// oneOf is a pattern for one of some words.
func oneOf[T ~string](words []T) string {
	var all []string
	for _, word := range words {
		all = append(all, regexp.QuoteMeta(string(word)))
	}
	return "(" + strings.Join(all, "|") + ")"
}

// read notes what a text says, in the first phrase that fits; kind is what they all say.
func read[T any](kind string, phrases []phrase[T], about *T, text string, now time.Time) error {
	for _, one := range phrases {
		if words := one.words.FindStringSubmatch(text); words != nil {
			p := &parts{words: words, now: now}
			one.note(about, p)
			return p.err
		}
	}
	return fmt.Errorf("%q is not %s", text, kind)
}

// parts are what differs from one use of a phrase to the next, counted from 1; one that
// is missing is empty. err is what cannot be read in them.
type parts struct {
	words []string
	now   time.Time
	err   error
}

func (p *parts) money(n int) (m refund.Money) {
	if p.words[n] != "" && p.err == nil {
		m, p.err = money(p.words[n])
	}
	return m
}

func (p *parts) number(n int) int {
	number, _ := strconv.Atoi(p.words[n]) // 0 if it is missing
	return number
}

// ago is as many days before now as the first part says.
func (p *parts) ago() time.Time { return p.now.AddDate(0, 0, -p.number(1)) }

// facts adds facts to those that are known.
func (p *parts) facts(known refund.Facts, n int) refund.Facts {
	if p.words[n] != "" {
		p.err = readFacts(&known, p.words[n], p.now)
	}
	return known
}
