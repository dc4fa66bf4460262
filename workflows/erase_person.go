package workflows

import (
	"fmt"
	"slices"
	"time"

	"go.temporal.io/sdk/workflow"

	"waybill/contract"
)

// erasedAtOnce is how many workflows an erasure deals with at a time.
const erasedAtOnce = 8

// ErasePerson takes one person out of everything; see contract.ErasePerson. Before anything is
// erased, every door knows that it is: or else a webhook that comes meanwhile would bring it back.
func ErasePerson(ctx workflow.Context, start contract.Erasure) (contract.Erased, error) {
	tasks := erasures(start)
	done := contract.Erased{ID: start.ID, By: start.By, About: start.About, Began: now(ctx), Of: len(tasks)}
	if err := onQuery(ctx, contract.DescribeErasure, "How far the erasure is", func() (contract.Erased, error) { return done, nil }); err != nil {
		return done, err
	}
	if _, err := do(eraseOne(ctx, "Have every door know whom not to record again"), contract.NoteErased, contract.ErasedNames{Names: start.Names()}); err != nil {
		return done, err
	}
	done.RememberedUntil = now(ctx).Add(contract.ErasedFor)
	if err := workflow.Sleep(ctx, contract.ErasedKnownAfter); err != nil {
		return done, err
	}
	for some := range slices.Chunk(tasks, erasedAtOnce) {
		var under []workflow.Future
		for _, one := range some {
			under = append(under, workflow.ExecuteActivity(eraseOne(ctx, string(one.activity)+" "+one.task.WorkflowID), string(one.activity), one.task))
		}
		for i, f := range under {
			var item contract.ErasedItem
			if err := f.Get(ctx, &item); err != nil {
				item = contract.ErasedItem{WorkflowID: some[i].task.WorkflowID, Outcome: contract.ErasedFailed, Why: cause(err)}
			}
			done.Items = append(done.Items, item)
		}
		workflow.SetCurrentDetails(ctx, fmt.Sprintf("%d of %d workflows are dealt with.", len(done.Items), done.Of))
	}
	ended := done
	ended.Ended = now(ctx)
	signature, err := do(eraseOne(ctx, "Sign what was erased"), contract.CertifyErasure, ended)
	ended.Signature = signature
	done = ended
	return done, err
}

// erasure is a task of one, and who does it.
type erasure struct {
	activity contract.Activity[contract.EraseTask, contract.ErasedItem]
	task     contract.EraseTask
}

func erasures(start contract.Erasure) (all []erasure) {
	add := func(by contract.Activity[contract.EraseTask, contract.ErasedItem], workflowID string) {
		all = append(all, erasure{by, contract.EraseTask{WorkflowID: workflowID, By: start.By}})
	}
	for _, of := range start.Parcels {
		add(contract.EraseParcel, of.WorkflowID())
	}
	for _, of := range start.Refunds {
		add(contract.EraseRefund, of.WorkflowID())
	}
	for _, id := range start.Others {
		add(contract.DeleteWorkflow, id)
	}
	return all
}

// eraseOne are the options for it. A refund that is being paid is erased once that is settled.
func eraseOne(ctx workflow.Context, summary string) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		Summary: summary, StartToCloseTimeout: 10 * time.Minute, HeartbeatTimeout: lostAfter, ScheduleToCloseTimeout: 7 * 24 * time.Hour,
		RetryPolicy: backoff(time.Second, 10*time.Minute),
	})
}
