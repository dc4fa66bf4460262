package worker

import (
	"context"

	"go.temporal.io/sdk/activity"
	sdkworker "go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"waybill/activities"
	"waybill/contract"
	"waybill/parcel"
	"waybill/payment"
	"waybill/recorder"
	"waybill/refund"
	"waybill/sendcloud"
	"waybill/workflows"
)

// Dependencies are what workflows and activities work with.
type Dependencies struct {
	// Policy says what the merchant of an integration wants at this moment, Refunds
	// what of its refunds.
	Policy  func(integration string) parcel.Policy
	Refunds func(integration string) refund.Policy
	// Operations is who of the shop's own people is told that somebody should
	// look, Person somebody who decides about refunds.
	Operations func(integration string) (address string, language parcel.Language)
	Person     func(integration, name string) (address string, language parcel.Language, ok bool)
	Mailer     activities.Mailer
	APIs       map[string]sendcloud.API
	Records    Records
	// Payments are the endpoints that pay refunds out.
	Payments map[string]payment.Endpoint
	Links    activities.Links
}

// Records are all that is recorded and asked; a [recorder.Recorder] is one.
type Records interface {
	activities.Records
	activities.Siblings
	activities.Tallies
	activities.RefundLedger
	activities.ReturnParcels
}

// dependencies are those of a worker.
func (c Config) dependencies(mailer activities.Mailer, apis map[string]sendcloud.API, records recorder.Recorder) Dependencies {
	mailer.Shops, mailer.Faults = activities.NewShops(records, c.Shop), &activities.ConfigurationFaults{Records: records}
	return Dependencies{
		Policy: c.Policy.For, Refunds: c.Policy.Refunds, Operations: c.Policy.Operations, Person: c.person,
		Mailer: mailer, APIs: apis, Records: records, Payments: c.Payments, Links: c.Links,
	}
}

// person finds somebody of an integration's policy, or of any policy if no
// integration is named.
func (c Config) person(integration, name string) (address string, language parcel.Language, ok bool) {
	people := c.Policy.People(integration)
	if integration == "" {
		people = c.Policy.Everybody()
	}
	for _, p := range people {
		if p.Name == name {
			return p.Email, p.Language, true
		}
	}
	return "", "", false
}

// RegisterParcels binds the names of contract to the code behind it, one line
// each: what works on the queue of parcels.
func RegisterParcels(r sdkworker.Registry, d Dependencies) {
	parcels := &workflows.Parcels{Policy: d.Policy}
	registerWorkflow(r, contract.TrackParcel, parcels.TrackParcel)
	registerWorkflow(r, contract.GatherColli, workflows.GatherColli)
	registerWorkflow(r, contract.TraceBounce, workflows.TraceBounce)
	registerWorkflow(r, contract.WatchIntegration, workflows.WatchIntegration)
	registerWorkflow(r, contract.ReconcileParcels, workflows.ReconcileParcels)

	registerActivity(r, contract.TraceMails, activities.Bounces{Provider: d.Mailer.Provider}.TraceMails)
	colli := activities.Colli{Siblings: d.Records}
	registerActivity(r, contract.JoinColli, colli.JoinColli)
	registerActivity(r, contract.TellOperations, d.notices().TellOperations)
	registerActivity(r, contract.SendMail, activities.Mails{Mailer: d.Mailer, Colli: colli, Points: activities.NewPoints(d.APIs)}.SendMail)
	reconcile := activities.Reconciliations{APIs: d.APIs, Records: d.Records}
	registerActivity(r, contract.SweepParcels, reconcile.SweepParcels)
	registerActivity(r, contract.RecheckParcels, reconcile.RecheckParcels)
	registerActivity(r, contract.InspectIntegration, reconcile.InspectIntegration)
	registerActivity(r, contract.ReportReconciliation, reconcile.ReportReconciliation)
	returns := activities.ReturnSweeps{APIs: d.APIs, Refunds: d.Records}
	registerActivity(r, contract.SweepReturns, returns.SweepReturns)
	registerActivity(r, contract.RecheckRefunds, returns.RecheckRefunds)
}

// RegisterRefunds does so for the queue of refunds.
func RegisterRefunds(r sdkworker.Registry, d Dependencies) {
	refunds := &workflows.Refunds{Policy: d.Refunds}
	registerWorkflow(r, contract.ApproveRefund, refunds.ApproveRefund)
	registerWorkflow(r, contract.TallyRefunds, workflows.TallyRefunds)
	registerWorkflow(r, contract.CountRefunds, workflows.CountRefunds)
	registerWorkflow(r, contract.FindReturn, workflows.FindReturn)
	registerWorkflow(r, contract.SignIn, workflows.SignIn)

	facts := activities.RefundFacts{APIs: d.APIs, Tallies: d.Records, Refunds: d.Records, Policy: d.Refunds}
	registerActivity(r, contract.GatherRefund, facts.GatherRefund)
	registerActivity(r, contract.LookForReturn, facts.LookForReturn)
	registerActivity(r, contract.RecordRefund, facts.RecordRefund)
	claims := activities.RefundClaims{Tallies: d.Records, Policy: d.Refunds}
	registerActivity(r, contract.ClaimRefund, claims.ClaimRefund)
	registerActivity(r, contract.ReleaseRefund, claims.ReleaseRefund)
	registerActivity(r, contract.RecordRefundEnd, claims.RecordRefundEnd)
	registerActivity(r, contract.WatchReturn, activities.Returns{Parcels: d.Records}.WatchReturn)
	registerActivity(r, contract.AlertOperations, activities.Alerts{Records: d.Records}.AlertOperations)
	registerActivity(r, contract.PayRefund, activities.Payments{Endpoints: d.Payments}.PayRefund)
	registerActivity(r, contract.TellOperations, d.notices().TellOperations)
	mails := activities.RefundMails{
		Mailer: d.Mailer, Links: d.Links, Person: d.Person,
		Language: func(integration, country string) parcel.Language {
			return d.Policy(integration).LanguageFor(parcel.Recipient{Country: country})
		},
	}
	registerActivity(r, contract.SendRefundMail, mails.SendRefundMail)
	registerActivity(r, contract.SendSignIn, mails.SendSignIn)
}

func (d Dependencies) notices() activities.Notices {
	return activities.Notices{Mailer: d.Mailer, Operations: d.Operations, Links: d.Links}
}

func registerWorkflow[In, Out any](r sdkworker.Registry, name contract.Workflow[In, Out], f func(workflow.Context, In) (Out, error)) {
	r.RegisterWorkflowWithOptions(f, workflow.RegisterOptions{Name: string(name)})
}

func registerActivity[In, Out any](r sdkworker.Registry, name contract.Activity[In, Out], f func(context.Context, In) (Out, error)) {
	r.RegisterActivityWithOptions(f, activity.RegisterOptions{Name: string(name)})
}
