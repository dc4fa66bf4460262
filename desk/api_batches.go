package desk

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"
	"github.com/go-json-experiment/json/jsontext"

	"waybill/contract"
	"waybill/ingress"
	"waybill/parcel"
	"waybill/recorder"
)

// The answers about orders to many parcels.
var (
	batchUnknown = ingress.Answer{Code: http.StatusNotFound, Outcome: "unknown batch", Hint: "Temporal knows no batch of this id, or it ended so long ago that Temporal no longer keeps it"}
	batchesBusy  = ingress.Answer{Code: http.StatusConflict, Outcome: "other batch running", Hint: sentence(recorder.ErrBusyBatches.Error())}
)

const (
	// usualPerSecond is how many parcels get an order in a second if the caller does not say,
	// mostPerSecond the most that they can ask for.
	usualPerSecond, mostPerSecond = 20.0, 1000.0
)

// forMany are the orders that can be given to many parcels.
func forMany() []parcel.Order {
	return slices.DeleteFunc(parcelOrders(), func(o parcel.Order) bool { return o.One })
}

// apiBatchStarted answers an order to many parcels.
type apiBatchStarted struct {
	Outcome string `json:"outcome"`
	Batch   string `json:"batch"`
}

// apiStartBatch has Temporal give an order to many parcels of the caller's integrations.
func (d *Desk) apiStartBatch(c *gin.Context) {
	ingress.Note(c, "person", c.GetString(personKey))
	body, ok := readObject(c)
	if !ok {
		return
	}
	b, ok := d.readBatch(c, body)
	if !ok {
		return
	}
	key := body.takeKey(c, false)
	if refuseFaults(c, body.end()) {
		return
	}
	ingress.Note(c, "action", b.Order.Name)
	b.Mark = markOf(c, key, "batch "+b.Order.Name, []any{b.Input, b.Filter, fmt.Sprintf("%+v", b.Filter), b.PerSecond})
	id := cmp.Or(strings.TrimPrefix(contract.OnceID(b.Mark), contract.OnceBatch("")), rand.Text())
	b.Input.By, b.Input.Batch = c.GetString(personKey), contract.BatchAmong(id, b.Filter.Integrations())
	b.Input.Proof = d.keys.Load().Prove(contract.ProvenBatchText(b.Order, b.Input), d.now())
	ctx, cancel := ingress.Detached(c.Request.Context(), orderTimeout)
	defer cancel()
	a := d.startBatch(ctx, c, b)
	if a.Code != http.StatusOK {
		ingress.Reply(c, a)
		return
	}
	ingress.Note(c, "batch", id)
	answerJSON(c, a.Outcome, apiBatchStarted{a.Outcome, id})
}

// readBatch reads an order to many parcels. If the caller may not give it, it answers the request.
func (d *Desk) readBatch(c *gin.Context, body *object) (b recorder.Batch, ok bool) {
	name, _ := takeText(body, "order")
	input, _ := take[map[string]jsontext.Value](body, "input", "an object")
	filter, _ := take[map[string]jsontext.Value](body, "filter", "an object")
	b.PerSecond = usualPerSecond
	if n, is := take[float64](body, "perSecond", "a number"); is {
		if b.PerSecond = n; !(n > 0 && n <= mostPerSecond) {
			body.wrong("perSecond", fmt.Sprintf("write a number above 0, up to %v", mostPerSecond))
		}
	}
	i := slices.IndexFunc(forMany(), func(o parcel.Order) bool { return o.Name == name })
	if i < 0 {
		body.wrong("order", "write an order that makes sense for many parcels: "+namesOf(forMany(), parcelOrderName))
	} else {
		b.Order = forMany()[i]
		in := &object{fields: input}
		b.Input = parcelInput(in, b.Order, true)
		body.within("input", in.end())
	}
	q := &query{values: body.parameters(filter)}
	if b.Filter, ok = d.chooseParcels(c, q); !ok {
		return b, false
	}
	body.within("filter", q.end())
	return b, true
}

// within notes the faults of an object inside of the body.
func (o *object) within(name string, faults []ingress.Fault) {
	for _, f := range faults {
		o.wrong(name+"."+f.Field, f.Detail)
	}
}

// parameters are the fields of a filter as the parameters of a list: both choose by the same.
func (o *object) parameters(filter map[string]jsontext.Value) url.Values {
	values := url.Values{}
	for name, raw := range filter {
		switch raw.Kind() {
		case 't':
			values.Set(name, "true")
		case '"':
			text, _ := jsontext.AppendUnquote(nil, raw)
			values.Set(name, string(text))
		default:
			o.wrong("filter."+name, "this is neither a text nor true: write one, or leave the field out")
		}
	}
	return values
}

// startBatch starts a batch, unless the same one was started before under its key.
func (d *Desk) startBatch(ctx context.Context, c *gin.Context, b recorder.Batch) ingress.Answer {
	started := ingress.Answer{Code: http.StatusOK, Outcome: "started"}
	before := func() (a ingress.Answer, is bool) {
		if b.Mark == "" {
			return a, false
		}
		state, found, err := d.parcels.Batch(ctx, contract.BatchID(b.Input.Batch))
		switch {
		case err != nil || !found:
			return a, false
		case state.Mark != b.Mark:
			return keyReused, true
		}
		return started, true
	}
	if a, is := before(); is {
		return a
	}
	err := d.parcels.StartBatch(ctx, b)
	if err == nil {
		return started
	}
	if a, is := before(); is {
		return a // it was started in between
	}
	if errors.Is(err, recorder.ErrBusyBatches) {
		return batchesBusy
	}
	ingress.Note(c, "fault", err.Error())
	return outcomeUnknown
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
