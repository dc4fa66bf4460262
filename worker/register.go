package worker

import (
	"context"
	"crypto/rand"

	"go.temporal.io/sdk/activity"
	sdkworker "go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"waybill/activities"
	"waybill/contract"
	"waybill/parcel"
	"waybill/recorder"
	"waybill/refund"
	"waybill/sendcloud"
	"waybill/workflows"
)

// dependencies are what workflows and activities work with.
type dependencies struct {
	Config
	mailer  activities.Mailer
	apis    map[string]sendcloud.API
	records recorder.Recorder
}

func (d dependencies) parcelPolicy(integration string) parcel.Policy {
	p := d.Policy.Book().For(integration)
	p.Search = d.Search.Index(p.SearchKeyed)
	return p.Policy
}

func (d dependencies) refundPolicy(integration string) refund.Policy {
	p := d.Policy.Book().For(integration)
	p.Refunds.Account, p.Refunds.Customers, p.Refunds.Search = d.account(integration), d.Customers, d.Search.Index(p.SearchKeyed)
	p.Refunds.Salt = rand.Text()
	return p.Refunds
}

// person finds somebody by name for an integration, or for any if none is named.
func (d dependencies) person(integration, name string) (somebody activities.Decider, ok bool) {
	book := d.Policy.Book()
	people := book.People(integration)
	if integration == "" {
		people = book.Everybody()
	}
	for _, p := range people {
		if p.Name == name {
			return activities.Decider{Address: p.Email, Language: p.MailLanguage, Zone: p.Zone(book.For(integration).Origin), Identity: p.Identity()}, true
		}
	}
	return activities.Decider{}, false
}

// registerParcels binds the names of contract to the code behind them, one line
// each: what works on the queue of parcels.
func registerParcels(r sdkworker.Registry, d dependencies) {
	parcels := &workflows.Parcels{Policy: d.parcelPolicy, Proves: d.Links.Keys.Proves}
	registerWorkflow(r, contract.TrackParcel, parcels.TrackParcel)
	registerWorkflow(r, contract.GatherColli, workflows.GatherColli)
	registerShort(r, contract.TraceBounce, workflows.TraceBounce)
	registerWorkflow(r, contract.WatchIntegration, workflows.WatchIntegration)
	registerShort(r, contract.ReconcileParcels, workflows.ReconcileParcels)

	registerActivity(r, contract.TraceMails, activities.Bounces{Provider: d.mailer.Provider}.TraceMails)
	registerActivity(r, contract.JoinColli, record(d.records.MailReady))
	registerActivity(r, contract.TellOperations, d.notices().TellOperations)
	mails := activities.Mails{Mailer: d.mailer, Siblings: d.records, Points: activities.NewPoints(d.apis)}
	registerActivity(r, contract.SendMail, mails.SendMail)
	reconcile := activities.Reconciliations{APIs: d.apis, Records: d.records, Remembers: d.Retention.Keep}
	registerActivity(r, contract.SweepParcels, reconcile.SweepParcels)
	registerActivity(r, contract.RecheckParcels, reconcile.RecheckParcels)
	registerActivity(r, contract.InspectIntegration, reconcile.InspectIntegration)
	registerActivity(r, contract.ReportReconciliation, record(d.records.Reconciliation))
	returns := activities.ReturnSweeps{APIs: d.apis, Refunds: d.records}
	registerActivity(r, contract.SweepReturns, returns.SweepReturns)
	registerActivity(r, contract.RecheckRefunds, returns.RecheckRefunds)
}

