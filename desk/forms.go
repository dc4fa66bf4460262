package desk

import (
	"errors"
	"slices"
	"time"

	"waybill/recorder"
	"waybill/refund"
)

// form is a deed that is offered.
type form struct {
	// Deed is its name, ID the beginning of its fields' ids.
	Deed, ID string
	// Path is where it goes, Link the mailed link that it goes with.
	Path, Link string
	// Title is above it, Press on its button.
	Title, Press, Hint string
	Fields             []field
	// Grave deeds cannot be taken back, Plain ones are not what people mostly come
	// for, and Folded ones are rarely wanted.
	Grave, Plain, Folded, Open bool
}

// field is one field of a form.
type field struct {
	ID, Name, Label, Hint, Value string
	// Fault is what is wrong with it.
	Fault string
	// Area has several lines; Options are what can be chosen.
	Area    bool
	Options []string
	// Needed must not be empty.
	Needed bool
	Most   int
	// Mode is which keys a telephone shows.
	Mode string
}

// refused says why deeds are not offered.
type refused struct{ What, Why string }

// labels are what the pages call the deeds.
var labels = map[string]form{
	"approve":  {Title: "Approve", Press: "Approve"},
	"reject":   {Title: "Reject", Press: "Reject", Grave: true},
	"ask":      {Title: "Ask the customer", Press: "Send the question", Plain: true},
	"answer":   {Title: "Enter the customer's answer", Press: "Enter the answer", Hint: "If it came by telephone or mail. People decide again then."},
	"goods":    {Title: "The goods are here", Press: "The goods are here", Hint: "The refund does not wait for them any more.", Plain: true, Folded: true},
	"pay":      {Title: "Pay again", Press: "Pay again", Hint: "The shop's endpoint is asked under the same key, so that nothing is paid twice."},
	"mail":     {Title: "Mail the customer again", Press: "Mail the customer again", Hint: "The last mail to the customer did not go out. The mails below say why."},
	"reassign": {Title: "Give it to another person", Press: "Give it to them", Plain: true, Folded: true},
	"withdraw": {Title: "Withdraw it for the customer", Press: "Withdraw the refund", Hint: "If the customer does not want the money any more. This cannot be taken back.", Grave: true, Folded: true},
}

// counter is a person before a refund.
type counter struct {
	known  refund.Refund
	policy refund.Policy
	said   refund.Said
	now    time.Time
}

// tried is a deed that was pressed and not done: its form shows again what was
// written.
type tried struct {
	deed   string
	given  map[string]string
	faults []fault
}

// offer says what a person may do with a refund, and why not the rest.
func (c counter) offer(which []string, t tried) (forms []form, not []refused) {
	r := &c.known
	for _, d := range deeds {
		if !slices.Contains(which, d.name) || !d.offered(r) {
			continue
		}
		f := labels[d.name]
		f.Deed, f.ID = d.name, d.name
		if d.name == "goods" && r.State == refund.AwaitingGoods {
			f.Folded, f.Plain = false, false // it is what is waited for
		}
		if err := c.may(d); err != nil {
			i := slices.IndexFunc(not, func(n refused) bool { return n.Why == sentence(err) })
			if i < 0 {
				not = append(not, refused{f.Title, sentence(err)})
			} else {
				not[i].What += ", " + f.Title
			}
			continue
		}
		f.Fields = c.fields(d)
		if t.deed == d.name {
			f.refill(t)
		}
		forms = append(forms, f)
	}
	return forms, not
}

// refill shows again what was written, and what is wrong with it.
func (f *form) refill(t tried) {
	f.Open = true
	for i := range f.Fields {
		f.Fields[i].Value = t.given[f.Fields[i].Name]
		for _, wrong := range t.faults {
			if wrong.Field == f.Fields[i].Name {
				f.Fields[i].Fault = wrong.Why
			}
		}
	}
}

// shown are the faults, each with its field only if that is on the page.
func shown(forms []form, t tried) []fault {
	var faults []fault
	for _, wrong := range t.faults {
		there := slices.ContainsFunc(forms, func(f form) bool {
			return f.Deed == t.deed && slices.ContainsFunc(f.Fields, func(one field) bool { return one.Name == wrong.Field })
		})
		if !there {
			wrong.Field = ""
		}
		faults = append(faults, wrong)
	}
	return faults
}

