package workflows

import (
	"fmt"
	"strings"

	"waybill/contract"
)

// lostDetails says what is known of a refund whose return was not found.
func lostDetails(report contract.ReturnReport, err error) string {
	text := fmt.Sprintf("**Somebody should look: %s.** A refund was requested, and nobody can say of which return", contract.RefundWithoutReturn)
	if err != nil {
		text += ": " + cause(err)
	}
	return strings.TrimSuffix(text+". Look for it in Sendcloud's panel. "+goods(report.Integration, report.Facts), " ")
}
