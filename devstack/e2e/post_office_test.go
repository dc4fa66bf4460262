package e2e_test

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflowservice/v1"

	"waybill/contract"
	"waybill/delivery"
	"waybill/devstack/sendcloud"
	"waybill/devstack/sendgrid"
	"waybill/parcel"
)

// addressed is a parcel for somebody whose address begins so.
func (s *stack) addressed(beginning string) sendcloud.Parcel {
	p := s.parcel()
	p.Recipient.Email = beginning + "-" + p.Recipient.Email
	return p
}

// reported waits until a parcel's first mail is what the provider says.
func (s *stack) reported(p sendcloud.Parcel, kind delivery.ReportKind) parcel.Parcel {
	s.Helper()
	var known parcel.Parcel
	s.eventually(string(kind), func() (err error) {
		if known, err = s.describe(p); err != nil {
			return err
		}
		if len(known.Mails) == 0 || known.Mails[0].Report == nil || known.Mails[0].Report.Kind != kind {
			return fmt.Errorf("mails %+v", known.Mails)
		}
		return nil
	})
	return known
}

// batch posts events as SendGrid does.
func (s *stack) batch(events ...sendgrid.Event) (int, string) {
	s.Helper()
	body, err := sendgrid.Body(events)
	require.NoError(s, err)
	timestamp := strconv.FormatInt(time.Now().Unix(), 10)
	signature, err := s.webhook.Sign(timestamp, body)
	require.NoError(s, err)
	return s.tellEvents(timestamp, signature, body)
}

func (s *stack) tellEvents(timestamp, signature string, body []byte) (int, string) {
	s.Helper()
	return s.patiently(func() (int, string) { return s.tellEventsOnce(timestamp, signature, body) })
}

func (s *stack) tellEventsOnce(timestamp, signature string, body []byte) (int, string) {
	s.Helper()
	r, err := http.NewRequestWithContext(s.Context(), http.MethodPost, s.webhook.URL, bytes.NewReader(body))
	require.NoError(s, err)
	r.Header.Set("X-Twilio-Email-Event-Webhook-Signature", signature)
	r.Header.Set("X-Twilio-Email-Event-Webhook-Timestamp", timestamp)
	resp, err := http.DefaultClient.Do(r)
	require.NoError(s, err)
	defer resp.Body.Close()
	var said bytes.Buffer
	_, err = said.ReadFrom(resp.Body)
	require.NoError(s, err)
	return resp.StatusCode, said.String()
}

func TestAPostWithoutAnAnswerIsOneMailIfSendGridTellsOfIt(t *testing.T) {
	t.Parallel()
	s := newStackWith(t, shared.get(t), postOffice{events: true})
	// Proof would be waited for much longer than it takes to come.
	s.setPolicy("mode: live\nhold: 0\ntogether: 0\ncap: 0\nquiet_hours: {from: \"00:00\", to: \"00:00\"}\nsending: {proof_wait: 1h}\n")
	s.awaitPolicy()
	p := s.parcel()
	s.fail(p, sendgrid.Fault{Kind: sendgrid.FaultAcceptThenHang, Times: 1})
	s.tell(p, sendcloud.ToSorting, time.Now())
	known := s.settled(p, 1, delivery.Accepted)
	require.Equal(t, []string{"shipped"}, s.mails(p))
	require.Len(t, s.posts(p), 1)
	require.Equal(t, []string{s.sendgrid.Mails()[0].MessageID}, known.Mails[0].MessageIDs)
	require.LessOrEqual(t, known.Mails[0].Unproven, 1)
	require.False(t, known.Mails[0].Twice())
}

func TestAPostWithoutAnAnswerIsLookedForInTheLogs(t *testing.T) {
	t.Parallel()
	s := newStackWith(t, shared.get(t), postOffice{logs: true})
	p := s.parcel()
	s.fail(p, sendgrid.Fault{Kind: sendgrid.FaultAcceptThenHang, Times: 1})
	s.tell(p, sendcloud.ToSorting, time.Now())
	known := s.settled(p, 1, delivery.Accepted)
	require.Equal(t, []string{"shipped"}, s.mails(p), "it was found, and not sent again")
	require.Len(t, s.posts(p), 1)
	require.Equal(t, 2, known.Mails[0].Tries)
}

