package sendcloud

import (
	"cmp"
	"strings"
	"time"
)

// Integration is what a webhook or the API tells of an integration. All of it can be
// missing. ID and At are set by webhooks only.
type Integration struct {
	// ID is the same for every copy of the same report.
	ID string
	At time.Time
	// Number is Sendcloud's own id of the integration.
	Number                    int64
	ShopName, ShopURL, System string
	// WebhookActive is nil if it is not known.
	WebhookActive *bool
	// FailingSince is zero if the webhook does not fail.
	FailingSince time.Time
	// WebhookURL is where webhooks go. It can hold a password, so only the API's answer sets it:
	// what webhooks tell is recorded.
	WebhookURL string
}

type webhookIntegration struct {
	ID           whole  `json:"id"`
	ShopName     shown  `json:"shop_name"`
	ShopURL      text   `json:"shop_url"`
	System       text   `json:"system"`
	FailingSince moment `json:"failing_since"`
	// StartedFailing is FailingSince in API v3.
	StartedFailing moment `json:"started_failing_at"`
	WebhookActive  maybe  `json:"webhook_active"`
	WebhookURL     text   `json:"webhook_url"`
}

func decodeIntegration(action Action, e envelope, body []byte, received time.Time) Integration {
	i := e.Integration.v.read()
	i.ID, i.At, _ = e.identify(string(action), body, received)
	return i
}

func (w webhookIntegration) read() Integration {
	i := Integration{
		Number: w.ID.n, ShopName: string(w.ShopName), System: string(w.System),
		WebhookActive: w.WebhookActive.is, FailingSince: cmp.Or(w.FailingSince, w.StartedFailing).Time,
	}
	if url := w.ShopURL.exact(); strings.HasPrefix(url, "https://") || strings.HasPrefix(url, "http://") {
		i.ShopURL = url
	}
	return i
}
