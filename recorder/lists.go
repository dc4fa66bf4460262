package recorder

import (
	"context"
	"fmt"
	"iter"
	"time"

	"go.temporal.io/api/workflowservice/v1"
	"golang.org/x/sync/errgroup"
)

const (
	// listAtOnce is how many workflows are listed at a time.
	listAtOnce = 1000
	// AskedAtOnce is how many workflows of a list are asked at a time, and rowTimeout how long
	// each may take to answer.
	AskedAtOnce = 8
	rowTimeout  = 5 * time.Second
)

// list lists a page of workflows.
func (r Recorder) list(ctx context.Context, query string, page []byte, size int) (*workflowservice.ListWorkflowExecutionsResponse, error) {
	return r.Temporal.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{
		PageSize: int32(size), NextPageToken: page, Query: query, //nolint:gosec // callers ask for a page of some hundreds
	})
}

// count counts workflows.
func (r Recorder) count(ctx context.Context, query, what string) (int64, error) {
	counted, err := r.Temporal.CountWorkflow(ctx, &workflowservice.CountWorkflowExecutionsRequest{Query: query})
	if err != nil {
		return 0, fmt.Errorf("count the %s: %w", what, err)
	}
	return counted.GetCount(), nil
}

// each goes through the rows of a list page by page. A run that failed and was started anew is the
// same row, which comes once. An error ends the list.
func each[Row any, Ref comparable](ref func(Row) Ref, list func(page []byte) (rows []Row, next []byte, err error)) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		seen := map[Ref]bool{}
		var page []byte
		for {
			rows, next, err := list(page)
			if err != nil {
				var none Row
				yield(none, err)
				return
			}
			for _, row := range rows {
				if !seen[ref(row)] && !yield(row, nil) {
					return
				}
				seen[ref(row)] = true
			}
			if page = next; len(page) == 0 {
				return
			}
		}
	}
}

// only leaves out the rows that do not fit.
func only[Row any](fits func(Row) bool, rows iter.Seq2[Row, error]) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		for row, err := range rows {
			if (err != nil || fits(row)) && !yield(row, err) {
				return
			}
		}
	}
}

// first takes at most so many rows, and reports whether there are others.
func first[Row any](rows iter.Seq2[Row, error], most int) ([]Row, bool, error) {
	all := []Row{}
	for row, err := range rows {
		switch {
		case err != nil:
			return nil, false, err
		case len(all) == most:
			return all, true, nil
		}
		all = append(all, row)
	}
	return all, false, nil
}

// AskEach asks the workflows of some rows, several at a time. Each row keeps its own failure.
func AskEach[Row any](ctx context.Context, rows []Row, ask func(context.Context, *Row)) {
	var group errgroup.Group
	group.SetLimit(AskedAtOnce)
	for i := range rows {
		group.Go(func() error {
			ctx, cancel := context.WithTimeout(ctx, rowTimeout)
			defer cancel()
			ask(ctx, &rows[i])
			return nil
		})
	}
	_ = group.Wait()
}
