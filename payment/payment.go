// Package payment is the contract with the merchant's own endpoint, which pays refunds
// out: a signed HTTP call with an idempotency key, and the meaning of its answers.
// docs/paying.md describes it for the merchant's developer.
package payment

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"waybill/httpclient"
	"waybill/refund"
)

// The headers of the call.
const (
	KeyHeader       = "Idempotency-Key"
	TimestampHeader = "Waybill-Timestamp"
	SignatureHeader = "Waybill-Signature"
)

// Endpoint is where a merchant pays refunds out.
type Endpoint struct {
	// URL is an https address, or an http one on this machine.
	URL string
	// Keys all sign the call, so that a key can be changed without a refused call.
	Keys [][]byte
}

// Address is the host and path of the endpoint, as the decision log names it: without
// credentials, query and fragment. It is empty if the URL is not valid.
func (e Endpoint) Address() string {
	u, err := url.Parse(e.URL)
	if err != nil {
		return ""
	}
	return strings.ToLower(u.Host) + strings.TrimSuffix(u.EscapedPath(), "/")
}

// Order is an order to pay a customer.
type Order struct {
	// Key is the idempotency key: the endpoint pays once under it.
	Key         string
	Integration string
	ReturnID    int64
	OrderNumber string
	Amount      refund.Money
	// Test says that nothing is to be paid: see [Simulate].
	Test bool
}

// Unanswered means that it is not known whether the money was paid, or that the endpoint
// asks to be called again. It is safe to call again under the same key.
type Unanswered struct {
	Why string
	// Wait is how long the endpoint asks us to wait; 0 if it does not.
	Wait time.Duration
}

func (u *Unanswered) Error() string { return u.Why }

// The limits of a call. An activity's time-out has to lie clearly above Timeout.
const (
	Timeout     = 30 * time.Second
	answerLimit = 16 << 10
)

var client = httpclient.New(Timeout, answerLimit)

// Pay asks an endpoint to pay, once. The error is an [*Unanswered].
func Pay(ctx context.Context, to Endpoint, o Order, now time.Time) (refund.Payment, error) {
	body, err := json.Marshal(struct {
		Key         string `json:"key"`
		Integration string `json:"integration"`
		ReturnID    int64  `json:"return_id"`
		OrderNumber string `json:"order_number,omitempty"`
		Amount      string `json:"amount"`
		Currency    string `json:"currency"`
		Test        bool   `json:"test,omitempty"`
	}{o.Key, o.Integration, o.ReturnID, o.OrderNumber, o.Amount.Digits(), o.Amount.Currency, o.Test})
	if err != nil {
		return refund.Payment{Outcome: refund.Refused, Why: "the order to pay cannot be encoded as JSON"}, nil
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, to.URL, bytes.NewReader(body))
	if err != nil {
		return refund.Payment{Outcome: refund.Refused, Why: "the address of the shop's endpoint is not valid"}, nil
	}
	// Because of the key, net/http would repeat the call by itself. Without GetBody it
	// cannot, so that we know of each call.
	r.GetBody = nil
	timestamp := strconv.FormatInt(now.Unix(), 10)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("User-Agent", "Waybill")
	r.Header.Set(KeyHeader, o.Key)
	r.Header.Set(TimestampHeader, timestamp)
	r.Header.Set(SignatureHeader, signatures(to.Keys, timestamp, body))
	resp, err := client.Do(r)
	if err != nil {
		return refund.Payment{}, &Unanswered{Why: "the shop's endpoint did not answer (" + httpclient.Fault(err) + ")"}
	}
	defer resp.Body.Close()
	said, err := io.ReadAll(resp.Body)
	if err != nil {
		return refund.Payment{}, &Unanswered{Why: fmt.Sprintf("the answer %d of the shop's endpoint broke off", resp.StatusCode)}
	}
	return judge(resp, said, o.Key)
}

// signatures signs a body with every key.
func signatures(keys [][]byte, timestamp string, body []byte) string {
	all := make([]string, len(keys))
	for i, key := range keys {
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(timestamp + "."))
		mac.Write(body)
		all[i] = "sha256=" + hex.EncodeToString(mac.Sum(nil))
	}
	return strings.Join(all, ",")
}
