package desk

import (
	"cmp"
	"net/http"
	"slices"
	"time"

	"github.com/gin-gonic/gin"

	"waybill/contract"
	"waybill/delivery"
	"waybill/ingress"
	"waybill/recorder"
	"waybill/refund"
)

// apiRefundView is one refund: its row of the list, what is known of it, and what the caller may do
// with it. What only its workflow needs is not there.
type apiRefundView struct {
	recorder.ListedRefund
	Facts     refund.Facts      `json:"facts"`
	Terms     refund.Terms      `json:"terms"`
	Approvals []refund.Approval `json:"approvals"`
	// ByRules says that the rules approved, and no person.
	ByRules   bool   `json:"byRules"`
	Question  string `json:"question,omitempty"`
	Answer    string `json:"answer,omitempty"`
	Rejection string `json:"rejection,omitempty"`
	// Payment is what came of asking the shop's endpoint; nil if it was not asked.
	Payment *apiPayment `json:"payment,omitempty"`
	Clock   apiClock    `json:"clock"`
	// Summary is where it stands in words.
	Summary refund.Summary `json:"summary"`
	Mails   []apiMail      `json:"mails"`
	// Log is the decision log. LogFault says what is wrong with it; empty if it is whole.
	Log      []refund.Entry `json:"log"`
	LogFault string         `json:"logFault,omitempty"`
	// May are the orders that the caller may give now, MayNot says why not the
	// others that make sense.
	May    []string          `json:"may"`
	MayNot map[string]string `json:"mayNot"`
}

// apiPayment is what came of asking the shop's endpoint.
type apiPayment struct {
	Asked     int            `json:"asked"`
	Outcome   refund.Outcome `json:"outcome,omitempty"`
	Reference string         `json:"reference,omitempty"`
	InDoubt   bool           `json:"inDoubt"`
}

// apiClock is when things happened to a refund, and when time has something happen next.
type apiClock struct {
	QuestionAt time.Time `json:"questionAt,omitzero"`
	PostedAt   time.Time `json:"postedAt,omitzero"`
	GoodsAt    time.Time `json:"goodsAt,omitzero"`
	ApprovedAt time.Time `json:"approvedAt,omitzero"`
	EndedAt    time.Time `json:"endedAt,omitzero"`
	NextAt     time.Time `json:"nextAt,omitzero"`
}

// apiMail is a mail of a refund or a parcel.
type apiMail struct {
	Key string `json:"key"`
	// Mail is its kind. Person is whom it goes to, if not the customer.
	Mail    string         `json:"mail"`
	Person  string         `json:"person,omitempty"`
	Subject string         `json:"subject,omitempty"`
	State   delivery.State `json:"state"`
	Decided time.Time      `json:"decided"`
	Done    time.Time      `json:"done,omitzero"`
	Tries   int            `json:"tries"`
	// Why says why it is parked, superseded or dropped, Report what the provider says.
	Why    string     `json:"why,omitempty"`
	Report *apiReport `json:"report,omitempty"`
}

// apiReport is what the mail provider says of a mail.
type apiReport struct {
	Kind delivery.ReportKind `json:"kind"`
	At   time.Time           `json:"at"`
	Why  string              `json:"why,omitempty"`
}

func mailOf[About any](m *delivery.Message[About], kind string) apiMail {
	shown := apiMail{Key: m.Key, Mail: kind, State: m.State, Decided: m.Decided, Done: m.Done, Tries: m.Tries, Why: m.Why}
	if m.Report != nil {
		shown.Report = &apiReport{Kind: m.Report.Kind, At: m.Report.At, Why: m.Report.Why}
	}
	return shown
}

