package refund

import (
	"fmt"
	"strings"
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

// String is such as "3 × T-Shirt XL (EUR 33.10 each): Size too large".
func (i Item) String() string {
	said := i.Name
	if said == "" {
		said = "an item without a name"
	}
	if i.Quantity > 0 {
		said = fmt.Sprintf("%d × %s", i.Quantity, said)
	}
	if i.Price.Known() {
		said += fmt.Sprintf(" (%s each)", i.Price)
	}
	if i.Reason != "" {
		said += ": " + i.Reason
	}
	return said
}

// itemLines are the items that come back, and what the customer wrote about them.
func (f Facts) itemLines() (l lines) {
	var items, wrote []string
	for _, item := range f.Items {
		items = append(items, item.String())
		if item.Message != "" {
			wrote = append(wrote, strings.TrimPrefix(item.Name+": "+item.Message, ": "))
		}
	}
	l.add("Items", strings.Join(items, "\n"), len(items) > 0)
	if len(wrote) > 0 {
		l = append(l, Line{Label: "The customer wrote about items", Value: strings.Join(wrote, "\n"), Personal: true})
	}
	return l
}
