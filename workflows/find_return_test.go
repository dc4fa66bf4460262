package workflows_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"waybill/contract"
	"waybill/refund"
	"waybill/workflows"
)

// finding looks for the return of one report.
type finding struct {
	*testing.T
	env *testsuite.TestWorkflowEnvironment
	// look answers the n-th look, from 1, and record the n-th try to record.
	look   func(n int) (contract.ReturnFound, error)
	record func(n int) error

	looks   []contract.ReturnReport
	records []contract.RefundRecord
	alerts  []contract.Alert
}

func newFinding(t *testing.T, look func(n int) (contract.ReturnFound, error)) *finding {
	t.Helper()
	f := &finding{T: t, env: skippedTime(t), look: look}
	f.env.SetStartTime(nineOClock)
	f.env.RegisterWorkflowWithOptions(func(ctx workflow.Context, report contract.ReturnReport) (contract.ReturnFound, error) {
		for name, show := range map[string]any{
			string(currentDetails):    func() (string, error) { return workflow.GetCurrentDetails(ctx), nil },
			string(currentAttributes): func() (map[string]string, error) { return shownAttributes(ctx), nil },
		} {
			if err := workflow.SetQueryHandler(ctx, name, show); err != nil {
				return contract.ReturnFound{}, err
			}
		}
		return workflows.FindReturn(ctx, report)
	}, workflow.RegisterOptions{Name: string(contract.FindReturn)})
	stand(f.env, contract.LookForReturn, func(r contract.ReturnReport) (contract.ReturnFound, error) {
		f.looks = append(f.looks, r)
		return f.look(len(f.looks))
	})
	stand(f.env, contract.RecordRefund, func(r contract.RefundRecord) (struct{}, error) {
		if f.records = append(f.records, r); f.record != nil {
			return struct{}{}, f.record(len(f.records))
		}
		return struct{}{}, nil
	})
	stand(f.env, contract.AlertOperations, func(a contract.Alert) (struct{}, error) {
		f.alerts = append(f.alerts, a)
		return struct{}{}, nil
	})
	return f
}

func reportOf(outgoing, incoming int64) contract.ReturnReport {
	return contract.ReturnReport{Integration: "demo", ID: "refund_requested@1", At: nineOClock, Facts: refund.Facts{
		Source: refund.FromRefundRequested, OutgoingParcel: outgoing, IncomingParcel: incoming, Message: "It broke.",
	}}
}

func (f *finding) run(report contract.ReturnReport) contract.ReturnFound {
	f.Helper()
	f.env.ExecuteWorkflow(string(contract.FindReturn), report)
	require.True(f, f.env.IsWorkflowCompleted())
	require.NoError(f, f.env.GetWorkflowError())
	var found contract.ReturnFound
	require.NoError(f, f.env.GetWorkflowResult(&found))
	return found
}

func (f *finding) asked(name string, out any) {
	f.Helper()
	value, err := f.env.QueryWorkflow(name)
	require.NoError(f, err)
	require.NoError(f, value.Get(out))
}

func notListed() (contract.ReturnFound, error) {
	return contract.ReturnFound{}, later(contract.NoReturn, "Sendcloud lists no return of these parcels", 5*time.Hour)
}

func TestAReportIsRecordedAtItsReturn(t *testing.T) {
	for _, report := range []contract.ReturnReport{reportOf(7001, 0), reportOf(0, 7002), reportOf(7001, 7002)} {
		f := newFinding(t, func(n int) (contract.ReturnFound, error) {
			if n < 3 {
				return notListed() // Sendcloud's list is behind
			}
			return contract.ReturnFound{ReturnID: 42}, nil
		})
		f.record = func(n int) error {
			if n < 9 {
				return later("", "no Temporal", day)
			}
			return nil
		}
		require.Equal(t, contract.ReturnFound{ReturnID: 42}, f.run(report))
		require.Equal(t, report, f.looks[0])
		require.Len(t, f.records, 9, "for as long as it takes")
		require.Equal(t, contract.RefundRecord{RefundRef: contract.RefundRef{Integration: "demo", ReturnID: 42}, Report: contract.RefundReport{ID: "refund_requested@1", Facts: report.Facts, ReportWorkflow: "default-test-workflow-id"}}, f.records[0])
		require.Empty(t, f.alerts)
	}
}

