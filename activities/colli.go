package activities

import (
	"context"

	"go.temporal.io/sdk/activity"

	"waybill/contract"
	"waybill/parcel"
)

// Siblings are parcels that go together; a [recorder.Recorder] reaches them.
type Siblings interface {
	MailReady(context.Context, contract.ColloReady) error
	ClaimMail(context.Context, contract.ColloReady) (parcel.Claim, error)
}

// Colli are the activities of parcels that go together.
type Colli struct{ Siblings Siblings }

// JoinColli tells the siblings of a mail that waits to leave.
func (c Colli) JoinColli(ctx context.Context, ready contract.ColloReady) (struct{}, error) {
	return struct{}{}, c.Siblings.MailReady(ctx, ready)
}

// claim asks whether a mail may leave. When nobody says, it may: two mails about
// parcels that go together are better than none.
func (c Colli) claim(ctx context.Context, order contract.MailOrder) parcel.Claim {
	if !order.Together {
		return parcel.Claim{}
	}
	claim, err := c.Siblings.ClaimMail(ctx, contract.ColloReady{
		Integration: order.Integration, UUID: order.Facts.Collo.UUID,
		Mail: parcel.ColloMail{ParcelID: order.ParcelID, Kind: order.Kind, Key: order.Key},
	})
	if err != nil {
		activity.GetLogger(ctx).Warn("the parcels that go with this one do not say what they have told", "error", err.Error())
	}
	return claim
}
