package desk

import (
	"context"
	"errors"
	"fmt"
	"net/mail"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"waybill/contract"
	"waybill/recorder"
	"waybill/refund"
)

// deed is one thing that a person can have a refund do: a button of the pages,
// an order of the API.
type deed struct {
	// name is the last part of its path.
	name string
	// done says it to who has done it.
	done string
	// takes are the fields that it reads, words the one among them that is a
	// person's words.
	takes []string
	words string
	// must is the field that must not be empty, needed what is said if it is.
	must, needed string
	// fits reports whether the deed makes sense where the refund stands: if not,
	// nobody wonders why it is not offered. Afterwards says that it may also make
	// sense when the refund is over.
	fits       func(r *refund.Refund) bool
	afterwards bool
	// try has the rules do it, give has the workflow do it.
	try  func(r *refund.Refund, w wish, p refund.Policy, now time.Time) error
	give func(ctx context.Context, to refunds, of refundName, w wish) (contract.RefundAnswer, error)
}

// wish is what a person wants of a deed.
type wish struct {
	refund.Said
	// text is the reason, the question or the answer; person is who is asked from
	// now on.
	text, person       string
	amount, orderValue refund.Money
	customer           refund.Customer
}

func (w wish) decision(approve bool) refund.Decision {
	return refund.Decision{Said: w.Said, Approve: approve, Why: w.text, Amount: w.amount, OrderValue: w.orderValue, Customer: w.customer}
}

func (w wish) order() contract.RefundOrder { return contract.RefundOrder{Said: w.Said} }

// deeds are all deeds, in the order in which they are offered.
var deeds = []deed{
	{
		name: "pay", done: "The shop's endpoint is asked once more.",
		fits: func(r *refund.Refund) bool { return r.State == refund.PayFailed },
		try: func(r *refund.Refund, w wish, p refund.Policy, now time.Time) error {
			return r.PayAgain(w.Said, p, now)
		},
		give: func(ctx context.Context, to refunds, of refundName, w wish) (contract.RefundAnswer, error) {
			return to.PayAgain(ctx, of, w.order())
		},
	},
	{
		name: "mail", done: "The customer is mailed again.",
		fits: (*refund.Refund).Untold, afterwards: true,
		try: func(r *refund.Refund, w wish, p refund.Policy, now time.Time) error {
			return r.MailAgain(w.Said, p, now)
		},
		give: func(ctx context.Context, to refunds, of refundName, w wish) (contract.RefundAnswer, error) {
			return to.MailAgain(ctx, of, w.order())
		},
	},
	{
		name: "approve", done: "You approved it.",
		takes: []string{"amount", "orderValue", "currency", "customerName", "customerEmail", "customerCountry", "why"}, words: "why",
		fits: undecided,
		try: func(r *refund.Refund, w wish, p refund.Policy, now time.Time) error {
			return r.Decide(w.decision(true), p, now)
		},
		give: func(ctx context.Context, to refunds, of refundName, w wish) (contract.RefundAnswer, error) {
			return to.Decide(ctx, of, w.decision(true))
		},
	},
	{
		name: "reject", done: "You rejected it, and the customer is told why.",
		takes: []string{"why"}, words: "why", must: "why", needed: "Write a reason: the customer reads it.",
		fits: func(r *refund.Refund) bool {
			return undecided(r) || r.State == refund.AwaitingGoods || r.State == refund.PayFailed
		},
		try: func(r *refund.Refund, w wish, p refund.Policy, now time.Time) error {
			return r.Decide(w.decision(false), p, now)
		},
		give: func(ctx context.Context, to refunds, of refundName, w wish) (contract.RefundAnswer, error) {
			return to.Decide(ctx, of, w.decision(false))
		},
	},
	{
		name: "ask", done: "You asked the customer. The refund waits for the answer.",
		takes: []string{"question"}, words: "question", must: "question", needed: "Write a question: the customer reads it.",
		fits: func(r *refund.Refund) bool { return r.State.Waiting() },
		try: func(r *refund.Refund, w wish, p refund.Policy, now time.Time) error {
			return r.AskForInfo(w.Said, w.text, p, now)
		},
		give: func(ctx context.Context, to refunds, of refundName, w wish) (contract.RefundAnswer, error) {
			return to.Ask(ctx, of, contract.RefundQuestion{Said: w.Said, Question: w.text})
		},
	},
	{
		name: "answer", done: "The answer is noted.",
		takes: []string{"answer"}, words: "answer", must: "answer", needed: "Write what the customer answered.",
		fits: func(r *refund.Refund) bool { return r.State == refund.NeedsInfo },
		try: func(r *refund.Refund, w wish, p refund.Policy, now time.Time) error {
			return r.ProvideInfo(w.Said, w.text, p, now)
		},
		give: func(ctx context.Context, to refunds, of refundName, w wish) (contract.RefundAnswer, error) {
			return to.Answer(ctx, of, contract.RefundInfo{Said: w.Said, Answer: w.text})
		},
	},
	{
		name: "goods", done: "It is noted that the goods are here.",
		fits: func(r *refund.Refund) bool { return r.Clock.GoodsAt.IsZero() },
		try: func(r *refund.Refund, w wish, p refund.Policy, now time.Time) error {
			return r.ReceiveGoods(w.Said, p, now)
		},
		give: func(ctx context.Context, to refunds, of refundName, w wish) (contract.RefundAnswer, error) {
			return to.ReceiveGoods(ctx, of, w.order())
		},
	},
	{
		name: "reassign", done: "Another person is asked now.",
		takes: []string{"to"}, must: "to", needed: "Choose who is asked.",
		fits: func(r *refund.Refund) bool { return r.State.Waiting() },
		try: func(r *refund.Refund, w wish, p refund.Policy, now time.Time) error {
			return r.Reassign(w.Said, w.person, p, now)
		},
		give: func(ctx context.Context, to refunds, of refundName, w wish) (contract.RefundAnswer, error) {
			return to.Reassign(ctx, of, contract.RefundReassignment{Said: w.Said, To: w.person})
		},
	},
	{
		name: "withdraw", done: "The refund is withdrawn.",
		fits: func(*refund.Refund) bool { return true },
		try: func(r *refund.Refund, w wish, p refund.Policy, now time.Time) error {
			return r.Withdraw(w.Said, p, now)
		},
		give: func(ctx context.Context, to refunds, of refundName, w wish) (contract.RefundAnswer, error) {
			return to.Withdraw(ctx, of, w.order())
		},
	},
}

