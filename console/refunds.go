package console

import (
	"context"
	"log/slog"
	"strings"
	"unicode"

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

A refund is named by its integration and by Sendcloud's number of the return, in two words
or as my-shop/7001.`,
		Example: `  waybill refunds list --role manager --due-within 3d
  waybill refunds show my-shop 7001
  waybill refunds approve my-shop 7001
  waybill refunds show my-shop 7001 --json | waybill refunds verify`,
		Args: cobra.NoArgs, // an unknown word must fail
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(refundsListCommand(env, log), refundsShowCommand(env, log), refundsVerifyCommand())
	for _, o := range refund.Orders() {
		cmd.AddCommand(refundOrderCommand(o, env, log))
	}
	return cmd
}

// refundNamed reads the arguments that name a refund.
func refundNamed(cmd *cobra.Command, args []string) (contract.RefundRef, error) {
	integration, id, err := reference(cmd, args, "return", "7001")
	return contract.RefundRef{Integration: integration, ReturnID: id}, err
}

// refundOf is what is known of a refund.
func refundOf(ctx context.Context, records recorder.Recorder, name contract.RefundRef) (refund.Refund, error) {
	known, found, err := records.Refund(ctx, name)
	return known, notKnown(name, found, err)
}

// printable replaces what would break a line or control the terminal by blanks.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return ' '
	}, strings.TrimSpace(s))
}
