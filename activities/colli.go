package activities

import (
	"context"
	"errors"
	"time"

	"go.temporal.io/sdk/activity"

	"waybill/contract"
	"waybill/parcel"
	"waybill/recorder"
)

// Siblings are parcels that go together; a [recorder.Recorder] asks them.
type Siblings interface {
	ClaimMail(context.Context, contract.ColloReady) (parcel.Claim, error)
}

// Colli asks parcels that go together what they have told.
type Colli struct{ Siblings Siblings }

// claimTimeout is how long a mail waits in one attempt for what comes of the mail
// that speaks for it, and claimPause until the next attempt.
const (
	claimTimeout = 3 * time.Second
	claimPause   = 10 * time.Second
)

// claim asks whether a mail may leave; pending says that another one speaks for it
// and nobody knows yet whether that was sent. When the question cannot be asked, the
// mail may leave: two mails about parcels that go together are better than none.
func (c Colli) claim(ctx context.Context, order contract.MailOrder) (claim parcel.Claim, pending bool) {
	if !order.Together {
		return parcel.Claim{}, false
	}
	ctx, cancel := context.WithTimeout(ctx, claimTimeout)
	defer cancel()
	claim, err := c.Siblings.ClaimMail(ctx, contract.ColloReady{
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
