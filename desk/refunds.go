package desk

import (
	"context"
	"fmt"

	"waybill/contract"
	"waybill/recorder"
	"waybill/refund"
)

// refunds is what the refund doors need of the recorder.
type refunds interface {
	Refund(ctx context.Context, integration string, returnID int64) (known refund.Refund, found bool, err error)
	Refunds(ctx context.Context, f recorder.RefundFilter, page []byte, size int) (all []recorder.ListedRefund, next []byte, err error)

	Decide(ctx context.Context, of refundName, d refund.Decision) (contract.RefundAnswer, error)
	Ask(ctx context.Context, of refundName, q contract.RefundQuestion) (contract.RefundAnswer, error)
	Answer(ctx context.Context, of refundName, a contract.RefundInfo) (contract.RefundAnswer, error)
	Withdraw(ctx context.Context, of refundName, o contract.RefundOrder) (contract.RefundAnswer, error)
	Reassign(ctx context.Context, of refundName, to contract.RefundReassignment) (contract.RefundAnswer, error)
	ReceiveGoods(ctx context.Context, of refundName, o contract.RefundOrder) (contract.RefundAnswer, error)
	PayAgain(ctx context.Context, of refundName, o contract.RefundOrder) (contract.RefundAnswer, error)
	MailAgain(ctx context.Context, of refundName, o contract.RefundOrder) (contract.RefundAnswer, error)

	SignIn(ctx context.Context, nonce string, start contract.SignInStart) error
	UseSignIn(ctx context.Context, nonce string) (contract.SignedIn, error)
}

// refundName is what a refund is called.
type refundName struct {
	integration string
	returnID    int64
}

func (n refundName) String() string { return fmt.Sprintf("Return %d of %s", n.returnID, n.integration) }

func (n refundName) workflowID() string { return contract.RefundWorkflowID(n.integration, n.returnID) }

// inTemporal are the refunds as Temporal has them.
type inTemporal struct{ recorder.Recorder }

func (t inTemporal) Decide(ctx context.Context, of refundName, d refund.Decision) (contract.RefundAnswer, error) {
	return giveOrder(ctx, t, of, contract.DecideRefund, d)
}

func (t inTemporal) Ask(ctx context.Context, of refundName, q contract.RefundQuestion) (contract.RefundAnswer, error) {
	return giveOrder(ctx, t, of, contract.AskForInfo, q)
}

func (t inTemporal) Answer(ctx context.Context, of refundName, a contract.RefundInfo) (contract.RefundAnswer, error) {
	return giveOrder(ctx, t, of, contract.ProvideInfo, a)
}

func (t inTemporal) Withdraw(ctx context.Context, of refundName, o contract.RefundOrder) (contract.RefundAnswer, error) {
	return giveOrder(ctx, t, of, contract.WithdrawRefund, o)
}

func (t inTemporal) Reassign(ctx context.Context, of refundName, to contract.RefundReassignment) (contract.RefundAnswer, error) {
	return giveOrder(ctx, t, of, contract.ReassignRefund, to)
}

func (t inTemporal) ReceiveGoods(ctx context.Context, of refundName, o contract.RefundOrder) (contract.RefundAnswer, error) {
	return giveOrder(ctx, t, of, contract.ReceiveGoods, o)
}

func (t inTemporal) PayAgain(ctx context.Context, of refundName, o contract.RefundOrder) (contract.RefundAnswer, error) {
	return giveOrder(ctx, t, of, contract.PayRefundAgain, o)
}

func (t inTemporal) MailAgain(ctx context.Context, of refundName, o contract.RefundOrder) (contract.RefundAnswer, error) {
	return giveOrder(ctx, t, of, contract.RetryRefundMail, o)
}

func giveOrder[In any](ctx context.Context, t inTemporal, of refundName, order contract.Order[In, contract.RefundAnswer], in In) (contract.RefundAnswer, error) {
	return recorder.OrderRefund(ctx, t.Recorder, of.integration, of.returnID, order, in)
}
