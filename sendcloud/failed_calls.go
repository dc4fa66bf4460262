package sendcloud

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"time"
)

type failedCall struct {
	At   moment `json:"created_at"`
	URL  text   `json:"full_url"`
	Code whole  `json:"response_code"`
}

func (c *client) FailedCalls(ctx context.Context, since time.Time, page func(failed int) error) error {
	return c.failedCalls(ctx, since, func(calls []failedCall) error { return page(len(calls)) })
}

func (c *client) Unverified(ctx context.Context, since time.Time, address string) (count int, last time.Time, err error) {
	err = c.failedCalls(ctx, since, func(calls []failedCall) error {
		for _, call := range calls {
			if call.Code.n == http.StatusUnauthorized && WithoutPassword(call.URL.exact()) == address {
				if count++; call.At.After(last) {
					last = call.At.Time
				}
			}
		}
		return nil
	})
	return count, last, err
}

// WithoutPassword is an address without its user and password; empty if it is not valid.
func WithoutPassword(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	u.User = nil
	return u.String()
}

// failedCalls reads a log that only version 3 has, page by page. Pages hold the calls after
// a moment.
func (c *client) failedCalls(ctx context.Context, since time.Time, page func([]failedCall) error) error {
	if err := c.numbered(); err != nil {
		return err
	}
	path := fmt.Sprintf("api/v3/integrations/%d/logs", c.integration)
	for calls, err := range pages[failedCall](ctx, c, path, "data", url.Values{"page_size": {"100"}}) {
		if err != nil {
			return err
		}
		var fresh []failedCall
		for _, call := range calls {
			if call.At.After(since) {
				fresh = append(fresh, call)
			}
		}
		// They come newest first, so one that is too old ends the walk.
		if err := page(fresh); err != nil || len(fresh) < len(calls) {
			return err
		}
	}
	return nil
}
