package doctor

import (
	"context"
	"errors"
	"fmt"

	"go.temporal.io/api/serviceerror"
)

var namespaceCheck = Check{Name: "namespace", About: "whether the namespace exists", Needs: []Need{needsTemporal}, Look: lookAtNamespace}

func lookAtNamespace(ctx context.Context, d *Deployment) []Finding {
	_, name := d.where()
	_, err := d.describeNamespace(ctx)
	var missing *serviceerror.NamespaceNotFound
	switch {
	case errors.As(err, &missing):
		return []Finding{fault(fmt.Sprintf("there is no namespace %s", name), "Nothing can be recorded in it.", "Correct TEMPORAL_NAMESPACE, or create the namespace:\n  waybill setup")}
	case err != nil:
		return []Finding{fault(fmt.Sprintf("the namespace %s cannot be read: %v", name, err), "Ingress and workers need to use it.", "Allow the key in TEMPORAL_API_KEY to use the namespace.")}
	}
	return []Finding{ok("%s exists", name)}
}
