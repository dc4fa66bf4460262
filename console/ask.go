package console

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"time"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"

	"waybill/contract"
	"waybill/recorder"
	"waybill/settings"
)

// askTimeout is how long Temporal and a worker may take to answer.
const askTimeout = 30 * time.Second

// parcelNamed reads the arguments that name a parcel.
func parcelNamed(args []string) (contract.ParcelRef, error) {
	id, err := strconv.ParseInt(args[1], 10, 64)
	if err != nil || id <= 0 {
		return contract.ParcelRef{}, fmt.Errorf("%q is no parcel: it is Sendcloud's number of it, such as 364000001", args[1])
	}
	if !contract.ValidIntegration(args[0]) {
		return contract.ParcelRef{}, fmt.Errorf("%q cannot be an integration's name: it has lower-case letters, digits and hyphens", args[0])
	}
	return contract.ParcelRef{Integration: args[0], ID: id}, nil
}

// ask connects to Temporal and asks what is on record.
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
	return about(ctx, recorder.Recorder{Temporal: temporal})
}

var errNoWorker = errors.New("no worker answers: start one with waybill worker, and ask again")

// late reports whether no answer came in time.
func late(err error) bool {
	var exceeded *serviceerror.DeadlineExceeded
	return errors.Is(err, context.DeadlineExceeded) || errors.As(err, &exceeded)
}

// unanswered reports whether a workflow could not say what it knows because no
// worker is there.
func unanswered(err error) bool {
	// Temporal itself sees that nobody has asked for work of late, or that nobody
	// has ever begun with the workflow.
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
