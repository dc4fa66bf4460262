package contract

import (
	"fmt"
	"time"
)

const (
	// ReconcileParcels asks Sendcloud what changed, and records what no webhook told. A
	// Temporal Schedule of the id [ReconcileScheduleID] runs it; each run goes on where
	// the last successful one ended.
	ReconcileParcels Workflow[ReconcileStart, Reconciliation] = "ReconcileParcels"
	// DescribeReconciliation answers with how far the run is.
	DescribeReconciliation Query[Reconciliation] = "Describe"
	// ParcelsReconciled tells an integration's workflow how a reconciliation went.
	ParcelsReconciled Signal[Reconciliation] = "ParcelsReconciled"
	// ReportReconciliation sends it.
	ReportReconciliation Activity[Reconciliation, struct{}] = "ReportReconciliation"
	// SweepParcels goes through everything that changed in a span of time.
	SweepParcels Activity[Sweep, Findings] = "SweepParcels"
	// RecheckParcels goes through the parcels that have been followed for long.
	RecheckParcels Activity[Recheck, Findings] = "RecheckParcels"
	// SweepReturns goes through the returns that were made in a span of time and
	// records the refunds that no webhook told of.
	SweepReturns Activity[Sweep, ReturnFindings] = "SweepReturns"
	// RecheckRefunds goes through the refunds that have been open for long, and tells
	// them what Sendcloud knows.
	RecheckRefunds Activity[Recheck, ReturnFindings] = "RecheckRefunds"
	// InspectIntegration looks at the integration's settings and the log of its failed
	// calls.
	InspectIntegration Activity[Inspection, Inspected] = "InspectIntegration"
)

// The types of the failures of these activities.
const (
	// APISetup is a configuration fault: keys that Sendcloud refuses, or none.
	APISetup = "APISetup"
	// APIRefused is a call that Sendcloud refused for what it asks: a fault of ours.
	APIRefused = "APIRefused"
	// APIUnavailable passes without a person.
	APIUnavailable = "APIUnavailable"
)

// ReconcileStart begins a run of ReconcileParcels.
type ReconcileStart struct {
	Integration string `json:"integration"`
	// Overlap is how long before the end of the last sweep the next begins.
	Overlap Span `json:"overlap"`
	// Settle is the age under which a change is left to the next sweep: its webhook
	// may be on its way.
	Settle Span `json:"settle"`
	// RecheckEvery is how often parcels are looked at one by one that have been
	// followed for at least that long.
	RecheckEvery Span `json:"recheckEvery"`
}

// Span is a length of time that stands as 15m0s in JSON: people read it in
// Temporal's UI, and write it when they start a reconciliation by hand.
type Span time.Duration

func (s Span) String() string { return time.Duration(s).String() }

// MarshalText is part of encoding.TextMarshaler.
func (s Span) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText is part of encoding.TextUnmarshaler.
func (s *Span) UnmarshalText(text []byte) error {
	d, err := time.ParseDuration(string(text))
	if err != nil {
		return fmt.Errorf("%q is no length of time such as 15m or 36h", text)
	}
	*s = Span(d)
	return nil
}

// Sweep asks for everything that changed after From and not after Until.
type Sweep struct {
	Integration string    `json:"integration"`
	From        time.Time `json:"from"`
	Until       time.Time `json:"until"`
}

// Recheck asks for the parcels that have been followed since before a moment.
type Recheck struct {
	Integration string    `json:"integration"`
	Since       time.Time `json:"since"`
}

// Inspection asks for the integration's settings, and for calls that failed
// after From.
type Inspection struct {
	Integration string    `json:"integration"`
	From        time.Time `json:"from"`
}

// Inspected is what was found.
type Inspected struct {
	// FailedCalls are Sendcloud's calls to the shop's systems that failed.
	FailedCalls int `json:"failedCalls"`
}

// Findings count what a sweep or a recheck found.
type Findings struct {
	// Parcels were looked at. Missed had changed without a webhook; one that changed
	// several times counts once, because Sendcloud's lists show its last state. A parcel
	// that Temporal does not know counts only if it would know it, had its webhooks come.
	Parcels int `json:"parcels"`
	Missed  int `json:"missed"`
	// MostLate is the longest delay with which one of these was found, AllLate the sum.
	MostLate Span `json:"mostLate,omitempty"`
	AllLate  Span `json:"allLate,omitempty"`
	// Closed had changed after their workflow came to its end. Gone are being followed,
	// and Sendcloud does not know them any more.
	Closed int `json:"closed,omitempty"`
	Gone   int `json:"gone,omitempty"`
}

// Add sums findings up.
func (f Findings) Add(g Findings) Findings {
	return Findings{
		Parcels: f.Parcels + g.Parcels, Missed: f.Missed + g.Missed, Closed: f.Closed + g.Closed, Gone: f.Gone + g.Gone,
		MostLate: max(f.MostLate, g.MostLate), AllLate: f.AllLate + g.AllLate,
	}
}

// ReturnFindings count what was found about refunds.
type ReturnFindings struct {
	// Returns were looked at, Recorded of their refunds no webhook had told of.
	Returns  int `json:"returns"`
	Recorded int `json:"recorded,omitempty"`
	// Told refunds learned that their goods are back, or that somebody has paid in
	// Sendcloud's panel.
	Told int `json:"told,omitempty"`
	// Nameless requests cannot be recorded: Sendcloud lists them without the number of
	// their return.
	Nameless int `json:"nameless,omitempty"`
	// NotOurs are not recorded: the parcel that was sent is not known to be the integration's.
	NotOurs int `json:"notOurs,omitempty"`
}

// Add sums findings up.
func (f ReturnFindings) Add(g ReturnFindings) ReturnFindings {
	return ReturnFindings{
		Returns: f.Returns + g.Returns, Recorded: f.Recorded + g.Recorded, Told: f.Told + g.Told, Nameless: f.Nameless + g.Nameless, NotOurs: f.NotOurs + g.NotOurs,
	}
}

// Reconciliation is how a run went, and what the next one goes on from.
type Reconciliation struct {
	Integration string `json:"integration"`
	// At is when the run began. From and Until is the span of time that was swept.
	At    time.Time `json:"at"`
	From  time.Time `json:"from"`
	Until time.Time `json:"until"`
	Swept Findings  `json:"swept"`
	// RecheckedAt is when parcels were last looked at one by one, and Rechecked what
	// this run found of them.
	RecheckedAt time.Time `json:"recheckedAt"`
	Rechecked   Findings  `json:"rechecked,omitzero"`
	Inspected   Inspected `json:"inspected,omitzero"`
	// ReturnsUntil is up to when returns have been looked at, and Returns what this
	// run found of them.
	ReturnsUntil time.Time      `json:"returnsUntil,omitzero"`
	Returns      ReturnFindings `json:"returns,omitzero"`
	// Fault is why some of it could not be done; empty if all could.
	Fault string `json:"fault,omitempty"`
}

// Missed counts the parcels that had changed without a webhook.
func (r Reconciliation) Missed() int { return r.Swept.Missed + r.Rechecked.Missed }

// Quiet reports that nothing was found that needs attention.
func (r Reconciliation) Quiet() bool {
	return r.Missed() == 0 && r.Returns.Recorded == 0 && r.Inspected.FailedCalls == 0 && r.Fault == ""
}
