package workflows_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"waybill/contract"
	"waybill/delivery"
	"waybill/workflows"
)

// watch is an integration's workflow in skipped time. It never ends by itself,
// so each test ends it by suggesting continue-as-new, and looks at what the
// next run would be given.
type watch struct {
	*testing.T
	env *testsuite.TestWorkflowEnvironment
	at  time.Time
	n   time.Duration
	// told is what operations were told, and counts of how many parcels.
	told   []contract.Attention
	counts []string
}

func newWatch(t *testing.T) *watch {
	t.Helper()
	w := &watch{T: t, env: skippedTime(t), at: time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)}
	w.env.RegisterWorkflowWithOptions(workflows.WatchIntegration, workflow.RegisterOptions{Name: string(contract.WatchIntegration)})
	w.env.RegisterActivityWithOptions(func(_ context.Context, notice contract.Notice) (contract.MailReceipt, error) {
		require.Equal(t, "demo", notice.Integration)
		require.Equal(t, delivery.Subject("integration:demo"), notice.Of)
		w.told = append(w.told, notice.Attention)
		if p := notice.Parcels; p != nil {
			w.counts = append(w.counts, fmt.Sprintf("%s %s: %d, before %d %v", w.env.Now().UTC().Format("15:04"), notice.Attention, p.Count, p.Before, p.Such))
		}
		return contract.MailReceipt{}, nil
	}, activity.RegisterOptions{Name: string(contract.TellOperations)})
	return w
}

// change tells of a change, each a minute after the one before.
func (w *watch) change(id string, at time.Duration, c contract.IntegrationChange) {
	c.ID, c.At = id, w.at.Add(at)
	w.n += time.Minute
	w.env.RegisterDelayedCallback(func() { w.env.SignalWorkflow(string(contract.IntegrationChanged), c) }, w.n)
}

// carried plays everything and returns what the next run would know.
func (w *watch) carried() contract.IntegrationState {
	w.Helper()
	w.env.RegisterDelayedCallback(func() { w.env.SetContinueAsNewSuggested(true) }, w.n+time.Minute)
	w.n += time.Hour
	w.change("last", -time.Hour, contract.IntegrationChange{})
	w.env.ExecuteWorkflow(string(contract.WatchIntegration), contract.IntegrationStart{Integration: "demo"})
	var again *workflow.ContinueAsNewError
	require.ErrorAs(w, w.env.GetWorkflowError(), &again)
	var next contract.IntegrationStart
	require.NoError(w, converter.GetDefaultDataConverter().FromPayloads(again.Input, &next))
	require.Equal(w, "demo", next.Integration)
	require.Equal(w, "demo", next.Carried.Integration)
	return *next.Carried
}

func TestAnIntegrationThatFailsRaisesAttention(t *testing.T) {
	on, off := true, false
	failing := time.Date(2026, 11, 2, 8, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		name   string
		change contract.IntegrationChange
		want   contract.Attention
	}{
		{"all is well", contract.IntegrationChange{WebhookActive: &on}, ""},
		{"nothing is told of the webhook", contract.IntegrationChange{}, ""},
		{"switched off", contract.IntegrationChange{WebhookActive: &off}, contract.WebhookSwitchedOff},
		{"failing", contract.IntegrationChange{WebhookActive: &on, FailingSince: failing}, contract.WebhookFailing},
		{"deleted", contract.IntegrationChange{Deleted: true, WebhookActive: &on}, contract.IntegrationDeleted},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWatch(t)
			w.change("1", 0, c.change)
			require.Equal(t, c.want, w.carried().Attention)
		})
	}
}

func TestOperationsAreToldOfAttentionOnce(t *testing.T) {
	on, off := true, false
	w := newWatch(t)
	w.change("1", 0, contract.IntegrationChange{WebhookActive: &on})
	w.change("2", time.Hour, contract.IntegrationChange{WebhookActive: &off})
	w.change("3", 2*time.Hour, contract.IntegrationChange{WebhookActive: &off})
	w.change("4", 3*time.Hour, contract.IntegrationChange{WebhookActive: &on})
	w.change("5", 4*time.Hour, contract.IntegrationChange{Deleted: true})
	w.n += time.Minute
	w.env.RegisterDelayedCallback(func() {
		w.env.SignalWorkflow(string(contract.MailConfigurationChanged), contract.MailState{At: w.at.Add(5 * time.Hour), Fault: "401"})
	}, w.n)
	require.Equal(t, contract.MailsNotSent, w.carried().Attention)
	require.Equal(t, []contract.Attention{contract.WebhookSwitchedOff, contract.IntegrationDeleted}, w.told, "and not of what no mail can tell")
}

func TestAttentionClearsItselfWhenTheCauseIsMended(t *testing.T) {
	on := true
	w := newWatch(t)
	w.change("1", 0, contract.IntegrationChange{ShopName: "Example Shop", ShopURL: "https://shop.example", WebhookActive: &on, FailingSince: w.at})
	w.change("2", time.Hour, contract.IntegrationChange{})
	state := w.carried()
	require.Empty(t, state.Attention)
	require.Equal(t, "Example Shop", state.Latest.ShopName, "what a change leaves out is kept")
	require.Equal(t, "https://shop.example", state.Latest.ShopURL)
}

func TestLateAndRepeatedChangesMeanNothing(t *testing.T) {
	w := newWatch(t)
	w.change("2", time.Hour, contract.IntegrationChange{Deleted: true})
	w.change("1", 0, contract.IntegrationChange{ShopName: "Old name"})
	w.change("2", time.Hour, contract.IntegrationChange{Deleted: true})
	state := w.carried()
	require.Equal(t, contract.IntegrationDeleted, state.Attention)
	require.Empty(t, state.Latest.ShopName)
	require.Len(t, state.Changes, 3, "the copy is not recorded")
	require.True(t, state.Changes[1].Late)
}

