// Package workflows holds time and order: what is waited for, in which order
// things are done, and what is carried over a restart. What a scan means is
// decided in package parcel; what is done in the world, in package activities.
//
// Code here is replayed over histories that older versions wrote. Change it
// under workflow.GetVersion, and keep a recorded history of the old version in
// testdata/histories.
package workflows

import (
	"errors"
	"fmt"
	"time"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"waybill/contract"
	"waybill/parcel"
)

// Parcels are the workflows about parcels.
type Parcels struct {
	// Policy says what the merchant of an integration wants at this moment.
	// It is read inside side effects only, so it may change at any time.
	Policy func(integration string) parcel.Policy
}

// TrackParcel follows one parcel: it receives scans, decides about each, sends
// the mails that were decided one at a time, and ends some days after the
// parcel's way does. See contract.TrackParcel.
func (w *Parcels) TrackParcel(ctx workflow.Context, start contract.ParcelStart) (contract.ParcelEnd, error) {
	t := newTracking(w.Policy, start)
	if err := t.listen(ctx); err != nil {
		return contract.ParcelEnd{}, err
	}
	for {
		for len(t.inbox) > 0 {
			if err := t.decide(ctx); err != nil {
				return contract.ParcelEnd{}, err
			}
		}
		for t.parcel.Due(workflow.Now(ctx)) != nil {
			if err := t.decideDue(ctx); err != nil {
				return contract.ParcelEnd{}, err
			}
		}
		t.tellOperations(ctx)
		t.joinSiblings(ctx)
		t.startMail(ctx)
		t.tellGoods(ctx)
		if err := t.show(ctx); err != nil {
			return contract.ParcelEnd{}, err
		}
		if t.mayClose(ctx) {
			if err := letListen(ctx); err != nil {
				return contract.ParcelEnd{}, err
			}
			if !t.wake {
				return t.close(ctx)
			}
			t.wake = false
			continue
		}
		next := t.parcel.Next()
		t.timer.ringAt(ctx, next.At, next.Why, func() { t.wake = true })
		if err := workflow.Await(ctx, t.woken); err != nil {
			return contract.ParcelEnd{}, err
		}
		t.wake = false
	}
}

// tracking is one run of TrackParcel.
type tracking struct {
	policy func(integration string) parcel.Policy
	parcel parcel.Parcel
	inbox  []parcel.Scan
	// wake says that something happened that the main loop has to look at.
	wake bool

	scans  channel[parcel.Scan]
	awaits channel[contract.GoodsAwaited]
	// reports are what the mail provider tells.
	reports channel[parcel.MailReport]
	// drains read the orders that were delivered as signals already.
	drains []func()
	// next is what an operator ordered the next run to begin with.
	next *contract.NewRun

	// waiting are workflows that wait for the goods, telling how many of them
	// are being told that these are back.
	waiting []contract.GoodsAwaited
	telling int
	// joining counts the mails that siblings are being told of, and alerting
	// those to operations.
	joining, alerting int

	timer timer
	shown attributes
}

func newTracking(policy func(string) parcel.Policy, start contract.ParcelStart) *tracking {
	t := &tracking{policy: policy}
	if start.Carried != nil {
		t.parcel, t.inbox, t.waiting = start.Carried.Parcel, start.Carried.Inbox, start.Carried.Waiting
	}
	t.parcel.Integration, t.parcel.ID = start.Integration, start.ParcelID
	return t
}

// listen receives signals into the state and answers updates and queries. The
// handlers only change the state; the main loop acts on it.
func (t *tracking) listen(ctx workflow.Context) error {
	t.scans = signals(ctx, contract.StatusChanged)
	t.awaits = signals(ctx, contract.AwaitGoods)
	t.reports = signals(ctx, contract.MailReported)
	workflow.Go(ctx, func(ctx workflow.Context) {
		for {
			t.inbox = append(t.inbox, t.scans.next(ctx))
			t.wake = true
		}
	})
	workflow.Go(ctx, func(ctx workflow.Context) {
		for {
			t.await(t.awaits.next(ctx))
		}
	})
	workflow.Go(ctx, func(ctx workflow.Context) {
		for {
			t.report(ctx, t.reports.next(ctx))
		}
	})
	if err := onQuery(ctx, contract.Describe, "Everything that is known of the parcel",
		func() (parcel.Parcel, error) { return t.parcel, nil }); err != nil {
		return err
	}
	return t.obey(ctx)
}

