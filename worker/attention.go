package worker

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"reflect"
	"time"

	"waybill/contract"
	"waybill/policy"
	"waybill/recorder"
)

// census counts the parcels that need attention and reports the counts to the workflows of their
// integrations, so that operations get one mail for each reason and not one for each parcel. Parcels
// do not report themselves: ten thousand of them would send ten thousand signals to one workflow.
//
// Every worker counts. It reports a count only if the integration does not know it yet, so an
// integration gets each change once or twice, however many workers there are.
type census struct {
	records recorder.Recorder
	policy  *policy.Keeper
	log     *slog.Logger
	// known is what each integration knows, as far as this worker has seen.
	known map[string]map[contract.Attention]contract.Needing
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

// count counts once, and reports what has changed.
func (c *census) count(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, countTimeout)
	defer cancel()
	at := time.Now().UTC().Truncate(time.Millisecond)
	now, err := c.records.ParcelsNeeding(ctx)
	if err != nil {
		return err
	}
	if c.known == nil {
		if c.known, err = c.before(ctx); err != nil {
			c.known = nil
			return err
		}
	}
	for integration := range c.known {
		if _, still := now[integration]; !still {
			now[integration] = nil
		}
	}
	for integration, needing := range now {
		if !c.policy.Book().For(integration).TellParcels || sameCounts(c.known[integration], needing) {
			continue
		}
		state, _, err := c.records.Integration(ctx, integration)
		if err == nil && !sameCounts(needingOf(state), needing) {
			err = c.records.CountedParcels(ctx, integration, contract.ParcelCount{At: at, Needing: needing})
		}
		if err != nil {
			return fmt.Errorf("report to %s how many parcels need attention: %w", integration, err)
		}
		c.known[integration] = needing
	}
	return nil
}

// before is what integrations knew when this worker started.
func (c *census) before(ctx context.Context) (map[string]map[contract.Attention]contract.Needing, error) {
	all := map[string]map[contract.Attention]contract.Needing{}
	names, err := c.records.Integrations(ctx)
	for _, name := range names {
		state, _, err := c.records.Integration(ctx, name)
		if err != nil {
			return nil, err
		}
		all[name] = needingOf(state)
	}
	return all, err
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
