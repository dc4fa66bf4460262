// Package activities does what can fail: it posts, pays and asks, and sorts each
// failure into what is tried again and what is given up.
package activities

import (
	"context"
	"errors"
	"time"

	"go.temporal.io/sdk/activity"

	"waybill/contract"
	"waybill/delivery"
	"waybill/mail"
	"waybill/monitoring"
	"waybill/parcel"
	"waybill/recorder"
)

// Siblings are parcels that go together; a [recorder.Recorder] asks them.
type Siblings interface {
	ClaimMail(context.Context, contract.ColloReady) (parcel.Claim, error)
}

// Mails are the activities that send mail.
type Mails struct {
	Mailer   Mailer
	Siblings Siblings
	// Points may be nil: then no mail says where a parcel can be collected.
	Points *Points
}

// SendMail posts one mail. It fails with an application error of one of the types in
// contract; those that are safe to try again are retryable.
func (m Mails) SendMail(ctx context.Context, order contract.MailOrder) (contract.MailReceipt, error) {
	to := Envelope{Post: order.Post, To: order.Facts.Recipient.Email, Subject: order.Subject()}
	letter, receipt, err := m.prepare(ctx, to, order)
	switch {
	case err != nil:
		return contract.MailReceipt{}, err
	case receipt != nil:
		return *receipt, nil
	}
	sent, err := m.Mailer.Send(ctx, to, letter)
	sent.Claim = parcel.Claim{Reached: letter.Reached}
	if err == nil && !order.Happened.IsZero() {
		m.Mailer.Meter.Time(monitoring.ScanToMail, time.Since(order.Happened), order.Integration, string(order.Kind))
	}
	return sent, err
}

// prepareTimeout bounds everything that a mail asks before it is posted. With the post
// it has to stay below the activity's time-out: a mail that exceeds that is in doubt.
const prepareTimeout = 6 * time.Second

// prepare asks what the mail needs to know, or finds that nothing is to be posted:
// then there is a receipt, or an error.
func (m Mails) prepare(ctx context.Context, to Envelope, order contract.MailOrder) (mail.Letter, *contract.MailReceipt, error) {
	ctx, cancel := context.WithTimeout(ctx, prepareTimeout)
	defer cancel()
	if receipt, done, err := m.Mailer.found(ctx, to); done || err != nil {
		return mail.Letter{}, &receipt, err
	}
	claim, pending := m.claim(ctx, order)
	switch {
	case pending:
		return mail.Letter{}, nil, sortOutcome(delivery.Outcome{
			Verdict: delivery.NotSent, Why: "it waits for what comes of the mail that speaks for it", Wait: claimPause,
		})
	case claim.ToldBy != 0:
		return mail.Letter{}, &contract.MailReceipt{Claim: claim}, nil
	}
	letter := mail.ParcelLetter(order.Integration, order.ID, order.Facts, parcel.News{
		Kind: order.Kind, Happened: order.Happened, Language: order.Language, KeptUntil: order.KeptUntil, Reached: claim.Reached,
	})
	letter.Shop = m.Mailer.Shops.of(ctx, order.Integration)
	if m.Points != nil {
		letter.Pickup = m.Points.of(ctx, order)
	}
	return letter, nil, nil
}

// claimTimeout is how long a mail waits in one attempt for what comes of the mail
// that speaks for it, and claimPause until the next attempt.
const (
	claimTimeout = 3 * time.Second
	claimPause   = 10 * time.Second
)

// claim asks whether a mail may leave; pending says that another one speaks for it
// and nobody knows yet whether that was sent. When the question cannot be asked, the
// mail may leave: two mails about parcels that go together are better than none.
func (m Mails) claim(ctx context.Context, order contract.MailOrder) (claim parcel.Claim, pending bool) {
	if !order.Together {
		return parcel.Claim{}, false
	}
	ctx, cancel := context.WithTimeout(ctx, claimTimeout)
	defer cancel()
	claim, err := m.Siblings.ClaimMail(ctx, contract.ColloReady{
		Integration: order.Integration, UUID: order.Facts.Collo.UUID, Try: order.Try,
		Mail: parcel.ColloMail{ParcelID: order.ID, Kind: order.Kind, Key: order.Key},
	})
	switch {
	case errors.Is(err, recorder.ErrPending):
		return parcel.Claim{}, true
	case err != nil:
		activity.GetLogger(ctx).Warn("the parcels that go with this one do not say what they have told", "error", err.Error())
	}
	return claim, false
}
