package contract

import (
	"time"

	"waybill/refund"
)

// TallyRefunds counts the refunds of one order, or reserves a return for one integration.
// Its id is [TallyWorkflowID] of an [OrderTally] or of a [ReturnTally]. The first claim
// starts it; it ends when all that it counts is too old to matter.
const TallyRefunds Workflow[TallyStart, struct{}] = "TallyRefunds"

// ClaimTally asks for a refund to be counted. The same refund counts once.
const ClaimTally Update[refund.ClaimOrder, refund.ClaimAnswer] = "ClaimTally"

// ReleaseTally takes a refund out again.
const ReleaseTally Signal[TallyRelease] = "ReleaseTally"

// RefundEnded tells a tally how one of its refunds ended. It starts the tally if there is
// none.
const RefundEnded Signal[refund.Claimed] = "RefundEnded"

// DescribeTally answers with sums: a list would be as long as there are refunds.
const DescribeTally Question[refund.TallyQuestion, refund.TallyAnswer] = "Describe"

// TallyStart begins a run of TallyRefunds.
type TallyStart struct {
	// Carried is what the run before this one counted.
	Carried *refund.Tally `json:"carried,omitempty"`
}

// TallyRelease names the refund that is given up.
type TallyRelease struct {
	Key         string `json:"key"`
	Integration string `json:"integration,omitempty"`
}

// CountRefunds counts the refunds of some customers or of a shop within a span of
// time. Its id is [TallyWorkflowID] of a [CustomerTally] or of [ShopTally]. It is
// started and ends as TallyRefunds.
const CountRefunds Workflow[CountStart, struct{}] = "CountRefunds"

// CountRefund asks for a refund to be counted. The same refund counts once.
const CountRefund Update[refund.CountOrder, refund.CountAnswer] = "CountRefund"

// UncountRefund takes a refund out again.
const UncountRefund Signal[Uncount] = "UncountRefund"

// DescribeCount answers with numbers.
const DescribeCount Question[refund.CountQuestion, Counted] = "Describe"

// CountStart begins a run of CountRefunds.
type CountStart struct {
	// Carried is what the run before this one counted.
	Carried *refund.Counter `json:"carried,omitempty"`
}

// Uncount names the refund that is given up.
type Uncount struct {
	Who    string `json:"who,omitempty"`
	Refund int64  `json:"refund"`
}

// Counted is what is counted.
type Counted struct {
	// Others is the answer to the question.
	Others int `json:"others"`
	// Refunds are all, of so many Customers; Until is when the counting ends.
	Refunds   int       `json:"refunds"`
	Customers int       `json:"customers"`
	Until     time.Time `json:"until,omitzero"`
}
