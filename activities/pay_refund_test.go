package activities_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"waybill/activities"
	"waybill/contract"
	"waybill/parcel"
	"waybill/payment"
	"waybill/recorder"
	"waybill/refund"
)

// pay has a workflow ask once to pay.
func pay(t *testing.T, hands activities.Payments, workflowID string, order contract.RefundPayment) (paid refund.Payment, err error) {
	t.Helper()
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestWorkflowEnvironment()
	env.SetStartWorkflowOptions(client.StartWorkflowOptions{ID: workflowID, TaskQueue: contract.RefundsQueue})
	env.RegisterActivityWithOptions(hands.PayRefund, activity.RegisterOptions{Name: string(contract.PayRefund)})
	once := func(ctx workflow.Context) (paid refund.Payment, err error) {
		ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{StartToCloseTimeout: time.Minute, RetryPolicy: &temporal.RetryPolicy{MaximumAttempts: 1}})
		return paid, workflow.ExecuteActivity(ctx, string(contract.PayRefund), order).Get(ctx, &paid)
	}
	env.ExecuteWorkflow(once)
	if err = env.GetWorkflowError(); err == nil {
		err = env.GetWorkflowResult(&paid)
	}
	return paid, err
}

// Whoever reaches Temporal can have an activity run: by another workflow, or by none.
func TestOnlyTheRefundsOwnWorkflowHasItPaid(t *testing.T) {
	asked := false
	shop := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked = true }))
	defer shop.Close()
	hands := activities.Payments{Endpoints: map[string]payment.Endpoint{"demo": {URL: shop.URL, Keys: [][]byte{[]byte("a secret of the tests")}}}}
	order := contract.RefundPayment{RefundRef: contract.RefundRef{Integration: "demo", ReturnID: 42}, Endpoint: shop.Listener.Addr().String(), Key: "refund:demo:42", Amount: amount(t, "120.00", "EUR")}
	for _, other := range []string{"refund:demo:43", "refund:other:42", "mine"} {
		paid, err := pay(t, hands, other, order)
		require.NoError(t, err)
		require.Equal(t, refund.Payment{Outcome: refund.Refused, Why: "only the refund's own workflow can have it paid"}, paid, other)
	}
	require.False(t, asked)
	_, err := pay(t, hands, "refund:demo:42", order)
	require.NoError(t, err)
	require.True(t, asked)
}

func TestWhatComesOfAskingToPay(t *testing.T) {
	order := contract.RefundPayment{RefundRef: contract.RefundRef{Integration: "demo", ReturnID: 42}, Key: "refund:demo:42", OrderNumber: "1042", Amount: amount(t, "120.00", "EUR")}
	code, wait, posted := http.StatusOK, "", ""
	shop := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		posted = string(body)
		w.Header().Set("Retry-After", wait)
		w.WriteHeader(code)
		_, _ = io.WriteString(w, `{"paid":true,"key":"refund:demo:42","reference":"payout-42"}`)
	}))
	defer shop.Close()
	order.Endpoint = shop.Listener.Addr().String()
	hands := activities.Payments{Endpoints: map[string]payment.Endpoint{"demo": {URL: shop.URL, Keys: [][]byte{[]byte("a secret of the tests")}}}}

	paid, err := pay(t, hands, "refund:demo:42", order)
	require.NoError(t, err)
	require.Equal(t, refund.Payment{Outcome: refund.PaidNow, Reference: "payout-42"}, paid)
	require.JSONEq(t, `{"key":"refund:demo:42","integration":"demo","return_id":42,"order_number":"1042","amount":"120.00","currency":"EUR"}`, posted)

	code = http.StatusUnauthorized
	paid, err = pay(t, hands, "refund:demo:42", order)
	require.NoError(t, err, "asking again would not change it")
	require.Equal(t, refund.Payment{Outcome: refund.Refused, Why: "the shop's endpoint answered 401 Unauthorized"}, paid)

	code, wait = http.StatusServiceUnavailable, "90"
	_, err = pay(t, hands, "refund:demo:42", order)
	requireFailure(t, err, contract.PayUnanswered, true, 90*time.Second)
	shop.Close()
	_, err = pay(t, hands, "refund:demo:42", order)
	requireFailure(t, err, contract.PayUnanswered, true, 0)
	require.ErrorContains(t, err, "the shop's endpoint did not answer")
}

