package console

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/spf13/cobra"

	"waybill/commandline"
	"waybill/contract"
	"waybill/delivery"
	"waybill/parcel"
	"waybill/recorder"
	"waybill/settings"
)

func mailsCommand(env *settings.Environment, log *slog.Logger) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "mails",
		Short: "Show the mails of parcels, and retry, drop or send them again",
		Long: `A mail that failed for good is parked: it waits until you retry or drop it, for one parcel or
for many at once. For the texts and the layout of mails, see "waybill templates".

` + namingParcels,
		Example: `  waybill mails list --since 7d
  waybill mails show my-shop/364000001
  waybill mails retry my-shop/364000001
  waybill mails retry --all --integration my-shop --dry-run`,
	}
	cmd.AddCommand(mailsListCommand(env, log), mailsShowCommand(env, log))
	cmd.AddCommand(orderCommands(env, log, cmd.Name())...)
	return cmd
}

// parcelMail is a mail of a parcel, as it is listed.
type parcelMail struct {
	contract.ParcelRef
	parcel.Mail
}

func mailsListCommand(env *settings.Environment, log *slog.Logger) *cobra.Command {
	var f filterFlags
	var most limit
	var format output
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List parked mails, and why each failed",
		Long: `List prints the parked mails of the newest parcels that have any, and why each failed. Temporal
lists the parcels, and may be a few seconds behind. Each parcel is then asked for its mails, so a
worker has to be running. All times are UTC.

` + settings.AboutTemporal,
		Example: "  waybill mails list\n  waybill mails list --integration my-shop --since 2d --output json",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			filter, err := f.filter(time.Now())
			if err := cmp.Or(err, most.check()); err != nil {
				return err
			}
			filter.Parked, filter.Open = true, true
			return ask(cmd.Context(), env, log, func(ctx context.Context, records recorder.Recorder) error {
				listed, more, err := recorder.ListParcels(ctx, records, filter, int(most))
				if err != nil {
					return err
				}
				mails, silent, err := parkedMails(askParcels(ctx, records, listed))
				if err != nil {
					return err
				}
				if silent > 0 {
					fmt.Fprintf(cmd.ErrOrStderr(), "%s did not answer.\n", count(silent, "parcel"))
				}
				if more {
					defer showMore(ctx, cmd.ErrOrStderr(), records, filter, len(listed))
				}
				return format.print(cmd.OutOrStdout(), mails, func(w io.Writer) error { return printParked(w, mails, len(listed)) })
			})
		},
	}
	f.add(cmd, env)
	_ = cmd.Flags().MarkHidden("parked") // they all are
	most.add(cmd)
	format.add(cmd)
	return cmd
}

// parkedMails are the parked mails of some parcels, and how many parcels did not answer. It
// fails if none did.
func parkedMails(answers []asked) (mails []parcelMail, silent int, err error) {
	mails = []parcelMail{}
	for _, a := range answers {
		if a.err != nil {
			silent++
			err = a.err
			continue
		}
		for _, m := range a.known.Mails.Parked() {
			mails = append(mails, parcelMail{a.of, *m})
		}
	}
	if silent < len(answers) {
		err = nil
	}
	return mails, silent, err
}

// printParked prints the parked mails of so many parcels as a table.
func printParked(w io.Writer, mails []parcelMail, listed int) error {
	if len(mails) == 0 {
		said := "No mail is parked."
		if listed > 0 {
			said = "Temporal's list is a few seconds old: no mail of its first " + count(listed, "parcel") + " is parked any more. Run the command again."
		}
		_, err := fmt.Fprintln(w, said)
		return err
	}
	table := newTable(w)
	fmt.Fprintln(table, "PARCEL\tMAIL\tPARKED\tWHY")
	for _, m := range mails {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", m.ParcelRef, m.About.Kind.Words(), delivery.Clock(m.Done), printable(parcel.Remark(m.Mail).String()))
	}
	return table.Flush()
}

func mailsShowCommand(env *settings.Environment, log *slog.Logger) *cobra.Command {
	var key string
	var format output
	cmd := &cobra.Command{
		ValidArgsFunction: commandline.First(completeIntegrations(env)),

		Use:   "show integration parcel",
		Short: "Show the mails of one parcel: the state and the key of each",
		Long: `Show prints each mail of a parcel: its state, how often it was tried, why it failed, what the
mail provider reported, and the key by which orders name it. A worker has to be running to
answer. All times are UTC.

` + namingParcels + "\n\n" + settings.AboutTemporal,
		Example: "  waybill mails show my-shop/364000001\n  waybill mails show my-shop/364000001 --output json",
		RunE: aboutParcel(env, log, func(_ context.Context, cmd *cobra.Command, _ recorder.Recorder, known parcel.Parcel) error {
			mails := known.Mails
			if key != "" {
				m := mails.Find(key)
				if m == nil {
					return errors.New("the parcel has no mail with this key: leave out --key to see all")
				}
				mails = delivery.Outbox[parcel.News]{*m}
			}
			return format.print(cmd.OutOrStdout(), mails, func(w io.Writer) error {
				fmt.Fprintln(w, headline(known))
				table := newTable(w)
				printMails(table, mails)
				return table.Flush()
			})
		}),
	}
	cmd.Flags().StringVar(&key, "key", "", "only the mail with this `key`")
	format.add(cmd)
	return cmd
}

// printMails prints mails in full.
func printMails(table io.Writer, mails delivery.Outbox[parcel.News]) {
	if len(mails) == 0 {
		fmt.Fprintln(table, "\nThere are no mails.")
		return
	}
	fmt.Fprintln(table, "\nMAIL\tSTATE\tTRIES\tDECIDED\tREMARK\tKEY")
	for _, m := range mails {
		fmt.Fprintf(table, "%s\t%s\t%d\t%s\t%s\t%s\n", m.About.Kind.Words(), m.State, m.Tries, delivery.Clock(m.Decided), cmp.Or(printable(parcel.Remark(m).String()), "-"), m.Key)
	}
}
