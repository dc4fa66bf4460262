package codec

import (
	"context"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/proxy"
	"google.golang.org/protobuf/proto"
)

// Uses counts payloads by the id of the key that they are encrypted with; those under "" are plain.
type Uses map[string]int64

// MostUses is how many payloads one key may encrypt: beyond it, two of them might get the same random
// nonce, and could be read without the key.
const MostUses = 1 << 32

// Count counts the payloads in an answer of Temporal's, failures included. Search attributes and headers
// are never encrypted, and do not count.
func (u Uses) Count(ctx context.Context, answer proto.Message) error {
	return proxy.VisitPayloads(ctx, answer, proxy.VisitPayloadsOptions{
		SkipSearchAttributes: true,
		Visitor: func(visit *proxy.VisitPayloadsContext, payloads []*commonpb.Payload) ([]*commonpb.Payload, error) {
			_, header := visit.Parent.(*commonpb.Header)
			for _, p := range payloads {
				if id, encrypted := KeyOf(p); encrypted || !header {
					u[id]++
				}
			}
			return payloads, nil
		},
	})
}

// Add adds the counts of others.
func (u Uses) Add(others Uses) {
	for id, n := range others {
		u[id] += n
	}
}
