package contract

import (
	"fmt"
	"regexp"
	"strings"

	"waybill/refund"
)

// integrationName is what an integration may be called: it stands in workflow
// ids, where a colon would divide, and in the webhook's path.
var integrationName = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)

// ValidIntegration reports whether a name may be an integration's: 1 to 63
// lower-case letters, digits and hyphens, no hyphen at either end.
func ValidIntegration(name string) bool { return integrationName.MatchString(name) }

// CheckIntegration says why a name cannot be an integration's.
func CheckIntegration(name string) error {
	if !ValidIntegration(name) {
		return fmt.Errorf("%q cannot be an integration's name: it has lower-case letters, digits and hyphens", name)
	}
	return nil
}

// ColliWorkflowID is the workflow id of parcels that go together:
// colli:<integration>:<colli_uuid>.
func ColliWorkflowID(integration, uuid string) string {
	return fmt.Sprintf("colli:%s:%s", integration, uuid)
}

// TallyWorkflowID is the workflow id of a tally: tally:<integration>:<scope>. The
// scope names nobody: see [OrderTally], [CustomerTally] and [ShopTally].
func TallyWorkflowID(integration, scope string) string {
	return fmt.Sprintf("tally:%s:%s", integration, scope)
}

// OrderTally is the scope of the refunds of one order.
func OrderTally(order string) string { return "order-" + refund.Digest(order) }

// CustomerTally is the scope of the refunds of a customer, which are counted
// together with those of some others: too many to say whose they are. There are 256:
// of 1,000,000 refunds a year, each has about 4,000.
func CustomerTally(email string) string { return "customers-" + refund.Digest(email)[:2] }

// ShopTally is the scope of the refunds that no person has seen.
const ShopTally = "unseen"

// IntegrationWorkflowID is the workflow id of an integration:
// integration:<integration>.
func IntegrationWorkflowID(integration string) string { return "integration:" + integration }

// ReconcileScheduleID is the id of the Schedule that reconciles an integration:
// reconcile:<integration>. Its runs have the same id with a time behind it.
func ReconcileScheduleID(integration string) string { return "reconcile:" + integration }

// ParseReconcileScheduleID is the inverse of ReconcileScheduleID.
func ParseReconcileScheduleID(scheduleID string) (integration string, err error) {
	name, ok := strings.CutPrefix(scheduleID, "reconcile:")
	if !ok || !ValidIntegration(name) {
		return "", fmt.Errorf("schedule id %q is not of the form reconcile:<integration>", scheduleID)
	}
	return name, nil
}
