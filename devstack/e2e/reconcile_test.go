package e2e_test

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"waybill/contract"
	"waybill/delivery"
	"waybill/devstack/sendcloud"
	"waybill/parcel"
)

// shop is a stack whose parcels a Sendcloud account has, and tells of.
type shop struct {
	*stack
	account *sendcloud.Account
	// keys are the worker's settings for the account's API.
	keys []string
	// byHand is the last run that was started by hand.
	byHand string
}

// newShop opens an account. Its retries of seven hours take seven seconds.
func newShop(t *testing.T, version string, bend func(*sendcloud.AccountConfig)) *shop {
	t.Helper()
	return openAccount(t, prepareStack(t, shared.get(t)), version, bend)
}

// openAccount opens an account for a stack.
func openAccount(t *testing.T, with *stack, version string, bend func(*sendcloud.AccountConfig)) *shop {
	t.Helper()
	s := &shop{stack: with}
	config := sendcloud.AccountConfig{
		PublicKey: "public", SecretKey: "secret", Integration: 7, ShopName: "Example Shop",
		WebhookURL: s.url("/webhooks/sendcloud/demo"), SignatureKey: signatureKey, Scale: 3600,
	}
	if bend != nil {
		bend(&config)
	}
	s.account = sendcloud.NewAccount(config)
	panel := httptest.NewServer(s.account)
	t.Cleanup(func() {
		s.account.Close()
		panel.Close()
	})
	s.keys = []string{
		"SENDCLOUD_BASE_URL=" + panel.URL, "SENDCLOUD_API_KEYS_DEMO=public:secret", "SENDCLOUD_INTEGRATION_ID_DEMO=7",
		"SENDCLOUD_API_VERSION_DEMO=" + version, "WAYBILL_RECONCILE_EVERY=1s",
	}
	s.setUp()
	return s
}

func (s *shop) open(t *testing.T) {
	t.Helper()
	s.startIngress()
	s.startWorker(s.keys...)
	s.awaitReady()
}

func (s *shop) close() { s.terminate() }

// integration is what is known of the integration.
func (s *shop) integration() (known contract.IntegrationState, err error) {
	return known, s.describeAs(contract.IntegrationWorkflowID("demo"), &known)
}

func (s *shop) awaitAttention(want contract.Attention) contract.IntegrationState {
	s.Helper()
	var known contract.IntegrationState
	s.eventually(fmt.Sprintf("attention %q", want), func() (err error) {
		if known, err = s.integration(); err == nil && (known.Attention != want || known.Reconciled == nil) {
			err = fmt.Errorf("it is %q", known.Attention)
		}
		return err
	})
	return known
}

// sweeps waits until so many sweeps more have come to their end.
func (s *shop) sweeps(n int) {
	s.Helper()
	calls := func() (sweeps int) {
		for _, call := range s.account.Calls() {
			if strings.Contains(call, "updated_after=") && !strings.Contains(call, "cursor=") {
				sweeps++
			}
		}
		return sweeps
	}
	// One is under way, perhaps; of two that begin, one has ended.
	want := calls() + n + 1
	s.eventually(fmt.Sprintf("%d sweeps", n), func() error {
		if got := calls(); got < want {
			return fmt.Errorf("%d to go", want-got)
		}
		return nil
	})
}

