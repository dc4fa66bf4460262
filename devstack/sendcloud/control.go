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
	Parcel Parcel
	Status Status
	At     time.Time
}

// changesPath takes changes, with the API's keys. Sendcloud has no such thing:
// there, parcels change because carriers scan them.
const changesPath = "/simulator/changes"

const changeLimit = 64 << 10

// takeChange gives a parcel a status of which no webhook tells.
func (a *Account) takeChange(w http.ResponseWriter, r *http.Request) {
	var c Change
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, changeLimit)).Decode(&c); err != nil || c.Parcel.ID <= 0 || c.At.IsZero() {
		refuse(w, r, http.StatusBadRequest, "not a change of a parcel")
		return
	}
	if err := a.keep(c); err != nil {
		refuse(w, r, http.StatusInternalServerError, err.Error())
		return
	}
	a.set(c)
	w.WriteHeader(http.StatusNoContent)
}

// keep writes a change to the account's file, if it has one.
func (a *Account) keep(c Change) error {
	if a.file == nil {
		return nil
	}
	line, err := json.Marshal(c)
	if err != nil {
		return fmt.Errorf("keep a change: %w", err)
	}
	if _, err := a.file.Write(append(line, '\n')); err != nil {
		return fmt.Errorf("keep a change: %w", err)
	}
	return nil
}

// Remember reads the changes in a file, and writes those that follow to it. A
// last line that a crash cut off is dropped.
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
		var c Change
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			break
		}
		a.set(c)
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
func (p Panel) Set(ctx context.Context, c Change) error {
	body, err := json.Marshal(c)
	if err != nil {
		return fmt.Errorf("spell a change: %w", err)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, p.URL+changesPath, bytes.NewReader(body))
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
