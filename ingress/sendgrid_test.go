package ingress

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"

	"waybill/contract"
	"waybill/delivery"
	"waybill/mail/sendgrid"
	"waybill/parcel"
	"waybill/refund"
)

// knowing is a Temporal whose workflows say what they know.
type knowing struct {
	client.Client
	// states are what workflows know, by id; without any, no worker answers.
	states map[string]any
	closed bool

	mu       sync.Mutex
	reported []reported
	alerts   []contract.Alert
	bounces  []contract.Bounce
}

type reported struct {
	workflowID string
	delivery.Report
}

type answered struct{ state any }

func (a answered) HasValue() bool { return true }

func (a answered) Get(into any) error {
	payload, err := converter.GetDefaultDataConverter().ToPayload(a.state)
	if err != nil {
		return err
	}
	return converter.GetDefaultDataConverter().FromPayload(payload, into)
}

func (k *knowing) QueryWorkflow(_ context.Context, id, _, _ string, _ ...any) (converter.EncodedValue, error) {
	state, known := k.states[id]
	switch {
	case k.states == nil:
		return nil, serviceerror.NewUnavailable("no worker answers")
	case !known:
		return nil, serviceerror.NewNotFound("workflow not found")
	}
	return answered{state}, nil
}

func (k *knowing) SignalWorkflow(_ context.Context, id, _, name string, fact any) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.closed {
		return serviceerror.NewNotFound("workflow execution already completed")
	}
	report, ok := fact.(delivery.Report)
	if !ok || name != string(contract.MailReported) {
		return fmt.Errorf("an unexpected signal %s", name)
	}
	k.reported = append(k.reported, reported{id, report})
	return nil
}

func (k *knowing) SignalWithStartWorkflow(_ context.Context, id, _ string, fact any, _ client.StartWorkflowOptions, _ any, _ ...any) (client.WorkflowRun, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	alert, ok := fact.(contract.Alert)
	if !ok || id != contract.IntegrationWorkflowID(alert.Integration) {
		return nil, fmt.Errorf("an unexpected signal to %s", id)
	}
	k.alerts = append(k.alerts, alert)
	return aRun{}, nil
}

func (k *knowing) ExecuteWorkflow(_ context.Context, _ client.StartWorkflowOptions, _ any, args ...any) (client.WorkflowRun, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, arg := range args {
		if bounce, ok := arg.(contract.Bounce); ok {
			k.bounces = append(k.bounces, bounce)
		}
	}
	return nil, nil
}

// postEvents has SendGrid post a signed batch.
func postEvents(t *testing.T, behind *knowing, events ...map[string]any) int {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	public, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	require.NoError(t, err)
	eventKeys, err := sendgrid.ParseEventKeys(base64.StdEncoding.EncodeToString(public))
	require.NoError(t, err)
	d, err := open(keyed(eventKeys), behind, client.MetricsNopHandler, slog.New(slog.DiscardHandler))
	require.NoError(t, err)

	body, err := json.Marshal(events)
	require.NoError(t, err)
	at := strconv.FormatInt(time.Now().Unix(), 10)
	sum := sha256.Sum256(append([]byte(at), body...))
	signature, err := ecdsa.SignASN1(rand.Reader, key, sum[:])
	require.NoError(t, err)
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/webhooks/sendgrid", bytes.NewReader(body))
	r.Header.Set(sendgrid.EventTimestampHeader, at)
	r.Header.Set(sendgrid.EventSignatureHeader, base64.StdEncoding.EncodeToString(signature))
	w := httptest.NewRecorder()
	d.handler().ServeHTTP(w, r)
	return w.Code
}

// key is that of every message here.
const key = "mailkey1"

// event is an event about the message of a subject.
func event(subject delivery.Subject, name, id string) map[string]any {
	e := map[string]any{"event": name, "timestamp": toldAt / 1000, "waybill_key": key, "waybill_try": "1", "sg_message_id": "message.1"}
	e["waybill_"+strings.ReplaceAll(string(subject.Kind()), "-", "_")] = subject.Name()
	if id != "" {
		e["sg_event_id"] = id
	}
	return e
}

