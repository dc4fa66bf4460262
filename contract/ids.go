package contract

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"waybill/refund"
)

// integrationName is what an integration may be called: it stands in workflow
// ids, where a colon would divide, and in the webhook's path.
var integrationName = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)

// ValidIntegration reports whether a name may be an integration's: 1 to 63
// lower-case letters, digits and hyphens, no hyphen at either end.
func ValidIntegration(name string) bool { return integrationName.MatchString(name) }

// ParcelWorkflowID is the workflow id of a parcel: parcel:<integration>:<id>.
func ParcelWorkflowID(integration string, parcelID int64) string {
	return fmt.Sprintf("parcel:%s:%d", integration, parcelID)
}

// ParseParcelWorkflowID is the inverse of ParcelWorkflowID.
func ParseParcelWorkflowID(workflowID string) (integration string, parcelID int64, err error) {
	parts := strings.Split(workflowID, ":")
	if len(parts) == 3 && parts[0] == "parcel" && ValidIntegration(parts[1]) {
		parcelID, err = strconv.ParseInt(parts[2], 10, 64)
		if err == nil && parcelID > 0 && ParcelWorkflowID(parts[1], parcelID) == workflowID {
			return parts[1], parcelID, nil
		}
	}
	return "", 0, fmt.Errorf("workflow id %q is not of the form parcel:<integration>:<parcel id>", workflowID)
}

// colliUUID is Sendcloud's name for parcels that go together.
var colliUUID = regexp.MustCompile(`^[0-9a-zA-Z-]{1,64}$`)

// ColliWorkflowID is the workflow id of parcels that go together:
// colli:<integration>:<colli_uuid>.
func ColliWorkflowID(integration, uuid string) string {
	return fmt.Sprintf("colli:%s:%s", integration, uuid)
}

// ParseColliWorkflowID is the inverse of ColliWorkflowID.
func ParseColliWorkflowID(workflowID string) (integration, uuid string, err error) {
	parts := strings.Split(workflowID, ":")
	if len(parts) == 3 && parts[0] == "colli" && ValidIntegration(parts[1]) && colliUUID.MatchString(parts[2]) {
		return parts[1], parts[2], nil
	}
	return "", "", fmt.Errorf("workflow id %q is not of the form colli:<integration>:<colli uuid>", workflowID)
}

// RefundWorkflowID is the workflow id of a refund: refund:<integration>:<return>.
// It is the idempotency key of its payment too.
func RefundWorkflowID(integration string, returnID int64) string {
	return fmt.Sprintf("refund:%s:%d", integration, returnID)
}

// ParseRefundWorkflowID is the inverse of RefundWorkflowID.
func ParseRefundWorkflowID(workflowID string) (integration string, returnID int64, err error) {
	parts := strings.Split(workflowID, ":")
	if len(parts) == 3 && parts[0] == "refund" && ValidIntegration(parts[1]) {
		returnID, err = strconv.ParseInt(parts[2], 10, 64)
		if err == nil && returnID > 0 && RefundWorkflowID(parts[1], returnID) == workflowID {
			return parts[1], returnID, nil
		}
	}
	return "", 0, fmt.Errorf("workflow id %q is not of the form refund:<integration>:<return id>", workflowID)
}

// TallyWorkflowID is the workflow id of a tally: tally:<integration>:<scope>. The
// scope names nobody: see [OrderTally], [CustomerTally] and [ShopTally].
func TallyWorkflowID(integration, scope string) string {
	return fmt.Sprintf("tally:%s:%s", integration, scope)
}

// OrderTally is the scope of the refunds of one order.
func OrderTally(order string) string { return "order-" + refund.Digest(order) }

// CustomerTally is the scope of the refunds of a customer, which are counted
// together with those of some others: too many to say whose they are.
func CustomerTally(email string) string { return "customers-" + refund.Digest(email)[:2] }

// ShopTally is the scope of the refunds that no person has seen.
const ShopTally = "unseen"

// IntegrationWorkflowID is the workflow id of an integration:
// integration:<integration>.
func IntegrationWorkflowID(integration string) string { return "integration:" + integration }

// ParseIntegrationWorkflowID is the inverse of IntegrationWorkflowID.
func ParseIntegrationWorkflowID(workflowID string) (integration string, err error) {
	name, ok := strings.CutPrefix(workflowID, "integration:")
	if !ok || !ValidIntegration(name) {
		return "", fmt.Errorf("workflow id %q is not of the form integration:<integration>", workflowID)
	}
	return name, nil
}

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
