package desk

import (
	"bytes"
	"context"
	"slices"
	"time"

	"waybill/contract"
	"waybill/recorder"
	"waybill/search"
)

// Refunds lists them newest first, three at a time at most.
func (k *fakeRefunds) Refunds(_ context.Context, f recorder.RefundFilter, page []byte, size int) ([]recorder.ListedRefund, []byte, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.filters = append(k.filters, f)
	if k.silent != nil {
		return nil, nil, k.silent
	}
	var all []recorder.ListedRefund
	refunds := k.all
	if k.behind != nil {
		refunds = k.behind
	}
	for of, r := range refunds {
		due, _ := r.LegalDeadline()
		one := recorder.ListedRefund{
			RefundRef: of, Order: r.Search.Order, Started: start.Add(time.Duration(of.ReturnID) * time.Minute),
			Open: !r.State.Terminal(), State: r.State, Role: r.Role, Deadline: due, Attention: contract.Attention(r.Attention),
		}
		if !k.unlisted[of.ReturnID] {
			known := r.Listed().Refund()
			known.State, known.Role, known.DueBy, known.Attention = r.State, r.Role, due, r.Attention
			one.Known, one.Amount, one.Holder = &known, known.Facts.Amount, known.Holder
		}
		if (f.Integration == "" || f.Integration == one.Integration) && (len(f.Among) == 0 || slices.Contains(f.Among, one.Integration)) &&
			(f.State == "" || f.State == one.State) && (f.Role == "" || f.Role == one.Role) && (!f.NeedsAttention || one.Attention != "") && (f.Attention == "" || f.Attention == one.Attention) && listed(f.Words, r.Search) && !one.Started.Before(f.Since) &&
			(!f.Open || one.Open) && (f.DueBefore.IsZero() || !due.IsZero() && due.Before(f.DueBefore)) {
			all = append(all, one)
		}
	}
	slices.SortFunc(all, func(a, b recorder.ListedRefund) int { return b.Started.Compare(a.Started) })
	from := len(page)
	to := min(from+min(max(3, len(all)/10), max(size, 1)), len(all)) // several pages, and few of many
	if to == len(all) {
		return all[from:to], nil, nil
	}
	return all[from:to], bytes.Repeat([]byte("."), to), nil
}

func (k *fakeRefunds) CountRefunds(ctx context.Context, f recorder.RefundFilter) (n int64, err error) {
	for page := []byte(nil); ; {
		all, next, err := k.Refunds(ctx, f, page, rowsRead)
		if n += int64(len(all)); err != nil || len(next) == 0 {
			return n, err
		}
		page = next
	}
}

// listed reports whether something is listed under one of some words in each field.
func listed(words search.Listed, as search.Terms) bool {
	return (len(words.Order) == 0 || slices.Contains(words.Order, as.Order)) &&
		(len(words.Tracking) == 0 || slices.Contains(words.Tracking, as.Tracking)) &&
		(len(words.Recipient) == 0 || slices.Contains(words.Recipient, as.Recipient))
}
