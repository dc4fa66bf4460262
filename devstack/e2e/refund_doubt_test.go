package e2e_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/common/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"waybill/contract"
	"waybill/devstack/merchant"
	"waybill/refund"
)

func TestMoneyThatMayHaveGone(t *testing.T) {
	t.Parallel()
	s := newTill(t, shared.get(t))
	s.openDoors()
	for name, play := range map[string]func(*till){
		"a page is no payment":          aPageIsNoPayment,
		"a refusal leaves the doubt":    aRefusalLeavesTheDoubt,
		"a reset leaves the doubt":      aResetLeavesTheDoubt,
		"a new run leaves the doubt":    aNewRunLeavesTheDoubt,
		"a forged return is not paid":   aForgedReturnIsNotPaid,
		"another amount needs a person": anotherAmountNeedsAPerson,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			play(s.at(t))
		})
	}
}

// The address of the endpoint leads to a page that answers 200 to everything, until it is
// mended.
func aPageIsNoPayment(s *till) {
	o := s.sell("45.00")
	require.NoError(s, s.merchant.Fail(merchant.Fault{Kind: merchant.FaultPage, Times: 1, Key: o.key()}))
	s.ask(o)
	known := s.reaches(o, refund.PayFailed)
	require.Equal(s, refund.PaymentInDoubt, known.Attention)
	require.NotEmpty(s, known.Endpoint)
	require.Empty(s, s.paid(o))
	_, err := orderRefund(s, o, "reject", "mia", "why", "It was worn.")
	require.ErrorContains(s, err, "it is not known whether the money was paid")
	_, err = orderRefund(s, o, "pay-again", "anna")
	require.NoError(s, err)
	s.reaches(o, refund.Paid)
	require.Equal(s, []string{"EUR 45.00"}, s.paid(o))
	require.Equal(s, wholeWay, s.told(o))
}

// The endpoint pays, and nobody reads it in its answer; then it refuses. The customer has
// the money, and is not told anything else.
func aRefusalLeavesTheDoubt(s *till) {
	o := s.sell("45.00")
	require.NoError(s, s.merchant.Fail(merchant.Fault{Kind: merchant.FaultPayThenPage, Times: 1, Key: o.key()}))
	require.NoError(s, s.merchant.Fail(merchant.Fault{Kind: merchant.FaultStatus, Status: http.StatusUnauthorized, Times: 1, Key: o.key()}))
	s.ask(o)
	s.reaches(o, refund.PayFailed)
	_, err := orderRefund(s, o, "pay-again", "anna")
	require.NoError(s, err)
	s.eventually("the endpoint to refuse", func() error {
		known, err := s.refund(o)
		if err == nil && (known.State != refund.PayFailed || known.Asked != 2) {
			err = fmt.Errorf("it is %s", known.State)
		}
		return err
	})
	for _, order := range []string{"reject", "withdraw"} {
		fields := []string{"why", "It was worn."}
		if order == "withdraw" {
			fields = nil
		}
		_, err = orderRefund(s, o, order, "mia", fields...)
		require.ErrorContains(s, err, "it is not known whether the money was paid")
	}
	_, err = orderRefund(s, o, "pay-again", "anna")
	require.NoError(s, err)
	require.Equal(s, refund.PaidBefore, s.reaches(o, refund.Paid).Outcome)
	require.Equal(s, []string{"EUR 45.00"}, s.paid(o))
	require.Equal(s, wholeWay, s.told(o))
}

// Operations do not wait for the next try of a payment, and reset it, as Temporal's UI and command
// line offer: its tries begin at 1 again. An earlier one has paid.
func aResetLeavesTheDoubt(s *till) {
	o := s.sell("45.00")
	require.NoError(s, s.merchant.Fail(merchant.Fault{Kind: merchant.FaultPayThenClose, Times: 4, Key: o.key()}))
	require.NoError(s, s.merchant.Fail(merchant.Fault{Kind: merchant.FaultStatus, Status: http.StatusUnauthorized, Times: 1, Key: o.key()}))
	s.ask(o)
	paying := ""
	s.eventually("four tries to pay", func() error {
		known, err := s.client.DescribeWorkflowExecution(s.Context(), o.workflowID(), "")
		for _, a := range known.GetPendingActivities() {
			if a.GetActivityType().GetName() == string(contract.PayRefund) && a.GetAttempt() == 5 {
				paying = a.GetActivityId()
				return nil
			}
		}
		return errors.Join(err, errors.New("it was tried less often"))
	})
	_, err := s.client.WorkflowService().ResetActivity(s.Context(), &workflowservice.ResetActivityRequest{
		Namespace: s.namespace, Execution: &common.WorkflowExecution{WorkflowId: o.workflowID()}, Activity: &workflowservice.ResetActivityRequest_Id{Id: paying},
	})
	require.NoError(s, err)
	known := s.reaches(o, refund.PayFailed)
	require.Equal(s, []string{"EUR 45.00"}, s.paid(o))
	require.Equal(s, refund.PaymentInDoubt, known.Attention, known.Receipt[len(known.Receipt)-1].Why)
}

