package desk

import (
	"bytes"
	"encoding/json"
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

// answers of the refund API.
var (
	refundsClosed   = ingress.Answer{Code: http.StatusNotFound, Outcome: "refunds closed", Hint: "set WAYBILL_LINK_KEYS to a key of at least 32 characters, such as openssl rand -hex 32 makes, and name those who decide in the policy"}
	tokenMissing    = ingress.Answer{Code: http.StatusUnauthorized, Outcome: "no token", Hint: "send the header Authorization: Bearer <token>"}
	tokenUnknown    = ingress.Answer{Code: http.StatusUnauthorized, Outcome: "unknown token", Hint: "nobody in the policy has this token: make one with waybill refunds token <person>, and put what it prints into the policy"}
	tokenExpired    = ingress.Answer{Code: http.StatusUnauthorized, Outcome: "token expired", Hint: "make a new one with waybill refunds token <person>, and put what it prints into the policy"}
	notTheirs       = ingress.Answer{Code: http.StatusForbidden, Outcome: "not this integration", Hint: "the policy of the integration does not name you with this token"}
	refundUnknown   = ingress.Answer{Code: http.StatusNotFound, Outcome: "unknown refund", Hint: "no refund of this integration and return is known, or it ended so long ago that Temporal does not keep it: check both parts of the path"}
	orderUnknown    = ingress.Answer{Code: http.StatusNotFound, Outcome: "unknown order", Hint: "the last part of the path is one of " + strings.Join(deedNames(), ", ")}
	bodyUnreadable  = ingress.Answer{Code: http.StatusUnprocessableEntity, Outcome: "unreadable", Hint: "the body has to be one JSON object, whose values are texts"}
	bodyTooLarge    = ingress.Answer{Code: http.StatusRequestEntityTooLarge, Outcome: "too large", Hint: "a body has at most 16 KiB"}
	refundsNotAsked = ingress.Answer{Code: http.StatusServiceUnavailable, Outcome: "no answer", Hint: "Temporal did not answer in time: ask again"}
)

// tokenKey is where a request keeps the hash of its token.
const tokenKey = "token"

// withToken lets those pass whose token is in the policy.
func (d *Desk) withToken(c *gin.Context) {
	scheme, token, _ := strings.Cut(c.GetHeader("Authorization"), " ")
	if token = strings.TrimSpace(token); !strings.EqualFold(scheme, "Bearer") || token == "" {
		d.noEntry(c, tokenMissing)
		return
	}
	who, err := policy.ByToken(d.everybody(), token, d.now())
	switch {
	case errors.Is(err, policy.ErrTokenExpired):
		d.noEntry(c, tokenExpired)
		return
	case err != nil:
		d.noEntry(c, tokenUnknown)
		return
	}
	given := policy.TokenHash(token)
	if wait := d.callers.take(given, d.now()); wait > 0 {
		comeBack(c, wait)
		ingress.Reply(c, tooMany)
		return
	}
	c.Set(personKey, who.Name)
	c.Set(tokenKey, given)
}

// noEntry turns a request away, and does not hear all that come from there for
// ever.
func (d *Desk) noEntry(c *gin.Context, a ingress.Answer) {
	if wait := d.strangers.take(cameFrom(c), d.now()); wait > 0 {
		comeBack(c, wait)
		ingress.Reply(c, tooMany)
		return
	}
	c.Header("WWW-Authenticate", `Bearer realm="refunds"`)
	ingress.Reply(c, a)
}

// theirs reports whether the policy of an integration names a caller, with the
// very token: another integration may mean another person by the name.
func (d *Desk) theirs(c *gin.Context, integration string) (refund.Policy, bool) {
	p, people := d.policies(integration)
	person := c.GetString(personKey)
	return p, knows(p, person) && slices.ContainsFunc(people, func(a policy.Person) bool {
		return a.Name == person && strings.EqualFold(a.TokenSHA256, c.GetString(tokenKey))
	})
}

// apiRow is a refund of a list.
type apiRow struct {
	Integration string        `json:"integration"`
	ReturnID    int64         `json:"returnId"`
	State       refund.State  `json:"state"`
	Role        refund.Role   `json:"role,omitempty"`
	Attention   string        `json:"attention,omitempty"`
	Open        bool          `json:"open"`
	Started     time.Time     `json:"started"`
	Deadline    time.Time     `json:"legalDeadline,omitzero"`
	Amount      *refund.Money `json:"amount,omitempty"`
	// Asked says that the refund itself told this, and not the list, which may be
	// some seconds behind.
	Asked bool `json:"asked"`
}

// apiList lists refunds.
func (d *Desk) apiList(c *gin.Context) {
	mine := slices.DeleteFunc(slices.Clone(d.names), func(name string) bool {
		_, ok := d.theirs(c, name)
		return !ok
	})
	slices.Sort(mine)
	q := c.Request.URL.Query()
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
	rows := make([]apiRow, 0, len(all.rows))
	for _, one := range all.rows {
		r := apiRow{
			Integration: one.Integration, ReturnID: one.ReturnID, State: one.State, Role: one.Role, Attention: one.Attention,
			Open: one.Open, Started: one.Started, Deadline: one.Deadline,
		}
		if k := one.Known; k != nil {
			r.State, r.Role, r.Attention, r.Asked = k.State, k.Role, string(k.Attention), true
			r.Deadline, _ = k.LegalDeadline()
			if k.Facts.Amount.Known() {
				r.Amount = &k.Facts.Amount
			}
		}
		rows = append(rows, r)
	}
	answerJSON(c, "listed", gin.H{"refunds": rows, "page": s.Page, "more": all.more})
}

// apiView is one refund.
type apiView struct {
	Integration string            `json:"integration"`
	ReturnID    int64             `json:"returnId"`
	State       refund.State      `json:"state"`
	Role        refund.Role       `json:"role,omitempty"`
	Holder      string            `json:"holder,omitempty"`
	Attention   refund.Trouble    `json:"attention,omitempty"`
	Facts       refund.Facts      `json:"facts"`
	Terms       refund.Terms      `json:"terms"`
	Approvals   []refund.Approval `json:"approvals,omitempty"`
	ByRules     bool              `json:"byRules,omitempty"`
	Question    string            `json:"question,omitempty"`
	Answer      string            `json:"answer,omitempty"`
	Rejection   string            `json:"rejection,omitempty"`
	Reference   string            `json:"reference,omitempty"`
	Clock       refund.Clock      `json:"clock"`
	Deadline    time.Time         `json:"legalDeadline,omitzero"`
	Receipt     []refund.Entry    `json:"receipt"`
	// ReceiptFault says what is wrong with the receipt; empty if it is whole.
	ReceiptFault string        `json:"receiptFault,omitempty"`
	Mails        []refund.Mail `json:"mails,omitempty"`
	// May are the orders that the caller may give now, MayNot says why not the
	// others that make sense.
	May    []string          `json:"may"`
	MayNot map[string]string `json:"mayNot,omitempty"`
}

// apiRefund shows a refund.
func (d *Desk) apiRefund(c *gin.Context) {
	at, _, ok := d.apiApproach(c)
	if !ok {
		return
	}
	r := &at.known
	v := apiView{
		Integration: r.Integration, ReturnID: r.ReturnID, State: r.State, Role: r.Role, Holder: r.Holder, Attention: r.Attention, Facts: r.Facts,
		Terms: r.Terms, Approvals: r.Approvals, ByRules: r.ByRules, Question: r.Question, Answer: r.Answer, Rejection: r.Rejection,
		Reference: r.Reference, Clock: r.Clock, Receipt: r.Receipt, Mails: r.Mails, May: []string{}, MayNot: map[string]string{},
	}
	v.Deadline, _ = r.LegalDeadline()
	if err := refund.CheckReceipt(r.Receipt); err != nil {
		v.ReceiptFault = err.Error()
	}
	for _, what := range deeds {
		if !what.offered(r) {
			continue
		}
		if err := at.may(what); err != nil {
			v.MayNot[what.name] = sentence(err)
		} else {
			v.May = append(v.May, what.name)
		}
	}
	answerJSON(c, "shown", v)
}

// apiApproach brings a caller before the refund that the path names, and answers
// itself if they cannot come there.
func (d *Desk) apiApproach(c *gin.Context) (counter, refundName, bool) {
	of, ok := named(c)
	if !ok {
		ingress.Reply(c, refundUnknown)
		return counter{}, of, false
	}
	policy, ok := d.theirs(c, of.integration)
	if !ok {
		ingress.Reply(c, notTheirs)
		return counter{}, of, false
	}
	known, found, err := d.find(c, of)
	switch {
	case err != nil:
		ingress.Reply(c, refundsNotAsked)
		return counter{}, of, false
	case !found:
		ingress.Reply(c, refundUnknown)
		return counter{}, of, false
	}
	noteRefund(c, of)
	return counter{known: known, policy: policy, said: refund.Said{By: c.GetString(personKey), Via: refund.ViaAPI}, now: d.now()}, of, true
}

// apiOrder gives a refund an order.
func (d *Desk) apiOrder(c *gin.Context) {
	what, ok := deedNamed(c.Param("deed"))
	if !ok {
		ingress.Reply(c, orderUnknown)
		return
	}
	body, refusal := ingress.ReadBody(c, formLimit, bodyTooLarge)
	if refusal != nil {
		ingress.Reply(c, *refusal)
		return
	}
	at, of, ok := d.apiApproach(c)
	if !ok {
		return
	}
	ingress.Note(c, "action", what.name)
	fields, faults := readFields(body, what)
	if len(faults) > 0 {
		replyFaults(c, faults)
		return
	}
	d.apiCarryOut(c, of, at, what, fields)
}

func (d *Desk) apiCarryOut(c *gin.Context, of refundName, at counter, what deed, fields map[string]string) {
	w, faults := what.read(fields, at.known.Facts)
	if len(faults) > 0 {
		replyFaults(c, faults)
		return
	}
	w.Said = at.said
	where, err := d.order(c, of, at.known, what, w, at.policy)
	if err != nil {
		a, refused := refusal(err)
		if !refused {
			ingress.Note(c, "fault", err.Error())
		}
		ingress.Reply(c, a)
		return
	}
	answerJSON(c, "done", gin.H{"outcome": "done", "state": where.State})
}

// readFields reads a body of texts by name. It quotes nothing of it.
func readFields(body []byte, what deed) (map[string]string, []fault) {
	raw := map[string]json.RawMessage{}
	if body = bytes.TrimSpace(body); len(body) > 0 {
		if err := json.Unmarshal(body, &raw); err != nil || raw == nil {
			return nil, []fault{{"", bodyUnreadable.Hint}}
		}
	}
	fields := map[string]string{}
	var faults []fault
	for name, value := range raw {
		var text string
		switch {
		case len(what.takes) == 0:
			faults = append(faults, fault{"", what.name + " takes no fields"})
		case !slices.Contains(what.takes, name):
			faults = append(faults, fault{"", what.name + " takes no other fields than: " + strings.Join(what.takes, ", ")})
		case json.Unmarshal(value, &text) != nil:
			faults = append(faults, fault{name, "Write it as a text in quotes."})
		}
		fields[name] = text
	}
	return fields, faults
}

// replyFaults names the fields that have to be mended.
func replyFaults(c *gin.Context, faults []fault) {
	ingress.Note(c, "outcome", bodyUnreadable.Outcome)
	var hints []string
	fields := []string{}
	for _, f := range faults {
		if f.Field == "" {
			hints = append(hints, f.Why)
			continue
		}
		fields = append(fields, f.Field)
		hints = append(hints, f.Field+": "+f.Why)
	}
	slices.Sort(hints)
	slices.Sort(fields)
	c.Header("Cache-Control", "no-store")
	c.AbortWithStatusJSON(bodyUnreadable.Code, gin.H{"outcome": bodyUnreadable.Outcome, "hint": strings.Join(slices.Compact(hints), " "), "fields": slices.Compact(fields)})
}

// answerJSON answers with what was asked for.
func answerJSON(c *gin.Context, outcome string, body any) {
	ingress.Note(c, "outcome", outcome)
	c.Header("Cache-Control", "no-store")
	c.Header("X-Content-Type-Options", "nosniff")
	c.JSON(http.StatusOK, body)
}
