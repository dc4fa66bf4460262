package desk

import (
	"cmp"
	"context"
	netmail "net/mail"
	"time"

	"waybill/contract"
	"waybill/delivery"
	"waybill/mail"
	"waybill/parcel"
	"waybill/words"
)

// Mails is what the desk needs to show a mail as it was sent, and what became of it.
type Mails struct {
	Renderer *mail.Renderer
	// Sender is the sender of mails. Shop is what the policy says of an integration's shop.
	Sender netmail.Address
	Shop   func(integration string) mail.Shop
	// Log returns the mail provider's log, or nil if there is no key for it.
	Log func() MailLog
}

// MailLog is what a mail provider knows of its mails; a client of mail/sendgrid is one.
type MailLog interface {
	// Reports says what became of the mails to an address since a moment, by key.
	Reports(ctx context.Context, to string, since time.Time) (map[string]delivery.Report, error)
}

const (
	// shopTimeout is how long a page waits for the name of the shop, logTimeout for the log.
	shopTimeout = 2 * time.Second
	logTimeout  = 4 * time.Second
)

// shop is that of an integration, as the merchant and Sendcloud describe it.
func (d *Desk) shop(ctx context.Context, integration string) mail.Shop {
	return d.shopOf(integration, d.told(ctx, integration))
}

// told is what Sendcloud told of an integration; empty if there is no answer in time, and then
// mails and pages show less.
func (d *Desk) told(ctx context.Context, integration string) contract.IntegrationState {
	ctx, cancel := context.WithTimeout(ctx, shopTimeout)
	defer cancel()
	told, _, err := d.parcels.Integration(ctx, integration)
	if err != nil {
		return contract.IntegrationState{}
	}
	return told
}

func (d *Desk) shopOf(integration string, told contract.IntegrationState) mail.Shop {
	shop := d.config.Parcels.Mails.Shop(integration)
	shop.Name, shop.URL = told.Latest.ShopName, cmp.Or(shop.URL, told.Latest.ShopURL)
	shop.Name = mail.Signature(d.config.Parcels.Mails.Sender, shop)
	return shop
}

// render writes a mail anew, from what is recorded of it.
func (d *Desk) render(p *parcel.Parcel, m parcel.Mail, shop mail.Shop) (mail.Rendered, error) {
	letter := mail.ParcelLetter(p.Integration, p.ID, p.MailFacts(), m.About)
	letter.Shop = shop
	return d.config.Parcels.Mails.Renderer.Render(letter)
}

// logged is what the mail provider's log says of a parcel's mails.
type logged struct {
	reports map[string]delivery.Report
	// Unasked says why the log was not asked; nil if it was.
	Unasked *words.Text
}

// of is what it says of one mail; nil if nothing.
func (l logged) of(key string) *delivery.Report {
	if r, known := l.reports[key]; known {
		return &r
	}
	return nil
}

// askLog asks the mail provider's log what became of a parcel's mails.
func (d *Desk) askLog(ctx context.Context, p *parcel.Parcel) (l logged) {
	log := d.config.Parcels.Mails.Log()
	if log == nil {
		l.Unasked = words.Say("parcel.not_asked_no_key")
		return l
	}
	to, since := p.MailFacts().Recipient.Email, time.Time{}
	for i := range p.Mails {
		if p.Mails[i].Tries > 0 {
			since = delivery.Earliest(since, p.Mails[i].Decided)
		}
	}
	if to == "" || since.IsZero() {
		return l
	}
	ctx, cancel := context.WithTimeout(ctx, logTimeout)
	defer cancel()
	var err error
	if l.reports, err = log.Reports(ctx, to, since); err != nil {
		l.Unasked = words.Say("parcel.not_asked_no_answer")
	}
	return l
}

// addressee is the address that a mail went or goes to. Earlier addresses are not recorded.
func addressee(p *parcel.Parcel, m parcel.Mail) *words.Text {
	if m.Tries > 0 && m.Address() != p.Address {
		return words.Say("parcel.an_earlier_address")
	}
	if known := p.MailFacts().Recipient.Email; known != "" {
		return words.Verbatim(known)
	}
	return words.Say("parcel.nowhere")
}
