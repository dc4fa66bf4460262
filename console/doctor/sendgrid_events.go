package doctor

import (
	"context"
	"fmt"
	"strings"

	"waybill/mail/sendgrid"
	"waybill/settings"
)

var sendgridEventsCheck = Check{
	Name: "sendgrid-events", About: "SendGrid's Event Webhook: its address, its events, and its key",
	Needs: []Need{needsSendGridKey, needsPublicURL, needsSendGrid}, Look: lookAtEvents,
}

const (
	whyEvents = "Waybill does not learn of bounces, and cannot prove whether a mail that got no answer was sent."
	// inMailSettings is where SendGrid keeps the webhook.
	inMailSettings = "In SendGrid, open Settings, Mail Settings, Event Webhooks, "
)

func lookAtEvents(ctx context.Context, d *Deployment) []Finding {
	webhooks, err := d.sendgrid().EventWebhooks(ctx)
	if err != nil {
		return []Finding{skipped("the key may not read the Event Webhook's settings (%v)", err)}
	}
	address := d.public + "/webhooks/sendgrid"
	for _, w := range webhooks {
		if w.URL == address {
			return d.lookAtEventWebhook(w)
		}
	}
	what := "no Event Webhook of SendGrid's goes to " + address
	if len(webhooks) > 0 {
		what += fmt.Sprintf("; there are %d to other addresses", len(webhooks))
	}
	return []Finding{warning(what, whyEvents, inMailSettings+"Create new webhook, and enter the Post URL\n  "+address)}
}

// lookAtEventWebhook looks at the webhook that comes to Waybill.
func (d *Deployment) lookAtEventWebhook(w sendgrid.EventWebhook) (all []Finding) {
	if !w.Enabled {
		all = append(all, fault("the Event Webhook is switched off", whyEvents, inMailSettings+"edit the webhook, and switch it on."))
	}
	if silent := w.Silent(); len(silent) > 0 {
		all = append(all, warning("the Event Webhook does not report: "+strings.Join(silent, ", "), whyEvents, inMailSettings+"edit the webhook, and choose these events too."))
	}
	switch {
	case w.PublicKey == "":
		all = append(all, fault("the Event Webhook is not signed", "The ingress refuses what is not signed. "+whyEvents,
			inMailSettings+"edit the webhook, enable Signature Verification, and set "+settings.EventKeys+" to its verification key."))
	case !d.Env.Has(settings.EventKeys):
		all = append(all, skipped("%s is not set here, so the key is not compared: run doctor with the settings of the ingress too", settings.EventKeys))
	case !d.eventKeys.Verifies(w):
		all = append(all, fault(settings.EventKeys+" does not have the verification key of the Event Webhook", "The ingress refuses all events. "+whyEvents,
			inMailSettings+"copy the verification key, and set "+settings.EventKeys+" to it."))
	}
	if len(all) == 0 {
		all = append(all, ok("it reports all events to %s, signed with a key that is known", w.URL))
	}
	return all
}
