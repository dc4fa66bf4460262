package payment_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"waybill/payment"
	"waybill/refund"
)

// The example of docs/paying.md, whose reader checks another language against it.
const (
	exampleKey       = "a secret of the example"
	exampleTime      = 1793620800
	exampleBody      = `{"key":"refund:demo:42","integration":"demo","return_id":42,"order_number":"1042","amount":"120.00","currency":"EUR"}`
	exampleSignature = "sha256=6c2bb877915d1a94e703482b38027a3b7577cfed6511bbdcc72685a984c5f11f"
)

func money(t *testing.T, amount, currency string) refund.Money {
	t.Helper()
	m, err := refund.ParseMoney(amount, currency)
	require.NoError(t, err)
	return m
}

func exampleOrder(t *testing.T) payment.Order {
	t.Helper()
	return payment.Order{Key: "refund:demo:42", Integration: "demo", ReturnID: 42, OrderNumber: "1042", Amount: money(t, "120.00", "EUR")}
}

// post is one that came.
type post struct {
	path   string
	header http.Header
	body   string
}

// endpoint is a shop's own, and answers as the test says.
type endpoint struct {
	*testing.T
	server *httptest.Server
	mu     sync.Mutex
	posts  []post
}

func newEndpoint(t *testing.T, answer http.HandlerFunc) *endpoint {
	t.Helper()
	e := &endpoint{T: t}
	ctx, cancel := context.WithCancel(context.Background())
	e.server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		e.mu.Lock()
		e.posts = append(e.posts, post{r.Method + " " + r.URL.Path, r.Header, string(body)})
		e.mu.Unlock()
		answer(w, r)
	}))
	e.server.Config.BaseContext = func(net.Listener) context.Context { return ctx } // posts that hang end with it
	e.server.Start()
	t.Cleanup(func() {
		cancel()
		e.server.Close()
	})
	return e
}

// came are the posts so far.
func (e *endpoint) came() []post {
	e.mu.Lock()
	defer e.mu.Unlock()
	return append([]post(nil), e.posts...)
}

func (e *endpoint) at(path string, keys ...string) payment.Endpoint {
	at := payment.Endpoint{URL: e.server.URL + path}
	for _, key := range keys {
		at.Keys = append(at.Keys, []byte(key))
	}
	return at
}

// pay has the endpoint pay the example.
func (e *endpoint) pay(ctx context.Context) (refund.Payment, error) {
	e.Helper()
	return payment.Pay(ctx, e.at("/refunds", exampleKey), exampleOrder(e.T), time.Unix(exampleTime, 0))
}

func answering(code int, header, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		if name, value, ok := strings.Cut(header, ": "); ok {
			w.Header().Set(name, value)
		}
		w.WriteHeader(code)
		_, _ = io.WriteString(w, body)
	}
}

