package doctor

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"waybill/httpclient"
)

var publicURLCheck = Check{Name: "public-url", About: "whether the ingress answers at its public address, and how long its certificate is valid", Needs: []Need{needsPublicURL}, Look: lookAtPublicURL}

const (
	callTimeout = 8 * time.Second
	answerLimit = 64 << 10
	// certificateSoon is when a certificate that is renewed automatically is overdue.
	certificateSoon = 14 * 24 * time.Hour
)

var web = httpclient.New(callTimeout, answerLimit)

// answer is the answer of a web server.
type answer struct {
	status int
	body   string
	// certificateEnds is zero without TLS.
	certificateEnds time.Time
}

// call asks an address. The error says why there is no answer, without quoting the address.
func call(ctx context.Context, method, address string, header http.Header, body string) (answer, error) {
	r, err := http.NewRequestWithContext(ctx, method, address, strings.NewReader(body))
	if err != nil {
		return answer{}, errors.New("the address is not valid")
	}
	r.Header = header
	resp, err := web.Do(r)
	if err != nil {
		return answer{}, errors.New(httpclient.Fault(err))
	}
	defer resp.Body.Close()
	said, err := io.ReadAll(resp.Body)
	if err != nil {
		return answer{}, errors.New(httpclient.Fault(err))
	}
	got := answer{status: resp.StatusCode, body: string(said)}
	if resp.TLS != nil && len(resp.TLS.PeerCertificates) > 0 {
		got.certificateEnds = resp.TLS.PeerCertificates[0].NotAfter
	}
	return got, nil
}

// expiring reports whether the server's certificate ends soon.
func (a answer) expiring(now time.Time) bool {
	return !a.certificateEnds.IsZero() && a.certificateEnds.Sub(now) < certificateSoon
}

// reach asks the ingress at its public address whether it is alive.
func (d *Deployment) reach(ctx context.Context) (answer, error) {
	return d.reached.ask(func() (answer, error) {
		got, err := call(ctx, http.MethodGet, d.public+"/healthz", http.Header{}, "")
		if err == nil && (got.status != http.StatusOK || !strings.Contains(got.body, `"alive"`)) {
			err = fmt.Errorf("GET /healthz answers %d, and not as the ingress does", got.status)
		}
		return got, err
	})
}

func lookAtPublicURL(ctx context.Context, d *Deployment) (all []Finding) {
	const why = "Sendcloud cannot deliver webhooks, and mailed links do not open."
	alive, err := d.reach(ctx)
	if err != nil {
		return []Finding{fault(fmt.Sprintf("the ingress does not answer at %s: %v", d.public, err), why,
			"Check WAYBILL_PUBLIC_URL, DNS, the TLS proxy, and that waybill ingress runs. On this machine, this command has to print \"alive\":\n  curl "+d.public+"/healthz")}
	}
	ready, err := call(ctx, http.MethodGet, d.public+"/readyz", http.Header{}, "")
	if err != nil || ready.status != http.StatusOK {
		all = append(all, fault("the ingress is alive but not ready", "It cannot reach Temporal: webhooks are answered 503.", "Check the TEMPORAL_* settings of the ingress, and its log."))
	}
	if alive.expiring(d.Now()) {
		all = append(all, warning("the certificate of "+d.public+" ends on "+alive.certificateEnds.Format(time.DateOnly), why, "Renew the certificate at the TLS proxy."))
	}
	if len(all) == 0 {
		all = append(all, ok("the ingress answers at %s, and is ready", d.public))
	}
	return all
}
