package desk

import (
	"bytes"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"waybill/ingress"
	"waybill/policy"
	"waybill/refund"
)

// The answers of the API; the pages have their outcomes.
var (
	deskClosed      = ingress.Answer{Code: http.StatusNotFound, Outcome: "closed", Hint: "set WAYBILL_LINK_KEYS to a key of at least 32 characters, for example from openssl rand -hex 32, and name people in the policy"}
	tokenMissing    = ingress.Answer{Code: http.StatusUnauthorized, Outcome: "no token", Hint: "send the header Authorization: Bearer <token>"}
	tokenUnknown    = ingress.Answer{Code: http.StatusUnauthorized, Outcome: "unknown token", Hint: "no person in the policy has this token: make one with waybill token <person>, and put what it prints into the policy"}
	tokenExpired    = ingress.Answer{Code: http.StatusUnauthorized, Outcome: "token expired", Hint: "make a new one with waybill token <person>, and put what it prints into the policy"}
	notTheirs       = ingress.Answer{Code: http.StatusForbidden, Outcome: "not this integration", Hint: "this Waybill does not serve the integration, or its policy does not name you with this token"}
	refundUnknown   = ingress.Answer{Code: http.StatusNotFound, Outcome: "unknown refund", Hint: "Waybill knows no refund of this integration and return, or it ended so long ago that Temporal no longer keeps it: check the integration and the number of the return"}
	orderUnknown    = ingress.Answer{Code: http.StatusNotFound, Outcome: "unknown order", Hint: "the last part of the path is one of " + namesOf(refund.Orders(), func(o refund.Order) string { return o.Name })}
	bodyUnreadable  = ingress.Answer{Code: http.StatusUnprocessableEntity, Outcome: "unreadable", Hint: "the body has to be one JSON object, whose values are texts"}
	bodyTooLarge    = ingress.Answer{Code: http.StatusRequestEntityTooLarge, Outcome: "too large", Hint: "a body has at most 16 KiB"}
	refundOver      = ingress.Answer{Code: http.StatusConflict, Outcome: "refund over", Hint: "The refund is over: nothing can be done any more."}
	outcomeUnknown  = ingress.Answer{Code: http.StatusServiceUnavailable, Outcome: "no answer", Hint: "Temporal did not answer in time: check what has come of it, and try again if nothing has changed."}
	refundsNotAsked = ingress.Answer{Code: http.StatusServiceUnavailable, Outcome: "no answer", Hint: "Temporal did not answer in time: ask again"}
)

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
	scheme, token, _ := strings.Cut(c.GetHeader("Authorization"), " ")
	if token = strings.TrimSpace(token); !strings.EqualFold(scheme, "Bearer") || token == "" {
		d.noEntry(c, tokenMissing)
		return
	}
	who, err := policy.ByToken(d.config.Everybody(), token, d.now())
	if err != nil {
		answer := tokenUnknown
		if errors.Is(err, policy.ErrTokenExpired) {
			answer = tokenExpired
		}
		d.noEntry(c, answer)
		return
	}
	given := policy.TokenHash(token)
	if wait := d.callers.take(given, d.now()); wait > 0 {
		retryAfter(c, wait)
		ingress.Reply(c, tooMany)
		return
	}
	c.Set(personKey, who.Name)
	c.Set(tokenKey, given)
	ingress.Proven(c)
}

// noEntry refuses a caller, and limits how often one address is refused.
func (d *Desk) noEntry(c *gin.Context, a ingress.Answer) {
	if wait := d.strangers.take(ingress.Caller(c), d.now()); wait > 0 {
		retryAfter(c, wait)
		ingress.Reply(c, tooMany)
		return
	}
	c.Header("WWW-Authenticate", `Bearer realm="waybill"`)
	ingress.Reply(c, a)
}

