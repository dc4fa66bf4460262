package workflows

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"waybill/contract"
	"waybill/parcel"
	"waybill/refund"
)

// begin has a task done. Each ends in a step, or is logged.
func (a *approving) begin(ctx workflow.Context, task refund.Deed) {
	switch task.What {
	case refund.Gather:
		a.gather(ctx)
	case refund.Watch:
		a.watch(ctx)
	case refund.Claim:
		a.claim(ctx)
	case refund.Release:
		a.under(workflow.ExecuteActivity(askTallies(ctx, "Give back what was reserved of the order"), string(contract.ReleaseRefund), a.reservation(ctx)),
			logFailure("what was reserved of the order was not given back"))
	case refund.Count:
		forced := a.reservation(ctx)
		forced.Forced = true
		a.under(workflow.ExecuteActivity(askTallies(ctx, "Count what was paid in the panel"), string(contract.ClaimRefund), forced),
			logFailure("a payment in the panel was not counted"))
	case refund.Pay:
		a.pay(ctx)
	default:
		a.broken = fmt.Errorf("no workflow can %s", task.What)
	}
}

// gather loads what the request lacks. If it cannot, people decide with what is known.
func (a *approving) gather(ctx workflow.Context) {
	loading := workflow.ExecuteActivity(gatherFacts(ctx, "Load what the request lacks"), string(contract.GatherRefund), contract.RefundQuery{
		RefundRef: a.of, Account: a.state.Account, Source: a.state.Facts.Source, OutgoingParcel: a.state.Facts.OutgoingParcel,
		OrderNumber: a.state.Facts.OrderNumber, Customers: a.state.Pseudonyms(),
	})
	a.under(loading, func(ctx workflow.Context, f workflow.Future) {
		var found contract.RefundGathered
		if err := f.Get(ctx, &found); err != nil {
			found = gatheredNevertheless(err)
		}
		a.happen(ctx, "Decide who has to approve", func(r *refund.Refund, p refund.Policy, at time.Time) {
			r.NoteTexts(found.Facts)
			switch {
			case found.Handled != nil:
				r.HandledBefore(*found.Handled, p, at)
				return
			case found.NotOurs:
				r.NotOurs(p, at)
				return
			}
			if found.Begun {
				r.BegunBefore(p, at)
			}
			if !found.RefundedAt.IsZero() {
				r.Learn(found.Facts, p, at)
				r.PaidInPanel(p, at)
			}
			r.Gathered(found.Facts, found.Why, p, at)
			if !found.GoodsAt.IsZero() {
				r.GoodsBack(found.GoodsAt, p, at)
			}
		})
	})
}

// gatheredNevertheless is what a failure to gather the facts takes along: if only other
// refunds could not be counted, everything that Sendcloud told.
func gatheredNevertheless(err error) (found contract.RefundGathered) {
	var failed *temporal.ApplicationError
	if !errors.As(err, &failed) || failed.Type() != contract.NotCounted || failed.Details(&found) != nil {
		return contract.RefundGathered{Why: "Sendcloud cannot be asked: " + cause(err)}
	}
	found.Why = strings.TrimPrefix(found.Why+", and other refunds could not be counted: "+failed.Message(), ", and ")
	return found
}

const watchedFor = 120 * 24 * time.Hour // how long a return parcel without scans is followed

// watch has the return parcel tell where it is, for as long as anybody may wait.
func (a *approving) watch(ctx workflow.Context) {
	until := workflow.Now(ctx).Add(watchedFor)
	a.under(workflow.ExecuteActivity(askTemporal(ctx, "Have the return parcel tell where it is"), string(contract.WatchReturn), contract.ReturnWatch{
		ParcelRef: contract.ParcelRef{Integration: a.of.Integration, ID: a.state.Facts.IncomingParcel},
		Awaited:   parcel.Waiter{WorkflowID: workflow.GetInfo(ctx).WorkflowExecution.ID, Until: until},
	}), logFailure("the return parcel was not told that a refund waits for it"))
}

func (a *approving) reservation(ctx workflow.Context) contract.RefundClaim {
	r, f := &a.state, &a.state.Facts
	return contract.RefundClaim{
		RefundRef: a.of, Account: r.Account, Key: r.Key(), Order: r.OrderKey(), Amount: f.Amount, At: now(ctx),
		OrderValue: f.OrderValue, OrderValueBy: f.OrderValueBy, Customer: r.Pseudonym, OtherCustomers: r.OtherPseudonyms, ByRules: r.ByRules, InDoubt: r.InDoubt,
	}
}

// claim reserves the return and the amount.
func (a *approving) claim(ctx workflow.Context) {
	asking := workflow.ExecuteActivity(askTallies(ctx, "Reserve the amount from what is left of the order"), string(contract.ClaimRefund), a.reservation(ctx))
	a.under(asking, func(ctx workflow.Context, f workflow.Future) {
		var answer refund.ClaimAnswer
		if err := f.Get(ctx, &answer); err != nil {
			answer = refund.ClaimAnswer{Why: "the amount could not be reserved: " + cause(err)}
		}
		a.happen(ctx, "Decide whether the order's value covers it", func(r *refund.Refund, p refund.Policy, at time.Time) { r.ClaimAnswered(answer, p, at) })
	})
}

