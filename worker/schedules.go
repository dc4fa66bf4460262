package worker

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"log/slog"
	"maps"
	"slices"
	"time"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"waybill/contract"
)

const (
	// overlap is how long before the end of the last sweep the next begins:
	// Sendcloud's lists shift while they are read, and its clock is not ours.
	overlap = 15 * time.Minute
	// settle is the age under which a change is left to the next sweep: its
	// webhook is on its way.
	settle = time.Minute
	// rechecks is after how many sweeps the parcels that have been followed for
	// long are looked at one by one: with the default, once a day.
	rechecks = 96

	// noKeys stands on a schedule that was paused because nobody has the keys.
	noKeys = "paused by Waybill: no worker has API keys of this integration"
)

// schedule has each integration with API keys reconciled, and pauses the others.
func (c Config) schedule(ctx context.Context, temporal client.Client, log *slog.Logger) error {
	for _, name := range slices.Sorted(maps.Keys(c.Integrations)) {
		_, err := retry(ctx, log, "the schedules", func() (struct{}, error) {
			return struct{}{}, ensure(ctx, temporal.ScheduleClient(), c.scheduleOptions(name))
		})
		if err != nil {
			return fmt.Errorf("schedule the reconciliation of %s: %w", name, err)
		}
		log.Info("reconciliation scheduled", "integration", name, "every", c.ReconcileEvery)
	}
	if err := c.pauseOthers(ctx, temporal.ScheduleClient(), log); err != nil {
		// They fail by themselves and say why.
		log.Warn("schedules without API keys not looked for", "error", err.Error())
	}
	return c.scheduleExports(ctx, temporal, log)
}

// pauseOthers pauses the reconciliation of integrations without API keys.
func (c Config) pauseOthers(ctx context.Context, schedules client.ScheduleClient, log *slog.Logger) error {
	listed, err := schedules.List(ctx, client.ScheduleListOptions{})
	if err != nil {
		return fmt.Errorf("list the schedules: %w", err)
	}
	for listed.HasNext() {
		entry, err := listed.Next()
		if err != nil {
			return fmt.Errorf("list the schedules: %w", err)
		}
		name, err := contract.ParseReconcileScheduleID(entry.ID)
		if _, has := c.Integrations[name]; err != nil || has || entry.Paused {
			continue
		}
		if err := schedules.GetHandle(ctx, entry.ID).Pause(ctx, client.SchedulePauseOptions{Note: noKeys}); err != nil {
			return fmt.Errorf("pause the reconciliation of %s: %w", name, err)
		}
		log.Warn("reconciliation paused: no API keys", "integration", name)
	}
	return nil
}

// ensure creates or updates a schedule. One that an operator has paused stays so.
func ensure(ctx context.Context, schedules client.ScheduleClient, options client.ScheduleOptions) error {
	_, err := schedules.Create(ctx, options)
	if !errors.Is(err, temporal.ErrScheduleAlreadyRunning) {
		return err
	}
	return schedules.GetHandle(ctx, options.ID).Update(ctx, client.ScheduleUpdateOptions{
		DoUpdate: func(known client.ScheduleUpdateInput) (*client.ScheduleUpdate, error) {
			schedule := known.Description.Schedule
			schedule.Spec, schedule.Action = &options.Spec, options.Action
			schedule.Policy.Overlap, schedule.Policy.CatchupWindow = options.Overlap, options.CatchupWindow
			// Not by a call of its own: two calls may be taken in the other order.
			if schedule.State.Paused && schedule.State.Note == noKeys {
				schedule.State.Paused, schedule.State.Note = false, "API keys are there again"
			}
			return &client.ScheduleUpdate{Schedule: &schedule}, nil
		},
	})
}

func (c Config) scheduleOptions(name string) client.ScheduleOptions {
	id, every := contract.ReconcileScheduleID(name), c.ReconcileEvery
	return client.ScheduleOptions{
		ID: id,
		Spec: client.ScheduleSpec{
			// Spread, so that many integrations do not ask at the same moment.
			Intervals: []client.ScheduleIntervalSpec{{Every: every, Offset: spread(name, every)}},
		},
		Action: &client.ScheduleWorkflowAction{
			ID: id, Workflow: string(contract.ReconcileParcels), TaskQueue: contract.ParcelsQueue,
			Args: []any{contract.ReconcileStart{
				Integration: name, Overlap: contract.Span(overlap), Settle: contract.Span(min(settle, every/15)), RecheckEvery: contract.Span(rechecks * every),
			}},
			StaticSummary: "Reconcile the parcels of " + name,
			TypedSearchAttributes: temporal.NewSearchAttributes(
				temporal.NewSearchAttributeKeyKeyword(contract.Integration.Name).ValueSet(name)),
		},
		// Any later sweep covers the time of one that was skipped or missed.
		Overlap:       enums.SCHEDULE_OVERLAP_POLICY_SKIP,
		CatchupWindow: max(every, 10*time.Second),
	}
}

// spread is a moment within the interval that is always the same for a name.
func spread(name string, every time.Duration) time.Duration {
	h := fnv.New32a()
	_, _ = h.Write([]byte(name))
	return (time.Duration(h.Sum32()) * time.Second % every).Truncate(time.Second)
}
