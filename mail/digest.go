package mail

import (
	"fmt"
	"strings"
)

// Waiting is what a digest tells of the refunds that wait for its reader.
type Waiting struct {
	// Count is how many there are, and Others how many more there may be.
	Count, Others int
	// Refunds are those that are due first.
	Refunds []WaitingRefund
	// Sums is how much money that is, in each currency.
	Sums []Amount
}

// WaitingRefund is one refund of a digest.
type WaitingRefund struct {
	Refund
	// Return is the number of the return, by which it is called if nothing else is known of it.
	Return int64
	Order  string
	// Link leads to the decision about it.
	Link string
}

// sums is the money in one line.
func (s *speaker) sums(all []Amount) string {
	var told []string
	for _, a := range all {
		told = append(told, s.form.Amount(a.Value, a.Currency))
	}
	return strings.Join(told, " + ")
}

// rows are the refunds of a digest, a line each.
func (s *speaker) rows(waiting Waiting) []fact {
	of := *s
	var all []fact
	for _, r := range waiting.Refunds {
		of.blanks = blanks{}
		of.fillRefund(r.Refund)
		of.blanks.Order = clean(r.Order, mostLine)
		label := of.blanks.Amount
		if label == "" {
			label = of.say("amount_unknown")
		}
		value := of.say("digest_line")
		if value == "" {
			value = fmt.Sprintf("%s %d", of.say("label_return"), r.Return)
		}
		all = append(all, fact{Label: label, Value: value, URL: r.Link})
	}
	s.err = of.err
	return all
}
