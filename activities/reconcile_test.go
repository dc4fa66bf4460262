package activities_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"

	"waybill/activities"
	"waybill/contract"
	"waybill/parcel"
	"waybill/recorder"
	"waybill/sendcloud"
)

var noon = time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC)

// account is a Sendcloud account; calls that no activity makes are left out.
type account struct {
	sendcloud.API
	pages       [][]sendcloud.Report
	byID        map[int64]sendcloud.Report
	integration sendcloud.Integration
	failed      int
	fails       error
}

func (a *account) ParcelsUpdatedAfter(_ context.Context, _ time.Time, page func([]sendcloud.Report) error) error {
	for _, p := range a.pages {
		if err := page(p); err != nil {
			return err
		}
	}
	return a.fails
}

func (a *account) ParcelsByID(_ context.Context, ids []int64) ([]sendcloud.Report, error) {
	var found []sendcloud.Report
	for _, id := range ids {
		if report, ok := a.byID[id]; ok {
			found = append(found, report)
		}
	}
	return found, a.fails
}

func (a *account) Integration(context.Context) (sendcloud.Integration, error) {
	return a.integration, a.fails
}

func (a *account) FailedCalls(_ context.Context, _ time.Time, page func(failed int) error) error {
	return page(a.failed)
}

// records keep what is recorded, and know what the test says.
type records struct {
	// faults are those that integrations were told of, "" that all is well.
	faults  []string
	known   map[int64]parcel.Parcel
	open    []recorder.OpenParcel
	over    map[int64]bool
	mute    map[int64]bool
	fails   error
	settled contract.IntegrationState
	// since is when the integration came here; zero is long ago, and never that it has not.
	since time.Time
	never bool

	mu       sync.Mutex
	recorded map[int64]parcel.Scan
	changes  []sendcloud.Integration
}

func (r *records) Scan(_ context.Context, of contract.ParcelRef, scan parcel.Scan) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.over[of.ID] {
		return recorder.ErrOver
	}
	if r.recorded == nil {
		r.recorded = map[int64]parcel.Scan{}
	}
	r.recorded[of.ID] = scan
	return r.fails
}

func (r *records) IntegrationChange(_ context.Context, _ string, told sendcloud.Integration, _ bool) error {
	r.changes = append(r.changes, told)
	return nil
}

func (r *records) MailState(_ context.Context, _ string, state contract.MailState) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.faults = append(r.faults, state.Fault)
	return r.fails
}

func (r *records) Parcel(_ context.Context, of contract.ParcelRef) (parcel.Parcel, bool, error) {
	known, found := r.known[of.ID]
	if r.mute[of.ID] {
		return known, false, errors.New("it does not answer")
	}
	return known, found, nil
}

func (r *records) Integration(context.Context, string) (contract.IntegrationState, bool, error) {
	return r.settled, r.settled.Latest.ID != "", nil
}

func (r *records) IntegrationSince(context.Context, string) (time.Time, bool, error) {
	if r.mute[0] {
		return time.Time{}, false, errors.New("it does not answer")
	}
	return r.since, !r.never, nil
}

func (r *records) OpenParcels(_ context.Context, _ string, _ time.Time, page func([]recorder.OpenParcel) error) error {
	return page(r.open)
}

// polled is a report of a parcel that changed some time before noon.
func polled(id int64, phase parcel.Phase, ago time.Duration) sendcloud.Report {
	at := noon.Add(-ago)
	return sendcloud.Report{ParcelID: id, Scan: parcel.Scan{
		StatusID: len(phase), Phase: phase, At: at, ReceivedAt: noon, Polled: true,
	}}
}

// follows is a parcel of which this was reported.
func follows(r sendcloud.Report) parcel.Parcel {
	p := parcel.Parcel{ID: r.ParcelID}
	p.Record(r.Scan, parcel.Decide(p, r.Scan, parcel.DefaultPolicy(), noon))
	return p
}

func perform[In, Out any](t *testing.T, name contract.Activity[In, Out], f func(context.Context, In) (Out, error), in In) (out Out, err error) {
	t.Helper()
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestActivityEnvironment()
	env.RegisterActivityWithOptions(f, activity.RegisterOptions{Name: string(name)})
	value, err := env.ExecuteActivity(string(name), in)
	if err != nil {
		return out, err
	}
	return out, value.Get(&out)
}

func sweep(t *testing.T, a *account, r *records) (contract.Findings, error) {
	t.Helper()
	hands := activities.Reconciliations{APIs: map[string]sendcloud.API{"demo": a}, Records: r, Remembers: 30 * 24 * time.Hour}
	return perform(t, contract.SweepParcels, hands.SweepParcels, contract.Sweep{Integration: "demo", From: noon.Add(-time.Hour), Until: noon.Add(-time.Minute)})
}

