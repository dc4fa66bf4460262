package worker

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"time"

	"waybill/contract"
	"waybill/policy"
)

// census counts the parcels that need attention and reports the counts to the workflows of their
// integrations, so that operations get one mail for each reason and not one for each parcel. Parcels
// do not report themselves: ten thousand of them would send ten thousand signals to one workflow.
//
// Every worker counts. It reports a count only if the integration does not know it yet, so an
// integration gets each change once or twice, however many workers there are.
type census struct {
	records censusRecords
	policy  *policy.Keeper
	log     *slog.Logger
	// known is what each integration knows, as far as this worker has seen.
	known map[string]map[contract.Attention]contract.Needing
}

func newCensus(records censusRecords, p *policy.Keeper, log *slog.Logger) *census {
	return &census{records: records, policy: p, log: log, known: map[string]map[contract.Attention]contract.Needing{}}
}

// censusRecords is what a census needs of a [recorder.Recorder].
type censusRecords interface {
	ParcelsNeeding(ctx context.Context) (map[string]map[contract.Attention]contract.Needing, error)
	Integrations(ctx context.Context) ([]string, error)
	Integration(ctx context.Context, name string) (known contract.IntegrationState, found bool, err error)
	CountedParcels(ctx context.Context, integration string, count contract.ParcelCount) error
}

// countTimeout is how long one count may take.
const countTimeout = 45 * time.Second

// keep counts again and again until ctx ends; every 0 is every minute. A fault is logged once.
func (c *census) keep(ctx context.Context, every time.Duration) {
	tick := time.NewTicker(cmp.Or(every, time.Minute))
	defer tick.Stop()
	failing := false
	for {
		err := c.count(ctx)
		if err != nil && !failing && ctx.Err() == nil {
			c.log.Warn("parcels that need attention were not counted: operations are notified later", "fault", err.Error())
		}
		failing = err != nil
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// count counts once, and reports what has changed. An integration that does not answer keeps no other
// from getting its count.
func (c *census) count(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, countTimeout)
	defer cancel()
	at := time.Now().UTC().Truncate(time.Millisecond)
	now, err := c.records.ParcelsNeeding(ctx)
	if err != nil {
		return err
	}
	names, err := c.records.Integrations(ctx)
	for _, name := range names {
		if _, needs := now[name]; !needs {
			now[name] = nil
		}
	}
	faults := []error{err}
	for integration, needing := range now {
		known, asked := c.known[integration]
		if !c.policy.Book().For(integration).TellParcels || asked && sameCounts(known, needing) {
			continue
		}
		state, _, err := c.records.Integration(ctx, integration)
		if err == nil && !sameCounts(needingOf(state), needing) {
			err = c.records.CountedParcels(ctx, integration, contract.ParcelCount{At: at, Needing: needing})
		}
		if err != nil {
			faults = append(faults, fmt.Errorf("report to %s how many parcels need attention: %w", integration, err))
			continue
		}
		// It takes no count that looks older than another one: whether it took this one is seen
		// the next time.
		c.known[integration] = needingOf(state)
	}
	return errors.Join(faults...)
}

// needingOf is how many parcels need attention, as an integration knows it.
func needingOf(s contract.IntegrationState) map[contract.Attention]contract.Needing {
	all := map[contract.Attention]contract.Needing{}
	for why, needing := range s.Needing {
		if needing.Count > 0 {
			all[why] = needing.Needing
		}
	}
	return all
}

// sameCounts reports whether two counts are the same, whichever parcels they name.
func sameCounts(one, other map[contract.Attention]contract.Needing) bool {
	numbers := func(of map[contract.Attention]contract.Needing) map[contract.Attention]int {
		all := map[contract.Attention]int{}
		for why, needing := range of {
			all[why] = needing.Count
		}
		return all
	}
	return reflect.DeepEqual(numbers(one), numbers(other))
}
