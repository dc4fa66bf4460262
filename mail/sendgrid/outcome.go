package sendgrid

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/sendgrid/rest"

	"waybill/delivery"
	"waybill/httpclient"
)

// judge turns an answer into an outcome.
// https://www.twilio.com/docs/sendgrid/api-reference/how-to-use-the-sendgrid-v3-api/errors
func judge(resp *rest.Response, now time.Time) delivery.Outcome {
	header := http.Header(resp.Headers)
	o := delivery.Outcome{Why: why(resp)}
	switch s := resp.StatusCode; {
	case s == http.StatusAccepted:
		o.Verdict, o.MessageID, o.Why = delivery.WasAccepted, header.Get("X-Message-Id"), ""
	case s == http.StatusTooManyRequests:
		o.Verdict, o.Reason, o.Wait = delivery.NotSent, delivery.TooManyRequests, wait(header, now)
	case s == http.StatusServiceUnavailable:
		o.Verdict, o.Reason, o.Wait = delivery.NotSent, delivery.Unavailable, wait(header, now)
	case s == http.StatusUnauthorized, s == http.StatusForbidden:
		o.Verdict, o.Reason = delivery.ConfigurationFault, delivery.KeyRefused
	case s == http.StatusNotFound, s == http.StatusUnavailableForLegalReasons:
		o.Verdict, o.Reason = delivery.ConfigurationFault, delivery.WrongEndpoint
	case s >= 500:
		o.Verdict, o.Reason = delivery.Unanswered, delivery.ServerFault
	case s >= 400:
		o.Verdict, o.Reason = delivery.Refused, delivery.Rejected
	default:
		// 200 is sandbox mode, 3xx a wrong host: nothing was sent.
		o.Verdict, o.Reason = delivery.ConfigurationFault, delivery.WrongEndpoint
	}
	return o
}

// wait is how long a busy SendGrid asks us to wait, an hour at most.
func wait(header http.Header, now time.Time) time.Duration {
	reset, err := strconv.ParseInt(header.Get("X-RateLimit-Reset"), 10, 64)
	if err != nil {
		return httpclient.RetryAfter(header)
	}
	return min(max(time.Unix(reset, 0).Sub(now), 0), time.Hour)
}

// address matches mail addresses, which error messages can quote.
var address = regexp.MustCompile(`[^\s<>"',;:()]+@[^\s<>"',;:()]+`)

// why is SendGrid's own explanation, without addresses and cut short.
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
