package refund

import (
	"strings"

	"waybill/words"
)

// logged are the beginnings of what lines of the decision log say that no person wrote. The first one
// that fits counts; each has a sentence among the texts, without its colon.
var logged = []string{
	"requested", "gathered", "learned", "handled before", "begun before", "not ours", "asked for approval", "would be approved",
	"would ask for approval", "approved", "time to undo is over", "reminded", "escalated", "reserved", "missed the reservation",
	"missed the record of the end", "missed the goods", "waits for the goods", "goods back", "goods posted", "warned operations",
	"asked to pay", "paid in the panel, and perhaps", "paid in the panel while paying", "paid in the panel",
	string(PaidBefore), string(PaidNow), "payment " + string(Refused), "payment " + string(Doubt),
	"customer not notified", "customer not reached", "gave up notifying the customer", "not asked: ", "not reached: ", textsErased,
}

// Sentence is what happened, and when, as a sentence: "anna approved EUR 79.90 on Thu 12 Nov 2026,
// 14:02 UTC, by a mailed link."
func (e Entry) Sentence() *words.Text {
	return words.Say("log.line", "What", e.says(), "At", e.At, "Way", words.Word("log.way", e.By.Via))
}

func (e Entry) says() *words.Text {
	if e.By.Person != "" {
		return e.did()
	}
	for _, what := range logged {
		if rest, fits := strings.CutPrefix(e.What, what); fits {
			return e.fill("log.what."+strings.TrimSuffix(what, ": "), rest)
		}
	}
	return words.Say("log.wrote", "Who", "Waybill", "What", e.What)
}

// did is what a person did.
func (e Entry) did() *words.Text {
	if order, refused := strings.CutPrefix(e.What, "refused: "); refused {
		return words.Say("log.refused", "Who", e.By.Person, "Order", short(order))
	}
	if e.What == "approved, and asked for a second" {
		return e.fill("log.first_of_two", "")
	}
	if e.What == customerErased {
		return e.fill("log.erased", "")
	}
	for _, o := range orders {
		if rest, fits := strings.CutPrefix(e.What, o.Logged); fits {
			return e.fill("log.did."+o.Name, strings.TrimSpace(rest))
		}
	}
	return words.Say("log.wrote", "Who", e.By.Person, "What", e.What)
}

// fill says a text of what happened. rest is what follows the beginning of the line.
func (e Entry) fill(key, rest string) *words.Text {
	return words.Say(key, "Who", e.By.Person, "Amount", e.Sum(), "Rest", rest)
}

// Sum is the amount of the refund when the line was written.
func (e Entry) Sum() *words.Text { return sumOf(e.Amount) }

// OrderSum is what the order cost then.
func (e Entry) OrderSum() *words.Text { return sumOf(e.OrderValue) }

// sumOf is an amount as the log has it: EUR 79.90.
func sumOf(written string) *words.Text {
	currency, value, is := strings.Cut(written, " ")
	if !is || len(currency) != 3 {
		return words.Say("refund.unknown_amount")
	}
	return words.Say("all", "All", words.Amount{Value: value, Currency: currency})
}
