package desk

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"waybill/contract"
	"waybill/link"
	"waybill/recorder"
	"waybill/refund"
)

func TestWhoMayCallTheAPI(t *testing.T) {
	const path = "/api/refunds/demo/42"
	for _, c := range []struct {
		name, header, path string
		change             func(w *fixture)
		code               int
		outcome            string
	}{
		{"no token", "", path, nil, http.StatusUnauthorized, "no token"},
		{"another way", "Basic YW5uYTp4", path, nil, http.StatusUnauthorized, "no token"},
		{"an empty token", "Bearer ", path, nil, http.StatusUnauthorized, "no token"},
		{"a wrong token", "Bearer token-of-eve", path, nil, http.StatusUnauthorized, "unknown token"},
		{"the hash of a token", "Bearer " + hashed("token-of-anna"), path, nil, http.StatusUnauthorized, "unknown token"},
		{"nobody's token", "Bearer x", path, func(w *fixture) { w.people["demo"][0].TokenSHA256 = "" }, http.StatusUnauthorized, "unknown token"},
		{"an expired token", "Bearer token-of-anna", path, func(w *fixture) { w.clock = w.clock.Add(day) }, http.StatusUnauthorized, "token expired"},
		{"another integration", "Bearer token-of-zoe", path, nil, http.StatusForbidden, "not this integration"},
		{"a namesake of another integration", "Bearer token-of-anna2", path, func(w *fixture) {
			namesake := person("anna2", refund.Approver, nil)
			namesake.Name = "anna"
			w.people["other"] = append(w.people["other"], namesake)
		}, http.StatusForbidden, "not this integration"},
		{"no refund", "Bearer token-of-anna", "/api/refunds/demo/43", nil, http.StatusNotFound, "unknown refund"},
		{"no number", "Bearer token-of-anna", "/api/refunds/demo/042", nil, http.StatusNotFound, "unknown refund"},
		{"nobody answers", "Bearer token-of-anna", path, func(w *fixture) { w.silent = errSilent }, http.StatusServiceUnavailable, "no answer"},
		{"a good token", "Bearer token-of-anna", path, nil, http.StatusOK, ""},
		{"a token without an end", "Bearer token-of-anna", path, func(w *fixture) { w.people["demo"][0].TokenExpires = time.Time{} }, http.StatusOK, ""},
		{"a scheme in small letters", "bearer token-of-anna", path, nil, http.StatusOK, ""},
		{"the refunds are closed", "Bearer token-of-anna", path, func(w *fixture) { w.desk.keys.Store(&link.Keys{}) }, http.StatusNotFound, "closed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := open(t)
			of := w.request("demo", 42)
			if c.change != nil {
				c.change(w)
			}
			at := w.all[of]
			for _, method := range []string{http.MethodGet, http.MethodPost} {
				path := c.path
				if method == http.MethodPost {
					if c.code == http.StatusOK {
						continue
					}
					path += "/approve"
				}
				b := w.browser()
				r := b.request(method, path, "")
				r.Header.Set("Authorization", c.header)
				got := b.do(r)
				require.Equal(t, c.code, got.code, got.body)
				require.Equal(t, "no-store", got.header.Get("Cache-Control"))
				if c.code == http.StatusUnauthorized {
					require.NotEmpty(t, got.header.Get("WWW-Authenticate"))
				}
				if c.code != http.StatusOK {
					said := map[string]any{}
					require.NoError(t, json.Unmarshal([]byte(got.body), &said))
					require.Equal(t, c.outcome, said["outcome"])
					require.NotEmpty(t, said["hint"])
				}
			}
			require.Equal(t, at, w.all[of])
			require.NotContains(t, w.log.String(), "anna")
			require.NotContains(t, w.log.String(), "token-of")
		})
	}
}

