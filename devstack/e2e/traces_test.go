package e2e_test

import (
	"cmp"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	otlp "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"waybill/delivery"
	"waybill/devstack/sendcloud"
)

// span is one span and the program that made it.
type span struct {
	*otlp.Span
	program string
}

// receiver takes spans by OTLP over HTTP.
type receiver struct {
	url string
	mu  sync.Mutex
	all []span
}

func newReceiver(t *testing.T) *receiver {
	t.Helper()
	r := &receiver{}
	server := httptest.NewServer(r)
	t.Cleanup(server.Close)
	r.url = server.URL
	return r
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	var batch collector.ExportTraceServiceRequest
	body, err := io.ReadAll(req.Body)
	if err != nil || req.URL.Path != "/v1/traces" || proto.Unmarshal(body, &batch) != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, from := range batch.GetResourceSpans() {
		program := ""
		for _, a := range from.GetResource().GetAttributes() {
			if a.GetKey() == "service.name" {
				program = a.GetValue().GetStringValue()
			}
		}
		for _, scope := range from.GetScopeSpans() {
			for _, one := range scope.GetSpans() {
				r.all = append(r.all, span{one, program})
			}
		}
	}
}

func (r *receiver) spans() []span {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.all)
}

// settings have a program export its spans soon.
func (r *receiver) settings() []string {
	return []string{"OTEL_EXPORTER_OTLP_ENDPOINT=" + r.url, "OTEL_BSP_SCHEDULE_DELAY=100"}
}

// trace is a span and what led to it, the beginning last.
func (r *receiver) trace(from span) (line []span) {
	for all := r.spans(); ; {
		line = append(line, from)
		i := slices.IndexFunc(all, func(s span) bool { return string(s.GetSpanId()) == string(from.GetParentSpanId()) })
		if i < 0 {
			return line
		}
		from = all[i]
	}
}

// tree is a trace as text.
func (r *receiver) tree(id []byte) string {
	var all []span
	for _, s := range r.spans() {
		if string(s.GetTraceId()) == string(id) {
			all = append(all, s)
		}
	}
	slices.SortFunc(all, func(a, b span) int { return cmp.Compare(a.GetStartTimeUnixNano(), b.GetStartTimeUnixNano()) })
	text := "trace " + hex.EncodeToString(id) + "\n"
	var show func(parent []byte, indent string)
	show = func(parent []byte, indent string) {
		for _, s := range all {
			if string(s.GetParentSpanId()) != string(parent) {
				continue
			}
			began := time.Duration(s.GetStartTimeUnixNano() - all[0].GetStartTimeUnixNano())
			took := time.Duration(s.GetEndTimeUnixNano() - s.GetStartTimeUnixNano())
			text += fmt.Sprintf("%9s %s%s [%s] %s\n", "+"+began.Round(time.Millisecond).String(), indent, s.GetName(), s.program, took.Round(100*time.Microsecond))
			show(s.GetSpanId(), indent+"  ")
		}
	}
	show(nil, "")
	return text
}

// posts are the spans of the calls that SendGrid answered with 202.
func (r *receiver) posts() (posts []span) {
	for _, s := range r.spans() {
		for _, a := range s.GetAttributes() {
			if s.program == "waybill-worker" && a.GetKey() == "http.response.status_code" && a.GetValue().GetIntValue() == http.StatusAccepted {
				posts = append(posts, s)
			}
		}
	}
	return posts
}

// Each mail belongs to the trace of the webhook that caused it, also if the workflow is replayed
// in between.
func TestATraceLeadsFromAWebhookToSendGridsAnswer(t *testing.T) {
	t.Parallel()
	r := newReceiver(t)
	s := prepareStack(t, shared.get(t))
	s.setUp()
	s.startIngress(r.settings()...)
	s.startWorker(r.settings()...)
	s.awaitReady()
	p := s.parcel()
	p.Recipient.Name = "Planted Person"
	s.tell(p, sendcloud.ToSorting, time.Now())
	s.settled(p, 1, delivery.Accepted)
	s.worker.terminate()
	s.startWorker(r.settings()...)
	s.tell(p, sendcloud.DriverEnRoute, time.Now())
	s.settled(p, 2, delivery.Accepted, delivery.Accepted)
	s.eventually("the spans of both mails", func() error {
		if posts := r.posts(); len(posts) != 2 || len(r.trace(posts[0])) < 4 || len(r.trace(posts[1])) < 4 {
			return errors.New("they are not there yet")
		}
		return nil
	})

	roots := map[string]bool{}
	var signals []string
	for _, post := range r.posts() {
		var names, programs []string
		for _, step := range r.trace(post) {
			names, programs = append(names, step.GetName()), append(programs, step.program)
			require.Equal(t, post.GetTraceId(), step.GetTraceId())
		}
		signals = append(signals, names[2])
		require.Equal(t, []string{"POST 127.0.0.1", "RunActivity:SendMail", names[2], "POST /webhooks/sendcloud/:integration"}, names)
		require.Equal(t, []string{"waybill-worker", "waybill-worker", "waybill-ingress", "waybill-ingress"}, programs)
		roots[string(post.GetTraceId())] = true
		t.Log("\n" + r.tree(post.GetTraceId()))
	}
	require.Len(t, roots, 2, "each webhook has a trace of its own")
	require.ElementsMatch(t, []string{"SignalWithStartWorkflow:TrackParcel", "SignalWorkflow:StatusChanged"}, signals, "the second scan goes to the run that has the first")

	var said strings.Builder
	for _, one := range r.spans() {
		fmt.Fprintln(&said, one.program, one.String())
	}
	require.Contains(t, said.String(), workflowID(p))
	for _, personal := range []string{"planted", p.Recipient.Email, p.Recipient.Street, p.Recipient.City, p.Order, signatureKey, sendGridKey} {
		require.NotContains(t, strings.ToLower(said.String()), strings.ToLower(personal))
	}
}

func TestWithoutTracesHistoryHasNoBytesOfThem(t *testing.T) {
	t.Parallel()
	s := newStack(t, shared.get(t))
	p := s.parcel()
	s.tell(p, sendcloud.ToSorting, time.Now())
	s.settled(p, 1, delivery.Accepted)
	for _, e := range s.events(workflowID(p)) {
		require.NotContains(t, e.String(), "_tracer-data")
	}
}
