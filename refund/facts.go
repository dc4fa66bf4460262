package refund

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// claimed are the facts that a source can tell. Whoever reaches Temporal can be a source, so
// what counts for a refund has to be gathered: the word of Sendcloud and of our own tallies.
func (f Facts) claimed() Facts {
	f.Confirmed, f.PanelRead, f.Refunded, f.CustomerRefunds, f.ShopToday, f.OrderValueBy, f.Items = false, false, Money{}, nil, nil, Valuation{}, nil
	return f
}

// Fill takes from other facts what was not known, and names it.
func (f *Facts) Fill(more Facts) (learned []string) {
	more = more.sound()
	fill := func(what string, missing, known bool, set func()) {
		if missing && known {
			set()
			learned = append(learned, what)
		}
	}
	fill("amount", !f.Amount.Known(), more.Amount.Known(), func() { f.Amount = more.Amount })
	fill("order value", !f.OrderValue.Known(), more.OrderValue.Known(), func() { f.OrderValue, f.OrderValueBy = more.OrderValue, more.OrderValueBy })
	fill("earlier refunds of the order", !f.Refunded.Known(), more.Refunded.Known(), func() { f.Refunded = more.Refunded })
	fill("kind", f.Kind == "", more.Kind != "", func() { f.Kind = more.Kind })
	fill("reason", f.Reason == "", more.Reason != "", func() { f.Reason = more.Reason })
	fill("order number", f.OrderNumber == "", more.OrderNumber != "", func() { f.OrderNumber = more.OrderNumber })
	fill("order date", f.OrderedAt.IsZero(), !more.OrderedAt.IsZero(), func() { f.OrderedAt = more.OrderedAt })
	fill("outgoing parcel", f.OutgoingParcel == 0, more.OutgoingParcel != 0, func() { f.OutgoingParcel = more.OutgoingParcel })
	fill("return parcel", f.IncomingParcel == 0, more.IncomingParcel != 0, func() { f.IncomingParcel = more.IncomingParcel })
	fill("customer", f.Customer.Email == "", more.Customer.Email != "", func() { f.Customer = more.Customer })
	fill("notice", f.NoticeAt.IsZero(), !more.NoticeAt.IsZero(), func() { f.NoticeAt = more.NoticeAt })
	fill("message", f.Message == "", more.Message != "", func() { f.Message = more.Message })
	fill("who requested it", f.RequestedBy == "", more.RequestedBy != "", func() { f.RequestedBy = more.RequestedBy })
	fill("reason in words", f.ReasonText == "", more.ReasonText != "", func() { f.ReasonText = more.ReasonText })
	fill("items", len(f.Items) == 0, len(more.Items) > 0, func() { f.Items = more.Items })
	fill("customer's refunds", f.CustomerRefunds == nil, more.CustomerRefunds != nil, func() { f.CustomerRefunds = more.CustomerRefunds })
	fill("the return itself", !f.Confirmed, more.Confirmed, func() { f.Confirmed = true })
	fill("no refund in the panel", !f.PanelRead, more.PanelRead, func() { f.PanelRead = true })
	fill("the shop's refunds", f.ShopToday == nil, more.ShopToday != nil, func() { f.ShopToday = more.ShopToday })
	return learned
}

// sound drops amounts that cannot be paid, such as EUR 0.00, and times that cannot be meant: a
// person enters what is missing.
func (f Facts) sound() Facts {
	if f.Amount.fault() != nil {
		f.Amount = Money{}
	}
	if f.OrderValue.fault() != nil {
		f.OrderValue = Money{}
	}
	f.NoticeAt, f.OrderedAt = meant(f.NoticeAt), meant(f.OrderedAt)
	f.Items = soundItems(f.Items)
	return f
}

// meant is a time that somebody told, or zero if it cannot be meant. Everyone who reaches Temporal
// can tell any: no [time.Duration] reaches back to the year 1, and no JSON holds a deadline after
// the year 9999.
func meant(told time.Time) time.Time {
	if year := told.UTC().Year(); year < 2000 || year > 2999 {
		return time.Time{}
	}
	return told
}

// decisive reports whether a fact of this name can be why no person is needed.
func decisive(name string) bool {
	return slices.Contains([]string{"amount", "order value", "kind", "reason", "order number", "order date", "outgoing parcel", "customer"}, name)
}

// differs says in what the facts of a request are not those that Sendcloud tells. Facts of a
// request are never overwritten, so a person has to look.
func (f Facts) differs(told Facts) (differs []string) {
	number := func(id int64) string {
		if id == 0 {
			return ""
		}
		return strconv.FormatInt(id, 10)
	}
	for _, one := range []struct{ what, requested, told string }{
		{"amount", f.Amount.Digits(), told.Amount.Digits()},
		{"currency", f.Amount.Currency, told.Amount.Currency},
		{"order number", f.OrderNumber, told.OrderNumber},
		{"order value", f.OrderValue.Digits(), told.OrderValue.Digits()},
		{"kind", f.Kind, told.Kind},
		{"reason", string(f.Reason), string(told.Reason)},
		{"parcel that was sent", number(f.OutgoingParcel), number(told.OutgoingParcel)},
		{"parcel that comes back", number(f.IncomingParcel), number(told.IncomingParcel)},
		{"customer", strings.ToLower(f.Customer.Email), strings.ToLower(told.Customer.Email)},
		{"order date", date(f.OrderedAt), date(told.OrderedAt)},
	} {
		switch {
		case one.requested == "" || one.requested == one.told:
		case one.told != "":
			differs = append(differs, "Sendcloud tells another "+one.what+" than the request")
		// The money goes by them: what the order cost, and when it was, is what that parcel tells.
		case told.Confirmed && slices.Contains([]string{"amount", "order value", "parcel that was sent"}, one.what):
			differs = append(differs, "Sendcloud does not tell the "+one.what)
		}
	}
	return differs
}

func date(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.DateOnly)
}
