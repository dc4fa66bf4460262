package recorder

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"waybill/refund"
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
			"everything",
			RefundFilter{State: refund.AwaitingSecond, Role: refund.Manager, DueBefore: time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC), Attention: true, Open: true},
			" AND RefundState = 'awaiting_second' AND ApproverRole = 'manager' AND LegalDeadline < '2026-11-02T09:00:00Z' AND Attention IS NOT NULL AND ExecutionStatus = 'Running'",
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
		{Integration: "x' OR ''='"}, {Among: []string{"demo", "x') OR (''='"}}, {State: "x' OR ''='"}, {Role: "x' OR ''='"},
	} {
		_, err := f.query()
		require.Error(t, err)
	}
}
