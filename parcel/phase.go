// Package parcel holds what is known of a parcel and the rules that decide
// what its recipient is told. It is pure: time comes in as an argument, nothing
// is read from outside, and the same input always gives the same decision.
//
// Three words carry the package. A [Scan] is one status change as Sendcloud
// reported it. A [Phase] is where the parcel is. A [Decision] says what one
// scan means for the recipient, and why; silence has a [Reason] too.
//
// [Decide] makes decisions; [Parcel.Record] writes them down.
package parcel

import (
	"maps"
	"slices"
)

// Phase is where a parcel is on its way to the recipient. Every Sendcloud
// status id stands for one phase.
type Phase string

// The phases, nearest first. No scan has placed a parcel whose phase is empty.
const (
	Announcing     Phase = "announcing"
	Announced      Phase = "announced"
	InTransit      Phase = "in_transit"
	Delayed        Phase = "delayed"
	Exception      Phase = "exception"
	OutForDelivery Phase = "out_for_delivery"
	AttemptFailed  Phase = "attempt_failed"
	AwaitingPickup Phase = "awaiting_pickup"
	Cancelling     Phase = "cancelling"
	Cancelled      Phase = "cancelled"
	Delivered      Phase = "delivered"
	Returned       Phase = "returned"

	// Informational scans are recorded and move nothing.
	Informational Phase = "informational"
)

// ranks order scans of the very same time: the further phase wins.
var ranks = map[Phase]int{
	Announcing: 1, Announced: 2, InTransit: 3, Delayed: 4, Exception: 5,
	OutForDelivery: 6, AttemptFailed: 7, AwaitingPickup: 8,
	Cancelling: 9, Cancelled: 10, Delivered: 11, Returned: 12,
}

// Phases are all phases that a parcel can be in, nearest first.
func Phases() []Phase {
	return slices.SortedFunc(maps.Keys(ranks), func(p, q Phase) int { return ranks[p] - ranks[q] })
}

// Places reports whether a scan of this phase says where the parcel is.
func (p Phase) Places() bool { return ranks[p] > 0 }

// Terminal reports whether a parcel's way ends here. A delivered parcel can still be returned.
func (p Phase) Terminal() bool { return p == Delivered || p == Returned || p == Cancelled }

// byCarrier reports whether only a carrier can know that a parcel is in this phase.
func (p Phase) byCarrier() bool {
	switch p {
	case InTransit, Delayed, OutForDelivery, AttemptFailed, AwaitingPickup, Delivered, Returned:
		return true
	case Announcing, Announced, Exception, Cancelling, Cancelled, Informational: // Sendcloud knows them too
	}
	return false
}

// further reports whether p lies behind q on a parcel's way.
func (p Phase) further(q Phase) bool { return ranks[p] > ranks[q] }
