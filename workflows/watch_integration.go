package workflows

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"waybill/contract"
	"waybill/delivery"
)

const (
	changesKept = 50
	alertsKept  = 20
	noticesKept = 20
)

// WatchIntegration keeps what Sendcloud tells of one integration and how its
// reconciliations go, and raises attention. See contract.WatchIntegration.
func WatchIntegration(ctx workflow.Context, start contract.IntegrationStart) (struct{}, error) {
	w := &watching{}
	if before := carried(ctx, start.Carried); before != nil {
		w.state = *before
	}
	w.state.Integration = start.Integration
	if err := w.listen(ctx); err != nil {
		return struct{}{}, err
	}
	return struct{}{}, w.live(ctx, life{
		work: w.work, over: func() bool { return false }, next: func() (time.Time, string) { return w.state.Next, "Wait before operations are told again" },
		again: func() error {
			return workflow.NewContinueAsNewError(ctx, string(contract.WatchIntegration), contract.IntegrationStart{
				Integration: start.Integration, Carried: &w.state,
			})
		},
	})
}

// watching is one run of WatchIntegration.
type watching struct {
	keeper[contract.IntegrationState]
}

func (w *watching) work(ctx workflow.Context) error {
	if w.due(ctx, w.state.Next) {
		w.happen(ctx, "Try again to tell operations", func(*contract.IntegrationState, time.Time) {})
	}
	deliver(ctx, &w.keeper, w.state.Notices, w.post, w.settle)
	return w.show(ctx)
}

func (w *watching) listen(ctx workflow.Context) error {
	onIntegrationFact(ctx, w, contract.IntegrationChanged, "Note a change of the integration", takeChange)
	onIntegrationFact(ctx, w, contract.ParcelsReconciled, "Note how a reconciliation went", takeReconciliation)
	onIntegrationFact(ctx, w, contract.MailConfigurationChanged, "Note whether mails can be sent", takeMailState)
	onIntegrationFact(ctx, w, contract.ParcelsCounted, "Note how many parcels need attention", takeCount)
	onIntegrationFact(ctx, w, contract.OperationsAlerted, "Note what operations have to know", takeAlert)
	onIntegrationFact(ctx, w, contract.MailReported, "Note what the mail provider reports", takeReport)
	return onQuery(ctx, contract.DescribeIntegration, "Everything that is known of the integration",
		func() (contract.IntegrationState, error) { return w.state, nil })
}

// onIntegrationFact has a fact happen to the integration when it is told.
func onIntegrationFact[In any](ctx workflow.Context, w *watching, name contract.Signal[In], summary string,
	happens func(*contract.IntegrationState, In, time.Time),
) {
	onFact(ctx, &w.keeper, name, func(ctx workflow.Context, in In) {
		w.happen(ctx, summary, func(s *contract.IntegrationState, at time.Time) { happens(s, in, at) })
	})
}

// happen is a step of the integration.
func (w *watching) happen(ctx workflow.Context, summary string, happens func(*contract.IntegrationState, time.Time)) {
	w.certain(ctx, summary, func(s *contract.IntegrationState, at time.Time) {
		happens(s, at)
		again := tellNeeding(s, at)
		s.Next = delivery.Earliest(again, s.Notices.Dispatch(at))
	})
}

func (w *watching) post(ctx workflow.Context, m *delivery.Message[contract.Alert]) workflow.Future {
	return tellOperations(ctx, m.Until(), contract.Notice{
		Post: contract.PostOf(m), Of: integrationSubject(w.state.Integration), Integration: w.state.Integration, About: m.About.Subject, Attention: m.About.Attention, Parcels: m.About.Parcels, At: m.Decided,
	})
}

func (w *watching) settle(ctx workflow.Context, done tried) {
	w.happen(ctx, "Note what became of a notice", func(s *contract.IntegrationState, at time.Time) {
		s.Notices.Settle(done.key, done.outcome, at)
	})
}

func integrationSubject(name string) delivery.Subject {
	return delivery.Subject(contract.IntegrationWorkflowID(name))
}
