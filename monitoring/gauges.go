package monitoring

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"time"

	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"

	"waybill/contract"
	"waybill/parcel"
	"waybill/refund"
)

const (
	// refreshEvery is how often the gauges are read, and refreshTimeout for how long.
	refreshEvery   = time.Minute
	refreshTimeout = 45 * time.Second
	// mostListed is how many integrations and schedules are read.
	mostListed = 1_000
	// mostParked is how many parked mails of one parcel are counted at most.
	mostParked = 50
)

// Gauges are read from Temporal. Every process reads all of them, so that they are there even if no
// worker runs. All processes show the same values: take the maximum. Temporal's lists are some
// seconds behind.
//
// Temporal cannot group its counts by our search attributes, so each value is counted by itself:
// some 30 counts a minute, and more if much needs attention.
type Gauges struct {
	Temporal  client.Client
	Namespace string
	Meter     Meter
	Log       *slog.Logger
}

// Keep reads the gauges every minute until ctx ends. A fault is logged once.
func (g Gauges) Keep(ctx context.Context) {
	tick := time.NewTicker(refreshEvery)
	defer tick.Stop()
	failing := false
	for {
		err := g.Refresh(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil && !failing:
			g.Log.Warn("gauges not read from Temporal: their last values stay", "fault", err.Error())
		}
		failing = err != nil
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// Refresh reads the gauges once. If one cannot be read, the others are set all the same.
func (g Gauges) Refresh(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, refreshTimeout)
	defer cancel()
	var faults []error
	for _, read := range []func(context.Context) error{
		g.queues, g.parkedMails, g.parcels, g.integrations, g.refunds, g.refundsDue, g.refundsAttention, g.reconciliations,
	} {
		faults = append(faults, read(ctx))
	}
	if err := errors.Join(faults...); err != nil {
		return err
	}
	g.Meter.Set(GaugesRefreshed, float64(time.Now().Unix()))
	return nil
}

// queues reads what waits for a worker, and how many processes poll.
func (g Gauges) queues(ctx context.Context) error {
	queues, err := Queues(ctx, g.Temporal, g.Namespace, time.Now())
	for _, q := range queues {
		g.Meter.Set(Pollers, float64(len(q.Pollers)), q.Name, q.Type)
		g.Meter.Set(Backlog, float64(q.Backlog), q.Name, q.Type)
		g.Meter.Set(BacklogAge, q.Oldest.Seconds(), q.Name, q.Type)
	}
	return err
}

// open are the workflows of a type that run.
func open[In, Out any](workflow contract.Workflow[In, Out]) string {
	return fmt.Sprintf("WorkflowType = %q AND ExecutionStatus = 'Running'", string(workflow))
}

// count counts workflows.
func (g Gauges) count(ctx context.Context, query string) (float64, error) {
	counted, err := g.Temporal.CountWorkflow(ctx, &workflowservice.CountWorkflowExecutionsRequest{Query: query})
	if err != nil {
		return 0, fmt.Errorf("count the workflows with %s: %w", query, err)
	}
	return float64(counted.GetCount()), nil
}

// parkedMails counts parked mails: it adds up the parcels with at least one, with at least two, and
// so on.
func (g Gauges) parkedMails(ctx context.Context) error {
	sum := 0.0
	for least := 1; least <= mostParked; least++ {
		n, err := g.count(ctx, fmt.Sprintf("%s AND %s >= %d", open(contract.TrackParcel), contract.ParkedMails.Name, least))
		if err != nil {
			return err
		}
		if n == 0 {
			break
		}
		sum += n
	}
	g.Meter.Set(MailsParked, sum)
	return nil
}

func (g Gauges) parcels(ctx context.Context) error {
	return attention(ctx, g, ParcelsAttention, open(contract.TrackParcel), parcel.Attentions())
}

func (g Gauges) refundsAttention(ctx context.Context) error {
	return attention(ctx, g, RefundsAttention, open(contract.ApproveRefund), refund.Attentions())
}

// attention counts the workflows that need attention, for each reason.
func attention[A ~string](ctx context.Context, g Gauges, gauge Metric, of string, reasons []A) error {
	left, err := g.count(ctx, fmt.Sprintf("%s AND %s IS NOT NULL", of, contract.AttentionField.Name))
	if err != nil {
		return err
	}
	for _, reason := range reasons {
		n := 0.0
		if left > 0 { // usually none is left after the first count
			if n, err = g.count(ctx, fmt.Sprintf("%s AND %s = %q", of, contract.AttentionField.Name, string(reason))); err != nil {
				return err
			}
		}
		left -= n
		g.Meter.Set(gauge, n, string(reason))
	}
	return nil
}

// integrations reads what each integration needs attention for.
func (g Gauges) integrations(ctx context.Context) error {
	listed, err := g.Temporal.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{Query: open(contract.WatchIntegration), PageSize: mostListed})
	if err != nil {
		return fmt.Errorf("list the integrations: %w", err)
	}
	for _, one := range listed.GetExecutions() {
		var name string
		var needs contract.Attention
		for attribute, into := range map[string]any{contract.Integration.Name: &name, contract.AttentionField.Name: &needs} {
			if payload := one.GetSearchAttributes().GetIndexedFields()[attribute]; payload != nil {
				if err := converter.GetDefaultDataConverter().FromPayload(payload, into); err != nil {
					return fmt.Errorf("read %s of %s: %w", attribute, one.GetExecution().GetWorkflowId(), err)
				}
			}
		}
		if name == "" {
			continue // it has just begun
		}
		for _, reason := range contract.IntegrationAttentions() {
			g.Meter.Set(IntegrationsAttention, number(needs == reason), name, string(reason))
		}
		g.Meter.Set(ConfigurationFault, number(needs == contract.MailsNotSent), name)
	}
	return nil
}