func TestASweepRecordsWhatNobodyKnows(t *testing.T) {
	known, moved := polled(1, parcel.InTransit, time.Hour), polled(2, parcel.Delivered, 30*time.Minute)
	a := &account{pages: [][]sendcloud.Report{
		{known, moved, polled(3, parcel.InTransit, 10*time.Minute)},
		{polled(4, parcel.InTransit, time.Second), polled(5, parcel.Returned, 40*time.Minute)},
	}}
	r := &records{
		known: map[int64]parcel.Parcel{1: follows(known), 2: follows(polled(2, parcel.InTransit, 2*time.Hour))},
		over:  map[int64]bool{5: true},
	}
	found, err := sweep(t, a, r)
	require.NoError(t, err)
	require.Equal(t, contract.Findings{Parcels: 4, Missed: 2, MostLate: contract.Span(30 * time.Minute), AllLate: contract.Span(40 * time.Minute), Closed: 1}, found)
	require.Equal(t, map[int64]parcel.Scan{2: moved.Scan, 3: a.pages[0][2].Scan}, r.recorded, "4 may be on its way")
}

// A parcel that Temporal does not know can be older than the integration here, or forgotten.
func TestAnUnknownParcelIsAMissedWebhookOnlyIfItWouldBeKnown(t *testing.T) {
	const hour, day = time.Hour, 24 * time.Hour
	for name, c := range map[string]struct {
		since, created time.Time
		never, mute    bool
		known          *parcel.Parcel
		missed         int
	}{
		"the integration has been here for long":            {since: noon.Add(-90 * day), created: noon.Add(-2 * day), missed: 1},
		"since before Temporal can remember":                {created: noon.Add(-2 * day), missed: 1},
		"when it was created is not told":                   {since: noon.Add(-90 * day), missed: 1},
		"the day before yesterday":                          {since: noon.Add(-2 * day), created: noon.Add(-2 * day), missed: 1},
		"the integration came an hour ago":                  {since: noon.Add(-hour), created: noon.Add(-2 * hour)},
		"the change is of its first day":                    {since: noon.Add(-24*hour - 20*time.Minute), created: noon.Add(-25 * hour)},
		"the integration is not here yet":                   {never: true, created: noon.Add(-hour)},
		"the parcel is so old that it can be forgotten":     {since: noon.Add(-90 * day), created: noon.Add(-31 * day)},
		"nobody can say since when the integration is here": {mute: true, created: noon.Add(-hour)},
		"the parcel is known, however new the integration":  {since: noon.Add(-hour), known: &parcel.Parcel{ID: 1}, missed: 1},
	} {
		t.Run(name, func(t *testing.T) {
			report := polled(1, parcel.InTransit, 30*time.Minute)
			report.CreatedAt = c.created
			r := &records{since: c.since, never: c.never, mute: map[int64]bool{0: c.mute}}
			if c.known != nil {
				r.known = map[int64]parcel.Parcel{1: *c.known}
			}
			found, err := sweep(t, &account{pages: [][]sendcloud.Report{{report}}}, r)
			require.NoError(t, err)
			require.Equal(t, c.missed, found.Missed)
			require.Contains(t, r.recorded, int64(1), "it is recorded in any case")
		})
	}
}

func TestALateWebhookThatCameIsNotMissed(t *testing.T) {
	report := polled(1, parcel.Delivered, 30*time.Minute)
	p := follows(polled(1, parcel.InTransit, 10*time.Minute))
	p.Ledger = append(p.Ledger, parcel.Entry{StatusID: report.Scan.StatusID, ScanAt: report.Scan.At, Reason: parcel.ReasonLateScan})
	r := &records{known: map[int64]parcel.Parcel{1: p}}
	found, err := sweep(t, &account{pages: [][]sendcloud.Report{{report}}}, r)
	require.NoError(t, err)
	require.Zero(t, found.Missed)
	require.Contains(t, r.recorded, int64(1), "it is delivered, and was not")
}

func TestAParcelThatDoesNotAnswerStopsNoOther(t *testing.T) {
	a := &account{pages: [][]sendcloud.Report{{polled(1, parcel.InTransit, time.Hour), polled(2, parcel.InTransit, time.Hour)}}}
	r := &records{mute: map[int64]bool{1: true}}
	found, err := sweep(t, a, r)
	require.NoError(t, err)
	require.Len(t, r.recorded, 2)
	require.Equal(t, 1, found.Missed, "nobody can say of the other")
}

func TestAReportWithoutATimeIsNotLeftForEver(t *testing.T) {
	report := polled(1, parcel.InTransit, 0)
	report.Scan.ClockGuessed = true
	r := &records{}
	_, err := sweep(t, &account{pages: [][]sendcloud.Report{{report}}}, r)
	require.NoError(t, err)
	require.Len(t, r.recorded, 1)
}

