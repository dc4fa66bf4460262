package e2e_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/workflowservice/v1"

	"waybill/contract"
	"waybill/devstack/sendgrid"
	signed "waybill/link"
	"waybill/refund"
)

// Whoever has a digest gets one mail a day about all refunds that wait, and decides by its links.
func TestADigestListsAllRefundsThatWait(t *testing.T) {
	t.Parallel()
	s := newTill(t, shared.get(t))
	at := time.Now().UTC().Add(-time.Minute)
	s.setPolicy("mode: live\n" + atOnce + strings.Replace(people, "limit: {EUR: 500}", fmt.Sprintf("limit: {EUR: 500}, digest: %q", at.Format("15:04")), 1))
	s.openDoors()
	first, second := s.sell("120.00"), s.sell("90.50")
	for _, o := range []sold{first, second} {
		s.ask(o)
		s.reaches(o, refund.AwaitingApproval)
		s.link("ben@shop.example", "approval_asked", fmt.Sprint(o.back0.ID))
	}
	s.lists(2)
	for range 2 { // a worker that starts looks whether a digest is due
		s.worker.kill()
		s.startWorker(s.keys...)
		s.awaitWorker()
		s.link("anna@shop.example", "digest", "120.00")
	}
	var mails []sendgrid.Mail
	for _, m := range s.sendgrid.Mails() {
		if m.To == "anna@shop.example" {
			mails = append(mails, m)
		}
	}
	require.Len(t, mails, 1, "no mail about a single refund, and one digest a day")
	digest := mails[0]
	require.Equal(t, "2 refunds are waiting for your decision: €210.50", digest.Subject)
	require.Contains(t, digest.Text, "order "+first.sent.Order)
	require.Contains(t, digest.Text, "order "+second.sent.Order)
	v := s.visitor()
	code, page := v.get(mailedLink.FindString(digest.Text))
	require.Equal(t, http.StatusOK, code)
	require.Contains(t, page, "Approve")
	s.record(s.digestOfAnna(at), string(contract.WriteDigest)+"-sent")
}

// A digest that comes back is told to operations.
func TestADigestThatComesBackIsTold(t *testing.T) {
	t.Parallel()
	at := time.Now().UTC().Add(-time.Minute)
	s := newTillWith(t, shared.get(t), postOffice{events: true, logs: true},
		strings.Replace(bouncing, "limit: {EUR: 500}", fmt.Sprintf("limit: {EUR: 500}, digest: %q", at.Format("15:04")), 1))
	s.openDoors()
	o := s.sell("120.00")
	s.ask(o)
	s.reaches(o, refund.AwaitingApproval)
	s.lists(1)
	s.worker.kill()
	s.startWorker(s.keys...)
	s.awaitToldOps("A daily list of refunds did not arrive")
	s.record(s.digestOfAnna(at), string(contract.WriteDigest)+"-bounced")
}

// lists waits until so many refunds are listed that wait for a decision.
func (s *till) lists(n int64) {
	s.Helper()
	s.eventually("the refunds in lists", func() error {
		counted, err := s.client.CountWorkflow(s.Context(), &workflowservice.CountWorkflowExecutionsRequest{
			Query: fmt.Sprintf("RefundState = %q", refund.AwaitingApproval),
		})
		if err == nil && counted.GetCount() != n {
			err = fmt.Errorf("there are %d", counted.GetCount())
		}
		return err
	})
}

// digestOfAnna is the workflow of anna's digest of a day.
func (s *till) digestOfAnna(day time.Time) string {
	return contract.DigestWorkflowID(signed.Keys{[]byte(linkKey)}.Person("anna"), day.Format(time.DateOnly))
}