// apiList lists refunds.
func (d *Desk) apiList(c *gin.Context) {
	mine, q := d.mine(c), c.Request.URL.Query()
	if name := q.Get("integration"); name != "" && !slices.Contains(mine, name) {
		ingress.Reply(c, notTheirs)
		return
	}
	s, faults := readSearch(q, mine)
	if len(faults) > 0 {
		replyFaults(c, faults)
		return
	}
	all, err := d.list(c.Request.Context(), s, mine)
	if err != nil {
		ingress.Note(c, "fault", err.Error())
		ingress.Reply(c, refundsNotAsked)
		return
	}
	answerJSON(c, "listed", gin.H{"refunds": all.rows, "page": s.Page, "more": all.more})
}

// apiView is one refund as its workflow describes it, without Used, and what the
// caller may do with it.
type apiView struct {
	refund.Refund
	Deadline time.Time `json:"legalDeadline,omitzero"`
	// ReceiptFault says what is wrong with the decision log; empty if it is whole.
	ReceiptFault string `json:"receiptFault,omitempty"`
	// Summary is where it stands in words.
	Summary refund.Summary `json:"summary"`
	// May are the orders that the caller may give now, MayNot says why not the
	// others that make sense.
	May    []string          `json:"may"`
	MayNot map[string]string `json:"mayNot,omitempty"`
}

// apiRefund shows a refund.
func (d *Desk) apiRefund(c *gin.Context) {
	at, ok := d.approach(c, refund.ViaAPI, ingress.Reply)
	if !ok {
		return
	}
	r := &at.known
	v := apiView{Refund: *r, Summary: standingOf(r, at.policy, at.now).Summary, May: []string{}, MayNot: map[string]string{}}
	v.Used = nil
	v.Deadline, _ = r.LegalDeadline()
	if err := refund.CheckReceipt(r.Receipt); err != nil {
		v.ReceiptFault = err.Error()
	}
	for _, o := range refund.Orders() {
		if !r.Offers(o) {
			continue
		}
		if err := r.May(o, at.said, at.policy); err != nil {
			v.MayNot[o.Name] = sentence(err.Error())
		} else {
			v.May = append(v.May, o.Name)
		}
	}
	answerJSON(c, "shown", v)
}

// apiOrder gives a refund an order.
func (d *Desk) apiOrder(c *gin.Context) {
	o, ok := refund.OrderNamed(c.Param("order"))
	if !ok {
		ingress.Reply(c, orderUnknown)
		return
	}
	body, tooLarge := ingress.ReadBody(c, formLimit, bodyTooLarge)
	if tooLarge != nil {
		ingress.Reply(c, *tooLarge)
		return
	}
	at, ok := d.approach(c, refund.ViaAPI, ingress.Reply)
	if !ok {
		return
	}
	fields := map[string]string{}
	if body = bytes.TrimSpace(body); len(body) > 0 {
		var err error
		if fields, err = refund.ReadFields(body); err != nil {
			ingress.Note(c, "action", o.Name)
			replyFaults(c, []refund.Fault{{Why: bodyUnreadable.Hint}})
			return
		}
	}
	done, faults, a := d.order(c, at, o, fields)
	switch {
	case len(faults) > 0:
		replyFaults(c, faults)
	case a.Code != http.StatusOK:
		ingress.Reply(c, a)
	default:
		answerJSON(c, a.Outcome, gin.H{"outcome": a.Outcome, "state": done.State})
	}
}

// replyFaults names the fields that have to be corrected.
func replyFaults(c *gin.Context, faults []refund.Fault) {
	ingress.Note(c, "outcome", bodyUnreadable.Outcome)
	fields := []string{}
	for _, f := range faults {
		if f.Field != "" {
			fields = append(fields, f.Field)
		}
	}
	c.Header("Cache-Control", "no-store")
	c.AbortWithStatusJSON(bodyUnreadable.Code, gin.H{"outcome": bodyUnreadable.Outcome, "hint": refund.FaultsError(faults).Error(), "fields": fields})
}

// answerJSON answers with what was asked for.
func answerJSON(c *gin.Context, outcome string, body any) {
	ingress.Note(c, "outcome", outcome)
	c.Header("Cache-Control", "no-store")
	c.Header("X-Content-Type-Options", "nosniff")
	c.JSON(http.StatusOK, body)
}
