package recorder

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"waybill/contract"
	"waybill/refund"
	"waybill/search"
)

func TestAFilterIsWrittenInTemporalsWords(t *testing.T) {
	for _, c := range []struct {
		name   string
		filter RefundFilter
		want   string
	}{
		{"nothing chooses each refund once", RefundFilter{}, ""},
		{"one integration", RefundFilter{Integration: "demo"}, " AND Integration = 'demo'"},
		{"several integrations", RefundFilter{Among: []string{"demo", "my-shop"}}, " AND Integration IN ('demo', 'my-shop')"},
		{
			"one reason, a moment and words",
			RefundFilter{Attention: contract.Attention(refund.PaymentFailed), Since: time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC), Words: search.Listed{Order: []string{"1042", "=x"}, Recipient: []string{"=y"}}},
			" AND Attention = 'payment failed' AND StartTime >= '2026-11-02T09:00:00Z' AND OrderNumber IN ('1042', '=x') AND Recipient IN ('=y')",
		},
		{
			"everything else",
			RefundFilter{State: refund.AwaitingSecond, Role: refund.Manager, DueBefore: time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC), NeedsAttention: true, Open: true},
			" AND RefundState = 'awaiting_second' AND ApproverRole = 'manager' AND LegalDeadline < '2026-11-02T09:00:00Z' AND Attention IS NOT NULL AND ExecutionStatus = 'Running'" +
				" AND (RefundState NOT IN ('paid', 'paid_elsewhere', 'rejected', 'withdrawn', 'observed', 'not_ours') OR Attention IS NOT NULL)",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := c.filter.query()
			require.NoError(t, err)
			require.Equal(t, "WorkflowType = 'ApproveRefund' AND ExecutionStatus != 'ContinuedAsNew'"+c.want, got)
		})
	}
}

func TestNothingFromOutsideEntersAFilter(t *testing.T) {
	for _, f := range []RefundFilter{
		{Integration: "x' OR ''='"}, {Among: []string{"demo", "x') OR (''='"}}, {Attention: "x' OR ''='"}, {State: "x' OR ''='"}, {Role: "x' OR ''='"},
	} {
		_, err := f.query()
		require.Error(t, err)
	}
}

func TestWhatCanGoWrongWithAnOrder(t *testing.T) {
	refusal := temporal.NewApplicationError("the refund is approved: there is nothing to approve", "errorString")
	for name, c := range map[string]struct {
		err  error
		want error
	}{
		"nothing":                       {nil, nil},
		"the workflow refuses":          {refusal, &RefusedError{Why: "the refund is approved: there is nothing to approve"}},
		"it refuses, and says it again": {fmt.Errorf("update: %w", refusal), &RefusedError{Why: "the refund is approved: there is nothing to approve"}},
		"it was never there":            {serviceerror.NewNotFound("workflow not found for ID: refund:demo:42"), ErrOver},
		"it has come to its end":        {fmt.Errorf("update: %w", serviceerror.NewNotFound("workflow execution already completed")), ErrOver},
		// The order was taken, and the workflow came to its end before it was followed.
		"it comes to its end meanwhile": {temporal.NewApplicationError("Workflow Update failed because the Workflow completed before the Update completed.", "AcceptedUpdateCompletedWorkflow"), ErrOver},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, c.want, orderFailure("refund:demo:42", "Approve", c.err))
		})
	}
	for name, err := range map[string]error{
		"nobody answers":         serviceerror.NewUnavailable("away"),
		"nobody answers in time": client.NewWorkflowUpdateServiceTimeoutOrCanceledError(context.DeadlineExceeded),
		"the caller hangs up":    context.Canceled,
		"there is no namespace":  serviceerror.NewNamespaceNotFound("default"),
	} {
		t.Run(name, func(t *testing.T) {
			got := orderFailure("refund:demo:42", "Approve", err)
			require.ErrorIs(t, got, err)
			require.ErrorContains(t, got, "give refund:demo:42 the order Approve: ")
			require.NotErrorIs(t, got, ErrOver)
			var refused *RefusedError
			require.NotErrorAs(t, got, &refused)
		})
	}
}

// A refund that is over runs on for some days, in case a mail comes back.
func TestARefundThatIsOverIsNotOpenAlthoughItsWorkflowRuns(t *testing.T) {
	f := &frontend{states: map[string]any{"refund:demo:41": refund.Paying, "refund:demo:42": refund.Paid}}
	all, next, err := before(t, f).Refunds(t.Context(), RefundFilter{}, nil, 10)
	require.NoError(t, err)
	require.Empty(t, next)
	open := map[int64]bool{}
	for _, r := range all {
		open[r.ReturnID] = r.Open
	}
	require.Equal(t, map[int64]bool{41: true, 42: false}, open)
}

// lister lists refunds two at a time, and each takes a second to answer.
type lister struct {
	ids         []int64
	asked, most atomic.Int64
	hangs       bool
}

func (l *lister) Refunds(_ context.Context, _ RefundFilter, page []byte, _ int) (all []ListedRefund, next []byte, err error) {
	from := len(page)
	to := min(from+2, len(l.ids))
	for _, id := range l.ids[from:to] {
		all = append(all, ListedRefund{RefundRef: contract.RefundRef{Integration: "demo", ReturnID: id}})
	}
	return all, make([]byte, to%len(l.ids)), nil
}

func (l *lister) Refund(ctx context.Context, _ contract.RefundRef) (refund.Refund, bool, error) {
	l.most.Store(max(l.most.Load(), l.asked.Add(1)))
	defer l.asked.Add(-1)
	if l.hangs {
		<-ctx.Done()
		return refund.Refund{}, false, ctx.Err()
	}
	<-time.After(time.Second)
	return refund.Refund{State: refund.Paying}, true, nil
}

func TestEachRefundIsListedOnce(t *testing.T) {
	ids := func(most int) (ids []int64, more bool) {
		all, more, err := ListRefunds(t.Context(), &lister{ids: []int64{4, 3, 3, 2, 1}}, RefundFilter{}, most)
		require.NoError(t, err)
		for _, one := range all {
			ids = append(ids, one.ReturnID)
		}
		return ids, more
	}
	for most, want := range map[int][]int64{2: {4, 3}, 4: {4, 3, 2, 1}, 9: {4, 3, 2, 1}} {
		got, more := ids(most)
		require.Equal(t, want, got)
		require.Equal(t, most < 4, more)
	}
}

func TestSeveralRefundsAreAskedAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, rows, began := &lister{}, make([]ListedRefund, 5*AskedAtOnce), time.Now()
		AskRefunds(t.Context(), l, rows)
		require.Equal(t, int64(AskedAtOnce), l.most.Load())
		require.Equal(t, 5*time.Second, time.Since(began))
		for _, r := range rows {
			require.Equal(t, refund.Paying, r.State)
		}
	})
}

func TestARefundThatHangsDoesNotHoldUpTheList(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rows, began := []ListedRefund{{State: refund.Paid}}, time.Now()
		AskRefunds(t.Context(), &lister{hangs: true}, rows)
		require.Equal(t, rowTimeout, time.Since(began))
		require.ErrorIs(t, rows[0].Silent, context.DeadlineExceeded)
		require.Equal(t, refund.Paid, rows[0].State)
	})
}
