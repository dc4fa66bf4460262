// Package mail writes mails: a [Letter] is what to write about, and a [Renderer] puts it
// into words and a layout. It knows no mail provider and no network.
//
// The provider has no templates of ours: mails are rendered here, so that they can be
// tested and are versioned with the rules.
package mail

import (
	"strconv"
	"strings"
	"time"

	"waybill/parcel"
	"waybill/words"
)

// Letter is what one mail is about.
type Letter struct {
	Kind        Kind
	Integration string
	// ParcelID is the parcel that the mail is about, ReturnID the return of the refund.
	// At least one of them is 0.
	ParcelID, ReturnID int64
	Facts              parcel.Facts
	// Happened is when the carrier saw what the mail is about.
	Happened time.Time
	// Language is the mail's; empty is English.
	Language parcel.Language
	// KeptUntil is the last day on which the parcel can be collected, such as
	// 2026-11-10; empty if it is not known.
	KeptUntil string
	// Collected says that the recipient has collected the parcel: nobody brought it.
	Collected bool
	// Pickup is where the parcel can be collected, if that is known.
	Pickup Pickup
	// Reached is how many of the parcels that go together have got this far; 0 if there
	// is only one, or if it is not known.
	Reached int
	// Refund is for mails about a refund.
	Refund Refund
	// Attention is why something needs attention. Link is where colleagues look and
	// decide.
	Attention, Link string
	// Needing is for mails about several parcels that need attention.
	Needing Needing
	// Waiting is for digests.
	Waiting Waiting
	Shop    Shop
}

// ParcelLetter is what a mail tells the recipient of a parcel. The shop and the pick-up point are
// left to the caller, who has to ask for them.
func ParcelLetter(integration string, id int64, facts parcel.Facts, news parcel.News) Letter {
	return Letter{
		Kind: Kind(news.Kind), Integration: integration, ParcelID: id, Facts: facts,
		Happened: news.Happened, Language: news.Language, KeptUntil: news.KeptUntil, Reached: news.Reached, Collected: news.Collected,
	}
}

// Needing is what a mail tells of parcels that need attention: how many there are, how many there
// were at the last mail about the same, and the numbers of some.
type Needing struct {
	Count, Before int
	Such          []int64
}

// list is such as "364000001, 364000002, …".
func (n Needing) list() string {
	var numbers []string
	for _, id := range n.Such {
		numbers = append(numbers, strconv.FormatInt(id, 10))
	}
	if len(n.Such) < n.Count && len(n.Such) > 0 {
		numbers = append(numbers, "…")
	}
	return strings.Join(numbers, ", ")
}

// Refund is what mails tell of a refund.
type Refund struct {
	Amount Amount
	// Customer is the customer's name, for colleagues.
	Customer string
	// Reason is the customer's reason, the reason for a rejection, or a question; nil if there is none.
	Reason *words.Text
	// GoodsFirst is set if the refund is paid only once the goods are back.
	GoodsFirst bool
	// Deadline is the last day for payment by law, such as 2026-11-16.
	Deadline string
	// WaitedDays is how long the refund has waited for a decision.
	WaitedDays int
}

// Pickup is where a parcel can be collected.
type Pickup struct {
	Name, Address string
	// Hours are the opening hours from Monday to Sunday, such as "09:00–18:00". They are
	// empty on a closed day, and on all days if they are not known.
	Hours [7]string
}

// Shop is the shop in whose name a mail is written. A mail leaves out what is empty, and
// addresses that are not https.
type Shop struct {
	// Called is the shop's name in the policy, Name the name at Sendcloud. [Signature]
	// chooses.
	Called, Name string
	// URL is what the name links to, Logo a picture in place of the name.
	URL, Logo string
	// Colour is the colour of buttons, such as #1f4fbf.
	Colour string
	// ReplyTo is where replies go; empty is the sender.
	ReplyTo string
	// Footer is one or more lines at the end of each mail.
	Footer string
}

// safe leaves out addresses that a mail must not link to.
func (s Shop) safe() Shop {
	for _, url := range []*string{&s.URL, &s.Logo} {
		if !strings.HasPrefix(*url, "https://") {
			*url = ""
		}
	}
	return s
}
