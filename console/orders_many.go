package console

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"waybill/commandline"
	"waybill/recorder"
	"waybill/settings"
)

// manyFlags are the flags of orders to many parcels.
type manyFlags struct {
	all, yes, detach bool
	rate             float64
	filter           filterFlags
	own              *pflag.FlagSet
}

// mostPerSecond is the highest --rate. The field of Temporal's API behind it is ignored by server
// 1.32: https://github.com/temporalio/temporal/blob/v1.32.1/service/worker/batcher/activities.go
const mostPerSecond = 1000

func (m *manyFlags) add(cmd *cobra.Command, env *settings.Environment) {
	before := map[string]bool{}
	cmd.Flags().VisitAll(func(f *pflag.Flag) { before[f.Name] = true })
	cmd.Flags().BoolVar(&m.all, "all", false, "give the order to all parcels that the filters choose")
	cmd.Flags().BoolVar(&m.yes, "yes", false, "do not ask for confirmation")
	cmd.Flags().BoolVar(&m.detach, "detach", false, "do not wait until all parcels have the order")
	cmd.Flags().Float64Var(&m.rate, "rate", 0, "at most this `number` of parcels a second get the order. Temporal's server 1.32 ignores it: the limit is the setting worker.batcherRPS, 50 if unset")
	m.filter.add(cmd, env)
	m.own = pflag.NewFlagSet("", pflag.ContinueOnError)
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if !before[f.Name] {
			m.own.AddFlag(f)
		}
	})
}

// stray is a flag for many parcels that was given; empty if there is none.
func (m *manyFlags) stray() (name string) {
	if m.own != nil {
		m.own.VisitAll(func(f *pflag.Flag) {
			if f.Changed {
				name = f.Name
			}
		})
	}
	return name
}

// toMany gives the order to all parcels that the filters choose.
func (c *call) toMany(cmd *cobra.Command, args []string, env *settings.Environment, log *slog.Logger) error {
	filter, by, door, err := c.chosen(cmd, args, env)
	if err != nil {
		return err
	}
	return connect(cmd.Context(), env, log, func(ctx context.Context, records recorder.Recorder) error {
		tried, err := c.tryAll(ctx, cmd, records, filter)
		if err != nil {
			return err
		}
		if c.dryRun || tried.Follow == 0 {
			return c.format.print(cmd.OutOrStdout(), tried, tried.print)
		}
		// The rest is for people. JSON is printed at the end.
		out := cmd.OutOrStdout()
		if c.format == inJSON {
			out = cmd.ErrOrStderr()
		}
		if err := tried.print(out); err != nil {
			return err
		}
		if err := confirm(ctx, cmd, c.many.yes, fmt.Sprintf("Give %s to %s?", c.order.Name, count(tried.Parcels, "parcel"))); err != nil {
			return err
		}
		id, err := c.start(ctx, records, door, recorder.Batch{Order: c.order, Input: c.in, Filter: filter, PerSecond: c.many.rate}, by)
		if err != nil {
			return err
		}
		fmt.Fprintf(cmd.ErrOrStderr(), "Batch %s has begun. It goes on if this command ends; to watch it: waybill batches show %s --watch\n", id, id)
		if c.many.detach {
			return c.format.print(cmd.OutOrStdout(), outcome{Tried: tried, Batch: recorder.BatchState{ID: id, State: "running"}}, func(io.Writer) error { return nil })
		}
		state, err := watchBatch(ctx, records, cmd.ErrOrStderr(), id, stillParked(records, filter))
		if err != nil {
			return err
		}
		return c.conclude(ctx, cmd, records, filter, outcome{Tried: tried, Batch: state})
	})
}

