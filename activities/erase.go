package activities

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"

	"waybill/contract"
	"waybill/parcel"
	"waybill/recorder"
	"waybill/refund"
)

// Erasures are the activities of ErasePerson. Each may be tried again at any time.
type Erasures struct {
	Records ErasureRecords
	Policy  func(integration string) refund.Policy
	// Prove proves that a worker has begun a run.
	Prove func(text string, now time.Time) string
}

// ErasureRecords are what is erased; a [recorder.Recorder] reaches it.
type ErasureRecords interface {
	NoteErased(ctx context.Context, names contract.ErasedNames, all contract.ErasedList) error
	ErasedList(ctx context.Context) (contract.ErasedList, error)
	OrderErase(ctx context.Context, workflowID string, order contract.EraseOrder) (run string, err error)
	KeepRefund(ctx context.Context, of contract.RefundRef, kept contract.KeptRefund) error
	NewestRun(ctx context.Context, workflowID string) (run string, running bool, err error)
	StartOf(ctx context.Context, workflowID, run string, start any) error
	DeleteRuns(ctx context.Context, workflowID, keep string) (deleted int, err error)
	DeleteRunsBefore(ctx context.Context, workflowID, run string) (deleted []string, err error)

	Parcel(ctx context.Context, of contract.ParcelRef) (known parcel.Parcel, found bool, err error)
	Refund(ctx context.Context, of contract.RefundRef) (known refund.Refund, found bool, err error)
	LastRefund(ctx context.Context, of contract.RefundRef) (known refund.Refund, found bool, err error)
}

const (
	// lookEvery is the pause between two looks.
	lookEvery = 200 * time.Millisecond
	// settledWithin is how long a try waits for what a workflow has under way.
	settledWithin = 90 * time.Second
)

// NoteErased adds to the list of what is erased, and waits until doors can read it. It fails for good if the
// list is full.
func (e Erasures) NoteErased(ctx context.Context, names contract.ErasedNames) (struct{}, error) {
	list, err := e.Records.ErasedList(ctx)
	if err != nil {
		return struct{}{}, err
	}
	if !list.Add(names.Names, time.Now()) {
		return struct{}{}, temporal.NewNonRetryableApplicationError(fmt.Sprintf(
			"%d parcels and refunds are remembered as erased, and no more than %d can be: nothing was erased", len(list.Names), contract.MostErased), "Full", nil)
	}
	_, running, err := e.Records.NewestRun(ctx, contract.ErasedWorkflowID)
	if err != nil {
		return struct{}{}, err
	}
	noted := names
	if !running { // one that was stopped leaves nothing to the next
		noted = contract.ErasedNames{}
		for _, one := range list.Names {
			noted.Names = append(noted.Names, one.Name)
		}
	}
	if err := e.Records.NoteErased(ctx, noted, list); err != nil {
		return struct{}{}, err
	}
	return struct{}{}, until(ctx, "the list of what is erased does not have them yet", func() (bool, error) {
		list, err := e.Records.ErasedList(ctx)
		for _, name := range names.Names {
			if err != nil || !list.Has(name) {
				return false, err
			}
		}
		return true, nil
	})
}

// until waits until something has happened.
func until(ctx context.Context, notYet string, happened func() (bool, error)) error {
	ctx, cancel := context.WithTimeout(ctx, settledWithin)
	defer cancel()
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		if has, err := happened(); err != nil || has {
			return err
		}
		select {
		case <-ctx.Done():
			return later(notYet)
		case <-tick.C:
		}
	}
}

// later fails for now: it is tried again.
func later(why string) error {
	return temporal.NewApplicationErrorWithOptions(why, "NotYet", temporal.ApplicationErrorOptions{Category: temporal.ApplicationErrorCategoryBenign})
}

// EraseParcel has a parcel that is followed go on without its recipient, and deletes the runs that know
// them. One that is not followed any more is deleted.
func (e Erasures) EraseParcel(ctx context.Context, task contract.EraseTask) (contract.ErasedItem, error) {
	of, err := contract.ParseParcelRef(task.WorkflowID)
	if err != nil {
		return contract.ErasedItem{}, invalid(err)
	}
	run, running, err := e.goOn(ctx, task, contract.EraseOrder{By: task.By}, func(run string) (ordered, clean bool, err error) {
		known, _, err := e.Records.Parcel(ctx, of)
		if err != nil || known.ErasedAt.IsZero() {
			return false, false, err
		}
		var start contract.ParcelStart
		err = e.Records.StartOf(ctx, task.WorkflowID, run, &start)
		return true, start.Carried != nil && !start.Carried.Parcel.ErasedAt.IsZero(), err
	})
	if err != nil {
		return contract.ErasedItem{}, err
	}
	item := contract.ErasedItem{WorkflowID: task.WorkflowID, Outcome: contract.ErasedFollowed}
	if !running {
		run, item.Outcome = "", contract.ErasedDeleted
	}
	return e.deleteRuns(ctx, item, run)
}

