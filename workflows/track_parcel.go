// Package workflows holds time and order: what is waited for, in which order things are done,
// and what is carried over a restart. Packages parcel and refund decide, package activities
// acts.
//
// Code here is frozen: it is replayed over histories that older versions wrote. Change it
// under a gate (gates.go). The rules are free: they run inside a recorded step only
// (keeper.go), and a test holds workflows to that.
package workflows

import (
	"errors"
	"fmt"
	"time"

	"go.temporal.io/sdk/workflow"

	"waybill/contract"
	"waybill/delivery"
	"waybill/parcel"
)

// Parcels are the workflows about parcels.
type Parcels struct {
	// Policy is that of an integration at this moment; see [Refunds].
	Policy func(integration string) parcel.Policy
	// Proves is called inside steps only; see contract.ProvenParcelText.
	Proves Proves
}

// TrackParcel follows one parcel: it receives scans, decides about each, sends the mails one at
// a time, and ends some days after the parcel's way does. See contract.TrackParcel.
func (w *Parcels) TrackParcel(ctx workflow.Context, start contract.ParcelStart) (contract.ParcelEnd, error) {
	t := &tracking{of: start.ParcelRef, policy: w.Policy, proves: w.Proves, told: map[string]parcel.Facts{}}
	if before := carried(ctx, start.Carried); before != nil {
		t.state = before.Parcel
	}
	t.state.Integration, t.state.ID = t.of.Integration, t.of.ID
	if err := t.listen(ctx); err != nil {
		return contract.ParcelEnd{}, err
	}
	err := t.live(ctx, life{
		work: t.work, over: func() bool { return t.state.Closed }, again: func() error { return t.continueAsNew(ctx) },
		next: func() (time.Time, string) {
			next := t.state.Next(now(ctx))
			return next.At, next.Why
		},
	})
	return t.end(), err
}

// tracking is one run of TrackParcel.
type tracking struct {
	keeper[parcel.Parcel]
	of     contract.ParcelRef
	policy func(integration string) parcel.Policy
	proves Proves
	// told are the facts that this run was told, by name: later scans leave out what stands there.
	told map[string]parcel.Facts
}

func (t *tracking) work(ctx workflow.Context) error {
	if next := t.state.Next(now(ctx)); t.due(ctx, next.At) {
		t.happen(ctx, "Do what is due: "+next.Why, func(*parcel.Parcel, parcel.Policy, time.Time) {})
	}
	for _, task := range t.state.TakeTasks() {
		t.begin(ctx, task)
	}
	deliver(ctx, &t.keeper, t.state.Mails, t.postMail, t.settle)
	return t.show(ctx)
}

// happen is a step of the parcel that nothing refuses.
func (t *tracking) happen(ctx workflow.Context, summary string, happens func(*parcel.Parcel, parcel.Policy, time.Time)) {
	t.happenFrom(ctx, t.state, summary, happens)
}

// happenFrom is one with a draft.
func (t *tracking) happenFrom(ctx workflow.Context, draft parcel.Parcel, summary string, happens func(*parcel.Parcel, parcel.Policy, time.Time)) {
	before := t.state.Mails.SentTwice()
	t.certainFrom(ctx, draft, summary, func(p *parcel.Parcel, at time.Time) {
		policy := t.policy(p.Integration)
		_ = p.Step(policy, at, func() error { happens(p, policy, at); return nil }) // it cannot refuse
	})
	countTwice(ctx, t.state.Integration, before, t.state.Mails.SentTwice())
}