// The shop is closed for longer than Sendcloud's patience: eight hours, of which
// each takes a second. What happened in the meantime nobody will ever tell.
func TestAnOutageOfEightHours(t *testing.T) {
	for _, version := range []string{"v2", "v3"} {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			s := newShop(t, version, func(c *sendcloud.AccountConfig) { c.PageSize = 2 })
			s.open(t)
			s.awaitAttention("")
			var parcels []sendcloud.Parcel
			for range 5 {
				p := s.parcel()
				s.account.Change(p, sendcloud.ToSorting, time.Now())
				parcels = append(parcels, p)
			}
			for _, p := range parcels {
				s.settled(p, 1, delivery.Accepted)
			}

			s.close()
			truth := []struct {
				status sendcloud.Status
				phase  parcel.Phase
				mails  []string
			}{
				{sendcloud.Delivered, parcel.Delivered, []string{"shipped", "delivered"}},
				{sendcloud.DriverEnRoute, parcel.OutForDelivery, []string{"shipped", "out_for_delivery"}},
				{sendcloud.Undeliverable, parcel.Exception, []string{"shipped"}},
				{sendcloud.EnRoute, parcel.InTransit, []string{"shipped"}},
				{sendcloud.ToSorting, parcel.InTransit, []string{"shipped"}}, // nothing happened to it
			}
			for i, p := range parcels[:4] {
				s.account.Change(p, truth[i].status, time.Now())
			}
			unheard := s.parcel() // the whole parcel came in the meantime
			s.account.Change(unheard, sendcloud.ReadyToSend, time.Now())
			s.account.Change(unheard, sendcloud.DriverEnRoute, time.Now())
			require.NoError(t, s.account.Rest(t.Context()))
			require.Len(t, s.account.FailedCalls(), 6, "Sendcloud has given up")

			s.open(t)
			for i, p := range parcels {
				s.eventually("the parcel's true phase", func() error {
					known, err := s.describe(p)
					if err == nil && known.Phase != truth[i].phase {
						err = fmt.Errorf("parcel %d is %s and not %s", i, known.Phase, truth[i].phase)
					}
					return err
				})
			}
			s.eventually("all mails", func() error {
				for i, p := range parcels {
					if mails := s.mails(p); len(mails) != len(truth[i].mails) {
						return fmt.Errorf("parcel %d was told %v", i, mails)
					}
				}
				return nil
			})
			for i, p := range parcels {
				require.Equal(t, truth[i].mails, s.mails(p))
			}
			known := s.settled(unheard, 1, delivery.Accepted)
			require.Equal(t, parcel.OutForDelivery, known.Phase)
			require.Contains(t, []string{"carrier", known.Facts.CarrierCode}, unheard.CarrierCode)

			// Four parcels changed, and one of them without a change of phase. On an integration's
			// first day, one that is not known does not count.
			s.eventually("the report", func() error {
				state, err := s.integration()
				if err == nil && state.Missed.Parcels != 4 {
					err = fmt.Errorf("%d missed", state.Missed.Parcels)
				}
				return err
			})
			state, err := s.integration()
			require.NoError(t, err)
			require.GreaterOrEqual(t, time.Duration(state.Missed.MostLate), 5*time.Second, "they were unheard for as long as Sendcloud tried")
			s.awaitAttention("") // and then all is well

			// Sweeps that find nothing cost a parcel nothing.
			before := s.transitions(parcels[0])
			s.sweeps(2)
			require.Equal(t, before, s.transitions(parcels[0]))
			state, err = s.integration()
			require.NoError(t, err)
			require.Equal(t, 4, state.Missed.Parcels)
		})
	}
}

// reconcile runs a reconciliation by hand.
func (s *shop) reconcile(t *testing.T, start contract.ReconcileStart) contract.Reconciliation {
	t.Helper()
	start.Integration = "demo"
	s.byHand = fmt.Sprintf("reconcile-by-hand-%d", time.Now().UnixNano())
	run, err := s.client.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{
		ID: s.byHand, TaskQueue: contract.ParcelsQueue,
	}, string(contract.ReconcileParcels), start)
	require.NoError(t, err)
	var done contract.Reconciliation
	require.NoError(t, run.Get(t.Context(), &done))
	return done
}

func TestOldNewsThatIsFoundIsNotMailed(t *testing.T) {
	t.Parallel()
	s := newShop(t, "v3", nil)
	s.open(t)
	fresh, old, over := s.parcel(), s.parcel(), s.parcel()
	s.account.Set(fresh, sendcloud.ToSorting, time.Now().Add(-71*time.Hour))
	s.account.Set(old, sendcloud.ToSorting, time.Now().Add(-80*time.Hour))
	s.account.Set(over, sendcloud.Delivered, time.Now().Add(-time.Hour))
	done := s.reconcile(t, contract.ReconcileStart{Overlap: contract.Span(100 * time.Hour)})
	require.Equal(t, 3, done.Swept.Parcels)
	require.Zero(t, done.Swept.Missed, "it is the integration's first day")
	s.settled(fresh, 1, delivery.Accepted)
	require.Equal(t, parcel.ReasonStaleScan, s.settled(old, 1).Ledger[0].Reason)
	require.Equal(t, parcel.ReasonOverWhenFirstSeen, s.settled(over, 1).Ledger[0].Reason)
	require.Empty(t, s.mails(old))
	require.Empty(t, s.mails(over))
}