// registerRefunds does so for the queue of refunds.
func registerRefunds(r sdkworker.Registry, d dependencies) {
	refunds := &workflows.Refunds{Policy: d.refundPolicy, Proves: d.Links.Keys.Proves}
	registerWorkflow(r, contract.ApproveRefund, refunds.ApproveRefund)
	registerWorkflow(r, contract.TallyRefunds, workflows.TallyRefunds)
	registerWorkflow(r, contract.CountRefunds, workflows.CountRefunds)
	registerShort(r, contract.FindReturn, workflows.FindReturn)
	registerWorkflow(r, contract.SignIn, workflows.SignIn)
	registerShort(r, contract.WriteDigest, workflows.WriteDigest)
	registerWorkflow(r, contract.RememberSignOuts, workflows.RememberSignOuts)
	registerShort(r, contract.ExportRefunds, workflows.ExportRefunds)

	facts := activities.RefundFacts{APIs: d.apis, Tallies: d.records, Refunds: d.records, Endpoints: d.Payments, Policy: d.refundPolicy}
	registerActivity(r, contract.GatherRefund, facts.GatherRefund)
	registerActivity(r, contract.LookForReturn, facts.LookForReturn)
	registerActivity(r, contract.RecordRefund, facts.RecordRefund)
	claims := activities.RefundClaims{Tallies: d.records, Policy: d.refundPolicy}
	registerActivity(r, contract.ClaimRefund, claims.ClaimRefund)
	registerActivity(r, contract.ReleaseRefund, claims.ReleaseRefund)
	registerActivity(r, contract.RecordRefundEnd, claims.RecordRefundEnd)
	registerActivity(r, contract.WatchReturn, activities.Returns{Parcels: d.records}.WatchReturn)
	registerActivity(r, contract.AlertOperations, record(d.records.AlertOperations))
	registerActivity(r, contract.PayRefund, activities.Payments{Endpoints: d.Payments}.PayRefund)
	registerActivity(r, contract.TellOperations, d.notices().TellOperations)
	mails := activities.RefundMails{
		Mailer: d.mailer, Links: d.Links, Person: d.person,
		Language: func(integration, country string) parcel.Language {
			return d.parcelPolicy(integration).LanguageFor(parcel.Recipient{Country: country})
		},
	}
	registerActivity(r, contract.SendRefundMail, mails.SendRefundMail)
	registerActivity(r, contract.SendSignIn, mails.SendSignIn)
	erasures := activities.Erasures{Records: d.records, Policy: d.refundPolicy, Prove: d.Links.Keys.Prove}
	registerWorkflow(r, contract.ErasePerson, workflows.ErasePerson)
	registerWorkflow(r, contract.RememberErased, workflows.RememberErased)
	registerActivity(r, contract.NoteErased, erasures.NoteErased)
	registerActivity(r, contract.EraseParcel, erasures.EraseParcel)
	registerActivity(r, contract.EraseRefund, erasures.EraseRefund)
	registerActivity(r, contract.DeleteEarlierRuns, erasures.DeleteEarlierRuns)
	registerActivity(r, contract.DeleteWorkflow, erasures.DeleteWorkflow)
	registerActivity(r, contract.CertifyErasure, erasures.CertifyErasure)
	digests := activities.Digests{Mailer: d.mailer, Links: d.Links, Person: d.person, Refunds: d.records, Policy: d.refundPolicy}
	registerActivity(r, contract.SendDigest, digests.SendDigest)
}

// registerExports does so for the queue of exports.
func registerExports(r sdkworker.Registry, d dependencies) {
	registerActivity(r, contract.WriteExport, activities.Exports{Folder: d.ExportFolder, Refunds: d.records}.WriteExport)
}

func (d dependencies) notices() activities.Notices {
	return activities.Notices{
		Mailer: d.mailer, Links: d.Links,
		Operations: func(integration string) (address string, language parcel.Language) {
			p := d.Policy.Book().For(integration)
			return p.Operations, p.OperationsLanguage
		},
	}
}

// registerWorkflow registers a workflow whose runs go on in whatever version of the workers is current: they
// take days or weeks, and gates keep them the same.
func registerWorkflow[In, Out any](r sdkworker.Registry, name contract.Workflow[In, Out], f func(workflow.Context, In) (Out, error)) {
	r.RegisterWorkflowWithOptions(f, workflow.RegisterOptions{Name: string(name), VersioningBehavior: workflow.VersioningBehaviorAutoUpgrade})
}

// registerShort registers a workflow whose runs end in the version in which they began: within a day, and
// nobody asks them anything after that.
func registerShort[In, Out any](r sdkworker.Registry, name contract.Workflow[In, Out], f func(workflow.Context, In) (Out, error)) {
	r.RegisterWorkflowWithOptions(f, workflow.RegisterOptions{Name: string(name), VersioningBehavior: workflow.VersioningBehaviorPinned})
}

func registerActivity[In, Out any](r sdkworker.Registry, name contract.Activity[In, Out], f func(context.Context, In) (Out, error)) {
	r.RegisterActivityWithOptions(activities.WithHeartbeats(f), activity.RegisterOptions{Name: string(name)})
}

// record makes an activity of what only records.
func record[In any](f func(context.Context, In) error) func(context.Context, In) (struct{}, error) {
	return func(ctx context.Context, in In) (struct{}, error) { return struct{}{}, f(ctx, in) }
}
