package merchant_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"waybill/devstack/merchant"
)

const secret = "a secret of the example"

// good is a refund that is paid.
const good = `{"key":"refund:demo:42","integration":"demo","return_id":42,"order_number":"1042","amount":"120.00","currency":"EUR"}`

type shop struct {
	*testing.T
	url    string
	server *merchant.Server
}

func newShop(t *testing.T, file string) shop {
	t.Helper()
	s, err := merchant.New(merchant.Config{Key: secret, File: file})
	require.NoError(t, err)
	h := httptest.NewServer(s)
	t.Cleanup(h.Close)
	return shop{T: t, url: h.URL, server: s}
}

// ask is a post, signed as Waybill does; each change makes it another one.
func (s shop) ask(ctx context.Context, body string, changes ...func(http.Header)) (*http.Response, string, error) {
	s.Helper()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url+merchant.Path, strings.NewReader(body))
	require.NoError(s, err)
	r.Header.Set("Content-Type", "application/json")
	if _, key, ok := strings.Cut(body, `"key":"`); ok {
		key, _, _ = strings.Cut(key, `"`)
		r.Header.Set("Idempotency-Key", key)
	}
	sign(time.Now(), body)(r.Header)
	for _, change := range changes {
		change(r.Header)
	}
	return answer(r)
}

func sign(at time.Time, body string) func(http.Header) {
	return func(h http.Header) {
		timestamp := strconv.FormatInt(at.Unix(), 10)
		h.Set("Waybill-Timestamp", timestamp)
		h.Set("Waybill-Signature", merchant.Sign(secret, timestamp, []byte(body)))
	}
}

func (s shop) pay(body string, changes ...func(http.Header)) (status int, said string) {
	s.Helper()
	resp, said, err := s.ask(s.Context(), body, changes...)
	require.NoError(s, err)
	return resp.StatusCode, said
}

// call calls the stand-in's own API.
func (s shop) call(method, path, body, bearer string) (*http.Response, string) {
	s.Helper()
	r, err := http.NewRequestWithContext(s.Context(), method, s.url+path, strings.NewReader(body))
	require.NoError(s, err)
	if bearer != "" {
		r.Header.Set("Authorization", "Bearer "+bearer)
	}
	resp, said, err := answer(r)
	require.NoError(s, err)
	return resp, said
}

func answer(r *http.Request) (*http.Response, string, error) {
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, "", err
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	return resp, string(raw), err
}

// outcomes are what became of all posts so far.
func (s shop) outcomes() []merchant.Outcome {
	var all []merchant.Outcome
	for _, p := range s.server.Posts() {
		all = append(all, p.Outcome)
	}
	return all
}

func TestARefundIsPaidOnce(t *testing.T) {
	s := newShop(t, "")
	status, said := s.pay(good)
	require.Equal(t, http.StatusOK, status, said)
	require.JSONEq(t, `{"paid":true,"key":"refund:demo:42","reference":"PAYOUT-0001"}`, said)
	status, said = s.pay(good)
	require.Equal(t, http.StatusConflict, status)
	require.JSONEq(t, `{"paid":true,"key":"refund:demo:42","reference":"PAYOUT-0001"}`, said, "the payment that there is")
	status, said = s.pay(strings.Replace(good, "120.00", "130.00", 1))
	require.Equal(t, http.StatusUnprocessableEntity, status)
	require.Contains(t, said, "120.00 EUR was paid for this key before")
	status, _ = s.pay(strings.Replace(good, `"order_number":"1042",`, "", 1))
	require.Equal(t, http.StatusConflict, status, "it is the amount that counts")

	require.Len(t, s.server.Payments(), 1)
	require.Equal(t, "120.00", s.server.Payments()[0].Amount)
	require.Equal(t, "1042", s.server.Payments()[0].OrderNumber)
	require.Equal(t, []merchant.Outcome{merchant.Paid, merchant.PaidBefore, merchant.AnotherAmount, merchant.PaidBefore}, s.outcomes())
	require.Equal(t, "refund:demo:42", s.server.Posts()[2].Key)
	require.Equal(t, http.StatusUnprocessableEntity, s.server.Posts()[2].Status)
}