func TestWhatAnOrderOfTheAPIComesTo(t *testing.T) {
	for _, c := range []struct {
		name  string
		state refund.State
		as    string
		order string
		body  string
		code  int
		says  string
	}{
		{"approve", refund.AwaitingApproval, "anna", "approve", "", http.StatusOK, `"state":"approved"`},
		{"approve less", refund.AwaitingApproval, "anna", "approve", `{"amount":"40.00","currency":"EUR","why":"Half is broken."}`, http.StatusOK, `"state":"approved"`},
		{"reject", refund.AwaitingApproval, "anna", "reject", `{"why":"It was used."}`, http.StatusOK, `"state":"rejected"`},
		{"ask-customer", refund.AwaitingApproval, "anna", "ask-customer", `{"question":"Which mug?"}`, http.StatusOK, `"state":"needs_info"`},
		{"enter-answer", refund.NeedsInfo, "anna", "enter-answer", `{"answer":"The blue one."}`, http.StatusOK, `"state":"awaiting_approval"`},
		{"withdraw", refund.AwaitingApproval, "anna", "withdraw", `{}`, http.StatusOK, `"state":"withdrawn"`},
		{"reassign", refund.AwaitingApproval, "anna", "reassign", `{"to":"ben"}`, http.StatusOK, `"state":"awaiting_approval"`},
		{"receive-goods", refund.AwaitingGoods, "anna", "receive-goods", "", http.StatusOK, `"state":"paying"`},
		{"pay-again", refund.PayFailed, "anna", "pay-again", "", http.StatusOK, `"state":"paying"`},
		{"confirm-unpaid", inDoubt, "mia", "confirm-unpaid", `{"why":"The key is not among the payouts."}`, http.StatusOK, `"state":"pay_failed"`},

		{"a manager's word", inDoubt, "anna", "confirm-unpaid", `{"why":"x"}`, http.StatusForbidden, "Only a manager can confirm that nothing was paid."},
		{"reject what may be paid", inDoubt, "mia", "reject", `{"why":"x"}`, http.StatusConflict, "It is not known whether the money was paid: pay again"},
		{"withdraw what may be paid", inDoubt, "mia", "withdraw", "", http.StatusConflict, "It is not known whether the money was paid: pay again"},
		{"the same person twice", refund.AwaitingSecond, "anna", "approve", "", http.StatusForbidden, "A second approval has to come from another person."},
		{"a manager's deed", refund.AwaitingGoods, "anna", "reject", `{"why":"x"}`, http.StatusForbidden, "only a manager can take that back."},
		{"a manager's withdrawal", refund.AwaitingGoods, "anna", "withdraw", "", http.StatusForbidden, "only a manager can take that back."},
		{"a withdrawal by a manager", refund.AwaitingGoods, "mia", "withdraw", "", http.StatusOK, `"state":"withdrawn"`},
		{"to somebody who may not", refund.AwaitingSecond, "ben", "reassign", `{"to":"anna"}`, http.StatusConflict, "A second approval has to come from another person."},
		{"to nobody", refund.AwaitingApproval, "ben", "reassign", `{"to":"eve"}`, http.StatusConflict, "is not in the policy."},
		{"approve what is paid", refund.Paid, "anna", "approve", "", http.StatusConflict, "The refund is paid: nothing can be done any more."},
		{"answer no question", refund.AwaitingApproval, "anna", "enter-answer", `{"answer":"x"}`, http.StatusConflict, "no question is open."},
		{"pay what waits", refund.AwaitingApproval, "anna", "pay-again", "", http.StatusConflict, "no payment has failed."},
		{"more than was requested", refund.AwaitingApproval, "anna", "approve", `{"amount":"200","currency":"EUR"}`, http.StatusConflict, "that were requested."},

		{"no such order", refund.AwaitingApproval, "anna", "burn", "", http.StatusNotFound, "unknown order"},
		{"no JSON", refund.AwaitingApproval, "anna", "reject", `why=x`, http.StatusUnprocessableEntity, "one JSON object"},
		{"two objects", refund.AwaitingApproval, "anna", "reject", `{"why":"x"}{}`, http.StatusUnprocessableEntity, "one JSON object"},
		{"null", refund.AwaitingApproval, "anna", "reject", `null`, http.StatusUnprocessableEntity, "one JSON object"},
		{"no reason", refund.AwaitingApproval, "anna", "reject", `{}`, http.StatusUnprocessableEntity, `"fields":["why"]`},
		{"a reason of blanks", refund.AwaitingApproval, "anna", "reject", `{"why":" \n"}`, http.StatusUnprocessableEntity, `"fields":["why"]`},
		{"a list for an amount", refund.AwaitingApproval, "anna", "approve", `{"amount":[40.1]}`, http.StatusUnprocessableEntity, `"fields":["amount"]`},
		{"an amount that is none", refund.AwaitingApproval, "anna", "approve", `{"amount":"1e9"}`, http.StatusUnprocessableEntity, `"fields":["amount"]`},
		{"as people write it", refund.AwaitingApproval, "anna", "approve", `{"amount":"6,95"}`, http.StatusOK, `"state":"approved"`},
		{"what can be two amounts", refund.AwaitingApproval, "anna", "approve", `{"amount":1.000}`, http.StatusUnprocessableEntity, `\"1.000\" can be two amounts: write 1000, or 1`},
		{"more decimals than there are", refund.AwaitingApproval, "anna", "approve", `{"amount":"12.5000"}`, http.StatusUnprocessableEntity, "EUR has 2 decimals"},
		{"another field", refund.AwaitingApproval, "anna", "approve", `{"jane.doe":"x"}`, http.StatusUnprocessableEntity, "approve takes no other fields than amount, orderValue, currency"},
		{"a field for an order without", refund.AwaitingApproval, "anna", "withdraw", `{"why":"x"}`, http.StatusUnprocessableEntity, "withdraw takes no fields"},
		{"too much", refund.AwaitingApproval, "anna", "reject", `{"why":"` + strings.Repeat("x", 17<<10) + `"}`, http.StatusRequestEntityTooLarge, "too large"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := open(t)
			of := w.inState(42, c.state)
			at := w.all[of]
			r := w.api(http.MethodPost, "/api/refunds/demo/42/"+c.order, "token-of-"+c.as, c.body)
			require.Equal(t, c.code, r.code, r.body)
			require.Contains(t, r.body, c.says)
			if c.code == http.StatusOK {
				receipt := w.all[of].Receipt
				require.Equal(t, c.as+" (API)", receipt[len(receipt)-1].By.String())
				return
			}
			require.Equal(t, at, w.all[of])
			require.NotContains(t, r.body, "jane.doe")
			require.NotContains(t, w.log.String(), c.as)
		})
	}
}

