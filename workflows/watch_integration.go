package workflows

import (
	"fmt"
	"slices"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"waybill/contract"
	"waybill/parcel"
)

// changesKept is how many changes an integration's record holds.
const changesKept = 50

// WatchIntegration keeps what Sendcloud tells of one integration and how its
// reconciliations go, and raises attention. See contract.WatchIntegration.
func WatchIntegration(ctx workflow.Context, start contract.IntegrationStart) (struct{}, error) {
	w := &watching{inbox: start.Inbox, reports: start.Reports, setups: start.MailSetups}
	if start.Carried != nil {
		w.state = *start.Carried
	}
	w.state.Integration = start.Integration
	changes, reports := signals(ctx, contract.IntegrationChanged), signals(ctx, contract.ParcelsReconciled)
	setups := signals(ctx, contract.MailSetupChanged)
	if err := onQuery(ctx, contract.DescribeIntegration, "Everything that is known of the integration",
		func() (contract.IntegrationState, error) { return w.state, nil }); err != nil {
		return struct{}{}, err
	}
	if err := w.show(ctx); err != nil {
		return struct{}{}, err
	}
	for {
		w.inbox, w.reports = append(w.inbox, changes.drain()...), append(w.reports, reports.drain()...)
		w.setups = append(w.setups, setups.drain()...)
		if err := w.takeAll(ctx); err != nil {
			return struct{}{}, err
		}
		if workflow.GetInfo(ctx).GetContinueAsNewSuggested() && w.telling == 0 {
			// What comes in this very moment goes along.
			return struct{}{}, workflow.NewContinueAsNewError(ctx, string(contract.WatchIntegration), contract.IntegrationStart{
				Integration: start.Integration, Carried: &w.state, Inbox: changes.drain(), Reports: reports.drain(), MailSetups: setups.drain(),
			})
		}
		workflow.NewSelector(ctx).
			AddReceive(changes.ReceiveChannel, func(workflow.ReceiveChannel, bool) {}).
			AddReceive(reports.ReceiveChannel, func(workflow.ReceiveChannel, bool) {}).
			AddReceive(setups.ReceiveChannel, func(workflow.ReceiveChannel, bool) {}).
			Select(ctx)
	}
}

// watching is one run of WatchIntegration.
type watching struct {
	state   contract.IntegrationState
	inbox   []contract.IntegrationChange
	reports []contract.Reconciliation
	setups  []contract.MailSetupState
	// telling counts the mails to operations that are under way.
	telling int
	// shown is the attention as it was last written.
	shown *string
}

// takeAll looks at everything that has come.
func (w *watching) takeAll(ctx workflow.Context) error {
	for len(w.inbox) > 0 {
		if err := w.take(ctx); err != nil {
			return err
		}
	}
	for len(w.reports) > 0 {
		if err := w.takeReport(ctx); err != nil {
			return err
		}
	}
	for len(w.setups) > 0 {
		if err := w.takeSetup(ctx); err != nil {
			return err
		}
	}
	return nil
}

// takeSetup looks at whether mails can be sent.
func (w *watching) takeSetup(ctx workflow.Context) error {
	setup := w.setups[0]
	w.setups = w.setups[1:]
	if w.state.MailSetup != nil && !setup.At.After(w.state.MailSetup.At) {
		return nil // older than what is known
	}
	w.state.MailSetup = &setup
	if err := w.judge(ctx, w.state.Latest, &w.state.Attention); err != nil {
		return err
	}
	return w.show(ctx)
}

// takeReport looks at how a reconciliation went.
func (w *watching) takeReport(ctx workflow.Context) error {
	report := w.reports[0]
	w.reports = w.reports[1:]
	if w.state.Reconciled != nil && !report.At.After(w.state.Reconciled.At) {
		return nil // told twice
	}
	w.state.Reconciled = &report
	both := report.Swept.Add(report.Rechecked)
	if missed := &w.state.Missed; both.Missed > 0 {
		missed.Parcels += both.Missed
		missed.LastAt = report.At
		missed.MostLate = max(missed.MostLate, both.MostLate)
		missed.AllLate += both.AllLate
	}
	if err := w.judge(ctx, w.state.Latest, &w.state.Attention); err != nil {
		return err
	}
	return w.show(ctx)
}

// judge decides whether somebody should look. It is recorded like every
// verdict, so that the rule can change under histories that are being replayed.
func (w *watching) judge(ctx workflow.Context, latest contract.IntegrationChange, attention *string) error {
	reconciled, mails := w.state.Reconciled, w.state.MailSetup
	err := workflow.SideEffectWithOptions(ctx, workflow.SideEffectOptions{Summary: "Decide whether somebody should look"},
		func(workflow.Context) any { return attentionFor(latest, reconciled, mails) }).Get(attention)
	if err != nil {
		return fmt.Errorf("read the decision about an integration: %w", err)
	}
	return nil
}

// take looks at one change.
func (w *watching) take(ctx workflow.Context) error {
	change := w.inbox[0]
	w.inbox = w.inbox[1:]
	if slices.ContainsFunc(w.state.Changes, func(e contract.IntegrationEntry) bool { return e.ID == change.ID }) {
		return nil
	}
	entry := contract.IntegrationEntry{ID: change.ID, At: change.At, Late: change.At.Before(w.state.Latest.At)}
	if !entry.Late {
		latest := supplement(change, w.state.Latest)
		if err := w.judge(ctx, latest, &entry.Attention); err != nil {
			return err
		}
		w.state.Latest, w.state.Attention = latest, entry.Attention
	}
	w.state.Changes = append(w.state.Changes, entry)
	if len(w.state.Changes) > changesKept {
		w.state.Changes = slices.Delete(w.state.Changes, 0, len(w.state.Changes)-changesKept)
	}
	return w.show(ctx)
}

