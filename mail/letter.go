// Package mail writes mails: a [Letter] says what to write about, and a [Renderer]
// puts it into words and a layout. It knows no mail provider and no network.
//
// There are no templates at the provider: a mail is rendered here, so that it can
// be tested, is versioned with the rules, and is the same everywhere.
package mail

import (
	"strings"
	"time"

	"waybill/parcel"
)

// Letter is what one mail is about.
type Letter struct {
	Kind        Kind
	Integration string
	// ParcelID is the parcel that the mail is about, ReturnID the return of its
	// refund; one of them is 0, or both.
	ParcelID, ReturnID int64
	Facts              parcel.Facts
	// Happened is when the carrier saw what the mail is about.
	Happened time.Time
	// Language is what the mail is written in; English if it is empty.
	Language parcel.Language
	// KeptUntil is the last day on which the parcel can be collected, as
	// 2026-11-10; empty if it is not known.
	KeptUntil string
	// Pickup is where the parcel can be collected, if that is known.
	Pickup Pickup
	// Reached is how many of the parcels that go together have got that far;
	// 0 if there is one, or nobody knows.
	Reached int
	// Refund is what mails about one tell of it.
	Refund Refund
	// Attention is why something needs attention: one of parcel.Attention's or of the
	// attention of an integration. Link is where colleagues look and decide.
	Attention, Link string
	// Shop is who writes, as far as it is known.
	Shop Shop
}

// Refund is what mails tell of a refund.
type Refund struct {
	Amount Amount
	// Reason is the customer's, or that of a rejection, or a question.
	Reason string
	// GoodsFirst says that it is paid when the goods are back.
	GoodsFirst bool
	// Deadline is by when the law wants it paid, as 2026-11-16.
	Deadline string
	// WaitedDays is for how long it has waited for a decision.
	WaitedDays int
}

// Pickup is where a parcel can be collected.
type Pickup struct {
	Name, Address string
	// Hours are when it is open, from Monday to Sunday, as "09:00–18:00"; a
	// closed day is empty, and all of them are if nobody says.
	Hours [7]string
}

// Shop is the shop in whose name a mail is written. What it does not say is left
// out, and so are addresses that are not https.
type Shop struct {
	// Called is what the merchant says that it is called; it counts more than
	// the sender's name, and that more than Name.
	Called, Name string
	// URL is where its name leads to, Logo a picture that stands for it.
	URL, Logo string
	// Colour is that of buttons, as #1f4fbf.
	Colour string
	// ReplyTo is where answers go; to the sender if it is empty.
	ReplyTo string
	// Footer is what stands at the end of each mail, in lines.
	Footer string
}

// safe leaves out addresses that a mail may not lead to.
func (s Shop) safe() Shop {
	for _, url := range []*string{&s.URL, &s.Logo} {
		if !strings.HasPrefix(*url, "https://") {
			*url = ""
		}
	}
	return s
}