// goOn orders a running workflow to go on in a run that does not know the person, and returns that run. A
// workflow that has ended stays as it is. stands says whether the workflow was ordered to before, and whether
// a run is clean: it does not know the person. Nil is for a workflow that says neither.
func (e Erasures) goOn(ctx context.Context, task contract.EraseTask, order contract.EraseOrder, stands func(run string) (ordered, clean bool, err error),
) (run string, running bool, err error) {
	before, running, err := e.Records.NewestRun(ctx, task.WorkflowID)
	if err != nil || !running {
		return before, false, err
	}
	var ordered, clean bool
	if stands != nil {
		if ordered, clean, err = stands(before); err != nil || clean {
			return before, true, err
		}
	}
	if !ordered { // it may have gone on by itself meanwhile: only the run after the one that followed the order is clean
		before, err = e.Records.OrderErase(ctx, task.WorkflowID, order)
		if errors.Is(err, recorder.ErrOver) {
			err = later("the workflow came to its end while it was ordered to go on without the person")
		}
		if err != nil {
			return "", false, err
		}
	}
	err = until(ctx, "the workflow has something under way, and goes on without the person once that has ended", func() (bool, error) {
		run, running, err = e.Records.NewestRun(ctx, task.WorkflowID)
		return run != before || !running, err
	})
	if err != nil || !running || stands == nil {
		return run, running, err
	}
	if _, clean, err = stands(run); err == nil && !clean {
		err = later("the workflow has gone on, and still knows the person")
	}
	return run, true, err
}

// deleteRuns deletes the runs but for one.
func (e Erasures) deleteRuns(ctx context.Context, item contract.ErasedItem, keep string) (contract.ErasedItem, error) {
	deleted, err := e.Records.DeleteRuns(ctx, item.WorkflowID, keep)
	if item.DeletedRuns = deleted; deleted == 0 && item.Outcome == contract.ErasedDeleted {
		item.Outcome = contract.ErasedGone
	}
	return item, err
}

func invalid(err error) error {
	return temporal.NewNonRetryableApplicationError(err.Error(), "Invalid", nil)
}

// EraseRefund has counters forget the customer, and the refund go on without them. One that is over
// begins once more as it is to be kept, and ends; one that was stopped before it was over goes on. The runs
// that know the customer are deleted, once another one shows the refund without them.
func (e Erasures) EraseRefund(ctx context.Context, task contract.EraseTask) (contract.ErasedItem, error) {
	of, err := contract.ParseRefundRef(task.WorkflowID)
	if err != nil {
		return contract.ErasedItem{}, invalid(err)
	}
	item := contract.ErasedItem{WorkflowID: task.WorkflowID, Outcome: contract.ErasedBooks}
	known, found, err := e.Records.LastRefund(ctx, of)
	if err != nil {
		return item, err
	}
	if !found {
		item.Outcome = contract.ErasedDeleted
		return e.deleteRuns(ctx, item, "")
	}
	// Once the refund does not know the pseudonyms any more, no later try does.
	if item.Counters, err = e.forget(ctx, of, known.Pseudonyms()); err != nil {
		return item, err
	}
	clean := func(run string) (bool, error) {
		var start contract.RefundStart
		err := e.Records.StartOf(ctx, task.WorkflowID, run, &start)
		if err != nil || start.Kept == nil {
			return start.Carried != nil && !start.Carried.Refund.ErasedAt.IsZero(), err
		}
		shown, _, err := e.Records.Refund(ctx, of) // nothing, if the run was refused
		return !shown.ErasedAt.IsZero(), err
	}
	run, running, err := e.goOn(ctx, task, contract.EraseOrder{By: task.By}, func(run string) (bool, bool, error) {
		clean, err := clean(run)
		return !known.ErasedAt.IsZero(), clean, err
	})
	if err != nil {
		return item, err
	}
	if !running {
		if is, err := clean(run); err != nil {
			return item, err
		} else if !is {
			if err := e.keep(ctx, of, task.By); err != nil {
				return item, err
			}
			if run, running, err = e.Records.NewestRun(ctx, task.WorkflowID); err != nil {
				return item, err
			}
		}
	}
	if running {
		item.Outcome = contract.ErasedFollowed
		// It may have been counted once more meanwhile.
		if _, err := e.forget(ctx, of, known.Pseudonyms()); err != nil {
			return item, err
		}
	}
	shown, _, err := e.Records.Refund(ctx, of)
	if err == nil && shown.ErasedAt.IsZero() {
		err = later("no run shows the refund without the customer yet")
	}
	if err != nil {
		return item, err
	}
	if n := len(shown.Receipt); n > 0 {
		item.Hash = shown.Receipt[n-1].Hash
	}
	return e.deleteRuns(ctx, item, run)
}