func (t *tracking) listen(ctx workflow.Context) error {
	onFacts(ctx, &t.keeper, contract.StatusChanged, func(ctx workflow.Context, scans []parcel.Scan) {
		for i := range scans {
			t.complete(ctx, &scans[i])
		}
		t.happenFrom(ctx, t.state.Drafted(scans, now(ctx)), inWords(scans), func(p *parcel.Parcel, policy parcel.Policy, at time.Time) {
			for _, scan := range scans {
				p.Take(scan, policy, at)
			}
		})
	})
	onFact(ctx, &t.keeper, contract.AwaitGoods, func(ctx workflow.Context, w parcel.Waiter) {
		t.happen(ctx, "Note who waits for the goods", func(p *parcel.Parcel, _ parcel.Policy, at time.Time) { p.Await(w, at) })
	})
	onFact(ctx, &t.keeper, contract.MailReported, func(ctx workflow.Context, r delivery.Report) {
		t.happen(ctx, "Note what the mail provider reports", func(p *parcel.Parcel, _ parcel.Policy, at time.Time) { p.Report(r, at) })
	})
	faults := []error{
		onQuery(ctx, contract.Describe, "Everything that is known of the parcel",
			func() (parcel.Parcel, error) { return t.state, nil }),
		onQuestion(ctx, contract.DryRun, "What would come of an order. Fields: order, such as retry-mails, and input",
			func(in contract.OrderTrial) (contract.TrialAnswer, error) { return t.attempt(in, now(ctx)), nil }),
		onQuestion(ctx, contract.Rehearse, "What will happen if no scan comes, under the policy that the worker follows",
			func(in contract.RehearsalQuestion) (contract.Rehearsal, error) { return t.rehearse(in, now(ctx)), nil }),
	}
	for _, o := range parcel.Orders() {
		faults = append(faults, t.bind(ctx, o))
	}
	faults = append(faults, onErase(ctx, &t.keeper, func(p *parcel.Parcel, in contract.EraseOrder, at time.Time) {
		_ = p.Step(t.policy(p.Integration), at, func() error { p.Erase(in.By, at); return nil }) // it cannot refuse
	}))
	return errors.Join(faults...)
}

// complete adds to a scan the facts that it leaves out.
func (t *tracking) complete(ctx workflow.Context, s *parcel.Scan) {
	if s.FactsAs != "" {
		told, known := t.told[s.FactsAs]
		if !known { // a recorder sends such a scan to the run only that it has told
			workflow.GetLogger(ctx).Error("a scan names facts that were not told", "status", s.StatusID)
			return
		}
		s.Facts = told.With(s.Facts)
	}
	// The first telling counts: with another one under its name, every later scan would bring it back.
	if _, known := t.told[s.FactsName]; s.FactsName != "" && !known {
		t.told[s.FactsName] = s.Facts
	}
}

// inWords says in a line what scans say that are decided together.
func inWords(scans []parcel.Scan) string {
	last := scans[len(scans)-1]
	summary := fmt.Sprintf("Status %d: %s", last.StatusID, last.Phase.Words())
	if len(scans) > 1 {
		summary = fmt.Sprintf("%d scans, the last one of status %d: %s", len(scans), last.StatusID, last.Phase.Words())
	}
	return summary
}

// errUnsettled refuses a new state: what is under way would change it when it ends, days later.
var errUnsettled = errors.New("the parcel is not settled: a mail is being sent, or other workflows are being told. " +
	"Order PauseMails, ask Describe again, and give the order with its new answer")

// bind binds an order. One that comes as a signal and is refused stands in the record.
func (t *tracking) bind(ctx workflow.Context, o parcel.Order) error {
	follow := func(p *parcel.Parcel, in parcel.Input, at time.Time) (parcel.Answer, error) {
		in.Proven = t.said(o, in, at)
		if in.Plain && !in.Proven {
			return parcel.Answer{}, errPlain
		}
		if in.Parcel != nil && len(t.pending) > 0 {
			return parcel.Answer{}, errUnsettled
		}
		return p.Follow(o, in, t.policy(p.Integration), at)
	}
	refused := func(p *parcel.Parcel, in parcel.Input, why error, at time.Time) {
		in.Proven = t.said(o, in, at)
		p.Refuse(o, in, why, at)
	}
	return onOrder(ctx, &t.keeper, contract.ParcelOrder(o), o.Usage(), follow, refused, func(in parcel.Input) {
		t.anew = t.anew || o.NewRun && !in.DryRun
	})
}

// said reports whether it is proven who gives an order: everyone who reaches Temporal can write
// any name into one.
func (t *tracking) said(o parcel.Order, in parcel.Input, at time.Time) bool {
	lasts := contract.ProofLasts
	if in.Batch != "" {
		lasts = contract.BatchLasts
	}
	return t.proves(in.Proof, contract.ProvenParcelText(t.of, o, in), at, lasts)
}

// attempt says what would come of an order, and changes nothing.
func (t *tracking) attempt(in contract.OrderTrial, at time.Time) contract.TrialAnswer {
	o, known := parcel.OrderNamed(in.Order)
	if !known {
		return contract.TrialAnswer{Refused: "there is no such order; its name is such as retry-mails"}
	}
	if !in.At.IsZero() {
		at = in.At
	}
	in.Input.DryRun = true
	answer, err := t.state.Follow(o, in.Input, t.policy(t.of.Integration), at)
	if err != nil {
		return contract.TrialAnswer{Refused: err.Error()}
	}
	return contract.TrialAnswer{Answer: answer}
}

