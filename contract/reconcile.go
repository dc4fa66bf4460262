package contract

import (
	"fmt"
	"time"
)

// ReconcileParcels asks Sendcloud what changed, and records what no webhook
// told. A Temporal Schedule of the id [ReconcileScheduleID] runs it; each run
// goes on where the last successful one ended.
const ReconcileParcels Workflow[ReconcileStart, Reconciliation] = "ReconcileParcels"

// DescribeReconciliation answers with what a run has found so far.
const DescribeReconciliation Query[Reconciliation] = "Describe"

// ParcelsReconciled tells an integration's workflow how a reconciliation went.
const ParcelsReconciled Signal[Reconciliation] = "ParcelsReconciled"

// The tasks of ReconcileParcels.
const (
	// SweepParcels goes through everything that changed in a span of time.
	SweepParcels Activity[Sweep, Findings] = "SweepParcels"
	// RecheckParcels goes through the parcels that have been followed for long.
	RecheckParcels Activity[Recheck, Findings] = "RecheckParcels"
	// SweepReturns goes through the returns that were made in a span of time and
	// records the refunds that no webhook told of. RecheckRefunds goes through those
	// that have been open for long, and tells them what Sendcloud knows.
	SweepReturns   Activity[Sweep, ReturnFindings]   = "SweepReturns"
	RecheckRefunds Activity[Recheck, ReturnFindings] = "RecheckRefunds"
	// InspectIntegration looks at the integration's settings and the log of
	// its failed calls.
	InspectIntegration Activity[Inspection, Inspected] = "InspectIntegration"
	// ReportReconciliation tells the integration's workflow how it went.
	ReportReconciliation Activity[Reconciliation, struct{}] = "ReportReconciliation"
)

// The types of the failures of these activities.
const (
	// APISetup is a fault in the set-up: keys that Sendcloud refuses, or none.
	APISetup = "APISetup"
	// APIRefused was refused for what it asks: a fault of ours.
	APIRefused = "APIRefused"
	// APIUnavailable may mend itself.
	APIUnavailable = "APIUnavailable"
)

// ReconcileStart begins a run of ReconcileParcels.
type ReconcileStart struct {
	Integration string `json:"integration"`
	// Overlap is how long before the end of the last sweep the next begins.
	Overlap Span `json:"overlap"`
	// Settle is the age under which a change is left to the next sweep: its
	// webhook may be on its way.
	Settle Span `json:"settle"`
	// RecheckEvery is how often parcels that have been followed for at least
	// that long are looked at one by one.
	RecheckEvery Span `json:"recheckEvery"`
}

// Span is a length of time that stands as 15m0s in JSON: people read it in
// Temporal's UI, and write it when they start a reconciliation by hand.
type Span time.Duration

func (s Span) String() string { return time.Duration(s).String() }

// MarshalText spells it.
func (s Span) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads it.
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
	// Parcels is how many parcels were looked at.
	Parcels int `json:"parcels"`
	// Missed is how many of them had changed without a webhook. A parcel that
	// changed several times counts once: Sendcloud's lists show its last state.
	Missed int `json:"missed"`
	// MostLate is how long the longest of these went unheard, and AllLate the
	// sum of all.
	MostLate Span `json:"mostLate,omitempty"`
	AllLate  Span `json:"allLate,omitempty"`
	// Closed is how many had changed after their workflow came to its end.
	Closed int `json:"closed,omitempty"`
	// Gone is how many of the parcels that are being followed Sendcloud does
	// not know any more.
	Gone int `json:"gone,omitempty"`
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
	// Returns is how many were looked at, Recorded how many refunds of them no
	// webhook had told of.
	Returns  int `json:"returns"`
	Recorded int `json:"recorded,omitempty"`
	// Told is how many refunds were told that their goods are back, or that
	// somebody has paid in Sendcloud's panel.
	Told int `json:"told,omitempty"`
	// Nameless is how many wishes for a refund Sendcloud lists without the number
	// of their return: nothing can be recorded of them.
	Nameless int `json:"nameless,omitempty"`
}

// Add sums findings up.
func (f ReturnFindings) Add(g ReturnFindings) ReturnFindings {
	return ReturnFindings{Returns: f.Returns + g.Returns, Recorded: f.Recorded + g.Recorded, Told: f.Told + g.Told, Nameless: f.Nameless + g.Nameless}
}

// Reconciliation is how a run went, and what the next one goes on from.
type Reconciliation struct {
	Integration string `json:"integration"`
	// At is when the run began.
	At time.Time `json:"at"`
	// From and Until is the span of time that was swept.
	From  time.Time `json:"from"`
	Until time.Time `json:"until"`
	Swept Findings  `json:"swept"`
	// RecheckedAt is when parcels were last looked at one by one, and
	// Rechecked what this run found of them.
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

// Missed is how many parcels had changed without a webhook.
func (r Reconciliation) Missed() int { return r.Swept.Missed + r.Rechecked.Missed }

// Quiet reports that nothing was found that needs attention.
func (r Reconciliation) Quiet() bool {
	return r.Missed() == 0 && r.Returns.Recorded == 0 && r.Inspected.FailedCalls == 0 && r.Fault == ""
}
