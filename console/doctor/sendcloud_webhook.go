package doctor

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"time"

	"waybill/ingress"
	"waybill/sendcloud"
)

var sendcloudWebhookCheck = Check{
	Name: "sendcloud-webhook", About: "the webhook of each integration as Sendcloud's panel has it",
	Needs: []Need{needsAPIKeys, needsPublicURL}, Look: lookAtWebhooks,
}

func lookAtWebhooks(ctx context.Context, d *Deployment) (all []Finding) {
	panels := d.askPanels(ctx)
	for _, name := range names(panels) {
		if panels[name].fault != nil {
			all = append(all, skipped("%s: Sendcloud's settings cannot be read: see the check sendcloud-api", name))
			continue
		}
		found := d.lookAtWebhook(name, panels[name].Integration)
		if len(found) == 0 {
			found = []Finding{ok("%s: active, to %s", name, d.webhookURL(name))}
		}
		all = append(all, found...)
	}
	return all
}

func (d *Deployment) lookAtWebhook(name string, panel sendcloud.Integration) (all []Finding) {
	const why = "Sendcloud does not report what happens to parcels, and mails are late or missing."
	at := fmt.Sprintf("In Sendcloud's panel, open Settings, Integrations, Configure for %s, ", name)
	if panel.WebhookActive != nil && !*panel.WebhookActive {
		all = append(all, fault(name+": the webhook is switched off", why, at+"and switch the webhook on."))
	}
	switch {
	case panel.WebhookURL == "":
		all = append(all, fault(name+": Sendcloud has no webhook URL", why, at+"and enter the webhook URL\n  "+d.webhookURL(name)))
	case sendcloud.WithoutPassword(panel.WebhookURL) != d.webhookURL(name):
		all = append(all, fault(fmt.Sprintf("%s: Sendcloud's webhook URL is %s and not %s", name, sendcloud.WithoutPassword(panel.WebhookURL), d.webhookURL(name)), why,
			at+"and enter the webhook URL\n  "+d.webhookURL(name)+"\nor correct WAYBILL_PUBLIC_URL."))
	case len(d.integrations) > 0 && !sameUser(panel.WebhookURL, d.integrations[name].BasicAuth):
		all = append(all, fault(name+": user and password in Sendcloud's webhook URL differ from "+variable(ingress.BasicAuthVariable+"<INTEGRATION>", name), "The ingress refuses each webhook. "+why,
			at+"and write user and password into the webhook URL:\n  https://<user>:<password>@<host>/webhooks/sendcloud/"+name))
	}
	if !panel.FailingSince.IsZero() {
		all = append(all, fault(fmt.Sprintf("%s: Sendcloud says that its webhooks have been failing since %s", name, panel.FailingSince.UTC().Format(time.RFC3339)), why,
			"Mend what the checks public-url, ingress and sendcloud-key find. Then press \"Test API Webhook\" in the integration's settings in Sendcloud's panel."))
	}
	return all
}

// sameUser reports whether an address has one of these user:password, or none if there are none.
func sameUser(address string, basicAuth [][]byte) bool {
	u, err := url.Parse(address)
	if err != nil || u.User == nil {
		return err == nil && len(basicAuth) == 0
	}
	password, _ := u.User.Password()
	return slices.ContainsFunc(basicAuth, func(one []byte) bool { return u.User.Username()+":"+password == string(one) })
}
