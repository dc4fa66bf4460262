package e2e_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"waybill/delivery"
	"waybill/devstack/sendcloud"
	"waybill/devstack/sendgrid"
	"waybill/parcel"
)

// metricsOf are the metrics that a process shows.
func (s *stack) metricsOf(port int) (string, error) {
	ctx, cancel := context.WithTimeout(s.Context(), 5*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, fmt.Sprintf("http://127.0.0.1:%d/metrics", port), nil)
	if err != nil {
		return "", err
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	said, err := io.ReadAll(resp.Body)
	return string(said), err
}

// health runs "waybill health" beside a process.
func (s *stack) health(port int, args ...string) error {
	ctx, cancel := context.WithTimeout(s.Context(), 10*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, waybillProgram, append([]string{"health"}, args...)...)
	cmd.Env = append(os.Environ(), fmt.Sprintf("WAYBILL_METRICS_LISTEN=127.0.0.1:%d", port))
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	return nil
}

func TestMetricsShowWhatNeedsAPersonAndNothingPersonal(t *testing.T) {
	t.Parallel()
	s := prepareStack(t, shared.get(t))
	s.setUp()
	ports := []int{freePort(t), freePort(t)}
	s.startIngress(fmt.Sprintf("WAYBILL_METRICS_LISTEN=127.0.0.1:%d", ports[0]))
	s.startWorker()
	s.awaitReady()
	p := s.parcel()
	p.Recipient.Name = "Planted Person"
	s.fail(p, sendgrid.Fault{Kind: sendgrid.FaultStatus, Status: 400, Message: "planted words about recipient@example.com", Times: 2})
	s.tell(p, sendcloud.ToSorting, time.Now())
	s.settled(p, 1, delivery.Parked)
	s.awaitListed(p, "ParkedMails > 0")
	// A process reads the gauges when it begins.
	s.worker.terminate()
	s.startWorker(fmt.Sprintf("WAYBILL_METRICS_LISTEN=127.0.0.1:%d", ports[1]))
	s.eventually("the worker to be ready", func() error { return s.health(ports[1], "--ready") })
	s.shows(ports[1],
		`waybill_mails_parked 1`, `waybill_parcels_attention{reason="mail parked"} 1`, `waybill_parcels_attention{reason="exception"} 0`,
		`waybill_refunds{age="under 1 day",state="awaiting_approval"} 0`, `waybill_refunds_due{within="over"} 0`, `waybill_mail_breaker_open 0`,
		`waybill_task_queue_pollers{queue="parcels",type="workflow"}`, `waybill_task_queue_backlog{queue="refunds",type="activity"} 0`,
		`waybill_gauges_refreshed_timestamp_seconds`, `temporal_request_total{`,
	)
	_, err := order(s, p, "RetryMails", parcel.Input{})
	require.NoError(t, err)
	s.shows(ports[1], `waybill_mails_total{integration="demo",kind="shipped",outcome="refused",reason="rejected"} 1`)
	s.settled(p, 1, delivery.Parked)
	_, err = order(s, p, "RetryMails", parcel.Input{})
	require.NoError(t, err)
	s.settled(p, 1, delivery.Accepted)
	s.shows(ports[1], `waybill_mails_total{integration="demo",kind="shipped",outcome="accepted",reason=""} 1`,
		`waybill_scan_to_mail_seconds_count{integration="demo",kind="shipped"} 1`)
	s.shows(ports[0], `waybill_door_latency_seconds_count{code="200",door="/webhooks/sendcloud/:integration"} 1`,
		`waybill_webhook_to_recorded_seconds_count{integration="demo"} 1`, `waybill_mails_parked `)
	require.NoError(t, s.health(ports[0]))

	for _, port := range ports {
		said, err := s.metricsOf(port)
		require.NoError(t, err)
		for _, personal := range []string{"planted", "example.com", fmt.Sprint(p.ID), workflowID(p), p.Recipient.Street, p.Recipient.Name} {
			require.NotContains(t, strings.ToLower(said), strings.ToLower(personal))
		}
		// Every label of ours has words from a fixed list, or the name of an integration.
		for _, label := range regexp.MustCompile(`(?m)^waybill_[a-z_]+\{.*?integration="([^"]*)"`).FindAllStringSubmatch(said, -1) {
			require.Contains(t, []string{"", "demo", "captured"}, label[1])
		}
	}
	s.worker.terminate()
	require.Error(t, s.health(ports[1]), "nothing answers any more")
}