// report notes what the mail provider tells.
func (t *tracking) report(ctx workflow.Context, r parcel.MailReport) {
	before := t.parcel.SentTwice()
	t.parcel.Report(r, workflow.Now(ctx))
	t.countTwice(ctx, before)
	t.wake = true
}

// metricTwice counts the mails that went out twice.
const metricTwice = "waybill_mails_sent_twice_total"

func (t *tracking) countTwice(ctx workflow.Context, before int) {
	if n := t.parcel.SentTwice() - before; n > 0 {
		workflow.GetMetricsHandler(ctx).WithTags(map[string]string{"integration": t.parcel.Integration}).Counter(metricTwice).Inc(int64(n))
	}
}

// woken reports whether the main loop has something to do.
func (t *tracking) woken() bool { return t.wake }

// decide takes one scan out of the inbox. The decision is recorded in history,
// so a replay repeats it under whatever rules and policy hold by then.
func (t *tracking) decide(ctx workflow.Context) error {
	scan := t.inbox[0]
	t.inbox = t.inbox[1:]
	now := workflow.Now(ctx)
	var decision parcel.Decision
	err := workflow.SideEffectWithOptions(ctx,
		workflow.SideEffectOptions{Summary: fmt.Sprintf("Decide on status %d (%s)", scan.StatusID, scan.Phase)},
		func(workflow.Context) any {
			return parcel.Decide(t.parcel, scan, t.policy(t.parcel.Integration), now)
		}).Get(&decision)
	if err != nil {
		return fmt.Errorf("read the decision about status %d: %w", scan.StatusID, err)
	}
	t.parcel.Record(scan, decision)
	return nil
}

// decideDue keeps an appointment whose time has come. Decisions of versions that
// made none leave the agenda empty.
func (t *tracking) decideDue(ctx workflow.Context) error {
	now := workflow.Now(ctx)
	what := t.parcel.Agenda[0].What
	var decision parcel.Decision
	err := workflow.SideEffectWithOptions(ctx,
		workflow.SideEffectOptions{Summary: "Decide: " + string(what)},
		func(workflow.Context) any {
			return parcel.DecideDue(t.parcel, t.policy(t.parcel.Integration), now)
		}).Get(&decision)
	if err != nil {
		return fmt.Errorf("read the decision about the appointment %q: %w", what, err)
	}
	t.parcel.RecordDue(decision)
	return nil
}

// startMail hands the next mail to the activity if it is due and none is there.
func (t *tracking) startMail(ctx workflow.Context) {
	next := t.parcel.NextMail()
	if next == nil || workflow.Now(ctx).Before(next.NotBefore) {
		return
	}
	next.State = parcel.MailSending
	next.Tries++
	order := contract.MailOrder{
		Key: next.Key, Try: next.Tries, Kind: next.Kind,
		Integration: t.parcel.Integration, ParcelID: t.parcel.ID,
		Together: next.Together,
		Facts:    t.parcel.MailFacts(), Happened: next.Happened, Language: next.Language, KeptUntil: next.KeptUntil,
	}
	if next.Unproven > 0 {
		order.InDoubtSince = next.Decided
	}
	terms := next.Terms
	workflow.Go(ctx, func(ctx workflow.Context) {
		receipt, err := do(postMail(ctx, fmt.Sprintf("Mail: %s (try %d)", order.Kind.Words(), order.Try), terms.Patience),
			contract.SendMail, order)
		before := t.parcel.SentTwice()
		t.settle(workflow.Now(ctx), receipt, err)
		t.countTwice(ctx, before)
		t.wake = true
	})
}

// tellOperations mails that somebody should look at the parcel.
func (t *tracking) tellOperations(ctx workflow.Context) {
	if t.parcel.Untold == "" {
		return
	}
	notice := contract.Notice{
		Integration: t.parcel.Integration, ParcelID: t.parcel.ID, Trouble: string(t.parcel.Untold), At: workflow.Now(ctx),
	}
	t.parcel.Untold = ""
	t.alerting++
	workflow.Go(ctx, func(ctx workflow.Context) {
		if _, err := do(tellOperations(ctx, notice.Trouble), contract.TellOperations, notice); err != nil {
			workflow.GetLogger(ctx).Warn("operations were not told", "trouble", notice.Trouble, "error", err)
		}
		t.alerting--
		t.wake = true
	})
}