func TestARefundThatIsAskedForAllAtOnceIsPaidOnce(t *testing.T) {
	s := newShop(t, "")
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			_, _, err := s.ask(t.Context(), good)
			assert.NoError(t, err)
		})
	}
	all.Wait()
	require.Len(t, s.server.Payments(), 1)
	require.Len(t, s.server.Posts(), 20)
}

func TestTheSignatureIsTheOneThatOpenSSLMakes(t *testing.T) {
	require.Equal(t, "sha256=6c2bb877915d1a94e703482b38027a3b7577cfed6511bbdcc72685a984c5f11f", merchant.Sign(secret, "1793620800", []byte(good)))
}

func TestOneSignatureThatFitsIsEnough(t *testing.T) {
	status, said := newShop(t, "").pay(good, func(h http.Header) {
		other := merchant.Sign("the new secret that is not here yet", h.Get("Waybill-Timestamp"), []byte(good))
		h.Set("Waybill-Signature", other+", "+h.Get("Waybill-Signature"))
	})
	require.Equal(t, http.StatusOK, status, said)
}

func TestWhatIsNotProvenIsNotPaid(t *testing.T) {
	s := newShop(t, "")
	for name, change := range map[string]func(http.Header){
		"no signature":             func(h http.Header) { h.Del("Waybill-Signature") },
		"another body's signature": sign(time.Now(), good+" "),
		"another time's signature": func(h http.Header) { h.Set("Waybill-Timestamp", "1793620800") },
		"a signature by its hex": func(h http.Header) {
			h.Set("Waybill-Signature", strings.TrimPrefix(h.Get("Waybill-Signature"), "sha256="))
		},
		"an old post":          sign(time.Now().Add(-6*time.Minute), good),
		"a post of the future": sign(time.Now().Add(6*time.Minute), good),
		"a time that is none": func(h http.Header) {
			h.Set("Waybill-Timestamp", "noon")
			h.Set("Waybill-Signature", merchant.Sign(secret, "noon", []byte(good)))
		},
		"a time beyond all numbers": func(h http.Header) {
			h.Set("Waybill-Timestamp", "9223372036854775807")
			h.Set("Waybill-Signature", merchant.Sign(secret, "9223372036854775807", []byte(good)))
		},
	} {
		t.Run(name, func(t *testing.T) {
			status, said := s.pay(good, change)
			require.Equal(t, http.StatusUnauthorized, status, said)
		})
	}
	require.Empty(t, s.server.Payments())
	require.Equal(t, merchant.Refused, s.server.Posts()[0].Outcome)
	require.NotEmpty(t, s.server.Posts()[0].Why)
	for _, key := range []string{"", "fifteen letters"} {
		_, err := merchant.New(merchant.Config{Key: key})
		require.ErrorContains(t, err, "set WAYBILL_PAY_KEY")
	}
}