// recordEnd has the tallies of the return and the order know how the refund ended: Temporal
// forgets the refund, and whatever reports it after that must not begin it again.
func (a *approving) recordEnd(ctx workflow.Context) {
	if a.recording || a.state.EndRecorded || !a.state.State.Terminal() {
		return
	}
	a.recording = true
	r := &a.state
	telling := workflow.ExecuteActivity(askTallies(ctx, "Record how the refund ended"), string(contract.RecordRefundEnd), contract.RefundClaim{
		RefundRef: a.of, Account: r.Account, Key: r.Key(), Order: r.OrderKey(), Amount: r.Facts.Amount, At: now(ctx), As: r.State,
	})
	a.under(telling, func(ctx workflow.Context, f workflow.Future) {
		if err := f.Get(ctx, nil); err != nil {
			workflow.GetLogger(ctx).Error("the tallies were not told how the refund ended", "error", err)
			return
		}
		a.happen(ctx, "Note that the end is recorded", func(r *refund.Refund, _ refund.Policy, _ time.Time) { r.EndKnown() })
	})
}

// deleteEarlierRuns has the runs deleted that have what the customer wrote: by the next run, if this one has it,
// too. If that fails for days, Temporal forgets them later, like everything else of the refund.
func (a *approving) deleteEarlierRuns(ctx workflow.Context) {
	hasNone := func() bool { return a.state.TextsErasedAt.Equal(a.withoutSince) }
	switch {
	case !a.state.EarlierRuns:
		return
	case !hasNone():
		a.anew = true
		return
	case a.deleting:
		return
	}
	a.deleting = true
	asking := workflow.ExecuteActivity(eraseOne(ctx, "Delete the earlier runs, which have what the customer wrote"), string(contract.DeleteEarlierRuns), contract.EarlierRuns{Reports: a.state.Reports})
	a.under(asking, func(ctx workflow.Context, f workflow.Future) {
		if err := f.Get(ctx, nil); err != nil {
			workflow.GetLogger(ctx).Error("earlier runs, which have what the customer wrote, were not deleted", "error", err)
		}
		if hasNone() { // nothing more has come meanwhile
			a.happen(ctx, "Stop deleting earlier runs", func(r *refund.Refund, _ refund.Policy, _ time.Time) { r.EarlierRunsGone() })
		}
	})
}

// pay asks the shop's endpoint, unless somebody has paid in the panel. While Sendcloud does not
// answer whether that is so, nothing is paid; without API keys it is not asked.
func (a *approving) pay(ctx workflow.Context) {
	looking := workflow.ExecuteActivity(firstOfAll(gatherFacts(ctx, "Look whether somebody has paid in the panel")), string(contract.GatherRefund), contract.RefundQuery{RefundRef: a.of, Again: true})
	a.under(looking, func(ctx workflow.Context, f workflow.Future) {
		var found contract.RefundGathered
		if err := f.Get(ctx, &found); err != nil {
			why := cause(err)
			// A refusal says that somebody has paid in the panel meanwhile.
			_ = a.happenIf(ctx, "Decide about Sendcloud's silence", func(r *refund.Refund, p refund.Policy, at time.Time) error {
				return r.CannotLook(why, p, at)
			})
			return
		}
		if !found.RefundedAt.IsZero() {
			a.happen(ctx, "Note that somebody paid in the panel", func(r *refund.Refund, p refund.Policy, at time.Time) { r.PaidInPanel(p, at) })
		}
		a.ask(ctx, refund.LastLook{Endpoint: found.Endpoint, PanelRead: found.Facts.PanelRead})
	})
}

// ask asks the shop's endpoint to pay: again under the same key until it answers.
func (a *approving) ask(ctx workflow.Context, look refund.LastLook) {
	err := a.happenIf(ctx, "Note that the shop's endpoint is asked to pay", func(r *refund.Refund, p refund.Policy, at time.Time) error { return r.AskToPay(look, p, at) })
	if err != nil || a.state.State != refund.Paying {
		return // somebody paid in the panel, or a person has to look first
	}
	r := &a.state
	asking := workflow.ExecuteActivity(payOut(ctx, fmt.Sprintf("Ask the shop's endpoint to pay %s", r.Facts.Amount), r.Patience.Pay), string(contract.PayRefund), contract.RefundPayment{
		RefundRef: a.of, Endpoint: r.Endpoint, Key: r.Key(), OrderNumber: r.Facts.OrderNumber, Amount: r.Facts.Amount,
	})
	a.under(asking, func(ctx workflow.Context, f workflow.Future) {
		var answer refund.Payment
		if err := f.Get(ctx, &answer); err != nil {
			answer = refund.Payment{Outcome: refund.Doubt, Why: cause(err)}
		}
		err := a.happenIf(ctx, "Note what the shop's endpoint answered", func(r *refund.Refund, p refund.Policy, at time.Time) error { return r.Settle(answer, p, at) })
		if err != nil && a.broken == nil {
			a.broken = err // nothing else ends paying
		}
	})
}
