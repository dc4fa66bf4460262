// Package archive keeps the decision logs of refunds that have ended in files, for longer than
// Temporal keeps the refunds: by hand, and day by day in a folder.
package archive

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"slices"

	"waybill/contract"
	"waybill/recorder"
	"waybill/refund"
)

// atOnce is how many refunds are asked before they are written.
const atOnce = 100

// Ask asks a refund for everything that is known of it.
type Ask func(ctx context.Context, of contract.RefundRef) (refund.Refund, error)

// Lines says how refunds are written.
type Lines struct {
	// Ask asks each refund.
	Ask Ask
	// Wanted leaves refunds out; nil is none.
	Wanted func(refund.Refund) bool
	// Personal also writes the customer's name, mail address and message.
	Personal bool
	// Said is told now and then how many refunds have been written; nil is nobody.
	Said func(refunds int)
}

// Written is what came of it.
type Written struct {
	Refunds int
	// Silent says of each refund that did not answer why not.
	Silent []error
}

// Write writes refunds as lines of JSON, each with its decision log. Those that do not answer keep
// no other from being written.
func (l Lines) Write(ctx context.Context, out io.Writer, refunds iter.Seq2[recorder.ListedRefund, error]) (done Written, err error) {
	lines := json.NewEncoder(out)
	lines.SetEscapeHTML(false)
	var some []answer
	for one, err := range refunds {
		if err != nil {
			return done, err
		}
		if some = append(some, answer{of: one.RefundRef}); len(some) == atOnce {
			if err := l.write(ctx, lines, some, &done); err != nil {
				return done, err
			}
			some = some[:0]
		}
	}
	return done, l.write(ctx, lines, some, &done)
}

// answer is what a refund answered; err is why it did not.
type answer struct {
	of    contract.RefundRef
	known refund.Refund
	err   error
}

func (l Lines) write(ctx context.Context, lines *json.Encoder, some []answer, done *Written) error {
	recorder.AskEach(ctx, some, func(ctx context.Context, a *answer) { a.known, a.err = l.Ask(ctx, a.of) })
	if err := ctx.Err(); err != nil {
		return err // not what the refunds say
	}
	for _, a := range some {
		switch {
		case a.err != nil:
			done.Silent = append(done.Silent, fmt.Errorf("%s: %w", a.of, a.err))
			continue
		case l.Wanted != nil && !l.Wanted(a.known):
			continue
		case !l.Personal:
			a.known = WithoutCustomer(a.known)
		}
		if err := lines.Encode(a.known); err != nil {
			return err
		}
		done.Refunds++
	}
	if l.Said != nil {
		l.Said(done.Refunds)
	}
	return nil
}

// WithoutCustomer is a refund without the customer's name and addresses, what they wrote about the return, and
// the digests under which they are found and counted. What was bought stays, and so does the decision
// log: it could not be checked without what stands in it.
func WithoutCustomer(r refund.Refund) refund.Refund {
	r.Facts.Customer = refund.Customer{Country: r.Facts.Customer.Country}
	r.Facts.CustomerAtSendcloud, r.Facts.Message = "", ""
	r.Facts.Items = slices.Clone(r.Facts.Items)
	for i := range r.Facts.Items {
		r.Facts.Items[i].Message = ""
	}
	r.Pseudonym, r.OtherPseudonyms, r.Search.Recipient = "", nil, ""
	return r
}