func TestASweepThatCannotRecordIsTriedAgain(t *testing.T) {
	_, err := sweep(t, &account{pages: [][]sendcloud.Report{{polled(1, parcel.InTransit, time.Hour)}}}, &records{fails: errors.New("no Temporal")})
	requireFailure(t, err, contract.APIUnavailable, true, 0)
}

func requireFailure(t *testing.T, err error, kind string, retries bool, delay time.Duration) {
	t.Helper()
	var failure *temporal.ApplicationError
	require.ErrorAs(t, err, &failure)
	require.Equal(t, kind, failure.Type())
	require.Equal(t, retries, !failure.NonRetryable())
	require.Equal(t, delay, failure.NextRetryDelay())
}

func TestFailuresOfTheAPIAreSorted(t *testing.T) {
	for kind, want := range map[sendcloud.ErrorKind]struct {
		failure string
		retries bool
	}{
		sendcloud.Unavailable: {contract.APIUnavailable, true},
		sendcloud.Limited:     {contract.APIUnavailable, true},
		sendcloud.Setup:       {contract.APISetup, false},
		sendcloud.Invalid:     {contract.APIRefused, false},
		sendcloud.NotFound:    {contract.APIRefused, false},
	} {
		wait := time.Duration(0)
		if want.retries {
			wait = time.Minute
		}
		_, err := sweep(t, &account{fails: &sendcloud.APIError{Kind: kind, Wait: wait}}, &records{})
		requireFailure(t, err, want.failure, want.retries, wait)
	}
}

func TestWithoutKeysNothingIsAsked(t *testing.T) {
	hands := activities.Reconciliations{Records: &records{}}
	_, err := perform(t, contract.SweepParcels, hands.SweepParcels, contract.Sweep{Integration: "demo"})
	requireFailure(t, err, contract.APISetup, false, 0)
	require.ErrorContains(t, err, "pause the schedule reconcile:demo")
}

func TestARecheckLooksAtWhatIsNotWhereItIsThoughtToBe(t *testing.T) {
	info := polled(4, parcel.Informational, time.Hour)
	brought := polled(5, parcel.Informational, time.Hour)
	brought.Scan.Note = parcel.CancellationFailed
	a := &account{byID: map[int64]sendcloud.Report{
		1: polled(1, parcel.InTransit, 48*time.Hour), 2: polled(2, parcel.Delivered, 30*time.Hour), 4: info, 5: brought,
	}}
	r := &records{known: map[int64]parcel.Parcel{2: {ID: 2}, 5: {ID: 5}}, open: []recorder.OpenParcel{
		{ID: 1, Phase: parcel.InTransit}, {ID: 2, Phase: parcel.InTransit}, {ID: 3, Phase: parcel.Announced},
		{ID: 4, Phase: parcel.InTransit}, {ID: 5, Phase: parcel.Cancelling},
	}}
	hands := activities.Reconciliations{APIs: map[string]sendcloud.API{"demo": a}, Records: r}
	found, err := perform(t, contract.RecheckParcels, hands.RecheckParcels, contract.Recheck{Integration: "demo", Since: noon})
	require.NoError(t, err)
	require.Equal(t, 5, found.Parcels)
	require.Equal(t, 2, found.Missed)
	require.Equal(t, 1, found.Gone)
	require.Contains(t, r.recorded, int64(2))
	require.Contains(t, r.recorded, int64(5))
}

func TestSettingsAreRecordedOnlyIfTheyDiffer(t *testing.T) {
	on, off := true, false
	told := sendcloud.Integration{Number: 7, ShopName: "Example Shop", WebhookActive: &on}
	for name, c := range map[string]struct {
		known contract.IntegrationChange
		want  int
	}{
		"never told of":     {contract.IntegrationChange{}, 1},
		"the same":          {contract.IntegrationChange{ID: "1", ShopName: "Example Shop"}, 0},
		"switched on again": {contract.IntegrationChange{ID: "1", ShopName: "Example Shop", WebhookActive: &off}, 1},
		"failing no more":   {contract.IntegrationChange{ID: "1", ShopName: "Example Shop", FailingSince: noon}, 1},
		"there again":       {contract.IntegrationChange{ID: "1", ShopName: "Example Shop", Deleted: true}, 1},
		"renamed":           {contract.IntegrationChange{ID: "1", ShopName: "Old Shop"}, 1},
	} {
		r := &records{settled: contract.IntegrationState{Latest: c.known}}
		a := &account{integration: told, failed: 3}
		hands := activities.Reconciliations{APIs: map[string]sendcloud.API{"demo": a}, Records: r}
		found, err := perform(t, contract.InspectIntegration, hands.InspectIntegration, contract.Inspection{Integration: "demo"})
		require.NoError(t, err)
		require.Equal(t, 3, found.FailedCalls)
		require.Len(t, r.changes, c.want, name)
	}
}
