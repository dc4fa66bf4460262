package contract

import "waybill/parcel"

// GatherColli brings the parcels together that go to one recipient together, so
// that what they reach together is one mail. Its id is [ColliWorkflowID]; start
// it with MailReady only. It ends when it has not been needed for a while.
const GatherColli Workflow[ColliStart, struct{}] = "GatherColli"

// MailReady tells that one of the parcels has a mail that waits to leave.
const MailReady Signal[parcel.ColloMail] = "MailReady"

// MailSettled tells what became of a mail that may have spoken for others.
const MailSettled Signal[parcel.SettledMail] = "MailSettled"

// ClaimMail asks whether a mail may leave, or another has told everything.
const ClaimMail Update[parcel.ColloMail, parcel.Claim] = "ClaimMail"

// DescribeColli answers with what parcels that go together have told. Its name
// in Temporal is that of every such query.
const DescribeColli Query[parcel.Colli] = "Describe"

// JoinColli tells the parcels that go together of a mail that waits to leave.
const JoinColli Activity[ColloReady, struct{}] = "JoinColli"

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
