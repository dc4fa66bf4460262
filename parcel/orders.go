package parcel

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"waybill/delivery"
	"waybill/words"
)

// Order is something that operators have a parcel do. From its row in [Orders] follow the
// Update and the Signal of the workflow, and the reference in docs/operating.md.
type Order struct {
	// Name is in kebab case. What the order is called and what it does stands in the files of
	// words, under that name.
	Name   string
	Fields []Field
	// NewRun orders have the workflow continue as new. One says that the order is for one parcel only.
	NewRun, One bool
	// toRecipient orders make no sense once nobody knows the recipient any more.
	toRecipient bool

	// fits reports whether the order makes sense where the parcel stands; nil always does.
	// do carries it out, or says why not.
	fits func(p *Parcel) bool
	do   func(p *Parcel, in Input, policy Policy, now time.Time) (Answer, error)
}

// Field is a field of an order, besides those that [Input] has for all orders.
type Field struct {
	// Name is the member of [Input], as JSON has it. Example is a possible value in JSON.
	Name, Example, Help string
	Kind                FieldKind
	Required            bool
	// fault says what is wrong with a value that is given; nil if all are right.
	fault func(p *Parcel, in Input) error
}

// FieldKind is what the value of a field is.
type FieldKind int

// The kinds of fields.
const (
	TextField FieldKind = iota
	KeysField
	SwitchField
	ParcelField
)

// OfOne reports whether the field makes sense for one parcel only.
func (f Field) OfOne() bool { return f.Kind != SwitchField }

// FieldFault is what is wrong with a field that an order is given with, and which one that is;
// both are empty if all are right.
func (o Order) FieldFault(p *Parcel, in Input) (field, why string) {
	given, err := in.given()
	if err != nil {
		return "", err.Error()
	}
	for _, f := range o.Fields {
		_, is := given[f.Name]
		if !is && f.Required {
			return f.Name, "it is missing: " + f.Help
		}
		if is && f.fault != nil {
			if err := f.fault(p, in); err != nil {
				return f.Name, err.Error()
			}
		}
	}
	return "", ""
}

// Orders are all orders. Workflows look at their signals in this order: a new order may stand
// anywhere, but to move one is a change of frozen code.
func Orders() []Order { return slices.Clone(orders) }

// OrderNamed is the order with a name.
func OrderNamed(name string) (Order, bool) {
	i := slices.IndexFunc(orders, func(o Order) bool { return o.Name == name })
	if i < 0 {
		return Order{}, false
	}
	return orders[i], true
}

var orders = []Order{
	{
		Name: "pause-mails",
		fits: func(p *Parcel) bool { return !p.Paused },
		do:   (*Parcel).pause,
	},
	{
		Name: "resume-mails",
		fits: func(p *Parcel) bool { return p.Paused }, do: (*Parcel).resume,
	},
	{
		Name:   "change-recipient",
		Fields: []Field{emailField, nameField, languageField}, One: true, toRecipient: true,
		fits: func(p *Parcel) bool { return !p.Facts.IsReturn }, do: (*Parcel).changeRecipient,
	},
	{
		Name: "send-again", Fields: []Field{sentField}, One: true, toRecipient: true,
		fits: hasMail(delivery.Accepted), do: (*Parcel).sendAgain,
	},
	{
		Name:   "retry-mails",
		Fields: []Field{parkedField, forceField},
		fits:   hasMail(delivery.Parked), do: (*Parcel).retryMails,
	},
	{
		Name: "drop-mails", Fields: []Field{parkedField},
		fits: hasMail(delivery.Parked), do: (*Parcel).dropMails,
	},
	{
		Name:   "continue-as-new",
		Fields: []Field{stateField}, NewRun: true,
		do: (*Parcel).become,
	},
}

