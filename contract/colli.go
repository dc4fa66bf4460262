package contract

import (
	"fmt"

	"waybill/parcel"
)

const (
	// GatherColli lets parcels that go to one recipient together share a mail about
	// what they reach together. Its id is [ColliWorkflowID]; start it with MailReady
	// only. It ends when it has not been needed for a while.
	GatherColli Workflow[ColliStart, struct{}] = "GatherColli"
	// MailReady tells that one of the parcels has a mail that waits to leave.
	MailReady Signal[parcel.ColloMail] = "MailReady"
	// MailSettled tells what became of a mail that may have spoken for others.
	MailSettled Signal[parcel.SettledMail] = "MailSettled"
	// ClaimMail asks whether a mail may leave, or another has told everything.
	ClaimMail Update[parcel.ColloMail, parcel.Claim] = "ClaimMail"
	// DescribeColli has the same name in Temporal as every such query.
	DescribeColli Query[parcel.Colli] = "Describe"
	// JoinColli sends MailReady.
	JoinColli Activity[ColloReady, struct{}] = "JoinColli"
)

// ColliWorkflowID is colli:<integration>:<colli_uuid>.
func ColliWorkflowID(integration, uuid string) string {
	return fmt.Sprintf("colli:%s:%s", integration, uuid)
}

// ColliStart begins a run of GatherColli.
type ColliStart struct {
	Integration string `json:"integration"`
}

// ColloReady is a mail of one of several parcels.
type ColloReady struct {
	Integration string           `json:"integration"`
	UUID        string           `json:"uuid"`
	Mail        parcel.ColloMail `json:"mail"`
	// Try counts the tries of the mail: each asks anew.
	Try int `json:"try,omitempty"`
}
