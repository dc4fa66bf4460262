package sendgrid

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptrace"
	"strings"
	"sync/atomic"
	"time"

	"github.com/sendgrid/rest"
	sendgridgo "github.com/sendgrid/sendgrid-go"
	sgmail "github.com/sendgrid/sendgrid-go/helpers/mail"

	"waybill/delivery"
	"waybill/httpclient"
)

// The limits of a call. An activity's time-out has to lie clearly above PostTimeout,
// so that the verdict is ours and not Temporal's.
const (
	PostTimeout = 25 * time.Second
	answerLimit = 64 << 10
)

// api calls SendGrid's API. It is safe for concurrent use. sendgrid-go's own client is
// not: it mixes up mails that are sent at the same time. So only the library's request
// builder and types are used here.
type api struct {
	key, baseURL string
	rest         *rest.Client
}

func newAPI(key, baseURL string) api {
	return api{
		key: key, baseURL: strings.TrimSuffix(baseURL, "/"),
		rest: &rest.Client{HTTPClient: httpclient.New(PostTimeout, answerLimit)},
	}
}

// post sends one mail and returns the outcome, and whether SendGrid answered at all.
func (a api) post(ctx context.Context, m *sgmail.SGMailV3) (o delivery.Outcome, answered bool) {
	// Not sgmail.GetRequestBody: it swallows the error and posts nothing.
	body, err := json.Marshal(m)
	if err != nil {
		return delivery.Outcome{Verdict: delivery.Refused, Why: "the mail cannot be encoded as JSON", Reason: delivery.Unwritable}, false
	}
	var left atomic.Bool
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{WroteHeaders: func() { left.Store(true) }})
	// No Idempotency-Key header: SendGrid ignores it, and net/http would repeat the POST
	// by itself.
	req := sendgridgo.GetRequest(a.key, "/v3/mail/send", a.baseURL)
	req.Method, req.Body = rest.Post, body
	resp, err := a.rest.SendWithContext(ctx, req)
	if resp != nil {
		// An answer counts even if its body could not be read.
		return judge(resp, time.Now()), true
	}
	o = delivery.Outcome{Verdict: delivery.NotSent, Why: "SendGrid cannot be reached", Reason: delivery.Unreachable}
	if left.Load() {
		o = delivery.Outcome{Verdict: delivery.Unanswered, Why: "SendGrid did not answer", Reason: delivery.NoAnswer}
	}
	o.Why += " (" + httpclient.Fault(err) + ")"
	return o, false
}

// Refusal is an answer that is not what was asked for.
type Refusal struct {
	Status int
	// Why is SendGrid's own explanation, without addresses.
	Why string
}

func (r *Refusal) Error() string { return r.Why }

// ask reads from SendGrid's API, into nothing if into is nil. An answer other than 200 is a
// [*Refusal].
func (a api) ask(ctx context.Context, method rest.Method, path string, body []byte, into any) error {
	req := sendgridgo.GetRequest(a.key, path, a.baseURL)
	req.Method, req.Body = method, body
	resp, err := a.rest.SendWithContext(ctx, req)
	switch {
	case err != nil:
		return fmt.Errorf("SendGrid cannot be reached (%s)", httpclient.Fault(err))
	case resp.StatusCode != http.StatusOK:
		return &Refusal{resp.StatusCode, why(resp)}
	case into != nil && json.Unmarshal([]byte(resp.Body), into) != nil:
		return errors.New("SendGrid's answer cannot be read")
	}
	return nil
}
