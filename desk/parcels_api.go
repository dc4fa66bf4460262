package desk

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/gin-gonic/gin"

	"waybill/contract"
	"waybill/ingress"
	"waybill/parcel"
	"waybill/recorder"
	"waybill/search"
)

// noSearchKey is the answer to a search for a mail address without a key.
var noSearchKey = ingress.Answer{Code: http.StatusConflict, Outcome: "no search key", Hint: sentence(search.ErrNoKey.Error())}

// apiParcelView is one parcel: its row of the list, what is known of it, and what the caller may
// order. What only its workflow needs is not there.
type apiParcelView struct {
	recorder.ListedParcel
	Facts parcel.Facts `json:"facts"`
	// Corrected is what people have corrected of the recipient.
	Corrected *parcel.Recipient `json:"corrected,omitempty"`
	// EndsAt is when the parcel is not followed any more if nothing happens; it is zero if it
	// is not followed.
	EndsAt   time.Time `json:"endsAt,omitzero"`
	PausedAt time.Time `json:"pausedAt,omitzero"`
	// Ledger is what was decided about each scan, Orders are those that were given.
	Ledger []apiDecision    `json:"ledger"`
	Orders []apiParcelEntry `json:"orders"`
	Mails  []apiMail        `json:"mails"`
	// NoMail says why the recipient did not get the newest news; empty if they did.
	NoMail string `json:"noMail,omitempty"`
	// May are the orders that make sense now, MayNot says why not the others.
	May    []string          `json:"may"`
	MayNot map[string]string `json:"mayNot"`
}

// apiDecision is what was decided about a scan, or when the time had come for something.
type apiDecision struct {
	At       time.Time       `json:"at"`
	ScanAt   time.Time       `json:"scanAt"`
	Due      parcel.Occasion `json:"due,omitempty"`
	StatusID int             `json:"statusId"`
	Status   string          `json:"status,omitempty"`
	Reason   parcel.Reason   `json:"reason"`
	Mail     parcel.MailKind `json:"mail,omitempty"`
	Attempt  int             `json:"attempt,omitempty"`
}

// apiParcelEntry is an order that was given. Proven says that its giver is known for certain.
type apiParcelEntry struct {
	At      time.Time `json:"at"`
	Update  string    `json:"update"`
	By      string    `json:"by,omitempty"`
	Proven  bool      `json:"proven"`
	Why     string    `json:"why,omitempty"`
	Refused string    `json:"refused,omitempty"`
	Batch   string    `json:"batch,omitempty"`
}

// apiParcel shows a parcel.
func (d *Desk) apiParcel(c *gin.Context) {
	at, ok := d.approachParcel(c, ingress.Reply)
	if !ok {
		return
	}
	p := &at.known
	row := recorder.ListedParcel{ParcelRef: at.of, Open: !p.Closed}
	row.Learn(p)
	v := apiParcelView{
		ListedParcel: row, Facts: p.Facts, PausedAt: p.PausedAt, Ledger: []apiDecision{}, Orders: []apiParcelEntry{}, Mails: []apiMail{},
		May: []string{}, MayNot: map[string]string{},
	}
	if p.Corrected != (parcel.Recipient{}) {
		v.Corrected = &p.Corrected
	}
	if !p.Closed {
		v.EndsAt = p.Deadline
	}
	why, _ := p.NoMail()
	v.NoMail = why.String()
	for _, e := range p.Ledger {
		v.Ledger = append(v.Ledger, apiDecision{At: e.At, ScanAt: e.ScanAt, Due: e.Due, StatusID: e.StatusID, Status: e.Status, Reason: e.Reason, Mail: e.Mail, Attempt: e.Attempt})
	}
	for _, e := range p.Orders {
		one := apiParcelEntry{At: e.At, Update: e.What, By: e.By, Proven: e.Proof != "", Why: e.Why, Refused: e.Refused, Batch: contract.BatchID(e.Batch)}
		if contract.IsOnce(e.Batch) {
			one.Batch = ""
		}
		v.Orders = append(v.Orders, one)
	}
	shop := d.shop(c.Request.Context(), at.of.Integration)
	for _, m := range p.Mails {
		rendered, err := d.render(p, m, shop)
		if err != nil {
			ingress.Note(c, "fault", err.Error()) // of the words or the layout
		}
		one := mailOf(&m, string(m.About.Kind))
		one.Subject = rendered.Subject
		v.Mails = append(v.Mails, one)
	}
	for _, o := range parcelOrders() {
		switch why := o.Unfit(p); {
		case p.Closed:
			v.MayNot[o.Name] = parcelOver.Hint
		case why != nil:
			v.MayNot[o.Name] = sentence(why.String())
		default:
			v.May = append(v.May, o.Name)
		}
	}
	answerJSON(c, "shown", v)
}

// apiParcelOrdered answers an order to a parcel: done, or tried if nothing was to change. Mails
// are those that the order is about.
type apiParcelOrdered struct {
	Outcome string          `json:"outcome"`
	Mails   []parcel.Judged `json:"mails"`
}

// apiParcelOrder gives a parcel an order, or tries it.
func (d *Desk) apiParcelOrder(c *gin.Context) {
	o, ok := parcelOrderNamed(c.Param("order"))
	if !ok {
		ingress.Reply(c, parcelOrderUnknown)
		return
	}
	body, ok := readObject(c)
	if !ok {
		return
	}
	at, ok := d.approachParcel(c, ingress.Reply)
	if !ok {
		return
	}
	in := parcelInput(body, o, false)
	in.DryRun, _ = take[bool](body, "dryRun", "true or false")
	key := body.takeKey(c, in.DryRun)
	if field, why := o.FieldFault(&at.known, in); why != "" && len(body.faults) == 0 {
		body.wrong(field, why)
	}
	if refuseFaults(c, body.end()) {
		return
	}
	in.Batch = markOf(c, key, o.Name, in)
	switch given := contract.SameKey(marksOf(&at.known), in.Batch); given {
	case "":
	case in.Batch:
		// Temporal answers as it did then, if the run is the same.
		answer, _ := d.orderParcel(c, at, o, in)
		answerJSON(c, "done", apiParcelOrdered{"done", append([]parcel.Judged{}, answer.Mails...)})
		return
	default:
		ingress.Refuse(c, keyReused)
		return
	}
	answer, ordered := d.orderParcel(c, at, o, in)
	a := ordered.Answer
	a = underKey(in.Batch, a, func() ([]string, error) {
		ctx, cancel := context.WithTimeout(c.Request.Context(), lookTimeout)
		defer cancel()
		known, _, err := d.parcels.Parcel(ctx, at.of)
		return marksOf(&known), err
	})
	switch {
	case a.Code != http.StatusOK:
		ingress.Reply(c, a)
	case in.DryRun:
		answerJSON(c, "tried", apiParcelOrdered{"tried", append([]parcel.Judged{}, answer.Mails...)})
	default:
		answerJSON(c, "done", apiParcelOrdered{"done", append([]parcel.Judged{}, answer.Mails...)})
	}
}

// marksOf are the marks of the orders that a parcel has followed.
func marksOf(p *parcel.Parcel) (marks []string) {
	for _, e := range p.Orders {
		if e.Refused == "" {
			marks = append(marks, e.Batch)
		}
	}
	slices.Reverse(marks)
	return marks
}
