package contract

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"waybill/delivery"
	"waybill/parcel"
)

const (
	// TrackParcel follows one parcel from its first scan to the end of its grace
	// period. Its id is that of its [ParcelRef]; start it with StatusChanged only.
	TrackParcel Workflow[ParcelStart, ParcelEnd] = "TrackParcel"
	// StatusChanged tells a parcel's workflow of one scan. A copy is harmless.
	StatusChanged Signal[parcel.Scan] = "StatusChanged"
	// MailReported tells a workflow what the provider said of one of its messages: a
	// parcel's, a refund's, a sign-in's or an integration's. A copy is harmless. Ask
	// what the workflow knows first (Outbox.Matters): most reports change nothing.
	MailReported Signal[delivery.Report] = "MailReported"
	// AwaitGoods asks a return parcel's workflow to tell another one when the goods are
	// on their way (GoodsPosted), and when they are back (GoodsBack), which may be at
	// once. It may start the workflow.
	AwaitGoods Signal[parcel.Waiter] = "AwaitGoods"
	// GoodsBack tells that they are back.
	GoodsBack Signal[GoodsReturned] = "GoodsBack"
	// Describe answers with everything that is known of the parcel.
	Describe Query[parcel.Parcel] = "Describe"
	// SendMail renders one mail and posts it to the mail provider.
	SendMail Activity[MailOrder, MailReceipt] = "SendMail"
)

// ParcelOrder is an order that operators give a parcel. A signal that is refused is noted in
// the parcel's record. What it does and takes stands in the row of [parcel.Orders].
func ParcelOrder(o parcel.Order) Order[parcel.Input, parcel.Answer] {
	return Order[parcel.Input, parcel.Answer](o.UpdateName())
}

// ProvenParcelText is what the proof of an order to a parcel covers: the parcel, or the batch of
// an order to many, the name of the order, who gives it and why, and its fields. The proof of a batch
// that is [BatchAmong] some integrations proves nothing in others.
func ProvenParcelText(of ParcelRef, o parcel.Order, in parcel.Input) string {
	if in.Batch != "" && !IsOnce(in.Batch) && batchReaches(in.Batch, of.Integration) {
		return ProvenBatchText(o, in)
	}
	in.Proof = ""
	return provenText(of.WorkflowID(), "", o.Name, in)
}

// ProvenBatchText is what the proof of an order to many parcels covers.
func ProvenBatchText(o parcel.Order, in parcel.Input) string {
	in.Proof = ""
	return provenText("batch:"+in.Batch, "", o.Name, in)
}

// batchAmong stands between the id of a batch and its integrations.
const batchAmong = "@"

// BatchAmong is the batch of an order to parcels of some integrations, as each parcel is told of it:
// <id>@<integration>,<integration>.
func BatchAmong(id string, integrations []string) string {
	return id + batchAmong + strings.Join(integrations, ",")
}

// BatchID is the id of a batch.
func BatchID(batch string) string {
	id, _, _ := strings.Cut(batch, batchAmong)
	return id
}

// batchReaches reports whether a batch is among an integration. One that names none is among all.
func batchReaches(batch, integration string) bool {
	_, among, names := strings.Cut(batch, batchAmong)
	return !names || slices.Contains(strings.Split(among, ","), integration)
}

func provenText(workflowID, begun, order string, in any) string {
	raw, err := json.Marshal([]any{workflowID, begun, order, in})
	if err != nil {
		panic(err) // texts can always be encoded
	}
	return string(raw)
}

const (
	// ProofLasts is how long the proof of an order holds, before and after its time: clocks
	// differ.
	ProofLasts = 5 * time.Minute
	// BatchLasts is how long that of an order to many parcels holds, which reaches the last of
	// them much later.
	BatchLasts = 24 * time.Hour
)

// DryRun asks what would come of an order. Unlike the order with dryRun, it leaves nothing in
// history.
const DryRun Question[OrderTrial, TrialAnswer] = "DryRun"

