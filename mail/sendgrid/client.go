// Package sendgrid posts mails to SendGrid and reads what it says of them: its answers,
// its Event Webhook and its email logs. It knows no parcel: a [delivery.Post] goes in, a
// [delivery.Outcome] and [delivery.Report]s come out.
package sendgrid

import (
	"cmp"
	"context"
	"time"

	"waybill/delivery"
)

// DefaultURL is SendGrid's global region.
const DefaultURL = "https://api.sendgrid.com"

// Config configures a client.
type Config struct {
	// Key is the API key.
	Key string
	// BaseURL is where SendGrid is, without a path; empty is [DefaultURL].
	BaseURL string
	// Sender is the address that mails come from.
	Sender string
	Pace   Pace
}

// Pace is how fast mails are posted.
type Pace struct {
	// FaultPause is how long posting stops after a configuration fault; 0 is
	// [DefaultFaultPause]. Each fault after it doubles the pause, up to ten times as long.
	FaultPause time.Duration
	// PerSecond is the most mails that one client posts in a second; 0 is no limit.
	PerSecond float64
}

// Client posts mails and looks for them. It is safe for concurrent use.
type Client struct {
	sender  string
	api     api
	breaker breaker
	turns   *turns
}

// New returns a client.
func New(c Config) *Client {
	client := &Client{sender: c.Sender, api: newAPI(c.Key, cmp.Or(c.BaseURL, DefaultURL)), turns: newTurns(c.Pace.PerSecond)}
	client.breaker.pause = cmp.Or(c.Pace.FaultPause, DefaultFaultPause)
	return client
}

// Post sends one message and returns the outcome.
func (c *Client) Post(ctx context.Context, p delivery.Post) delivery.Outcome {
	to, fault := postal(p.To)
	if fault != "" {
		return delivery.Outcome{Verdict: delivery.Refused, Why: fault, Reason: delivery.BadAddress}
	}
	if p.Subject.Kind() == delivery.OfSignIn {
		// A person waits for it, and is mailed a few an hour at most: it goes before a backlog.
		return c.breaker.soon(c.post(ctx, p, to, func() (time.Duration, bool) { return 0, true }), time.Now())
	}
	return c.post(ctx, p, to, func() (time.Duration, bool) { return c.turns.await(ctx, p.Key) })
}

// post sends a message when its turn comes, or says when that is.
func (c *Client) post(ctx context.Context, p delivery.Post, to string, turn func() (time.Duration, bool)) delivery.Outcome {
	// The breaker is asked first: a mail that it holds takes no turn from another one.
	if held, holds := c.breaker.held(time.Now()); holds {
		return held
	}
	if wait, ok := turn(); !ok {
		return delivery.Outcome{Verdict: delivery.NotSent, Why: "more mails are waiting than may be posted in a second", Reason: delivery.OwnRate, Wait: wait}
	}
	if held, ok := c.breaker.admit(time.Now()); !ok {
		return held
	}
	outcome, answered := c.api.post(ctx, compose(p, c.sender, to))
	return c.breaker.learn(outcome, answered, time.Now())
}
