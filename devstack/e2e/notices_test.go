package e2e_test

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"waybill/contract"
	"waybill/delivery"
	"waybill/devstack/sendgrid"
	"waybill/refund"
)

// dieTelling kills the worker while it posts to operations, and starts another.
func (s *stack) dieTelling(start func()) {
	s.Helper()
	s.eventually("a post to operations", func() error {
		if !slices.ContainsFunc(s.sendgrid.Posts(), func(p sendgrid.Post) bool { return p.To == "ops@shop.example" }) {
			return errors.New("there is none")
		}
		return nil
	})
	s.worker.kill()
	start()
}

// A notice that a dead worker was posting is posted again, or is known to be there.
func TestNoticesToOperationsSurviveAWorkerThatIsKilled(t *testing.T) {
	t.Parallel()
	t.Run("a refund's, and nothing was taken", func(t *testing.T) {
		t.Parallel()
		s := newTillWith(t, shared.get(t), postOffice{events: true, logs: true}, people+"operations: {mail: ops@shop.example}\n")
		s.openDoors()
		require.NoError(t, s.sendgrid.Fail(sendgrid.Fault{Kind: sendgrid.FaultHang, Times: 1, To: "ops@shop.example"}))
		o := s.sellTo(s.addressed("bounce"), "40.00")
		s.ask(o)
		s.dieTelling(func() { s.startWorker(s.keys...) })
		s.awaitToldOps(fmt.Sprint(o.back0.ID))
		s.eventually("the mails of the refund to be settled", func() error {
			known, err := s.refund(o)
			if err == nil && (known.State != refund.Paid || known.Mails.Open()) {
				err = fmt.Errorf("it is %s: %+v", known.State, known.Mails)
			}
			return err
		})
		require.Equal(t, 1, s.toldOps(fmt.Sprint(o.back0.ID)))
	})
	t.Run("an integration's, and it was taken", func(t *testing.T) {
		t.Parallel()
		s := newStackWith(t, shared.get(t), postOffice{events: true})
		s.setPolicy("mode: live\n" + atOnce + "operations: {mail: ops@shop.example}\n")
		s.awaitPolicy()
		require.NoError(t, s.sendgrid.Fail(sendgrid.Fault{Kind: sendgrid.FaultAcceptThenHang, Times: 1, To: "ops@shop.example"}))
		code, said := s.knock([]byte(`{"action":"integration_deleted","timestamp":1793621000000}`))
		require.Equal(t, http.StatusOK, code, said)
		s.dieTelling(func() { s.startWorker() })
		s.eventually("the notice to be known as sent", func() error {
			var state contract.IntegrationState
			answer, err := s.client.QueryWorkflow(t.Context(), contract.IntegrationWorkflowID("demo"), "", string(contract.DescribeIntegration))
			if err == nil {
				err = answer.Get(&state)
			}
			if err == nil && (len(state.Notices) != 1 || state.Notices[0].State != delivery.Accepted) {
				err = fmt.Errorf("%+v", state.Notices)
			}
			return err
		})
		require.Equal(t, 1, s.toldOps("demo"), "SendGrid's event is proof: it is not sent again")
	})
}
