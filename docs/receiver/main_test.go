package main

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	contract "waybill/payment"
	rules "waybill/refund"
)

const (
	secret = "a secret of the tests"
	good   = `{"key":"refund:demo:42","integration":"demo","return_id":42,"order_number":"1042","amount":"120.00","currency":"EUR"}`
)

// open opens the endpoint.
func open(t *testing.T, secret string, payOut func(refund) (string, error)) string {
	t.Helper()
	server := httptest.NewServer(endpoint(secret, payOut))
	t.Cleanup(server.Close)
	return server.URL + "/refunds"
}

// sign signs as Waybill does.
func sign(secret, timestamp, body string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(timestamp + "." + body))
	return "sha256=" + hex.EncodeToString(mac.Sum(nil))
}

// post posts a body that was signed at some time.
func post(t *testing.T, url, body string, at time.Time, signature func(timestamp string) string) (status int, said string) {
	t.Helper()
	timestamp := strconv.FormatInt(at.Unix(), 10)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(body))
	require.NoError(t, err)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Waybill-Timestamp", timestamp)
	r.Header.Set("Waybill-Signature", signature(timestamp))
	resp, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return resp.StatusCode, string(raw)
}

// ask posts a body as Waybill does.
func ask(t *testing.T, url, body string) (status int, said string) {
	t.Helper()
	return post(t, url, body, time.Now(), func(timestamp string) string { return sign(secret, timestamp, body) })
}

// What "waybill refunds simulate-payment" asks, the example answers as it should.
func TestTheExampleIsAnsweredAsTheContractSays(t *testing.T) {
	amount, err := rules.Smallest("EUR")
	require.NoError(t, err)
	to := contract.Endpoint{URL: open(t, secret, payOut), Keys: [][]byte{[]byte(secret)}}
	require.NoError(t, contract.Simulate(t.Context(), to, "demo", amount, time.Now, func(tried contract.Trial) {
		require.Empty(t, tried.Fault, "%s: %s", tried.Asked, tried.Came)
	}))
}

func TestARefundIsPaidOnce(t *testing.T) {
	url := open(t, secret, payOut)
	status, said := ask(t, url, good)
	require.Equal(t, http.StatusOK, status)
	require.JSONEq(t, `{"paid":true,"key":"refund:demo:42","reference":"payout-42"}`, said)
	status, said = ask(t, url, good)
	require.Equal(t, http.StatusConflict, status)
	require.JSONEq(t, `{"paid":true,"key":"refund:demo:42","reference":"payout-42"}`, said)
	status, said = ask(t, url, strings.Replace(good, "120.00", "130.00", 1))
	require.Equal(t, http.StatusUnprocessableEntity, status)
	require.Contains(t, said, `"paid":false`)
	status, _ = ask(t, url, strings.ReplaceAll(good, "42", "43"))
	require.Equal(t, http.StatusOK, status, "another refund")
}

func TestARefundThatIsAskedForAllAtOnceIsPaidOnce(t *testing.T) {
	var mu sync.Mutex
	payouts := 0
	url := open(t, secret, func(r refund) (string, error) {
		mu.Lock()
		defer mu.Unlock()
		payouts++
		return r.Amount, nil
	})
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			status, _ := ask(t, url, good)
			assert.Contains(t, []int{http.StatusOK, http.StatusConflict}, status)
		})
	}
	all.Wait()
	require.Equal(t, 1, payouts)
}

func TestWhatCannotBePaidNowCanBePaidLater(t *testing.T) {
	closed := errors.New("the bank is closed")
	url := open(t, secret, func(refund) (string, error) { return "later", closed })
	status, _ := ask(t, url, good)
	require.Equal(t, http.StatusServiceUnavailable, status)
	closed = nil
	status, _ = ask(t, url, good)
	require.Equal(t, http.StatusOK, status, "it was not remembered as paid")
}

