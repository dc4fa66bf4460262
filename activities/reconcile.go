package activities

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"
	"golang.org/x/sync/errgroup"

	"waybill/contract"
	"waybill/monitoring"
	"waybill/parcel"
	"waybill/recorder"
	"waybill/sendcloud"
)

// Records are what is recorded; a [recorder.Recorder] keeps them.
type Records interface {
	Scan(ctx context.Context, of contract.ParcelRef, scan parcel.Scan) error
	IntegrationChange(ctx context.Context, integration string, told sendcloud.Integration, deleted bool) error
	MailState(ctx context.Context, integration string, state contract.MailState) error
	Parcel(ctx context.Context, of contract.ParcelRef) (known parcel.Parcel, found bool, err error)
	Integration(ctx context.Context, integration string) (known contract.IntegrationState, found bool, err error)
	IntegrationSince(ctx context.Context, integration string) (since time.Time, found bool, err error)
	OpenParcels(ctx context.Context, integration string, since time.Time, page func([]recorder.OpenParcel) error) error
}

// Reconciliations are the activities of ReconcileParcels about parcels. Each may be
// tried again at any time: it finds what it recorded to be known.
type Reconciliations struct {
	// APIs are the integrations that have API keys, by name.
	APIs    map[string]sendcloud.API
	Records Records
	// Remembers is how long at least Temporal keeps a parcel that has ended; with 0, no
	// unknown parcel counts as missed.
	Remembers time.Duration
}

const (
	// askAtOnce is how many parcels are compared with what is known at a time.
	askAtOnce = 8

	// firstDay is for how long unknown parcels of a new integration do not count as missed:
	// its API keys may be entered before the webhook's address, and it has sent parcels before.
	firstDay = 24 * time.Hour
)

// SweepParcels goes through everything that changed in a span of time and
// records what no webhook told.
func (r Reconciliations) SweepParcels(ctx context.Context, s contract.Sweep) (contract.Findings, error) {
	api, err := apiOf(r.APIs, s.Integration)
	if err != nil {
		return contract.Findings{}, err
	}
	f := findingsSoFar(ctx)
	err = api.ParcelsUpdatedAfter(ctx, s.From, func(page []sendcloud.Report) error {
		settled := page[:0]
		for _, report := range page {
			if report.Scan.ClockGuessed || !report.Scan.At.After(s.Until) {
				settled = append(settled, report)
			}
		}
		return r.compare(ctx, s.Integration, settled, &f)
	})
	return f, sortAPIError(err)
}

// RecheckParcels goes through the parcels that have been followed since before a
// moment, and records where they are if they are thought to be elsewhere.
func (r Reconciliations) RecheckParcels(ctx context.Context, c contract.Recheck) (contract.Findings, error) {
	api, err := apiOf(r.APIs, c.Integration)
	if err != nil {
		return contract.Findings{}, err
	}
	f := findingsSoFar(ctx)
	err = r.Records.OpenParcels(ctx, c.Integration, c.Since, func(open []recorder.OpenParcel) error {
		var ids []int64
		thought := map[int64]parcel.Phase{}
		for _, p := range open {
			ids = append(ids, p.ID)
			thought[p.ID] = p.Phase
		}
		reports, err := api.ParcelsByID(ctx, ids)
		if err != nil {
			return err
		}
		var moved []sendcloud.Report
		for _, report := range reports {
			phase, followed := thought[report.ParcelID]
			delete(thought, report.ParcelID)
			if followed && phase != report.Scan.Phase && (report.Scan.Phase.Places() || report.Scan.Note == parcel.CancellationFailed) {
				moved = append(moved, report)
			}
		}
		f.Parcels += len(ids) - len(moved)
		f.Gone += len(thought)
		return r.compare(ctx, c.Integration, moved, &f)
	})
	return f, sortAPIError(err)
}

// compare records those reports that are news, and counts.
func (r Reconciliations) compare(ctx context.Context, integration string, reports []sendcloud.Report, f *contract.Findings) error {
	each := make([]contract.Findings, len(reports))
	group, within := errgroup.WithContext(ctx)
	group.SetLimit(askAtOnce)
	since := sync.OnceValue(func() time.Time { return r.wouldKnowSince(ctx, integration) })
	for i, report := range reports {
		group.Go(func() (err error) {
			each[i], err = r.take(within, integration, report, since)
			return err
		})
	}
	err := group.Wait()
	meter := monitoring.With(activity.GetMetricsHandler(ctx))
	for _, one := range each {
		*f = f.Add(one)
		if one.Missed > 0 {
			meter.Count(monitoring.WebhooksMissed, 1, integration)
			meter.Time(monitoring.WebhooksMissedLate, time.Duration(one.AllLate), integration)
		}
	}
	// A later try would find what was recorded here to be known.
	soFar(ctx, *f)
	return err
}

