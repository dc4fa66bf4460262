package mail

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/sendgrid/rest"
	sendgrid "github.com/sendgrid/sendgrid-go"
	sgmail "github.com/sendgrid/sendgrid-go/helpers/mail"
)

// Verdict is what became of one post to SendGrid.
type Verdict string

// The verdicts. Whoever posts decides by them alone what to do next.
const (
	// Accepted: SendGrid has it. Whether it arrives is told later.
	Accepted Verdict = "accepted"
	// NotSent: SendGrid has nothing of it. Post again, after Wait if it is set.
	NotSent Verdict = "not sent"
	// Setup: the key, the sender or the account is at fault and the mail is
	// sound. Post again when that is mended.
	Setup Verdict = "set-up"
	// Refused: this mail will never be taken as it is.
	Refused Verdict = "refused"
	// Unanswered: SendGrid may have it or not. Posting again may send it twice.
	Unanswered Verdict = "unanswered"
)

// Outcome is a verdict with its evidence. It holds no personal data.
type Outcome struct {
	Verdict   Verdict
	Status    int    // HTTP status, 0 if no answer came
	MessageID string // SendGrid's X-Message-Id, if accepted
	Why       string // for people, if not accepted
	Wait      time.Duration
}

// The HTTP client's limits. An activity's time-out has to lie clearly above
// PostTimeout, so that the verdict is ours and not Temporal's.
const (
	PostTimeout    = 25 * time.Second
	connectTimeout = 5 * time.Second
	answerTimeout  = 20 * time.Second
	answerLimit    = 64 << 10
	waitLimit      = time.Hour
)

// Client posts mails to SendGrid. It is safe for concurrent use: sendgrid-go's
// own client is not (it mixes up mails that are sent at the same time), so only
// its request builder and types are used here.
type Client struct {
	key, baseURL string
	rest         *rest.Client
}

// NewClient returns a client for the service at baseURL, which has the form
// https://api.sendgrid.com without a path.
func NewClient(key, baseURL string) *Client {
	return &Client{key: key, baseURL: strings.TrimSuffix(baseURL, "/"), rest: &rest.Client{HTTPClient: &http.Client{
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

// Send posts one mail and says what became of it.
func (c *Client) Send(ctx context.Context, m *sgmail.SGMailV3) Outcome {
	// Not sgmail.GetRequestBody: it swallows the error and posts nothing.
	body, err := json.Marshal(m)
	if err != nil {
		return Outcome{Verdict: Refused, Why: "the mail cannot be encoded as JSON"}
	}
	var left atomic.Bool
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{WroteHeaders: func() { left.Store(true) }})
	// A new request for every mail. No Idempotency-Key header: SendGrid knows
	// none, and it makes net/http repeat a POST by itself.
	req := sendgrid.GetRequest(c.key, "/v3/mail/send", c.baseURL)
	req.Method, req.Body = rest.Post, body
	resp, err := c.rest.SendWithContext(ctx, req)
	switch {
	case resp != nil:
		// An answer counts even if reading its body went wrong.
		return judge(resp, time.Now())
	case left.Load():
		return Outcome{Verdict: Unanswered, Why: "SendGrid did not answer (" + transportFault(err) + ")"}
	}
	return Outcome{Verdict: NotSent, Why: "SendGrid cannot be reached (" + transportFault(err) + ")"}
}

// judge sorts an answer.
// https://www.twilio.com/docs/sendgrid/api-reference/how-to-use-the-sendgrid-v3-api/errors
func judge(resp *rest.Response, now time.Time) Outcome {
	header := http.Header(resp.Headers)
	o := Outcome{Status: resp.StatusCode, Why: why(resp)}
	switch s := resp.StatusCode; {
	case s == http.StatusAccepted:
		o.Verdict, o.MessageID, o.Why = Accepted, header.Get("X-Message-Id"), ""
	case s == http.StatusTooManyRequests, s == http.StatusServiceUnavailable:
		o.Verdict, o.Wait = NotSent, wait(header, now)
	case s == http.StatusUnauthorized, s == http.StatusForbidden, s == http.StatusNotFound,
		s == http.StatusUnavailableForLegalReasons:
		o.Verdict = Setup
	case s >= 500:
		o.Verdict = Unanswered
	case s >= 400:
		o.Verdict = Refused
	default:
		// 200 is sandbox mode, 3xx a wrong host: nothing was sent.
		o.Verdict = Setup
	}
	return o
}

// wait is how long a busy SendGrid asks us to stay away, within reason.
func wait(header http.Header, now time.Time) time.Duration {
	var asked time.Duration
	if reset, err := strconv.ParseInt(header.Get("X-RateLimit-Reset"), 10, 64); err == nil {
		asked = time.Unix(reset, 0).Sub(now)
	} else if seconds, err := strconv.Atoi(header.Get("Retry-After")); err == nil {
		asked = time.Duration(seconds) * time.Second
	}
	return min(max(asked, 0), waitLimit)
}

// address finds mail addresses, which error messages like to quote.
var address = regexp.MustCompile(`[^\s<>"',;:()]+@[^\s<>"',;:()]+`)

// why is SendGrid's own explanation, without addresses and of bounded length.
func why(resp *rest.Response) string {
	said := fmt.Sprintf("SendGrid answered %d %s", resp.StatusCode, http.StatusText(resp.StatusCode))
	var answer struct {
		Errors []struct {
			Message string `json:"message"`
			Field   any    `json:"field"`
		} `json:"errors"`
	}
	if json.Unmarshal([]byte(resp.Body), &answer) != nil {
		return said
	}
	for _, e := range answer.Errors {
		said += ": " + address.ReplaceAllString(e.Message, "[address]")
		if field, ok := e.Field.(string); ok && field != "" && field != "null" {
			said += " (" + field + ")"
		}
	}
	if len(said) > 300 {
		said = strings.ToValidUTF8(said[:300], "") + "..."
	}
	return said
}

// transportFault says what kind of fault it was. The error's own text is left
// out: it can quote what was sent.
func transportFault(err error) string {
	var timeout net.Error
	var dns *net.DNSError
	switch {
	case errors.As(err, &dns):
		return "name not found"
	case errors.As(err, &timeout) && timeout.Timeout():
		return "time-out"
	case strings.Contains(err.Error(), "refused"):
		return "connection refused"
	case strings.Contains(err.Error(), "tls:"), strings.Contains(err.Error(), "x509:"):
		return "TLS failed"
	}
	return "connection broke"
}
