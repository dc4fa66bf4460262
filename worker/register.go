package worker

import (
	"context"

	"go.temporal.io/sdk/activity"
	sdkworker "go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"waybill/activities"
	"waybill/contract"
	"waybill/mail"
	"waybill/parcel"
	"waybill/payment"
	"waybill/recorder"
	"waybill/refund"
	"waybill/sendcloud"
	"waybill/workflows"
)

// Hands are what workflows and activities work with.
type Hands struct {
	// Policy says what the merchant of an integration wants at this moment, Refunds
	// what of its refunds.
	Policy  func(integration string) parcel.Policy
	Refunds func(integration string) refund.Policy
	// Operations is who of the shop's own people is told that somebody should
	// look, Person somebody who decides about refunds.
	Operations func(integration string) (address string, language parcel.Language)
	Person     func(integration, name string) (address string, language parcel.Language, ok bool)
	// Shop is the shop of an integration, as far as the merchant says.
	Shop   func(integration string) mail.Shop
	Office interface {
		activities.PostOffice
		activities.Tracer
	}
	APIs    map[string]sendcloud.API
	Records Records
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

// hands are those of a worker.
func (c Config) hands(office *mail.Office, apis map[string]sendcloud.API, records recorder.Recorder) Hands {
	return Hands{
		Policy: c.Policy.For, Refunds: c.Policy.Refunds, Operations: c.Policy.Operations, Person: c.person, Shop: c.Shop,
		Office: office, APIs: apis, Records: records, Payments: c.Payments, Links: c.Links,
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
func RegisterParcels(r sdkworker.Registry, h Hands) {
	parcels := &workflows.Parcels{Policy: h.Policy}
	registerWorkflow(r, contract.TrackParcel, parcels.TrackParcel)
	registerWorkflow(r, contract.GatherColli, workflows.GatherColli)
	registerWorkflow(r, contract.TraceBounce, workflows.TraceBounce)
	registerWorkflow(r, contract.WatchIntegration, workflows.WatchIntegration)
	registerWorkflow(r, contract.ReconcileParcels, workflows.ReconcileParcels)

	registerActivity(r, contract.TraceMails, activities.Bounces{Tracer: h.Office}.TraceMails)
	colli := activities.Colli{Siblings: h.Records}
	registerActivity(r, contract.JoinColli, colli.JoinColli)
	shops := &activities.Shops{Records: h.Records, Chosen: h.Shop}
	registerActivity(r, contract.TellOperations, h.notices(shops).TellOperations)
	registerActivity(r, contract.SendMail, activities.Mails{
		Office: h.Office, Colli: colli, Shops: shops,
		Setups: &activities.Setups{Records: h.Records}, Points: &activities.Points{APIs: h.APIs},
	}.SendMail)
	reconcile := activities.Reconciliations{APIs: h.APIs, Records: h.Records}
	registerActivity(r, contract.SweepParcels, reconcile.SweepParcels)
	registerActivity(r, contract.RecheckParcels, reconcile.RecheckParcels)
	registerActivity(r, contract.InspectIntegration, reconcile.InspectIntegration)
	registerActivity(r, contract.ReportReconciliation, reconcile.ReportReconciliation)
	returns := activities.ReturnSweeps{APIs: h.APIs, Refunds: h.Records}
	registerActivity(r, contract.SweepReturns, returns.SweepReturns)
	registerActivity(r, contract.RecheckRefunds, returns.RecheckRefunds)
}

// RegisterRefunds does so for the queue of refunds.
func RegisterRefunds(r sdkworker.Registry, h Hands) {
	refunds := &workflows.Refunds{Policy: h.Refunds}
	registerWorkflow(r, contract.ApproveRefund, refunds.ApproveRefund)
	registerWorkflow(r, contract.TallyRefunds, workflows.TallyRefunds)
	registerWorkflow(r, contract.FindReturn, workflows.FindReturn)
	registerWorkflow(r, contract.SignIn, workflows.SignIn)

	facts := activities.RefundFacts{APIs: h.APIs, Tallies: h.Records, Refunds: h.Records, Policy: h.Refunds}
	registerActivity(r, contract.GatherRefund, facts.GatherRefund)
	registerActivity(r, contract.LookForReturn, facts.LookForReturn)
	registerActivity(r, contract.RecordRefund, facts.RecordRefund)
	claims := activities.RefundClaims{Tallies: h.Records, Policy: h.Refunds}
	registerActivity(r, contract.ClaimRefund, claims.ClaimRefund)
	registerActivity(r, contract.ReleaseRefund, claims.ReleaseRefund)
	registerActivity(r, contract.WatchReturn, activities.Returns{Parcels: h.Records}.WatchReturn)
	registerActivity(r, contract.PayRefund, activities.Payments{Endpoints: h.Payments}.PayRefund)
	shops := &activities.Shops{Records: h.Records, Chosen: h.Shop}
	registerActivity(r, contract.TellOperations, h.notices(shops).TellOperations)
	mails := activities.RefundMails{
		Office: h.Office, Shops: shops, Setups: &activities.Setups{Records: h.Records}, Links: h.Links, Person: h.Person,
		Language: func(integration, country string) parcel.Language {
			return h.Policy(integration).LanguageFor(parcel.Recipient{Country: country})
		},
	}
	registerActivity(r, contract.SendRefundMail, mails.SendRefundMail)
	registerActivity(r, contract.SendSignIn, mails.SendSignIn)
}

func (h Hands) notices(shops *activities.Shops) activities.Notices {
	return activities.Notices{Office: h.Office, Shops: shops, Operations: h.Operations, Links: h.Links}
}

func registerWorkflow[In, Out any](r sdkworker.Registry, name contract.Workflow[In, Out], f func(workflow.Context, In) (Out, error)) {
	r.RegisterWorkflowWithOptions(f, workflow.RegisterOptions{Name: string(name)})
}

func registerActivity[In, Out any](r sdkworker.Registry, name contract.Activity[In, Out], f func(context.Context, In) (Out, error)) {
	r.RegisterActivityWithOptions(f, activity.RegisterOptions{Name: string(name)})
}