// apiRefund shows a refund.
func (d *Desk) apiRefund(c *gin.Context) {
	at, ok := d.approach(c, refund.ViaAPI, ingress.Reply)
	if !ok {
		return
	}
	r := &at.known
	row := recorder.ListedRefund{RefundRef: at.of, Open: !r.State.Terminal() || r.Attention != ""}
	row.Learn(r)
	v := apiRefundView{
		ListedRefund: row, Facts: r.Facts, Terms: r.Terms, Approvals: append([]refund.Approval{}, r.Approvals...), ByRules: r.ByRules,
		Question: r.Question, Answer: r.Answer, Rejection: r.Rejection, Summary: standingOf(r, at.policy, at.now).Summary, Mails: []apiMail{},
		Log: append([]refund.Entry{}, r.Receipt...), May: []string{}, MayNot: map[string]string{},
		Clock: apiClock{QuestionAt: r.Clock.AskedAt, PostedAt: r.Clock.PostedAt, GoodsAt: r.Clock.GoodsAt, ApprovedAt: r.Clock.ApprovedAt, EndedAt: r.Clock.EndedAt, NextAt: r.Next},
	}
	if r.Asked > 0 {
		v.Payment = &apiPayment{Asked: r.Asked, Outcome: r.Outcome, Reference: r.Reference, InDoubt: r.InDoubt}
	}
	v.Deadline, _ = r.LegalDeadline()
	if err := refund.CheckReceipt(r.Receipt); err != nil {
		v.LogFault = sentence(err.Error())
	}
	for i := range r.Mails {
		m := mailOf(&r.Mails[i], string(r.Mails[i].About.What))
		m.Person = r.Mails[i].About.Person
		v.Mails = append(v.Mails, m)
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

// apiRefundOrdered answers an order to a refund: done, or tried if nothing was to change. State
// is where the refund stands afterwards.
type apiRefundOrdered struct {
	Outcome string       `json:"outcome"`
	State   refund.State `json:"state"`
}

// apiOrder gives a refund an order, or says what would come of it.
func (d *Desk) apiOrder(c *gin.Context) {
	o, ok := refund.OrderNamed(c.Param("order"))
	if !ok {
		ingress.Reply(c, orderUnknown)
		return
	}
	body, ok := readObject(c)
	if !ok {
		return
	}
	at, ok := d.approach(c, refund.ViaAPI, ingress.Reply)
	if !ok {
		return
	}
	ingress.Note(c, "action", o.Name)
	fields := refundFields(body, o)
	dryRun, _ := take[bool](body, "dryRun", "true or false")
	key := body.takeKey(c, dryRun)
	if refuseFaults(c, body.end()) {
		return
	}
	mark := markOf(c, key, o.Name, fields)
	given := contract.SameKey(at.known.Used, mark)
	if given == mark && mark != "" {
		answerJSON(c, "done", apiRefundOrdered{"done", d.answeredBefore(c, at, o, fields, mark)})
		return
	}
	if given != "" {
		ingress.Refuse(c, keyReused)
		return
	}
	at.said.Link = mark
	done, faults, ordered := d.order(c, at, o, fields, dryRun)
	a := ordered.Answer
	a = underKey(mark, a, func() ([]string, error) {
		known, _, err := d.find(c, at.of)
		done.State = cmp.Or(done.State, known.State)
		return known.Used, err
	})
	switch {
	case len(faults) > 0:
		refuseFaults(c, apiFaults(faults))
	case a.Code != http.StatusOK:
		ingress.Reply(c, a)
	default:
		answerJSON(c, a.Outcome, apiRefundOrdered{a.Outcome, done.State})
	}
}

// answeredBefore gives an order again that was followed: Temporal answers as it did then, if the
// run is the same, and otherwise the refund refuses it and stands where it stands.
func (d *Desk) answeredBefore(c *gin.Context, at visit, o refund.Order, fields map[string]string, mark string) refund.State {
	at.said.Link = mark
	done, err := d.sendOrder(c.Request.Context(), at, o, fields)
	if err != nil {
		return at.known.State
	}
	return done.State
}

// apiFaults are faults of an order as the API tells them: each amount has its currency in it.
func apiFaults(faults []refund.Fault) (all []ingress.Fault) {
	for _, f := range faults {
		if f.Field == "currency" {
			f.Field = "amount"
		}
		if !slices.ContainsFunc(all, func(other ingress.Fault) bool { return other.Field == f.Field }) {
			all = append(all, ingress.Fault{Field: f.Field, Detail: sentence(f.Why.String())})
		}
	}
	return all
}
