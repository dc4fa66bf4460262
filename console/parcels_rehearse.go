package console

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/spf13/cobra"

	"waybill/commandline"
	"waybill/contract"
	"waybill/delivery"
	"waybill/mail"
	"waybill/parcel"
	"waybill/policy"
	"waybill/recorder"
	"waybill/settings"
	"waybill/worker"
)

func parcelsRehearseCommand(env *settings.Environment, log *slog.Logger) *cobra.Command {
	var file string
	cmd := &cobra.Command{
		ValidArgsFunction: commandline.First(completeIntegrations(env)),

		Use:   "rehearse integration parcel",
		Short: "Show what will happen to a parcel if no scan comes",
		Long: `Rehearse takes a parcel as it is and lets time pass. It prints each mail that would
leave with its subject, each reminder, each alarm for operations, and the day on which
the parcel is closed. A worker does this under its own policy, and names the version.
Nothing is changed. To see what another policy would do, name its file with --policy.

The subjects are written with your words and your sender:

  WAYBILL_MAIL_FROM        the sender, whose name appears in the subjects
  WAYBILL_MAIL_TEMPLATES   the folder with your own words and layout

` + namingParcels + "\n\n" + settings.AboutTemporal,
		Example: "  waybill parcels rehearse my-shop 364000001\n  waybill parcels rehearse my-shop/364000001 --policy next.yaml",
		RunE: aboutParcel(env, log, func(ctx context.Context, cmd *cobra.Command, records recorder.Recorder, known parcel.Parcel) error {
			said, err := rehearsed(ctx, records, known)
			if err != nil {
				return err
			}
			whose := "which the worker that answered follows"
			if file != "" {
				if said, whose, err = rehearsedUnder(file, known, said); err != nil {
					return err
				}
			}
			state, _, err := records.Integration(ctx, known.Integration)
			if err != nil {
				return err
			}
			subjects, err := newSubjects(env.Text(settings.MailFrom), env.Text(settings.MailTemplates), mail.Shop{Name: state.Latest.ShopName}, known)
			if err != nil {
				return err
			}
			return rehearse(cmd.OutOrStdout(), known, said, whose, subjects)
		}),
	}
	cmd.Flags().StringVar(&file, "policy", "", "rehearse under the policy of this `file` instead")
	commandline.Flag(cmd, "policy", commandline.Files("yaml", "yml"))
	return cmd
}

// rehearsed is what a worker says will happen to a parcel.
func rehearsed(ctx context.Context, records recorder.Recorder, p parcel.Parcel) (contract.Rehearsal, error) {
	of := contract.ParcelRef{Integration: p.Integration, ID: p.ID}
	said, found, err := records.Rehearse(ctx, of, time.Now())
	return said, notKnown(of, found, err)
}

// rehearsedUnder is what would happen under the policy of a file, and whose policy that is.
func rehearsedUnder(file string, p parcel.Parcel, worker contract.Rehearsal) (contract.Rehearsal, string, error) {
	keeper, err := policy.Keep(file)
	if err != nil {
		return contract.Rehearsal{}, "", fmt.Errorf("--policy: %w", err)
	}
	by := keeper.Book().For(p.Integration).Policy
	said := contract.Rehearsal{Policy: by.Version}
	if !p.Closed {
		said.Forecasts = parcel.Rehearse(p, by, time.Now())
	}
	if by.Version == worker.Policy {
		return said, "which the worker that answered follows too", nil
	}
	return said, fmt.Sprintf("which is that of %s: the worker that answered follows policy %s", file, worker.Policy), nil
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
func rehearse(w io.Writer, p parcel.Parcel, said contract.Rehearsal, whose string, subjects parcel.Subjects) error {
	w = plain{w}
	fmt.Fprintf(w, "Parcel %d of %s: %s. If no scan comes, under policy %s, %s:\n",
		p.ID, p.Integration, cmp.Or(p.Phase.Words(), "no scan has placed it yet"), said.Policy, whose)
	if p.Closed {
		fmt.Fprintf(w, "\nNothing: it was closed at %s UTC.\n", delivery.Clock(p.Deadline))
		return nil
	}
	table := newTable(w)
	fmt.Fprintln(table, "\nWHEN (UTC)\tWHAT")
	foretold, err := parcel.Foretell(p, said.Forecasts, subjects)
	if err != nil {
		return err
	}
	for _, f := range foretold {
		fmt.Fprintf(table, "%s\t%s\n", delivery.Clock(f.At), printable(f.What.String()))
	}
	if err := table.Flush(); err != nil {
		return err
	}
	if p.Paused {
		fmt.Fprintf(w, "\nMails are paused: none leaves until\n  waybill parcels resume %s/%d\n", p.Integration, p.ID)
	}
	if n := len(p.Mails.Parked()); n > 0 {
		fmt.Fprintf(w, "\nUntil you retry or drop them, %s will not leave:\n  waybill mails retry %s/%d\n", count(n, "parked mail"), p.Integration, p.ID)
	}
	return nil
}