// joinSiblings tells the parcels that go with this one of a mail that waits. If
// they cannot be told, the mail tells of this parcel alone.
func (t *tracking) joinSiblings(ctx workflow.Context) {
	m := t.parcel.Unjoined()
	if m == nil {
		return
	}
	m.Joined = true
	t.joining++
	ready := contract.ColloReady{
		Integration: t.parcel.Integration, UUID: t.parcel.Facts.Collo.UUID,
		Mail: parcel.ColloMail{ParcelID: t.parcel.ID, Kind: m.Kind, Key: m.Key},
	}
	workflow.Go(ctx, func(ctx workflow.Context) {
		if _, err := do(askTemporal(ctx, "Tell the parcels that go together"), contract.JoinColli, ready); err != nil {
			workflow.GetLogger(ctx).Warn("the parcels that go together were not told", "error", err)
		}
		t.joining--
		t.wake = true
	})
}

// settle notes what became of the mail that was being sent.
func (t *tracking) settle(now time.Time, receipt contract.MailReceipt, err error) {
	m := t.parcel.Sending()
	var failure *temporal.ApplicationError
	var timeout *temporal.TimeoutError
	switch {
	case m == nil: // only one is sent at a time, and nothing else settles it
	case err == nil && receipt.ToldBy != 0:
		m.ToldBy(receipt.ToldBy, now)
	case err == nil:
		m.Accepted(receipt.MessageID, now)
		m.Reached = receipt.Reached
	case errors.As(err, &timeout) && timeout.TimeoutType() == enums.TIMEOUT_TYPE_START_TO_CLOSE:
		// The worker died while posting, or nobody heard what came of it.
		m.Unanswered(now)
	case errors.As(err, &failure) && failure.Type() == contract.MailUnanswered:
		m.Unanswered(now)
	case errors.As(err, &failure):
		// Refused, or not sent for so long that patience ran out.
		m.Park(failure.Message(), now)
	case timeout != nil:
		m.Park(fmt.Sprintf("no worker sent it within %v", m.Terms.Patience), now)
	default:
		m.Park("the order to send it was cancelled", now)
	}
}

// mayClose reports that the run has come to its end, or to that of its history.
func (t *tracking) mayClose(ctx workflow.Context) bool {
	return t.idle(ctx) && (t.parcel.Over(workflow.Now(ctx)) || workflow.GetInfo(ctx).GetContinueAsNewSuggested()) ||
		t.next != nil && t.settled(ctx)
}

// close ends the run.
func (t *tracking) close(ctx workflow.Context) (contract.ParcelEnd, error) {
	if t.idle(ctx) && t.parcel.Over(workflow.Now(ctx)) {
		return t.end(), nil
	}
	return contract.ParcelEnd{}, t.continueAsNew(ctx)
}

// idle reports that nothing is under way and nothing was delivered unread, so
// that the run may close: what a run has not read when it closes is lost.
func (t *tracking) idle(ctx workflow.Context) bool {
	if scans := t.scans.drain(); len(scans) > 0 {
		t.inbox = append(t.inbox, scans...)
		t.wake = true
	}
	for _, drain := range t.drains {
		drain()
	}
	for _, a := range t.awaits.drain() {
		t.await(a)
	}
	for _, r := range t.reports.drain() {
		t.report(ctx, r)
	}
	return t.settled(ctx) && t.parcel.NextMail() == nil
}

// settled reports that nothing is under way: what waits can wait in another run.
func (t *tracking) settled(ctx workflow.Context) bool {
	return len(t.inbox) == 0 && t.telling == 0 && t.joining == 0 && t.alerting == 0 && !t.goodsToTell() && t.parcel.Sending() == nil &&
		workflow.AllHandlersFinished(ctx)
}

func (t *tracking) end() contract.ParcelEnd {
	end := contract.ParcelEnd{Phase: t.parcel.Phase, Mails: map[parcel.MailState]int{}, Scans: t.parcel.Counts}
	for _, m := range t.parcel.Mails {
		end.Mails[m.State]++
	}
	return end
}

func (t *tracking) continueAsNew(ctx workflow.Context) error {
	if t.next != nil && t.next.Parcel != nil {
		orders := t.parcel.Orders
		t.parcel = *t.next.Parcel
		t.parcel.Orders = orders // a new state does not undo the record
	}
	return workflow.NewContinueAsNewError(ctx, string(contract.TrackParcel), contract.ParcelStart{
		Integration: t.parcel.Integration, ParcelID: t.parcel.ID,
		Carried: &contract.Carried{Parcel: t.parcel, Inbox: t.inbox, Waiting: t.waiting},
	})
}
