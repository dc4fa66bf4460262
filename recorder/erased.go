package recorder

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"

	"waybill/contract"
)

// Erased knows which parcels and refunds are erased, from the memo of [contract.RememberErased]. What
// it has read counts for [contract.ErasedListKept]: an erasure waits for that long. While Temporal
// does not answer, nothing is recorded.
type Erased struct {
	temporal  client.Client
	converter converter.DataConverter

	// turn has one look at a time. Others wait for it as long as they have time.
	turn chan struct{}
	read time.Time
	memo []byte
	list contract.ErasedList
}

// NewErased reads the list with a client and its converter; a nil converter is Temporal's default.
func NewErased(temporal client.Client, data converter.DataConverter) *Erased {
	return &Erased{temporal: temporal, converter: Recorder{Converter: data}.converter(), turn: make(chan struct{}, 1)}
}

// has reports whether a workflow id is one of an erased parcel or refund. Nil knows none.
func (e *Erased) has(ctx context.Context, workflowID string) (bool, error) {
	if e == nil {
		return false, nil
	}
	select {
	case e.turn <- struct{}{}:
		defer func() { <-e.turn }()
	case <-ctx.Done():
		return false, fmt.Errorf("ask who is erased: %w", ctx.Err())
	}
	if began := time.Now(); began.Sub(e.read) > contract.ErasedListKept {
		if err := e.refresh(ctx); err != nil {
			return false, err
		}
		e.read = began
	}
	return e.list.Has(workflowID), nil
}

// recording is the time within which a door records what it has looked up the list for: what takes longer
// could reach a workflow after an erasure that it does not know.
func (e *Erased) recording(ctx context.Context) (context.Context, context.CancelFunc) {
	if e == nil {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, contract.ErasedKnownAfter-contract.ErasedListKept)
}

// refreshTimeout is how long Temporal may take to tell the list: others wait meanwhile.
const refreshTimeout = 3 * time.Second

func (e *Erased) refresh(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, refreshTimeout)
	defer cancel()
	memo, err := erasedMemo(ctx, e.temporal)
	if err != nil {
		return fmt.Errorf("ask who is erased: %w", err)
	}
	if bytes.Equal(memo.GetData(), e.memo) {
		return nil
	}
	var list contract.ErasedList
	if err := e.converter.FromPayload(memo, &list); err != nil {
		return fmt.Errorf("read who is erased from the memo of the workflow %s: %w", contract.ErasedWorkflowID, err)
	}
	e.memo, e.list = memo.GetData(), list
	return nil
}