func TestAPostWithoutAnyProofIsSentAgainAndMarked(t *testing.T) {
	t.Parallel()
	s := newStackWith(t, shared.get(t), postOffice{events: true})
	p := s.addressed("silent")
	s.fail(p, sendgrid.Fault{Kind: sendgrid.FaultAcceptThenHang, Times: 1})
	s.tell(p, sendcloud.ToSorting, time.Now())
	known := s.settled(p, 1, delivery.Accepted)
	require.Equal(t, []string{"shipped", "shipped"}, s.mails(p))
	require.Equal(t, 1, known.Mails[0].Unproven)
	require.Contains(t, known.Mails[0].Remark(nil).String(), "may be there twice")

	// Both show up after all: that is the duplicate that it is.
	for _, m := range s.sendgrid.Mails() {
		if m.To == p.Recipient.Email {
			code, said := s.batch(sendgrid.Event{
				"event": "processed", "email": m.To, "timestamp": time.Now().Unix(), "sg_event_id": m.MessageID, "sg_message_id": m.MessageID + ".x",
				"waybill_key": m.CustomArgs["waybill_key"], "waybill_parcel": m.CustomArgs["waybill_parcel"],
			})
			require.Equal(t, http.StatusOK, code, said)
		}
	}
	s.eventually("the duplicate to be known", func() error {
		known, err := s.describe(p)
		if err == nil && !known.Mails[0].Twice() {
			err = errors.New("it is not")
		}
		return err
	})
}

func TestABounceSilencesTheNextMailAndANewAddressRevivesIt(t *testing.T) {
	t.Parallel()
	s := newStackWith(t, shared.get(t), postOffice{events: true})
	p := s.addressed("bounce")
	s.tell(p, sendcloud.ToSorting, time.Now().Add(-time.Hour))
	known := s.reported(p, delivery.Bounced)
	require.Equal(t, parcel.AttentionBounced, known.MailAttention)
	s.eventually("the parcel in the list of those to look at", func() error {
		found, err := s.client.CountWorkflow(s.Context(), &workflowservice.CountWorkflowExecutionsRequest{
			Namespace: s.namespace, Query: fmt.Sprintf("WorkflowId = %q AND Attention = %q", workflowID(p), parcel.AttentionBounced),
		})
		if err == nil && found.GetCount() != 1 {
			err = fmt.Errorf("%d found", found.GetCount())
		}
		return err
	})
	require.Equal(t, "invalid address, 5.1.1", known.Mails[0].Report.Why)

	s.tell(p, sendcloud.DriverEnRoute, time.Now())
	known = s.settled(p, 2, delivery.Accepted, delivery.Parked)
	require.Equal(t, parcel.ReasonBounced, known.Ledger[1].Reason)
	require.Equal(t, []string{"shipped"}, s.mails(p), "nothing goes to an address that bounced")

	_, err := order(s, p, "ChangeRecipient", parcel.Input{Email: "mended-" + p.Recipient.Email})
	require.NoError(t, err)
	known = s.settled(p, 2, delivery.Accepted, delivery.Accepted)
	require.Empty(t, known.MailAttention)
	p.Recipient.Email = "mended-" + p.Recipient.Email
	require.Equal(t, []string{"out_for_delivery"}, s.mails(p))

	// What SendGrid still tells of the old address does not matter any more.
	s.tell(p, sendcloud.Delivered, time.Now())
	s.settled(p, 3, delivery.Accepted, delivery.Accepted, delivery.Accepted)
}

func TestABounceThatSaysNothingButTheAddressFindsItsParcel(t *testing.T) {
	t.Parallel()
	s := newStackWith(t, shared.get(t), postOffice{events: true, logs: true})
	p := s.addressed("async-bounce")
	s.tell(p, sendcloud.ToSorting, time.Now())
	known := s.reported(p, delivery.Bounced)
	require.Equal(t, parcel.AttentionBounced, known.MailAttention)
	tracing := ""
	s.eventually("the tracing to end", func() error {
		found, err := s.client.ListWorkflow(s.Context(), &workflowservice.ListWorkflowExecutionsRequest{Namespace: s.namespace, Query: "WorkflowType = 'TraceBounce'"})
		if err != nil {
			return err
		}
		if len(found.GetExecutions()) != 1 || found.GetExecutions()[0].GetStatus() != enums.WORKFLOW_EXECUTION_STATUS_COMPLETED {
			return fmt.Errorf("%v", found.GetExecutions())
		}
		tracing = found.GetExecutions()[0].GetExecution().GetWorkflowId()
		return nil
	})
	s.record(tracing, string(contract.TraceBounce)+"-found")
	s.record(workflowID(p), string(contract.TrackParcel)+"-bounced")
	require.NotContains(t, s.ingress.output()+s.worker.output(), p.Recipient.Email)

	// With a key that may not read the logs, nobody can say whose it is.
	blind := newStackWith(t, shared.get(t), postOffice{events: true})
	code, said := blind.batch(sendgrid.Event{"event": "bounce", "type": "bounce", "email": "jane@example.com", "sg_event_id": "async", "sg_message_id": "", "timestamp": time.Now().Unix()})
	require.Equal(t, http.StatusOK, code, said)
	var traced contract.BounceTraced
	require.NoError(t, blind.client.GetWorkflow(t.Context(), contract.BounceWorkflowID("async"), "").Get(t.Context(), &traced))
	require.Zero(t, traced.Told)
}

