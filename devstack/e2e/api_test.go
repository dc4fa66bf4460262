package e2e_test

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"waybill/refund"
)

// tokenOfAnna is her API token in [newTillWithToken].
const tokenOfAnna = "a token of anna"

// newTillWithToken opens a till where anna has an API token.
func newTillWithToken(t *testing.T) *till {
	t.Helper()
	return newTillWith(t, shared.get(t), postOffice{logs: true}, strings.Replace(people, "limit: {EUR: 500}}",
		fmt.Sprintf("limit: {EUR: 500}, token_sha256: %x}", sha256.Sum256([]byte(tokenOfAnna))), 1))
}

// calls calls the API as anna, with an Idempotency-Key if it is not empty.
func (s *till) calls(method, path, key, body string) (code int, said string) {
	s.Helper()
	r, err := http.NewRequestWithContext(s.Context(), method, s.url(path), strings.NewReader(body))
	require.NoError(s, err)
	r.Header.Set("Authorization", "Bearer "+tokenOfAnna)
	if key != "" {
		r.Header.Set("Idempotency-Key", key)
	}
	resp, err := http.DefaultClient.Do(r)
	require.NoError(s, err)
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	require.NoError(s, err)
	return resp.StatusCode, string(raw)
}

// The ingress keeps nothing: that an order was given stands in the refund, across a restart of
// the ingress and after the end of the refund.
func TestAnOrderUnderAKeyIsFollowedOnce(t *testing.T) {
	t.Parallel()
	s := newTillWithToken(t)
	s.openDoors()
	o := s.sell("120.00")
	s.ask(o)
	s.reaches(o, refund.AwaitingApproval)
	path := fmt.Sprintf("/api/refunds/demo/%d", o.back0.ID)
	const partly = `{"amount": {"value": "40.00", "currency": "EUR"}}`

	type answer struct {
		code int
		said string
	}
	answers := make(chan answer)
	for range 4 {
		go func() {
			code, said := s.calls(http.MethodPost, path+"/approve", "key-1", partly)
			answers <- answer{code, said}
		}()
	}
	for range 4 {
		a := <-answers
		require.Equal(t, http.StatusOK, a.code, a.said)
		require.JSONEq(t, `{"outcome": "done", "state": "approved"}`, a.said)
	}
	s.ingress.kill()
	s.startIngress(s.refundKeys...)
	s.awaitReady()
	known := s.reaches(o, refund.Paid)
	approvals := func(known refund.Refund) (n int) {
		for _, e := range known.Receipt {
			if e.What == "approved" {
				n++
			}
		}
		return n
	}
	require.Equal(t, 1, approvals(known))
	code, said := s.calls(http.MethodPost, path+"/approve", "key-1", partly)
	require.Equal(t, http.StatusOK, code, said)
	require.JSONEq(t, `{"outcome": "done", "state": "approved"}`, said, "as it was answered then")
	code, said = s.calls(http.MethodPost, path+"/approve", "key-1", `{}`)
	require.Equal(t, http.StatusUnprocessableEntity, code, said)
	require.Contains(t, said, `"outcome":"key used already"`)
	require.Equal(t, known.Receipt, s.reaches(o, refund.Paid).Receipt)

	var list struct {
		Items []struct {
			ReturnID int64             `json:"returnId"`
			Amount   map[string]string `json:"amount"`
		} `json:"items"`
		Total struct {
			Count int `json:"count"`
		} `json:"total"`
	}
	for _, choice := range []string{"order=o-" + fmt.Sprint(o.sent.ID), "customer=" + strings.ToUpper(o.sent.Recipient.Email)} {
		s.eventually("the refund in the list with "+choice, func() error {
			code, said := s.calls(http.MethodGet, "/api/refunds?total=true&state=paid&"+choice, "", "")
			if err := json.Unmarshal([]byte(said), &list); err != nil || code != http.StatusOK || len(list.Items) != 1 {
				return fmt.Errorf("%d: %s", code, said)
			}
			return nil
		})
		require.Equal(t, o.back0.ID, list.Items[0].ReturnID)
		require.Equal(t, map[string]string{"value": "40.00", "currency": "EUR"}, list.Items[0].Amount)
		require.Equal(t, 1, list.Total.Count)
	}
	require.False(t, slices.ContainsFunc(s.paid(o), func(sum string) bool { return !strings.Contains(sum, "40.00") }), s.paid(o))
}

// Temporal keeps with a batch under which key it was started.
func TestABatchUnderAKeyIsStartedOnce(t *testing.T) {
	t.Parallel()
	s := newTillWithToken(t)
	s.openDoors()
	const pause = `{"order": "pause-mails", "filter": {"integration": "demo"}, "input": {"why": "a test"}}`
	start := func(body string) (code int, said string) {
		return s.calls(http.MethodPost, "/api/batches", "key-1", body)
	}
	code, said := start(pause)
	require.Equal(t, http.StatusOK, code, said)
	var first struct {
		Batch string `json:"batch"`
	}
	require.NoError(t, json.Unmarshal([]byte(said), &first))
	s.eventually("the end of the batch", func() error {
		if code, said := s.calls(http.MethodGet, "/api/batches/"+first.Batch, "", ""); !strings.Contains(said, `"state":"completed"`) {
			return fmt.Errorf("%d: %s", code, said)
		}
		code, again := start(pause)
		require.Equal(t, http.StatusOK, code, again)
		require.Equal(t, said, again)
		return nil
	})
	code, said = start(`{"order": "resume-mails"}`)
	require.Equal(t, http.StatusUnprocessableEntity, code, said)
	require.Contains(t, said, `"outcome":"key used already"`)
}
