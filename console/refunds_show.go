package console

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"log/slog"

	"github.com/spf13/cobra"

	"waybill/archive"
	"waybill/commandline"
	"waybill/delivery"
	"waybill/recorder"
	"waybill/refund"
	"waybill/settings"
	"waybill/words"
)

const leftOut = "The customer's name, address and message are left out: --personal shows them. What people wrote to each other stands in the decision log."

func refundsShowCommand(env *settings.Environment, log *slog.Logger) *cobra.Command {
	var personal bool
	var format output
	cmd := &cobra.Command{
		ValidArgsFunction: commandline.First(completeIntegrations(env)),

		Use:   "show integration return",
		Short: "Show one refund: facts, rules, approvals, mails, clock and decision log",
		Long: `Show prints what is known of a refund: the facts, what the rules said about them, who has
to act, who approved, the mails, the deadlines, and the decision log: who did what, how and
why, and whether the log is intact. It works for refunds
that have come to their end too, for as long as Temporal keeps them.

The customer's name, mail address and message are left out unless --personal is given.
Reasons, questions and answers are what people wrote and stand as they wrote them: the
decision log could not be checked without them.

With --output json it prints what the Query Describe answers, which "waybill refunds verify"
reads. A worker has to be running: it answers the question.

` + settings.AboutTemporal,
		Example: "  waybill refunds show my-shop 7001\n  waybill refunds show my-shop/7001 --personal\n  waybill refunds show my-shop 7001 --output json > refund-7001.json",
		RunE: func(cmd *cobra.Command, args []string) error {
			name, err := refundNamed(cmd, args)
			if err != nil {
				return err
			}
			return ask(cmd.Context(), env, log, func(ctx context.Context, records recorder.Recorder) error {
				known, err := refundOf(ctx, records, name)
				if err != nil {
					return err
				}
				if format != inJSON {
					return showRefund(cmd.OutOrStdout(), known, personal)
				}
				if !personal {
					known = archive.WithoutCustomer(known)
					fmt.Fprintln(cmd.ErrOrStderr(), leftOut)
				}
				return printJSON(cmd.OutOrStdout(), known)
			})
		},
	}
	cmd.Flags().BoolVar(&personal, "personal", false, "with the customer's name, mail address and message")
	format.add(cmd)
	return cmd
}

// showRefund prints all that is known of a refund.
func showRefund(w io.Writer, r refund.Refund, personal bool) error {
	fmt.Fprintf(w, "Refund %d of %s: %s, %s.\n", r.ReturnID, r.Integration, r.State.Words(), r.Facts.Amount)
	now := r.Summary()
	for _, sentence := range []*words.Text{now.Turn, now.Attention, now.Next, now.Law} {
		if sentence != nil {
			fmt.Fprintln(w, printable(sentence.String()))
		}
	}
	fmt.Fprintln(w, "All times are UTC.")
	if !personal {
		fmt.Fprintln(w, leftOut)
	}
	table := newTable(w)
	showLines(table, "FACT", r.FactLines(), personal)
	showLines(table, "EVIDENCE", r.EvidenceLines(), personal)
	showRules(table, r)
	showMails(table, r.Mails)
	showPayment(table, r)
	showReceipt(table, r.Receipt)
	if err := table.Flush(); err != nil {
		return err
	}
	return showIntegrity(w, r.Receipt)
}

// showLines shows facts, and those about the customer only if personal.
func showLines(table io.Writer, title string, lines []refund.Line, personal bool) {
	fmt.Fprintf(table, "\n%s\tVALUE\n", title)
	for _, l := range lines {
		if l.Personal && !personal {
			l.Value = words.Verbatim("(left out)")
		}
		fmt.Fprintf(table, "%s\t%s\n", l.Label, printable(l.Value.String()))
	}
}

// showRules shows what the policy requires, and who has approved.
func showRules(table io.Writer, r refund.Refund) {
	fmt.Fprintln(table, "\nTHE RULES SAID\tBECAUSE")
	said := "not yet anything"
	switch n := r.Terms.Approvals; {
	case n == 1:
		said = "1 person has to approve"
	case n > 1:
		said = fmt.Sprintf("%d people have to approve", n)
	case r.State != refund.Requested:
		said = "nobody has to approve"
	}
	if len(r.Terms.Why) == 0 {
		fmt.Fprintf(table, "%s\t\n", said)
	}
	for _, why := range r.Terms.Why {
		fmt.Fprintf(table, "%s\t%s\n", said, printable(why))
		said = ""
	}
	if len(r.Approvals) > 0 {
		fmt.Fprintln(table, "\nAPPROVED BY\tAT\tAMOUNT")
	}
	for _, a := range r.Approvals {
		fmt.Fprintf(table, "%s\t%s\t%s\n", printable(a.By), delivery.Clock(a.At), a.Amount)
	}
}

func showMails(table io.Writer, mails []refund.Mail) {
	if len(mails) > 0 {
		fmt.Fprintln(table, "\nMAIL\tSTATE\tAT\tREMARK")
	}
	for _, m := range mails {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", printable(m.About.Words()), m.State, delivery.Clock(m.Decided), printable(m.Remark(nil).String()))
	}
}

func showPayment(table io.Writer, r refund.Refund) {
	if r.Asked > 0 {
		fmt.Fprintln(table, "\nPAYMENT\tTIMES ASKED\tREFERENCE")
		fmt.Fprintf(table, "%s\t%d\t%s\n", cmp.Or(string(r.Outcome), "no answer yet"), r.Asked, printable(r.Reference))
	}
}

// receiptTime is a time in a decision log, which is read for years.
const receiptTime = "2006-01-02 15:04:05"

func showReceipt(table io.Writer, receipt []refund.Entry) {
	fmt.Fprintln(table, "\nLINE\tAT\tWHAT\tBY\tSTATE\tAMOUNT\tPOLICY\tWHY")
	for i, e := range receipt {
		fmt.Fprintf(table, "%d\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", i+1, e.At.UTC().Format(receiptTime), printable(e.What), printable(e.By.String()), e.State.Words(),
			printable(e.Amount), printable(e.Policy), printable(e.Why))
	}
}

// showIntegrity says whether a decision log is intact.
func showIntegrity(w io.Writer, receipt []refund.Entry) error {
	if err := refund.CheckReceipt(receipt); err != nil {
		_, err = fmt.Fprintf(w, "\nThe decision log is NOT intact: %v.\n", err)
		return err
	}
	last := "none: it is empty"
	if n := len(receipt); n > 0 {
		last = receipt[n-1].Hash
	}
	_, err := fmt.Fprintf(w, "\nThe decision log is intact. The hash of its last line is %s\n", last)
	return err
}
