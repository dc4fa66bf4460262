// Receiver is an example of the endpoint that Waybill asks to pay refunds. It
// makes sure that a post is Waybill's, and pays once. Start from it: what you
// replace is payOut, and the map that remembers what was paid.
// docs/paying.md tells the contract.
package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"log"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
)

// refund is what Waybill asks to pay.
type refund struct {
	Key         string `json:"key"` // the same whenever Waybill asks for this refund
	Integration string `json:"integration"`
	ReturnID    int64  `json:"return_id"`
	OrderNumber string `json:"order_number"` // may be missing
	Amount      string `json:"amount"`       // a decimal such as 120.00; never make it a float
	Currency    string `json:"currency"`
}

// payment is a refund that was paid, and how it is called where that happened.
type payment struct {
	refund
	reference string
}

// receiver is the endpoint.
type receiver struct {
	secret string
	payOut func(refund) (reference string, err error)

	mu   sync.Mutex
	paid map[string]payment // by key
}

func main() {
	secret := os.Getenv("WAYBILL_PAY_KEY")
	if len(secret) < 16 {
		log.Fatal("set WAYBILL_PAY_KEY to a secret of at least 16 characters")
	}
	server := &http.Server{Addr: "127.0.0.1:8027", Handler: endpoint(secret, payOut), ReadTimeout: 10 * time.Second}
	log.Fatal(server.ListenAndServe())
}

// endpoint is the one address that Waybill is told.
func endpoint(secret string, payOut func(refund) (reference string, err error)) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("POST /refunds", &receiver{secret: secret, payOut: payOut, paid: map[string]payment{}})
	return mux
}

// payOut is where money moves. Call whoever pays for you, and hand them the key
// if they pay once per key too.
func payOut(r refund) (reference string, err error) {
	return "payout-" + strconv.FormatInt(r.ReturnID, 10), nil
}

// ServeHTTP takes one post.
func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	// The signature is about the bytes, so they are kept as they came.
	body, err := io.ReadAll(http.MaxBytesReader(w, req.Body, 64<<10))
	if err != nil {
		http.Error(w, "the body is cut off, or has more than 64 KiB", http.StatusRequestEntityTooLarge)
		return
	}
	timestamp := req.Header.Get("Waybill-Timestamp")
	if !signed(r.secret, timestamp, body, req.Header.Get("Waybill-Signature")) || !recent(timestamp, time.Now()) {
		http.Error(w, "the signature is missing, wrong or old", http.StatusUnauthorized)
		return
	}
	// The key is taken from the body, which is signed; the header is not.
	var asked refund
	if err := json.Unmarshal(body, &asked); err != nil || asked.Key == "" || asked.Amount == "" {
		http.Error(w, "the body is not a refund", http.StatusBadRequest)
		return
	}
	status, reference := r.payOnce(asked)
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]string{"reference": reference})
}

// signed reports whether one of the signatures in a header fits. There are several
// while the secret is changed.
func signed(secret, timestamp string, body []byte, header string) bool {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(timestamp + "."))
	mac.Write(body)
	want := "sha256=" + hex.EncodeToString(mac.Sum(nil))
	for given := range strings.SplitSeq(header, ",") {
		// In constant time: how long it takes shall not tell how much is right.
		if hmac.Equal([]byte(strings.TrimSpace(given)), []byte(want)) {
			return true
		}
	}
	return false
}

// recent reports whether a timestamp is at most 5 minutes off. Without this, a post
// that somebody once overheard could be sent again for ever.
func recent(timestamp string, now time.Time) bool {
	seconds, err := strconv.ParseInt(timestamp, 10, 64)
	return err == nil && now.Sub(time.Unix(seconds, 0)).Abs() <= 5*time.Minute
}

// payOnce pays a refund unless that happened before, and says what to answer.
func (r *receiver) payOnce(asked refund) (status int, reference string) {
	// In earnest this is a row in your database, with a unique key, written in the
	// same transaction as the payout. What is in memory only is forgotten when the
	// program stops, and would be paid again.
	r.mu.Lock()
	defer r.mu.Unlock()
	before, known := r.paid[asked.Key]
	switch {
	case known && (before.Amount != asked.Amount || before.Currency != asked.Currency):
		return http.StatusUnprocessableEntity, before.reference
	case known:
		return http.StatusConflict, before.reference
	}
	reference, err := r.payOut(asked)
	if err != nil {
		log.Printf("pay %s: %v", asked.Key, err)
		return http.StatusServiceUnavailable, "" // Waybill asks again, with the same key
	}
	r.paid[asked.Key] = payment{asked, reference}
	return http.StatusOK, reference
}
