package console

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/spf13/cobra"

	"waybill/contract"
	"waybill/recorder"
	"waybill/settings"
)

func eraseShowCommand(env *settings.Environment, log *slog.Logger) *cobra.Command {
	return &cobra.Command{
		Use:   "show erasure",
		Short: "Follow an erasure that has begun, and print its certificate",
		Long: `Show waits until an erasure is over, and prints its certificate as waybill erase does, for as long
as Temporal keeps the workflow.

` + settings.AboutTemporal,
		Example: "  waybill erase show 3f7k2mzq5w1x > erased.json",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return connect(cmd.Context(), env, log, func(ctx context.Context, records recorder.Recorder) error {
				if err := noErasure(ctx, records, args[0]); err != nil {
					return err
				}
				return followErasure(ctx, cmd, records, args[0])
			})
		},
	}
}

// noErasure says that there is no such erasure; nil if there is one, or if no worker answers.
func noErasure(ctx context.Context, records recorder.Recorder, id string) error {
	_, _, found, err := records.Erasure(ctx, id)
	switch {
	case unanswered(err):
		return nil
	case err == nil && !found:
		return fmt.Errorf("there is no erasure %q, or it ended longer ago than Temporal keeps workflows", printable(id))
	}
	return err
}

func eraseRetryCommand(env *settings.Environment, log *slog.Logger) *cobra.Command {
	return &cobra.Command{
		Use:   "retry erasure",
		Short: "Erase what an earlier erasure did not",
		Long: `Retry begins a new erasure of what an earlier one has left, and prints its certificate. To search
by address again might not find all of it: where the address is erased, nothing leads to the rest.

` + settings.AboutTemporal,
		Example: "  waybill erase retry 3f7k2mzq5w1x > rest.json",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return connect(cmd.Context(), env, log, func(ctx context.Context, records recorder.Recorder) error {
				done, over, found, err := records.Erasure(ctx, args[0])
				switch {
				case unanswered(err):
					return errNoWorker
				case err != nil:
					return err
				case !found:
					return noErasure(ctx, records, args[0])
				case !over:
					return fmt.Errorf("the erasure goes on, and tries by itself: waybill erase show %s", done.ID)
				}
				var start contract.Erasure
				if err := records.StartOf(ctx, contract.ErasureWorkflowID(args[0]), "", &start); err != nil {
					return err
				}
				rest := start.Rest(done)
				if rest.Empty() {
					return errors.New("that erasure has left nothing to erase")
				}
				return beginErasure(ctx, cmd, records, rest)
			})
		},
	}
}