func TestWhatEachAnswerMeans(t *testing.T) {
	paid := func(outcome refund.Outcome, reference string) refund.Payment {
		return refund.Payment{Outcome: outcome, Reference: reference}
	}
	refused := func(why string) refund.Payment {
		return refund.Payment{Outcome: refund.Refused, Why: "the shop's endpoint answered " + why}
	}
	doubt := func(why string) refund.Payment {
		return refund.Payment{Outcome: refund.Doubt, Why: "the shop's endpoint answered " + why}
	}
	unproven := func(why string) refund.Payment {
		return doubt(why + `: this does not say that the refund is paid. Check WAYBILL_PAY_URL_<INTEGRATION>, and see "What your endpoint does" in docs/paying.md`)
	}
	again := func(why string, wait time.Duration) *payment.Unanswered {
		return &payment.Unanswered{Why: "the shop's endpoint answered " + why, Wait: wait}
	}
	for _, c := range []struct {
		name         string
		code         int
		header, body string
		want         refund.Payment
		open         *payment.Unanswered
	}{
		{"paid", 200, "", `{"paid":true,"key":"refund:demo:42","reference":"payout-42"}`, paid(refund.PaidNow, "payout-42"), nil},
		{"paid, and no more said", 200, "", `{"paid":true,"key":"refund:demo:42"}`, paid(refund.PaidNow, ""), nil},
		{"paid, with a reference that is no text", 200, "", `{"paid":true,"key":"refund:demo:42","reference":42}`, paid(refund.PaidNow, ""), nil},
		{"made", 201, "", `{"paid":true,"key":"refund:demo:42","reference":"payout-42","more":true}`, paid(refund.PaidNow, "payout-42"), nil},
		{"paid before", 409, "", `{"paid":true,"key":"refund:demo:42","reference":"payout-42"}`, paid(refund.PaidBefore, "payout-42"), nil},
		{"paid before, and no more said", 409, "", `{"key":"refund:demo:42"}`, paid(refund.PaidBefore, ""), nil},

		{"a page for every address", 200, "", "<!doctype html><h1>Welcome</h1>", unproven("200 OK, but its body is not a JSON object"), nil},
		{"nothing said", 200, "", "", unproven("200 OK, but its body is not a JSON object"), nil},
		{"nothing to say", 204, "", "", unproven("204 No Content, but its body is not a JSON object"), nil},
		{"a list", 200, "", `[{"paid":true,"key":"refund:demo:42"}]`, unproven("200 OK, but its body is not a JSON object"), nil},
		{"null", 200, "", `null`, unproven(`200 OK, but its body lacks "paid": true`), nil},
		{"another program's answer", 200, "", `{"status":"ok"}`, unproven(`200 OK, but its body lacks "paid": true`), nil},
		{"paid in words", 200, "", `{"paid":"true","key":"refund:demo:42"}`, unproven(`200 OK, but its body lacks "paid": true`), nil},
		{"taken, and not paid", 202, "", `{"paid":false,"key":"refund:demo:42"}`, unproven(`202 Accepted, but its body lacks "paid": true`), nil},
		{"paid without a key", 200, "", `{"paid":true,"reference":"payout-42"}`, unproven(`200 OK, but its body lacks the "key" of the request`), nil},
		{"another refund is paid", 200, "", `{"paid":true,"key":"refund:demo:4"}`, unproven(`200 OK, but its body lacks the "key" of the request`), nil},
		{"a conflict about nobody knows what", 409, "", `{"reference":"payout-42"}`, unproven(`409 Conflict, but its body lacks the "key" of the request`), nil},
		{"a conflict because it is being paid", 409, "", `{"paid":false,"key":"refund:demo:42"}`, unproven(`409 Conflict, but its body does not say "paid": true`), nil},
		{"a conflict that denies it in a word", 409, "", `{"paid":"false","key":"refund:demo:42"}`, unproven(`409 Conflict, but its body does not say "paid": true`), nil},
		{"a conflict that denies it in a number", 409, "", `{"paid":0,"key":"refund:demo:42"}`, unproven(`409 Conflict, but its body does not say "paid": true`), nil},
		{"a conflict in words", 409, "", "Conflict", unproven("409 Conflict, but its body is not a JSON object"), nil},

		{"wrong signature", 401, "", `{"error":"jane.doe@example.com"}`, refused("401 Unauthorized"), nil},
		{"not there", 404, "", "", refused("404 Not Found"), nil},
		{"paid before with another amount", 422, "", `{"reference":"payout-42"}`, doubt("422 Unprocessable Entity, which says that it has paid this key before, with another amount"), nil},
		{"a code that nobody knows", 499, "", "", refused("499"), nil},
		{"moved", 301, "Location: /refunds/", "", refused("301 Moved Permanently"), nil},
		{"done, see there", 303, "Location: /thanks/", "", doubt("303 See Other, with which web pages also answer after their work"), nil},
		{"found elsewhere", 302, "Location: /refunds/", "", doubt("302 Found, with which web pages also answer after their work"), nil},
		{"moved, with the body", 307, "Location: /refunds/", "", refused("307 Temporary Redirect"), nil},
		{"moved for good, with the body", 308, "Location: /refunds/", "", refused("308 Permanent Redirect"), nil},

		{"took too long", 408, "", "", refund.Payment{}, again("408 Request Timeout", 0)},
		{"too early", 425, "", "", refund.Payment{}, again("425 Too Early", 0)},
		{"too many", 429, "", "", refund.Payment{}, again("429 Too Many Requests", 0)},
		{"too many, for a while", 429, "Retry-After: 120", "", refund.Payment{}, again("429 Too Many Requests", 2*time.Minute)},
		{"too many, for a day", 429, "Retry-After: 86400", "", refund.Payment{}, again("429 Too Many Requests", time.Hour)},
		{"too many, for a thousand years", 429, "Retry-After: 31536000000", "", refund.Payment{}, again("429 Too Many Requests", time.Hour)},
		{"too many, since a while", 429, "Retry-After: -5", "", refund.Payment{}, again("429 Too Many Requests", 0)},
		{"too many, for how long nobody can read", 429, "Retry-After: a while", "", refund.Payment{}, again("429 Too Many Requests", 0)},
		{"broken", 500, "", `{"reference":"payout-42"}`, refund.Payment{}, again("500 Internal Server Error", 0)},
		{"a proxy", 502, "", "", refund.Payment{}, again("502 Bad Gateway", 0)},
		{"away", 503, "Retry-After: 7", "", refund.Payment{}, again("503 Service Unavailable", 7*time.Second)},
		{"a slow proxy", 504, "", "", refund.Payment{}, again("504 Gateway Timeout", 0)},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := newEndpoint(t, answering(c.code, c.header, c.body))
			got, err := e.pay(e.Context())
			require.Len(t, e.came(), 1, "asked once, and nowhere else")
			if c.open != nil {
				var open *payment.Unanswered
				require.ErrorAs(t, err, &open)
				require.Equal(t, c.open, open)
				require.Zero(t, got)
				return
			}
			require.NoError(t, err)
			got.Why = strings.TrimSpace(got.Why) // a code without a name
			require.Equal(t, c.want, got)
		})
	}
}

