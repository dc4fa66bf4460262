package doctor

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/http"

	"waybill/sendcloud"
	"waybill/settings"
)

// The check sends the webhook that Sendcloud's button "Test API Webhook" sends. The ingress verifies
// it and records nothing.
var ingressCheck = Check{
	Name: "ingress", About: "whether the running ingress accepts webhooks signed with the keys that are set here",
	Needs: []Need{needsSetting(settings.WebhookKeys, "ingress"), needsPublicURL, needsIngress}, Look: lookAtIngress,
}

func lookAtIngress(ctx context.Context, d *Deployment) (all []Finding) {
	for _, name := range names(d.integrations) {
		integration := d.integrations[name]
		if len(integration.Keys) == 0 {
			continue // the check settings reports it
		}
		body := fmt.Sprintf(`{"action":"%s","timestamp":%d}`, sendcloud.TestWebhook, d.Now().UnixMilli())
		header := http.Header{"Content-Type": {"application/json"}, sendcloud.SignatureHeader: {sendcloud.Sign(integration.Keys[0], []byte(body))}}
		if len(integration.BasicAuth) > 0 {
			header.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString(integration.BasicAuth[0]))
		}
		got, err := call(ctx, http.MethodPost, d.webhookURL(name), header, body)
		if err == nil && got.status == http.StatusOK {
			all = append(all, ok("%s: a signed test webhook is answered 200", name))
			continue
		}
		what := fmt.Sprintf("%s: a signed test webhook got no answer: %v", name, err)
		if err == nil {
			what = fmt.Sprintf("%s: a signed test webhook is answered %d", name, got.status)
		}
		all = append(all, fault(what, "The running ingress has other settings than doctor has here, or a proxy changes requests: Sendcloud's webhooks are refused.",
			"Give the ingress the same "+variable(settings.WebhookKeys, name)+" as doctor has here, and read the ingress' log line of this request."))
	}
	return all
}
