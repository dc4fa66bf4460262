package desk

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"net/http"
	"regexp"
	"slices"

	"github.com/gin-gonic/gin"

	"waybill/contract"
	"waybill/ingress"
	"waybill/parcel"
	"waybill/recorder"
	"waybill/search"
)

// The answers of the API of parcels, beside those of the pages.
var (
	noSearchKey   = ingress.Answer{Code: http.StatusConflict, Outcome: "no search key", Hint: sentence(search.ErrNoKey.Error())}
	batchUnread   = ingress.Answer{Code: http.StatusUnprocessableEntity, Outcome: "unreadable", Hint: `the body has to be one JSON object such as {"order": "retry-mails", "input": {}, "filter": {"parked": true}, "perSecond": 20}`}
	batchForOne   = ingress.Answer{Code: http.StatusUnprocessableEntity, Outcome: "unreadable", Hint: "only some orders can be given to many parcels: order must be one of " + forMany() + ", and input has no keys and no parcel"}
	batchNoTrial  = ingress.Answer{Code: http.StatusUnprocessableEntity, Outcome: "unreadable", Hint: "a batch has no dry run: try the order on each parcel, which leaves nothing in its history"}
	batchUnknown  = ingress.Answer{Code: http.StatusNotFound, Outcome: "unknown batch", Hint: "Temporal knows no batch of this id, or it ended so long ago that Temporal no longer keeps it"}
	batchIDWrong  = ingress.Answer{Code: http.StatusUnprocessableEntity, Outcome: "unreadable", Hint: "batch has at most 64 letters, digits, hyphens and low lines"}
	batchesBusy   = ingress.Answer{Code: http.StatusConflict, Outcome: "refused", Hint: sentence(recorder.ErrBusyBatches.Error())}
	orderUnread   = ingress.Answer{Code: http.StatusUnprocessableEntity, Outcome: "unreadable", Hint: "the body has to be one JSON object with fields of the order"}
	batchID       = regexp.MustCompile(`^[0-9A-Za-z_-]{1,64}$`)
	usualBatchPer = 20.0
)

// forMany are the orders that can be given to many parcels.
func forMany() string {
	return namesOf(slices.DeleteFunc(parcelOrders(), func(o parcel.Order) bool { return o.One }), parcelOrderName)
}

// apiParcels lists parcels, or what a search found.
func (d *Desk) apiParcels(c *gin.Context) {
	ingress.Note(c, "person", c.GetString(personKey))
	mine := d.parcelsOf(c)
	q := c.Request.URL.Query()
	if name := q.Get("integration"); len(mine) == 0 || name != "" && !slices.Contains(mine, name) {
		ingress.Reply(c, notTheirs)
		return
	}
	s, faults := readParcelSearch(q, mine)
	if len(faults) > 0 {
		replyFaults(c, faults)
		return
	}
	found, err := d.look(c.Request.Context(), s, mine, d.mine(c))
	switch {
	case errors.Is(err, search.ErrNoKey):
		ingress.Reply(c, noSearchKey)
	case err != nil:
		ingress.Note(c, "fault", err.Error())
		ingress.Reply(c, parcelsNotAsked)
	default:
		answerJSON(c, "listed", gin.H{"parcels": found.Parcels, "refunds": found.Refunds, "more": found.More})
	}
}

// apiParcelView is one parcel as its workflow describes it, and what the caller may order.
type apiParcelView struct {
	parcel.Parcel
	Mails []apiMail `json:"mails"`
	// NoMail says why the recipient did not get the newest news; empty if they did.
	NoMail string `json:"noMail,omitempty"`
	// May are the orders that make sense now, MayNot says why not the others.
	May    []string          `json:"may"`
	MayNot map[string]string `json:"mayNot,omitempty"`
}

// apiMail is a mail with its subject.
type apiMail struct {
	parcel.Mail
	Subject string `json:"subject,omitempty"`
}

// apiParcel shows a parcel.
func (d *Desk) apiParcel(c *gin.Context) {
	at, ok := d.approachParcel(c, ingress.Reply)
	if !ok {
		return
	}
	v := apiParcelView{Parcel: at.known, Mails: []apiMail{}, May: []string{}, MayNot: map[string]string{}}
	v.NoMail, _ = at.known.NoMail()
	shop := d.shop(c.Request.Context(), at.of.Integration)
	for _, m := range at.known.Mails {
		rendered, err := d.render(&at.known, m, shop)
		if err != nil {
			ingress.Note(c, "fault", err.Error()) // of the words or the layout
		}
		v.Mails = append(v.Mails, apiMail{Mail: m, Subject: rendered.Subject})
	}
	for _, o := range parcelOrders() {
		switch why := o.Unfit(&at.known); {
		case at.known.Closed:
			v.MayNot[o.Name] = parcelOver.Hint
		case why != "":
			v.MayNot[o.Name] = sentence(why)
		default:
			v.May = append(v.May, o.Name)
		}
	}
	answerJSON(c, "shown", v)
}

