package e2e_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	namespacepb "go.temporal.io/api/namespace/v1"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/protobuf/types/known/durationpb"

	"waybill/delivery"
	"waybill/devstack/sendcloud"
	"waybill/devstack/sendgrid"
	"waybill/parcel"
)

// fail makes SendGrid fail for one parcel's recipient.
func (s *stack) fail(p sendcloud.Parcel, f sendgrid.Fault) {
	s.Helper()
	f.To = p.Recipient.Email
	require.NoError(s, s.sendgrid.Fail(f))
}

// awaitPost waits until a mail for a parcel was posted.
func (s *stack) awaitPost(p sendcloud.Parcel) {
	s.Helper()
	s.eventually("a post", func() error {
		if len(s.posts(p)) == 0 {
			return fmt.Errorf("none yet")
		}
		return nil
	})
}

func TestSendGridInTrouble(t *testing.T) {
	t.Parallel()
	s := newStack(t, shared.get(t))

	t.Run("429 is waited out: one mail", func(t *testing.T) {
		t.Parallel()
		s := s.in(t)
		p := s.parcel()
		s.fail(p, sendgrid.Fault{Kind: sendgrid.FaultStatus, Status: 429, RetryAfter: 1, Times: 2})
		s.tell(p, sendcloud.ToSorting, time.Now())
		known := s.settled(p, 1, delivery.Accepted)
		require.Equal(t, []string{"shipped"}, s.mails(p))
		require.Len(t, s.posts(p), 3)
		require.Equal(t, 1, known.Mails[0].Tries, "Temporal tries again, the workflow does not notice")
		require.Zero(t, known.Mails[0].Unproven)
	})
	t.Run("an answer that breaks off is an answer: one mail", func(t *testing.T) {
		t.Parallel()
		s := s.in(t)
		p := s.parcel()
		s.fail(p, sendgrid.Fault{Kind: sendgrid.FaultAcceptThenBreak, Times: 1})
		s.tell(p, sendcloud.ToSorting, time.Now())
		known := s.settled(p, 1, delivery.Accepted)
		require.Equal(t, []string{"shipped"}, s.mails(p))
		require.Len(t, s.posts(p), 1)
		require.Zero(t, known.Mails[0].Unproven)
		require.NotEmpty(t, known.Mails[0].MessageIDs)
	})
	t.Run("500 may have been sent: it is posted again after a while, and marked", func(t *testing.T) {
		t.Parallel()
		s := s.in(t)
		p := s.parcel()
		s.fail(p, sendgrid.Fault{Kind: sendgrid.FaultStatus, Status: 500, Times: 1})
		s.tell(p, sendcloud.ToSorting, time.Now())
		known := s.settled(p, 1, delivery.Accepted)
		require.Equal(t, []string{"shipped"}, s.mails(p))
		require.Equal(t, 1, known.Mails[0].Unproven)
		require.Equal(t, 2, known.Mails[0].Tries)
	})
	t.Run("401 is waited out: one mail", func(t *testing.T) {
		t.Parallel()
		s := s.in(t)
		p := s.parcel()
		s.fail(p, sendgrid.Fault{Kind: sendgrid.FaultStatus, Status: 401, Times: 1})
		s.tell(p, sendcloud.ToSorting, time.Now())
		known := s.settled(p, 1, delivery.Accepted)
		require.Equal(t, []string{"shipped"}, s.mails(p))
		require.Zero(t, known.Mails[0].Unproven)
	})
	t.Run("400 parks the mail, and an update sends it once", func(t *testing.T) {
		t.Parallel()
		s := s.in(t)
		p := s.parcel()
		s.fail(p, sendgrid.Fault{Kind: sendgrid.FaultStatus, Status: 400, Message: "The from address is wrong.", Times: 1})
		s.tell(p, sendcloud.ToSorting, time.Now())
		known := s.settled(p, 1, delivery.Parked)
		require.Equal(t, "SendGrid answered 400 Bad Request: The from address is wrong.", known.Mails[0].Why)
		s.awaitListed(p, "ParkedMails > 0")
		answer, err := order(s, p, "RetryMails", parcel.Input{})
		require.NoError(t, err)
		require.Len(t, answer.Mails, 1)
		require.True(t, answer.Mails[0].Leaves)
		s.settled(p, 1, delivery.Accepted)
		require.Equal(t, []string{"shipped"}, s.mails(p))
		s.awaitListed(p, "ParkedMails = 0")
		_, err = order(s, p, "RetryMails", parcel.Input{})
		require.ErrorContains(t, err, "no mail is parked")
	})
	t.Run("400 parks the mail, and a signal sends it once", func(t *testing.T) {
		t.Parallel()
		s := s.in(t)
		p := s.parcel()
		s.fail(p, sendgrid.Fault{Kind: sendgrid.FaultStatus, Status: 400, Times: 1})
		s.tell(p, sendcloud.ToSorting, time.Now())
		s.settled(p, 1, delivery.Parked)
		require.NoError(t, s.client.SignalWorkflow(t.Context(), workflowID(p), "", "RetryMails", parcel.Input{}))
		s.settled(p, 1, delivery.Accepted)
		require.Equal(t, []string{"shipped"}, s.mails(p))
	})
	t.Run("a hang that took nothing: one mail", func(t *testing.T) {
		t.Parallel()
		s := s.in(t)
		p := s.parcel()
		s.fail(p, sendgrid.Fault{Kind: sendgrid.FaultHang, Times: 1})
		s.tell(p, sendcloud.ToSorting, time.Now())
		known := s.settled(p, 1, delivery.Accepted)
		require.Equal(t, []string{"shipped"}, s.mails(p))
		require.Equal(t, 1, known.Mails[0].Unproven)
	})
	t.Run("a hang that took the mail: two mails under one key, and the record says so", func(t *testing.T) {
		t.Parallel()
		s := s.in(t)
		p := s.parcel()
		s.fail(p, sendgrid.Fault{Kind: sendgrid.FaultAcceptThenHang, Times: 1})
		s.tell(p, sendcloud.ToSorting, time.Now())
		known := s.settled(p, 1, delivery.Accepted)
		require.Equal(t, []string{"shipped", "shipped"}, s.mails(p))
		require.Equal(t, 1, known.Mails[0].Unproven)
		require.Contains(t, s.metadata(p), "may be there twice")
		posts := s.posts(p)
		require.Equal(t, known.Mails[0].Key, posts[0].CustomArgs["waybill_key"])
		require.Equal(t, posts[0].CustomArgs["waybill_key"], posts[1].CustomArgs["waybill_key"])
		require.Equal(t, []string{"1", "2"}, []string{posts[0].CustomArgs["waybill_try"], posts[1].CustomArgs["waybill_try"]})
	})
}

