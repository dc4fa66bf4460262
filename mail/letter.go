// Package mail writes mails and takes them to SendGrid.
//
// A [Letter] says what to write about; [Renderer] puts it into words and a
// layout; [Office] addresses and posts it and answers with an [Outcome]. There
// are no templates at SendGrid: a mail is rendered here, so that it can be
// tested, is versioned with the rules, and is the same everywhere.
package mail

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	netmail "net/mail"
	"strconv"
	"strings"
	"time"

	sgmail "github.com/sendgrid/sendgrid-go/helpers/mail"

	"waybill/parcel"
)

// Letter is what one mail is about.
type Letter struct {
	// Key is the same for every try of one mail; Try counts from 1.
	Key         string
	Try         int
	Kind        parcel.MailKind
	Integration string
	ParcelID    int64
	Facts       parcel.Facts
	// Happened is when the carrier saw what the mail is about.
	Happened time.Time
	// Language is what the mail is written in; English if it is empty.
	Language parcel.Language
	// KeptUntil is the last day on which the parcel can be collected, as
	// 2026-11-10; empty if it is not known.
	KeptUntil string
	// Reached is how many of the parcels that go together have got that far;
	// 0 if there is one, or nobody knows.
	Reached int
	// Shop is who writes, as far as it is known.
	Shop Shop
}

// Shop is the shop in whose name a mail is written.
type Shop struct {
	Name string
	// URL is where its name leads to; it is left out unless it is https.
	URL string
}

// Office renders and posts letters.
type Office struct {
	sender   netmail.Address
	renderer *Renderer
	client   *Client
}

// NewOffice returns an office that writes in the name of the sender. A sender
// without a name writes in the name of each letter's shop.
func NewOffice(sender netmail.Address, client *Client) (*Office, error) {
	renderer, err := NewRenderer()
	if err != nil {
		return nil, err
	}
	return &Office{sender: sender, renderer: renderer, client: client}, nil
}

// Send renders and posts one letter.
func (o *Office) Send(ctx context.Context, l Letter) Outcome {
	to, err := netmail.ParseAddress(l.Facts.Recipient.Email)
	if err != nil || !strings.Contains(to.Address, "@") {
		// The parser's error quotes the address.
		return Outcome{Verdict: Refused, Why: "the recipient's mail address is not one"}
	}
	l.Shop.Name = Signature(o.sender, l.Shop)
	rendered, err := o.renderer.Render(l)
	if err != nil {
		return Outcome{Verdict: Refused, Why: err.Error()}
	}
	return o.client.Send(ctx, o.compose(l, to.Address, rendered))
}

// Signature is the name in which a shop's mails are written.
func Signature(sender netmail.Address, shop Shop) string {
	return cmp.Or(sender.Name, shop.Name, domainOf(sender.Address))
}

// compose addresses a rendered letter.
func (o *Office) compose(l Letter, to string, r Rendered) *sgmail.SGMailV3 {
	domain := domainOf(o.sender.Address)
	p := sgmail.NewPersonalization()
	// No name: SendGrid loses mails whose recipient's name has a comma.
	p.AddTos(&sgmail.Email{Address: to})
	// These come back with every event. SendGrid keeps them for good, so they
	// name the mail and nobody.
	p.SetCustomArg("waybill_key", l.Key)
	p.SetCustomArg("waybill_try", strconv.Itoa(l.Try))

	m := sgmail.NewV3Mail()
	m.SetFrom(&sgmail.Email{Name: l.Shop.Name, Address: o.sender.Address})
	m.Subject = r.Subject
	m.AddPersonalizations(p)
	m.AddContent(sgmail.NewContent("text/plain", r.Text), sgmail.NewContent("text/html", r.HTML))
	m.AddCategories("waybill", string(l.Kind), l.Integration)
	// The same Message-ID for every try, so that a mail that went out twice
	// is one mail to many mail programs; one thread for one parcel.
	m.SetHeader("Message-ID", fmt.Sprintf("<%s@%s>", l.Key, domain))
	m.SetHeader("References", fmt.Sprintf("<%s@%s>", threadOf(l), domain))
	m.SetHeader("Auto-Submitted", "auto-generated")
	m.SetHeader("X-Entity-Ref-ID", l.Key)
	m.SetTrackingSettings(untracked())
	return m
}

func domainOf(address string) string { return address[strings.LastIndexByte(address, '@')+1:] }

// threadOf is an id that all mails of one parcel share.
func threadOf(l Letter) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s/%d", l.Integration, l.ParcelID))
	return "p" + hex.EncodeToString(sum[:12])
}

// untracked switches all tracking off explicitly: what is left out follows the
// account's default, which rewrites links and adds a pixel.
func untracked() *sgmail.TrackingSettings {
	off := false
	return &sgmail.TrackingSettings{
		ClickTracking:        &sgmail.ClickTrackingSetting{Enable: &off, EnableText: &off},
		OpenTracking:         &sgmail.OpenTrackingSetting{Enable: &off},
		SubscriptionTracking: &sgmail.SubscriptionTrackingSetting{Enable: &off},
		GoogleAnalytics:      &sgmail.GaSetting{Enable: &off},
	}
}

// ParseSender reads a sender: "Example Shop <tracking@shop.example>", or the
// address alone to write in the name that each shop has at Sendcloud.
func ParseSender(s string) (netmail.Address, error) {
	a, err := netmail.ParseAddress(s)
	if err != nil {
		return netmail.Address{}, fmt.Errorf("%q is not of the form Shop Name <address@domain>", s)
	}
	return *a, nil
}
