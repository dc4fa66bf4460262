package sendcloud

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"time"
)

// retryPauses are Sendcloud's: ten retries, the first after five minutes, at
// most an hour apart, and then never again.
// https://sendcloud.dev/api/v3/webhooks
var retryPauses = []time.Duration{
	5 * time.Minute, 10 * time.Minute, 20 * time.Minute, 40 * time.Minute,
	time.Hour, time.Hour, time.Hour, time.Hour, time.Hour, time.Hour,
}

// Weather is what happens to webhooks on their way.
type Weather struct {
	// Duplicates is the share that is sent twice, Shuffled the share that is
	// overtaken by the next one.
	Duplicates, Shuffled float64
	// Lost says that no webhook is sent at all.
	Lost bool
	Seed uint64
}

// FailedCall is a webhook that nobody took.
type FailedCall struct {
	ID   int64
	URL  string
	Code int
	// Exception is the kind of the error if no answer came.
	Exception string
	At        time.Time
}

// courier sends webhooks in the background, each until it is taken or given up.
type courier struct {
	url, key string
	scale    float64
	client   *http.Client
	ctx      context.Context //nolint:containedctx // the life of the background work
	stop     context.CancelFunc

	mu      sync.Mutex
	weather Weather
	dice    *rand.Rand
	held    []byte
	queue   []webhookInFlight
	workers int
	pending int
	idle    chan struct{} // closed while nothing is pending
	failed  []FailedCall
	posts   int
}

// webhookInFlight is a webhook, and how often it was posted in vain.
type webhookInFlight struct {
	body  []byte
	tries int
}

// atOnce is how many webhooks are on their way at the same time.
const atOnce = 16

func newCourier(c AccountConfig) *courier {
	client := c.Client
	if client == nil {
		client = patientClient
	}
	scale := c.Scale
	if scale == 0 {
		scale = 1
	}
	ctx, stop := context.WithCancel(context.Background())
	idle := make(chan struct{})
	close(idle)
	return &courier{
		url: c.WebhookURL, key: c.SignatureKey, scale: scale, client: client,
		ctx: ctx, stop: stop, idle: idle, weather: c.Weather, dice: rand.New(rand.NewPCG(c.Weather.Seed, 1)),
	}
}

// send has a webhook sent, in the weather that there is.
func (c *courier) send(body []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.weather.Lost {
		return
	}
	bodies := [][]byte{body}
	if c.dice.Float64() < c.weather.Duplicates {
		bodies = append(bodies, body)
	}
	switch {
	case c.held != nil:
		bodies, c.held = append(bodies, c.held), nil
	case c.dice.Float64() < c.weather.Shuffled:
		c.held, bodies = bodies[0], bodies[1:]
	}
	for _, b := range bodies {
		c.start(b)
	}
}

// flush sends what was held back for a webhook that did not come any more.
func (c *courier) flush() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.held != nil {
		c.start(c.held)
		c.held = nil
	}
}

// start has one webhook sent, after those that wait already; the lock is held.
func (c *courier) start(body []byte) {
	if c.pending == 0 {
		c.idle = make(chan struct{})
	}
	c.pending++
	c.enqueue(webhookInFlight{body: body})
}

// enqueue has a webhook posted; the lock is held.
func (c *courier) enqueue(w webhookInFlight) {
	c.queue = append(c.queue, w)
	if c.workers < atOnce {
		c.workers++
		go c.work()
	}
}

// work posts webhooks until none waits.
func (c *courier) work() {
	for {
		c.mu.Lock()
		if len(c.queue) == 0 {
			c.workers--
			c.mu.Unlock()
			return
		}
		w := c.queue[0]
		c.queue = c.queue[1:]
		c.posts++
		c.mu.Unlock()
		c.deliver(w)
	}
}

// deliver posts a webhook. If it is not taken it is posted again, the same byte
// for byte, until it is given up.
func (c *courier) deliver(w webhookInFlight) {
	code, err := c.post(w.body)
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case err == nil && code/100 == 2:
	case w.tries < len(retryPauses):
		wait := time.Duration(float64(retryPauses[w.tries]) / c.scale)
		w.tries++
		time.AfterFunc(wait, func() {
			c.mu.Lock()
			defer c.mu.Unlock()
			if c.ctx.Err() == nil {
				c.enqueue(w)
			}
		})
		return
	default:
		c.giveUp(code, err)
	}
	if c.pending--; c.pending == 0 {
		close(c.idle)
	}
}

func (c *courier) post(body []byte) (code int, err error) {
	r, err := http.NewRequestWithContext(c.ctx, http.MethodPost, c.url, bytes.NewReader(body))
	if err != nil {
		return 0, fmt.Errorf("make the request: %w", err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Sendcloud-Signature", Sign(c.key, body))
	resp, err := c.client.Do(r)
	if err != nil {
		return 0, fmt.Errorf("post the webhook: %w", err)
	}
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, io.LimitReader(resp.Body, 1<<16))
	return resp.StatusCode, err
}

// giveUp notes a webhook that nobody took; the lock is held.
func (c *courier) giveUp(code int, err error) {
	call := FailedCall{ID: int64(len(c.failed) + 1), URL: c.url, Code: code, At: time.Now()}
	if err != nil {
		call.Exception = "requests.exceptions.ConnectionError"
	}
	c.failed = append(c.failed, call)
}

// rest waits until every webhook was taken or given up.
func (c *courier) rest(ctx context.Context) error {
	c.flush()
	c.mu.Lock()
	idle := c.idle
	c.mu.Unlock()
	select {
	case <-idle:
		return nil
	case <-ctx.Done():
		return errors.Join(errors.New("webhooks are still on their way"), ctx.Err())
	}
}

func (c *courier) failedCalls() []FailedCall {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.failed)
}
