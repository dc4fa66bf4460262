package sendcloud

import (
	"cmp"
	"errors"
	"net/http"
	"strings"

	"waybill/httpclient"
)

// maxMessage is how many bytes of an error's text are kept.
const maxMessage = 200

// errorFrom sorts an answer that is not 2xx.
func errorFrom(status int, header http.Header, body []byte) *APIError {
	code, message := complaint(body)
	return &APIError{
		Kind: kindOf(status), Status: status, Code: code, Message: message,
		Wait: httpclient.RetryAfter(header),
	}
}

// errShape is for an answer of another shape than expected. An empty result in its
// place would lose what the answer holds.
func errShape(lacks string) error {
	return &APIError{Kind: Unavailable, Cause: errors.New("the answer lacks " + lacks)}
}

func kindOf(status int) ErrorKind {
	switch {
	case status == http.StatusTooManyRequests:
		return Limited
	case status == http.StatusUnauthorized, status == http.StatusForbidden, status == http.StatusPaymentRequired,
		status == http.StatusPreconditionFailed: // the account is not fully configured
		return Setup
	case status == http.StatusNotFound, status == http.StatusGone:
		return NotFound
	case status >= 500, status == http.StatusRequestTimeout, status < 400:
		// The API never redirects: the answer is a proxy's.
		return Unavailable
	}
	return Invalid
}

// complaint reads the code and the words of an error, which has one of four shapes, or
// none of them if it is a proxy's:
//
//	{"error": {"code": 401, "request": "...", "message": "..."}}           v2
//	{"errors": [{"status": "409", "code": "invalid", "detail": "..."}]}    v3
//	{"errors": [{"field": "returns", "code": 409, "message": "..."}]}      v3 returns
//	{"detail": "..."}                                                      v3 in places
//
// A business answer, {"status": "failed", "message": "..."}, reads the same.
func complaint(body []byte) (code, message string) {
	type one struct {
		Code    text `json:"code"`
		Message text `json:"message"`
		Detail  text `json:"detail"`
	}
	said := decode[struct {
		one
		Status text        `json:"status"`
		Error  object[one] `json:"error"`
		Errors rows[one]   `json:"errors"`
	}](body)
	for _, o := range append([]one{said.Error.v, said.one}, said.Errors...) {
		code, message = cmp.Or(code, string(o.Code)), cmp.Or(message, string(o.Message+o.Detail))
	}
	return clean(cmp.Or(code, string(said.Status))), clean(message)
}

// clean makes a text from outside fit for a log line.
func clean(s string) string {
	return cut(strings.Join(strings.Fields(strings.ToValidUTF8(s, "")), " "), maxMessage)
}
