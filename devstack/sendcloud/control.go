package sendcloud

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"time"
)

// Change is a status that a parcel gets: what an account is told over HTTP, and
// what it keeps in its file.
type Change struct {
	Parcel Parcel    `json:",omitzero"`
	Status Status    `json:",omitzero"`
	At     time.Time `json:",omitzero"`
}

// line is a line of the account's file: a change, or a return as it is from then on.
type line struct {
	Change
	Return *Return `json:",omitempty"`
}

// These take changes and returns, with the API's keys. Sendcloud has no such thing:
// there, parcels change because carriers scan them, and customers file returns.
const (
	changesPath = "/simulator/changes"
	returnsPath = "/simulator/returns"
	webhookPath = "/simulator/webhook"
)

const changeLimit = 64 << 10

// takeChange gives a parcel a status of which no webhook tells.
func (a *Account) takeChange(w http.ResponseWriter, r *http.Request) {
	var c Change
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, changeLimit)).Decode(&c); err != nil || c.Parcel.ID <= 0 || c.At.IsZero() {
		refuse(w, r, http.StatusBadRequest, "not a change of a parcel")
		return
	}
	if err := a.keep(line{Change: c}); err != nil {
		refuse(w, r, http.StatusInternalServerError, err.Error())
		return
	}
	a.set(c)
	w.WriteHeader(http.StatusNoContent)
}

// Webhook is what the panel shows of an integration's webhook.
type Webhook struct {
	Active bool
	// FailingSince is zero if it does not fail.
	FailingSince time.Time
}

// takeWebhook switches the integration's webhook on or off, and has it fail or not; the
// lock is held.
func (a *Account) takeWebhook(w http.ResponseWriter, r *http.Request) {
	var told Webhook
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, changeLimit)).Decode(&told); err != nil {
		refuse(w, r, http.StatusBadRequest, "not a webhook")
		return
	}
	a.panel.WebhookActive, a.panel.FailingSince = told.Active, told.FailingSince
	w.WriteHeader(http.StatusNoContent)
}

// takeReturn makes a return, or changes what is told of one that is there. No
// webhook tells of it.
func (a *Account) takeReturn(w http.ResponseWriter, r *http.Request) {
	var named Return
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, changeLimit))
	if err != nil || json.Unmarshal(body, &named) != nil || named.ID <= 0 {
		refuse(w, r, http.StatusBadRequest, "not a return")
		return
	}
	changed, ok := a.findReturn(named.ID)
	if !ok && named.CreatedAt.IsZero() {
		refuse(w, r, http.StatusNotFound, fmt.Sprintf("there is no return %d; to make it, say when it was made", named.ID))
		return
	}
	err = json.Unmarshal(body, &changed) // what is not told stays
	if err == nil {
		err = a.keep(line{Return: &changed})
	}
	if err != nil {
		refuse(w, r, http.StatusInternalServerError, err.Error())
		return
	}
	a.setReturn(changed)
	w.WriteHeader(http.StatusNoContent)
}

// keep writes a line to the account's file, if it has one.
func (a *Account) keep(l line) error {
	if a.file == nil {
		return nil
	}
	raw, err := json.Marshal(l)
	if err != nil {
		return fmt.Errorf("keep a change: %w", err)
	}
	if _, err := a.file.Write(append(raw, '\n')); err != nil {
		return fmt.Errorf("keep a change: %w", err)
	}
	return nil
}

// Remember reads the changes and returns in a file, and writes those that follow to
// it. A last line that a crash cut off is dropped.
func (a *Account) Remember(path string) error {
	raw, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("read the account's file: %w", err)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	whole := 0
	lines := bufio.NewScanner(bytes.NewReader(raw))
	lines.Buffer(nil, changeLimit)
	for lines.Scan() {
		var l line
		if err := json.Unmarshal(lines.Bytes(), &l); err != nil {
			break
		}
		if l.Return != nil {
			a.setReturn(*l.Return)
		} else {
			a.set(l.Change)
		}
		whole += len(lines.Bytes()) + 1
	}
	if whole < len(raw) {
		if err := os.Truncate(path, int64(whole)); err != nil {
			return fmt.Errorf("drop a line that was cut off: %w", err)
		}
	}
	if a.file, err = os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600); err != nil {
		return fmt.Errorf("open the account's file: %w", err)
	}
	return nil
}

// Panel is an account in another process.
type Panel struct {
	// URL is where it is; PublicKey and SecretKey are its API keys.
	URL, PublicKey, SecretKey string
}

// Set gives a parcel a status of which no webhook tells.
func (p Panel) Set(ctx context.Context, c Change) error { return p.post(ctx, changesPath, c) }

// SetWebhook has the panel show an integration's webhook like this, and tells nobody.
func (p Panel) SetWebhook(ctx context.Context, w Webhook) error { return p.post(ctx, webhookPath, w) }

// FileReturn makes a return, of which no webhook tells. Of one that is there, it
// changes what is told and nothing else.
func (p Panel) FileReturn(ctx context.Context, r Return) error { return p.post(ctx, returnsPath, r) }

// MarkRefunded is the panel's button: it marks a return as refunded.
func (p Panel) MarkRefunded(ctx context.Context, id int64, at time.Time) error {
	return p.post(ctx, returnsPath, Return{ID: id, RefundedAt: at})
}

func (p Panel) post(ctx context.Context, path string, change any) error {
	body, err := json.Marshal(change)
	if err != nil {
		return fmt.Errorf("spell a change: %w", err)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, p.URL+path, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("make the request: %w", err)
	}
	r.SetBasicAuth(p.PublicKey, p.SecretKey)
	resp, err := patientClient.Do(r)
	if err != nil {
		return fmt.Errorf("tell the simulator of Sendcloud of a change (is the stack running? start it with: make run): %w", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusNoContent {
		said, _ := io.ReadAll(io.LimitReader(resp.Body, 1<<10))
		return fmt.Errorf("the simulator of Sendcloud answers %d %s", resp.StatusCode, said)
	}
	return nil
}