// offered reports whether it makes sense to speak of the deed.
func (d deed) offered(r *refund.Refund) bool {
	return d.fits(r) && (d.afterwards || !r.State.Terminal())
}

// undecided reports whether people can still decide.
func undecided(r *refund.Refund) bool { return r.State.Waiting() || r.State == refund.NeedsInfo }

// deedNames are the names of all deeds.
func deedNames() []string {
	var names []string
	for _, d := range deeds {
		names = append(names, d.name)
	}
	return names
}

// deedNamed finds a deed.
func deedNamed(name string) (deed, bool) {
	i := slices.IndexFunc(deeds, func(d deed) bool { return d.name == name })
	if i < 0 {
		return deed{}, false
	}
	return deeds[i], true
}

// refuses says why the rules would refuse a wish, as far as refund and policy are
// known here. The workflow has the last word.
func (d deed) refuses(r refund.Refund, w wish, p refund.Policy, now time.Time) error {
	_, err := r.Step(p, now, func(r *refund.Refund) error { return d.try(r, w, p, now) })
	var person *refund.PersonError
	if err == nil || errors.As(err, &person) {
		return err
	}
	return &recorder.RefusedError{Why: err.Error()}
}

// fault is what is wrong with a field.
type fault struct{ Field, Why string }

const (
	// mostName is longer than any person's name, mostAddress than any mail address.
	mostName    = 200
	mostAddress = 254
)

var countryCode = regexp.MustCompile(`^[A-Z]{2}$`)

// read makes a wish of the fields of a form or a body, and says what is wrong
// with which of them.
func (d deed) read(given map[string]string, f refund.Facts) (wish, []fault) {
	var faults []fault
	field := func(name string) string {
		if !slices.Contains(d.takes, name) {
			return ""
		}
		return plain(given[name])
	}
	wrong := func(is bool, name, why string) {
		if is {
			faults = append(faults, fault{name, why})
		}
	}
	w := wish{person: field("to"), text: field(d.words)}
	wrong(d.must != "" && field(d.must) == "", d.must, d.needed)
	wrong(utf8.RuneCountInString(w.text) > refund.MaxWords, d.words, fmt.Sprintf("This is longer than %d characters: shorten it.", refund.MaxWords))
	wrong(utf8.RuneCountInString(w.person) > mostName, "to", "This is longer than any name: choose somebody of the policy.")
	currency := strings.ToUpper(field("currency"))
	if currency == "" {
		currency = currencyOf(f)
	}
	wrong(currency == "" && field("amount")+field("orderValue") != "", "currency", "Write the currency as in EUR.")
	money := func(name string) (m refund.Money) {
		if text := field(name); text != "" && currency != "" {
			var err error
			m, err = refund.ParseMoney(text, currency)
			wrong(err != nil, name, sentence(err))
		}
		return m
	}
	w.amount, w.orderValue = money("amount"), money("orderValue")
	w.customer = refund.Customer{Name: field("customerName"), Email: field("customerEmail"), Country: strings.ToUpper(field("customerCountry"))}
	wrong(utf8.RuneCountInString(w.customer.Name) > mostName, "customerName", "This is longer than any name: shorten it.")
	wrong(w.customer.Email != "" && !isAddress(w.customer.Email), "customerEmail", "Write the mail address as in jane@shop.example.")
	wrong(w.customer.Email == "" && w.customer != refund.Customer{}, "customerEmail", "Write the mail address too: the customer is told there.")
	wrong(w.customer.Country != "" && !countryCode.MatchString(w.customer.Country), "customerCountry", "Write the two letters of the country, such as NL.")
	return w, faults
}

// currencyOf is the currency of a refund as far as it is known.
func currencyOf(f refund.Facts) string {
	for _, m := range []refund.Money{f.Amount, f.OrderValue, f.Refunded} {
		if m.Known() {
			return m.Currency
		}
	}
	return ""
}

// plain is a text without what nobody types: it goes into mails and the receipt.
func plain(text string) string {
	text = strings.ReplaceAll(strings.ToValidUTF8(text, ""), "\r\n", "\n")
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			return -1
		}
		return r
	}, text))
}

// isAddress reports whether a text is a mail address, and nothing else.
func isAddress(text string) bool {
	a, err := mail.ParseAddress(text)
	return err == nil && a.Address == text && len(text) <= mostAddress
}

// sentence is a refusal as a sentence.
func sentence(err error) string {
	if err == nil {
		return ""
	}
	text := err.Error()
	r, size := utf8.DecodeRuneInString(text)
	text = string(unicode.ToUpper(r)) + text[size:]
	if !strings.HasSuffix(text, ".") {
		text += "."
	}
	return text
}
