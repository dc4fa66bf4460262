package workflows

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"waybill/contract"
	"waybill/delivery"
)

const (
	// How many of them an integration's record holds.
	changesKept = 50
	alertsKept  = 20
	noticesKept = 20
)

// WatchIntegration keeps what Sendcloud tells of one integration and how its
// reconciliations go, and raises attention. See contract.WatchIntegration.
func WatchIntegration(ctx workflow.Context, start contract.IntegrationStart) (struct{}, error) {
	w := &watching{}
	if start.Carried != nil {
		w.state = *start.Carried
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
	onFact(ctx, &w.keeper, contract.IntegrationChanged, func(ctx workflow.Context, change contract.IntegrationChange) {
		w.happen(ctx, "Note a change of the integration", func(s *contract.IntegrationState, at time.Time) { takeChange(s, change, at) })
	})
	onFact(ctx, &w.keeper, contract.ParcelsReconciled, func(ctx workflow.Context, done contract.Reconciliation) {
		w.happen(ctx, "Note how a reconciliation went", func(s *contract.IntegrationState, at time.Time) { takeReconciliation(s, done, at) })
	})
	onFact(ctx, &w.keeper, contract.MailConfigurationChanged, func(ctx workflow.Context, mail contract.MailState) {
		w.happen(ctx, "Note whether mails can be sent", func(s *contract.IntegrationState, at time.Time) { takeMailState(s, mail, at) })
	})
	onFact(ctx, &w.keeper, contract.OperationsAlerted, func(ctx workflow.Context, alert contract.Alert) {
		w.happen(ctx, "Note what operations have to know", func(s *contract.IntegrationState, at time.Time) { takeAlert(s, alert, at) })
	})
	onFact(ctx, &w.keeper, contract.MailReported, func(ctx workflow.Context, report delivery.Report) {
		w.happen(ctx, "Note what the mail provider reports", func(s *contract.IntegrationState, at time.Time) { s.Notices.Apply(report, at) })
	})
	return onQuery(ctx, contract.DescribeIntegration, "Everything that is known of the integration",
		func() (contract.IntegrationState, error) { return w.state, nil })
}

// happen is a step of the integration.
func (w *watching) happen(ctx workflow.Context, summary string, happens func(*contract.IntegrationState, time.Time)) {
	w.certain(ctx, summary, func(s *contract.IntegrationState, at time.Time) {
		happens(s, at)
		s.Next = s.Notices.Dispatch(at)
	})
}

func (w *watching) post(ctx workflow.Context, m *delivery.Message[contract.Alert]) workflow.Future {
	return tellOperations(ctx, m.Until(), contract.Notice{
		Post: contract.PostOf(m), Of: integrationSubject(w.state.Integration), Integration: w.state.Integration, About: m.About.Subject, Attention: m.About.Attention, At: m.Decided,
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
