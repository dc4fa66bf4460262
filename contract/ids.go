package contract

import (
	"fmt"
	"regexp"
	"strings"
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

// VariableFor is the end of the names of settings about an integration: MY_SHOP for
// my-shop.
func VariableFor(integration string) string {
	return strings.ToUpper(strings.ReplaceAll(integration, "-", "_"))
}

// CheckVariable says why an integration's name that stands at the end of a setting's
// name is wrong.
func CheckVariable(prefix, integration string) error {
	if !ValidIntegration(integration) {
		return fmt.Errorf("%s%s: %q cannot be an integration's name: use letters, digits and single underscores between them",
			prefix, VariableFor(integration), integration)
	}
	return nil
}

// IntegrationWorkflowID is integration:<integration>.
func IntegrationWorkflowID(integration string) string { return "integration:" + integration }

// ReconcileScheduleID is reconcile:<integration>, the id of a Temporal Schedule. Its
// runs have the same id with a time behind it.
func ReconcileScheduleID(integration string) string { return "reconcile:" + integration }

// ParseReconcileScheduleID is the inverse of ReconcileScheduleID.
func ParseReconcileScheduleID(scheduleID string) (integration string, err error) {
	name, ok := strings.CutPrefix(scheduleID, "reconcile:")
	if !ok || !ValidIntegration(name) {
		return "", fmt.Errorf("schedule id %q is not of the form reconcile:<integration>", scheduleID)
	}
	return name, nil
}
