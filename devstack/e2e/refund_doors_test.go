package e2e_test

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"waybill/contract"
	signed "waybill/link"
	"waybill/refund"
)

// visitor is somebody with a browser of their own.
type visitor struct {
	*till
	client *http.Client
}

func (s *till) visitor() *visitor {
	s.Helper()
	jar, err := cookiejar.New(nil)
	require.NoError(s, err)
	return &visitor{till: s, client: &http.Client{Jar: jar, Timeout: patience}}
}

// signsIn is a visitor who has signed in by the link in a mail to an address.
func (s *till) signsIn(address string) *visitor {
	s.Helper()
	v := s.visitor()
	code, _ := v.post("/sign-in", url.Values{"address": {address}})
	require.Equal(s, http.StatusOK, code)
	_, _ = v.get(s.link(address, "sign_in", ""))
	code, _ = v.post("/session", nil)
	require.Equal(s, http.StatusOK, code)
	return v
}

// get opens a page, post presses a button of one.
func (v *visitor) get(address string) (int, string) {
	v.Helper()
	return v.patiently(func() (int, string) { return v.do(http.MethodGet, address, nil) })
}

func (v *visitor) post(address string, form url.Values) (int, string) {
	v.Helper()
	return v.patiently(func() (int, string) { return v.do(http.MethodPost, address, strings.NewReader(form.Encode())) })
}

func (v *visitor) do(method, address string, body io.Reader) (int, string) {
	v.Helper()
	if strings.HasPrefix(address, "/") {
		address = v.url(address)
	}
	r, err := http.NewRequestWithContext(v.Context(), method, address, body)
	require.NoError(v, err)
	if body != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	resp, err := v.client.Do(r)
	require.NoError(v, err)
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	require.NoError(v, err)
	return resp.StatusCode, string(raw)
}

var mailedLink = regexp.MustCompile(`https?://\S+/(?:refunds/decide|session)\?link=\S+`)

// link is where the newest mail of a kind to an address leads, once it is there.
func (s *till) link(address, kind, about string) string {
	s.Helper()
	found := ""
	s.eventually("a mail to "+address, func() error {
		for _, m := range s.sendgrid.Mails() {
			if m.To == address && m.Categories[1] == kind && strings.Contains(m.Text, about) {
				found = mailedLink.FindString(m.Text)
			}
		}
		if found == "" {
			return errors.New("it is not there")
		}
		return nil
	})
	return found
}

func TestAPersonDecidesByTheLinkOfTheMail(t *testing.T) {
	t.Parallel()
	s := newTill(t, shared.get(t))
	s.openDoors()
	o := s.sell("120.00")
	s.ask(o)
	s.reaches(o, refund.AwaitingApproval)
	link := s.link("anna@shop.example", "approval_asked", fmt.Sprint(o.back0.ID))
	v := s.visitor()
	for range 2 {
		code, page := v.get(link)
		require.Equal(t, http.StatusOK, code)
		require.Contains(t, page, "€120.00")
	}
	s.reaches(o, refund.AwaitingApproval)
	code, page := v.post(fmt.Sprintf("/refunds/by_link/demo/%d", o.back0.ID), url.Values{"order": {"reject"}, "why": {"It was worn."}})
	require.Equal(t, http.StatusOK, code, page)
	s.reaches(o, refund.Rejected)
	require.Equal(t, []string{"refund_received", "refund_rejected"}, s.told(o))
	for _, m := range s.sendgrid.Mails() {
		if m.To == o.sent.Recipient.Email && m.Categories[1] == "refund_rejected" {
			require.Contains(t, m.Text, "It was worn.")
		}
	}
	_, page = v.get(link)
	require.NotContains(t, page, "<button", "there is nothing to press any more")
	require.Empty(t, s.paid(o))
}

