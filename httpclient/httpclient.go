// Package httpclient is what all our calls to other servers share: no redirect is
// followed, an answer is bounded, and a fault has a name that quotes nothing of what was
// sent.
package httpclient

import (
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
)

// connectTimeout is for connecting, and again for the TLS handshake.
const connectTimeout = 5 * time.Second

// New makes a client. Its answers are cut off after so many bytes. It returns a redirect
// as the answer: following it would carry keys and bodies to another host.
func New(timeout time.Duration, answerLimit int64) *http.Client {
	return &http.Client{
		Timeout: timeout,
		Transport: limitAnswers{&http.Transport{
			Proxy:               http.ProxyFromEnvironment,
			DialContext:         (&net.Dialer{Timeout: connectTimeout}).DialContext,
			TLSHandshakeTimeout: connectTimeout,
			MaxIdleConnsPerHost: 16,
			IdleConnTimeout:     30 * time.Second,
			ForceAttemptHTTP2:   true,
		}, answerLimit},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// limitAnswers keeps an answer from filling the memory: some libraries read it to its
// end.
type limitAnswers struct {
	*http.Transport
	limit int64
}

func (l limitAnswers) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := l.traced(r)
	if resp != nil {
		resp.Body = struct {
			io.Reader
			io.Closer
		}{io.LimitReader(resp.Body, l.limit), resp.Body}
	}
	return resp, err
}

// traced makes a span of a call, from its beginning to the answer's headers. otelhttp would note
// the whole address, which may hold a secret or a person's address.
func (l limitAnswers) traced(r *http.Request) (*http.Response, error) {
	ctx, span := otel.Tracer("waybill").Start(r.Context(), r.Method+" "+r.URL.Hostname(), trace.WithSpanKind(trace.SpanKindClient),
		trace.WithAttributes(attribute.String("http.request.method", r.Method), attribute.String("server.address", r.URL.Hostname())))
	defer span.End()
	resp, err := l.Transport.RoundTrip(r.WithContext(ctx))
	if err != nil {
		span.SetStatus(codes.Error, Fault(err))
		return resp, err
	}
	span.SetAttributes(attribute.Int("http.response.status_code", resp.StatusCode))
	if resp.StatusCode >= http.StatusBadRequest {
		span.SetStatus(codes.Error, "")
	}
	return resp, nil
}

// Fault says in a few words why a call got no answer. The error's own text is left out:
// it can quote the address and what was sent.
func Fault(err error) string {
	var asked *url.Error
	if errors.As(err, &asked) {
		err = asked.Err // the address must not be searched for a reason
	}
	var timeout net.Error
	var dns *net.DNSError
	switch {
	case errors.As(err, &dns):
		return "name not found"
	case errors.As(err, &timeout) && timeout.Timeout():
		return "time-out"
	case strings.Contains(err.Error(), "tls:"), strings.Contains(err.Error(), "x509:"):
		return "TLS failed"
	case strings.Contains(err.Error(), "refused"):
		return "connection refused"
	}
	return "connection broke"
}

// longestWait is the longest time that an answer can make us wait.
const longestWait = time.Hour

// RetryAfter is how long an answer asks us to wait, an hour at most; 0 if it does not
// say so in seconds. https://www.rfc-editor.org/rfc/rfc9110#field.retry-after
func RetryAfter(header http.Header) time.Duration {
	seconds, err := strconv.Atoi(header.Get("Retry-After"))
	if err != nil {
		return 0
	}
	// Bounded first: a number of seconds can be more than a Duration holds.
	return time.Duration(min(max(seconds, 0), int(longestWait/time.Second))) * time.Second
}
