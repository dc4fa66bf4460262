package ingress

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"waybill/contract"
	"waybill/refund"
	"waybill/sendcloud"
)

// taking is a Temporal that takes what it is told, or fails.
type taking struct {
	client.Client
	fails error
	ids   []string
	told  []any
}

func (t *taking) SignalWithStartWorkflow(_ context.Context, id, _ string, fact any, _ client.StartWorkflowOptions, _ any, _ ...any) (client.WorkflowRun, error) {
	t.ids, t.told = append(t.ids, id), append(t.told, fact)
	return aRun{}, t.fails
}

// DescribeWorkflowExecution knows nobody who is erased.
func (t *taking) DescribeWorkflowExecution(context.Context, string, string) (*workflowservice.DescribeWorkflowExecutionResponse, error) {
	return nil, serviceerror.NewNotFound("workflow not found")
}

// aRun is one that has a signal.
type aRun struct{ client.WorkflowRun }

func (aRun) GetRunID() string { return "run" }

func (t *taking) ExecuteWorkflow(_ context.Context, o client.StartWorkflowOptions, _ any, args ...any) (client.WorkflowRun, error) {
	t.ids, t.told = append(t.ids, o.ID), append(t.told, args...)
	return nil, t.fails
}

// knock posts a signed webhook, and says what is answered and logged.
func knock(t *testing.T, behind *taking, body string) (code int, said, logged string) {
	t.Helper()
	var log bytes.Buffer
	d, err := open(keyed(nil), behind, client.MetricsNopHandler, slog.New(slog.NewJSONHandler(&log, nil)))
	require.NoError(t, err)
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/webhooks/sendcloud/demo", strings.NewReader(body))
	mac := hmac.New(sha256.New, []byte(webhookKey))
	mac.Write([]byte(body))
	r.Header.Set(sendcloud.SignatureHeader, hex.EncodeToString(mac.Sum(nil)))
	w := httptest.NewRecorder()
	d.handler().ServeHTTP(w, r)
	var answer struct{ Outcome string }
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &answer))
	require.Equal(t, w.Code == http.StatusServiceUnavailable, w.Header().Get("Retry-After") != "")
	return w.Code, answer.Outcome, log.String()
}

// toldAt is when the webhooks of the tests were sent.
const toldAt = 1793610000000

func returnCreated(data string) string { return returnCreatedAt(freshAt, data) }

// freshAt is when a webhook was sent that can be believed.
var freshAt = time.Now().Add(-13 * 24 * time.Hour).UnixMilli()

func returnCreatedAt(at int64, data string) string {
	return fmt.Sprintf(`{"action":"return_created","timestamp":%d,"data":%s}`, at, data)
}

func refundRequested(refund string) string {
	return `{"action":"refund_requested","timestamp":1793610000000,"refund":` + refund + `}`
}

func TestWhichReturnsAreRefunds(t *testing.T) {
	for _, c := range []struct {
		name, body, outcome string
		id                  string
	}{
		{"money is asked for", returnCreated(`{"id":42,"refund_type":"money"}`), "recorded", "refund:demo:42"},
		{"credit is asked for", returnCreated(`{"id":42,"refund_type":{"code":"credit","label":"Store credit"}}`), "recorded", "refund:demo:42"},
		{"nothing is asked for", returnCreated(`{"id":42,"order_number":"1042"}`), "of no interest", ""},
		{"nothing is asked for, in so many words", returnCreated(`{"id":42,"refund_type":null}`), "of no interest", ""},
		{"nobody says of which return", returnCreated(`{"refund_type":"money"}`), "return not told", ""},
		{"the return is none", returnCreated(`{"id":0,"refund_type":"money"}`), "return not told", ""},
		{"the return is less than none", returnCreated(`{"id":-42,"refund_type":"money"}`), "return not told", ""},
		{"the return is a text", returnCreated(`{"id":"forty-two","refund_type":"money"}`), "return not told", ""},
		{"nothing is said at all", returnCreated(`null`), "of no interest", ""},
		{"money is asked for, of two parcels", refundRequested(`{"refund_type":"money","outgoing_parcel":7001,"incoming_parcel":7002}`), "recorded", "return-report:demo:refund_requested@1793610000000:7002"},
		{"money is asked for, of what was sent", refundRequested(`{"refund_type":"money","outgoing_parcel":7001}`), "recorded", "return-report:demo:refund_requested@1793610000000:7001"},
		{"nobody says of which parcels", refundRequested(`{"refund_type":"money"}`), "recorded", "return-report:demo:refund_requested@1793610000000:0"},
	} {
		t.Run(c.name, func(t *testing.T) {
			behind := &taking{}
			code, said, _ := knock(t, behind, c.body)
			require.Equal(t, http.StatusOK, code)
			require.Equal(t, c.outcome, said)
			if c.id == "" {
				require.Empty(t, behind.ids, "there is nothing to keep")
				return
			}
			require.Equal(t, []string{c.id}, behind.ids)
		})
	}
}