// wouldKnowSince is from when on an unknown parcel's change counts as missed: the end of the
// integration's first day here. If the integration is not here yet, or that cannot be asked, it
// is a day from now.
func (r Reconciliations) wouldKnowSince(ctx context.Context, integration string) time.Time {
	since, found, err := r.Records.IntegrationSince(ctx, integration)
	if err != nil {
		activity.GetLogger(ctx).Warn("an integration does not say since when it has been here: unknown parcels do not count as missed", "integration", integration, "error", err.Error())
	}
	if err != nil || !found {
		since = time.Now()
	}
	return since.Add(firstDay)
}

// wouldBeKnown reports whether Temporal would know the parcel if its webhooks had come: it has
// changed since then, and is not so old that it can have ended and been forgotten.
func (r Reconciliations) wouldBeKnown(report sendcloud.Report, since time.Time) bool {
	created := cmp.Or(report.CreatedAt, report.Scan.At)
	return !report.Scan.At.Before(since) && report.Scan.ReceivedAt.Sub(created) < r.Remembers
}

// take records a report if it is news. since is from when on unknown parcels count as missed; it
// is asked for only if a parcel is unknown.
func (r Reconciliations) take(ctx context.Context, integration string, report sendcloud.Report, since func() time.Time) (contract.Findings, error) {
	f := contract.Findings{Parcels: 1}
	of := contract.ParcelRef{Integration: integration, ID: report.ParcelID}
	known, found, mute := r.Records.Parcel(ctx, of)
	if mute != nil {
		// It may be stuck, and must not stop the others. Recording twice is harmless.
		activity.GetLogger(ctx).Warn("a parcel does not say what it knows", "parcel", report.ParcelID, "error", mute.Error())
	} else if known.Knows(report.Scan) {
		return f, nil
	}
	err := r.Records.Scan(ctx, of, report.Scan)
	switch {
	case errors.Is(err, recorder.ErrOver):
		f.Closed = 1
		return f, nil
	case err != nil:
		return contract.Findings{}, temporal.NewApplicationErrorWithCause(
			fmt.Sprintf("record the scan of parcel %d", report.ParcelID), contract.APIUnavailable, err)
	}
	if mute == nil && !known.Reported(report.Scan) && (found || r.wouldBeKnown(report, since())) {
		late := contract.Span(max(0, report.Scan.ReceivedAt.Sub(report.Scan.At)))
		f.Missed, f.MostLate, f.AllLate = 1, late, late
	}
	return f, nil
}

// InspectIntegration records the integration's settings if they have changed, and
// counts the calls that failed.
func (r Reconciliations) InspectIntegration(ctx context.Context, i contract.Inspection) (contract.Inspected, error) {
	api, err := apiOf(r.APIs, i.Integration)
	if err != nil {
		return contract.Inspected{}, err
	}
	told, err := api.Integration(ctx)
	if err != nil {
		return contract.Inspected{}, sortAPIError(err)
	}
	known, _, err := r.Records.Integration(ctx, i.Integration)
	if err != nil {
		return contract.Inspected{}, err
	}
	if differs(told, known.Latest) {
		told.At = time.Now().UTC().Truncate(time.Millisecond)
		told.ID = fmt.Sprintf("poll@%d", told.At.UnixMilli())
		if err := r.Records.IntegrationChange(ctx, i.Integration, told, false); err != nil {
			return contract.Inspected{}, fmt.Errorf("record the integration's settings: %w", err)
		}
	}
	var found contract.Inspected
	err = api.FailedCalls(ctx, i.From, func(failed int) error {
		found.FailedCalls += failed
		return nil
	})
	return found, sortAPIError(err)
}

// differs reports whether what the API tells is not what was last told.
func differs(told sendcloud.Integration, known contract.IntegrationChange) bool {
	active := func(b *bool) bool { return b == nil || *b }
	return known.ID == "" || known.Deleted || active(told.WebhookActive) != active(known.WebhookActive) ||
		!told.FailingSince.Equal(known.FailingSince) || told.ShopName != known.ShopName && told.ShopName != "" ||
		told.ShopURL != known.ShopURL && told.ShopURL != ""
}

func apiOf(apis map[string]sendcloud.API, integration string) (sendcloud.API, error) {
	api, ok := apis[integration]
	if !ok {
		return nil, temporal.NewNonRetryableApplicationError(
			fmt.Sprintf("the worker has no API keys of %s: set them, or pause the schedule %s", integration, contract.ReconcileScheduleID(integration)),
			contract.APISetup, nil)
	}
	return api, nil
}

// findingsSoFar are those of the try before this one, if there was one.
func findingsSoFar(ctx context.Context) contract.Findings {
	var f contract.Findings
	if activity.HasHeartbeatDetails(ctx) && activity.GetHeartbeatDetails(ctx, &f) != nil {
		return contract.Findings{}
	}
	f.Parcels, f.Gone = 0, 0 // they are counted again
	return f
}