func TestASignatureIsWhatTheDocumentationSays(t *testing.T) {
	e := newEndpoint(t, answering(http.StatusOK, "", ""))
	_, err := e.pay(e.Context())
	require.NoError(t, err)
	came := e.came()[0]
	require.Equal(t, "POST /refunds", came.path)
	require.Equal(t, exampleBody, came.body) //nolint:testifylint // these very bytes are signed
	want := map[string]string{
		"Content-Type": "application/json", payment.KeyHeader: "refund:demo:42",
		payment.TimestampHeader: "1793620800", payment.SignatureHeader: exampleSignature,
	}
	for name, value := range want {
		require.Equal(t, value, came.header.Get(name))
	}
	page, err := os.ReadFile("../docs/paying.md")
	require.NoError(t, err)
	for name, value := range want {
		require.Contains(t, string(page), "    "+name+": "+value+"\n")
	}
	for _, said := range []string{"    " + exampleBody + "\n", "`" + exampleKey + "`", "`" + exampleSignature + "`"} {
		require.Contains(t, string(page), said)
	}
}

// The table of the page names what is posted, and all of it.
func TestTheDocumentationNamesEveryField(t *testing.T) {
	page, err := os.ReadFile("../docs/paying.md")
	require.NoError(t, err)
	_, table, _ := strings.Cut(string(page), "| field | holds |")
	table, _, _ = strings.Cut(table, "\n\n")
	var told []string
	for _, row := range regexp.MustCompile("(?m)^\\| `([a-z_]+)` \\|").FindAllStringSubmatch(table, -1) {
		told = append(told, row[1])
	}
	var posted []string
	for _, field := range regexp.MustCompile(`"([a-z_]+)":`).FindAllStringSubmatch(exampleBody, -1) {
		posted = append(posted, field[1])
	}
	require.Equal(t, append(posted, "test"), told)
}

