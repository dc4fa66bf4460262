package parcel

import (
	"slices"
	"time"
)

// recipientErased is why a mail is not sent to a recipient whose data was erased.
const recipientErased = "the recipient's data was erased"

// erase is what the record of orders calls it.
const erase = "Erase"

// Erase takes out of the parcel who its recipient is, and by what others could find out: name,
// address and country, the numbers of order and tracking, the pick-up point, and what operators have
// corrected and written. Mails that have not left are dropped. The parcel is followed as before, and does not learn
// later who its recipient is. A parcel that was erased before stays as it is.
func (p *Parcel) Erase(by string, now time.Time) {
	if !p.ErasedAt.IsZero() {
		return
	}
	p.ErasedAt = now
	p.Orders = append(slices.Clip(slices.Clone(p.Orders)), OrderEntry{At: now, What: erase, By: cut(by)})
	for i := range p.Orders {
		p.Orders[i].Why = ""
	}
	p.keepErased(now)
}

// Nameless are the facts without the recipient, and without what leads to them.
func (f Facts) Nameless() Facts {
	return Facts{IsReturn: f.IsReturn, CarrierCode: f.CarrierCode, CarrierName: f.CarrierName, Origin: f.Origin, Collo: f.Collo}
}

// keepErased takes out again what a step may have brought back.
func (p *Parcel) keepErased(now time.Time) {
	if p.ErasedAt.IsZero() {
		return
	}
	p.Facts = p.Facts.Nameless()
	p.Corrected = Recipient{}
	for i := range p.Mails {
		before := p.Mails[i].State
		p.Mails[i].Withdraw(recipientErased, now)
		p.settleSiblings(&p.Mails[i], before)
	}
}
