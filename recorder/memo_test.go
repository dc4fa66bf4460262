package recorder

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/converter"

	"waybill/contract"
	"waybill/refund"
)

// Everyone who reaches Temporal can start a workflow with any memo, also with one that was copied.
func TestAMemoThatIsNotTheRefundsOwnTellsNothingAndHidesNoOther(t *testing.T) {
	memo := func(r refund.Listed) map[string]*common.Payload {
		p, err := converter.GetDefaultDataConverter().ToPayload(r)
		require.NoError(t, err)
		return map[string]*common.Payload{contract.ListedRefund: p}
	}
	mine := refund.Listed{Integration: "demo", ReturnID: 1, Facts: refund.Facts{Customer: refund.Customer{Name: "Jane Doe"}}}
	garbage := map[string]*common.Payload{contract.ListedRefund: {Metadata: map[string][]byte{"encoding": []byte("json/plain")}, Data: []byte("{")}}
	r := before(t, &frontend{
		states: map[string]any{"refund:demo:1": refund.AwaitingApproval, "refund:demo:2": refund.AwaitingApproval, "refund:other:1": refund.AwaitingApproval},
		memos:  map[string]map[string]*common.Payload{"refund:demo:1": memo(mine), "refund:demo:2": garbage, "refund:other:1": memo(mine)},
	})
	all, _, err := r.Refunds(t.Context(), RefundFilter{}, nil, 10)
	require.NoError(t, err)
	require.Len(t, all, 3)
	for _, one := range all {
		require.Equal(t, refund.AwaitingApproval, one.State)
		require.Equal(t, one.String() == "demo/1", one.Known != nil, one.String())
		require.Equal(t, one.String() == "demo/1", one.Customer == "Jane Doe", one.String())
	}
}
