package desk

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"
	strict "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	legacy "github.com/go-json-experiment/json/v1"

	"waybill/contract"
	"waybill/ingress"
	"waybill/parcel"
	"waybill/refund"
)

// object is a body whose fields are taken one after the other. What is left in the end is wrong:
// no field is ignored.
type object struct {
	fields map[string]jsontext.Value
	known  []string
	faults []ingress.Fault
}

func (o *object) wrong(name, detail string) {
	o.faults = append(o.faults, ingress.Fault{Field: name, Detail: sentence(detail)})
}

// readObject reads a body as one JSON object; an empty body is an empty one. Unlike the standard
// library, the decoder refuses a field that is there twice, and tells "why" from "Why". If it
// cannot, it answers the request.
func readObject(c *gin.Context) (*object, bool) {
	body, refusal := ingress.ReadBody(c, formLimit, bodyTooLarge)
	if refusal != nil {
		ingress.Reply(c, *refusal)
		return nil, false
	}
	o := &object{fields: map[string]jsontext.Value{}}
	if body = bytes.TrimSpace(body); len(body) == 0 {
		return o, true
	}
	if body[0] != '{' || strict.Unmarshal(body, &o.fields) != nil {
		ingress.Reply(c, bodyUnreadable)
		return nil, false
	}
	return o, true
}

// take reads a field of some type, and reports whether it is there and right. must says what has
// to stand there.
func take[T any](o *object, name, must string) (value T, ok bool) {
	o.known = append(o.known, name)
	raw, is := o.fields[name]
	if !is {
		return value, false
	}
	delete(o.fields, name)
	if raw.Kind() == 'n' || strict.Unmarshal(raw, &value, strict.RejectUnknownMembers(true)) != nil {
		o.wrong(name, "this is not "+must+": write one, or leave the field out")
		return value, false
	}
	return value, true
}

// takeText reads a text that is not blank.
func takeText(o *object, name string) (string, bool) {
	text, ok := take[string](o, name, "a text")
	if ok && strings.TrimSpace(text) == "" {
		o.wrong(name, "this is empty: write something, or leave the field out")
		return "", false
	}
	return text, ok
}

// end refuses the fields that nobody has taken, and is all that is wrong.
func (o *object) end() []ingress.Fault {
	for _, name := range slices.Sorted(maps.Keys(o.fields)) {
		takes := "no fields are taken here"
		if len(o.known) > 0 {
			takes = "the fields are " + strings.Join(o.known, ", ")
		}
		o.wrong(name, "there is no such field: "+takes)
	}
	return o.faults
}

// written is an amount as a request has it.
type written struct {
	Value    string `json:"value"`
	Currency string `json:"currency"`
}

// takeAmount reads an amount, which has exactly the decimals of its currency.
func takeAmount(o *object, name string) (refund.Money, bool) {
	w, ok := take[written](o, name, `an amount such as {"value": "79.90", "currency": "EUR"}`)
	if !ok {
		return refund.Money{}, false
	}
	m, err := refund.ParseDecimal(w.Value, w.Currency)
	if err == nil && m.Digits() != w.Value {
		err = fmt.Errorf("write the value with the decimals of the currency, as in %s", m.Digits())
	}
	if err != nil {
		o.wrong(name, err.Error())
	}
	return m, err == nil
}

// refundFields are the fields of an order to a refund, as its rules read them.
func refundFields(o *object, order refund.Order) map[string]string {
	fields, codes := map[string]string{}, []string{}
	for _, f := range order.Fields {
		switch f.Kind {
		case refund.KindCurrency: // each amount has its own
		case refund.KindAmount:
			if m, ok := takeAmount(o, f.Name); ok {
				fields[f.Name], codes = m.Written(), append(codes, m.Currency)
			}
		default:
			if text, ok := takeText(o, f.Name); ok {
				fields[f.Name] = text
			}
		}
	}
	if codes = slices.Compact(codes); len(codes) > 1 {
		o.wrong("amount", "the amounts are in different currencies: write all in one")
	} else if len(codes) == 1 {
		fields["currency"] = codes[0]
	}
	return fields
}