// rehearse says what will happen if no scan comes, and changes nothing.
func (t *tracking) rehearse(in contract.RehearsalQuestion, at time.Time) contract.Rehearsal {
	if !in.At.IsZero() {
		at = in.At
	}
	policy := t.policy(t.of.Integration)
	said := contract.Rehearsal{Policy: policy.Version}
	if !t.state.Closed {
		said.Forecasts = parcel.Rehearse(t.state, policy, at)
	}
	return said
}

func (t *tracking) postMail(ctx workflow.Context, m *parcel.Mail) workflow.Future {
	news, facts := m.About, t.state.MailFacts()
	facts.Origin = "" // no mail says where a parcel is sent from
	if facts.CarrierName != "" {
		facts.CarrierCode = "" // mails say the name
	}
	order := contract.MailOrder{
		Post: contract.PostOf(m), ParcelRef: t.of, Kind: news.Kind, Together: news.Together,
		Facts: facts, Happened: news.Happened, Language: news.Language, KeptUntil: news.KeptUntil,
	}
	ctx = tryOnce(ctx, "Mail: "+news.Kind.Words()+again(m.Tries), m.Until())
	if news.Kind == parcel.MailPickupLastDay {
		ctx = firstOfAll(ctx)
	}
	return workflow.ExecuteActivity(ctx, string(contract.SendMail), order)
}

// settle notes what a try came to. The usual end needs no step in history.
func (t *tracking) settle(ctx workflow.Context, done tried) {
	if done.outcome.Verdict == delivery.WasAccepted && t.state.TakeAccepted(done.key, done.outcome.MessageID, now(ctx)) {
		t.wake = true
		return
	}
	t.happen(ctx, "Note what became of a mail", func(p *parcel.Parcel, _ parcel.Policy, at time.Time) {
		p.Settle(done.key, done.outcome, done.receipt.Claim, at)
	})
}

// begin has a task done. Nothing waits for its result: if it fails, each parcel mails for
// itself, or reconciliation finds the goods.
func (t *tracking) begin(ctx workflow.Context, task parcel.Task) {
	switch task.Kind {
	case parcel.JoinSiblings:
		t.under(workflow.ExecuteActivity(askTemporal(ctx, "Tell the parcels that go together"), string(contract.JoinColli), contract.ColloReady{
			Integration: t.state.Integration, UUID: t.state.Facts.Collo.UUID,
			Mail: parcel.ColloMail{ParcelID: t.state.ID, Kind: task.News, Key: task.Mail},
		}), logFailure("the parcels that go together were not told"))
	case parcel.SettleSiblings:
		t.under(workflow.SignalExternalWorkflow(ctx, contract.ColliWorkflowID(t.state.Integration, t.state.Facts.Collo.UUID), "",
			string(contract.MailSettled), parcel.SettledMail{Key: task.Mail, Told: task.Told}), logFailure("the parcels that go together are gone"))
	case parcel.TellPosted:
		t.tellWaiter(ctx, task, contract.GoodsPosted)
	case parcel.TellBack:
		t.tellWaiter(ctx, task, contract.GoodsBack)
	}
}

// tellWaiter tells a workflow that waits for the goods where they are.
func (t *tracking) tellWaiter(ctx workflow.Context, task parcel.Task, what contract.Signal[contract.GoodsReturned]) {
	t.under(workflow.SignalExternalWorkflow(ctx, task.WorkflowID, "", string(what), contract.GoodsReturned{ParcelID: t.state.ID, At: t.state.NewestAt()}),
		logFailure("nobody waits for the goods any more"))
}

// logFailure logs what could not be done and changes nothing.
func logFailure(what string) func(workflow.Context, workflow.Future) {
	return func(ctx workflow.Context, f workflow.Future) {
		if err := f.Get(ctx, nil); err != nil {
			workflow.GetLogger(ctx).Info(what, "error", err)
		}
	}
}

func (t *tracking) end() contract.ParcelEnd {
	end := contract.ParcelEnd{Phase: t.state.Phase, Mails: map[delivery.State]int{}, Scans: t.state.Reasons()}
	for _, m := range t.state.Mails {
		end.Mails[m.State]++
	}
	return end
}

func (t *tracking) continueAsNew(ctx workflow.Context) error {
	return workflow.NewContinueAsNewError(ctx, string(contract.TrackParcel), contract.ParcelStart{
		ParcelRef: t.of, Carried: &contract.Carried{Parcel: t.state},
	})
}