// The fields of the orders.
var (
	sentField = Field{
		Name: "keys", Kind: KeysField, Example: `["..."]`, Required: true,
		Help: "The mails, by their keys as Describe lists them.",
	}
	parkedField = Field{
		Name: "keys", Kind: KeysField, Example: `["..."]`,
		Help: "The parked mails, by their keys as Describe lists them. Without keys: all parked mails.",
	}
	forceField = Field{Name: "force", Kind: SwitchField, Example: `true`, Help: "Also sends mails that newer news has overtaken."}
	emailField = Field{
		Name: "email", Example: `"jane.doe@example.com"`, fault: emailFault,
		Help: "The new address. Without it, the address stays.",
	}
	nameField = Field{
		Name: "name", Example: `"Jane Doe"`, fault: nameFault,
		Help: "The name by which mails address the recipient. Without it, the name stays.",
	}
	languageField = Field{
		Name: "language", Example: `"fr"`, fault: languageFault,
		Help: "The language of later mails. Without it, the language stays: by default that of the recipient's country.",
	}
	stateField = Field{
		Name: "parcel", Kind: ParcelField, Example: `{...}`, fault: stateFault,
		Help: "The state from now on: the answer of Describe, corrected. If anything has happened to the parcel since, the order is refused. Mails, and what other orders have changed, stay as they are. Without this field the state stays as it is.",
	}
)

// Unfit says why the order makes no sense where the parcel stands; nil if it does.
func (o Order) Unfit(p *Parcel) *words.Text {
	if o.toRecipient && !p.ErasedAt.IsZero() {
		return words.Say("parcel.fault.erased")
	}
	if o.fits == nil || o.fits(p) {
		return nil
	}
	return o.say("unfit")
}

func (o Order) say(what string) *words.Text {
	return words.Say("parcel_order." + o.Name + "." + what)
}

// Label is the name as a button has it.
func (o Order) Label() *words.Text { return o.say("label") }

// Does says what the order does.
func (o Order) Does() *words.Text { return o.say("does") }

// Done says that the order was followed; nil if there is no order.
func (o Order) Done() *words.Text {
	if o.Name == "" {
		return nil
	}
	return o.say("done")
}

// UpdateName names its Update and its Signal.
func (o Order) UpdateName() string { return delivery.UpdateName(o.Name) }

// Usage is what the order does, and what it can be given with.
func (o Order) Usage() string {
	var names []string
	for _, f := range o.Fields {
		names = append(names, f.Name)
	}
	return fmt.Sprintf("%s Fields: %s.", o.Does(), strings.Join(append(names, "by", "why", "dryRun"), ", "))
}

// Input is who gives an order and why, and its fields. In JSON all are members of one object:
// {"by": "support", "why": "a typing error", "email": "jane@example.com"}.
type Input struct {
	By  string `json:"by,omitempty"`
	Why string `json:"why,omitempty"`
	// Batch is the id of an order to many parcels, perhaps with their integrations. A parcel
	// follows it once, however often it comes.
	Batch string `json:"batch,omitempty"`
	// Proof is the proof of who gives the order, if there is one; it works once. The caller of
	// [Parcel.Follow] checks it, and says in Proven whether it holds.
	Proof  string `json:"proof,omitempty"`
	Proven bool   `json:"-"`
	// Plain says that the order came unencrypted; see [Input.CamePlain].
	Plain bool `json:"-"`
	// DryRun answers what would come of the order, and changes nothing.
	DryRun bool `json:"dryRun,omitempty"`

	// The fields.
	Keys     []string `json:"keys,omitempty"`
	Force    bool     `json:"force,omitempty"`
	Email    string   `json:"email,omitempty"`
	Name     string   `json:"name,omitempty"`
	Language Language `json:"language,omitempty"`
	Parcel   *Parcel  `json:"parcel,omitempty"`

	// unread is why the JSON cannot be read.
	unread error
}

// CamePlain notes that the order came unencrypted, which everyone who reaches Temporal can send.
func (in *Input) CamePlain() { in.Plain = true }

// UnmarshalJSON implements json.Unmarshaler. What cannot be read refuses the order later, so
// that it is recorded: a Signal that cannot be decoded is lost.
func (in *Input) UnmarshalJSON(raw []byte) error {
	type plain Input
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.DisallowUnknownFields() // an order with a typing error would be about all mails
	in.unread = decoder.Decode((*plain)(in))
	return nil
}

// given are the fields that are not empty.
func (in Input) given() (fields map[string]json.RawMessage, err error) {
	in.By, in.Why, in.Batch, in.Proof, in.DryRun = "", "", "", "", false
	raw, err := json.Marshal(in)
	if err == nil {
		err = json.Unmarshal(raw, &fields)
	}
	return fields, err
}

// Answer is what comes of an order, for the mails that it is about.
type Answer struct {
	Mails []Judged `json:"mails,omitempty"`
}