// The endpoint may have paid at a try that it did not answer, and refuse the next one.
func TestARefusalAfterAnEarlierTryIsDoubt(t *testing.T) {
	tries := 0
	shop := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if tries++; tries == 1 {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		w.WriteHeader(http.StatusUnauthorized)
	}))
	defer shop.Close()
	hands := activities.Payments{Endpoints: map[string]payment.Endpoint{"demo": {URL: shop.URL, Keys: [][]byte{[]byte("a secret of the tests")}}}}
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestWorkflowEnvironment()
	env.SetStartWorkflowOptions(client.StartWorkflowOptions{ID: "refund:demo:42", TaskQueue: contract.RefundsQueue})
	env.RegisterActivityWithOptions(hands.PayRefund, activity.RegisterOptions{Name: string(contract.PayRefund)})
	pay := func(ctx workflow.Context, o contract.RefundPayment) (paid refund.Payment, err error) {
		ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{StartToCloseTimeout: time.Minute})
		return paid, workflow.ExecuteActivity(ctx, string(contract.PayRefund), o).Get(ctx, &paid)
	}
	env.RegisterWorkflow(pay)
	env.ExecuteWorkflow(pay, contract.RefundPayment{RefundRef: contract.RefundRef{Integration: "demo", ReturnID: 42}, Endpoint: shop.Listener.Addr().String(), Key: "refund:demo:42", Amount: amount(t, "120.00", "EUR")})
	require.NoError(t, env.GetWorkflowError())
	var paid refund.Payment
	require.NoError(t, env.GetWorkflowResult(&paid))
	require.Equal(t, refund.Payment{Outcome: refund.Doubt, Why: "the shop's endpoint answered 401 Unauthorized; an earlier try may have been paid"}, paid)
}

// The decision log names the endpoint: no other one is asked.
func TestOnlyTheEndpointThatWasNotedIsAsked(t *testing.T) {
	asked := false
	shop := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked = true }))
	defer shop.Close()
	hands := activities.Payments{Endpoints: map[string]payment.Endpoint{"demo": {URL: shop.URL, Keys: [][]byte{[]byte("a secret of the tests")}}}}
	for _, noted := range []string{"", "shop.example/refunds", shop.Listener.Addr().String() + "/refunds"} {
		paid, err := pay(t, hands, "refund:demo:42", contract.RefundPayment{RefundRef: contract.RefundRef{Integration: "demo", ReturnID: 42}, Endpoint: noted})
		require.NoError(t, err)
		require.Equal(t, refund.Refused, paid.Outcome)
		require.Contains(t, paid.Why, "pay again when all workers have the same")
	}
	require.False(t, asked)
}

func TestWithoutAnEndpointNothingIsPaid(t *testing.T) {
	paid, err := pay(t, activities.Payments{}, "refund:demo:42", contract.RefundPayment{RefundRef: contract.RefundRef{Integration: "demo", ReturnID: 42}})
	require.NoError(t, err)
	require.Equal(t, refund.Refused, paid.Outcome)
	require.Contains(t, paid.Why, "set WAYBILL_PAY_URL_<INTEGRATION> and WAYBILL_PAY_KEYS_<INTEGRATION>, and pay again")
}

// parcels keep who waits for the goods of which.
type parcels struct {
	awaited []contract.ReturnWatch
	fails   error
}

func (p *parcels) AwaitGoods(_ context.Context, of contract.ParcelRef, awaited parcel.Waiter) error {
	p.awaited = append(p.awaited, contract.ReturnWatch{ParcelRef: of, Awaited: awaited})
	return p.fails
}

func TestAReturnParcelIsToldWhoWaits(t *testing.T) {
	watch := contract.ReturnWatch{ParcelRef: contract.ParcelRef{Integration: "demo", ID: 7002}, Awaited: parcel.Waiter{WorkflowID: "refund:demo:42", Until: noon}}
	p := &parcels{}
	hands := activities.Returns{Parcels: p}
	_, err := perform(t, contract.WatchReturn, hands.WatchReturn, watch)
	require.NoError(t, err)
	require.Equal(t, []contract.ReturnWatch{watch}, p.awaited)

	p.fails = recorder.ErrOver
	_, err = perform(t, contract.WatchReturn, hands.WatchReturn, watch)
	require.NoError(t, err, "a closed one says nothing more, however often it is told")
	p.fails = errors.New("no Temporal")
	_, err = perform(t, contract.WatchReturn, hands.WatchReturn, watch)
	require.ErrorContains(t, err, "no Temporal")
}
