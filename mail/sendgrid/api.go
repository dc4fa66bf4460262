package sendgrid

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"strings"
	"sync/atomic"
	"time"

	"github.com/sendgrid/rest"
	sendgridgo "github.com/sendgrid/sendgrid-go"
	sgmail "github.com/sendgrid/sendgrid-go/helpers/mail"

	"waybill/delivery"
)

// The HTTP client's limits. An activity's time-out has to lie clearly above
// PostTimeout, so that the verdict is ours and not Temporal's.
const (
	PostTimeout    = 25 * time.Second
	connectTimeout = 5 * time.Second
	answerTimeout  = 20 * time.Second
	answerLimit    = 64 << 10
)

// api calls SendGrid's API. It is safe for concurrent use: sendgrid-go's own
// client is not (it mixes up mails that are sent at the same time), so only its
// request builder and types are used here.
type api struct {
	key, baseURL string
	rest         *rest.Client
}

func newAPI(key, baseURL string) api {
	return api{key: key, baseURL: strings.TrimSuffix(baseURL, "/"), rest: &rest.Client{HTTPClient: &http.Client{
		Timeout: PostTimeout,
		Transport: limitAnswers{&http.Transport{
			Proxy:                 http.ProxyFromEnvironment,
			DialContext:           (&net.Dialer{Timeout: connectTimeout}).DialContext,
			TLSHandshakeTimeout:   connectTimeout,
			ResponseHeaderTimeout: answerTimeout,
			MaxIdleConnsPerHost:   16,
			IdleConnTimeout:       30 * time.Second,
			ForceAttemptHTTP2:     true,
		}},
		// A redirect would carry the key and the mail to somewhere else.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}}
}

// limitAnswers keeps an answer from filling the memory: the library reads it
// to its end.
type limitAnswers struct{ next http.RoundTripper }

func (l limitAnswers) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := l.next.RoundTrip(r)
	if resp != nil && resp.Body != nil {
		resp.Body = struct {
			io.Reader
			io.Closer
		}{io.LimitReader(resp.Body, answerLimit), resp.Body}
	}
	return resp, err
}

// post hands one mail over and says what became of it, and whether SendGrid
// answered at all.
func (a api) post(ctx context.Context, m *sgmail.SGMailV3) (o delivery.Outcome, answered bool) {
	// Not sgmail.GetRequestBody: it swallows the error and posts nothing.
	body, err := json.Marshal(m)
	if err != nil {
		return delivery.Outcome{Verdict: delivery.Refused, Why: "the mail cannot be encoded as JSON"}, false
	}
	var left atomic.Bool
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{WroteHeaders: func() { left.Store(true) }})
	// A new request for every mail. No Idempotency-Key header: SendGrid knows
	// none, and it makes net/http repeat a POST by itself.
	req := sendgridgo.GetRequest(a.key, "/v3/mail/send", a.baseURL)
	req.Method, req.Body = rest.Post, body
	resp, err := a.rest.SendWithContext(ctx, req)
	switch {
	case resp != nil:
		// An answer counts even if reading its body went wrong.
		return judge(resp, time.Now()), true
	case left.Load():
		return delivery.Outcome{Verdict: delivery.Unanswered, Why: "SendGrid did not answer (" + transportFault(err) + ")"}, false
	}
	return delivery.Outcome{Verdict: delivery.NotSent, Why: "SendGrid cannot be reached (" + transportFault(err) + ")"}, false
}

// ask reads from SendGrid's API.
func (a api) ask(ctx context.Context, method rest.Method, path string, body []byte, into any) error {
	req := sendgridgo.GetRequest(a.key, path, a.baseURL)
	req.Method, req.Body = method, body
	resp, err := a.rest.SendWithContext(ctx, req)
	if err != nil || resp.StatusCode != http.StatusOK || json.Unmarshal([]byte(resp.Body), into) != nil {
		return ErrNoLogs
	}
	return nil
}