func TestSpamAndBlockedMails(t *testing.T) {
	t.Parallel()
	s := newStackWith(t, shared.get(t), postOffice{events: true})
	spam := s.addressed("spam")
	s.tell(spam, sendcloud.ToSorting, time.Now())
	require.Equal(t, parcel.AttentionSpam, s.reported(spam, delivery.Spam).MailAttention)
	blocked := s.addressed("blocked")
	s.tell(blocked, sendcloud.ToSorting, time.Now().Add(-time.Hour))
	s.settled(blocked, 1, delivery.Accepted)
	s.tell(blocked, sendcloud.DriverEnRoute, time.Now())
	known := s.settled(blocked, 2, delivery.Accepted, delivery.Accepted)
	require.Empty(t, known.MailAttention, "the mailbox is full today")
}

func TestAThousandEventsOfMailsThatArrivedCostNoWorkflowTask(t *testing.T) {
	t.Parallel()
	s := newStack(t, shared.get(t))
	var events []sendgrid.Event
	p := s.parcel()
	s.tell(p, sendcloud.ToSorting, time.Now())
	known := s.settled(p, 1, delivery.Accepted)
	s.idle(p)
	before := len(s.events(workflowID(p)))
	for i := range 1000 {
		kind := []string{"processed", "delivered", "deferred", "open", "click"}[i%5]
		events = append(events, sendgrid.Event{
			"event": kind, "email": p.Recipient.Email, "timestamp": time.Now().Unix(), "sg_event_id": fmt.Sprint("e", i),
			"sg_message_id": known.Mails[0].MessageIDs[0] + ".x", "waybill_key": known.Mails[0].Key, "waybill_parcel": fmt.Sprintf("demo:%d", p.ID),
		})
	}
	code, said := s.batch(events...)
	require.Equal(t, http.StatusOK, code, said)
	require.Len(t, s.events(workflowID(p)), before, "nothing depends on them")

	// One that tells of trouble is told, among however many that do not.
	code, said = s.batch(append(events, sendgrid.Event{
		"event": "bounce", "type": "bounce", "email": p.Recipient.Email, "timestamp": time.Now().Unix(), "sg_event_id": "b",
		"sg_message_id": known.Mails[0].MessageIDs[0] + ".x", "waybill_key": known.Mails[0].Key, "waybill_parcel": fmt.Sprintf("demo:%d", p.ID),
	})...)
	require.Equal(t, http.StatusOK, code, said)
	s.reported(p, delivery.Bounced)
	require.Equal(t, 2, count(s.events(workflowID(p)), enums.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED))
}

func TestTheDoorForEvents(t *testing.T) {
	t.Parallel()
	s := prepareStack(t, shared.get(t))
	metrics := freePort(t)
	s.setUp()
	s.startIngress(fmt.Sprintf("WAYBILL_METRICS_LISTEN=127.0.0.1:%d", metrics))
	s.startWorker()
	s.awaitReady()
	foreign := sendgrid.Event{"event": "delivered", "email": "jane@example.com", "timestamp": time.Now().Unix(), "sg_event_id": "x"}
	strange := sendgrid.Event{"event": "teleported", "timestamp": "soon"}
	nobody := sendgrid.Event{"event": "bounce", "type": "bounce", "waybill_key": "aaaaaaaaaa", "waybill_parcel": "demo:987654321", "sg_event_id": "y"}
	code, said := s.batch(foreign, strange, nobody)
	require.Equal(t, http.StatusOK, code, said)
	s.shows(metrics,
		`waybill_mail_events_total{event="delivered",outcome="not ours"} 1`,
		`waybill_mail_events_total{event="other",outcome="of no interest"} 1`,
		`waybill_mail_events_total{event="bounced",outcome="changes nothing"} 1`,
	)
	code, said = s.batch()
	require.Equal(t, http.StatusOK, code, said)

	body := []byte("[]\r\n")
	now := strconv.FormatInt(time.Now().Unix(), 10)
	signature, err := s.webhook.Sign(now, body)
	require.NoError(t, err)
	code, _ = s.tellEvents(now, signature, []byte("[]"))
	require.Equal(t, http.StatusUnauthorized, code, "the line end is signed too")
	code, said = s.tellEvents(now, "", body)
	require.Equal(t, http.StatusUnauthorized, code)
	require.Contains(t, said, "SENDGRID_WEBHOOK_KEYS")
	old := strconv.FormatInt(time.Now().Add(-72*time.Hour).Unix(), 10)
	signature, err = s.webhook.Sign(old, body)
	require.NoError(t, err)
	code, _ = s.tellEvents(old, signature, body)
	require.Equal(t, http.StatusUnauthorized, code, "it was signed days ago")
	object := []byte(`[{"event":`)
	signature, err = s.webhook.Sign(now, object)
	require.NoError(t, err)
	code, _ = s.tellEvents(now, signature, object)
	require.Equal(t, http.StatusBadRequest, code)
	code, _ = s.tellEvents(now, signature, bytes.Repeat([]byte("["), 5<<20))
	require.Equal(t, http.StatusRequestEntityTooLarge, code)
	require.NotContains(t, s.ingress.output(), "jane@example.com")
}