// A parcel changed, but the time of the change is such that no sweep sees it.
func TestParcelsThatHaveBeenFollowedForLongAreLookedAt(t *testing.T) {
	for _, version := range []string{"v2", "v3"} {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			s := newShop(t, version, nil)
			s.open(t)
			moved, same, gone := s.parcel(), s.parcel(), s.parcel()
			for _, p := range []sendcloud.Parcel{moved, same, gone} {
				s.account.Change(p, sendcloud.ToSorting, time.Now().Add(-50*time.Hour))
				s.settled(p, 1, delivery.Accepted)
			}
			s.account.Set(moved, sendcloud.DriverEnRoute, time.Now().Add(-40*time.Hour))
			s.account.Delete(gone.ID)
			s.eventually("the parcels to be found and compared", func() error {
				done := s.reconcile(t, contract.ReconcileStart{})
				if done.Rechecked.Parcels != 3 || done.Rechecked.Gone != 1 {
					return fmt.Errorf("found %+v", done.Rechecked)
				}
				return nil
			})
			require.Equal(t, parcel.OutForDelivery, s.settled(moved, 2, delivery.Accepted, delivery.Accepted).Phase)
			s.settled(same, 1, delivery.Accepted)
		})
	}
}

func TestKeysThatSendcloudRefusesAreToldUntilTheyAreMended(t *testing.T) {
	t.Parallel()
	s := newShop(t, "v3", nil)
	s.account.Fail(sendcloud.Fault{Kind: sendcloud.FaultDenied, Times: 3})
	s.open(t)
	known := s.awaitAttention("reconciliation failing")
	require.Contains(t, known.Reconciled.Fault, "Invalid username/password")
	s.awaitAttention("")
	require.NotContains(t, s.worker.output(), "secret")
}

// Sweeps that fail sweep nothing: each later one begins where the last successful
// one ended, however long ago that is.
func TestNoSpanOfTimeIsLeftOutBecauseSweepsFailed(t *testing.T) {
	t.Parallel()
	s := newShop(t, "v3", nil)
	s.open(t)
	s.awaitAttention("")
	s.sweeps(1)
	before := len(s.account.Calls())
	s.account.Fail(sendcloud.Fault{Kind: sendcloud.FaultDenied, Times: 3, Path: "/api/v3/shipments"})
	s.awaitAttention("reconciliation failing")
	s.awaitAttention("")
	sweeps := map[string]int{}
	for _, call := range s.account.Calls()[before:] {
		if _, from, ok := strings.Cut(call, "updated_after="); ok {
			sweeps[from]++
		}
	}
	require.Contains(t, slices.Collect(maps.Values(sweeps)), 4, "three in vain and the one that came through: %v", sweeps)
}

func TestTroubleWithSendcloudsAPIPasses(t *testing.T) {
	t.Parallel()
	s := newShop(t, "v2", nil)
	for _, kind := range []sendcloud.FaultKind{
		sendcloud.FaultLimited, sendcloud.FaultProxy, sendcloud.FaultClose, sendcloud.FaultV3, sendcloud.FaultLimitedSaying, sendcloud.FaultV2,
	} {
		s.account.Fail(sendcloud.Fault{Kind: kind, Times: 1})
	}
	p := s.parcel()
	s.account.Set(p, sendcloud.ToSorting, time.Now())
	s.open(t)
	s.settled(p, 1, delivery.Accepted)
}

func TestAWebhookThatWasSwitchedOffSilentlyIsNoticed(t *testing.T) {
	t.Parallel()
	s := newShop(t, "v3", nil)
	s.open(t)
	require.Equal(t, "Example Shop", s.awaitAttention("").Latest.ShopName)
	s.account.SetWebhook(false)
	s.awaitAttention("webhook switched off")
	s.account.SetWebhook(true)
	s.awaitAttention("")
}

func TestAMailSaysWhereAParcelCanBeCollected(t *testing.T) {
	t.Parallel()
	s := newShop(t, "v3", nil)
	s.open(t)
	p := s.parcel()
	p.ServicePoint = sendcloud.Kiosk
	s.tell(p, sendcloud.AwaitingPickup, time.Now())
	s.settled(p, 1, delivery.Accepted)
	for _, m := range s.sendgrid.Mails() {
		if m.To == p.Recipient.Email {
			require.Contains(t, m.Text, "Kiosk am Platz, Stationsplein 1, 5611 AC Eindhoven")
			require.Contains(t, m.Text, "09:00–18:00")
			return
		}
	}
	require.Fail(t, "no mail")
}