// number is 1 for true.
func number(is bool) float64 {
	if is {
		return 1
	}
	return 0
}

// ages are how long ago a refund began at least, and the label for that.
var ages = []struct {
	least  time.Duration
	called string
}{
	{0, "under 1 day"}, {24 * time.Hour, "1 to 3 days"}, {3 * 24 * time.Hour, "3 to 10 days"}, {10 * 24 * time.Hour, "over 10 days"},
}

// refunds counts the open refunds by state and age.
func (g Gauges) refunds(ctx context.Context) error {
	for _, state := range refund.OpenStates() {
		query := fmt.Sprintf("%s AND %s = %q", open(contract.ApproveRefund), contract.RefundState.Name, string(state))
		older, err := g.count(ctx, query)
		if err != nil {
			return err
		}
		for i, age := range ages {
			n := older
			if older = 0; n > 0 && i+1 < len(ages) {
				if older, err = g.count(ctx, fmt.Sprintf("%s AND StartTime <= '%s'", query, moment(-ages[i+1].least))); err != nil {
					return err
				}
			}
			g.Meter.Set(Refunds, max(0, n-older), string(state), age.called)
		}
	}
	return nil
}

// refundsDue counts the open refunds whose legal deadline is near.
func (g Gauges) refundsDue(ctx context.Context) error {
	for within, span := range map[string]time.Duration{"over": 0, "2 days": 2 * 24 * time.Hour, "4 days": 4 * 24 * time.Hour} {
		n, err := g.count(ctx, fmt.Sprintf("%s AND %s <= '%s'", open(contract.ApproveRefund), contract.LegalDeadline.Name, moment(span)))
		if err != nil {
			return err
		}
		g.Meter.Set(RefundsDue, n, within)
	}
	return nil
}

// moment is the time at this distance from now, as Temporal reads it.
func moment(from time.Duration) string { return time.Now().Add(from).UTC().Format(time.RFC3339) }

// reconciliations reads when the reconciliation of each schedule last succeeded.
func (g Gauges) reconciliations(ctx context.Context) error {
	schedules, err := g.Temporal.ScheduleClient().List(ctx, client.ScheduleListOptions{PageSize: mostListed})
	if err != nil {
		return fmt.Errorf("list the schedules: %w", err)
	}
	for seen := 0; seen < mostListed && schedules.HasNext(); seen++ {
		entry, err := schedules.Next()
		if err != nil {
			return fmt.Errorf("list the schedules: %w", err)
		}
		name, err := contract.ParseReconcileScheduleID(entry.ID)
		if err != nil {
			continue
		}
		if entry.Paused { // no alert fires for NaN
			g.Meter.Set(Reconciled, math.NaN(), name)
			continue
		}
		last, err := g.Temporal.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{
			Query: fmt.Sprintf("WorkflowType = %q AND ExecutionStatus = 'Completed' AND %s = %q",
				string(contract.ReconcileParcels), contract.Integration.Name, name), PageSize: 1, // the newest comes first
		})
		if err != nil {
			return fmt.Errorf("list the reconciliations of %s: %w", name, err)
		}
		ended := 0.0
		for _, one := range last.GetExecutions() {
			ended = float64(one.GetCloseTime().AsTime().Unix())
		}
		g.Meter.Set(Reconciled, ended, name)
	}
	return nil
}
