package console

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"waybill/parcel"
	"waybill/recorder"
	"waybill/refund"
	"waybill/settings"
)

const leftOut = "The customer's name, address and message are left out: --personal shows them. What people wrote to each other stands in the receipt."

func refundsShowCommand(env *settings.Environment, log *slog.Logger) *cobra.Command {
	var personal, asJSON bool
	cmd := &cobra.Command{
		Use:   "show integration return",
		Short: "Show one refund: facts, rules, approvals, mails, clock and receipt",
		Long: `Show tells what is known of a refund: the facts, what the rules said of them, whose turn
it is, who approved, what became of the mails, the clock, and the receipt with who did
what, in which way and why, and whether it is as it was written. It works for refunds
that have come to their end too, for as long as Temporal keeps them.

The customer's name, mail address and message are left out unless --personal is given.
Reasons, questions and answers are what people wrote and stand as they wrote them: the
receipt could not be checked without them.

With --json it prints what the Query Describe answers, which "waybill refunds verify"
reads. A worker has to be running: it is what knows.

` + settings.AboutTemporal,
		Example: "  waybill refunds show my-shop 7001\n  waybill refunds show my-shop/7001 --personal\n  waybill refunds show my-shop 7001 --json > refund-7001.json",
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
				if !personal {
					known = nameless(known)
				}
				if !asJSON {
					return showRefund(cmd.OutOrStdout(), known, personal)
				}
				if !personal {
					fmt.Fprintln(cmd.ErrOrStderr(), leftOut)
				}
				return printJSON(cmd.OutOrStdout(), known)
			})
		},
	}
	cmd.Flags().BoolVar(&personal, "personal", false, "with the customer's name, mail address and message")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// nameless is a refund without who the customer is and what they wrote.
func nameless(r refund.Refund) refund.Refund {
	r.Facts.Customer = refund.Customer{Country: r.Facts.Customer.Country}
	r.Facts.Message = ""
	return r
}

// showRefund tells all that is known of a refund.
func showRefund(w io.Writer, r refund.Refund, personal bool) error {
	fmt.Fprintf(w, "Refund %d of %s: %s, %s", r.ReturnID, r.Integration, r.State.Words(), r.Facts.Amount)
	if who := turn(r.State, r.Role, r.Holder); who != "-" {
		fmt.Fprintf(w, ". It is the turn of: %s", who)
	}
	if r.Attention != "" {
		fmt.Fprintf(w, ". Somebody should look: %s", r.Attention)
	}
	fmt.Fprintln(w, ".\nAll times are UTC.")
	if !personal {
		fmt.Fprintln(w, leftOut)
	}
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	showFacts(table, r.Facts)
	showRules(table, r)
	showMails(table, r.Mails)
	showClock(table, &r)
	showReceipt(table, r.Receipt)
	if err := table.Flush(); err != nil {
		return err
	}
	return tellWhole(w, r.Receipt)
}

// sheet has rows of a table that are left out if there is nothing to say.
type sheet struct{ table io.Writer }

func (l sheet) add(name, value string) {
	if value = printable(value); value != "" {
		fmt.Fprintf(l.table, "%s\t%s\n", name, value)
	}
}

func (l sheet) number(name string, n int64) {
	if n != 0 {
		l.add(name, strconv.FormatInt(n, 10))
	}
}

func (l sheet) count(name string, n *int) {
	if n != nil {
		l.add(name, strconv.Itoa(*n))
	}
}

func (l sheet) money(name string, m refund.Money) {
	if m.Known() {
		l.add(name, m.String())
	}
}

func (l sheet) at(name string, t time.Time) {
	if !t.IsZero() {
		l.add(name, parcel.Clock(t))
	}
}

func showFacts(table io.Writer, f refund.Facts) {
	fmt.Fprintln(table, "\nFACT\tVALUE")
	l := sheet{table}
	l.add("told by", string(f.Source))
	l.add("requested by", f.RequestedBy)
	l.add("amount", f.Amount.String())
	l.add("order value", f.OrderValue.String())
	l.money("refunded before", f.Refunded)
	l.add("order", f.OrderNumber)
	l.at("ordered", f.OrderedAt)
	l.add("wishes for", f.Kind)
	l.add("reason", string(f.Reason))
	l.add("reason in words", f.ReasonText)
	l.at("notice", f.NoticeAt)
	l.number("outgoing parcel", f.OutgoingParcel)
	l.number("return parcel", f.IncomingParcel)
	l.add("customer", f.Customer.Name)
	l.add("customer's address", f.Customer.Email)
	l.add("customer's country", f.Customer.Country)
	l.add("customer's message", f.Message)
	l.count("customer's refunds", f.CustomerRefunds)
	l.count("the shop's refunds today", f.ShopToday)
}

// showRules tells what the policy asked for, and who has approved.
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
		fmt.Fprintf(table, "%s\t%s\t%s\n", printable(a.By), parcel.Clock(a.At), a.Amount)
	}
}

func showMails(table io.Writer, mails []refund.Mail) {
	if len(mails) > 0 {
		fmt.Fprintln(table, "\nMAIL\tSTATE\tAT\tREMARK")
	}
	for _, m := range mails {
		remark := printable(m.Why)
		if m.Unproven > 0 {
			remark = strings.TrimPrefix(remark+"; it may be there twice", "; ")
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", printable(m.Deed.Words()), m.State, parcel.Clock(m.At), remark)
	}
}

func showClock(table io.Writer, r *refund.Refund) {
	c := r.Clock
	fmt.Fprintln(table, "\nCLOCK\tAT")
	l := sheet{table}
	l.at("decision asked for", c.Since)
	if c.Told > 0 {
		l.add("reminders", strconv.Itoa(c.Told))
	}
	l.at("customer asked", c.AskedAt)
	l.at("waits for the goods since", c.ApprovedAt)
	l.at("goods posted", c.PostedAt)
	l.at("goods back", c.GoodsAt)
	switch due, ok := r.LegalDeadline(); {
	case ok:
		l.at("legal deadline", due)
	case !r.State.Terminal():
		l.add("legal deadline", "stands: neither the goods nor proof of posting are there")
	}
	l.at("rings next", r.Next)
	if r.Asked > 0 {
		fmt.Fprintln(table, "\nPAYMENT\tTIMES ASKED\tREFERENCE")
		fmt.Fprintf(table, "%s\t%d\t%s\n", orElse(string(r.Outcome), "no answer yet"), r.Asked, printable(r.Reference))
	}
}

// receiptTime is a time in a receipt, which is read for years.
const receiptTime = "2006-01-02 15:04:05"

func showReceipt(table io.Writer, receipt []refund.Entry) {
	fmt.Fprintln(table, "\nLINE\tAT\tWHAT\tBY\tSTATE\tAMOUNT\tPOLICY\tWHY")
	for i, e := range receipt {
		fmt.Fprintf(table, "%d\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", i+1, e.At.UTC().Format(receiptTime), printable(e.What), printable(e.By), e.State.Words(),
			printable(e.Amount), printable(e.Policy), printable(e.Why))
	}
}

// tellWhole says whether a receipt is as it was written.
func tellWhole(w io.Writer, receipt []refund.Entry) error {
	if err := refund.CheckReceipt(receipt); err != nil {
		_, err = fmt.Fprintf(w, "\nThe receipt is NOT whole: %v.\n", err)
		return err
	}
	last := ""
	if n := len(receipt); n > 0 {
		last = receipt[n-1].Hash
	}
	_, err := fmt.Fprintf(w, "\nThe receipt is whole. The hash of its last line is %s\n", orElse(last, "none: it is empty"))
	return err
}
