package sendcloud

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"
)

// Refund is the story of goods that come back, because the customer wants money.
type Refund struct {
	Name  string
	About string
	// Value is what the order cost and Total what the customer wants of it, each a
	// decimal in EUR. Reason is Sendcloud's number of why, Message the customer's
	// own words.
	Value, Total string
	Reason       int
	Message      string
}

// Refunds are all of them, the one of which most is to be seen first.
var Refunds = []Refund{
	{"refund", "EUR 120.00 back: one person decides", "129.90", "120.00", 22, "It is too tight at the shoulders."},
	{"refund-small", "EUR 40.00 back: the rules approve it, and it is paid within seconds", "129.90", "40.00", 31, ""},
	{"refund-two", "EUR 400.00 back of an order of EUR 480.00: two people decide", "480.00", "400.00", 21, "The motor stops after a minute."},
}

// FindRefund is the refund of a name.
func FindRefund(name string) (Refund, bool) {
	for _, r := range Refunds {
		if r.Name == name {
			return r, true
		}
	}
	return Refund{}, false
}

// Sold is what one refund is about: the parcel that went to the customer, the one
// that comes back, and the return.
type Sold struct {
	Sent, Back Parcel
	Return     Return
}

// The ways there and back, which end when the refund is played.
var (
	there = Journey{Name: "there", About: "to the customer", Steps: []Step{
		{Status: ReadyToSend, Ago: 50 * hour}, {Status: EnRoute, Ago: 40 * hour}, {Status: Delivered, Ago: 26 * hour},
	}}
	back = Journey{Name: "back", About: "back to the shop", Steps: []Step{
		{Status: ReadyToSend, Ago: 2 * time.Minute}, {Status: PickedUp, Ago: time.Minute}, {Status: EnRoute},
	}}
)

// filedAgo is how long before that the customer filed the return: what was filed of
// late is looked at again soon.
const filedAgo = 3 * time.Minute

// theShop is where returns go.
var theShop = Recipient{"Demo Shop", "returns@demo-shop.example", "Voorbeeldkade", "1", "5611 EM", "Eindhoven", "NL", "NLD", "Netherlands"}

// NewSold is a new order of a customer who has never wanted money back: how many
// refunds one customer had counts.
func NewSold(r Refund, now time.Time) Sold {
	s := Sold{Sent: NewParcel(there, now), Back: NewParcel(back, now)}
	customer := &s.Sent.Recipient
	customer.Email = strings.Replace(customer.Email, "@", fmt.Sprintf("+%d@", s.Sent.ID), 1)
	// What is refunded of one order counts together, so each order is another one.
	s.Sent.Order, s.Sent.OrderValue = fmt.Sprintf("W%d", s.Sent.ID), r.Value
	s.Back.Order, s.Back.OrderValue, s.Back.OrderCurrency = s.Sent.Order, "", ""
	s.Back.IsReturn, s.Back.Recipient = true, theShop
	s.Return = Return{
		// Seven digits, so that nobody takes it for a parcel's.
		ID:             1_000_000 + rand.Int64N(9_000_000),
		OutgoingParcel: s.Sent.ID, IncomingParcel: s.Back.ID, Order: s.Sent.Order,
		Reason: r.Reason, RefundType: "money", Total: r.Total, Message: r.Message,
		CustomerName: customer.Name, CustomerEmail: customer.Email, CustomerCountry: customer.ISO2, CreatedAt: now.Add(-filedAgo),
	}
	return s
}

// PlayRefund sends what was sold to the customer, has them file the return, and
// sends it on its way back. It needs a Panel: what a return is about is asked there.
func (p Player) PlayRefund(ctx context.Context, s Sold, report func(line string)) error {
	if err := p.Play(ctx, there, s.Sent, report); err != nil {
		return err
	}
	if err := p.Panel.FileReturn(ctx, s.Return); err != nil {
		return err
	}
	answer, err := p.Send(ctx, s.Return.Created(s.Return.CreatedAt))
	if err != nil {
		return fmt.Errorf("tell of return %d: %w", s.Return.ID, err)
	}
	report(fmt.Sprintf("%5s  %-32s %s", "", fmt.Sprintf("Return %d is filed", s.Return.ID), answer))
	if err := pause(ctx, p.Pace); err != nil {
		return err
	}
	return p.Play(ctx, back, s.Back, report)
}
