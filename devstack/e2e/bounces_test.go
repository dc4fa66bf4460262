package e2e_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/workflowservice/v1"

	"waybill/contract"
	"waybill/delivery"
	"waybill/devstack/sendcloud"
	"waybill/parcel"
	"waybill/refund"
)

// bouncing are people of whom one has an address that takes no mail.
const bouncing = `
refunds:
  mode: live
  undo: 0
  shop_daily: 1000
people:
  anna: {email: bounce-anna@shop.example, role: approver, limit: {EUR: 500}}
  mia: {email: mia@shop.example, role: manager}
operations: {mail: ops@shop.example, parcels: on}
`

// SendGrid signs its events and posts them to the one door there is. Whatever a
// mail was about, its bounce is heard where it belongs.
func TestABounceIsHeardWhateverItsMailWasAbout(t *testing.T) {
	t.Parallel()
	s := newTillWith(t, shared.get(t), postOffice{events: true, logs: true}, bouncing)
	s.openDoors()

	t.Run("a parcel's mail raises attention", func(t *testing.T) {
		t.Parallel()
		s := s.at(t)
		p := s.addressed("bounce")
		s.tell(p, sendcloud.ToSorting, time.Now())
		require.Equal(t, parcel.AttentionBounced, s.reported(p, delivery.Bounced).Attention)
		s.awaitListed(p, fmt.Sprintf("Attention = %q", parcel.AttentionBounced))
	})
	t.Run("a refund's mail to the customer is noted, and operations are told", func(t *testing.T) {
		t.Parallel()
		s := s.at(t)
		o := s.sellTo(s.addressed("bounce"), "40.00")
		s.ask(o)
		known := s.logs(o, "customer not reached")
		require.True(t, known.NotReached)
		require.Equal(t, refund.CustomerNotReached, s.reaches(o, refund.Paid).Attention)
		s.awaitToldOps(fmt.Sprint(o.back0.ID))
		require.Equal(t, []string{"EUR 40.00"}, s.paid(o), "the money goes its way")
		s.record(o.workflowID(), string(contract.ApproveRefund)+"-customer-bounced")
	})
	t.Run("a mail to an approver has the next person asked, and operations told", func(t *testing.T) {
		t.Parallel()
		s := s.at(t)
		o := s.sell("120.00")
		s.ask(o)
		known := s.logs(o, "not reached: anna")
		require.Equal(t, []string{"anna"}, known.Unreachable)
		s.link("mia@shop.example", "approval_asked", fmt.Sprint(o.back0.ID))
		s.awaitToldOps(fmt.Sprint(o.back0.ID))
		_, err := orderRefund(s, o, "approve", "mia")
		require.NoError(t, err)
		s.reaches(o, refund.Paid)
		s.record(o.workflowID(), string(contract.ApproveRefund)+"-approver-bounced")
	})
	t.Run("a sign-in mail raises attention, and operations are told", func(t *testing.T) {
		t.Parallel()
		s := s.at(t)
		code, _ := s.visitor().post("/sign-in", url.Values{"address": {"bounce-anna@shop.example"}})
		require.Equal(t, http.StatusOK, code)
		id := ""
		s.eventually("the sign-in in the list of those to look at", func() error {
			found, err := s.client.ListWorkflow(t.Context(), &workflowservice.ListWorkflowExecutionsRequest{
				Namespace: s.namespace, Query: fmt.Sprintf("WorkflowType = %q AND Attention = %q", contract.SignIn, contract.SignInNotReached),
			})
			if err != nil || len(found.GetExecutions()) != 1 {
				return fmt.Errorf("%d found, %w", len(found.GetExecutions()), err)
			}
			id = found.GetExecutions()[0].GetExecution().GetWorkflowId()
			return nil
		})
		s.awaitToldOps("sign-in")
		s.record(id, string(contract.SignIn)+"-bounced")
	})
}

// logs waits until the decision log of a refund has a line.
func (s *till) logs(o sold, what string) refund.Refund {
	s.Helper()
	var known refund.Refund
	s.eventually("the line "+what, func() (err error) {
		known, err = s.refund(o)
		if err == nil && !slices.ContainsFunc(known.Receipt, func(e refund.Entry) bool { return e.What == what }) {
			err = fmt.Errorf("it is not in %+v", known.Receipt)
		}
		return err
	})
	return known
}

// awaitToldOps waits until operations have a mail that says something.
func (s *stack) awaitToldOps(about string) {
	s.Helper()
	s.eventually("operations to be told of "+about, func() error {
		if s.toldOps(about) == 0 {
			return errors.New("they are not")
		}
		return nil
	})
}

// toldOps counts the mails to operations that say something.
func (s *stack) toldOps(about string) (n int) {
	for _, m := range s.sendgrid.Mails() {
		if m.To == "ops@shop.example" && strings.Contains(m.Subject+m.Text, about) {
			n++
		}
	}
	return n
}
