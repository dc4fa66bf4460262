package sendcloud

import (
	"strings"
	"time"
)

// Integration is what a webhook tells of an integration. All of it may be
// missing but ID and At.
type Integration struct {
	// ID is the same for every copy of the same report.
	ID string
	At time.Time
	// Number is Sendcloud's own id of the integration.
	Number                    int64
	ShopName, ShopURL, System string
	// WebhookActive is nil if it is not told.
	WebhookActive *bool
	// FailingSince is zero if the webhook does not fail.
	FailingSince time.Time
}

type webhookIntegration struct {
	ID           whole  `json:"id"`
	ShopName     text   `json:"shop_name"`
	ShopURL      text   `json:"shop_url"`
	System       text   `json:"system"`
	FailingSince moment `json:"failing_since"`
	// What API v3 calls it.
	StartedFailing moment `json:"started_failing_at"`
	WebhookActive  maybe  `json:"webhook_active"`
}

func decodeIntegration(action Action, e envelope, body []byte, received time.Time) Integration {
	i := e.Integration.v.read()
	i.ID, i.At, _ = e.identify(string(action), body, received)
	return i
}

// read is what is told of an integration, at no time in particular.
func (w webhookIntegration) read() Integration {
	i := Integration{
		Number: w.ID.n, ShopName: string(w.ShopName), System: string(w.System),
		WebhookActive: w.WebhookActive.is, FailingSince: w.FailingSince.Time,
	}
	if i.FailingSince.IsZero() {
		i.FailingSince = w.StartedFailing.Time
	}
	if url := w.ShopURL.exact(); strings.HasPrefix(url, "https://") || strings.HasPrefix(url, "http://") {
		i.ShopURL = url
	}
	return i
}
