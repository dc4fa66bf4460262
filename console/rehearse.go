package console

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"log/slog"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"waybill/delivery"
	"waybill/mail"
	"waybill/parcel"
	"waybill/recorder"
	"waybill/settings"
	"waybill/worker"
)

func rehearseCommand(env *settings.Environment, log *slog.Logger) *cobra.Command {
	return &cobra.Command{
		Use:   "rehearse integration parcel",
		Short: "Show what will happen to a parcel if no scan comes",
		Long: `Rehearse takes a parcel as it is and lets time pass. It prints each mail that would
leave with its subject, each reminder, each alarm for operations, and the day on which
the parcel is closed. It runs the same rules as the workers, and changes nothing.

  WAYBILL_POLICY           the policy to rehearse under; name another file to see what
                           it would change. If unset: the default policy
  WAYBILL_MAIL_FROM        the sender, whose name stands in the subjects
  WAYBILL_MAIL_TEMPLATES   the folder with your own words and layout

A worker has to be running: it answers the question.

` + settings.AboutTemporal,
		Example: "  waybill rehearse my-shop 364000001\n  WAYBILL_POLICY=next.yaml waybill rehearse my-shop 364000001",
		RunE: aboutParcel(env, log, func(ctx context.Context, out io.Writer, records recorder.Recorder, known parcel.Parcel) error {
			keeper, err := env.Policy()
			if err != nil {
				return err
			}
			state, _, err := records.Integration(ctx, known.Integration)
			if err != nil {
				return err
			}
			subjects, err := newSubjects(env.Text(settings.MailFrom), env.Text(settings.MailTemplates), mail.Shop{Name: state.Latest.ShopName}, known)
			if err != nil {
				return err
			}
			return rehearse(out, known, keeper.Book().For(known.Integration).Policy, subjects, time.Now())
		}),
	}
}

// newSubjects are those of a parcel's mails.
func newSubjects(from, templates string, shop mail.Shop, p parcel.Parcel) (parcel.Subjects, error) {
	renderer, err := worker.OpenTemplates(templates)
	if err != nil {
		return nil, err
	}
	sender, err := mail.ParseSender(from)
	if from != "" && err != nil {
		return nil, fmt.Errorf("WAYBILL_MAIL_FROM: %w", err)
	}
	shop.Name = cmp.Or(mail.Signature(sender, shop), "your shop")
	return func(m parcel.Mail) (string, error) {
		letter := mail.ParcelLetter(p.Integration, p.ID, p.MailFacts(), m.About)
		letter.Shop = shop
		rendered, err := renderer.Render(letter)
		return rendered.Subject, err
	}, nil
}

// rehearse prints what will happen to a parcel if no scan comes.
func rehearse(w io.Writer, p parcel.Parcel, by parcel.Policy, subjects parcel.Subjects, now time.Time) error {
	fmt.Fprintf(w, "Parcel %d of %s: %s. If no scan comes, under policy %s:\n",
		p.ID, p.Integration, cmp.Or(p.Phase.Words(), "no scan has placed it yet"), by.Version)
	if p.Closed {
		fmt.Fprintf(w, "\nNothing: it was closed at %s UTC.\n", delivery.Clock(p.Deadline))
		return nil
	}
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "\nWHEN (UTC)\tWHAT")
	foretold, err := parcel.Foretell(p, by, subjects, now)
	if err != nil {
		return err
	}
	for _, f := range foretold {
		fmt.Fprintf(table, "%s\t%s\n", delivery.Clock(f.At), f.What)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	if p.Paused {
		fmt.Fprintln(w, "\nMails are paused: none leaves until the Update ResumeMails.")
	}
	if n := len(p.Mails.Parked()); n > 0 {
		fmt.Fprintf(w, "\n%d parked: they wait for the Update RetryMails or DropMails.\n", n)
	}
	return nil
}