func TestWhatCannotBeUnderstoodIsNotPaid(t *testing.T) {
	s := newShop(t, "")
	for name, c := range map[string]struct {
		old, now string
		status   int
	}{
		"no JSON":                    {`{`, `[`, http.StatusBadRequest},
		"no key":                     {`"key":"refund:demo:42",`, ``, http.StatusBadRequest},
		"no integration":             {`"integration":"demo",`, ``, http.StatusBadRequest},
		"no return":                  {`"return_id":42,`, ``, http.StatusBadRequest},
		"a currency in small":        {`"EUR"`, `"eur"`, http.StatusBadRequest},
		"an amount that is none":     {`"120.00"`, `"1,200.00"`, http.StatusBadRequest},
		"an amount that is a float":  {`"120.00"`, `120.00`, http.StatusBadRequest},
		"less than nothing":          {`"120.00"`, `"-120.00"`, http.StatusBadRequest},
		"nothing":                    {`"120.00"`, `"0.00"`, http.StatusBadRequest},
		"decimals that are missing":  {`"120.00"`, `"120"`, http.StatusBadRequest},
		"decimals that yen have not": {`"120.00","currency":"EUR"`, `"120.00","currency":"JPY"`, http.StatusBadRequest},
		"a body that is too large":   {`"1042"`, `"` + strings.Repeat("1", 64<<10) + `"`, http.StatusRequestEntityTooLarge},
	} {
		t.Run(name, func(t *testing.T) {
			body := strings.Replace(good, c.old, c.now, 1)
			require.NotEqual(t, good, body)
			status, said := s.pay(body)
			require.Equal(t, c.status, status, said)
		})
	}
	status, _ := s.pay(good, func(h http.Header) { h.Set("Idempotency-Key", "refund:demo:43") })
	require.Equal(t, http.StatusBadRequest, status, "the keys differ")
	status, _ = s.pay(good, func(h http.Header) { h.Set("Content-Type", "text/plain") })
	require.Equal(t, http.StatusUnsupportedMediaType, status)
	resp, _ := s.call(http.MethodGet, merchant.Path, "", "")
	require.Equal(t, http.StatusMethodNotAllowed, resp.StatusCode)
	require.Empty(t, s.server.Payments())

	for _, amount := range []string{`"1200","currency":"JPY"`, `"1.250","currency":"KWD"`, `"0.05","currency":"GBP"`} {
		status, said := s.pay(strings.NewReplacer(`"120.00","currency":"EUR"`, amount, "refund:demo:42", "refund:demo:"+amount[1:2]+amount[3:4]).Replace(good))
		require.Equal(t, http.StatusOK, status, said)
	}
}

func TestFaults(t *testing.T) {
	s := newShop(t, "")
	plan := func(fault, bearer string) int {
		resp, _ := s.call(http.MethodPost, "/api/faults", fault, bearer)
		return resp.StatusCode
	}
	require.Equal(t, http.StatusUnauthorized, plan(`{"fault":"hang"}`, ""))
	require.Equal(t, http.StatusBadRequest, plan(`{"fault":"sulk"}`, secret))
	require.Equal(t, http.StatusBadRequest, plan(`{"fault":"status","status":200}`, secret))

	require.Equal(t, http.StatusCreated, plan(`{"fault":"status","status":429,"times":2,"retry_after":3}`, secret))
	require.Equal(t, http.StatusCreated, plan(`{"fault":"status","status":400,"key":"refund:demo:43","message":"who is that?"}`, secret))
	for range 2 {
		resp, _, err := s.ask(t.Context(), good)
		require.NoError(t, err)
		require.Equal(t, http.StatusTooManyRequests, resp.StatusCode)
		require.Equal(t, "3", resp.Header.Get("Retry-After"))
	}
	status, _ := s.pay(good, func(h http.Header) { h.Del("Waybill-Signature") })
	require.Equal(t, http.StatusUnauthorized, status, "a fault does not come before the signature")
	status, _ = s.pay(good)
	require.Equal(t, http.StatusOK, status)
	status, said := s.pay(strings.ReplaceAll(good, "42", "43"))
	require.Equal(t, http.StatusBadRequest, status)
	require.Contains(t, said, "who is that?")
	_, listed := s.call(http.MethodGet, "/api/faults", "", "")
	require.Contains(t, listed, "refund:demo:43", "until it is mended")
	require.NotContains(t, listed, "429", "it happened as often as it was to")
	resp, _ := s.call(http.MethodDelete, "/api/faults", "", secret)
	require.Equal(t, http.StatusNoContent, resp.StatusCode)
	status, _ = s.pay(strings.ReplaceAll(good, "42", "43"))
	require.Equal(t, http.StatusOK, status)
	require.Equal(t, []merchant.Outcome{
		merchant.Failed, merchant.Failed, merchant.Refused, merchant.Paid, merchant.Failed, merchant.Paid,
	}, s.outcomes())
}