// A refund is terminated while nobody knows whether it is paid, and reported again.
func aNewRunLeavesTheDoubt(s *till) {
	o := s.sell("45.00")
	require.NoError(s, s.merchant.Fail(merchant.Fault{Kind: merchant.FaultPayThenPage, Times: 1, Key: o.key()}))
	s.ask(o)
	require.Equal(s, refund.PaymentInDoubt, s.reaches(o, refund.PayFailed).Attention)
	require.NoError(s, s.client.TerminateWorkflow(s.Context(), o.workflowID(), "", "it looked stuck"))
	s.reportTo(o.integration, o)
	known := s.reaches(o, refund.AwaitingApproval)
	require.Contains(s, known.Terms.Why, "an earlier run of the refund may have been paid")
	_, err := orderRefund(s, o, "reject", "mia", "why", "It was worn.")
	require.ErrorContains(s, err, "it is not known whether the money was paid")
	_, err = orderRefund(s, o, "approve", "anna")
	require.NoError(s, err)
	known = s.reaches(o, refund.PayFailed)
	require.Equal(s, refund.PaymentInDoubt, known.Attention)
	require.Contains(s, known.Receipt[len(known.Receipt)-1].Why, "a manager can have that one asked")
	_, err = orderRefund(s, o, "pay-again", "mia")
	require.NoError(s, err)
	require.Equal(s, refund.PaidBefore, s.reaches(o, refund.Paid).Outcome)
	require.Equal(s, []string{"EUR 45.00"}, s.paid(o))
}

// report tells of a return as anybody can who reaches Temporal.
func (s *till) report(o sold, facts refund.Facts) {
	s.Helper()
	ctx, cancel := context.WithTimeout(s.Context(), patience)
	defer cancel()
	of := o.of()
	_, err := s.client.SignalWithStartWorkflow(ctx, of.WorkflowID(), string(contract.RefundRequested), contract.RefundReport{ID: "forged", Facts: facts},
		client.StartWorkflowOptions{TaskQueue: contract.RefundsQueue}, string(contract.ApproveRefund), contract.RefundStart{RefundRef: of})
	require.NoError(s, err)
}

// forged are facts that the rules like.
func forged(t require.TestingT, o sold) refund.Facts {
	amount, err := refund.ParseMoney("50.00", "EUR")
	require.NoError(t, err)
	none := 0
	return refund.Facts{
		Source: refund.FromReturnCreated, Kind: "money", Reason: refund.ChangedMind, Amount: amount, OrderValue: amount, OrderNumber: "O-forged",
		OrderedAt: time.Now().AddDate(0, 0, -5), NoticeAt: time.Now(), CustomerRefunds: &none, ShopToday: &none, Confirmed: true, PanelRead: true,
		Customer: refund.Customer{Name: "Jane Doe", Email: o.sent.Recipient.Email, Country: "GB"},
	}
}

func aForgedReturnIsNotPaid(s *till) {
	o := s.sell("45.00") // a return that Sendcloud is never told of
	s.report(o, forged(s, o))
	known := s.reaches(o, refund.AwaitingApproval)
	require.Contains(s, known.Terms.Why, "Sendcloud has not confirmed the return as it was requested")
	require.Contains(s, known.Receipt[1].Why, "Sendcloud does not know the return")
	require.Empty(s, s.paid(o))
}

func anotherAmountNeedsAPerson(s *till) {
	o := s.sell("5.00")
	s.account.AddReturn(o.back0)
	s.report(o, forged(s, o))
	known := s.reaches(o, refund.AwaitingApproval)
	require.Contains(s, known.Terms.Why, "Sendcloud has not confirmed the return as it was requested")
	require.Contains(s, known.Receipt[1].Why, "Sendcloud tells another amount than the request")
	require.Empty(s, s.paid(o))
}
