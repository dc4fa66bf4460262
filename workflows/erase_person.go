package workflows

import (
	"fmt"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"waybill/contract"
)

// erasedAtOnce is how many workflows an erasure deals with at a time: each is looked at again and again.
const erasedAtOnce = 8

// ErasePerson takes one person out of everything; see contract.ErasePerson. Before anything is
// erased, every door knows that it is: or else a webhook that comes meanwhile would bring it back.
func ErasePerson(ctx workflow.Context, start contract.Erasure) (contract.Erased, error) {
	if err := refusePlain(ctx, start); err != nil {
		return contract.Erased{}, err
	}
	tasks := eraseTasks(start)
	done := contract.Erased{ID: start.ID, By: start.By, About: start.About, Began: now(ctx), Of: len(tasks)}
	if err := onQuery(ctx, contract.DescribeErasure, "How far the erasure is", func() (contract.Erased, error) { return done, nil }); err != nil {
		return done, err
	}
	if _, err := do(eraseOne(ctx, "Tell every ingress and worker what not to record again"), contract.NoteErased, contract.ErasedNames{Names: start.Names()}); err != nil {
		return done, err
	}
	done.RememberedUntil = now(ctx).Add(contract.ErasedFor).Truncate(time.Hour)
	if err := workflow.Sleep(ctx, contract.ErasedKnownAfter); err != nil {
		return done, err
	}
	eraseAll(ctx, tasks, func(item contract.ErasedItem) {
		done.Items = append(done.Items, item)
		workflow.SetCurrentDetails(ctx, fmt.Sprintf("%d of %d workflows are dealt with.", len(done.Items), done.Of))
	})
	ended := done
	ended.Ended = now(ctx)
	signature, err := do(eraseOne(ctx, "Sign what was erased"), contract.CertifyErasure, ended)
	ended.Signature = signature
	done = ended
	return done, err
}

// refusePlain refuses an erasure that came unencrypted. That is recorded: histories from before the keys
// replay.
func refusePlain(ctx workflow.Context, start contract.Erasure) error {
	var plain bool
	err := workflow.SideEffectWithOptions(ctx, workflow.SideEffectOptions{Summary: "Look whether it came encrypted"}, func(workflow.Context) any {
		return start.Plain
	}).Get(&plain)
	if err == nil && plain {
		err = temporal.NewNonRetryableApplicationError(errPlain.Error(), "Plain", nil)
	}
	return err
}

// eraseAll has all tasks done. One that waits for a payment holds up no other.
func eraseAll(ctx workflow.Context, tasks []eraseTask, erased func(contract.ErasedItem)) {
	places, all := workflow.NewSemaphore(ctx, erasedAtOnce), workflow.NewWaitGroup(ctx)
	for _, one := range tasks {
		all.Add(1)
		workflow.Go(ctx, func(ctx workflow.Context) {
			defer all.Done()
			item := contract.ErasedItem{WorkflowID: one.task.WorkflowID, Outcome: contract.ErasedFailed}
			err := places.Acquire(ctx, 1)
			if err == nil {
				err = workflow.ExecuteActivity(eraseOne(ctx, one.summary), string(one.activity), one.task).Get(ctx, &item)
				places.Release(1)
			}
			if err != nil {
				item.Why = cause(err)
			}
			erased(item)
		})
	}
	all.Wait(ctx)
}

// eraseTask is one workflow of an erasure, and who deals with it.
type eraseTask struct {
	activity contract.Activity[contract.EraseTask, contract.ErasedItem]
	task     contract.EraseTask
	summary  string
}

func eraseTasks(start contract.Erasure) (all []eraseTask) {
	add := func(by contract.Activity[contract.EraseTask, contract.ErasedItem], verb, workflowID string) {
		all = append(all, eraseTask{by, contract.EraseTask{WorkflowID: workflowID, By: start.By}, verb + " " + workflowID})
	}
	for _, of := range start.Parcels {
		add(contract.EraseParcel, "Erase", of.WorkflowID())
	}
	for _, of := range start.Refunds {
		add(contract.EraseRefund, "Erase", of.WorkflowID())
	}
	for _, id := range start.Others {
		add(contract.DeleteWorkflow, "Delete", id)
	}
	return all
}

// erasedWithin is how long each workflow may take.
const erasedWithin = 7 * 24 * time.Hour

// eraseOne are the options for it. A refund that is being paid is erased once that is settled.
func eraseOne(ctx workflow.Context, summary string) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		Summary: summary, StartToCloseTimeout: 10 * time.Minute, HeartbeatTimeout: lostAfter, ScheduleToCloseTimeout: erasedWithin,
		RetryPolicy: backoff(time.Second, 10*time.Minute),
	})
}
