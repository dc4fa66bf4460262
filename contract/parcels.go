package contract

import (
	"time"

	"waybill/parcel"
)

// TrackParcel follows one parcel from its first scan to the end of its grace
// period. Its id is [ParcelWorkflowID]; start it with StatusChanged only.
const TrackParcel Workflow[ParcelStart, ParcelEnd] = "TrackParcel"

// StatusChanged tells a parcel's workflow of one scan. A copy is harmless.
const StatusChanged Signal[parcel.Scan] = "StatusChanged"

// MailReported tells a parcel's workflow what the mail provider said of a mail.
// A copy is harmless. Whoever tells asks [parcel.Parcel.Heeds] first: most
// reports change nothing.
const MailReported Signal[parcel.MailReport] = "MailReported"

// AwaitGoods asks a return parcel's workflow to tell another one when the goods
// are on their way (GoodsPosted), and when they are back (GoodsBack), which may be
// at once. It may start the workflow.
const AwaitGoods Signal[GoodsAwaited] = "AwaitGoods"

// GoodsBack is what a return parcel's workflow tells those that wait for it.
const GoodsBack Signal[GoodsReturned] = "GoodsBack"

// Describe answers with everything that is known of a parcel.
const Describe Query[parcel.Parcel] = "Describe"

// SendMail renders one mail and posts it to the mail provider. Its failures
// are application errors of the types below.
const SendMail Activity[MailOrder, MailReceipt] = "SendMail"

// The types of SendMail's failures. What is not here is a fault of our own.
const (
	// MailNotSent left nothing with the provider; the activity tries again.
	MailNotSent = "MailNotSent"
	// MailSetup is a fault in the set-up (a dead key, an unverified sender):
	// the mail is sound and is tried again at leisure.
	MailSetup = "MailSetup"
	// MailRefused was refused for good.
	MailRefused = "MailRefused"
	// MailUnanswered may or may not have been sent.
	MailUnanswered = "MailUnanswered"
)

// ParcelStart begins a run of TrackParcel.
type ParcelStart struct {
	Integration string `json:"integration"`
	ParcelID    int64  `json:"parcelId"`
	// Carried is what the run before this one knew; nil in a first run.
	Carried *Carried `json:"carried,omitempty"`
}

// Carried is what continue-as-new takes along: everything.
type Carried struct {
	Parcel parcel.Parcel `json:"parcel"`
	// Inbox are scans that were received and not yet decided.
	Inbox []parcel.Scan `json:"inbox,omitempty"`
	// Waiting are the workflows that wait for the goods to be back.
	Waiting []GoodsAwaited `json:"waiting,omitempty"`
}

// GoodsAwaited names a workflow that waits for a return parcel.
type GoodsAwaited struct {
	WorkflowID string `json:"workflowId"`
	// Until is how long it waits at most. A return parcel that nobody scans is
	// followed for as long.
	Until time.Time `json:"until"`
	// Posted says that it was told that the goods are on their way.
	Posted bool `json:"posted,omitempty"`
}

// GoodsReturned says that a return parcel is on its way, or back at the
// merchant's.
type GoodsReturned struct {
	ParcelID int64     `json:"parcelId"`
	At       time.Time `json:"at"`
}

// ParcelEnd is how a parcel's workflow ended.
type ParcelEnd struct {
	Phase parcel.Phase `json:"phase"`
	// Mails counts the mails by where they ended.
	Mails map[parcel.MailState]int `json:"mails,omitempty"`
	// Scans counts the scans by what was decided about them.
	Scans map[parcel.Reason]int `json:"scans,omitempty"`
}

// MailOrder is everything that one mail needs.
type MailOrder struct {
	// Key is the mail's business key and Try counts its posts from 1.
	Key         string          `json:"key"`
	Try         int             `json:"try"`
	Kind        parcel.MailKind `json:"kind"`
	Integration string          `json:"integration"`
	ParcelID    int64           `json:"parcelId"`
	Facts       parcel.Facts    `json:"facts"`
	// Happened is when the carrier saw what the mail is about.
	Happened time.Time `json:"happened"`
	// Language is what the mail is written in, English if empty.
	Language parcel.Language `json:"language,omitempty"`
	// KeptUntil is the last day on which the parcel can be collected, as
	// 2026-11-10, if the carrier says so.
	KeptUntil string `json:"keptUntil,omitempty"`
	// InDoubtSince is since when the mail may have gone out; zero is not.
	InDoubtSince time.Time `json:"inDoubtSince,omitzero"`
	// Together says that the parcels that go with this one have to be asked
	// first whether one of them has told everything.
	Together bool `json:"together,omitempty"`
}

// MailReceipt is the provider's word that it took a mail, or the word of a
// parcel that goes with this one that it has told everything.
type MailReceipt struct {
	MessageID string `json:"messageId,omitempty"`
	parcel.Claim
}
