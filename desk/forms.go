package desk

import (
	"crypto/rand"
	"maps"
	"reflect"
	"slices"
	"time"

	"waybill/contract"
	"waybill/refund"
	"waybill/words"
)

// form is an order that is offered.
type form struct {
	refund.Order
	// Path is where it is sent.
	Path   string
	Does   *words.Text
	Fields []field
	// Folded forms are rarely needed, and stay Open after a try.
	Folded, Open bool
	// Once makes a double click one order; empty if the refund itself tells a second press.
	Once string
	// Until is when it can no longer be sent; zero is open.
	Until time.Time
}

// field is one field of a form.
type field struct {
	refund.Field
	// ID begins with the name of the order.
	ID, Value   string
	Label, Hint *words.Text
	// Fault is what is wrong with it.
	Fault *words.Text
	// Area has several lines; Options are what can be chosen.
	Area    bool
	Options []string
	// Needed must not be empty.
	Needed bool
	// Mode is the keyboard that a telephone shows.
	Mode string
}

// refused says why orders are not offered.
type refused struct{ What, Why *words.Text }

// visit is a person who looks at a refund.
type visit struct {
	of contract.RefundRef
	// byLink says that they opened a mailed link, and have not signed in.
	byLink bool
	known  refund.Refund
	policy refund.Policy
	said   refund.Said
	now    time.Time
}

// path is the page of the refund for this person, and orderPath where the form of an order is sent.
func (v visit) path() string {
	if v.byLink {
		return linkPath(v.of)
	}
	return pathOf(v.of)
}

func (v visit) orderPath(o refund.Order) string {
	if v.byLink {
		return v.path()
	}
	return v.path() + "/" + o.Name
}

// after is the refund as it would be after an order, by the rules here. The error is why they refuse it.
func (v visit) after(o refund.Order, fields map[string]string) (refund.Refund, error) {
	return v.known.Step(v.policy, v.now, func(r *refund.Refund) error {
		return r.Follow(o.Name, refund.Input{Said: v.said, Fields: fields}, v.policy, v.now)
	})
}

// tried is an order that was not followed. Its form shows again what was written.
type tried struct {
	order  string
	given  map[string]string
	faults []refund.Fault
}

// offer says what a person may do with a refund, and why not the rest.
func (v visit) offer(t tried) (forms []form, not []refused) {
	r := &v.known
	awaited := r.Summary().Orders
	person, _ := v.policy.Person(v.said.By)
	for _, o := range refund.Orders() {
		if v.byLink && !o.ByLink || !r.Offers(o) {
			continue
		}
		if err := r.May(o, v.said, v.policy); err != nil {
			why := words.Of(err)
			i := slices.IndexFunc(not, func(n refused) bool { return reflect.DeepEqual(n.Why, why) })
			if i < 0 {
				not = append(not, refused{o.Label(), why})
			} else {
				not[i].What = words.Say("forms.two", "One", not[i].What, "Other", o.Label())
			}
			continue
		}
		f := form{Order: o, Path: v.orderPath(o), Does: o.DoesTo(r, v.policy), Folded: o.Rare && !slices.Contains(awaited, o.Name)}
		if hasOnce(o) {
			f.Once = rand.Text()
		}
		f.Until = r.UndoUntil(o)
		for _, one := range o.Fields {
			if need := one.AskedOf(person, r); need != refund.Unasked {
				f.Fields = append(f.Fields, v.field(o, one, need))
			}
		}
		if t.order == o.Name {
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

// offered reports whether the form of an order is among some.
func offered(forms []form, order string) bool {
	return slices.ContainsFunc(forms, func(f form) bool { return f.Name == order })
}

// shown are the faults, each with its field only if that is on the page.
func shown(forms []form, t tried) []refund.Fault {
	var faults []refund.Fault
	for _, wrong := range t.faults {
		there := slices.ContainsFunc(forms, func(f form) bool {
			return f.Name == t.order && slices.ContainsFunc(f.Fields, func(one field) bool { return one.Name == wrong.Field })
		})
		if !there {
			wrong.Field = ""
		}
		faults = append(faults, wrong)
	}
	return faults
}

// field is a field of an order in its form.
func (v visit) field(o refund.Order, f refund.Field, need refund.Need) field {
	one := field{Field: f, ID: o.Name + "-" + f.Name, Label: f.Label(), Hint: f.Help(), Needed: need == refund.Required, Mode: "text"}
	if f.CustomerReads {
		one.Hint = words.Say("forms.customer_reads")
	}
	if need == refund.Required && f.Need != nil {
		one.Hint = words.Say("forms.not_known", "Example", example(f))
	}
	if need == refund.Optional {
		one.Hint = words.Say("forms.optional", "Hint", one.Hint)
	}
	switch f.Kind {
	case refund.KindWords:
		one.Area = true
	case refund.KindAmount:
		one.Mode = "decimal"
		if code := v.known.Facts.CurrencyCode(); code != "" {
			one.Label = words.Say("forms.in_currency", "Label", one.Label, "Currency", code)
		}
	case refund.KindCurrency:
		one.Value = v.currency()
	case refund.KindAddress:
		one.Mode = "email"
	case refund.KindPerson:
		one.Options = v.known.Choices(o, f, v.said, v.policy)
	case refund.KindName, refund.KindCountry:
	}
	return one
}

// example is a possible value of a field, as the reader writes it.
func example(f refund.Field) any {
	if f.Kind == refund.KindAmount {
		return words.Number(f.Example)
	}
	return f.Example
}

// currency is a guess at the currency of a refund.
func (v visit) currency() string {
	codes := slices.Collect(maps.Keys(v.policy.Limits))
	if person, _ := v.policy.Person(v.said.By); person.Limits != nil {
		codes = slices.Collect(maps.Keys(person.Limits))
	}
	if len(codes) == 1 {
		return codes[0]
	}
	return "EUR"
}
