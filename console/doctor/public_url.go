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
	// certificateSoon is when certificates that are renewed by themselves are overdue.
	certificateSoon = 14 * 24 * time.Hour
)

var web = httpclient.New(callTimeout, answerLimit)

// call asks an address. It says of no answer why, without quoting the address.
func call(ctx context.Context, method, address string, header http.Header, body string) (*http.Response, string, error) {
	r, err := http.NewRequestWithContext(ctx, method, address, strings.NewReader(body))
	if err != nil {
		return nil, "", errors.New("the address is not valid")
	}
	r.Header = header
	resp, err := web.Do(r)
	if err != nil {
		return nil, "", errors.New(httpclient.Fault(err))
	}
	defer resp.Body.Close()
	said, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, "", errors.New(httpclient.Fault(err))
	}
	return resp, string(said), nil
}

// reach asks the ingress at its public address whether it is alive.
func (d *Deployment) reach(ctx context.Context) error {
	_, err := d.reached.ask(func() (*http.Response, error) {
		resp, said, err := call(ctx, http.MethodGet, d.public+"/healthz", http.Header{}, "")
		switch {
		case err != nil:
			return nil, err
		case resp.StatusCode != http.StatusOK || !strings.Contains(said, `"alive"`):
			return nil, fmt.Errorf("GET /healthz answers %d, and not as the ingress does", resp.StatusCode)
		}
		return resp, nil
	})
	return err
}

func lookAtPublicURL(ctx context.Context, d *Deployment) (all []Finding) {
	const why = "Sendcloud cannot bring webhooks, and mailed links do not open."
	if err := d.reach(ctx); err != nil {
		return []Finding{fault(fmt.Sprintf("the ingress does not answer at %s: %v", d.public, err), why,
			"Check WAYBILL_PUBLIC_URL, DNS, the TLS proxy, and that waybill ingress runs. From this machine, this has to answer \"alive\":\n  curl "+d.public+"/healthz")}
	}
	resp, _, err := call(ctx, http.MethodGet, d.public+"/readyz", http.Header{}, "")
	if err != nil || resp.StatusCode != http.StatusOK {
		all = append(all, fault("the ingress is alive and not ready", "It cannot reach Temporal: webhooks are answered 503.", "Check the TEMPORAL_* settings of the ingress, and its log."))
	}
	if ends := certificateEnds(d.reached.answer); !ends.IsZero() && ends.Sub(d.Now()) < certificateSoon {
		all = append(all, warning("the certificate of "+d.public+" ends on "+ends.Format(time.DateOnly), why, "Renew the certificate at the TLS proxy."))
	}
	if len(all) == 0 {
		all = append(all, ok("the ingress answers at %s, and is ready", d.public))
	}
	return all
}

// certificateEnds is when the server's certificate ends; zero without one.
func certificateEnds(resp *http.Response) time.Time {
	if resp.TLS == nil || len(resp.TLS.PeerCertificates) == 0 {
		return time.Time{}
	}
	return resp.TLS.PeerCertificates[0].NotAfter
}
