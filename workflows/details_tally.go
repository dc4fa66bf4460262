package workflows

import (
	"fmt"
	"slices"
	"strings"

	"waybill/delivery"
	"waybill/refund"
)

// tallyRows is how many refunds the details of a tally show.
const tallyRows = 40

// tallyDetails is a tally in words, for people.
func tallyDetails(t refund.Tally) string {
	var b strings.Builder
	b.WriteString(fmt.Sprintf("Counts refunds together: %d so far.", len(t.Claims)))
	if t.Value.Known() {
		b.WriteString(fmt.Sprintf(" They are of one order, and cannot be more than its %s.", t.Value))
	}
	if len(t.Claims) > 0 {
		b.WriteString("\n\n" + row("Refund", "Amount", "Reserved (UTC)") + "|---|---|---|\n")
	}
	for _, c := range slices.Backward(t.Claims[max(0, len(t.Claims)-tallyRows):]) {
		b.WriteString(row(c.Key, c.Amount.String(), delivery.Clock(c.At)))
	}
	return b.String()
}
