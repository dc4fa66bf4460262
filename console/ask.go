package console

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
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

// aboutParcel runs a command that shows something about a parcel.
func aboutParcel(env *settings.Environment, log *slog.Logger, say func(context.Context, *cobra.Command, recorder.Recorder, parcel.Parcel) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		of, err := parcelNamed(cmd, args)
		if err != nil {
			return err
		}
		return ask(cmd.Context(), env, log, func(ctx context.Context, records recorder.Recorder) error {
			known, found, err := records.Parcel(ctx, of)
			if err := notKnown(of, found, err); err != nil {
				return err
			}
			return say(ctx, cmd, records, known)
		})
	}
}

// ask connects to Temporal for some questions or orders, which take no longer than askTimeout.
func ask(ctx context.Context, env *settings.Environment, log *slog.Logger, about func(context.Context, recorder.Recorder) error) error {
	return connect(ctx, env, log, func(ctx context.Context, records recorder.Recorder) error {
		ctx, cancel := context.WithTimeout(ctx, askTimeout)
		defer cancel()
		return about(ctx, records)
	})
}

// connect connects to Temporal for work that may take long.
func connect(ctx context.Context, env *settings.Environment, log *slog.Logger, work func(context.Context, recorder.Recorder) error) error {
	options, err := env.Temporal(ctx, log)
	if err != nil {
		return err
	}
	return dial(ctx, options, func(ctx context.Context, temporal client.Client) error {
		return work(ctx, recorder.Recorder{
			Temporal: temporal, Namespace: options.Namespace, Converter: options.DataConverter, Erased: recorder.NewErased(temporal, options.DataConverter),
		})
	})
}

// dial connects to Temporal, also for what needs no keys.
func dial(ctx context.Context, options client.Options, work func(context.Context, client.Client) error) error {
	soon, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	temporal, err := client.DialContext(soon, options)
	if err != nil {
		return fmt.Errorf("reach Temporal at %s (is TEMPORAL_ADDRESS right?): %w", options.HostPort, err)
	}
	defer temporal.Close()
	err = work(ctx, temporal)
	var absent *serviceerror.NamespaceNotFound
	if errors.As(err, &absent) {
		return fmt.Errorf("there is no namespace %s at %s: correct TEMPORAL_NAMESPACE, or run\n  waybill setup", cmp.Or(options.Namespace, client.DefaultNamespace), options.HostPort)
	}
	return err
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

// answered is what a parcel or a refund answered; err is why it did not.
type answered[Ref fmt.Stringer, Known any] struct {
	of    Ref
	known Known
	err   error
}

// asked is what a parcel answered.
type asked = answered[contract.ParcelRef, parcel.Parcel]

// askEach asks each of some parcels or refunds.
func askEach[Ref fmt.Stringer, Known any](ctx context.Context, all []Ref, ask func(context.Context, Ref) (Known, bool, error)) []answered[Ref, Known] {
	answers := make([]answered[Ref, Known], len(all))
	for i, of := range all {
		answers[i].of = of
	}
	recorder.AskEach(ctx, answers, func(ctx context.Context, a *answered[Ref, Known]) {
		known, found, err := ask(ctx, a.of)
		a.known, a.err = known, notKnown(a.of, found, err)
	})
	return answers
}

// askParcels asks each of some parcels.
func askParcels(ctx context.Context, records recorder.Recorder, all []recorder.ListedParcel) []asked {
	var of []contract.ParcelRef
	for _, one := range all {
		of = append(of, one.ParcelRef)
	}
	return askEach(ctx, of, records.Parcel)
}

// errUnknown says that nothing is known of what was asked.
var errUnknown = errors.New("no report of it has arrived, or it ended longer ago than Temporal keeps workflows")

// notKnown says why nothing is known of a parcel or a refund; nil if something is.
func notKnown(name fmt.Stringer, found bool, err error) error {
	switch {
	case unanswered(err):
		return errNoWorker
	case err == nil && !found:
		return fmt.Errorf("nothing is known of %s: %w", name, errUnknown)
	}
	return err
}
