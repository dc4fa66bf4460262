package console

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"waybill/commandline"
	"waybill/delivery"
	"waybill/parcel"
	"waybill/recorder"
	"waybill/settings"
)

// mostExplained is how many of the found parcels are asked what became of their mails.
const mostExplained = 10

func parcelsFindCommand(env *settings.Environment, log *slog.Logger) *cobra.Command {
	var format output
	cmd := &cobra.Command{
		Use:   "find text",
		Short: "Find parcels by order number, tracking number or mail address",
		Long: `Find looks for an order number, a tracking number, a mail address, or Sendcloud's number of a
parcel or a return. For each parcel it prints what became of the mails and why, and the command
that fixes it. Upper case, lower case, spaces and # make no difference.

Mail addresses are found only if this is set:

  WAYBILL_SEARCH_KEYS   the same as for the workers

If the policy says "search: keyed", the numbers need the key too. A new parcel can be found after
some seconds. With --output json, parcels and refunds are printed as Temporal lists them. All
times are UTC.

` + settings.AboutTemporal,
		Example: "  waybill parcels find 1042\n  waybill parcels find jane.doe@example.com\n  waybill parcels find my-shop/364000001",
		RunE: func(cmd *cobra.Command, args []string) error {
			typed := strings.TrimSpace(strings.Join(args, " "))
			if typed == "" {
				return commandline.Usage(errors.New("write what to look for, as in: waybill parcels find 1042"))
			}
			keys, err := env.SearchKeys()
			if err != nil {
				return err
			}
			return ask(cmd.Context(), env, log, func(ctx context.Context, records recorder.Recorder) error {
				integrations, err := knownIntegrations(ctx, records)
				if err != nil {
					return err
				}
				found, err := records.Find(ctx, typed, keys, integrations)
				if err != nil {
					return err
				}
				if found.More {
					defer fmt.Fprintln(cmd.ErrOrStderr(), "There are older ones, which are not shown.")
				}
				return format.print(cmd.OutOrStdout(), found, func(w io.Writer) error {
					return printFound(w, found, askParcels(ctx, records, found.Parcels[:min(len(found.Parcels), mostExplained)]))
				})
			})
		},
	}
	format.add(cmd)
	return cmd
}

// knownIntegrations are the integrations that Temporal knows, in order.
func knownIntegrations(ctx context.Context, records recorder.Recorder) ([]string, error) {
	watched, err := records.Integrations(ctx)
	if err != nil {
		return nil, err
	}
	shipping, err := records.ParcelIntegrations(ctx)
	names := slices.Concat(watched, shipping)
	slices.Sort(names)
	return slices.Compact(names), err
}

// printFound prints what was found: for the parcels that were asked, what became of their mails;
// for the others, a table.
func printFound(w io.Writer, found recorder.Found, answers []asked) error {
	if len(found.Parcels)+len(found.Refunds) == 0 {
		_, err := fmt.Fprintln(w, "Nothing was found. Check the spelling. Waybill knows only parcels and returns that Sendcloud has reported.")
		return err
	}
	now := time.Now()
	for i, a := range answers {
		if i > 0 {
			fmt.Fprintln(w)
		}
		if a.err != nil {
			fmt.Fprintf(w, "%s: %v\n", found.Parcels[i].ParcelRef, a.err)
			continue
		}
		if err := printInShort(w, found.Parcels[i], a.known); err != nil {
			return err
		}
	}
	if rest := found.Parcels[len(answers):]; len(rest) > 0 {
		fmt.Fprintln(w)
		if err := printParcels(w, rest, now, false); err != nil {
			return err
		}
	}
	if len(found.Refunds) == 0 {
		return nil
	}
	if len(found.Parcels) > 0 {
		fmt.Fprintln(w)
	}
	table := newTable(w)
	fmt.Fprintln(table, "REFUND\tSTATE\tATTENTION")
	for _, r := range found.Refunds {
		fmt.Fprintf(table, "%s\t%s\t%s\n", r.RefundRef, printable(r.State.Words()), printable(string(r.Attention)))
	}
	return table.Flush()
}

// printInShort says what became of a parcel's mails, and what to do about it.
func printInShort(w io.Writer, listed recorder.ListedParcel, p parcel.Parcel) error {
	fmt.Fprintln(w, headline(p))
	var numbers []string
	for _, of := range [][2]string{{"order", listed.Order}, {"tracking number", listed.Tracking}} {
		if of[1] != "" {
			numbers = append(numbers, of[0]+" "+printable(of[1]))
		}
	}
	if len(numbers) > 0 {
		fmt.Fprintf(w, "  %s\n", strings.Join(numbers, ", "))
	}
	table := newTable(w)
	for _, m := range p.Mails {
		fmt.Fprintf(table, "  %s\t%s\t%s\t%s\n", delivery.Clock(m.Decided), m.About.Kind.Words(), m.State, printable(parcel.Remark(m).String()))
	}
	if n := len(p.Ledger); n > 0 && !p.Ledger[n-1].Reason.Sends() {
		last := p.Ledger[n-1]
		fmt.Fprintf(table, "  %s\t%s\t%s\t\n", delivery.Clock(last.ScanAt), printable(last.Seen().String()), last.Verdict())
	}
	if err := table.Flush(); err != nil {
		return err
	}
	say, command := nextStep(p)
	_, err := fmt.Fprintf(w, "  %s: waybill %s\n", say, command)
	return err
}

// nextStep is what to do about a parcel, and the command for it.
func nextStep(p parcel.Parcel) (say, command string) {
	of := fmt.Sprintf("%s/%d", p.Integration, p.ID)
	if _, order := p.NoMail(); !p.Closed {
		switch order {
		case "change-recipient":
			return "Correct the address", "parcels change-recipient " + of + " --email ..."
		case "retry-mails":
			return "Send it", "mails retry " + of
		case "resume-mails":
			return "Send what waits", "parcels resume " + of
		}
	}
	return "Read its story", "parcels explain " + of
}
