package e2e_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/common/v1"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/sdk/v1"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"waybill/delivery"
	"waybill/devstack/sendcloud"
	"waybill/devstack/sendgrid"
	"waybill/refund"
)

// quillon is in everything personal of one test, and in nothing else.
const quillon = "quillon"

// plantedPeople are those who decide and work, with planted addresses and a token each.
func plantedPeople() string {
	token := func(who string) string {
		return fmt.Sprintf("token_sha256: %x", sha256.Sum256([]byte("a token of "+who)))
	}
	return `
people:
  anna: {email: anna@quillon.example, role: approver, limit: {EUR: 500}, ` + token("anna") + `}
  sam: {email: sam@quillon.example, role: support, ` + token("sam") + `}
operations: {mail: ops@quillon.example}
refunds:
  mode: live
  undo: 0
  shop_daily: 1000
`
}

// A parcel, a refund and those who work on both go wrong in every way in which somebody's address
// could get to where it does not belong. Pages, the API and mails have it. Logs, metrics, traces,
// the output of commands, and what Temporal lists and shows beside the recorded facts do not.
func TestNothingPersonalIsLoggedMeasuredTracedOrListed(t *testing.T) {
	t.Parallel()
	r := newReceiver(t)
	s := newTillWith(t, shared.get(t), postOffice{events: true, logs: true}, plantedPeople())
	ports := []int{freePort(t), freePort(t)}
	s.startIngress(append(slices.Concat(s.refundKeys, r.settings()), fmt.Sprintf("WAYBILL_METRICS_LISTEN=127.0.0.1:%d", ports[0]))...)
	worker := append(slices.Concat(s.keys, r.settings()), fmt.Sprintf("WAYBILL_METRICS_LISTEN=127.0.0.1:%d", ports[1]))
	s.startWorker(worker...)
	s.awaitReady()
	s.awaitWorker()

	p := s.plantedParcel("bounce")
	var said strings.Builder
	command := func(who string, code int, args ...string) string {
		t.Helper()
		out, got := s.waybill(args, append(s.operatorEnv(), "WAYBILL_TOKEN=a token of "+who, "WAYBILL_PUBLIC_URL="+s.url(""))...)
		require.Equal(t, code, got, out)
		said.WriteString(out)
		return out
	}
	s.knockInVain(p)
	s.mendByToken(p, command)
	s.retryByToken(command)
	s.lookAround(p)
	s.restartWorker(worker)
	s.refuseARefund(command)

	var everything strings.Builder
	fmt.Fprintln(&everything, said.String(), s.ingress.output(), s.worker.output())
	for _, port := range ports {
		shown, err := s.metricsOf(port)
		require.NoError(t, err)
		require.Contains(t, shown, "waybill_mails_parked")
		everything.WriteString(shown)
	}
	require.NotEmpty(t, r.spans())
	for _, one := range r.spans() {
		fmt.Fprintln(&everything, one.program, one.String())
	}
	everything.WriteString(s.shownByTemporal())
	for line := range strings.Lines(everything.String()) {
		require.NotContains(t, strings.ToLower(line), quillon)
	}
	for _, m := range s.sendgrid.Mails() {
		require.NotContains(t, everything.String(), fmt.Sprintf("%x", sha256.Sum256([]byte(m.To))), "a digest without a key is as good as the address")
	}
}

// plantedParcel is for somebody whose address begins so.
func (s *stack) plantedParcel(beginning string) sendcloud.Parcel {
	p := s.parcel()
	r := &p.Recipient
	r.Name, r.Street, r.City, r.PostalCode = "Quillon Quillonsen", "Quillonstraat", "Quillonstad", "QUILLON"
	r.Email = fmt.Sprintf("%s-%d@quillon.example", beginning, p.ID)
	return p
}

