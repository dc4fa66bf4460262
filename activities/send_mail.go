// Package activities are the hands of the workflows: they do what can fail,
// and sort each failure into what is tried again and what is given up.
package activities

import (
	"context"
	"time"

	"go.temporal.io/sdk/activity"

	"waybill/contract"
	"waybill/mail"
	"waybill/parcel"
)

// PostOffice takes letters; a [mail.Office] is one.
type PostOffice interface {
	Send(context.Context, mail.Letter) mail.Outcome
	Find(ctx context.Context, key, to string, since time.Time) (messageID string, found bool, err error)
}

// Mails are the activities that send mail.
type Mails struct {
	Office PostOffice
	Shops  *Shops
	Colli  Colli
	Setups *Setups
	Points *Points
}

// SendMail posts one mail. It fails with an application error of one of the
// types in contract, sorted by [sortOutcome]; Temporal tries again those that
// are safe to try again, and no other.
func (m Mails) SendMail(ctx context.Context, order contract.MailOrder) (contract.MailReceipt, error) {
	letter, told := m.prepare(ctx, order)
	if told != nil {
		return *told, nil
	}
	outcome := m.Office.Send(ctx, letter)
	if m.Setups != nil {
		m.Setups.learn(ctx, order.Integration, outcome, m.Shops.faulty(order.Integration))
		if outcome.Verdict == mail.Accepted {
			m.Shops.mended(order.Integration)
		}
	}
	if err := sortOutcome(outcome); err != nil {
		return contract.MailReceipt{}, err
	}
	return contract.MailReceipt{MessageID: outcome.MessageID, Claim: parcel.Claim{Reached: letter.Reached}}, nil
}

// prepareTimeout bounds everything that a mail asks before it is posted. With
// the post itself it has to stay below the activity's time-out, or a mail would
// be taken for one that may have gone out.
const prepareTimeout = 6 * time.Second

// prepare asks what the mail needs to know, or finds that it has been told
// already.
func (m Mails) prepare(ctx context.Context, order contract.MailOrder) (mail.Letter, *contract.MailReceipt) {
	ctx, cancel := context.WithTimeout(ctx, prepareTimeout)
	defer cancel()
	if id, found := m.proof(ctx, order); found {
		return mail.Letter{}, &contract.MailReceipt{MessageID: id}
	}
	claim := m.Colli.claim(ctx, order)
	if claim.ToldBy != 0 {
		return mail.Letter{}, &contract.MailReceipt{Claim: claim}
	}
	letter := mail.Letter{
		Key: order.Key, Try: order.Try, Kind: mail.Kind(order.Kind), Integration: order.Integration, ParcelID: order.ParcelID,
		Facts: order.Facts, Happened: order.Happened, Language: order.Language, KeptUntil: order.KeptUntil,
		Reached: claim.Reached, Shop: m.Shops.of(ctx, order.Integration),
	}
	if m.Points != nil {
		letter.Pickup = m.Points.of(ctx, order)
	}
	return letter, nil
}

// proof looks for a mail that may have gone out already, before it is posted
// again. A key that may not read the logs has no proof to offer.
func (m Mails) proof(ctx context.Context, order contract.MailOrder) (messageID string, found bool) {
	if order.InDoubtSince.IsZero() {
		return "", false
	}
	messageID, found, err := m.Office.Find(ctx, order.Key, order.Facts.Recipient.Email, order.InDoubtSince)
	if err != nil {
		activity.GetLogger(ctx).Info("no proof of what became of a mail", "key", order.Key, "reason", err.Error())
	}
	return messageID, found
}
