package workflows

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"waybill/contract"
)

// onErase binds the order to take a person out of the state. The workflow goes on in a new run,
// whose history does not know them; see contract.Erase.
func onErase[S any](ctx workflow.Context, k *keeper[S], erase func(*S, contract.EraseOrder, time.Time)) error {
	return onOrder(ctx, k, contract.Erase, "Take a person out of everything, as the command waybill erase does. Field: by.",
		func(s *S, in contract.EraseOrder, at time.Time) (struct{}, error) {
			if in.Plain {
				return struct{}{}, errPlain
			}
			erase(s, in, at)
			return struct{}{}, nil
		},
		func(*S, contract.EraseOrder, error, time.Time) {}, // nothing has happened
		func(contract.EraseOrder) { k.anew = true })
}
