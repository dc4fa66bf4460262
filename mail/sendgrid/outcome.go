package sendgrid

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/sendgrid/rest"

	"waybill/delivery"
)

// judge sorts an answer.
// https://www.twilio.com/docs/sendgrid/api-reference/how-to-use-the-sendgrid-v3-api/errors
func judge(resp *rest.Response, now time.Time) delivery.Outcome {
	header := http.Header(resp.Headers)
	o := delivery.Outcome{Why: why(resp)}
	switch s := resp.StatusCode; {
	case s == http.StatusAccepted:
		o.Verdict, o.MessageID, o.Why = delivery.WasAccepted, header.Get("X-Message-Id"), ""
	case s == http.StatusTooManyRequests, s == http.StatusServiceUnavailable:
		o.Verdict, o.Wait = delivery.NotSent, wait(header, now)
	case s == http.StatusUnauthorized, s == http.StatusForbidden, s == http.StatusNotFound,
		s == http.StatusUnavailableForLegalReasons:
		o.Verdict = delivery.ConfigurationFault
	case s >= 500:
		o.Verdict = delivery.Unanswered
	case s >= 400:
		o.Verdict = delivery.Refused
	default:
		// 200 is sandbox mode, 3xx a wrong host: nothing was sent.
		o.Verdict = delivery.ConfigurationFault
	}
	return o
}

// waitLimit bounds what SendGrid may ask for.
const waitLimit = time.Hour

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
