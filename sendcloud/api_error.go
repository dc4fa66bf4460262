package sendcloud

import (
	"cmp"
	"errors"
	"net/http"
	"strings"

	"waybill/httpclient"
)

// maxMessage is the most that is kept of an error's text, in bytes.
const maxMessage = 200

// errorFrom sorts an answer that is not 2xx.
func errorFrom(status int, header http.Header, body []byte) *APIError {
	code, message := complaint(body)
	return &APIError{
		Kind: kindOf(status), Status: status, Code: code, Message: message,
		Wait: httpclient.RetryAfter(header),
	}
}

// errShape is why an answer cannot be used that is JSON and not what it should
// be. To take it for an empty list would be to lose what it holds.
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
		// A redirect is none of the API's answers; something stands before it.
		return Unavailable
	}
	return Invalid
}

// complaint reads the code and the words of an error. They come in four shapes,
// and from proxies in none:
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
	all := append([]one{said.Error.v, said.one}, said.Errors...)
	for _, o := range all {
		code, message = cmp.Or(code, string(o.Code)), cmp.Or(message, string(o.Message+o.Detail))
	}
	return clean(cmp.Or(code, string(said.Status))), clean(message)
}

// clean makes a foreign text fit for a log line.
func clean(s string) string {
	return cut(strings.Join(strings.Fields(strings.ToValidUTF8(s, "")), " "), maxMessage)
}