// report tells of a reconciliation, a minute after what was told before.
func (w *watch) report(at time.Duration, r contract.Reconciliation) {
	r.Integration, r.At = "demo", w.at.Add(at)
	w.n += time.Minute
	w.env.RegisterDelayedCallback(func() { w.env.SignalWorkflow(string(contract.ParcelsReconciled), r) }, w.n)
}

func TestMailsThatCannotBeSentRaiseAttentionUntilTheyCan(t *testing.T) {
	tell := func(w *watch, at time.Duration, fault string) {
		w.n += time.Minute
		w.env.RegisterDelayedCallback(func() {
			w.env.SignalWorkflow(string(contract.MailConfigurationChanged), contract.MailState{At: w.at.Add(at), Fault: fault})
		}, w.n)
	}
	off := false
	w := newWatch(t)
	w.change("off", 0, contract.IntegrationChange{WebhookActive: &off})
	tell(w, time.Hour, "SendGrid answered 401")
	require.Equal(t, contract.MailsNotSent, w.carried().Attention)

	w = newWatch(t)
	tell(w, time.Hour, "SendGrid answered 401")
	tell(w, 2*time.Hour, "")
	tell(w, time.Hour, "SendGrid answered 401") // told late
	state := w.carried()
	require.Empty(t, state.Attention)
	require.Equal(t, w.at.Add(2*time.Hour), state.Mail.At)
}

func TestWebhooksThatWereMissedRaiseAttentionUntilAllIsWell(t *testing.T) {
	lost := contract.Reconciliation{
		Swept:     contract.Findings{Parcels: 9, Missed: 3, MostLate: contract.Span(2 * time.Hour), AllLate: contract.Span(3 * time.Hour)},
		Rechecked: contract.Findings{Parcels: 5, Missed: 1, MostLate: contract.Span(5 * time.Hour), AllLate: contract.Span(5 * time.Hour)},
	}
	w := newWatch(t)
	w.report(time.Hour, lost)
	w.report(time.Hour, lost) // told twice
	state := w.carried()
	require.Equal(t, contract.WebhooksMissed, state.Attention)
	require.Equal(t, contract.MissedWebhooks{Parcels: 4, LastAt: w.at.Add(time.Hour), MostLate: contract.Span(5 * time.Hour), AllLate: contract.Span(8 * time.Hour)}, state.Missed)

	w = newWatch(t)
	w.report(time.Hour, lost)
	w.report(2*time.Hour, contract.Reconciliation{})
	state = w.carried()
	require.Empty(t, state.Attention)
	require.Equal(t, 4, state.Missed.Parcels, "which stays known")
}

func TestAReconciliationThatFailsRaisesAttention(t *testing.T) {
	w := newWatch(t)
	w.report(time.Hour, contract.Reconciliation{Fault: "Sendcloud's API: set-up (status 401)", Swept: contract.Findings{Missed: 1}})
	require.Equal(t, contract.ReconciliationFails, w.carried().Attention)

	off := false
	w = newWatch(t)
	w.change("off", time.Hour, contract.IntegrationChange{WebhookActive: &off})
	w.report(2*time.Hour, contract.Reconciliation{Swept: contract.Findings{Missed: 1}})
	require.Equal(t, contract.WebhookSwitchedOff, w.carried().Attention, "which explains the others")
}

// count tells how many parcels need attention, some time after the start at nine.
func (w *watch) count(after time.Duration, needing map[contract.Attention]contract.Needing) {
	w.env.RegisterDelayedCallback(func() {
		w.env.SignalWorkflow(string(contract.ParcelsCounted), contract.ParcelCount{At: w.at.Add(after), Needing: needing})
	}, after)
	w.n = max(w.n, after)
}

// Ten thousand parcels of which a mail failed are one mail to operations.
func TestOperationsAreMailedOnceForEachCauseWhileItDoesNotGrow(t *testing.T) {
	w := newWatch(t)
	w.env.SetStartTime(w.at)
	parked := func(n int) map[contract.Attention]contract.Needing {
		return map[contract.Attention]contract.Needing{"mail parked": {Count: n, Such: []int64{7}}}
	}
	w.count(time.Minute, parked(1))
	w.count(2*time.Minute, parked(300))
	w.count(90*time.Second, parked(5000)) // an old one that comes late
	w.count(3*time.Minute, map[contract.Attention]contract.Needing{"mail parked": {Count: 301, Such: []int64{7}}, "exception": {Count: 2, Such: []int64{8, 9}}})
	w.count(2*time.Hour, parked(200))    // fewer: no news
	w.count(3*time.Hour, parked(250))    // more than the fewest
	w.count(185*time.Minute, parked(0))  // all is well
	w.count(190*time.Minute, parked(90)) // it comes and goes: an hour after the last mail
	w.count(9*time.Hour, nil)
	w.count(20*time.Hour, parked(1))
	w.carried()
	require.Equal(t, []string{
		"09:01 mail parked: 1, before 0 [7]",
		"09:03 exception: 2, before 0 [8 9]",
		"10:01 mail parked: 301, before 1 [7]",
		"12:00 mail parked: 250, before 200 [7]",
		"13:00 mail parked: 90, before 0 [7]",
		"05:00 mail parked: 1, before 0 [7]",
	}, w.counts)
}