func TestAnAnswerThatIsLostSaysNothingAboutTheMoney(t *testing.T) {
	for fault, want := range map[string]struct {
		status int
		paid   bool
	}{
		merchant.FaultClose:        {0, false},
		merchant.FaultHang:         {0, false},
		merchant.FaultPayThenClose: {0, true},
		merchant.FaultPayThenHang:  {0, true},
		merchant.FaultPayThenBreak: {http.StatusOK, true},
		merchant.FaultDrip:         {http.StatusOK, true},
	} {
		t.Run(fault, func(t *testing.T) {
			s := newShop(t, "")
			require.NoError(t, s.server.Fail(merchant.Fault{Kind: fault, Times: 1}))
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			go func() {
				// A hang ends when the client leaves, so it leaves once the post is there.
				assert.Eventually(t, func() bool { return len(s.server.Posts()) > 0 }, 10*time.Second, time.Millisecond)
				if want.status == 0 || fault == merchant.FaultDrip {
					cancel()
				}
			}()
			_, _, err := s.ask(ctx, good)
			require.Error(t, err)
			require.Equal(t, want.status, s.server.Posts()[0].Status)
			require.Equal(t, want.paid, len(s.server.Payments()) == 1)

			status, _ := s.pay(good)
			require.Equal(t, map[bool]int{false: http.StatusOK, true: http.StatusConflict}[want.paid], status)
			require.Len(t, s.server.Payments(), 1, "paid once, whatever was lost")
		})
	}
}

func TestAPageSaysNothingAboutTheMoney(t *testing.T) {
	for fault, paid := range map[string]int{merchant.FaultPage: 0, merchant.FaultPayThenPage: 1} {
		s := newShop(t, "")
		require.NoError(t, s.server.Fail(merchant.Fault{Kind: fault, Times: 1}))
		status, said := s.pay(good)
		require.Equal(t, http.StatusOK, status)
		require.Contains(t, said, "<!doctype html>")
		require.Len(t, s.server.Payments(), paid)
		status, _ = s.pay(good)
		require.Equal(t, map[int]int{0: http.StatusOK, 1: http.StatusConflict}[paid], status)
		require.Len(t, s.server.Payments(), 1)
	}
}

func TestThePaymentsSurviveARestart(t *testing.T) {
	file := filepath.Join(t.TempDir(), "payments.jsonl")
	status, _ := newShop(t, file).pay(good)
	require.Equal(t, http.StatusOK, status)
	s := newShop(t, file)
	status, said := s.pay(good)
	require.Equal(t, http.StatusConflict, status)
	require.JSONEq(t, `{"paid":true,"key":"refund:demo:42","reference":"PAYOUT-0001"}`, said)
	status, _ = s.pay(strings.ReplaceAll(good, "42", "43"))
	require.Equal(t, http.StatusOK, status)
	require.Len(t, newShop(t, file).server.Payments(), 2)
}

func TestAPaymentThatCannotBeKeptIsNotAnswered200(t *testing.T) {
	s := newShop(t, filepath.Join(t.TempDir(), "no folder", "payments.jsonl"))
	status, said := s.pay(good)
	require.Equal(t, http.StatusInternalServerError, status)
	require.Contains(t, said, "keep a payment")
	require.Empty(t, s.server.Payments())
	require.Equal(t, merchant.Failed, s.server.Posts()[0].Outcome)
}

func TestThePageAndTheAPIShowWhatWasPaid(t *testing.T) {
	s := newShop(t, "")
	_, said := s.call(http.MethodGet, "/", "", "")
	require.Contains(t, said, "Nothing was paid yet")
	s.pay(strings.Replace(good, "1042", "<script>alert(1)</script>", 1))
	resp, said := s.call(http.MethodGet, "/", "", "")
	require.Contains(t, said, "120.00 EUR")
	require.Contains(t, said, "PAYOUT-0001")
	require.NotContains(t, said, "<script>")
	require.Contains(t, resp.Header.Get("Content-Security-Policy"), "default-src 'none'")
	_, said = s.call(http.MethodGet, "/api/payments", "", "")
	require.Contains(t, said, `"amount": "120.00"`)
	_, said = s.call(http.MethodGet, "/api/posts", "", "")
	require.Contains(t, said, `"outcome": "paid"`)
	require.Contains(t, said, `"status": 200`)
	resp, _ = s.call(http.MethodGet, "/healthz", "", "")
	require.Equal(t, http.StatusNoContent, resp.StatusCode)
}