// Judged is what an order comes to for one mail.
type Judged struct {
	Key  string   `json:"key"`
	Mail MailKind `json:"mail"`
	// Leaves says that it is sent; Why says why it is not.
	Leaves bool   `json:"leaves"`
	Why    string `json:"why,omitempty"`
}

// Follow is the [Parcel.Step] of an order. The error says in words for the operator why it is
// refused.
func (p *Parcel) Follow(o Order, in Input, policy Policy, now time.Time) (answer Answer, err error) {
	if in.DryRun {
		p = p.copied()
	}
	err = p.Step(policy, now, func() error {
		if err := o.fault(p, in); err != nil {
			return err
		}
		p.note(o, in, "", now)
		answer, err = o.do(p, in, policy, now)
		return err
	})
	return answer, err
}

// fault says what is wrong with an order.
func (o Order) fault(p *Parcel, in Input) error {
	given, err := in.given()
	if err = cmp.Or(in.unread, err); err != nil {
		return errors.New(cut("the input cannot be read: " + err.Error()))
	}
	if in.Keys != nil && len(in.Keys) == 0 {
		return words.Fault("parcel.fault.no_keys")
	}
	if p.follows(o, in) {
		return words.Fault("parcel.fault.batch")
	}
	if why := o.Unfit(p); why != nil {
		return &words.Error{Why: why}
	}
	for _, f := range o.Fields {
		_, is := given[f.Name]
		if !is && f.Required {
			return words.Fault("parcel.fault.missing", "Field", f.Name, "Help", f.Help)
		}
		if is && f.fault != nil {
			if err := f.fault(p, in); err != nil {
				return err
			}
		}
		delete(given, f.Name)
	}
	if len(given) > 0 {
		return words.Fault("parcel.fault.takes", "Order", o.UpdateName(), "Fields", fmt.Sprintf("%q", slices.Sorted(maps.Keys(given))))
	}
	return nil
}

// OrderEntry is one line of the record of orders.
type OrderEntry struct {
	At time.Time `json:"at"`
	// What was ordered, By whom and Why, as far as that was said.
	What string `json:"what"`
	By   string `json:"by,omitempty"`
	Why  string `json:"why,omitempty"`
	// Refused says why the order was not followed.
	Refused string `json:"refused,omitempty"`
	// Batch is that of the order. Proof is what has proven By; empty if nothing has.
	Batch string `json:"batch,omitempty"`
	Proof string `json:"proof,omitempty"`
}

// Refuse notes a refused order that came as a signal: no caller waits for an answer. A copy of
// one that stands in the record is not noted.
func (p *Parcel) Refuse(o Order, in Input, why error, now time.Time) {
	if !p.follows(o, in) {
		p.note(o, in, why.Error(), now)
	}
}

// follows reports whether an order of a batch stands in the record.
func (p *Parcel) follows(o Order, in Input) bool {
	return in.Batch != "" && slices.ContainsFunc(p.Orders, func(e OrderEntry) bool { return e.Batch == cut(in.Batch) && e.What == o.UpdateName() })
}

// note writes an order down. Operators are asked to write no personal data.
func (p *Parcel) note(o Order, in Input, refused string, now time.Time) {
	e := OrderEntry{At: now, What: o.UpdateName(), By: cut(in.By), Why: cut(in.Why), Refused: refused, Batch: cut(in.Batch)}
	if in.Proven && !slices.ContainsFunc(p.Orders, func(e OrderEntry) bool { return e.Proof == in.Proof }) {
		e.Proof = in.Proof
	}
	p.Orders = append(slices.Clip(p.Orders), e)
	if len(p.Orders) > orderLimit {
		i := slices.IndexFunc(p.Orders, func(e OrderEntry) bool { return e.Proof == "" || now.Sub(e.At) > proofKept })
		p.Orders = slices.Delete(p.Orders, max(i, 0), max(i, 0)+1)
	}
}

// proofKept is longer than a proof holds. Until then its order is not forgotten for the sake of
// others, which everyone who reaches Temporal can give: it would work a second time.
const proofKept = 48 * time.Hour

// maxRemark is the most that is kept of an operator's words, and longer than any name.
const maxRemark = 200

func cut(s string) string {
	if r := []rune(s); len(r) > maxRemark {
		return string(r[:maxRemark])
	}
	return s
}