func TestAPersonSignsInOnceByALink(t *testing.T) {
	t.Parallel()
	s := newTill(t, shared.get(t))
	s.openDoors()
	o := s.sell("120.00")
	s.ask(o)
	s.reaches(o, refund.AwaitingApproval)
	v := s.visitor()
	_, page := v.get("/refunds")
	require.NotContains(t, page, "120.00")
	code, _ := v.post("/sign-in", url.Values{"address": {"ben@shop.example"}})
	require.Equal(t, http.StatusOK, code)
	link := s.link("ben@shop.example", "sign_in", "")
	code, page = v.get(link)
	require.Equal(t, http.StatusOK, code)
	require.NotContains(t, page, "120.00", "a link scanner sees nothing")
	code, _ = v.post("/session", nil)
	require.Equal(t, http.StatusOK, code)
	s.eventually("the refund in the inbox", func() error {
		if _, page = v.get("/refunds"); !strings.Contains(page, "€120.00") {
			return errors.New("it is not there")
		}
		return nil
	})
	at, err := url.Parse(s.url("/refunds"))
	require.NoError(t, err)
	other := s.visitor()
	_, _ = other.get(link)
	_, page = other.post("/session", nil)
	require.NotContains(t, page, "120.00")
	_, page = other.get("/refunds")
	require.NotContains(t, page, "120.00", "the link was used up")
	code, page = v.post(fmt.Sprintf("/refunds/demo/%d/approve", o.back0.ID), url.Values{"order": {"approve"}, "sure": {"EUR 120.00"}})
	require.Equal(t, http.StatusOK, code, page)
	s.reaches(o, refund.Paid)
	require.Equal(t, []string{"EUR 120.00"}, s.paid(o))
	// Signing out ends the session for whoever has a copy of its cookie.
	thief, cookies := s.visitor(), v.client.Jar.Cookies(at)
	thief.client.Jar.SetCookies(at, cookies)
	_, page = thief.get("/refunds")
	require.Contains(t, page, "Sign out")
	code, page = v.post("/sign-out", nil)
	require.Equal(t, http.StatusOK, code)
	require.Contains(t, page, "You are signed out.")
	// Another ingress may show pages for half a minute.
	s.eventually("the copy to be signed out", func() error {
		if _, page = thief.get("/refunds"); strings.Contains(page, "Sign out") {
			return errors.New("it is not")
		}
		return nil
	})
	s.record(contract.SignOutsWorkflowID(signed.Keys{[]byte(linkKey)}.Person("ben")), string(contract.RememberSignOuts)+"-signed-out")
	listed, err := s.client.ListWorkflow(t.Context(), &workflowservice.ListWorkflowExecutionsRequest{Query: "WorkflowType = 'SignIn'"})
	require.NoError(t, err)
	require.NotEmpty(t, listed.GetExecutions())
	s.record(listed.GetExecutions()[0].GetExecution().GetWorkflowId(), string(contract.SignIn)+"-used")
}

// A return that nobody can find is told to operations, and to nobody else.
func TestARefundWithoutAReturnIsTold(t *testing.T) {
	t.Parallel()
	s := newTill(t, shared.get(t))
	s.setPolicy("mode: live\n" + atOnce + people + "operations: {mail: ops@shop.example}\n")
	s.openDoors()
	code, said := s.knock([]byte(`{"action":"refund_requested","timestamp":1793620800000,"refund":{}}`))
	require.Equal(t, http.StatusOK, code, said)
	s.eventually("operations to be told", func() error {
		for _, m := range s.sendgrid.Mails() {
			if m.To == "ops@shop.example" && strings.Contains(m.Subject, "return cannot be found") {
				return nil
			}
		}
		return errors.New("they are not")
	})
	s.eventually("the list to show it", func() error {
		found, err := s.client.CountWorkflow(s.Context(), &workflowservice.CountWorkflowExecutionsRequest{Query: "WorkflowType = 'FindReturn' AND Attention = 'refund without a return'"})
		if err == nil && found.GetCount() != 1 {
			err = fmt.Errorf("it lists %d", found.GetCount())
		}
		return err
	})
	s.record("return-report:demo:refund_requested@1793620800000:0", string(contract.FindReturn)+"-none")
}

