// Receiver is an example of the endpoint that Waybill asks to pay refunds. It
// makes sure that a request comes from Waybill, and pays once. Start from it:
// replace payOut, and the map that remembers what was paid.
// docs/paying.md describes the contract.
package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"flag"
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
	Test        bool   `json:"test"` // from "waybill refunds simulate-payment": move no money
}

// payment is a refund that was paid, with the payment provider's reference.
type payment struct {
	refund
	reference string
}

// answer says that a refund is paid. Waybill counts nothing else as paid.
type answer struct {
	Paid      bool   `json:"paid"`
	Key       string `json:"key"` // of the request
	Reference string `json:"reference,omitempty"`
}

// receiver handles requests to pay.
type receiver struct {
	secret string
	payOut func(refund) (reference string, err error)

	mu   sync.Mutex
	paid map[string]payment // by key
}

func main() {
	listen := flag.String("listen", "127.0.0.1:8029", "`address` to listen on")
	flag.Parse()
	secret := os.Getenv("WAYBILL_PAY_KEY")
	if len(secret) < 16 {
		log.Fatal("set WAYBILL_PAY_KEY to a secret of at least 16 characters")
	}
	server := &http.Server{Addr: *listen, Handler: endpoint(secret, payOut), ReadTimeout: 10 * time.Second}
	log.Printf("taking requests to pay at http://%s/refunds; what was paid is forgotten at the end", *listen)
	log.Fatal(server.ListenAndServe())
}

// endpoint serves the address that you give to Waybill.
func endpoint(secret string, payOut func(refund) (reference string, err error)) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("POST /refunds", &receiver{secret: secret, payOut: payOut, paid: map[string]payment{}})
	return mux
}

// payOut moves the money. Call your payment provider here. If the provider has
// idempotency keys too, pass the key on.
func payOut(r refund) (reference string, err error) {
	if r.Test {
		return "test", nil
	}
	return "payout-" + strconv.FormatInt(r.ReturnID, 10), nil
}

// ServeHTTP handles one request.
func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	// The signature covers the raw bytes, so keep them unchanged.
	body, err := io.ReadAll(http.MaxBytesReader(w, req.Body, 64<<10))
	if err != nil {
		http.Error(w, "the body is cut off, or has more than 64 KiB", http.StatusRequestEntityTooLarge)
		return
	}
	timestamp := req.Header.Get("Waybill-Timestamp")
	if !signed(r.secret, timestamp, body, req.Header.Get("Waybill-Signature")) || !recent(timestamp, time.Now()) {
		log.Printf("401: the signature is missing, wrong or old")
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
	log.Printf("%d: %s, %s %s", status, asked.Key, asked.Currency, asked.Amount)
	paid := status == http.StatusOK || status == http.StatusConflict
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(answer{Paid: paid, Key: asked.Key, Reference: reference})
}

// signed reports whether one of the signatures in a header matches. There are
// several while the secret is being changed.
func signed(secret, timestamp string, body []byte, header string) bool {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(timestamp + "."))
	mac.Write(body)
	want := "sha256=" + hex.EncodeToString(mac.Sum(nil))
	for given := range strings.SplitSeq(header, ",") {
		// Compare in constant time, so that the time taken reveals nothing.
		if hmac.Equal([]byte(strings.TrimSpace(given)), []byte(want)) {
			return true
		}
	}
	return false
}

// recent reports whether a timestamp is at most 5 minutes off. Without this check,
// an attacker could replay a recorded request at any later time.
func recent(timestamp string, now time.Time) bool {
	seconds, err := strconv.ParseInt(timestamp, 10, 64)
	return err == nil && now.Sub(time.Unix(seconds, 0)).Abs() <= 5*time.Minute
}

// payOnce pays a refund unless its key was paid before, and returns the answer.
func (r *receiver) payOnce(asked refund) (status int, reference string) {
	// In production, replace the map with a database row that has a unique key, and
	// write it in the same transaction as the payout. A map loses the keys when the
	// program stops, and the refunds would be paid again.
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
