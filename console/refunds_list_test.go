package console

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"

	"waybill/contract"
	"waybill/recorder"
	"waybill/refund"
)

func TestListChoosesRefunds(t *testing.T) {
	f := listFlags{limit: 100}
	chosen, err := f.filter(nine)
	require.NoError(t, err)
	require.Equal(t, recorder.RefundFilter{Open: true}, chosen)

	f = listFlags{state: "awaiting_second", role: "manager", integration: "my-shop", within: "3d", attention: true, limit: 1}
	chosen, err = f.filter(nine)
	require.NoError(t, err)
	require.Equal(t, recorder.RefundFilter{
		Integration: "my-shop", State: refund.AwaitingSecond, Role: refund.Manager, DueBefore: nine.AddDate(0, 0, 3), NeedsAttention: true, Open: true,
	}, chosen)

	for _, f := range []listFlags{{all: true, limit: 1}, {state: "paid", limit: 1}} {
		chosen, err = f.filter(nine)
		require.NoError(t, err)
		require.False(t, chosen.Open, "what is asked for is over")
	}
}

func TestListReportsAllFaultsAtOnce(t *testing.T) {
	said := start(t, []string{"refunds", "list", "--state", "late", "--role", "boss", "--integration", "My Shop", "--due-within", "soon", "--limit", "0"})
	for _, want := range []string{
		`--state: a refund is never "late": choose one of requested, awaiting_approval, `,
		`--role: there is no "boss": choose approver or manager`,
		`--integration: "My Shop" cannot be an integration's name`,
		`--due-within: "soon" is no length of time: write one such as 3d or 12h`,
		`--limit: 0 is not allowed: write a number from 1 to 1000`,
	} {
		require.Contains(t, said, want)
	}
	require.Contains(t, start(t, []string{"refunds", "list", "my-shop"}), "unknown command")
}

func TestDaysAreALengthOfTime(t *testing.T) {
	for s, want := range map[string]time.Duration{"3d": 72 * time.Hour, "12h": 12 * time.Hour, "90m": 90 * time.Minute, "1d12h": 36 * time.Hour} {
		chosen, err := listFlags{within: s, limit: 1}.filter(nine)
		require.NoError(t, err)
		require.Equal(t, nine.Add(want), chosen.DueBefore, s)
	}
	for _, s := range []string{"d", "3", "-3d", "0d", "0h", "-1h", "3 d", "soon"} {
		_, err := listFlags{within: s, limit: 1}.filter(nine)
		require.ErrorContains(t, err, "--due-within: ", s)
	}
}

func TestListPrintsWhereRefundsStand(t *testing.T) {
	listed := func(id int64, state refund.State) recorder.ListedRefund {
		return recorder.ListedRefund{
			RefundRef: contract.RefundRef{Integration: "my-shop", ReturnID: id}, State: state, Role: refund.Manager, Open: true, Started: nine.AddDate(0, 0, 1),
			Deadline: nine.AddDate(0, 0, 14), Attention: "payment failed", Silent: serviceerror.NewFailedPrecondition("no poller"),
		}
	}
	answered := func(id int64, r refund.Refund) recorder.ListedRefund {
		l := listed(id, refund.Requested)
		l.Learn(&r)
		return l
	}
	waits := approved(t, requested(t), "anna", nine.Add(time.Hour))
	given := happen(t, waits, nine.Add(time.Hour), func(r *refund.Refund, p refund.Policy) error {
		r.Posted(nine.Add(time.Hour), p, nine.Add(time.Hour))
		return r.Follow("reassign", withFlags("anna", "to", "ben"), p, nine.Add(time.Hour))
	})
	asked := happen(t, requested(t), nine, func(r *refund.Refund, p refund.Policy) error {
		return r.Follow("ask-customer", withFlags("anna", "question", "Which one?"), p, nine)
	})
	began := happen(t, refund.Refund{Integration: "my-shop", ReturnID: 7005}, nine, func(r *refund.Refund, p refund.Policy) error {
		r.Request(refund.Facts{Source: refund.FromRefundRequested}, p, nine)
		return nil
	})
	rows := []recorder.ListedRefund{
		answered(7001, waits), answered(7002, given), answered(7003, asked), answered(7004, paid(t)), answered(7005, began),
		listed(7006, refund.PayFailed), listed(7007, refund.AwaitingApproval),
	}
	var said strings.Builder
	require.NoError(t, printRefunds(&said, rows, nine.Add(50*time.Hour), true))
	require.Equal(t, `REFUND        STATE              TURN            AMOUNT      AGE       LEGAL DEADLINE    ATTENTION
my-shop/7001  awaiting second    approver        EUR 300.00  2 days    not running       -
my-shop/7002  awaiting second    ben (approver)  EUR 300.00  2 days    Mon 16 Nov 10:00  -
my-shop/7003  needs info         customer        EUR 300.00  2 days    not running       -
my-shop/7004  paid               -               EUR 300.00  2 days    -                 -
my-shop/7005  requested          -               not known   2 days    not running       -
my-shop/7006  pay failed         operations      no answer   26 hours  Mon 16 Nov 09:00  payment failed
my-shop/7007  awaiting approval  manager         no answer   26 hours  Mon 16 Nov 09:00  payment failed
`, said.String())
	said.Reset()
	showUnanswered(&said, rows)
	require.Equal(t, "2 did not answer and are shown as Temporal lists them: no worker answers: start one with waybill worker, and ask again\n", said.String())
	said.Reset()
	showUnanswered(&said, rows[:5])
	require.Empty(t, said.String())

	said.Reset()
	require.NoError(t, printJSON(&said, rows[5:6]))
	require.JSONEq(t, `[{"integration":"my-shop","returnId":7006,"state":"pay_failed","role":"manager","started":"2026-11-03T09:00:00Z",
		"legalDeadline":"2026-11-16T09:00:00Z","attention":"payment failed","open":true,"asked":false}]`, said.String())
	said.Reset()
	require.NoError(t, printJSON(&said, rows[:1]))
	var read []map[string]any
	require.NoError(t, json.Unmarshal([]byte(said.String()), &read))
	require.Equal(t, map[string]any{"value": "300", "currency": "EUR"}, read[0]["amount"])

	said.Reset()
	require.NoError(t, printRefunds(&said, nil, nine, true))
	require.Equal(t, "There is no such refund. Use --all to list also those that are over.\n", said.String())
	said.Reset()
	require.NoError(t, printRefunds(&said, nil, nine, false))
	require.Equal(t, "There is no such refund.\n", said.String(), "those that are over were asked for too")
}
