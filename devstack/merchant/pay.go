package merchant

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	bodyLimit = 64 << 10
	// clockSkew is how far off a timestamp may be.
	clockSkew = 5 * time.Minute
	// shortestKey is how many characters a secret has at least.
	shortestKey = 16
)

// refund is the body of a post.
type refund struct {
	Key         string `json:"key"`
	Integration string `json:"integration"`
	ReturnID    int64  `json:"return_id"`
	OrderNumber string `json:"order_number"`
	Amount      string `json:"amount"`
	Currency    string `json:"currency"`
}

// refusal is why a post is refused, and with which status.
type refusal struct {
	status int
	why    string
}

// pay is the endpoint. The signature comes first, then the form, and a planned
// fault after both.
func (s *Server) pay(w http.ResponseWriter, r *http.Request) {
	post := Post{At: time.Now().UTC(), Key: r.Header.Get("Idempotency-Key")}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, bodyLimit))
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		s.refuse(w, post, refusal{http.StatusRequestEntityTooLarge, "the body has more than 64 KiB"})
		return
	case err != nil:
		return // the client has gone
	}
	asked, refused := s.read(r.Header, body, post.At)
	if refused != nil {
		s.refuse(w, post, *refused)
		return
	}
	planned := s.faults.Next(func(f Fault) bool { return f.Key == "" || f.Key == asked.Key })
	if planned != nil {
		post.Fault = planned.Kind
		if !planned.pays() {
			post.Outcome = Failed
			s.fail(w, r, post, *planned)
			return
		}
	}
	payment, outcome, err := s.payOnce(asked, post.At)
	if err != nil {
		post.Outcome = Failed
		s.note(post, http.StatusInternalServerError)
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	post.Outcome = outcome
	switch {
	case outcome == AnotherAmount:
		s.refuse(w, post, refusal{http.StatusUnprocessableEntity, fmt.Sprintf("%s %s was paid for this key before", payment.Amount, payment.Currency)})
	case planned != nil:
		s.fail(w, r, post, *planned)
	default:
		s.note(post, answers[outcome])
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(answers[outcome])
		_ = json.NewEncoder(w).Encode(map[string]any{"paid": true, "key": payment.Key, "reference": payment.Reference})
	}
}

// answers are the statuses that say that a refund is paid.
var answers = map[Outcome]int{Paid: http.StatusOK, PaidBefore: http.StatusConflict}

// read verifies a post and reads it.
func (s *Server) read(header http.Header, body []byte, now time.Time) (refund, *refusal) {
	var asked refund
	timestamp := header.Get("Waybill-Timestamp")
	sent, err := strconv.ParseInt(timestamp, 10, 64)
	switch {
	case !signed(s.key(), timestamp, body, header.Get("Waybill-Signature")):
		return asked, &refusal{http.StatusUnauthorized, "the signature is missing or wrong"}
	case err != nil || now.Sub(time.Unix(sent, 0)).Abs() > clockSkew:
		return asked, &refusal{http.StatusUnauthorized, "the timestamp is more than 5 minutes off"}
	case !strings.HasPrefix(header.Get("Content-Type"), "application/json"):
		return asked, &refusal{http.StatusUnsupportedMediaType, "the Content-Type has to be application/json"}
	case json.Unmarshal(body, &asked) != nil:
		return asked, &refusal{http.StatusBadRequest, "the body is not the JSON that it should be"}
	case asked.Key == "" || asked.Key != header.Get("Idempotency-Key"):
		return asked, &refusal{http.StatusBadRequest, "the key is missing, or is not the one in the header Idempotency-Key"}
	}
	if why := asked.wrong(); why != "" {
		return asked, &refusal{http.StatusBadRequest, why}
	}
	return asked, nil
}

// Sign is the content of the header Waybill-Signature.
func Sign(key, timestamp string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte(timestamp + "."))
	mac.Write(body)
	return "sha256=" + hex.EncodeToString(mac.Sum(nil))
}

// signed reports whether one of the signatures in a header fits.
func signed(key, timestamp string, body []byte, header string) bool {
	want := Sign(key, timestamp, body)
	return slices.ContainsFunc(strings.Split(header, ","), func(given string) bool {
		return hmac.Equal([]byte(strings.TrimSpace(given)), []byte(want))
	})
}

var (
	code    = regexp.MustCompile(`^[A-Z]{3}$`)
	decimal = regexp.MustCompile(`^(?:0|[1-9][0-9]*)(?:\.([0-9]+))?$`)
)

// decimals are those of the currencies that have not two, by ISO 4217.
var decimals = map[string]int{
	"BIF": 0, "CLP": 0, "DJF": 0, "GNF": 0, "ISK": 0, "JPY": 0, "KMF": 0, "KRW": 0, "PYG": 0, "RWF": 0, "UGX": 0,
	"UYI": 0, "VND": 0, "VUV": 0, "XAF": 0, "XOF": 0, "XPF": 0,
	"BHD": 3, "IQD": 3, "JOD": 3, "KWD": 3, "LYD": 3, "OMR": 3, "TND": 3,
}

// wrong says what is wrong with what is asked; empty if nothing is.
func (r refund) wrong() string {
	places, other := decimals[r.Currency]
	if !other {
		places = 2
	}
	parts := decimal.FindStringSubmatch(r.Amount)
	switch {
	case r.Integration == "":
		return "the integration is missing"
	case r.ReturnID <= 0:
		return "the return_id is missing"
	case !code.MatchString(r.Currency):
		return "the currency is not a code of three capitals, such as EUR"
	case parts == nil || len(parts[1]) != places:
		return fmt.Sprintf("the amount is not a decimal with the %d decimals of %s", places, r.Currency)
	case strings.Trim(r.Amount, "0.") == "":
		return "the amount is nothing"
	}
	return ""
}

// payOnce pays a refund, unless it was paid before: then it returns that payment.
func (s *Server) payOnce(asked refund, at time.Time) (Payment, Outcome, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if i := slices.IndexFunc(s.payments, func(p Payment) bool { return p.Key == asked.Key }); i >= 0 {
		before := s.payments[i]
		if before.Amount != asked.Amount || before.Currency != asked.Currency {
			return before, AnotherAmount, nil
		}
		return before, PaidBefore, nil
	}
	payment := Payment{
		PaidAt: at, Reference: fmt.Sprintf("PAYOUT-%04d", len(s.payments)+1), Key: asked.Key, Integration: asked.Integration,
		ReturnID: asked.ReturnID, OrderNumber: asked.OrderNumber, Amount: asked.Amount, Currency: asked.Currency,
	}
	return payment, Paid, s.keep(payment)
}

// note remembers a post with its answer.
func (s *Server) note(p Post, status int) {
	p.Status = status
	s.mu.Lock()
	defer s.mu.Unlock()
	s.posts = append(s.posts, p)
}

func (s *Server) refuse(w http.ResponseWriter, p Post, because refusal) {
	p.Outcome, p.Why = cmp.Or(p.Outcome, Refused), because.why
	s.note(p, because.status)
	http.Error(w, because.why, because.status)
}
