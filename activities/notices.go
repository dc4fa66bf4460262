package activities

import (
	"cmp"
	"context"

	"waybill/contract"
	"waybill/delivery"
	"waybill/mail"
	"waybill/parcel"
)

// Notices are the mails to the shop's own people.
type Notices struct {
	Mailer Mailer
	// Operations is who is told, and in which language; empty is nobody.
	Operations func(integration string) (address string, language parcel.Language)
	Links      Links
}

// TellOperations mails a notice, if the policy says where operations are.
func (n Notices) TellOperations(ctx context.Context, notice contract.Notice) (contract.MailReceipt, error) {
	address, language := n.Operations(notice.Integration)
	if address == "" {
		return contract.MailReceipt{}, nil
	}
	preparing, cancel := context.WithTimeout(ctx, prepareTimeout)
	defer cancel()
	envelope := Envelope{Post: notice.Post, Subject: notice.Of, To: address}
	if receipt, done, err := n.Mailer.found(preparing, envelope); done || err != nil {
		return receipt, err
	}
	letter := mail.Letter{
		Integration: notice.Integration, Happened: notice.At, Language: language,
		Attention: string(notice.Attention), Shop: n.Mailer.Shops.of(preparing, notice.Integration),
	}
	n.name(&letter, notice)
	return n.Mailer.Send(ctx, envelope, letter)
}

// name has a letter say what needs attention, and where. A refund without a known
// return has no number.
func (n Notices) name(l *mail.Letter, notice contract.Notice) {
	l.Kind = mail.IntegrationAttention
	if p := notice.Parcels; p != nil {
		l.Kind, l.Needing = mail.ParcelsAttention, mail.Needing{Count: p.Count, Before: p.Before, Such: p.Such}
		if len(p.Such) == 1 && p.Count == 1 {
			l.Kind, l.ParcelID, l.Needing = mail.Attention, p.Such[0], mail.Needing{}
		}
		l.Link = n.Links.Parcels(notice.Integration, notice.Attention)
		return
	}
	about := cmp.Or(notice.About, notice.Of)
	switch about.Kind() {
	case delivery.OfParcel:
		l.Kind = mail.Attention
		of, _ := contract.ParseParcelRef(string(about))
		l.ParcelID = of.ID
	case delivery.OfRefund:
		l.Kind = mail.RefundAttention
		of, _ := contract.ParseRefundRef(string(about))
		l.ReturnID, l.Link = of.ReturnID, n.Links.Refund(of)
	case delivery.OfSignIn:
		l.Kind = mail.SignInAttention
	case delivery.OfDigest:
		l.Kind = mail.DigestAttention
	case delivery.OfIntegration:
	}
}