// supplement fills in what a change left out from what was known before. Since
// when webhooks fail is not filled in: left out, it says that they do not.
func supplement(change, before contract.IntegrationChange) contract.IntegrationChange {
	if change.Number == 0 {
		change.Number = before.Number
	}
	if change.ShopName == "" {
		change.ShopName = before.ShopName
	}
	if change.ShopURL == "" {
		change.ShopURL = before.ShopURL
	}
	if change.System == "" {
		change.System = before.System
	}
	if change.WebhookActive == nil {
		change.WebhookActive = before.WebhookActive
	}
	return change
}

// attentionFor says why somebody should look at an integration. Nothing is
// ever deleted because of it: parcels that are under way go on.
func attentionFor(latest contract.IntegrationChange, reconciled *contract.Reconciliation, mails *contract.MailSetupState) string {
	switch {
	case mails != nil && mails.Fault != "":
		return mailsNotSent
	case latest.Deleted:
		return "integration deleted"
	case latest.WebhookActive != nil && !*latest.WebhookActive:
		return "webhook switched off"
	case !latest.FailingSince.IsZero():
		return "webhook failing"
	case reconciled != nil && reconciled.Fault != "":
		return "reconciliation failing"
	case reconciled != nil && reconciled.Missed() > 0:
		return "webhooks missed"
	}
	return ""
}

// show tells operators how the integration is.
func (w *watching) show(ctx workflow.Context) error {
	workflow.SetCurrentDetails(ctx, integrationDetails(w.state))
	if w.shown != nil && *w.shown == w.state.Attention {
		return nil
	}
	w.tellOperations(ctx)
	attention := w.state.Attention
	w.shown = &attention
	mark := keyword(contract.Attention).ValueSet(attention)
	if attention == "" {
		mark = keyword(contract.Attention).ValueUnset()
	}
	return workflow.UpsertTypedSearchAttributes(ctx, []temporal.SearchAttributeUpdate{
		keyword(contract.Integration).ValueSet(w.state.Integration), mark,
	}...)
}

// mailsNotSent is the one trouble that no mail can tell of.
const mailsNotSent = "mails not sent"

// tellOperations mails that somebody should look at the integration, when that
// is news in this run.
func (w *watching) tellOperations(ctx workflow.Context) {
	if w.shown == nil || w.state.Attention == "" || w.state.Attention == mailsNotSent {
		return
	}
	if workflow.GetVersion(ctx, "tell-operations", workflow.DefaultVersion, 1) == workflow.DefaultVersion {
		return
	}
	notice := contract.Notice{Integration: w.state.Integration, Trouble: w.state.Attention, At: workflow.Now(ctx)}
	w.telling++
	workflow.Go(ctx, func(ctx workflow.Context) {
		if _, err := do(tellOperations(ctx, notice.Trouble), contract.TellOperations, notice); err != nil {
			workflow.GetLogger(ctx).Warn("operations were not told", "trouble", notice.Trouble, "error", err)
		}
		w.telling--
	})
}

// integrationDetails is an integration in words, for people.
func integrationDetails(s contract.IntegrationState) string {
	latest := s.Latest
	text := fmt.Sprintf("Integration **%s**", s.Integration)
	if latest.ShopName != "" {
		text += " of the shop " + latest.ShopName
	}
	switch {
	case s.Attention == "":
		text += ": all is well."
	case s.Attention == mailsNotSent:
		text += fmt.Sprintf(": **%s** since %s UTC, because the mail provider refuses the set-up. Mend it, and what waits goes out by itself. %s", s.Attention, parcel.Clock(s.MailSetup.At), s.MailSetup.Fault)
	case s.Attention == "reconciliation failing":
		text += fmt.Sprintf(": **%s**. %s", s.Attention, s.Reconciled.Fault)
	case s.Attention == "webhooks missed":
		text += fmt.Sprintf(": **%s** by the last reconciliation. See the Failed Request logs in Sendcloud's panel.", s.Attention)
	case !latest.FailingSince.IsZero():
		text += fmt.Sprintf(": **%s** since %s UTC. See the Failed Request logs in Sendcloud's panel.", s.Attention, parcel.Clock(latest.FailingSince))
	default:
		text += fmt.Sprintf(": **%s**. No scans come until that is mended in Sendcloud's panel.", s.Attention)
	}
	if s.Reconciled != nil {
		text += fmt.Sprintf("\n\nLast reported reconciliation, at %s UTC: %s. Quiet ones are reported once a day.", parcel.Clock(s.Reconciled.At), found(s.Reconciled.Swept.Add(s.Reconciled.Rechecked)))
	}
	if m := s.Missed; m.Parcels > 0 {
		text += fmt.Sprintf("\n\nChanges that came without a webhook so far: **%d**, the last at %s UTC; unheard for %s on average and %s at most.",
			m.Parcels, parcel.Clock(m.LastAt), span(m.AllLate/contract.Span(m.Parcels)), span(m.MostLate))
	}
	if len(s.Changes) > 0 {
		text += "\n\n" + row("Change (UTC)", "Means") + "|---|---|\n"
	}
	for i := len(s.Changes) - 1; i >= 0; i-- {
		e := s.Changes[i]
		means := orNone(e.Attention, "all is well")
		if e.Late {
			means = "late, a newer change was known"
		}
		text += row(parcel.Clock(e.At), means)
	}
	return text
}
