package waybill_test

import (
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"waybill/contract"
	"waybill/refund"
)

func TestTheReadmeKnowsEverySearchAttribute(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	require.NoError(t, err)
	for _, a := range contract.SearchAttributes() {
		require.Contains(t, string(readme), fmt.Sprintf("| `%s` | %s | %s |", a.Name, a.Type, a.Holds))
	}
}

func TestTheReadmeNamesNoTargetThatMakeDoesNotHave(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	require.NoError(t, err)
	makefile, err := os.ReadFile("Makefile")
	require.NoError(t, err)
	named := regexp.MustCompile("(?m)(?:`| {4})make ([a-z]+)").FindAllStringSubmatch(string(readme), -1)
	require.NotEmpty(t, named)
	for _, target := range named {
		require.Regexp(t, `(?m)^`+target[1]+`:.*##`, string(makefile))
	}
}

func TestTheReadmesOrdersToARefundAreSome(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	require.NoError(t, err)
	orders := map[string]func() any{
		string(contract.DecideRefund): func() any { return new(refund.Decision) }, string(contract.AskForInfo): func() any { return new(contract.RefundQuestion) },
		string(contract.ProvideInfo): func() any { return new(contract.RefundInfo) }, string(contract.WithdrawRefund): func() any { return new(contract.RefundOrder) },
		string(contract.ReassignRefund): func() any { return new(contract.RefundReassignment) }, string(contract.ReceiveGoods): func() any { return new(contract.RefundOrder) },
		string(contract.PayRefundAgain): func() any { return new(contract.RefundOrder) }, string(contract.RetryRefundMail): func() any { return new(contract.RefundOrder) },
	}
	told := map[string]bool{}
	for _, row := range regexp.MustCompile("(?m)^\\| [^|]+ \\| `(\\w+)` \\| `(\\{.*\\})` \\|$").FindAllStringSubmatch(string(readme), -1) {
		require.Contains(t, orders, row[1])
		input := json.NewDecoder(strings.NewReader(row[2]))
		input.DisallowUnknownFields()
		require.NoError(t, input.Decode(orders[row[1]]()), row[2])
		told[row[1]] = true
	}
	require.Len(t, told, len(orders), "each order is told of")
}

// Whoever gets an alarm finds it in the playbook, in the very words of the alarm.
func TestThePlaybookKnowsEveryStateAndTrouble(t *testing.T) {
	playbook, err := os.ReadFile("docs/refunds.md")
	require.NoError(t, err)
	for _, s := range refund.States() {
		require.Contains(t, string(playbook), "`"+string(s)+"`")
	}
	for _, trouble := range []refund.Trouble{
		refund.LegalWarning, refund.LegalAlarm, refund.LegalOverdue, refund.GoodsMissing, refund.PaymentFailed,
		refund.PanelPaid, refund.PanelPaidToo, refund.NobodyCan, refund.NotTold, "refund without a return",
	} {
		require.Regexp(t, "(?m)^### .*`"+regexp.QuoteMeta(string(trouble))+"`", string(playbook))
	}
}
