package workflows

import (
	"errors"

	"go.temporal.io/sdk/workflow"

	"waybill/contract"
)

// These bind the typed names of contract to the SDK, so that a workflow cannot
// receive, answer or order the wrong thing.

// errPlain refuses an order that came unencrypted and that nothing proves. It is given inside steps
// only, so that histories from before the keys replay.
var errPlain = errors.New("the order is neither encrypted nor proven: give it on the pages, by the API or with the command waybill")

// onUpdate answers an update; refuse says why an order cannot be followed.
func onUpdate[In, Out any](ctx workflow.Context, name contract.Update[In, Out], description string,
	refuse func(In) error, follow func(workflow.Context, In) (Out, error),
) error {
	return workflow.SetUpdateHandlerWithOptions(ctx, string(name), follow,
		workflow.UpdateHandlerOptions{Validator: refuse, Description: description})
}

func onQuery[Out any](ctx workflow.Context, name contract.Query[Out], description string, answer func() (Out, error)) error {
	return workflow.SetQueryHandlerWithOptions(ctx, string(name), answer,
		workflow.QueryHandlerOptions{Description: description})
}

// onQuestion answers a question.
func onQuestion[In, Out any](ctx workflow.Context, name contract.Question[In, Out], description string, answer func(In) (Out, error)) error {
	return workflow.SetQueryHandlerWithOptions(ctx, string(name), answer,
		workflow.QueryHandlerOptions{Description: description})
}

// do has an activity done and waits for it.
func do[In, Out any](ctx workflow.Context, name contract.Activity[In, Out], in In) (Out, error) {
	var out Out
	err := workflow.ExecuteActivity(ctx, string(name), in).Get(ctx, &out)
	return out, err
}