// apiParcelOrder gives a parcel an order, or tries it.
func (d *Desk) apiParcelOrder(c *gin.Context) {
	o, ok := parcelOrderNamed(c.Param("order"))
	if !ok {
		ingress.Reply(c, parcelOrderUnknown)
		return
	}
	var in parcel.Input
	if !readBody(c, &in, orderUnread) {
		return
	}
	if in.Batch != "" { // it is about this parcel only, and so is its proof
		if !batchID.MatchString(in.Batch) {
			ingress.Reply(c, batchIDWrong)
			return
		}
		in.Batch = contract.OnceBatch(in.Batch)
	}
	at, ok := d.approachParcel(c, ingress.Reply)
	if !ok {
		return
	}
	answer, a := d.orderParcel(c, at, o, in)
	if a.Code != http.StatusOK {
		ingress.Reply(c, a)
		return
	}
	answerJSON(c, a.Outcome, gin.H{"outcome": a.Outcome, "mails": append([]parcel.Judged{}, answer.Mails...)})
}

// readBody reads the JSON of a body; an empty one is an empty object. If it cannot, it answers
// the request.
func readBody(c *gin.Context, into any, unread ingress.Answer) bool {
	body, tooLarge := ingress.ReadBody(c, formLimit, bodyTooLarge)
	if tooLarge != nil {
		ingress.Reply(c, *tooLarge)
		return false
	}
	if body = bytes.TrimSpace(body); len(body) == 0 {
		return true
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.DisallowUnknownFields()
	if body[0] != '{' || decoder.Decode(into) != nil || decoder.More() {
		ingress.Reply(c, unread)
		return false
	}
	return true
}

// apiStartBatch has Temporal give an order to many parcels of the caller's integrations.
func (d *Desk) apiStartBatch(c *gin.Context) {
	ingress.Note(c, "person", c.GetString(personKey))
	r := recorder.BatchRequest{PerSecond: usualBatchPer}
	if !readBody(c, &r, batchUnread) {
		return
	}
	mine := d.parcelsOf(c)
	if name := r.Filter.Integration; len(mine) == 0 || name != "" && !slices.Contains(mine, name) {
		ingress.Reply(c, notTheirs)
		return
	}
	o, known := parcelOrderNamed(r.Order)
	switch {
	case !known, o.One, r.Input.Keys != nil, r.Input.Parcel != nil:
		ingress.Reply(c, batchForOne)
		return
	case r.Input.DryRun: // the caller does not expect it to be carried out
		ingress.Reply(c, batchNoTrial)
		return
	case r.Input.Batch != "" && !batchID.MatchString(r.Input.Batch):
		ingress.Reply(c, batchIDWrong)
		return
	}
	ingress.Note(c, "action", o.Name)
	if r.Filter.Integration == "" {
		r.Filter.Among = mine
	}
	if _, err := r.Filter.Query(); err != nil {
		ingress.Reply(c, ingress.Answer{Code: http.StatusUnprocessableEntity, Outcome: "unreadable", Hint: err.Error()})
		return
	}
	in := r.Input
	if in.By, in.Proof = c.GetString(personKey), ""; in.Batch == "" {
		in.Batch = rand.Text()
	}
	in.Proof = d.keys.Load().Prove(contract.ProvenParcelText(contract.ParcelRef{}, o, in), d.now())
	ctx, cancel := ingress.Detached(c.Request.Context(), orderTimeout)
	defer cancel()
	switch err := d.parcels.StartBatch(ctx, recorder.Batch{Order: o, Input: in, Filter: r.Filter, PerSecond: max(r.PerSecond, 0)}); {
	case errors.Is(err, recorder.ErrBusyBatches):
		ingress.Reply(c, batchesBusy)
	case err != nil:
		ingress.Note(c, "fault", err.Error())
		ingress.Reply(c, outcomeUnknown)
	default:
		ingress.Note(c, "batch", in.Batch)
		answerJSON(c, "started", gin.H{"outcome": "started", "batch": in.Batch})
	}
}

// apiBatch shows how far a batch is.
func (d *Desk) apiBatch(c *gin.Context) {
	if len(d.parcelsOf(c)) == 0 {
		ingress.Reply(c, notTheirs)
		return
	}
	ctx, cancel := context.WithTimeout(c.Request.Context(), lookTimeout)
	defer cancel()
	state, found, err := d.parcels.Batch(ctx, c.Param("id"))
	switch {
	case err != nil:
		ingress.Note(c, "fault", err.Error())
		ingress.Reply(c, parcelsNotAsked)
	case !found:
		ingress.Reply(c, batchUnknown)
	default:
		answerJSON(c, "shown", state)
	}
}
