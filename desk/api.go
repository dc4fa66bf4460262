package desk

import (
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"waybill/ingress"
	"waybill/policy"
	"waybill/refund"
)

// The answers of the API; the pages have their outcomes. All of them stand in [problems].
var (
	deskClosed      = ingress.Answer{Code: http.StatusNotFound, Outcome: "closed", Hint: "set WAYBILL_LINK_KEYS to a key of at least 32 characters, for example from openssl rand -hex 32, and name people in the policy"}
	notTheirs       = ingress.Answer{Code: http.StatusForbidden, Outcome: "not this integration", Hint: "this Waybill does not serve the integration, or its policy does not name you with this token"}
	notThem         = ingress.Answer{Code: http.StatusForbidden, Outcome: "not this person", Hint: "another person may give this order: the detail of the answer says why you may not"}
	refundUnknown   = ingress.Answer{Code: http.StatusNotFound, Outcome: "unknown refund", Hint: "Waybill knows no refund of this integration and return, or it ended so long ago that Temporal no longer keeps it: check the integration and the number of the return"}
	orderUnknown    = ingress.Answer{Code: http.StatusNotFound, Outcome: "unknown order", Hint: "the last part of the path is one of " + namesOf(refund.Orders(), func(o refund.Order) string { return o.Name })}
	bodyUnreadable  = ingress.Answer{Code: http.StatusUnprocessableEntity, Outcome: "unreadable", Hint: "the body has to be one JSON object in which each field is there once"}
	bodyTooLarge    = ingress.Answer{Code: http.StatusRequestEntityTooLarge, Outcome: "too large", Hint: "a body has at most 16 KiB"}
	keyReused       = ingress.Answer{Code: http.StatusUnprocessableEntity, Outcome: "key used already", Hint: "another order was given under this Idempotency-Key, and this one was not followed: give each order a key of its own"}
	orderRefused    = ingress.Answer{Code: http.StatusConflict, Outcome: "refused", Hint: "nothing was done: the detail of the answer says why the order does not fit where the refund or the parcel stands"}
	refundOver      = ingress.Answer{Code: http.StatusConflict, Outcome: "refund over", Hint: "The refund is over: nothing can be done any more."}
	outcomeUnknown  = ingress.Answer{Code: http.StatusServiceUnavailable, Outcome: "order not answered", Hint: "Temporal did not answer in time: check what has come of it, and try again if nothing has changed."}
	refundsNotAsked = ingress.Answer{Code: http.StatusServiceUnavailable, Outcome: "no answer", Hint: "Temporal did not answer in time: ask again"}
)

// problems are all answers with which the API refuses a request. Some have another hint that
// says more.
var problems = []ingress.Answer{
	deskClosed, ingress.TokenMissing, ingress.TokenUnknown, ingress.TokenExpired, ingress.TokenReadsOnly, notTheirs, notThem, refundUnknown, parcelUnknown, batchUnknown, orderUnknown,
	orderRefused, refundOver, parcelOver, batchesBusy, noSearchKey, bodyTooLarge, unreadable, keyReused, ingress.TooMany, refundsNotAsked, outcomeUnknown,
	ingress.NotThere, ingress.WrongMethod, ingress.BrokenOff, ingress.InternalFault,
}

// namesOf are the names of orders, for an answer.
func namesOf[O any](orders []O, name func(O) string) string {
	var names []string
	for _, o := range orders {
		names = append(names, name(o))
	}
	return strings.Join(names, ", ")
}

// tokenKey is where a request keeps the hash of its token.
const tokenKey = "token"

// withToken admits callers whose token is in the policy.
func (d *Desk) withToken(c *gin.Context) {
	token := ingress.Bearer(c)
	who, refusal := ingress.WhoseToken(d.config.Everybody(), token, d.now())
	if refusal != nil {
		d.strangers.NoEntry(c, *refusal, d.now())
		return
	}
	given := policy.TokenHash(token)
	if wait := d.callers.Take(given, d.now()); wait > 0 {
		ingress.Wait(c, wait)
		ingress.Reply(c, ingress.TooMany)
		return
	}
	ingress.OlderToken(c, who, token)
	c.Set(personKey, who.Name)
	c.Set(tokenKey, given)
	c.Set(readsOnlyKey, who.TokenReadOnly)
	ingress.Proven(c)
}

// readsOnlyKey is where a request keeps whether its token only reads.
const readsOnlyKey = "reads only"

// mayOrder refuses orders under a token that only reads.
func (d *Desk) mayOrder(c *gin.Context) {
	if c.GetBool(readsOnlyKey) {
		ingress.Reply(c, ingress.TokenReadsOnly)
	}
}
