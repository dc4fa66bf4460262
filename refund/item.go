package refund

import (
	"strings"

	"waybill/words"
)

// Item is one thing that comes back. All of it can be missing.
type Item struct {
	Name     string `json:"name,omitempty"`
	Quantity int64  `json:"quantity,omitempty"`
	Price    Money  `json:"price,omitzero"`
	// Reason is why it comes back, in the shop's or Sendcloud's words. Message is what the customer
	// wrote about it; it is personal.
	Reason  string `json:"reason,omitempty"`
	Message string `json:"message,omitempty"`
}

const (
	// mostItems is how many are kept, and mostItemText how many characters of each text.
	mostItems, mostItemText = 50, 200
)

// soundItems drops what is too much, and prices that are none.
func soundItems(items []Item) []Item {
	var all []Item
	for _, item := range items[:min(len(items), mostItems)] {
		for _, text := range []*string{&item.Name, &item.Reason, &item.Message} {
			if r := []rune(*text); len(r) > mostItemText {
				*text = string(r[:mostItemText])
			}
		}
		if item.Price.fault() != nil {
			item.Price = Money{}
		}
		all = append(all, item)
	}
	return all
}

// say is such as "3 × T-Shirt XL (EUR 33.10 each): Size too large".
func (i Item) say() *words.Text {
	name := words.Verbatim(i.Name)
	if name == nil {
		name = words.Say("item.nameless")
	}
	said := name
	if i.Quantity > 0 {
		said = words.Say("item.quantity", "Quantity", i.Quantity, "Item", said)
	}
	if i.Price.Known() {
		said = words.Say("item.price", "Item", said, "Price", i.Price)
	}
	if i.Reason != "" {
		said = words.Say("item.reason", "Item", said, "Reason", i.Reason)
	}
	return said
}

// String is the item in plain English.
func (i Item) String() string { return i.say().String() }

// itemLines are the items that come back, and what the customer wrote about them.
func (f Facts) itemLines() (l lines) {
	var items words.Lines
	var wrote []string
	for _, item := range f.Items {
		items = append(items, item.say())
		if item.Message != "" {
			wrote = append(wrote, strings.TrimPrefix(item.Name+": "+item.Message, ": "))
		}
	}
	l.add("items", words.Say("all", "All", items), len(items) > 0)
	if len(wrote) > 0 {
		l = append(l, Line{Label: words.Say("fact.wrote_about_items"), Value: words.Verbatim(strings.Join(wrote, "\n")), Personal: true})
	}
	return l
}
