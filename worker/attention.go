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

// census tells integrations how many of their parcels need attention, so that operations are
// mailed once for each reason and not once for each parcel. A parcel does not tell by itself: ten
// thousand of them would be ten thousand signals to one workflow.
//
// Each worker counts. An integration is told only what it does not know, so that what all of
// them count is told once or twice.
type census struct {
	records censusRecords
	policy  *policy.Keeper
	log     *slog.Logger
	// told is what each integration knows, as far as this worker has seen.
	told map[string]map[contract.Attention]contract.Needing
}

func newCensus(records censusRecords, p *policy.Keeper, log *slog.Logger) *census {
	return &census{records: records, policy: p, log: log, told: map[string]map[contract.Attention]contract.Needing{}}
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
			c.log.Warn("parcels that need attention are not counted: operations hear of them later", "fault", err.Error())
		}
		failing = err != nil
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// count counts once, and tells what has changed. An integration that does not answer keeps no other
// from being told.
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
		told, asked := c.told[integration]
		if !c.policy.Book().For(integration).TellParcels || asked && counts(told, needing) {
			continue
		}
		known, _, err := c.records.Integration(ctx, integration)
		if err == nil && !counts(justNeeding(known), needing) {
			err = c.records.CountedParcels(ctx, integration, contract.ParcelCount{At: at, Needing: needing})
		}
		if err != nil {
			faults = append(faults, fmt.Errorf("tell %s how many parcels need attention: %w", integration, err))
			continue
		}
		// It takes no count that looks older than another one: whether it took this one is seen
		// the next time.
		c.told[integration] = justNeeding(known)
	}
	return errors.Join(faults...)
}

func justNeeding(s contract.IntegrationState) map[contract.Attention]contract.Needing {
	all := map[contract.Attention]contract.Needing{}
	for why, needing := range s.Needing {
		if needing.Count > 0 {
			all[why] = needing.Needing
		}
	}
	return all
}

// counts reports whether two counts are the same, whichever parcels they name.
func counts(one, other map[contract.Attention]contract.Needing) bool {
	numbers := func(of map[contract.Attention]contract.Needing) map[contract.Attention]int {
		all := map[contract.Attention]int{}
		for why, needing := range of {
			all[why] = needing.Count
		}
		return all
	}
	return reflect.DeepEqual(numbers(one), numbers(other))
}