func TestWhatIsPosted(t *testing.T) {
	for _, c := range []struct {
		name  string
		order payment.Order
		want  string
	}{
		{"no order number", payment.Order{Key: "k", Integration: "my-shop", ReturnID: 7, Amount: money(t, "5", "EUR")}, `{"key":"k","integration":"my-shop","return_id":7,"amount":"5.00","currency":"EUR"}`},
		{"yen", payment.Order{Key: "k", Integration: "demo", ReturnID: 7, Amount: money(t, "1200", "JPY")}, `{"key":"k","integration":"demo","return_id":7,"amount":"1200","currency":"JPY"}`},
		{"dinars", payment.Order{Key: "k", Integration: "demo", ReturnID: 7, Amount: money(t, "1.5", "KWD")}, `{"key":"k","integration":"demo","return_id":7,"amount":"1.500","currency":"KWD"}`},
		{"an order number with everything", payment.Order{Key: "k", Integration: "demo", ReturnID: 7, OrderNumber: "\"1\"\n<é>", Amount: money(t, "5", "EUR")}, `{"key":"k","integration":"demo","return_id":7,"order_number":"\"1\"\n<é>","amount":"5.00","currency":"EUR"}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := newEndpoint(t, answering(http.StatusOK, "", ""))
			_, err := payment.Pay(t.Context(), e.at("/", exampleKey), c.order, time.Now())
			require.NoError(t, err)
			require.JSONEq(t, c.want, e.came()[0].body)
		})
	}
}

func TestTwoKeysSignBoth(t *testing.T) {
	e := newEndpoint(t, answering(http.StatusOK, "", ""))
	_, err := payment.Pay(t.Context(), e.at("/refunds", "the new secret of two", "the old secret of two"), exampleOrder(t), time.Unix(exampleTime, 0))
	require.NoError(t, err)
	came := e.came()[0]
	var want []string
	for _, key := range []string{"the new secret of two", "the old secret of two"} {
		mac := hmac.New(sha256.New, []byte(key))
		mac.Write([]byte("1793620800." + came.body))
		want = append(want, "sha256="+hex.EncodeToString(mac.Sum(nil)))
	}
	require.Equal(t, strings.Join(want, ","), came.header.Get(payment.SignatureHeader), "the new one first")
	require.Len(t, came.header.Values(payment.SignatureHeader), 1)
}

func TestAReferenceIsCleanedAndCutShort(t *testing.T) {
	for reference, want := range map[string]string{
		`"pay\nout\u0000-\u202e42\u200b"`:    "payout-42",
		`"` + strings.Repeat("é", 101) + `"`: strings.Repeat("é", 100),
		`"\ud800"`:                           "\uFFFD",
		`null`:                               "",
		`{"number":42}`:                      "",
	} {
		e := newEndpoint(t, answering(http.StatusOK, "", `{"paid":true,"key":"refund:demo:42","reference":`+reference+`}`))
		got, err := e.pay(e.Context())
		require.NoError(t, err)
		require.Equal(t, refund.Payment{Outcome: refund.PaidNow, Reference: want}, got, "%.60s", reference)
	}
}

// An answer is read up to a limit. What is cut off there says nothing.
func TestAnEndlessAnswerProvesNothing(t *testing.T) {
	e := newEndpoint(t, answering(http.StatusOK, "", `{"paid":true,"key":"refund:demo:42","reference":"`+strings.Repeat("x", 20<<10)+`"}`))
	got, err := e.pay(e.Context())
	require.NoError(t, err)
	require.Equal(t, refund.Doubt, got.Outcome)
}

func TestTheAddressIsHostAndPath(t *testing.T) {
	for url, want := range map[string]string{
		"https://shop.example/refunds":                    "shop.example/refunds",
		"https://jane:secret@shop.example:8443/a/b?t=1#c": "shop.example:8443/a/b",
		"https://Shop.Example":                            "shop.example",
		"https://shop.example/":                           "shop.example",
		"https://shop.example/a%2Fb":                      "shop.example/a%2Fb",
		"https://shop.example/%zz":                        "",
		"":                                                "",
	} {
		require.Equal(t, want, payment.Endpoint{URL: url}.Address(), url)
	}
}