func sent[About any]() delivery.Outbox[About] {
	return delivery.Outbox[About]{{Key: key, State: delivery.Accepted, Tries: 1, MessageIDs: []string{"message"}}}
}

// senders are one of each kind of subject, with a message that was accepted.
func senders() map[string]any {
	return map[string]any{
		"parcel:demo:7":    parcel.Parcel{Mails: sent[parcel.News]()},
		"refund:demo:42":   refund.Refund{Mails: sent[refund.Deed]()},
		"sign-in:a-nonce":  contract.SignInState{Mails: sent[string]()},
		"integration:demo": contract.IntegrationState{Notices: sent[contract.Alert]()},
	}
}

func TestABounceFindsItsMessageWhoeverItIsAbout(t *testing.T) {
	for id := range senders() {
		t.Run(id, func(t *testing.T) {
			subject := delivery.Subject(id)
			behind := &knowing{states: senders()}
			require.Equal(t, http.StatusOK, postEvents(t, behind,
				event(subject, "processed", "1"), event(subject, "delivered", "2"), event(subject, "bounce", "3"), event(subject, "bounce", "3")))
			require.Equal(t, []reported{{id, delivery.Report{
				ID: "3", Key: key, Try: 1, Kind: delivery.Bounced, At: time.UnixMilli(toldAt).UTC(), MessageID: "message",
			}}}, behind.reported, "what changes nothing is not recorded")
		})
	}
}

func TestAReportIsRecordedAlthoughNoWorkerAnswers(t *testing.T) {
	behind := &knowing{}
	require.Equal(t, http.StatusOK, postEvents(t, behind, event("parcel:demo:7", "delivered", "1"), event("refund:demo:42", "delivered", "2")))
	require.Len(t, behind.reported, 2)
}

func TestReportsWithoutAnIDAreNotTakenForOneAnother(t *testing.T) {
	behind := &knowing{states: senders()}
	require.Equal(t, http.StatusOK, postEvents(t, behind, event("parcel:demo:7", "bounce", ""), event("refund:demo:42", "bounce", "not usable: ü")))
	require.Len(t, behind.reported, 2)
	for _, r := range behind.reported {
		require.Empty(t, r.ID)
	}
}

func TestABounceAfterTheEndIsToldToOperations(t *testing.T) {
	behind := &knowing{states: senders(), closed: true}
	require.Equal(t, http.StatusOK, postEvents(t, behind, event("parcel:demo:7", "bounce", "1"), event("refund:demo:42", "spamreport", "2"), event("sign-in:a-nonce", "bounce", "3")))
	about := map[delivery.Subject]string{}
	for _, alert := range behind.alerts {
		require.Equal(t, contract.MailCameBack, alert.Attention)
		about[alert.Subject] = alert.ID
	}
	require.Equal(t, map[delivery.Subject]string{"parcel:demo:7": "1", "refund:demo:42": "2"}, about)
}

func TestABounceThatDoesNotSayOfWhichMailIsTraced(t *testing.T) {
	behind := &knowing{states: senders()}
	require.Equal(t, http.StatusOK, postEvents(t, behind,
		map[string]any{"event": "bounce", "timestamp": toldAt / 1000, "sg_event_id": "1", "email": "Jane.Doe@example.com"},
		map[string]any{"event": "delivered", "timestamp": toldAt / 1000, "sg_event_id": "2", "email": "joe@example.com"}))
	require.Empty(t, behind.reported)
	require.Len(t, behind.bounces, 1)
	require.Equal(t, "jane.doe@example.com", behind.bounces[0].Address)
}

func TestAnUnsignedBatchIsRefused(t *testing.T) {
	d, _ := closed(t)
	w := httptest.NewRecorder()
	d.handler().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/webhooks/sendgrid", strings.NewReader("[]")))
	require.Equal(t, http.StatusNotFound, w.Code, "without a key the door is closed")
}