var waiting = flag.Int("waiting", 40, "how many mails wait for a key to be mended")

// TestADeadKeyHoldsMailsBackUntilItIsMended has mails wait for an hour that is
// a few seconds here.
func TestADeadKeyHoldsMailsBackUntilItIsMended(t *testing.T) {
	t.Parallel()
	s := newStack(t, shared.get(t))
	require.NoError(t, s.sendgrid.Fail(sendgrid.Fault{Kind: sendgrid.FaultStatus, Status: 401}))
	all := make([]sendcloud.Parcel, *waiting)
	for i := range all {
		all[i] = s.parcel()
		s.tell(all[i], sendcloud.ToSorting, time.Now())
	}
	attention := func(want contract.Attention) {
		s.eventually("the integration's attention: "+string(want), func() error {
			answer, err := s.client.QueryWorkflow(s.Context(), contract.IntegrationWorkflowID("demo"), "", string(contract.DescribeIntegration))
			var state contract.IntegrationState
			if err == nil {
				err = answer.Get(&state)
			}
			if err == nil && state.Attention != want {
				err = fmt.Errorf("it is %q", state.Attention)
			}
			return err
		})
	}
	attention("mails not sent")
	s.eventually("some tries", func() error {
		if n := len(s.sendgrid.Posts()); n < 3 {
			return fmt.Errorf("%d", n)
		}
		return nil
	})
	require.Less(t, len(s.sendgrid.Posts()), *waiting, "a dead key is not tried for each mail")
	require.Empty(t, s.sendgrid.Mails())
	s.sendgrid.Mend()
	for _, p := range all {
		s.settled(p, 1, delivery.Accepted)
		require.Equal(t, []string{"shipped"}, s.mails(p))
	}
	attention("")
	// Once, and once of the end; what got no answer in time is told again.
	told := count(s.events(contract.IntegrationWorkflowID("demo")), enums.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED)
	require.Less(t, told, *waiting/2, "the integration is not told for each mail")
}

func TestOperationsGetAMailAboutAnIntegrationInTrouble(t *testing.T) {
	t.Parallel()
	s := newStack(t, shared.get(t))
	s.setPolicy("mode: live\n" + atOnce + "operations: {mail: ops@shop.example, language: de, parcels: on}\n")
	s.awaitPolicy()
	switchOffAndDelete(s)
	p := s.parcel()
	s.tell(p, sendcloud.ToSorting, time.Now().AddDate(0, 0, -20))
	s.eventually("the mails to operations", func() error {
		for _, want := range []string{"ausgeschaltet", "gelöscht", fmt.Sprintf("Paket %d", p.ID)} {
			n := 0
			for _, m := range s.sendgrid.Mails() {
				if m.To == "ops@shop.example" && strings.Contains(m.Subject, want) {
					n++
				}
			}
			if n != 1 {
				return fmt.Errorf("%d mails about %q", n, want)
			}
		}
		return nil
	})
}

func TestEventsAreKeptWhileNoWorkerRuns(t *testing.T) {
	t.Parallel()
	s := newStack(t, shared.get(t))
	var events []sendgrid.Event
	var all []sendcloud.Parcel
	for range 40 {
		p := s.parcel()
		s.tell(p, sendcloud.ToSorting, time.Now())
		known := s.settled(p, 1, delivery.Accepted)
		all = append(all, p)
		events = append(events, sendgrid.Event{
			"event": "bounce", "type": "bounce", "email": p.Recipient.Email, "timestamp": time.Now().Unix(), "sg_event_id": fmt.Sprint("b", p.ID),
			"sg_message_id": known.Mails[0].MessageIDs[0] + ".x", "waybill_key": known.Mails[0].Key, "waybill_parcel": fmt.Sprintf("demo:%d", p.ID),
		})
	}
	s.worker.kill()
	code, said := s.batch(events...)
	require.Equal(t, http.StatusOK, code, said)
	s.startWorker()
	for _, p := range all {
		require.Equal(t, parcel.AttentionBounced, s.reported(p, delivery.Bounced).MailAttention)
	}
}
