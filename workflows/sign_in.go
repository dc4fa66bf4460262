package workflows

import (
	"errors"
	"strings"

	"go.temporal.io/sdk/workflow"

	"waybill/contract"
)

// SignIn has a link mailed and lets it be used once; see contract.SignIn.
func SignIn(ctx workflow.Context, start contract.SignInStart) (struct{}, error) {
	used := false
	err := onUpdate(ctx, contract.UseSignIn, "Use the link up",
		func(struct{}) error {
			if used {
				return errors.New("this link was used already: sign in for a new one")
			}
			return nil
		},
		func(workflow.Context, struct{}) (contract.SignedIn, error) {
			used = true
			return contract.SignedIn{Person: start.Person}, nil
		})
	if err != nil {
		return struct{}{}, err
	}
	left := start.Until.Sub(workflow.Now(ctx))
	if left <= 0 {
		return struct{}{}, nil
	}
	over := false
	timerCtx, cancel := workflow.WithCancel(ctx)
	expires := workflow.NewTimerWithOptions(timerCtx, left, workflow.TimerOptions{Summary: "The link expires"})
	workflow.Go(ctx, func(ctx workflow.Context) { over = expires.Get(ctx, nil) == nil })
	workflow.Go(ctx, func(ctx workflow.Context) {
		nonce := strings.TrimPrefix(workflow.GetInfo(ctx).WorkflowExecution.ID, contract.SignInWorkflowID(""))
		if _, err := do(postMail(ctx, "Mail the link", left), contract.SendSignIn, contract.SignInMail{Nonce: nonce, SignInStart: start}); err != nil {
			workflow.GetLogger(ctx).Warn("the link was not mailed", "error", err)
		}
	})
	if err := workflow.Await(ctx, func() bool { return (used || over) && workflow.AllHandlersFinished(ctx) }); err != nil {
		return struct{}{}, err
	}
	cancel()
	return struct{}{}, nil
}
