package console

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"

	"waybill/contract"
	"waybill/parcel"
	"waybill/recorder"
	"waybill/settings"
)

// askTimeout is how long Temporal and a worker may take to answer.
const askTimeout = 30 * time.Second

// reference reads the arguments that name a parcel or a return, as two words or as
// my-shop/7001.
func reference(cmd *cobra.Command, args []string, what, example string) (integration string, number int64, err error) {
	if len(args) == 1 {
		args = strings.SplitN(args[0], "/", 2)
	}
	if len(args) != 2 {
		return "", 0, fmt.Errorf("name the integration and the %s, as in: %s my-shop %s", what, cmd.CommandPath(), example)
	}
	number, err = strconv.ParseInt(args[1], 10, 64)
	if err != nil || number <= 0 {
		err = fmt.Errorf("%q is no %s: write Sendcloud's number of it, such as %s", args[1], what, example)
	}
	return args[0], number, errors.Join(contract.CheckIntegration(args[0]), err)
}

// aboutParcel runs a command that shows something about a parcel.
func aboutParcel(env *settings.Environment, log *slog.Logger, say func(context.Context, io.Writer, recorder.Recorder, parcel.Parcel) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		integration, id, err := reference(cmd, args, "parcel", "364000001")
		if err != nil {
			return err
		}
		return ask(cmd.Context(), env, log, func(ctx context.Context, records recorder.Recorder) error {
			of := contract.ParcelRef{Integration: integration, ID: id}
			known, found, err := records.Parcel(ctx, of)
			if err := notKnown(of, found, err); err != nil {
				return err
			}
			return say(ctx, cmd.OutOrStdout(), records, known)
		})
	}
}

// ask connects to Temporal for some questions or orders.
func ask(ctx context.Context, env *settings.Environment, log *slog.Logger, about func(context.Context, recorder.Recorder) error) error {
	options, err := env.Temporal(log)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	temporal, err := client.DialContext(ctx, options)
	if err != nil {
		return fmt.Errorf("reach Temporal at %s (is TEMPORAL_ADDRESS right?): %w", options.HostPort, err)
	}
	defer temporal.Close()
	return about(ctx, recorder.Recorder{Temporal: temporal, Namespace: options.Namespace})
}

var errNoWorker = errors.New("no worker answers: start one with waybill worker, and ask again")

// late reports whether no answer came in time.
func late(err error) bool {
	var exceeded *serviceerror.DeadlineExceeded
	return errors.Is(err, context.DeadlineExceeded) || errors.As(err, &exceeded)
}

// unanswered reports whether a workflow could not answer because no worker is running.
func unanswered(err error) bool {
	// Temporal itself sees that no worker has polled of late, or that none has begun
	// the workflow.
	var idle *serviceerror.FailedPrecondition
	var unbegun *serviceerror.WorkflowNotReady
	return late(err) || errors.As(err, &idle) || errors.As(err, &unbegun)
}

// notKnown says why nothing is known of a parcel or a refund; nil if something is.
func notKnown(name fmt.Stringer, found bool, err error) error {
	switch {
	case unanswered(err):
		return errNoWorker
	case err == nil && !found:
		return fmt.Errorf("nothing is known of %s: no report of it has arrived, or it ended longer ago than Temporal keeps workflows", name)
	}
	return err
}