// parcelInput is the input of an order to a parcel, or to many.
func parcelInput(o *object, order parcel.Order, many bool) (in parcel.Input) {
	for _, f := range order.Fields {
		if many && f.OfOne() {
			continue
		}
		switch f.Kind {
		case parcel.TextField:
			if text, ok := takeText(o, f.Name); ok {
				o.set(f.Name, text, &in)
			}
		case parcel.SwitchField:
			if on, ok := take[bool](o, f.Name, "true or false"); ok {
				o.set(f.Name, on, &in)
			}
		case parcel.KeysField:
			// An empty list is not sent on to the workflow, where no list means all.
			if texts, ok := take[[]string](o, f.Name, "a list of texts"); ok && len(texts) == 0 {
				o.wrong(f.Name, "this list is empty: write something, or leave the field out")
			} else if ok {
				o.set(f.Name, texts, &in)
			}
		case parcel.ParcelField: // no order has one that people of a policy give
		}
	}
	in.Why, _ = takeText(o, "why")
	return in
}

// set writes a field into an input.
func (o *object) set(name string, value any, in *parcel.Input) {
	raw, err := json.Marshal(map[string]any{name: value})
	if err == nil {
		type plain parcel.Input // without its own decoder, which keeps faults for later
		err = json.Unmarshal(raw, (*plain)(in))
	}
	if err != nil {
		o.wrong(name, "this cannot be read: "+err.Error())
	}
}

// keyHeader is the header of https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header.
const keyHeader = "Idempotency-Key"

// keyText is what can stand there.
var keyText = regexp.MustCompile(`^[!-~]{1,128}$`)

// takeKey reads the key under which an order is followed once; empty if there is none. An order
// that is only tried has none.
func (o *object) takeKey(c *gin.Context, dryRun bool) string {
	given := c.Request.Header.Values(keyHeader)
	switch {
	case len(given) == 0:
		return ""
	case len(given) > 1 || !keyText.MatchString(given[0]):
		o.wrong(keyHeader, "write one key of 1 to 128 visible ASCII characters, such as a random UUID")
	case dryRun:
		o.wrong(keyHeader, "a dry run is never followed, and needs no key: leave it out")
	}
	return given[0]
}

// markOf marks an order that came under a key; empty without one.
func markOf(c *gin.Context, key, order string, input any) string {
	if key == "" {
		return ""
	}
	raw, err := json.Marshal(input)
	if err != nil {
		panic(err) // it was read from JSON
	}
	return contract.OnceMark(c.GetString(personKey), key, order, raw)
}

// underKey looks which order was followed under the key of a mark, if two came at once: Temporal
// gives both the answer of the first one. noted are the marks of the orders that were followed.
func underKey(mark string, a ingress.Answer, noted func() ([]string, error)) ingress.Answer {
	if mark == "" || a.Code != http.StatusOK && a.Code != http.StatusConflict {
		return a
	}
	marks, err := noted()
	switch given := contract.SameKey(marks, mark); {
	case err != nil && a.Code == http.StatusOK:
		return outcomeUnknown
	case err != nil, given == "":
		return a
	case given != mark:
		return keyReused
	}
	return ingress.Answer{Code: http.StatusOK, Outcome: "done"}
}

// asAnswer has the API write amounts with the decimals of their currency: "79.90" and not "79.9",
// which is how a state holds them.
var asAnswer = strict.JoinOptions(legacy.DefaultOptionsV1(), strict.WithMarshalers(strict.MarshalFunc(func(m refund.Money) ([]byte, error) {
	if !m.Known() {
		return nil, errors.New("an unknown amount has no place in an answer")
	}
	return json.Marshal(written{Value: m.Digits(), Currency: m.Currency})
})))

// answerJSON answers with what was asked for.
func answerJSON(c *gin.Context, outcome string, body any) {
	raw, err := strict.Marshal(body, asAnswer)
	if err != nil {
		ingress.Note(c, "fault", err.Error())
		ingress.Reply(c, ingress.InternalFault)
		return
	}
	ingress.Note(c, "outcome", outcome)
	ingress.Describe(c)
	c.Header("Cache-Control", "no-store")
	c.Header("X-Content-Type-Options", "nosniff")
	c.Data(http.StatusOK, "application/json; charset=utf-8", raw)
}
