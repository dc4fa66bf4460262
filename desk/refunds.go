package desk

import (
	"context"
	"fmt"

	"waybill/contract"
	"waybill/recorder"
	"waybill/refund"
)

// refunds is what the desk needs of a [recorder.Recorder].
type refunds interface {
	recorder.Lister
	OrderRefund(ctx context.Context, of contract.RefundRef, o refund.Order, in refund.Input) (contract.RefundAnswer, error)
	SignIn(ctx context.Context, nonce string, start contract.SignInStart) error
	UseSignIn(ctx context.Context, nonce string) (contract.SignedIn, error)
}

// title is what a refund is called on its page.
func title(of contract.RefundRef) string {
	return fmt.Sprintf("Return %d of %s", of.ReturnID, of.Integration)
}