// knockInVain sends what is refused.
func (s *till) knockInVain(p sendcloud.Parcel) {
	s.Helper()
	body := p.Body(sendcloud.ToSorting, time.Now())
	code, _ := s.request(http.MethodPost, "/webhooks/sendcloud/demo", body, sendcloud.Sign("another key than the right one", body))
	require.Equal(s, http.StatusUnauthorized, code)
	code, _ = s.knock(body[:len(body)-20])
	require.Equal(s, http.StatusBadRequest, code)
	v := s.visitor()
	for _, path := range []string{"/parcels/demo/quillon@quillon.example", "/quillon", "/parcels?q=quillon@quillon.example", "/session?link=quillon", "/webhooks/sendcloud/quillon"} {
		v.get(path)
	}
	code, _ = v.post("/sign-in", url.Values{"address": {"nobody@quillon.example"}})
	require.Equal(s, http.StatusOK, code)
}

// mendByToken has a mail bounce, and its address corrected by sam at a terminal.
func (s *till) mendByToken(p sendcloud.Parcel, command func(who string, code int, args ...string) string) {
	s.Helper()
	s.tell(p, sendcloud.ToSorting, time.Now())
	s.reported(p, delivery.Bounced)
	s.tell(p, sendcloud.DriverEnRoute, time.Now())
	s.settled(p, 2, delivery.Accepted, delivery.Parked)
	s.awaitListed(p, "ParkedMails > 0")
	parcel, mended := fmt.Sprintf("demo/%d", p.ID), "mended-"+p.Recipient.Email
	require.Contains(s, command("sam", 0, "parcels", "find", p.Recipient.Email), "mail bounced")
	require.Contains(s, command("sam", 0, "parcels", "change-recipient", parcel, "--email", mended, "--dry-run"), "out for delivery  yes")
	require.Contains(s, command("nobody", 1, "parcels", "change-recipient", parcel, "--email", mended), "No person in the policy has this token")
	command("sam", 1, "parcels", "change-recipient", parcel, "--email", "quillon")
	command("sam", 0, "parcels", "change-recipient", parcel, "--email", mended, "--why", "a typing error")
	known := s.settled(p, 2, delivery.Accepted, delivery.Accepted)
	require.Equal(s, "sam", known.Orders[0].Who(), "the token proves it")
	require.Equal(s, mended, known.MailFacts().Recipient.Email)
	for _, look := range []string{"show", "explain", "rehearse"} {
		command("sam", 0, "parcels", look, parcel)
	}
}

// retryByToken has SendGrid refuse mails, and anna retry them together at a terminal.
func (s *till) retryByToken(command func(who string, code int, args ...string) string) {
	s.Helper()
	var all []sendcloud.Parcel
	for range 2 {
		p := s.plantedParcel("recipient")
		s.fail(p, sendgrid.Fault{Kind: sendgrid.FaultStatus, Status: 400, Message: "no mail for " + p.Recipient.Email, Times: 1})
		s.tell(p, sendcloud.ToSorting, time.Now())
		s.settled(p, 1, delivery.Parked)
		all = append(all, p)
	}
	s.eventually("both to be listed", func() error { return s.listedParked(len(all)) })
	command("anna", 0, "mails", "list", "--output", "json")
	require.Contains(s, command("anna", 0, "mails", "retry", "--all", "--yes"), "2 of 2 parcels got the order")
	for _, p := range all {
		known := s.settled(p, 1, delivery.Accepted)
		require.Equal(s, "anna", known.Orders[0].Who(), "the token proves it")
		require.Equal(s, []string{"shipped"}, s.mails(p))
	}
	command("anna", 0, "batches", "list")
}

// lookAround has sam sign in, search and look.
func (s *till) lookAround(p sendcloud.Parcel) {
	s.Helper()
	v := s.signsIn("sam@quillon.example")
	for _, path := range []string{"/parcels?q=" + url.QueryEscape(p.Recipient.Email), fmt.Sprintf("/parcels/demo/%d", p.ID)} {
		code, page := v.get(path)
		require.Equal(s, http.StatusOK, code)
		require.Contains(s, page, p.Recipient.Email, "people see it")
	}
	code, _ := v.post(fmt.Sprintf("/parcels/demo/%d/change-recipient", p.ID), url.Values{"email": {"quillon@"}, "why": {"quillon"}})
	require.NotEqual(s, http.StatusOK, code)
}

// restartWorker has a worker replay everything.
func (s *till) restartWorker(settings []string) {
	s.Helper()
	before := s.worker.output()
	s.worker.kill()
	for line := range strings.Lines(before) {
		require.NotContains(s, strings.ToLower(line), quillon)
	}
	s.startWorker(settings...)
	s.awaitWorker()
}