// keep begins a refund whose run has ended once more, without the customer. Nothing may be deleted if
// workers cannot prove to each other that they keep it.
func (e Erasures) keep(ctx context.Context, of contract.RefundRef, by string) error {
	known, _, err := e.Records.LastRefund(ctx, of)
	if err != nil {
		return err
	}
	policy, now := e.Policy(of.Integration), time.Now().UTC().Truncate(time.Millisecond)
	known, err = known.Step(policy, now, func(r *refund.Refund) error {
		r.Erase(refund.Said{By: by}, policy, now)
		r.Stopped(policy, now)
		return nil
	})
	if err != nil {
		return invalid(err)
	}
	if known.State.Terminal() {
		known.Closed, known.Todo = true, nil
	} else {
		known.Dispatch(policy, now)
	}
	kept := contract.CarriedRefund{Refund: known}
	proof := e.Prove(contract.KeptText(of, kept), now)
	if proof == "" {
		return invalid(errors.New("the refund has ended, and workers without link keys cannot keep its books: set WAYBILL_LINK_KEYS, and erase again"))
	}
	return e.Records.KeepRefund(ctx, of, contract.KeptRefund{CarriedRefund: kept, Proof: proof})
}

// forget has the counters of a customer's refunds forget the pseudonyms, and returns how many did.
func (e Erasures) forget(ctx context.Context, of contract.RefundRef, pseudonyms []string) (counters int, err error) {
	for _, who := range pseudonyms {
		id := contract.TallyWorkflowID(of.Integration, contract.CustomerTally(who))
		run, running, err := e.goOn(ctx, contract.EraseTask{WorkflowID: id}, contract.EraseOrder{Who: who}, nil)
		if err != nil {
			return counters, err
		}
		if !running {
			run = ""
		}
		deleted, err := e.Records.DeleteRuns(ctx, id, run)
		if err != nil {
			return counters, err
		}
		if deleted > 0 {
			counters++
		}
	}
	return counters, nil
}

// CertifyErasure signs what an erasure has come to.
func (e Erasures) CertifyErasure(_ context.Context, done contract.Erased) (string, error) {
	return e.Prove(contract.CertifiedText(done), time.Now()), nil
}

// DeleteEarlierRuns deletes the runs that the calling run continues, and the reports that it names, if they are its
// integration's.
func (e Erasures) DeleteEarlierRuns(ctx context.Context, in contract.EarlierRuns) (struct{}, error) {
	self := activity.GetInfo(ctx).WorkflowExecution
	of, err := contract.ParseRefundRef(self.ID)
	if err != nil {
		return struct{}{}, invalid(err)
	}
	if _, err := e.Records.DeleteRunsBefore(ctx, self.ID, self.RunID); err != nil {
		return struct{}{}, err
	}
	for _, id := range in.Reports {
		if !contract.IsReportTo(id, of.Integration) {
			continue
		}
		if _, err := e.Records.DeleteRuns(ctx, id, ""); err != nil {
			return struct{}{}, err
		}
	}
	return struct{}{}, nil
}

// DeleteWorkflow deletes all runs of a workflow that is a report.
func (e Erasures) DeleteWorkflow(ctx context.Context, task contract.EraseTask) (contract.ErasedItem, error) {
	if !contract.IsReport(task.WorkflowID) {
		return contract.ErasedItem{}, invalid(errors.New("only reports of returns and of bounces are deleted as they stand"))
	}
	return e.deleteRuns(ctx, contract.ErasedItem{WorkflowID: task.WorkflowID, Outcome: contract.ErasedDeleted}, "")
}
