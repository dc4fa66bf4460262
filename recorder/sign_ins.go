package recorder

import (
	"context"
	"fmt"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"

	"waybill/contract"
)

// SignIn has a link to the desk mailed to a person, unless they were mailed enough
// links lately. The name is their pseudonym.
func (r Recorder) SignIn(ctx context.Context, name, person string, ask contract.SignInAsk) error {
	return r.signalOrStart(ctx, string(contract.SignInAsked), ask, client.StartWorkflowOptions{
		ID: contract.SignInWorkflowID(name), TaskQueue: contract.RefundsQueue,
		WorkflowIDReusePolicy: enums.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
		StaticSummary:         "A person signs in",
	}, string(contract.SignIn), contract.SignInStart{Person: person})
}

// UseSignIn uses up a mailed link. It fails like [Order] if the link was used before or
// has expired.
func (r Recorder) UseSignIn(ctx context.Context, name, nonce string) (contract.SignedIn, error) {
	return Order(ctx, r, contract.SignInWorkflowID(name), contract.UseSignIn, contract.SignInUse{Nonce: nonce})
}

// SignOut records that a person has signed out. The name is their pseudonym.
func (r Recorder) SignOut(ctx context.Context, name string, out contract.SignOut) error {
	return r.signalOrStart(ctx, string(contract.SignedOut), out, client.StartWorkflowOptions{
		ID: contract.SignOutsWorkflowID(name), TaskQueue: contract.RefundsQueue,
		WorkflowIDReusePolicy: enums.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
		StaticSummary:         "A person signed out",
	}, string(contract.RememberSignOuts), contract.SignOutsStart{})
}

// SignOuts are what a person ended before its time: nothing, if the workflow that
// remembers it has come to its end.
func (r Recorder) SignOuts(ctx context.Context, name string) (outs contract.SignOuts, err error) {
	id := contract.SignOutsWorkflowID(name)
	asking, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	answer, err := r.Temporal.QueryWorkflowWithOptions(asking, &client.QueryWorkflowWithOptionsRequest{
		WorkflowID: id, QueryType: string(contract.DescribeSignOuts), QueryRejectCondition: enums.QUERY_REJECT_CONDITION_NOT_OPEN,
	})
	switch {
	case missing(err):
		return outs, nil
	case err != nil:
		return outs, fmt.Errorf("ask %s what it knows: %w", id, err)
	case answer.QueryRejected.GetStatus() == enums.WORKFLOW_EXECUTION_STATUS_COMPLETED:
		return outs, nil
	case answer.QueryRejected != nil: // the workflow was ended by hand, too early
		_, err = r.ask(ctx, id, &outs)
		return outs, err
	}
	return outs, answer.QueryResult.Get(&outs)
}