// Those who reach Temporal can write any name, any way and any proof into an order.
func TestAnOrderThroughTemporalDecidesNothing(t *testing.T) {
	t.Parallel()
	s := newTill(t, shared.get(t))
	s.openDoors()
	o, other := s.sell("120.00"), s.sell("120.00")
	s.ask(o)
	s.ask(other)
	s.reaches(o, refund.AwaitingApproval)
	s.reaches(other, refund.AwaitingApproval)
	changed := proven(s, o, "approve", "anna", "amount", "20.00")
	changed.Fields["amount"] = "120.00"
	for name, forged := range map[string]refund.Input{
		"nothing":        {Said: refund.Said{By: "mia", Via: refund.ViaLink, Link: "a-link"}},
		"another refund": proven(s, other, "approve", "mia"),
		"another order":  proven(s, o, "note", "mia"),
		"another field":  changed,
	} {
		_, err := updateRefund(s, o, "approve", forged)
		require.ErrorContains(t, err, "does not prove who gives it", name)
		require.NoError(t, s.client.SignalWorkflow(t.Context(), o.workflowID(), "", "Approve", forged))
	}
	var known refund.Refund
	s.eventually("the signals to be refused", func() (err error) {
		if known, err = s.refund(o); err == nil && len(known.Receipt) < 3+4 {
			err = fmt.Errorf("%d lines stand in its log", len(known.Receipt))
		}
		return err
	})
	require.Equal(t, refund.AwaitingApproval, known.State)
	for _, e := range known.Receipt[3:] {
		require.Equal(t, "refused: approve", e.What)
		require.Contains(t, e.By.String(), " (through Temporal, unproven)")
	}
	_, err := updateRefund(s, o, "note", refund.Input{Said: refund.Said{By: "mia", Via: refund.ViaPage}, Fields: map[string]string{"text": "Call them."}})
	require.NoError(t, err, "a note needs no proof")
	known = s.reaches(o, refund.AwaitingApproval)
	require.Equal(t, "mia (through Temporal, unproven)", known.Receipt[len(known.Receipt)-1].By.String())

	once := proven(s, o, "note", "anna", "text", "They called.")
	_, err = updateRefund(s, o, "note", once)
	require.NoError(t, err)
	_, err = updateRefund(s, o, "note", once)
	require.ErrorContains(t, err, "this order was given already")

	s.setPolicy("mode: live\n" + atOnce + people + "  unproven_orders: on\n")
	s.eventually("the policy to count", func() error {
		_, err := updateRefund(s, o, "approve", refund.Input{Said: refund.Said{By: "mia"}})
		return err
	})
	s.reaches(o, refund.Paid)
	require.Equal(t, []string{"EUR 120.00"}, s.paid(o))
}

// A key that is added to the file of a worker proves orders within seconds.
func TestAWorkerReadsTheLinkKeysAgain(t *testing.T) {
	t.Parallel()
	const newKey = "another key that signs the links of the tests"
	s := newTill(t, shared.get(t))
	file := filepath.Join(t.TempDir(), "links")
	write := func(keys string) { require.NoError(t, os.WriteFile(file, []byte(keys), 0o600)) }
	write(linkKey)
	s.keys[slices.Index(s.keys, "WAYBILL_LINK_KEYS="+linkKey)] = "WAYBILL_LINK_KEYS_FILE=" + file
	s.openDoors()
	o := s.sell("120.00")
	s.ask(o)
	known := s.reaches(o, refund.AwaitingApproval)
	approve := refund.Input{Said: refund.Said{By: "anna", Via: refund.ViaPage}}
	order := func() error {
		in := approve
		in.Proof = signed.Keys{[]byte(newKey)}.Prove(contract.ProvenText(o.workflowID(), known.Begun(), "approve", in), time.Now())
		_, err := updateRefund(s, o, "approve", in)
		return err
	}
	require.ErrorContains(t, order(), "does not prove who gives it")
	write(newKey + "\n" + linkKey)
	s.eventually("the worker to know the new key", order)
	s.reaches(o, refund.Paid)
}

// waybill runs the program, as a person at a terminal does.
func (s *till) waybill(args []string, environ ...string) (said string, code int) {
	s.Helper()
	cmd := exec.CommandContext(s.Context(), waybillProgram, args...)
	cmd.Env = environ
	raw, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil {
		require.ErrorAs(s, err, &exit, string(raw))
	}
	return string(raw), cmd.ProcessState.ExitCode()
}