// refuseARefund has a refund asked for, looked at and refused at a terminal.
func (s *till) refuseARefund(command func(who string, code int, args ...string) string) {
	s.Helper()
	o := s.sellTo(s.plantedParcel("customer"), "120.00")
	s.ask(o)
	s.reaches(o, refund.AwaitingApproval)
	s.link("anna@quillon.example", "approval_asked", fmt.Sprint(o.back0.ID))
	of := []string{"demo", fmt.Sprint(o.back0.ID)}
	command("anna", 0, append([]string{"refunds", "show"}, of...)...)
	command("anna", 0, append([]string{"refunds", "reject", "--why", "It was worn."}, of...)...)
	s.reaches(o, refund.Rejected)
	require.Equal(s, []string{"refund_received", "refund_rejected"}, s.told(o))
	command("anna", 0, "refunds", "list")
}

// shownByTemporal is what Temporal lists and shows of all workflows, but for what they recorded:
// inputs, results and signals.
func (s *stack) shownByTemporal() string {
	s.Helper()
	ctx, cancel := context.WithTimeout(s.Context(), patience)
	defer cancel()
	var shown strings.Builder
	listed, err := s.client.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{PageSize: 1000})
	require.NoError(s, err)
	types := map[string]bool{}
	for _, w := range listed.GetExecutions() {
		id := w.GetExecution().GetWorkflowId()
		types[w.GetType().GetName()] = true
		described, err := s.client.DescribeWorkflowExecution(ctx, id, w.GetExecution().GetRunId())
		require.NoError(s, err)
		fmt.Fprintln(&shown, w, decrypted(s.T, unrecorded(described)))
		events := s.client.GetWorkflowHistory(ctx, id, w.GetExecution().GetRunId(), false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
		for events.HasNext() {
			event, err := events.Next()
			require.NoError(s, err)
			fmt.Fprintln(&shown, id, decrypted(s.T, unrecorded(event)))
		}
		if strings.HasPrefix(w.GetType().GetName(), "temporal-sys-") {
			continue // Temporal's own workflows have no details
		}
		var metadata sdk.WorkflowMetadata
		s.eventually("the current details of "+id, func() error {
			answer, err := s.client.QueryWorkflow(ctx, id, w.GetExecution().GetRunId(), "__temporal_workflow_metadata")
			if err != nil {
				return err
			}
			return answer.Get(&metadata)
		})
		fmt.Fprintln(&shown, metadata.String())
	}
	for _, name := range []string{"TrackParcel", "ApproveRefund", "SignIn", "WatchIntegration"} {
		require.True(s, types[name], "%s is not among %v", name, types)
	}
	batches, err := s.client.WorkflowService().ListBatchOperations(ctx, &workflowservice.ListBatchOperationsRequest{Namespace: s.namespace})
	require.NoError(s, err)
	require.NotEmpty(s, batches.GetOperationInfo())
	fmt.Fprintln(&shown, batches)
	return shown.String()
}

// unrecorded is a message without the payloads in it that are recorded facts: inputs, results and memos.
func unrecorded[M proto.Message](m M) M {
	clean := proto.CloneOf(m)
	strip(clean.ProtoReflect())
	return clean
}

var recordedPayloads = []protoreflect.FullName{
	(&common.Payloads{}).ProtoReflect().Descriptor().FullName(), (&common.Memo{}).ProtoReflect().Descriptor().FullName(),
}

func strip(m protoreflect.Message) {
	m.Range(func(f protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		of := f.Message()
		if f.IsMap() {
			of = f.MapValue().Message()
		}
		switch {
		case of == nil:
		case slices.Contains(recordedPayloads, of.FullName()):
			m.Clear(f)
		case f.IsMap():
			v.Map().Range(func(_ protoreflect.MapKey, one protoreflect.Value) bool {
				strip(one.Message())
				return true
			})
		case f.IsList():
			for i := range v.List().Len() {
				strip(v.List().Get(i).Message())
			}
		default:
			strip(v.Message())
		}
		return true
	})
}