// What was kept and is sent again later is looked up: Temporal may have forgotten the refund.
func TestAnOldReturnIsLookedUpBeforeItIsBelieved(t *testing.T) {
	at := time.Now().Add(-14*24*time.Hour - time.Minute).UTC().Truncate(time.Millisecond)
	behind := &taking{}
	code, said, _ := knock(t, behind, returnCreatedAt(at.UnixMilli(), `{"id":42,"order_number":"ORD-1042","refund_type":"money"}`))
	require.Equal(t, http.StatusOK, code)
	require.Equal(t, "recorded", said)
	id := fmt.Sprintf("return_created@%d", at.UnixMilli())
	require.Equal(t, []string{"return-report:demo:" + id + ":42"}, behind.ids)
	require.Equal(t, []any{contract.ReturnReport{Integration: "demo", ID: id, At: at, ReturnID: 42, Facts: refund.Facts{
		Source: refund.FromReturnCreated, OrderNumber: "ORD-1042", Kind: "money", NoticeAt: at,
	}}}, behind.told)
}

func TestWhatIsRecordedOfARefund(t *testing.T) {
	at := time.UnixMilli(toldAt).UTC()
	behind := &taking{}
	_, _, log := knock(t, behind, returnCreated(`{"id":42,"order_number":"ORD-1042","refund_type":"money","return_reason_id":22}`))
	require.Equal(t, []any{contract.RefundReport{ID: fmt.Sprintf("return_created@%d", freshAt), Facts: refund.Facts{
		Source: refund.FromReturnCreated, OrderNumber: "ORD-1042", Kind: "money", Reason: refund.WrongSize, ReasonText: "Does not fit properly", NoticeAt: time.UnixMilli(freshAt).UTC(),
	}}}, behind.told, "whoever asks for the money has withdrawn")
	require.Contains(t, log, `"return":42`)
	require.NotContains(t, log, "ORD-1042")

	behind = &taking{}
	_, _, log = knock(t, behind, refundRequested(`{"refund_type":"money","total_refund":"120.00","message":"It broke.","outgoing_parcel":7001,"incoming_parcel":7002,"reason":25,"created_at":"2026-11-01T08:00:00Z"}`))
	facts := refund.Facts{
		Source: refund.FromRefundRequested, OutgoingParcel: 7001, IncomingParcel: 7002, Kind: "money", Reason: refund.Damaged, ReasonText: "Parcel damaged on arrival",
		NoticeAt: time.Date(2026, 11, 1, 8, 0, 0, 0, time.UTC), Message: "It broke.",
	}
	require.Equal(t, []any{contract.ReturnReport{Integration: "demo", ID: "refund_requested@1793610000000", At: at, Facts: facts}}, behind.told)
	require.NotContains(t, log, "It broke.")

	behind = &taking{}
	knock(t, behind, refundRequested(`{"refund_type":"money","outgoing_parcel":7001}`))
	report, ok := behind.told[0].(contract.ReturnReport)
	require.True(t, ok)
	require.Equal(t, at, report.Facts.NoticeAt, "where nobody says when it was made")
}

func TestWhatIsAnsweredAboutARefundThatIsNotTaken(t *testing.T) {
	created, requested := returnCreated(`{"id":42,"refund_type":"money"}`), refundRequested(`{"refund_type":"money","outgoing_parcel":7001}`)
	over := serviceerror.NewWorkflowExecutionAlreadyStarted("", "", "")
	for name, c := range map[string]struct {
		body    string
		fails   error
		code    int
		outcome string
	}{
		"the refund has ended":            {created, over, http.StatusOK, "refund closed"},
		"the report is known":             {requested, over, http.StatusOK, "recorded"},
		"Temporal is away":                {created, serviceerror.NewUnavailable("away"), http.StatusServiceUnavailable, "not recorded"},
		"Temporal is away for the report": {requested, serviceerror.NewUnavailable("away"), http.StatusServiceUnavailable, "not recorded"},
		"Temporal refuses":                {created, serviceerror.NewInvalidArgument("too long"), http.StatusServiceUnavailable, "not recorded: refused"},
		"Temporal refuses the report":     {requested, serviceerror.NewNamespaceNotFound("default"), http.StatusServiceUnavailable, "not recorded: refused"},
	} {
		code, said, _ := knock(t, &taking{fails: c.fails}, c.body)
		require.Equal(t, c.code, code, name)
		require.Equal(t, c.outcome, said, name)
	}
}
