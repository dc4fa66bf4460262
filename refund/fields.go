package refund

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"waybill/delivery"
	"waybill/words"
)

// Field is something that an order can be given with.
type Field struct {
	// Name is in camel case, as JSON has it.
	Name string
	Kind Kind
	// Called is its name among the texts, if it is not Name: other orders call another field so.
	Called string
	// bare has it do without Help.
	bare bool
	// Example is a possible value.
	Example string
	// customer says that it is the customer's own data, which no refund takes once that was erased.
	customer bool
	// CustomerReads says that it goes into a mail to the customer.
	CustomerReads bool
	// Required fields must not be empty. Need says it where that depends on the refund.
	Required bool
	Need     func(r *Refund) Need
	// Known is the value in the facts that no order changes, if there is one. Another value is
	// refused, so that nobody believes that it counts.
	Known func(Facts) (value string, known bool)
}

func (f Field) say(what string) *words.Text {
	return words.Say("refund_field." + cmp.Or(f.Called, f.Name) + "." + what)
}

// Label is above the field in a form.
func (f Field) Label() *words.Text { return f.say("label") }

// Help is below it; nil if it needs none.
func (f Field) Help() *words.Text {
	if f.bare {
		return nil
	}
	return f.say("help")
}

// Need says whether a refund needs a field.
type Need int

// The needs. An Unasked field is not on the pages: its value is known.
const (
	Optional Need = iota
	Required
	Unasked
)

// NeedOf says whether a refund needs the field, or any refund if r is nil.
func (f Field) NeedOf(r *Refund) Need {
	switch {
	case f.Required:
		return Required
	case f.erased(r):
		return Unasked
	case f.Need != nil && r != nil:
		return f.Need(r)
	}
	return Optional
}

// erased reports whether the field is about a customer whose data was erased.
func (f Field) erased(r *Refund) bool { return f.customer && r != nil && !r.ErasedAt.IsZero() }

// AskedOf is [Field.NeedOf] for this person: a value that is known and only managers correct is asked
// of nobody else.
func (f Field) AskedOf(person Person, r *Refund) Need {
	if f.Name == orderValueField.Name && r.Facts.OrderValue.Known() && !person.may(Manager) {
		return Unasked
	}
	return f.NeedOf(r)
}

// Flag is the name of the field on the command line: order-value for orderValue.
func (f Field) Flag() string {
	return capital.ReplaceAllStringFunc(f.Name, func(letter string) string { return "-" + strings.ToLower(letter) })
}

var capital = regexp.MustCompile(`[A-Z]`)

// Kind is what a field holds.
type Kind string

// The kinds.
const (
	KindWords    Kind = "words" // can have several lines
	KindName     Kind = "name"
	KindPerson   Kind = "person" // a name in the policy
	KindAmount   Kind = "amount"
	KindCurrency Kind = "currency"
	KindAddress  Kind = "mail address"
	KindCountry  Kind = "country"
)

// kinds say how many characters a field of a kind can have, which texts, and what to write
// instead of others.
var kinds = map[Kind]struct {
	most    int
	texts   *regexp.Regexp
	instead string // a text
}{
	KindWords:    {most: 500}, // it goes into a mail
	KindName:     {most: 200}, // longer than any name
	KindPerson:   {most: 200},
	KindAmount:   {most: mostDigits},
	KindCurrency: {most: 3},
	KindAddress:  {delivery.MaxAddress, delivery.Address, "refund.fault.address"},
	KindCountry:  {2, regexp.MustCompile(`^[A-Z]{2}$`), "refund.fault.country"},
}

// Most is the most characters that a field of the kind may have.
func (k Kind) Most() int { return kinds[k].most }

// fault says what is wrong with a value that is not empty. An amount is in the currency, if
// that is known.
func (f Field) fault(text, currency string) (err error) {
	kind := kinds[f.Kind]
	switch {
	case utf8.RuneCountInString(text) > kind.most:
		return words.Fault("refund.fault.long", "Most", kind.most)
	case kind.texts != nil && !kind.texts.MatchString(text):
		return words.Fault(kind.instead)
	case f.Kind == KindCurrency:
		_, err = decimalsOf(text)
	case f.Kind == KindAmount && currency == "":
		_, err = readAmount(text, mostDecimals)
	case f.Kind == KindAmount:
		_, err = ParseMoney(text, currency)
	}
	return err
}

// lacks is the fault of a required field that is empty.
func (f Field) lacks() *words.Text {
	switch {
	case f.Kind == KindPerson:
		return words.Say("refund.fault.choose")
	case f.CustomerReads:
		return words.Say("refund.fault.lacks_read", "Field", f.say("in_sentence"))
	case f.Need != nil:
		return words.Say("refund.fault.lacks_unknown", "Field", f.say("in_sentence"))
	}
	return words.Say("refund.fault.lacks", "Field", f.say("in_sentence"))
}

// Fault is what is wrong with a field, or with the order if Field is empty.
type Fault struct {
	Field string
	Why   *words.Text
}

// FaultsError is all that is wrong with an order's fields.
type FaultsError []Fault

