package e2e_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/workflowservice/v1"

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

var mailedLink = regexp.MustCompile(`https?://\S+/refunds/(?:decide|session)\?link=\S+`)

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
		require.Contains(t, page, "EUR 120.00")
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
	code, _ := v.post("/refunds/sign-in", url.Values{"address": {"ben@shop.example"}})
	require.Equal(t, http.StatusOK, code)
	link := s.link("ben@shop.example", "sign_in", "")
	code, page = v.get(link)
	require.Equal(t, http.StatusOK, code)
	require.NotContains(t, page, "120.00", "a link scanner sees nothing")
	code, _ = v.post("/refunds/session", nil)
	require.Equal(t, http.StatusOK, code)
	s.eventually("the refund in the inbox", func() error {
		if _, page = v.get("/refunds"); !strings.Contains(page, "EUR 120.00") {
			return errors.New("it is not there")
		}
		return nil
	})
	at, err := url.Parse(s.url("/refunds"))
	require.NoError(t, err)
	other := s.visitor()
	_, _ = other.get(link)
	_, page = other.post("/refunds/session", nil)
	require.NotContains(t, page, "120.00")
	_, page = other.get("/refunds")
	require.NotContains(t, page, "120.00", "the link was used up")
	code, page = v.post(fmt.Sprintf("/refunds/demo/%d/approve", o.back0.ID), url.Values{"order": {"approve"}})
	require.Equal(t, http.StatusOK, code, page)
	s.reaches(o, refund.Paid)
	require.Equal(t, []string{"EUR 120.00"}, s.paid(o))
	// Signing out ends the session for whoever has a copy of its cookie.
	thief, cookies := s.visitor(), v.client.Jar.Cookies(at)
	thief.client.Jar.SetCookies(at, cookies)
	_, page = thief.get("/refunds")
	require.Contains(t, page, "Sign out")
	code, page = v.post("/refunds/sign-out", nil)
	require.Equal(t, http.StatusOK, code)
	require.Contains(t, page, "You are signed out.")
	_, page = thief.get("/refunds")
	require.NotContains(t, page, "Sign out")
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
