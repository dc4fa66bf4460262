package payment

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"unicode"

	"waybill/httpclient"
	"waybill/refund"
)

// judge says what an answer means. Every answer's meaning is decided here. What is not
// clearly a yes or a no is doubt.
func judge(resp *http.Response, said []byte, key string) (refund.Payment, error) {
	code := resp.StatusCode
	answered := fmt.Sprintf("the shop's endpoint answered %d %s", code, http.StatusText(code))
	doubt := func(why string) (refund.Payment, error) {
		return refund.Payment{Outcome: refund.Doubt, Why: answered + ", " + why}, nil
	}
	switch {
	case code/100 == 2, code == http.StatusConflict:
		told, outcome := read(said), refund.PaidNow
		if code == http.StatusConflict {
			outcome = refund.PaidBefore
		}
		if lacks := told.lacks(outcome, key); lacks != "" {
			return doubt("but its body " + lacks + `: this does not say that the refund is paid. Check WAYBILL_PAY_URL_<INTEGRATION>, and see "What your endpoint does" in docs/paying.md`)
		}
		return refund.Payment{Outcome: outcome, Reference: told.reference()}, nil
	case code == http.StatusUnprocessableEntity:
		return doubt("which says that it has paid this key before, with another amount")
	case code == http.StatusRequestTimeout, code == http.StatusTooEarly, code == http.StatusTooManyRequests, code >= 500, code/100 == 1:
		return refund.Payment{}, &Unanswered{Why: answered, Wait: httpclient.RetryAfter(resp.Header)}
	case code/100 == 4, code == http.StatusMovedPermanently, code == http.StatusTemporaryRedirect, code == http.StatusPermanentRedirect:
		return refund.Payment{Outcome: refund.Refused, Why: answered}, nil
	}
	return doubt("with which web pages also answer after their work")
}

// answer is the body of an answer. Each member can be of any kind.
type answer struct {
	isObject  bool
	Paid      any `json:"paid"`
	Key       any `json:"key"`
	Reference any `json:"reference"`
}

func read(said []byte) (told answer) {
	err := json.Unmarshal(said, &told)
	told.isObject = err == nil
	return told
}

// lacks says what of the proof that the key is paid is missing; empty if nothing is. That
// it was paid before is what 409 says, unless the body says anything else.
func (a answer) lacks(outcome refund.Outcome, key string) string {
	switch {
	case !a.isObject:
		return "is not a JSON object"
	case outcome == refund.PaidNow && a.Paid != true:
		return `lacks "paid": true`
	case outcome == refund.PaidBefore && a.Paid != nil && a.Paid != true:
		return `does not say "paid": true`
	case a.Key != key:
		return `lacks the "key" of the request`
	}
	return ""
}

// referenceLimit is how many characters of the endpoint's reference are kept.
const referenceLimit = 100

// reference is the endpoint's reference of the payment, if it gives one.
func (a answer) reference() string {
	text, _ := a.Reference.(string) // another kind is no reference
	clean := strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}, text)
	if runes := []rune(clean); len(runes) > referenceLimit {
		clean = string(runes[:referenceLimit])
	}
	return clean
}
