package activities

import (
	"context"

	"go.temporal.io/sdk/activity"

	"waybill/contract"
	"waybill/delivery"
	"waybill/monitoring"
)

// Bounces are the activities about bounces that do not name their mail.
type Bounces struct{ Provider Provider }

// TraceMails looks for the mails that went to an address, one for each subject. A key
// that may not read the provider's logs finds none.
func (b Bounces) TraceMails(ctx context.Context, bounce contract.Bounce) ([]contract.TracedMail, error) {
	traced, err := b.Provider.Trace(ctx, bounce.Address, bounce.Since)
	if err != nil {
		activity.GetLogger(ctx).Info("the mails to an address cannot be looked for", "reason", err.Error())
	}
	var found []contract.TracedMail
	seen := map[delivery.Subject]bool{}
	for _, t := range traced {
		if !seen[t.Subject] {
			seen[t.Subject] = true
			found = append(found, contract.TracedMail{Subject: t.Subject, Key: t.Key})
		}
	}
	if len(found) == 0 {
		monitoring.With(activity.GetMetricsHandler(ctx)).Count(monitoring.BouncesUntraced, 1)
		activity.GetLogger(ctx).Warn("a bounce does not say which mail it is about, and the mail provider's logs do not either", "report", bounce.Report.ID)
	}
	return found, nil
}