// chosen are the parcels that get the order and who gives it, or all that is wrong with the
// command line.
func (c *call) chosen(cmd *cobra.Command, args []string, env *settings.Environment) (filter recorder.ParcelFilter, by string, door api, err error) {
	var faults []error
	if len(args) > 0 {
		faults = append(faults, commandline.Usage(errors.New("name one parcel, or give --all: not both")))
	}
	if !(c.many.rate >= 0 && c.many.rate <= mostPerSecond) {
		faults = append(faults, commandline.Usage(fmt.Errorf("--rate: %v is not allowed: write a number up to %d, or leave it out", c.many.rate, mostPerSecond)))
	}
	for _, f := range c.order.Fields {
		if f.OfOne() && cmd.Flag(f.Name).Changed {
			faults = append(faults, commandline.Usage(fmt.Errorf("--%s is for one parcel: leave it out", f.Name)))
		}
	}
	filter, wrong := c.many.filter.filter(time.Now())
	by, door, anonymous := c.speaker(env)
	// Only those with a parked mail have something to retry or drop.
	filter.Open, filter.Parked = true, filter.Parked || groupOf(c.order) == "mails"
	return filter, by, door, errors.Join(append(faults, wrong, anonymous, readFields(cmd, c.order, &c.in))...)
}

// start begins the batch, through the API if there is a token.
func (c *call) start(ctx context.Context, records recorder.Recorder, door api, b recorder.Batch, by string) (id string, err error) {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	if door.token != "" {
		return door.startBatch(ctx, b)
	}
	b.Input.By, b.Input.Batch = by, fmt.Sprintf("%s-%s", b.Order.Name, strings.ToLower(rand.Text()[:8]))
	return b.Input.Batch, records.StartBatch(ctx, b)
}

// outcome is what came of an order to many parcels.
type outcome struct {
	Tried *trial              `json:"tried"`
	Batch recorder.BatchState `json:"batch"`
	// Parked is how many parcels still have parked mails; nil if they were not counted.
	Parked *int64 `json:"stillParked,omitempty"`
}

// stillParked returns a function that says how many parcels of a filter still have parked mails. It
// returns nil if the filter does not choose by parked mails.
func stillParked(records recorder.Recorder, filter recorder.ParcelFilter) func(context.Context) string {
	if !filter.Parked {
		return nil
	}
	return func(ctx context.Context) string {
		left, err := records.CountParcels(ctx, filter)
		if err != nil {
			return ""
		}
		return fmt.Sprintf(" Parked mails are left in %s.", count(left, "parcel"))
	}
}

const (
	// Lists of workflows are some seconds behind: parcels are counted until their number stays
	// the same, at most countTries times.
	countPause = 2 * time.Second
	countTries = 8
)

// conclude says how the batch ended, and how many parcels still have parked mails.
func (c *call) conclude(ctx context.Context, cmd *cobra.Command, records recorder.Recorder, filter recorder.ParcelFilter, e outcome) error {
	if filter.Parked {
		left, err := settledCount(ctx, records, filter)
		if err != nil {
			return err
		}
		e.Parked = &left
	}
	err := c.format.print(cmd.OutOrStdout(), e, func(w io.Writer) error {
		fmt.Fprintln(w, batchWords(e.Batch))
		if e.Parked != nil {
			fmt.Fprintf(w, "Still parked: mails of %s. To see them: waybill mails list\n", count(*e.Parked, "parcel"))
		}
		return nil
	})
	if err == nil && e.Batch.State != "completed" {
		err = fmt.Errorf("batch %s was stopped or has failed: see the Batch page of Temporal's UI", e.Batch.ID)
	}
	return err
}

// settledCount counts parcels until their number stays the same.
func settledCount(ctx context.Context, records recorder.Recorder, filter recorder.ParcelFilter) (int64, error) {
	last := int64(-1)
	for range countTries {
		now, err := records.CountParcels(ctx, filter)
		if err != nil || now == last {
			return now, err
		}
		last = now
		select {
		case <-time.After(countPause):
		case <-ctx.Done():
			return now, nil
		}
	}
	return last, nil
}