// may says why somebody may not do something, whatever they write.
func (c counter) may(d deed) error {
	w := wish{Said: c.said, text: "..."}
	if d.name == "reassign" {
		if len(c.others()) > 0 {
			return nil
		}
		// The rules may have another reason, which comes first.
		w.person = c.said.By
		var person *refund.PersonError
		if err := d.refuses(c.known, w, c.policy, c.now); errors.As(err, &person) {
			return err
		}
		return &recorder.RefusedError{Why: "there is nobody else who may decide"}
	}
	if d.name == "approve" {
		w.amount, w.orderValue = c.least()
	}
	return d.refuses(c.known, w, c.policy, c.now)
}

// least is the least that could be approved, where a person has to tell the
// amount or the order's value.
func (c counter) least() (amount, value refund.Money) {
	f := c.known.Facts
	currency := currencyOf(f)
	if currency == "" {
		currency = c.currency()
	}
	if !f.Amount.Known() {
		var err error
		if amount, err = refund.ParseMoney("0.01", currency); err != nil {
			amount, _ = refund.ParseMoney("1", currency) // one without decimals
		}
	}
	if !f.OrderValue.Known() {
		value, _ = refund.ParseMoney("1000000000", currency)
	}
	return amount, value
}

// currency is what a person probably decides in.
func (c counter) currency() string {
	all := map[string]bool{}
	person, _ := c.policy.Person(c.said.By)
	for code := range c.policy.Limits {
		if _, may := person.Limits[code]; may || person.Limits == nil {
			all[code] = true
		}
	}
	for code := range person.Limits {
		all[code] = true
	}
	if len(all) == 1 {
		for code := range all {
			return code
		}
	}
	return "EUR"
}

// others are those whom the refund can be given to.
func (c counter) others() []string {
	give, _ := deedNamed("reassign")
	var others []string
	for _, somebody := range c.policy.People {
		w := wish{Said: c.said, person: somebody.Name}
		if somebody.Name != c.known.Holder && somebody.Name != c.said.By && give.refuses(c.known, w, c.policy, c.now) == nil {
			others = append(others, somebody.Name)
		}
	}
	return others
}

// fields are what a deed asks for.
func (c counter) fields(d deed) []field {
	text := func(name, label, hint string, needed bool) field {
		return field{ID: d.name + "-" + name, Name: name, Label: label, Hint: hint, Area: true, Needed: needed, Most: refund.MaxWords}
	}
	switch d.name {
	case "approve":
		return append(c.unknown(), text("why", "Note for the receipt", "Optional. The customer does not read it.", false))
	case "reject":
		return []field{text("why", "Reason", "The customer reads it.", true)}
	case "ask":
		return []field{text("question", "Question", "The customer reads it, and the refund waits for the answer.", true)}
	case "answer":
		return []field{text("answer", "What the customer answered", "", true)}
	case "reassign":
		return []field{{ID: "reassign-to", Name: "to", Label: "Who is asked from now on", Hint: "Others may still decide.", Options: c.others(), Needed: true}}
	}
	return nil
}

// unknown asks with an approval for what no source told.
func (c counter) unknown() []field {
	f := c.known.Facts
	one := func(name, label, hint string, needed bool, most int, mode string) field {
		return field{ID: "approve-" + name, Name: name, Label: label, Hint: hint, Needed: needed, Most: most, Mode: mode}
	}
	in := ""
	if code := currencyOf(f); code != "" {
		in = " in " + code
	}
	var fields []field
	switch {
	case !f.Amount.Known():
		fields = append(fields, one("amount", "Amount"+in, "No source tells it. Write it as in 120.00.", true, 32, "decimal"))
	case len(c.known.Approvals) == 0:
		fields = append(fields, one("amount", "A smaller amount"+in, "Optional. Leave it empty to refund "+f.Amount.String()+".", false, 32, "decimal"))
	}
	if !f.OrderValue.Known() {
		fields = append(fields, one("orderValue", "What the order cost"+in, "No source tells it. Write it as in 120.00.", true, 32, "decimal"))
	}
	if in == "" {
		currency := one("currency", "Currency", "Three letters.", true, 3, "text")
		currency.Value = c.currency()
		fields = append(fields, currency)
	}
	if f.Customer.Email == "" {
		fields = append(fields,
			one("customerEmail", "Customer's mail address", "Optional. No source tells it: without one the customer is told nothing.", false, mostAddress, "email"),
			one("customerName", "Customer's name", "Optional.", false, mostName, "text"),
			one("customerCountry", "Customer's country", "Optional. Two letters, such as NL: the mails are in its language.", false, 2, "text"))
	}
	return fields
}
