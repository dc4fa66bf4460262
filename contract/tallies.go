package contract

import "waybill/refund"

// TallyRefunds counts refunds that belong together: one order's, some customers',
// or a shop's. Its id is [TallyWorkflowID]; it is started by whoever claims first
// and ends when all that it counts is too old to matter.
const TallyRefunds Workflow[TallyStart, struct{}] = "TallyRefunds"

// ClaimTally asks for a refund to be counted. The same refund counts once.
const ClaimTally Update[refund.ClaimOrder, refund.ClaimAnswer] = "ClaimTally"

// ReleaseTally takes a refund out again.
const ReleaseTally Signal[TallyRelease] = "ReleaseTally"

// DescribeTally answers with everything that is counted.
const DescribeTally Query[refund.Tally] = "Describe"

// TallyStart begins a run of TallyRefunds.
type TallyStart struct {
	Integration string `json:"integration"`
	// Carried is what the run before this one counted.
	Carried *refund.Tally `json:"carried,omitempty"`
}

// TallyRelease names the refund that is given up.
type TallyRelease struct {
	Key string `json:"key"`
}
