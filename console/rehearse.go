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

	"waybill/commandline"
	"waybill/delivery"
	"waybill/mail"
	"waybill/parcel"
	"waybill/recorder"
	"waybill/settings"
	"waybill/worker"
)

func rehearseCommand(env *settings.Environment, log *slog.Logger) *cobra.Command {
	return &cobra.Command{
		ValidArgsFunction: commandline.First(completeIntegrations(env)),

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

// subjects writes the subjects of mails.
type subjects func(parcel.Mail) (string, error)

// newSubjects are those of a parcel's mails.
func newSubjects(from, templates string, shop mail.Shop, p parcel.Parcel) (subjects, error) {
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
		rendered, err := renderer.Render(mail.Letter{
			Kind: mail.Kind(m.About.Kind), Integration: p.Integration, ParcelID: p.ID,
			Facts: p.MailFacts(), Happened: m.About.Happened, Language: m.About.Language, KeptUntil: m.About.KeptUntil, Shop: shop,
		})
		return rendered.Subject, err
	}, nil
}

// rehearse prints what will happen to a parcel if no scan comes.
func rehearse(w io.Writer, p parcel.Parcel, by parcel.Policy, subjects subjects, now time.Time) error {
	fmt.Fprintf(w, "Parcel %d of %s: %s. If no scan comes, under policy %s:\n",
		p.ID, p.Integration, cmp.Or(p.Phase.Words(), "no scan has placed it yet"), by.Version)
	if p.Closed {
		fmt.Fprintf(w, "\nNothing: it was closed at %s UTC.\n", delivery.Clock(p.Deadline))
		return nil
	}
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "\nWHEN (UTC)\tWHAT")
	for _, f := range parcel.Rehearse(p, by, now) {
		if f.Decided != nil && f.Decided.Reason.Sends() && !p.Paused {
			continue // the mail has a line of its own
		}
		what, err := foretold(f, p, subjects)
		if err != nil {
			return err
		}
		fmt.Fprintf(table, "%s\t%s\n", delivery.Clock(f.At), what)
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

// foretold is one forecast in words.
func foretold(f parcel.Forecast, p parcel.Parcel, subjects subjects) (string, error) {
	switch {
	case f.Mail != nil:
		subject, err := subjects(*f.Mail)
		return fmt.Sprintf("mail leaves (%s): %q", f.Mail.About.Kind.Words(), subject), err
	case f.Decided != nil && f.Decided.Reason == parcel.ReasonLook:
		return fmt.Sprintf("%s: operations have to look (%s)", f.Decided.Seen(), f.Attention), nil
	case f.Decided != nil:
		said := f.Decided.Seen() + ": " + f.Decided.Verdict()
		if f.Decided.Reason.Sends() {
			said += ", held back"
		}
		return said, nil
	case p.Phase.Terminal():
		return "closed", nil
	}
	return "given up: no scan for too long", nil
}