func TestWhatIsNotWaybillsIsRefused(t *testing.T) {
	url := open(t, secret, func(refund) (string, error) {
		t.Error("it was paid")
		return "", nil
	})
	right := func(timestamp string) string { return sign(secret, timestamp, good) }
	for name, c := range map[string]struct {
		at        time.Time
		signature func(timestamp string) string
	}{
		"no signature":         {time.Now(), func(string) string { return "" }},
		"another secret":       {time.Now(), func(timestamp string) string { return sign("another secret", timestamp, good) }},
		"another body":         {time.Now(), func(timestamp string) string { return sign(secret, timestamp, good+" ") }},
		"another time":         {time.Now(), func(string) string { return sign(secret, "1793620800", good) }},
		"an old post":          {time.Now().Add(-6 * time.Minute), right},
		"a post of the future": {time.Now().Add(6 * time.Minute), right},
	} {
		t.Run(name, func(t *testing.T) {
			status, _ := post(t, url, good, c.at, c.signature)
			require.Equal(t, http.StatusUnauthorized, status)
		})
	}
	status, _ := ask(t, url, good+strings.Repeat(" ", 64<<10))
	require.Equal(t, http.StatusRequestEntityTooLarge, status)
	for _, body := range []string{"", "[]", "{}", `{"key":"refund:demo:42"}`, `{"key":"refund:demo:42","amount":120.00}`} {
		status, _ = ask(t, url, body)
		require.Equal(t, http.StatusBadRequest, status, body)
	}
}

func TestOneSignatureThatFitsIsEnough(t *testing.T) {
	status, _ := post(t, open(t, secret, payOut), good, time.Now(), func(timestamp string) string {
		return sign("the secret that comes", timestamp, good) + ", " + sign(secret, timestamp, good)
	})
	require.Equal(t, http.StatusOK, status)
}

// paying is the page about all this.
func paying(t *testing.T) string {
	t.Helper()
	raw, err := os.ReadFile("../paying.md")
	require.NoError(t, err)
	return string(raw)
}

// blocks are the page's blocks of code in a language.
func blocks(t *testing.T, language string) []string {
	t.Helper()
	var found []string
	for _, m := range regexp.MustCompile("(?ms)^```([a-z]*)\n(.*?)^```$").FindAllStringSubmatch(paying(t), -1) {
		if m[1] == language {
			found = append(found, m[2])
		}
	}
	return found
}

func TestThePagesSignatureIsRight(t *testing.T) {
	page := paying(t)
	cell := func(name string) string {
		m := regexp.MustCompile("(?m)^\\| " + name + " \\| `(.*)` \\|$").FindStringSubmatch(page)
		require.NotNil(t, m, name)
		return m[1]
	}
	timestamp, body, signature := cell("timestamp"), cell("body"), cell("signature")
	require.True(t, signed(cell("secret"), timestamp, []byte(body), signature))
	require.False(t, signed(cell("secret")+"!", timestamp, []byte(body), signature))
	for _, line := range []string{"Waybill-Timestamp: " + timestamp, "Waybill-Signature: " + signature, body} {
		require.Contains(t, page, "    "+line+"\n", "the post that the page begins with")
	}
}

func TestThePagesGoIsTheExamples(t *testing.T) {
	example, err := os.ReadFile("main.go")
	require.NoError(t, err)
	require.Len(t, blocks(t, "go"), 1)
	require.Contains(t, string(example), blocks(t, "go")[0])
}

func TestThePagesCommandsPrintWhatItSays(t *testing.T) {
	for _, program := range []string{"sh", "curl", "openssl", "sed", "date"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("there is no %s here", program)
		}
	}
	url := open(t, "a secret of the example", payOut)
	require.Len(t, blocks(t, "sh"), 1)
	script := strings.Replace(blocks(t, "sh")[0], "http://127.0.0.1:8029/refunds", url, 1)
	require.Contains(t, script, url)
	printed := blocks(t, "")
	require.Len(t, printed, 2)
	for _, want := range printed {
		var out bytes.Buffer
		cmd := exec.CommandContext(t.Context(), "sh", "-eu", "-c", script)
		cmd.Stdout, cmd.Stderr = &out, &out
		require.NoError(t, cmd.Run(), out.String())
		require.Equal(t, want, out.String())
	}
}
