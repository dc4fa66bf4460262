package contract

import (
	"time"

	"waybill/delivery"
)

// TraceBounce finds the workflows whose mails went to an address that takes none:
// some bounces come days later and say nothing but the address. Its id is
// [BounceWorkflowID].
const TraceBounce Workflow[Bounce, BounceTraced] = "TraceBounce"

// TraceMails looks for the mails to an address in the mail provider's logs.
const TraceMails Activity[Bounce, []TracedMail] = "TraceMails"

// Bounce is a bounce that does not say which mail it is about.
type Bounce struct {
	// Address is personal data.
	Address string          `json:"address"`
	Since   time.Time       `json:"since"`
	Report  delivery.Report `json:"report"`
}

// TracedMail is a mail that went to the address.
type TracedMail struct {
	Subject delivery.Subject `json:"subject"`
	Key     string           `json:"key"`
}

// BounceTraced is how many workflows were told.
type BounceTraced struct {
	Told int `json:"told"`
}

// BounceWorkflowID is the workflow id of a bounce, by the provider's id of the
// report: bounce:<id>.
func BounceWorkflowID(reportID string) string { return "bounce:" + reportID }