// in is the stack with another test to fail.
func (s *stack) in(t *testing.T) *stack {
	inner := *s
	inner.T = t
	return &inner
}

func (s *stack) awaitListed(p sendcloud.Parcel, query string) {
	s.Helper()
	s.eventually("the parcel to be listed by "+query, func() error {
		found, err := s.client.ListWorkflow(s.Context(), &workflowservice.ListWorkflowExecutionsRequest{
			Query: fmt.Sprintf("WorkflowId = %q AND %s", workflowID(p), query),
		})
		if err == nil && len(found.Executions) != 1 {
			err = fmt.Errorf("found %d", len(found.Executions))
		}
		return err
	})
}

func TestAWorkerThatIsKilledWhilePostingLosesNothing(t *testing.T) {
	t.Parallel()
	s := newStack(t, shared.get(t))
	p := s.parcel()
	now := time.Now()
	s.fail(p, sendgrid.Fault{Kind: sendgrid.FaultHang, Times: 1})
	s.tell(p, sendcloud.ToSorting, now.Add(-2*time.Hour))
	s.awaitPost(p)
	s.worker.kill()
	s.tell(p, sendcloud.EnRoute, now.Add(-time.Hour))
	s.startWorker()
	known := s.settled(p, 2, delivery.Accepted)
	require.Equal(t, []string{"shipped"}, s.mails(p))
	require.Len(t, s.posts(p), 2)
	require.Equal(t, 1, known.Mails[0].Unproven, "nobody can say whether the dead worker's post went out")
}

func TestAWorkerThatIsToldToStopFinishesItsMail(t *testing.T) {
	t.Parallel()
	s := newStack(t, shared.get(t))
	p := s.parcel()
	s.fail(p, sendgrid.Fault{Kind: sendgrid.FaultHang, Times: 1})
	s.tell(p, sendcloud.ToSorting, time.Now())
	s.awaitPost(p)
	s.worker.terminate()
	require.Zero(t, s.worker.cmd.ProcessState.ExitCode(), s.worker.output())
	s.startWorker()
	known := s.settled(p, 1, delivery.Accepted)
	require.Equal(t, []string{"shipped"}, s.mails(p))
	require.Equal(t, 1, known.Mails[0].Unproven)
}

