package workflows

import (
	"cmp"
	"fmt"

	"waybill/contract"
	"waybill/delivery"
)

// integrationDetails is an integration in words, for people.
func integrationDetails(s contract.IntegrationState) string {
	latest := s.Latest
	text := fmt.Sprintf("Integration **%s**", s.Integration)
	if latest.ShopName != "" {
		text += " of the shop " + latest.ShopName
	}
	switch {
	case s.Attention == "":
		text += ": all is well."
	case s.Attention == contract.MailsNotSent:
		text += fmt.Sprintf(": **%s** since %s UTC, because the mail provider refuses the configuration. Fix the configuration: waiting mails are then sent automatically. %s", s.Attention, delivery.Clock(s.Mail.At), s.Mail.Fault)
	case s.Attention == contract.ReconciliationFails:
		text += fmt.Sprintf(": **%s**. %s", s.Attention, s.Reconciled.Fault)
	case s.Attention == contract.WebhooksMissed:
		text += fmt.Sprintf(": **%s** by the last reconciliation. See the Failed Request logs in Sendcloud's panel.", s.Attention)
	case !latest.FailingSince.IsZero():
		text += fmt.Sprintf(": **%s** since %s UTC. See the Failed Request logs in Sendcloud's panel.", s.Attention, delivery.Clock(latest.FailingSince))
	default:
		text += fmt.Sprintf(": **%s**. No scans arrive until this is fixed in Sendcloud's panel.", s.Attention)
	}
	if s.Reconciled != nil {
		text += fmt.Sprintf("\n\nLast reported reconciliation, at %s UTC: %s. Quiet ones are reported once a day.", delivery.Clock(s.Reconciled.At), found(s.Reconciled.Swept.Add(s.Reconciled.Rechecked)))
	}
	if m := s.Missed; m.Parcels > 0 {
		text += fmt.Sprintf("\n\nChanges that came without a webhook so far: **%d**, the last at %s UTC; found after %s on average and %s at most.",
			m.Parcels, delivery.Clock(m.LastAt), span(m.AllLate/contract.Span(m.Parcels)), span(m.MostLate))
	}
	text += table(s.Changes, []string{"Change (UTC)", "Means"}, func(e contract.IntegrationEntry) []string {
		means := cmp.Or(string(e.Attention), "all is well")
		if e.Late {
			means = "late: a newer change was already known"
		}
		return []string{delivery.Clock(e.At), means}
	})
	return text + table(s.Alerts, []string{"Alert (UTC)", "What", "About"}, func(alert contract.Alert) []string {
		return []string{delivery.Clock(alert.At), string(alert.Attention), string(alert.Subject)}
	})
}
