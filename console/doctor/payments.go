package doctor

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"waybill/settings"
)

// The endpoints get an OPTIONS request without a body, key or signature. HTTP defines the method as
// safe: it asks what an address can do, and does nothing. So no endpoint can take it for an order
// to pay. Only a payment shows whether an endpoint accepts our signature.
// https://www.rfc-editor.org/rfc/rfc9110#name-options
var paymentCheck = Check{
	Name: "pay-endpoints", About: "whether the endpoints that pay refunds can be reached; they are not asked to pay",
	Needs: []Need{needsSetting(settings.PayURLs, "worker")}, Look: lookAtPayments,
}

func lookAtPayments(ctx context.Context, d *Deployment) (all []Finding) {
	const why = "Approved refunds are not paid: they wait for operations."
	for _, name := range names(d.worker.Payments) {
		endpoint, setting := d.worker.Payments[name], variable(settings.PayURLs, name)
		got, err := call(ctx, http.MethodOptions, endpoint.URL, http.Header{"User-Agent": {"Waybill"}}, "")
		if err != nil {
			all = append(all, fault(fmt.Sprintf("%s: the endpoint at %s does not answer: %v", name, endpoint.Address(), err), why, "Check "+setting+", and that the endpoint runs and has a valid certificate."))
			continue
		}
		switch code := got.status; {
		case code >= 300 && code < 400:
			all = append(all, warning(fmt.Sprintf("%s: the endpoint redirects (%d)", name, code), "Waybill follows no redirect: it would carry the order to another address. "+why, "Set "+setting+" to the address that the endpoint redirects to."))
		case code == http.StatusNotFound, code == http.StatusGone:
			all = append(all, warning(fmt.Sprintf("%s: there may be nothing at %s: it answers %d", name, endpoint.Address(), code), why, "Check the path in "+setting+". An endpoint that answers 404 to OPTIONS and takes POST is right."))
		case code >= 500:
			all = append(all, warning(fmt.Sprintf("%s: the endpoint answers %d", name, code), why, "Look at the log of the endpoint, or of the proxy in front of it."))
		case got.expiring(d.Now()):
			all = append(all, warning(fmt.Sprintf("%s: the certificate of %s ends on %s", name, endpoint.Address(), got.certificateEnds.Format(time.DateOnly)), why, "Renew the certificate."))
		default:
			all = append(all, ok("%s: %s answers", name, endpoint.Address()))
		}
	}
	return all
}
