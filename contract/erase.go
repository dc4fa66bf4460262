package contract

import (
	"slices"
	"strings"
	"time"
)

const (
	// ErasePerson takes one person out of everything that Temporal keeps: their parcels are followed
	// on without them or deleted, and their refunds keep the shop's books. It is started with what
	// was found to be theirs; its id is [ErasureWorkflowID].
	ErasePerson Workflow[Erasure, Erased] = "ErasePerson"
	// DescribeErasure answers how far it is.
	DescribeErasure Query[Erased] = "Describe"
	// Erase has a workflow take a person out of what it keeps, and go on in a new run, so that the
	// runs before can be deleted. Parcels, refunds and counters of refunds follow it.
	Erase Order[EraseOrder, struct{}] = "Erase"

	// NoteErased tells every ingress and worker what is not to be recorded again.
	NoteErased Activity[ErasedNames, struct{}] = "NoteErased"
	// EraseParcel does what there is to do about a parcel. It can be tried again at any time, and so can the next two.
	EraseParcel Activity[EraseTask, ErasedItem] = "EraseParcel"
	// EraseRefund does so about a refund.
	EraseRefund Activity[EraseTask, ErasedItem] = "EraseRefund"
	// DeleteWorkflow deletes a report with all its runs.
	DeleteWorkflow Activity[EraseTask, ErasedItem] = "DeleteWorkflow"
	// CertifyErasure signs what an erasure has come to.
	CertifyErasure Activity[Erased, string] = "CertifyErasure"

	// RememberErased remembers which parcels and refunds are erased, so that nobody records them
	// with a person again. Its memo lists them, so that doors can read it while no worker runs.
	// There is one in a namespace: [ErasedWorkflowID].
	RememberErased Workflow[RememberStart, struct{}] = "RememberErased"
	// PersonErased adds to what it remembers.
	PersonErased Signal[ErasedNames] = "PersonErased"
)

const (
	// ErasedWorkflowID is that of RememberErased.
	ErasedWorkflowID = "erased"
	// ErasedMemo is the field of its memo that lists what is erased, an [ErasedList].
	ErasedMemo = "erased"

	// ErasedFor is how long that is remembered: as long as the longest memory that can bring a person
	// back, which is that of refunds that have ended. See [TallyRefunds].
	ErasedFor = 400 * 24 * time.Hour
	// MostErased is how many parcels and refunds are remembered at most: a memo takes 2 MB.
	MostErased = 20_000
	// ErasedKnownAfter is how long an erasure waits until every door goes by the new list: a door's copy may be
	// ErasedListKept old, and a request under way may take 10 s more.
	ErasedKnownAfter = ErasedListKept + 10*time.Second
	// ErasedListKept is how long a door goes by the list that it has read.
	ErasedListKept = 2 * time.Second
)

// ErasureWorkflowID is erasure:<id>.
func ErasureWorkflowID(id string) string { return "erasure:" + id }

// Erasure is one person's data that is to be erased. It says by number what is theirs, and not who
// they are.
type Erasure struct {
	// ID names the erasure, and By who ordered it. About is a digest of what the person was looked for by.
	ID      string      `json:"id"`
	By      string      `json:"by"`
	About   string      `json:"about,omitempty"`
	Parcels []ParcelRef `json:"parcels,omitempty"`
	Refunds []RefundRef `json:"refunds,omitempty"`
	// Others are the ids of other workflows that know the person, and are deleted: see [IsReport].
	Others []string `json:"others,omitempty"`
	// Plain says that it came unencrypted.
	Plain bool `json:"-"`
}

// CamePlain notes that it came unencrypted; see [EraseOrder.CamePlain].
func (e *Erasure) CamePlain() { e.Plain = true }

// EraseOrder says who has ordered an erasure, and what else a workflow needs to know for it.
type EraseOrder struct {
	By string `json:"by,omitempty"`
	// Who is the pseudonym that a counter is to forget.
	Who string `json:"who,omitempty"`
	// Plain says that the order came unencrypted.
	Plain bool `json:"-"`
}

// CamePlain notes that the order came unencrypted, which everyone who reaches Temporal can send.
func (o *EraseOrder) CamePlain() { o.Plain = true }

// ErasedNames are workflow ids of parcels and refunds that are erased.
type ErasedNames struct {
	Names []string `json:"names"`
	// Plain says that they came unencrypted.
	Plain bool `json:"-"`
}

// CamePlain notes that they came unencrypted; see [EraseOrder.CamePlain].
func (e *ErasedNames) CamePlain() { e.Plain = true }

// ErasedList says until when each of them is remembered, in the order of their names.
type ErasedList struct {
	Names []ErasedName `json:"names,omitempty"`
}

// ErasedName is a parcel or a refund that is erased, by its workflow id.
type ErasedName struct {
	Name  string    `json:"name"`
	Until time.Time `json:"until"`
}

// Has reports whether a workflow id is remembered.
func (l ErasedList) Has(name string) bool {
	_, has := l.find(name)
	return has
}

func (l ErasedList) find(name string) (int, bool) {
	return slices.BinarySearchFunc(l.Names, name, func(one ErasedName, name string) int { return strings.Compare(one.Name, name) })
}

// Add adds names, and forgets those whose time is over. If they would be more than [MostErased], it adds
// none and returns false.
func (l *ErasedList) Add(names []string, now time.Time) bool {
	next := ErasedList{Names: slices.DeleteFunc(slices.Clone(l.Names), func(one ErasedName) bool { return !now.Before(one.Until) })}
	for _, name := range names {
		one := ErasedName{Name: name, Until: now.Add(ErasedFor).Truncate(time.Hour)}
		if i, has := next.find(name); has {
			next.Names[i] = one
		} else {
			next.Names = slices.Insert(next.Names, i, one)
		}
	}
	if len(next.Names) > MostErased {
		return false
	}
	*l = next
	return true
}