func TestAReturnThatIsNotFoundIsToldToOperations(t *testing.T) {
	for name, c := range map[string]struct {
		look  func(int) (contract.ReturnFound, error)
		after time.Duration
		why   string
	}{
		"within a day": {func(int) (contract.ReturnFound, error) { return notListed() }, 20 * time.Hour, "Sendcloud lists no return of these parcels"},
		"without API keys": {func(int) (contract.ReturnFound, error) {
			return contract.ReturnFound{}, temporal.NewNonRetryableApplicationError("no worker has API keys of the integration", contract.APISetup, nil)
		}, 0, "no worker has API keys of the integration"},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFinding(t, c.look)
			require.Zero(t, f.run(reportOf(7001, 7002)))
			require.Equal(t, c.after, f.env.Now().Sub(nineOClock), "the last look in a day")
			require.Len(t, f.alerts, 1)
			require.Equal(t, contract.Alert{ID: f.alerts[0].ID, Integration: "demo", Attention: "refund without a return", Subject: "refund:demo:0", At: nineOClock.Add(c.after)}, f.alerts[0])
			require.NotEmpty(t, f.alerts[0].ID)
			require.Empty(t, f.records)
			var details string
			f.asked(string(currentDetails), &details)
			require.Contains(t, details, c.why+". Look for it in Sendcloud's panel.")
			var attributes map[string]string
			f.asked(string(currentAttributes), &attributes)
			require.Equal(t, map[string]string{"Integration": "demo", "Attention": "refund without a return"}, attributes)
		})
	}
}

func TestAReportWithoutParcelsIsToldToOperationsAtOnce(t *testing.T) {
	f := newFinding(t, nil)
	require.Zero(t, f.run(reportOf(0, 0)))
	require.Empty(t, f.looks, "there is nothing to look for")
	require.Len(t, f.alerts, 1)
	require.Equal(t, nineOClock, f.env.Now().UTC())
	var details string
	f.asked(string(currentDetails), &details)
	require.Contains(t, details, "its return could not be found")
}

// Of a report that is too old to be believed, only what Sendcloud says of its return is
// recorded; nothing is if Sendcloud does not know it.
func TestAnOldReportIsRecordedAsSendcloudHasIt(t *testing.T) {
	old := contract.ReturnReport{Integration: "demo", ID: "return_created@1", At: nineOClock.Add(-31 * day), ReturnID: 42, Facts: refund.Facts{Kind: "money", Message: "Old."}}
	says := refund.Facts{Source: refund.FromReturnCreated, Kind: "exchange"}
	f := newFinding(t, func(int) (contract.ReturnFound, error) { return contract.ReturnFound{ReturnID: 42, Facts: &says}, nil })
	require.Equal(t, int64(42), f.run(old).ReturnID)
	require.Equal(t, []contract.RefundRecord{{
		RefundRef: contract.RefundRef{Integration: "demo", ReturnID: 42}, Report: contract.RefundReport{ID: "return_created@1", Facts: says, ReportWorkflow: "default-test-workflow-id"},
	}}, f.records)

	f = newFinding(t, func(int) (contract.ReturnFound, error) {
		return contract.ReturnFound{}, temporal.NewNonRetryableApplicationError("Sendcloud does not know the return", contract.NoReturn, nil)
	})
	require.Zero(t, f.run(old).ReturnID)
	require.Empty(t, f.records)
	require.Equal(t, contract.RefundWithoutReturn, f.alerts[0].Attention)
	var shown string
	f.asked(string(currentDetails), &shown)
	require.Contains(t, shown, "Sendcloud does not know the return (return 42).")
}
