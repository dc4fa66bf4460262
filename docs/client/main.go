// This is an example of a program that decides a refund by the API of Waybill. It approves a
// refund with the number that it is given, and says where that refund then stands:
//
//	WAYBILL=https://hooks.shop.example TOKEN=wbt_... go run ./docs/client demo 42
//
// It needs nothing but Go's standard library: copy it. What there is besides stands in the file
// at /api/openapi.yaml, from which generators make clients in many languages.
package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"time"
)

func main() {
	ctx, stop := context.WithTimeout(context.Background(), 2*time.Minute)
	defer stop()
	if err := run(ctx, os.Stdout, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1) //nolint:gocritic // nothing is left to stop
	}
}

func run(ctx context.Context, out io.Writer, args []string) error {
	if len(args) != 2 {
		return errors.New("name the integration and the return, as in: client demo 42")
	}
	w := waybill{address: os.Getenv("WAYBILL"), token: os.Getenv("TOKEN")}
	path := "/api/refunds/" + args[0] + "/" + args[1]
	var known struct {
		State  string            `json:"state"`
		Amount *amount           `json:"amount"`
		May    []string          `json:"may"`
		MayNot map[string]string `json:"mayNot"`
	}
	if err := w.call(ctx, http.MethodGet, path, "", nil, &known); err != nil {
		return err
	}
	if why, refused := known.MayNot["approve"]; refused {
		return errors.New(why)
	}
	var done struct {
		State string `json:"state"`
	}
	// With the amount that was seen, another one is not approved by mistake.
	order := map[string]any{}
	if known.Amount != nil {
		order["amount"] = known.Amount
	}
	// One key for all tries: however often the order is sent, it is followed once.
	key := rand.Text()
	if err := w.call(ctx, http.MethodPost, path+"/approve", key, order, &done); err != nil {
		return err
	}
	_, err := fmt.Fprintf(out, "%s is %s\n", path, done.State)
	return err
}

type amount struct {
	Value    string `json:"value"`
	Currency string `json:"currency"`
}

// waybill calls the API.
type waybill struct{ address, token string }

// problem is why the API refused a call: https://www.rfc-editor.org/rfc/rfc9457.
type problem struct {
	Detail  string `json:"detail"`
	Outcome string `json:"outcome"`
	Fields  []struct {
		Field  string `json:"field"`
		Detail string `json:"detail"`
	} `json:"fields"`
}

func (p problem) Error() string {
	text := p.Outcome + ": " + p.Detail
	for _, f := range p.Fields {
		text += fmt.Sprintf("\n  %s: %s", f.Field, f.Detail)
	}
	return text
}

// tries is how often a call is tried that is not answered, or answered 429 or 503.
const tries = 5

// call calls the API, and tries again as often and as late as the API says.
func (w waybill) call(ctx context.Context, method, path, key string, body, answer any) error {
	sent, err := json.Marshal(body)
	if err != nil {
		return err
	}
	for try := 1; ; try++ {
		wait, err := w.once(ctx, method, path, key, sent, answer)
		if err == nil || wait == 0 || try == tries {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(wait):
		}
	}
}

// once calls the API once. wait is when to try again; 0 is never.
func (w waybill) once(ctx context.Context, method, path, key string, body []byte, answer any) (wait time.Duration, err error) {
	var content io.Reader
	if method == http.MethodPost {
		content = bytes.NewReader(body)
	}
	r, err := http.NewRequestWithContext(ctx, method, w.address+path, content) //nolint:gosec // who starts the program says where Waybill is
	if err != nil {
		return 0, err
	}
	r.Header.Set("Authorization", "Bearer "+w.token)
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Idempotency-Key", key)
	}
	resp, err := http.DefaultClient.Do(r) //nolint:gosec // likewise
	if err != nil {
		return time.Second, err
	}
	defer resp.Body.Close()
	if resp.StatusCode == http.StatusOK {
		return 0, json.NewDecoder(resp.Body).Decode(answer)
	}
	var refused problem
	if err := json.NewDecoder(resp.Body).Decode(&refused); err != nil || refused.Outcome == "" {
		return time.Second, fmt.Errorf("%s %s was answered %s", method, path, resp.Status)
	}
	if resp.StatusCode == http.StatusTooManyRequests || resp.StatusCode == http.StatusServiceUnavailable {
		seconds, err := strconv.Atoi(resp.Header.Get("Retry-After"))
		if err != nil {
			seconds = 1
		}
		return time.Duration(max(seconds, 1)) * time.Second, refused
	}
	return 0, refused
}
