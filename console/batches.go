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

	"waybill/delivery"
	"waybill/recorder"
	"waybill/settings"
)

func batchesCommand(env *settings.Environment, log *slog.Logger) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "batches",
		Short: "Watch and stop orders to many parcels",
		Long: `Temporal gives an order to many parcels as a batch. A batch goes on if the command that started it
ends. You also see it on the Batch page of Temporal's UI.`,
		Example: "  waybill batches list\n  waybill batches show retry-mails-4kq2m7xa --watch\n  waybill batches stop retry-mails-4kq2m7xa --why \"wrong integration\"",
	}
	cmd.AddCommand(batchesListCommand(env, log), batchesShowCommand(env, log), batchesStopCommand(env, log))
	return cmd
}

func batchesListCommand(env *settings.Environment, log *slog.Logger) *cobra.Command {
	var most limit
	var format output
	cmd := &cobra.Command{
		Use:     "list",
		Short:   "List batches, newest first",
		Long:    "List prints the batches of the namespace, including those that Temporal's own tools started. All times are UTC.\n\n" + settings.AboutTemporal,
		Example: "  waybill batches list",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := most.check(); err != nil {
				return err
			}
			return ask(cmd.Context(), env, log, func(ctx context.Context, records recorder.Recorder) error {
				all, err := records.Batches(ctx, int(most))
				if err != nil {
					return err
				}
				return format.print(cmd.OutOrStdout(), all, func(w io.Writer) error { return printBatches(w, all) })
			})
		},
	}
	most.add(cmd)
	format.add(cmd)
	return cmd
}

func printBatches(w io.Writer, all []recorder.BatchState) error {
	if len(all) == 0 {
		_, err := fmt.Fprintln(w, "There are no batches.")
		return err
	}
	table := newTable(w)
	fmt.Fprintln(table, "BATCH\tSTATE\tSTARTED\tENDED")
	for _, b := range all {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", printable(b.ID), b.State, delivery.Clock(b.Started), cmp.Or(clockOf(b.Ended), "-"))
	}
	return table.Flush()
}

// oneBatch checks that one batch is named.
func oneBatch(cmd *cobra.Command, args []string) error {
	if len(args) != 1 {
		return fmt.Errorf("name the batch, as in: %s retry-mails-4kq2m7xa; waybill batches list lists them", cmd.CommandPath())
	}
	return nil
}

func batchesShowCommand(env *settings.Environment, log *slog.Logger) *cobra.Command {
	var watch bool
	var format output
	cmd := &cobra.Command{
		Use:     "show id",
		Short:   "Show how far a batch is",
		Long:    "Show prints how many parcels have the order of a batch. With --watch it waits until the batch ends, and shows how far it is meanwhile.\n\n" + settings.AboutTemporal,
		Example: "  waybill batches show retry-mails-4kq2m7xa --watch",
		Args:    oneBatch,
		RunE: func(cmd *cobra.Command, args []string) error {
			return connect(cmd.Context(), env, log, func(ctx context.Context, records recorder.Recorder) error {
				state, found, err := records.Batch(ctx, args[0])
				if err == nil && !found {
					err = noBatch(args[0])
				}
				if err == nil && watch && !state.Over() {
					state, err = watchBatch(ctx, records, cmd.ErrOrStderr(), args[0], nil)
				}
				if err != nil {
					return err
				}
				return format.print(cmd.OutOrStdout(), state, func(w io.Writer) error {
					_, err := fmt.Fprintln(w, batchWords(state))
					return err
				})
			})
		},
	}
	cmd.Flags().BoolVar(&watch, "watch", false, "wait until it ends")
	format.add(cmd)
	return cmd
}

func noBatch(id string) error {
	return fmt.Errorf("there is no batch %q: waybill batches list lists them", id)
}

func batchesStopCommand(env *settings.Environment, log *slog.Logger) *cobra.Command {
	var why string
	cmd := &cobra.Command{
		Use:     "stop id",
		Short:   "Stop a batch",
		Long:    "Stop ends a batch. Parcels that have the order keep it; the others do not get it.\n\n" + settings.AboutTemporal,
		Example: "  waybill batches stop retry-mails-4kq2m7xa --why \"wrong integration\"",
		Args:    oneBatch,
		RunE: func(cmd *cobra.Command, args []string) error {
			return ask(cmd.Context(), env, log, func(ctx context.Context, records recorder.Recorder) error {
				state, found, err := records.Batch(ctx, args[0])
				switch {
				case err != nil:
					return err
				case !found:
					return noBatch(args[0])
				case state.Over():
					return errors.New("there is nothing to stop: " + batchWords(state))
				}
				if _, err := records.StopBatch(ctx, args[0], why); err != nil {
					return err
				}
				fmt.Fprintf(cmd.OutOrStdout(), "Batch %s is stopped. To see how many parcels have the order: waybill batches show %s\n", args[0], args[0])
				return nil
			})
		},
	}
	cmd.Flags().StringVar(&why, "why", "stopped on the command line", "the reason, for Temporal's UI; `text` without personal data")
	return cmd
}

const (
	// watchPause is how often Temporal is asked how far a batch is, watchTimeout how long an
	// answer may take, and mostFaults how many answers in a row may fail.
	watchPause   = time.Second
	watchTimeout = 10 * time.Second
	mostFaults   = 30
)

// watchBatch waits until a batch has ended, and shows how far it is. Temporal counts in large
// steps: left, which may be nil, says what remains.
func watchBatch(ctx context.Context, records recorder.Recorder, w io.Writer, id string, left func(context.Context) string) (recorder.BatchState, error) {
	watch := newProgress(w)
	defer watch.end()
	tick := time.NewTicker(watchPause)
	defer tick.Stop()
	for faults := 0; ; {
		asking, cancel := context.WithTimeout(ctx, watchTimeout)
		state, found, err := records.Batch(asking, id)
		said := batchWords(state)
		if left != nil && !state.Over() {
			said += left(asking)
		}
		cancel()
		switch {
		case ctx.Err() != nil:
			return state, fmt.Errorf("stopped watching: batch %s goes on. To watch it: waybill batches show %s --watch; to stop it: waybill batches stop %s", id, id, id)
		case err == nil && found && state.Over():
			return state, nil
		case err == nil && found:
			faults = 0
			watch.say(said)
		default: // it may not be there yet, or Temporal is busy
			if faults++; faults > mostFaults {
				return state, cmp.Or(err, noBatch(id))
			}
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
		}
	}
}

// batchWords says how far a batch is.
func batchWords(b recorder.BatchState) string {
	end := b.Ended
	if end.IsZero() {
		end = time.Now()
	}
	took := max(end.Sub(b.Started), time.Second)
	said := fmt.Sprintf("Batch %s is %s: %s of %s got the order in %s, %.0f a second", b.ID, b.State,
		thousands(b.Done), count(b.Total, "parcel"), took.Round(time.Second), float64(b.Done)/took.Seconds())
	if b.Failed > 0 {
		said += fmt.Sprintf("; %s did not, because they are not followed any more", thousands(b.Failed))
	}
	return said + "."
}
