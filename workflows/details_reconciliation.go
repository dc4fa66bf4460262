package workflows

import (
	"fmt"
	"time"

	"waybill/contract"
	"waybill/delivery"
)

// reconciliationDetails is a run in words, for people.
func reconciliationDetails(r contract.Reconciliation) string {
	text := fmt.Sprintf("Swept %s to %s UTC: %s.", delivery.Clock(r.From), delivery.Clock(r.Until), found(r.Swept))
	if r.Rechecked.Parcels > 0 {
		text += fmt.Sprintf("\n\nLooked at parcels that have been followed for long: %s.", found(r.Rechecked))
	}
	if r.Returns.Returns > 0 {
		text += fmt.Sprintf("\n\nLooked at %d returns: %d refunds recorded of which no webhook told, %d told where their goods are or that they were paid in the panel.",
			r.Returns.Returns, r.Returns.Recorded, r.Returns.Told)
	}
	if n := r.Returns.Nameless; n > 0 {
		text += fmt.Sprintf("\n\n**Sendcloud lists %d refund requests without the number of their return**: check them in its panel.", n)
	}
	if n := r.Returns.NotOurs; n > 0 {
		text += fmt.Sprintf("\n\nLeft out %d returns: the parcels that were sent are not known to be this integration's.", n)
	}
	if n := r.Inspected.FailedCalls; n > 0 {
		text += fmt.Sprintf("\n\nSendcloud's log has %d calls to the shop's systems that failed.", n)
	}
	if r.Fault != "" {
		text += "\n\n**" + r.Fault + "**"
	}
	return text
}

// found is what was found in a sentence.
func found(f contract.Findings) string {
	text := "nothing new"
	if f.Missed > 0 {
		text = fmt.Sprintf("**%d changed without a webhook**, found after %s at most", f.Missed, span(f.MostLate))
	}
	if f.Closed > 0 {
		text += fmt.Sprintf(", %d changed after they were closed", f.Closed)
	}
	if f.Gone > 0 {
		text += fmt.Sprintf(", %d are not known to Sendcloud any more", f.Gone)
	}
	return fmt.Sprintf("%s (parcels looked at: %d)", text, f.Parcels)
}

// span is a length of time without odd seconds.
func span(s contract.Span) string {
	d := time.Duration(s)
	if d > time.Minute {
		return d.Round(time.Minute).String()
	}
	return d.Round(time.Second).String()
}
