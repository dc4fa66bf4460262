package console

import (
	"context"
	"log/slog"

	"github.com/spf13/cobra"

	"waybill/contract"
	"waybill/recorder"
	"waybill/refund"
	"waybill/settings"
)

func refundsCommand(env *settings.Environment, log *slog.Logger) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "refunds",
		Short: "List, show and decide refunds, and check their decision logs",
		Long: `If the rules do not decide a refund alone, people of the policy decide it: by mailed link,
on the refund pages, by API, or here. Each refund has a decision log: who did what, when
and why, each line with the hash of the one before.

A refund is named by its integration and by Sendcloud's number of the return: my-shop/7001,
the same in two words, or the workflow id refund:my-shop:7001.`,
		Example: `  waybill refunds list --role manager --due-within 3d
  waybill refunds show my-shop 7001
  waybill refunds approve my-shop 7001
  waybill refunds show my-shop 7001 --output json | waybill refunds verify`,
	}
	cmd.AddCommand(refundsListCommand(env, log), refundsShowCommand(env, log), refundsExportCommand(env, log), refundsVerifyCommand(), refundsSimulateCommand(env), refundsRequestCommand(env, log))
	for _, o := range refund.Orders() {
		cmd.AddCommand(refundOrderCommand(o, env, log))
	}
	return cmd
}

// refundOf is what is known of a refund.
func refundOf(ctx context.Context, records recorder.Recorder, name contract.RefundRef) (refund.Refund, error) {
	known, found, err := records.Refund(ctx, name)
	return known, notKnown(name, found, err)
}
