package doctor

import (
	"context"
	"fmt"
	"time"

	"waybill/settings"
)

// Sendcloud does not show its webhook signature key, but it keeps a log of failed calls. Whether
// the log has every refused webhook is not documented.
var sendcloudKeyCheck = Check{
	Name: "sendcloud-key", About: "whether Waybill refused webhooks because of their signature key",
	Needs: []Need{needsAPIKeys, needsPublicURL}, Look: lookAtWebhookKeys,
}

const (
	refusedWithin = 24 * time.Hour
	// refusedLately is how recent a refusal is that counts as a fault.
	refusedLately = time.Hour
)

func lookAtWebhookKeys(ctx context.Context, d *Deployment) (all []Finding) {
	for _, name := range names(d.askPanels(ctx)) {
		if d.askPanels(ctx)[name].fault != nil {
			all = append(all, skipped("%s: Sendcloud's log cannot be read: see the check sendcloud-api", name))
			continue
		}
		api, err := d.api(name)
		if err != nil {
			all = append(all, skipped("%s: %v", name, err))
			continue
		}
		count, last, err := api.Unverified(ctx, d.Now().Add(-refusedWithin), d.webhookURL(name))
		switch {
		case err != nil:
			all = append(all, skipped("%s: the log of failed calls cannot be read: %v", name, err))
		case count > 0:
			refused := warning(fmt.Sprintf("%s: Sendcloud gave up %d webhooks in 24 hours because they were answered 401, the last at %s", name, count, last.UTC().Format(time.RFC3339)),
				"The signature key in Sendcloud's panel is not among those of the ingress: webhooks are lost.",
				"Enter the first line of "+variable(settings.WebhookKeys, name)+" as the webhook signature key in the integration's settings in Sendcloud's panel.")
			if d.Now().Sub(last) < refusedLately {
				refused.Level = Fault
			}
			all = append(all, refused)
		default:
			all = append(all, ok("%s: no webhook was refused in 24 hours", name))
		}
	}
	return all
}
