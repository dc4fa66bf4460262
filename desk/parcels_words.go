package desk

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"waybill/contract"
	"waybill/parcel"
)

// ordered is an order of a parcel's record in words, with the name that its button has.
func ordered(e parcel.OrderEntry) string {
	for _, o := range parcel.Orders() {
		if o.UpdateName() == e.What {
			e.What = o.Label()
		}
	}
	return e.Words()
}

// reasons are those for which parcels need attention, and the one that was chosen, which may be
// of another version.
func reasons(chosen contract.Attention) (all []contract.Attention) {
	for _, why := range parcel.Attentions() {
		all = append(all, contract.Attention(why))
	}
	if chosen != "" && !slices.Contains(all, chosen) {
		all = append(all, chosen)
	}
	return all
}

// concern is what the people who look at parcels have to know of what an integration needs; empty
// if it needs nothing.
func concern(integration string, why contract.Attention) string {
	const further = " Parcels may be further than Waybill knows."
	if text, known := map[contract.Attention]string{
		contract.MailsNotSent:        "No mail of %s leaves at the moment: SendGrid refuses the key or the sender. The mails wait, and leave by themselves once that is corrected.",
		contract.IntegrationDeleted:  "Sendcloud reports that the integration %s is deleted." + further,
		contract.WebhookSwitchedOff:  "Sendcloud’s webhook of %s is switched off." + further,
		contract.WebhookFailing:      "Sendcloud’s webhooks of %s fail." + further,
		contract.ReconciliationFails: "Waybill cannot ask Sendcloud what has changed for %s." + further,
		contract.WebhooksMissed:      "Some webhooks of %s got lost. Waybill found out later, and mails about that were late.",
	}[why]; known {
		return fmt.Sprintf(text, integration)
	}
	return ""
}

// concerns are those of several integrations.
func (d *Desk) concerns(ctx context.Context, integrations []string) []string {
	all := make([]string, len(integrations))
	var asking sync.WaitGroup
	for i, name := range integrations {
		asking.Go(func() {
			all[i] = concern(name, d.told(ctx, name).Attention)
		})
	}
	asking.Wait()
	return slices.DeleteFunc(all, func(text string) bool { return text == "" })
}