func TestMailsLeadToTheShopThatTheIntegrationIsOf(t *testing.T) {
	t.Parallel()
	s := newShop(t, "v3", nil)
	s.open(t)
	s.awaitAttention("")
	p := s.parcel()
	s.account.Change(p, sendcloud.ToSorting, time.Now())
	s.settled(p, 1, delivery.Accepted)
	require.Contains(t, s.sendgrid.Mails()[0].HTML, `href="https://shop.example"`)
}

// The schedule follows the keys, and leaves what an operator paused.
func TestTheScheduleFollowsTheKeys(t *testing.T) {
	t.Parallel()
	s := newShop(t, "v3", nil)
	s.open(t)
	schedule := s.client.ScheduleClient().GetHandle(t.Context(), contract.ReconcileScheduleID("demo"))
	paused := func(want bool) {
		t.Helper()
		s.eventually(fmt.Sprintf("paused: %v", want), func() error {
			is, err := schedule.Describe(t.Context())
			if err == nil && is.Schedule.State.Paused != want {
				err = fmt.Errorf("it is %v: %s", is.Schedule.State.Paused, is.Schedule.State.Note)
			}
			return err
		})
	}
	paused(false)
	s.worker.terminate()
	s.startWorker()
	paused(true)
	s.worker.terminate()
	s.startWorker(s.keys...)
	paused(false)
	require.NoError(t, schedule.Pause(t.Context(), client.SchedulePauseOptions{Note: "Sendcloud has asked us to"}))
	s.worker.terminate()
	s.startWorker(s.keys...)
	s.eventually("the worker to have looked", func() error {
		if !strings.Contains(s.worker.output(), "worker started") {
			return fmt.Errorf("not yet")
		}
		return nil
	})
	paused(true)
}

func TestMetricsCountWebhooksAndWhatWasMissed(t *testing.T) {
	t.Parallel()
	s := newShop(t, "v3", nil)
	ports := []int{freePort(t), freePort(t)}
	s.startIngress(fmt.Sprintf("WAYBILL_METRICS_LISTEN=127.0.0.1:%d", ports[0]))
	s.startWorker(append(s.keys, fmt.Sprintf("WAYBILL_METRICS_LISTEN=127.0.0.1:%d", ports[1]))...)
	s.awaitReady()
	told := s.parcel()
	s.account.Change(told, sendcloud.ToSorting, time.Now())
	s.account.Send(sendcloud.UnknownAction(time.Now()))
	s.account.Send(sendcloud.IntegrationCredentials(7, "public", "very secret", time.Now()))
	require.NoError(t, s.account.Rest(t.Context()))
	s.shows(ports[0],
		`waybill_webhooks_total{action="parcel_status_changed",integration="demo",outcome="recorded"} 1`,
		`waybill_webhooks_total{action="",integration="demo",outcome="unknown action"} 1`,
		`waybill_webhooks_total{action="integration_credentials",integration="demo",outcome="of no interest"} 1`,
	)
	s.settled(told, 1, delivery.Accepted)
	s.account.Set(told, sendcloud.DriverEnRoute, time.Now()) // no webhook tells of it
	s.shows(ports[1], `waybill_webhooks_missed_lateness_seconds_count{`, `waybill_webhooks_missed_total{`, `temporal_`)
	require.NotContains(t, s.ingress.output()+s.worker.output(), "very secret")
}

// shows waits until a process shows these metrics.
func (s *stack) shows(port int, lines ...string) {
	s.Helper()
	s.eventually("metrics", func() error {
		ctx, cancel := context.WithTimeout(s.Context(), 5*time.Second)
		defer cancel()
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, fmt.Sprintf("http://127.0.0.1:%d/metrics", port), nil)
		if err != nil {
			return err
		}
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			return err
		}
		defer resp.Body.Close()
		said, err := io.ReadAll(resp.Body)
		if err != nil {
			return err
		}
		for _, line := range lines {
			if !strings.Contains(string(said), line) {
				return fmt.Errorf("%s is not there", line)
			}
		}
		return nil
	})
}
