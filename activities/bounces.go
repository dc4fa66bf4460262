package activities

import (
	"context"
	"errors"
	"time"

	"go.temporal.io/sdk/activity"

	"waybill/contract"
	"waybill/mail"
)

// Tracer looks for mails to an address; a [mail.Office] is one.
type Tracer interface {
	Trace(ctx context.Context, to string, since time.Time) ([]mail.Traced, error)
}

// Bounces are the activities of bounces that do not say which mail they are
// about.
type Bounces struct{ Tracer Tracer }

// metricUntraced counts the bounces of which nobody can say whose they are.
const metricUntraced = "waybill_bounces_untraced_total"

// TraceMails looks for the mails that went to an address, one a parcel. A key
// that may not read SendGrid's logs finds none.
func (b Bounces) TraceMails(ctx context.Context, bounce contract.Bounce) ([]contract.TracedMail, error) {
	traced, err := b.Tracer.Trace(ctx, bounce.Address, bounce.Since)
	if err != nil && !errors.Is(err, mail.ErrNoLogs) {
		return nil, err
	}
	var found []contract.TracedMail
	seen := map[mail.Traced]bool{}
	for _, t := range traced {
		of := mail.Traced{Integration: t.Integration, ParcelID: t.ParcelID}
		if !seen[of] {
			seen[of] = true
			found = append(found, contract.TracedMail(t))
		}
	}
	if len(found) == 0 {
		activity.GetMetricsHandler(ctx).Counter(metricUntraced).Inc(1)
		activity.GetLogger(ctx).Warn("a bounce does not say which mail it is about, and SendGrid's logs do not either", "report", bounce.Report.ID)
	}
	return found, nil
}