func (e FaultsError) Error() string {
	var all []string
	for _, f := range e {
		all = append(all, strings.TrimPrefix(f.Field+": "+f.Why.String(), ": "))
	}
	return strings.Join(all, "; ")
}

// Input is who gives an order, and its fields as they wrote them. In JSON all are members of
// one object: {"by": "anna", "amount": "80.00"}.
type Input struct {
	Said
	Fields map[string]string
	// Plain says that the order came unencrypted; see [Input.CamePlain]. It is not part of the JSON.
	Plain bool
}

// CamePlain notes that the order came unencrypted, which everyone who reaches Temporal can send.
func (in *Input) CamePlain() { in.Plain = true }

// MarshalJSON implements json.Marshaler.
func (in Input) MarshalJSON() ([]byte, error) {
	flat := map[string]string{}
	for name, value := range in.Fields {
		flat[name] = strings.ToValidUTF8(value, "\uFFFD") // or a proof would not hold for what is read
	}
	for name, value := range map[string]string{"by": in.By, "via": string(in.Via), "link": in.Link, "proof": in.Proof} {
		if value != "" {
			flat[name] = value
		}
	}
	return json.Marshal(flat)
}

// UnmarshalJSON implements json.Unmarshaler.
func (in *Input) UnmarshalJSON(raw []byte) error {
	fields, err := ReadFields(raw)
	if err != nil {
		return err
	}
	take := func(name string) string {
		defer delete(fields, name)
		return fields[name]
	}
	in.Said, in.Fields = Said{By: take("by"), Via: Via(take("via")), Link: take("link"), Proof: take("proof")}, fields
	return nil
}

// ReadFields reads one JSON object of texts. A number is its digits.
func ReadFields(raw []byte) (map[string]string, error) {
	var values map[string]json.RawMessage
	if err := json.Unmarshal(raw, &values); err != nil || values == nil {
		return nil, errors.New("this has to be one JSON object, whose values are texts")
	}
	fields := map[string]string{}
	for name, value := range values {
		var text string
		if json.Unmarshal(value, &text) != nil {
			text = string(bytes.TrimSpace(value))
		}
		fields[name] = text
	}
	return fields, nil
}

// Faults are what is wrong with the fields of an order of a refund, or of any if r is nil.
func (o Order) Faults(fields map[string]string, r *Refund) []Fault {
	currency := currencyOf(fields, r)
	var faults []Fault
	var names []string
	known := 0
	for _, f := range o.Fields {
		names = append(names, f.Name)
		if _, given := fields[f.Name]; given {
			known++
		}
		text := f.plain(fields[f.Name])
		if text == "" {
			if f.NeedOf(r) == Required {
				faults = append(faults, Fault{f.Name, f.lacks()})
			}
		} else if err := cmp.Or(f.fault(text, currency), f.otherwise(text, r)); err != nil {
			faults = append(faults, Fault{f.Name, words.Of(err)})
		}
	}
	if known < len(fields) {
		takes := words.Say("refund.fault.takes_none", "Order", o.Name)
		if len(names) > 0 {
			takes = words.Say("refund.fault.takes", "Order", o.Name, "Fields", strings.Join(names, ", "))
		}
		faults = append(faults, Fault{"", takes})
	}
	return faults
}

// otherwise refuses another value than one that is known and stays as it is.
func (f Field) otherwise(text string, r *Refund) error {
	if r == nil || f.Known == nil {
		return nil
	}
	if f.erased(r) {
		return words.Fault("refund.fault.erased")
	}
	if value, known := f.Known(r.Facts); known && !strings.EqualFold(text, value) {
		return words.Fault("refund.fault.known")
	}
	return nil
}

// currencyOf is the currency of the amounts among some fields.
func currencyOf(fields map[string]string, r *Refund) string {
	code := currencyField.plain(fields[currencyField.Name])
	if code == "" && r != nil {
		code = r.Facts.CurrencyCode()
	}
	return code
}

// CurrencyCode is the currency of a refund, empty if no source tells it.
func (f Facts) CurrencyCode() string {
	return cmp.Or(f.Amount.Currency, f.OrderValue.Currency, f.Refunded.Currency)
}

// plain is what was written, without control characters: it goes into mails and the
// decision log.
func (f Field) plain(text string) string {
	text = strings.ReplaceAll(strings.ToValidUTF8(text, ""), "\r\n", "\n")
	if f.Kind == KindCurrency || f.Kind == KindCountry {
		text = strings.ToUpper(text)
	}
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			return -1
		}
		return r
	}, text))
}

// values are an order and its fields, as its rule reads them.
type values struct {
	Said
	order    Order
	fields   map[string]string
	currency string
}

// text is what a field holds.
func (v values) text(f Field) string {
	if _, takes := v.order.Field(f.Name); !takes {
		panic("the order " + v.order.Name + " does not take the field " + f.Name) // seen by its first test
	}
	return f.plain(v.fields[f.Name])
}

// money is the amount in a field; unknown if the field is empty or at fault.
func (v values) money(f Field) Money {
	m, _ := ParseMoney(v.text(f), v.currency)
	return m
}

// customer is the customer whom a person enters.
func (v values) customer() Customer {
	return Customer{Name: v.text(nameField), Email: v.text(emailField), Country: v.text(countryField)}
}