// A token proves who decides on the command line. A name alone does not.
func TestAPersonDecidesOnTheCommandLine(t *testing.T) {
	t.Parallel()
	const token = "a token of anna"
	s := newTillWith(t, shared.get(t), postOffice{logs: true}, strings.Replace(people, "limit: {EUR: 500}}",
		fmt.Sprintf("limit: {EUR: 500}, token_sha256: %x}", sha256.Sum256([]byte(token))), 1))
	s.openDoors()
	o := s.sell("120.00")
	s.ask(o)
	s.reaches(o, refund.AwaitingApproval)
	approve := []string{"refunds", "approve", "demo", fmt.Sprint(o.back0.ID)}
	api := "WAYBILL_PUBLIC_URL=" + s.url("")

	said, code := s.waybill(append(approve, "--as", "mia"), s.temporalEnv()...)
	require.Equal(t, 1, code, said)
	require.Contains(t, said, "does not prove who gives it")
	said, code = s.waybill([]string{"refunds", "note", "demo", fmt.Sprint(o.back0.ID), "--text", "They called.", "--as", "mia"}, s.temporalEnv()...)
	require.Equal(t, 0, code, said)
	require.Contains(t, said, "The decision log says: by mia (through Temporal, unproven).")

	said, code = s.waybill(approve, "WAYBILL_TOKEN=another", api)
	require.Equal(t, 1, code, said)
	require.Contains(t, said, "No person in the policy has this token")
	said, code = s.waybill(append(approve, "--amount", "500.00"), "WAYBILL_TOKEN="+token, api)
	require.Equal(t, 1, code, said)
	require.Contains(t, said, "is more than the EUR 120.00 that were requested")
	said, code = s.waybill(approve, "WAYBILL_TOKEN="+token, api)
	require.Equal(t, 0, code, said)
	require.Equal(t, fmt.Sprintf("Refund %d of demo: approved.\n", o.back0.ID), said)
	known := s.reaches(o, refund.Paid)
	require.True(t, slices.ContainsFunc(known.Receipt, func(e refund.Entry) bool { return e.What == "approved" && e.By.String() == "anna (API)" }))
}

// Those who reach Temporal can start a refund with a state that no run has left, also so that
// Temporal starts it again. It begins afresh, and nothing is paid.
func TestAForgedStateIsNotPaid(t *testing.T) {
	t.Parallel()
	s := newTill(t, shared.get(t))
	s.openDoors()
	for name, start := range map[string]client.StartWorkflowOptions{
		"once":          {},
		"by a schedule": {CronSchedule: "@every 1s", WorkflowRunTimeout: 2 * time.Second},
		"by a retry":    {RetryPolicy: &temporal.RetryPolicy{InitialInterval: time.Millisecond}, WorkflowRunTimeout: 2 * time.Second},
	} {
		o := s.sell("45.00")
		of := contract.RefundRef{Integration: "demo", ReturnID: o.back0.ID}
		facts := forged(t, o)
		start.ID, start.TaskQueue = of.WorkflowID(), contract.RefundsQueue
		run, err := s.client.ExecuteWorkflow(t.Context(), start, string(contract.ApproveRefund), contract.RefundStart{RefundRef: of, Carried: &contract.CarriedRefund{
			Refund: refund.Refund{State: refund.Paying, Claimed: true, Facts: facts, Todo: []refund.Deed{{Nr: 1, What: refund.Pay}}, Patience: refund.DefaultPolicy().Patience},
		}})
		require.NoError(t, err)
		s.eventually("it to have begun "+name, func() error {
			d, err := s.client.DescribeWorkflowExecution(t.Context(), start.ID, "")
			if err == nil && name != "once" && d.GetWorkflowExecutionInfo().GetExecution().GetRunId() == run.GetRunID() {
				err = errors.New("it is the first run")
			}
			known, silent := s.refund(o)
			require.Empty(t, known.State, name)
			return errors.Join(err, silent)
		})
		require.NoError(t, s.client.TerminateWorkflow(t.Context(), start.ID, "", "the test is over"))
		require.Empty(t, s.paid(o), name)
	}
}
