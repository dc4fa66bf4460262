package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"waybill/contract"
	"waybill/delivery"
	"waybill/devstack/sendcloud"
	"waybill/devstack/sendgrid"
	"waybill/refund"
)

// playRefund plays a refund, and says what was decided and who is asked.
func playRefund(ctx context.Context, out io.Writer, s state, player sendcloud.Player, sold sendcloud.Sold) error {
	if err := player.PlayRefund(ctx, sold, func(line string) { fmt.Fprintln(out, "  "+line) }); err != nil {
		return err
	}
	known, err := awaitRefund(ctx, s, sold.Return.ID)
	if err != nil {
		return err
	}
	if err := tellReceipt(out, known); err != nil {
		return err
	}
	mails, err := mailsIn(ctx, s.Ports)
	if err != nil {
		return err
	}
	return tellNext(out, s, known, mails)
}

// awaitRefund waits until people have been asked about a refund, or nobody need be.
func awaitRefund(ctx context.Context, s state, returnID int64) (known refund.Refund, err error) {
	c, err := s.dialTemporal(ctx)
	if err != nil {
		return known, err
	}
	defer c.Close()
	err = until(ctx, decidedWithin, "the refund is not decided, and nobody was asked", func(ctx context.Context) (bool, error) {
		known, err = describe(ctx, c, contract.RefundRef{Integration: integration, ReturnID: returnID}.WorkflowID(), contract.DescribeRefund)
		return settled(known), err
	})
	return known, err
}

// settled reports whether nothing more happens to a refund by itself.
func settled(r refund.Refund) bool {
	return (r.State.Waiting() || r.State.Terminal() || r.State == refund.PayFailed) && !r.Mails.Open()
}

// tellReceipt shows what has happened to a refund, as its receipt has it.
func tellReceipt(out io.Writer, r refund.Refund) error {
	fmt.Fprintln(out, "\n  Decided here, by the policy of the demo:")
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, e := range r.Receipt {
		fmt.Fprintf(table, "    %s\t%s\t%s\t%s\n", delivery.Clock(e.At), e.What, e.By, e.Why)
	}
	return table.Flush()
}

// tellNext says what somebody can do about a refund now, and where to look.
func tellNext(out io.Writer, s state, r refund.Refund, mails []sendgrid.Mail) error {
	p := s.Ports
	workflow := p.workflow(string(r.Subject()))
	switch asked := askedOf(r, mails); {
	case r.State.Waiting() && len(asked) > 0:
		fmt.Fprintf(out, "\n  %s: %s %s in any of these ways:\n", r.Facts.Amount, andList(asked), needOf(len(asked), r.Terms.Approvals))
		table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
		for _, a := range asked {
			fmt.Fprintf(table, "    the link in the mail to %s\t%s/mails/%d\n", a.name, origin(p.SendGrid), a.mail.ID)
		}
		fmt.Fprintf(table, "    the refund pages, as %s\t%s/refunds\n", asked[0].mail.To, origin(p.Ingress))
		if token := s.Tokens[asked[0].name]; token != "" {
			fmt.Fprintf(table, "    the command line, as %s\tWAYBILL_TOKEN=%s WAYBILL_PUBLIC_URL=%s bin/waybill refunds approve %s %d\n", asked[0].name, token, origin(p.Ingress), r.Integration, r.ReturnID)
		}
		if err := table.Flush(); err != nil {
			return err
		}
	case r.State.Waiting():
		fmt.Fprintln(out, "\n  Nobody may approve it: name people in the policy, as make run says when it starts.")
	case r.State == refund.Observed:
		fmt.Fprintln(out, "\n  That is what would have been done. To have it done, write mode: live below refunds in the policy.")
	}
	fmt.Fprintf(out, "  %s\n", workflow)
	return nil
}

// needOf says what those who were asked have to do. Others may wait for their digests.
func needOf(asked, approvals int) string {
	switch {
	case asked == 1 && approvals > 1:
		return fmt.Sprintf("was asked, and %d people have to approve,", approvals)
	case asked == 1:
		return "was asked, and decides"
	case approvals > 1:
		return fmt.Sprintf("were asked, and %d of them have to approve,", approvals)
	}
	return "were asked, and one of them decides,"
}

// asked is somebody who was asked to decide, by a mail.
type asked struct {
	name string
	mail sendgrid.Mail
}

// askedOf are those who were asked about a refund, and whose mails came.
func askedOf(r refund.Refund, mails []sendgrid.Mail) []asked {
	var all []asked
	for _, m := range r.Mails {
		if m.About.What != refund.AskApproval {
			continue
		}
		if i := slices.IndexFunc(mails, func(got sendgrid.Mail) bool { return got.CustomArgs["waybill_key"] == m.Key }); i >= 0 {
			all = append(all, asked{m.About.Person, mails[i]})
		}
	}
	return all
}

// andList is such as anna, ben and mia.
func andList(all []asked) string {
	var names []string
	for _, a := range all {
		names = append(names, a.name)
	}
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
}