func TestTheAPISaysWhatIsKnownAndWhatMayBeDone(t *testing.T) {
	w := open(t)
	known := w.all[w.inState(42, refund.AwaitingSecond)]
	known.Used = []string{"n1"}
	w.all[contract.RefundRef{Integration: "demo", ReturnID: 42}] = known
	var got apiView
	r := w.api(http.MethodGet, "/api/refunds/demo/42", "token-of-anna", "")
	require.NoError(t, json.Unmarshal([]byte(r.body), &got))
	require.Equal(t, refund.AwaitingSecond, got.State)
	require.Equal(t, "EUR 250.00", got.Facts.Amount.String())
	require.Subset(t, got.May, []string{"reject", "ask-customer", "receive-goods", "reassign", "withdraw"})
	require.NotContains(t, got.May, "pay-again", "it makes no sense now")
	require.Equal(t, map[string]string{"approve": "A second approval has to come from another person."}, got.MayNot)
	require.NoError(t, refund.CheckReceipt(got.Receipt))
	require.Empty(t, got.ReceiptFault)
	require.NotContains(t, r.body, `"used"`)
}

func TestTheAPIListsWhatACallerMaySee(t *testing.T) {
	w := open(t)
	w.request("demo", 42)
	w.request("demo", 43)
	w.request("other", 44)
	w.inState(45, refund.Paid)
	w.silentRows = map[int64]bool{43: true}
	list := func(query string) (ids []int64, rows []recorder.ListedRefund) {
		t.Helper()
		r := w.api(http.MethodGet, "/api/refunds"+query, "token-of-anna", "")
		require.Equal(t, http.StatusOK, r.code, r.body)
		var got struct{ Refunds []recorder.ListedRefund }
		require.NoError(t, json.Unmarshal([]byte(r.body), &got))
		for _, one := range got.Refunds {
			ids = append(ids, one.ReturnID)
		}
		return ids, got.Refunds
	}
	ids, rows := list("")
	require.Equal(t, []int64{43, 42}, ids)
	require.False(t, rows[0].Asked)
	require.Equal(t, "EUR 79.90", rows[1].Amount.String())
	ids, _ = list("?show=all&order=oldest")
	require.Equal(t, []int64{42, 43, 45}, ids)
	ids, _ = list("?state=paid")
	require.Equal(t, []int64{45}, ids)
	require.Contains(t, w.api(http.MethodGet, "/api/refunds?state=rejected", "token-of-anna", "").body, `"refunds":[]`, "none is a list too")
	require.Equal(t, http.StatusForbidden, w.api(http.MethodGet, "/api/refunds?integration=other", "token-of-anna", "").code)
	for query, field := range map[string]string{"state=gone": "state", "role=boss": "role", "due_within=soon": "due_within", "page=0": "page", "attention=maybe": "attention"} {
		r := w.api(http.MethodGet, "/api/refunds?"+query, "token-of-anna", "")
		require.Equal(t, http.StatusUnprocessableEntity, r.code)
		require.Contains(t, r.body, `"fields":["`+field+`"]`)
	}
	w.silent = errSilent
	require.Equal(t, http.StatusServiceUnavailable, w.api(http.MethodGet, "/api/refunds", "token-of-anna", "").code)
}

func TestTheAPIIsNotCalledWithoutEnd(t *testing.T) {
	w := open(t)
	w.request("demo", 42)
	last := func(token string, calls int) response {
		for range calls - 1 {
			require.NotEqual(t, http.StatusTooManyRequests, w.api(http.MethodGet, "/api/refunds", token, "").code)
		}
		w.api(http.MethodGet, "/api/refunds", token, "")
		return w.api(http.MethodGet, "/api/refunds", token, "")
	}
	for token, calls := range map[string]int{"token-of-anna": 120, "wrong": 30} {
		r := last(token, calls)
		require.Equal(t, http.StatusTooManyRequests, r.code)
		require.NotEmpty(t, r.header.Get("Retry-After"))
	}
	require.Equal(t, http.StatusOK, w.api(http.MethodGet, "/api/refunds", "token-of-ben", "").code, "others are still let in")
}

// The session of a browser opens the pages, and not the API, which has no guard
// against other sites.
func TestASessionIsNoToken(t *testing.T) {
	w := open(t)
	of := w.request("demo", 42)
	require.Equal(t, http.StatusUnauthorized, w.signedInAs("anna").post("/api"+pathOf(of)+"/approve", nil).code)
	require.Zero(t, w.orders)
}
