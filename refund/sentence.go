package refund

import (
	"fmt"
	"strings"

	"waybill/delivery"
)

// orderSentences say what a person did, by the order that they gave, after their name.
var orderSentences = map[string]string{
	"pay-again":      "had the payment tried again",
	"confirm-unpaid": "confirmed that nothing was paid",
	"retry-mail":     "had the customer mailed again",
	approve:          "approved {amount}",
	undoApproval:     "undid the approval",
	"reject":         "rejected the refund",
	"ask-customer":   "asked the customer",
	"enter-answer":   "entered the customer's answer",
	"receive-goods":  "noted that the goods are back",
	"reassign":       "asked {rest} to decide",
	"note":           "added a note",
	"withdraw":       "withdrew the refund for the customer",
}

// sentences say what happened, by the beginning of what a line of the decision log says. The first
// one that fits counts. {rest} is what follows the beginning.
var sentences = []struct{ what, says string }{
	{"requested", "The refund was requested"},
	{"gathered", "Waybill loaded the facts from Sendcloud"},
	{"learned", "More facts became known"},
	{"handled before", "The refund had been handled before"},
	{"begun before", "An earlier run of the refund was found"},
	{"not ours", "The return turned out to be another integration's"},
	{"asked for approval", "People were asked to decide"},
	{"would be approved", "The rules would have approved {amount}"},
	{"would ask for approval", "People would have been asked to decide"},
	{"approved", "The rules approved {amount}"},
	{"time to undo is over", "The time to undo the approval was over"},
	{"reminded", "Those who decide were reminded"},
	{"escalated", "No decision came in time, and managers were asked"},
	{"reserved", "{amount} was reserved"},
	{"missed the reservation", "The amount could not be reserved in time"},
	{"missed the record of the end", "The end could not be recorded in time"},
	{"missed the goods", "The goods did not come back in time"},
	{"waits for the goods", "The refund began to wait for the goods"},
	{"goods back", "The goods came back"},
	{"goods posted", "The customer sent the goods"},
	{"warned operations", "Operations were warned"},
	{"asked to pay", "The shop's endpoint was asked to pay {amount}"},
	{"paid in the panel, and perhaps", "The return was marked as refunded in Sendcloud's panel, and the shop's endpoint may have paid too"},
	{"paid in the panel while paying", "The return was marked as refunded in Sendcloud's panel while the shop's endpoint was asked to pay"},
	{"paid in the panel", "The return was marked as refunded in Sendcloud's panel"},
	{string(PaidBefore), "The shop's endpoint reported an earlier payment of {amount}"},
	{string(PaidNow), "The shop's endpoint paid {amount}"},
	{"payment " + string(Refused), "The payment of {amount} was refused"},
	{"payment " + string(Doubt), "The payment of {amount} came into doubt"},
	{"customer not notified", "The customer could not be notified"},
	{"customer not reached", "A mail to the customer came back"},
	{"gave up notifying the customer", "Waybill gave up notifying the customer"},
	{"not asked: ", "{rest} could not be mailed"},
	{"not reached: ", "A mail to {rest} came back"},
}

// ways say how a person gave an order.
var ways = map[Via]string{ViaLink: ", by a mailed link", ViaPage: ", on the page", ViaAPI: ", by the API", viaTemporal: ", through Temporal, unproven"}

// Sentence is what happened, and when, as a sentence: "anna approved EUR 79.90 on Thu 12 Nov 2026,
// 14:02 UTC, by a mailed link."
func (e Entry) Sentence() string {
	return e.says() + " on " + delivery.Moment(e.At) + ways[e.By.Via] + "."
}

func (e Entry) says() string {
	if e.By.Person != "" {
		return e.By.Person + " " + e.did()
	}
	for _, one := range sentences {
		if rest, fits := strings.CutPrefix(e.What, one.what); fits {
			return e.fill(one.says, rest)
		}
	}
	return fmt.Sprintf("Waybill wrote “%s”", e.What)
}

// did is what a person did.
func (e Entry) did() string {
	if order, refused := strings.CutPrefix(e.What, "refused: "); refused {
		return fmt.Sprintf("was refused the order %s", short(order))
	}
	if e.What == "approved, and asked for a second" {
		return e.fill("approved {amount} as the first of two", "")
	}
	for _, o := range orders {
		if rest, fits := strings.CutPrefix(e.What, o.Logged); fits {
			return e.fill(orderSentences[o.Name], strings.TrimSpace(rest))
		}
	}
	return fmt.Sprintf("wrote “%s”", e.What)
}

func (e Entry) fill(says, rest string) string {
	return strings.NewReplacer("{amount}", e.Amount, "{rest}", rest).Replace(says)
}
