package sendcloud

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"
)

// Player sends the webhooks of journeys.
type Player struct {
	// URL is the webhook's address, Key the key that it is signed with.
	URL, Key string
	// Pace is the pause between two steps; 0 is none.
	Pace time.Duration
	// Panel is the account that the parcels are in; nil if its API is not asked.
	Panel *Panel
	// Client is one that waits for an answer for a bounded time if nil.
	Client *http.Client
}

// patientClient lets no journey hang because the door does.
var patientClient = &http.Client{Timeout: 30 * time.Second}

// Sendcloud tries ten times in seven hours; a demo has less time.
const (
	tries    = 6
	maxPause = 5 * time.Second
)

// Play sends a parcel on a journey that ends now. report is told of each step.
func (p Player) Play(ctx context.Context, j Journey, parcel Parcel, report func(line string)) error {
	end := time.Now()
	for i, step := range j.Steps {
		if i > 0 {
			if err := pause(ctx, p.Pace); err != nil {
				return err
			}
		}
		at := end.Add(-step.Ago)
		if err := p.tell(ctx, parcel, step, at, report); err != nil {
			return err
		}
		// Afterwards: nobody shall find what is just being told.
		if p.Panel != nil {
			if err := p.Panel.Set(ctx, Change{parcel, step.Status, at}); err != nil {
				return err
			}
		}
	}
	return nil
}

// tell tells of one step, unless its webhook gets lost.
func (p Player) tell(ctx context.Context, parcel Parcel, step Step, at time.Time, report func(line string)) error {
	line := fmt.Sprintf("%5d  %-32s ", step.Status.ID, step.Status.Message)
	if step.Lost {
		report(line + "the webhook gets lost")
		return nil
	}
	body := parcel.Body(step.Status, at)
	for range 1 + step.Copies {
		answer, err := p.Send(ctx, body)
		if err != nil {
			return fmt.Errorf("tell of status %d of parcel %d: %w", step.Status.ID, parcel.ID, err)
		}
		report(line + answer)
	}
	return nil
}

// Send posts a signed webhook until it is taken, or refused too often.
func (p Player) Send(ctx context.Context, body []byte) (answer string, err error) {
	for try := 1; ; try++ {
		var wait time.Duration
		answer, wait, err = p.post(ctx, body)
		if err == nil || try == tries {
			return answer, err
		}
		if wait == 0 {
			wait = time.Duration(try) * 500 * time.Millisecond
		}
		if paused := pause(ctx, min(wait, maxPause)); paused != nil {
			return "", err
		}
	}
}

func (p Player) post(ctx context.Context, body []byte) (answer string, wait time.Duration, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, p.URL, bytes.NewReader(body))
	if err != nil {
		return "", 0, err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Sendcloud-Signature", Sign(p.Key, body))
	client := p.Client
	if client == nil {
		client = patientClient
	}
	resp, err := client.Do(r)
	if err != nil {
		return "", 0, fmt.Errorf("nobody takes webhooks at %s (is the stack running? start it with: make run): %w", p.URL, err)
	}
	defer resp.Body.Close()
	said, _ := io.ReadAll(io.LimitReader(resp.Body, 1<<12))
	answer = fmt.Sprintf("%d %s", resp.StatusCode, bytes.TrimSpace(said))
	if resp.StatusCode/100 != 2 {
		seconds, _ := strconv.Atoi(resp.Header.Get("Retry-After"))
		return answer, time.Duration(seconds) * time.Second, fmt.Errorf("the door answered %s", answer)
	}
	return answer, 0, nil
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}