// Until is when the last of them can be forgotten; zero if there is none.
func (l ErasedList) Until() (until time.Time) {
	for _, one := range l.Names {
		if one.Until.After(until) {
			until = one.Until
		}
	}
	return until
}

// RememberStart begins a run of RememberErased.
type RememberStart struct {
	// Carried is what the run before remembered.
	Carried *ErasedList `json:"carried,omitempty"`
}

// EraseTask is what is to be erased: a workflow, by its id.
type EraseTask struct {
	WorkflowID string `json:"workflowId"`
	By         string `json:"by,omitempty"`
}

// ErasureOutcome is what an erasure came to for one workflow.
type ErasureOutcome string

// The outcomes.
const (
	ErasedFollowed ErasureOutcome = "still followed, without the person's data"
	ErasedBooks    ErasureOutcome = "kept for the shop's books, without the person's data"
	ErasedDeleted  ErasureOutcome = "deleted"
	ErasedGone     ErasureOutcome = "no longer known"
	ErasedFailed   ErasureOutcome = "not erased"
)

// ErasedItem is one workflow of an erasure.
type ErasedItem struct {
	WorkflowID string         `json:"workflowId"`
	Outcome    ErasureOutcome `json:"outcome"`
	// DeletedRuns is how many runs were deleted, with their histories. What a try deleted that was lost
	// is not counted.
	DeletedRuns int `json:"deletedRuns"`
	// Counters are how many counters of refunds have forgotten the customer.
	Counters int `json:"counters,omitempty"`
	// Hash is the hash of a refund's last line of the decision log.
	Hash string `json:"hash,omitempty"`
	// Why says why it was not erased.
	Why string `json:"why,omitempty"`
}

// Erased is what an erasure has come to so far.
type Erased struct {
	// ID, By and About are those of the [Erasure].
	ID    string `json:"id"`
	By    string `json:"by"`
	About string `json:"about,omitempty"`
	// Began and Ended are when; Ended is zero while it goes on.
	Began time.Time `json:"began"`
	Ended time.Time `json:"ended,omitzero"`
	// RememberedUntil is how long doors know what is erased; zero while they do not yet.
	RememberedUntil time.Time `json:"rememberedUntil,omitzero"`
	// Items are the workflows that are dealt with, of so many.
	Of    int          `json:"of"`
	Items []ErasedItem `json:"items"`
	// Signature proves that a worker has written all of this; see [CertifiedText]. It is empty before
	// the end, and if workers have no link keys.
	Signature string `json:"signature,omitempty"`
}

// CertifiedText is what the signature covers.
func CertifiedText(e Erased) string {
	e.Signature = ""
	return provenText(ErasureWorkflowID(e.ID), "", "erased", e)
}

// Failed are the items that were not erased.
func (e Erased) Failed() (failed []ErasedItem) {
	for _, item := range e.Items {
		if item.Outcome == ErasedFailed {
			failed = append(failed, item)
		}
	}
	return failed
}

// Rest is what is left of an erasure that has ended.
func (e Erasure) Rest(done Erased) Erasure {
	dealt := map[string]bool{}
	for _, item := range done.Items {
		dealt[item.WorkflowID] = item.Outcome != ErasedFailed
	}
	e.Parcels = slices.DeleteFunc(slices.Clone(e.Parcels), func(of ParcelRef) bool { return dealt[of.WorkflowID()] })
	e.Refunds = slices.DeleteFunc(slices.Clone(e.Refunds), func(of RefundRef) bool { return dealt[of.WorkflowID()] })
	e.Others = slices.DeleteFunc(slices.Clone(e.Others), func(id string) bool { return dealt[id] })
	return e
}

// Empty reports whether nothing is to be erased.
func (e Erasure) Empty() bool { return len(e.Parcels)+len(e.Refunds)+len(e.Others) == 0 }

// Names are what the doors have to know.
func (e Erasure) Names() (names []string) {
	for _, of := range e.Parcels {
		names = append(names, of.WorkflowID())
	}
	for _, of := range e.Refunds {
		names = append(names, of.WorkflowID())
	}
	return names
}

// KeptRefund is a refund that has ended and begins once more, because the runs that knew the
// customer are deleted.
type KeptRefund struct {
	CarriedRefund
	// Proof is the proof of [KeptText].
	Proof string `json:"proof"`
}

// KeptText is what the proof of a kept refund covers: all of it.
func KeptText(of RefundRef, kept CarriedRefund) string {
	return provenText(of.WorkflowID(), "", "kept", kept)
}

// IsReport reports whether a workflow is one of [FindReturn] or [TraceBounce]. No other one is deleted
// as it stands.
func IsReport(workflowID string) bool {
	return strings.HasPrefix(workflowID, returnReport+":") || strings.HasPrefix(workflowID, BounceWorkflowID(""))
}

// IsReportTo reports whether a workflow is one of [FindReturn] of the integration.
func IsReportTo(workflowID, integration string) bool {
	return strings.HasPrefix(workflowID, returnReport+":"+integration+":")
}

// IsReportAbout reports whether a workflow is one of [FindReturn] about a return or a parcel of the
// integration.
func IsReportAbout(workflowID string, names map[string]bool) bool {
	parts := strings.Split(workflowID, ":")
	if len(parts) < 4 || parts[0] != returnReport {
		return false
	}
	integration, number := parts[1], parts[len(parts)-1]
	return names["parcel:"+integration+":"+number] || names["refund:"+integration+":"+number]
}