func TestTemporalStopsAndComesBack(t *testing.T) {
	t.Parallel()
	server := &temporalServer{folder: t.TempDir(), port: freePort(t)}
	require.NoError(t, server.start())
	t.Cleanup(func() { server.kill() })
	s := newStack(t, server)
	p := s.parcel()
	now := time.Now()
	s.tell(p, sendcloud.ToSorting, now.Add(-3*time.Hour))
	s.settled(p, 1, delivery.Accepted)

	server.terminate()
	body := p.Body(sendcloud.DriverEnRoute, now)
	code, said := s.once(http.MethodPost, "/webhooks/sendcloud/demo", body, sendcloud.Sign(signatureKey, body))
	require.Equal(t, http.StatusServiceUnavailable, code, said)
	require.Contains(t, said, "send it again")
	code, _ = s.once(http.MethodGet, "/healthz", nil, "")
	require.Equal(t, http.StatusOK, code)
	code, _ = s.once(http.MethodGet, "/readyz", nil, "")
	require.Equal(t, http.StatusServiceUnavailable, code)

	require.NoError(t, server.start())
	s.awaitReady()
	code, said = s.knock(body)
	require.Equal(t, http.StatusOK, code, said)
	s.settled(p, 2, delivery.Accepted, delivery.Accepted)
	require.Equal(t, []string{"shipped", "out_for_delivery"}, s.mails(p))

	// Everything stops and starts again: the parcel is there, and nothing is
	// mailed twice.
	s.worker.terminate()
	s.ingress.terminate()
	server.terminate()
	require.NoError(t, server.start())
	s.startIngress()
	s.startWorker()
	s.awaitReady()
	code, _ = s.knock(body)
	require.Equal(t, http.StatusOK, code)
	s.tell(p, sendcloud.Delivered, now.Add(time.Minute))
	s.settled(p, 3, delivery.Accepted, delivery.Accepted, delivery.Accepted)
	require.Equal(t, []string{"shipped", "out_for_delivery", "delivered"}, s.mails(p))
}

func TestAWorkerRefusesANamespaceThatIsNotSetUp(t *testing.T) {
	t.Parallel()
	s := prepareStack(t, shared.get(t))
	s.eventually("the namespace", func() error {
		_, err := s.client.WorkflowService().RegisterNamespace(t.Context(), &workflowservice.RegisterNamespaceRequest{
			Namespace: s.namespace, WorkflowExecutionRetentionPeriod: durationpb.New(24 * time.Hour),
		})
		return err
	})
	s.startWorker()
	select {
	case <-s.worker.done:
	case <-time.After(patience):
		require.Fail(t, "the worker still runs", s.worker.output())
	}
	require.Equal(t, 1, s.worker.cmd.ProcessState.ExitCode())
	require.Contains(t, s.worker.output(), "lacks the search attributes Integration, ParcelPhase, Attention, ParkedMails, OrderNumber, TrackingNumber, Recipient, RefundState, ApproverRole, LegalDeadline: run\n  waybill setup")
}

func TestAWorkerRefusesANamespaceThatDoesNotExist(t *testing.T) {
	t.Parallel()
	s := prepareStack(t, shared.get(t))
	s.startWorker()
	select {
	case <-s.worker.done:
	case <-time.After(patience):
		require.Fail(t, "the worker still runs", s.worker.output())
	}
	require.Equal(t, 1, s.worker.cmd.ProcessState.ExitCode())
	require.Contains(t, s.worker.output(), "does not exist at this Temporal: run\n  waybill setup\n")
}

// Temporal would soon forget what has ended, and begin it again.
func TestANamespaceThatForgetsTooSoonIsRefused(t *testing.T) {
	t.Parallel()
	s := prepareStack(t, shared.get(t))
	s.setUp()
	_, err := s.client.WorkflowService().UpdateNamespace(t.Context(), &workflowservice.UpdateNamespaceRequest{
		Namespace: s.namespace, Config: &namespacepb.NamespaceConfig{WorkflowExecutionRetentionTtl: durationpb.New(7 * 24 * time.Hour)},
	})
	require.NoError(t, err)
	const why = "keeps closed workflows for 7 days, and 30 days are needed"
	s.eventually("the worker to refuse", func() error { // the server knows it a little later
		s.startWorker()
		select {
		case <-s.worker.done:
			return nil
		case <-time.After(5 * time.Second):
			s.worker.terminate()
			return errors.New("it works")
		}
	})
	require.Equal(t, 1, s.worker.cmd.ProcessState.ExitCode())
	require.Contains(t, s.worker.output(), why)
	require.Contains(t, s.worker.output(), "run\n  waybill setup\nor set WAYBILL_RETENTION to less")
	s.startWorker("WAYBILL_RETENTION=168h")
	s.awaitWorker()
	require.Contains(t, s.worker.output(), `"kept_days":7`)
}

func TestAWorkerThatWaitsForTemporalCanBeStopped(t *testing.T) {
	t.Parallel()
	s := prepareStack(t, &temporalServer{port: freePort(t)})
	s.startWorker()
	s.eventually("the worker to wait", func() error {
		if !strings.Contains(s.worker.output(), "waiting for Temporal") {
			return fmt.Errorf("it does not say so")
		}
		return nil
	})
	s.worker.terminate()
	require.Zero(t, s.worker.cmd.ProcessState.ExitCode(), s.worker.output())
}