// OrderTrial is an order that is tried: its name in kebab case, and with what it is given.
type OrderTrial struct {
	Order string       `json:"order"`
	Input parcel.Input `json:"input"`
	// At is the time to try it at; zero is when the parcel last did something.
	At time.Time `json:"at,omitzero"`
}

// TrialAnswer is what would come of it, or why it would be refused.
type TrialAnswer struct {
	parcel.Answer
	Refused string `json:"refused,omitempty"`
}

// Rehearse asks what will happen to the parcel if no scan comes, under the policy that the worker
// follows. It changes nothing.
const Rehearse Question[RehearsalQuestion, Rehearsal] = "Rehearse"

// RehearsalQuestion says from when on; zero is when the parcel last did something.
type RehearsalQuestion struct {
	At time.Time `json:"at,omitzero"`
}

// Rehearsal is what will happen, in order.
type Rehearsal struct {
	// Policy is the version of the policy that the worker follows now.
	Policy    string            `json:"policy"`
	Forecasts []parcel.Forecast `json:"forecasts,omitempty"`
}

// The types of the application errors with which SendMail fails. Any other is a fault
// of our own.
const (
	// MailNotSent left nothing with the provider; the activity tries again.
	MailNotSent = "MailNotSent"
	// MailConfiguration is a fault in the configuration, such as a dead key or an
	// unverified sender. The mail is sound and is tried again.
	MailConfiguration = "MailConfiguration"
	// MailRefused was refused for good.
	MailRefused = "MailRefused"
	// MailUnanswered may or may not have been sent.
	MailUnanswered = "MailUnanswered"
)

// ParcelStart begins a run of TrackParcel.
type ParcelStart struct {
	ParcelRef
	// Carried is what the run before this one knew; nil in a first run.
	Carried *Carried `json:"carried,omitempty"`
}

// Carried is what continue-as-new takes along: everything, because a run ends only
// when it has looked at all that came.
type Carried struct {
	Parcel parcel.Parcel `json:"parcel"`
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
	// Mails and Scans are counted by how they ended and by what was decided.
	Mails map[delivery.State]int `json:"mails,omitempty"`
	Scans map[parcel.Reason]int  `json:"scans,omitempty"`
}

// Post is what every message is posted with.
type Post struct {
	// Key is the message's business key and Try counts its tries from 1.
	Key string `json:"key"`
	Try int    `json:"try"`
	// InDoubtSince is since when the message may have gone out; zero is not. LookOnly
	// asks for proof only: the message is not to be posted any more.
	InDoubtSince time.Time `json:"inDoubtSince,omitzero"`
	LookOnly     bool      `json:"lookOnly,omitempty"`
}

// PostOf is what a message is posted with now. It is frozen.
func PostOf[About any](m *delivery.Message[About]) Post {
	return Post{Key: m.Key, Try: m.Tries, InDoubtSince: m.DoubtSince, LookOnly: m.Looks}
}

// MailOrder is everything that one mail needs.
type MailOrder struct {
	Post
	ParcelRef
	Kind  parcel.MailKind `json:"kind"`
	Facts parcel.Facts    `json:"facts"`
	// Happened is when the carrier saw what the mail is about.
	Happened time.Time `json:"happened"`
	// Language is what the mail is written in, English if empty.
	Language parcel.Language `json:"language,omitempty"`
	// KeptUntil is the last day on which the parcel can be collected, as
	// 2026-11-10, if the carrier says so.
	KeptUntil string `json:"keptUntil,omitempty"`
	// Together says to ask first whether a parcel that goes with this one has told
	// everything.
	Together bool `json:"together,omitempty"`
}

// MailReceipt is how a try ended that did not fail: the provider took the mail,
// unless the mail of a parcel that goes with this one said it ([parcel.Claim]), or
// no proof was found of a mail that is not to be posted any more.
type MailReceipt struct {
	MessageID string `json:"messageId,omitempty"`
	NoProof   bool   `json:"noProof,omitempty"`
	parcel.Claim
}
