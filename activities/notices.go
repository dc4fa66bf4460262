package activities

import (
	"cmp"
	"context"
	"fmt"

	"go.temporal.io/sdk/activity"

	"waybill/contract"
	"waybill/mail"
	"waybill/parcel"
)

// Notices are the mails to the shop's own people.
type Notices struct {
	Office PostOffice
	Shops  *Shops
	// Operations is who is told, and in which language; empty is nobody.
	Operations func(integration string) (address string, language parcel.Language)
	Links      Links
}

// TellOperations mails a notice. It is told once: a mail that may have gone out
// is not sent again, because what it says stands in Temporal's UI too.
func (n Notices) TellOperations(ctx context.Context, notice contract.Notice) (struct{}, error) {
	address, language := n.Operations(notice.Integration)
	if address == "" {
		return struct{}{}, nil
	}
	kind := mail.IntegrationTrouble
	switch {
	case notice.ParcelID != 0:
		kind = mail.Attention
	case notice.Refund:
		kind = mail.RefundTrouble
	}
	letter := mail.Letter{
		Key: parcel.Key(notice.Integration, cmp.Or(notice.ParcelID, notice.ReturnID), parcel.MailKind(notice.Trouble), 0, int(notice.At.Unix())), Try: int(activity.GetInfo(ctx).Attempt),
		Kind: kind, Integration: notice.Integration, ParcelID: notice.ParcelID, ReturnID: notice.ReturnID, Happened: notice.At, Language: language,
		Trouble: notice.Trouble, Link: n.Links.Refund(notice.Integration, notice.ReturnID), Facts: parcel.Facts{Recipient: parcel.Recipient{Email: address}}, Shop: n.Shops.of(ctx, notice.Integration),
	}
	outcome := n.Office.Send(ctx, letter)
	if outcome.Verdict == mail.Unanswered {
		return struct{}{}, nil
	}
	if err := sortOutcome(outcome); err != nil {
		return struct{}{}, fmt.Errorf("tell operations: %w", err)
	}
	return struct{}{}, nil
}
