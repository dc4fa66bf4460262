package desk

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"waybill/contract"
	"waybill/link"
	"waybill/recorder"
	"waybill/refund"
	"waybill/search"
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
		{"nobody's token", "Bearer x", path, func(w *fixture) { w.people["demo"][0].TokenSHA256 = nil }, http.StatusUnauthorized, "unknown token"},
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
					require.NotEmpty(t, said["detail"])
					require.Equal(t, "application/problem+json; charset=utf-8", got.header.Get("Content-Type"))
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
		{"approve less", refund.AwaitingApproval, "anna", "approve", `{"amount":{"value":"40.00","currency":"EUR"},"why":"Half is broken."}`, http.StatusOK, `"state":"approved"`},
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
		{"more than was requested", refund.AwaitingApproval, "anna", "approve", `{"amount":{"value":"200.00","currency":"EUR"}}`, http.StatusConflict, "that were requested."},

		{"no such order", refund.AwaitingApproval, "anna", "burn", "", http.StatusNotFound, "unknown order"},
		{"no JSON", refund.AwaitingApproval, "anna", "reject", `why=x`, http.StatusUnprocessableEntity, "one JSON object"},
		{"two objects", refund.AwaitingApproval, "anna", "reject", `{"why":"x"}{}`, http.StatusUnprocessableEntity, "one JSON object"},
		{"null", refund.AwaitingApproval, "anna", "reject", `null`, http.StatusUnprocessableEntity, "one JSON object"},
		{"a field twice", refund.AwaitingApproval, "anna", "reject", `{"why":"x","why":"y"}`, http.StatusUnprocessableEntity, "each field is there once"},
		{"no reason", refund.AwaitingApproval, "anna", "reject", `{}`, http.StatusUnprocessableEntity, `[{"field":"why","detail":"Write the reason, which the customer reads."}]`},
		{"a reason of blanks", refund.AwaitingApproval, "anna", "reject", `{"why":" \n"}`, http.StatusUnprocessableEntity, `"field":"why"`},
		{"a reason that is a number", refund.AwaitingApproval, "anna", "reject", `{"why":4}`, http.StatusUnprocessableEntity, `"field":"why"`},
		{"null for a reason", refund.AwaitingApproval, "anna", "approve", `{"why":null}`, http.StatusUnprocessableEntity, `"field":"why"`},
		{"a text for an amount", refund.AwaitingApproval, "anna", "approve", `{"amount":"40.10"}`, http.StatusUnprocessableEntity, `"field":"amount"`},
		{"a number for an amount", refund.AwaitingApproval, "anna", "approve", `{"amount":{"value":40.1,"currency":"EUR"}}`, http.StatusUnprocessableEntity, `"field":"amount"`},
		{"an amount with more in it", refund.AwaitingApproval, "anna", "approve", `{"amount":{"value":"40.10","currency":"EUR","tax":"1"}}`, http.StatusUnprocessableEntity, `"field":"amount"`},
		{"an amount that is none", refund.AwaitingApproval, "anna", "approve", `{"amount":{"value":"1e9","currency":"EUR"}}`, http.StatusUnprocessableEntity, `"field":"amount"`},
		{"as people write it", refund.AwaitingApproval, "anna", "approve", `{"amount":{"value":"6,95","currency":"EUR"}}`, http.StatusUnprocessableEntity, `"field":"amount"`},
		{"fewer decimals than there are", refund.AwaitingApproval, "anna", "approve", `{"amount":{"value":"6.9","currency":"EUR"}}`, http.StatusUnprocessableEntity, "as in 6.90"},
		{"more decimals than there are", refund.AwaitingApproval, "anna", "approve", `{"amount":{"value":"12.500","currency":"EUR"}}`, http.StatusUnprocessableEntity, "as in 12.50"},
		{"no such currency", refund.AwaitingApproval, "anna", "approve", `{"amount":{"value":"12.50","currency":"euro"}}`, http.StatusUnprocessableEntity, "ISO 4217"},
		{"two currencies", refund.AwaitingApproval, "mia", "approve", `{"amount":{"value":"12.50","currency":"EUR"},"orderValue":{"value":"12.50","currency":"USD"}}`, http.StatusUnprocessableEntity, "different currencies"},
		{"a currency of its own", refund.AwaitingApproval, "anna", "approve", `{"currency":"EUR"}`, http.StatusUnprocessableEntity, `"field":"currency"`},
		{"an order value that is known", refund.AwaitingApproval, "anna", "approve", `{"orderValue":{"value":"999.00","currency":"EUR"}}`, http.StatusForbidden, "Only a manager can correct"},
		{"a customer who is known", refund.AwaitingApproval, "anna", "approve", `{"customerName":"Joe"}`, http.StatusUnprocessableEntity, `[{"field":"customerName","detail":"It is known already`},
		{"another field", refund.AwaitingApproval, "anna", "approve", `{"reason":"x"}`, http.StatusUnprocessableEntity, `[{"field":"reason","detail":"There is no such field: the fields are amount, orderValue, customerEmail`},
		{"the case of a field", refund.AwaitingApproval, "anna", "reject", `{"Why":"x"}`, http.StatusUnprocessableEntity, `"field":"Why"`},
		{"a field for an order without", refund.AwaitingApproval, "anna", "withdraw", `{"why":"x"}`, http.StatusUnprocessableEntity, `"field":"why"`},
		{"who gives it", refund.AwaitingApproval, "anna", "approve", `{"by":"mia","via":"page"}`, http.StatusUnprocessableEntity, `"field":"via"`},
		{"a parameter", refund.AwaitingApproval, "anna", "approve?dryRun=true", "", http.StatusUnprocessableEntity, `[{"field":"dryRun","detail":"There is no such parameter. There are no parameters here."}]`},
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
			require.NotContains(t, w.log.String(), c.as)
		})
	}
}

func TestTheAPISaysWhatIsKnownAndWhatMayBeDone(t *testing.T) {
	w := open(t)
	known := w.all[w.inState(42, refund.AwaitingSecond)]
	known.Used = []string{"n1"}
	w.all[contract.RefundRef{Integration: "demo", ReturnID: 42}] = known
	var got apiRefundView
	r := w.api(http.MethodGet, "/api/refunds/demo/42", "token-of-anna", "")
	require.NoError(t, json.Unmarshal([]byte(r.body), &got))
	require.Equal(t, refund.AwaitingSecond, got.State)
	require.Equal(t, "EUR 250.00", got.Facts.Amount.String())
	require.Subset(t, got.May, []string{"reject", "ask-customer", "receive-goods", "reassign", "withdraw"})
	require.NotContains(t, got.May, "pay-again", "it makes no sense now")
	require.Equal(t, map[string]string{"approve": "A second approval has to come from another person."}, got.MayNot)
	require.NoError(t, refund.CheckReceipt(got.Log))
	require.Empty(t, got.LogFault)
	require.NotContains(t, r.body, `"used"`)
}

func TestTheAPIListsWhatACallerMaySee(t *testing.T) {
	w := open(t)
	w.searchKeys = search.Keys{[]byte(strings.Repeat("s", 32))}
	w.request("demo", 42)
	w.request("demo", 43)
	w.request("other", 44)
	w.inState(45, refund.Paid)
	w.silentRows = map[int64]bool{43: true}
	list := func(query string) (ids []int64, got refundList) {
		t.Helper()
		got = w.listed(query)
		for _, one := range got.Items {
			ids = append(ids, one.ReturnID)
		}
		return ids, got
	}
	ids, got := list("?open=true")
	require.Equal(t, []int64{43, 42}, ids)
	require.False(t, got.Items[0].Asked)
	require.Equal(t, "EUR 79.90", got.Items[1].Amount.String())
	require.Equal(t, "A-1001", got.Items[1].Order)
	require.Empty(t, got.Next)
	require.Nil(t, got.Total)
	ids, _ = list("")
	require.Equal(t, []int64{45, 43, 42}, ids)
	for query, want := range map[string][]int64{
		"state=paid": {45}, "role=approver": {43, 42}, "role=manager": nil, "attention=any": nil, "dueWithin=14": nil, "order=a-1001": {45, 43, 42}, "order=7": nil,
		"customer=Jane.Doe@example.com": {45, 43, 42}, "customer=joe@example.com": nil, "integration=demo&state=paid": {45}, "since=2026-11-02T09:45:00Z": {45}, "since=2026-11-02": {45, 43, 42},
	} {
		ids, _ = list("?" + query)
		require.Equal(t, want, ids, query)
	}
	require.Contains(t, w.api(http.MethodGet, "/api/refunds?state=rejected", "token-of-anna", "").body, `"items":[]`, "none is a list too")
	require.Equal(t, http.StatusForbidden, w.api(http.MethodGet, "/api/refunds?integration=other", "token-of-anna", "").code)
	for query, field := range map[string]string{
		"state=gone": "state", "role=boss": "role", "dueWithin=soon": "dueWithin", "dueWithin=15": "dueWithin", "limit=0": "limit", "limit=201": "limit", "attention=maybe": "attention",
		"open=false": "open", "total=yes": "total", "since=soon": "since", "page=2": "page", "state=paid&state=rejected": "state", "state=": "state", "cursor=x": "cursor",
		"customer=jane": "customer", "order=%23": "order", "tracking=1": "tracking", "phase=delivered": "phase", "state=paid;limit=1": "",
	} {
		r := w.api(http.MethodGet, "/api/refunds?"+query, "token-of-anna", "")
		require.Equal(t, http.StatusUnprocessableEntity, r.code, query)
		require.Contains(t, r.body, `"fields":[{"field":"`+field+`"`)
	}
	require.NotContains(t, w.log.String(), "example.com")
	w.silent = errSilent
	require.Equal(t, http.StatusServiceUnavailable, w.api(http.MethodGet, "/api/refunds", "token-of-anna", "").code)
}

type refundList = apiListed[recorder.ListedRefund]

// listed is a page of refunds, as anna sees it.
func (w *fixture) listed(query string) (got refundList) {
	w.t.Helper()
	r := w.api(http.MethodGet, "/api/refunds"+query, "token-of-anna", "")
	require.Equal(w.t, http.StatusOK, r.code, r.body)
	require.NoError(w.t, json.Unmarshal([]byte(r.body), &got))
	return got
}

func TestACursorLeadsThroughAllPages(t *testing.T) {
	w := open(t)
	for i := range int64(8) {
		w.request("demo", 100+i)
	}
	var ids []int64
	got := w.listed("?limit=3&open=true")
	first := got.Next
	for pages := 1; ; pages++ {
		require.LessOrEqual(t, pages, 3)
		for _, one := range got.Items {
			ids = append(ids, one.ReturnID)
		}
		if got.Next == "" {
			break
		}
		got = w.listed("?limit=3&open=true&cursor=" + got.Next)
	}
	require.Equal(t, []int64{107, 106, 105, 104, 103, 102, 101, 100}, ids)
	refused := func(token, query string) {
		t.Helper()
		r := w.api(http.MethodGet, "/api/refunds"+query, token, "")
		require.Equal(t, http.StatusUnprocessableEntity, r.code)
		require.Contains(t, r.body, `"fields":[{"field":"cursor"`)
	}
	refused("token-of-anna", "?open=true&state=paid&cursor="+first)
	refused("token-of-ben", "?open=true&cursor="+first)
	refused("token-of-anna", "?open=true&cursor=x"+first)
	w.clock = w.clock.Add(day - time.Hour)
	require.Len(t, w.listed("?open=true&limit=2&cursor="+first).Items, 2)
	w.people["demo"][0].TokenExpires = time.Time{}
	w.clock = w.clock.Add(2 * time.Hour)
	refused("token-of-anna", "?open=true&cursor="+first)
}

func TestATotalCountsAndSumsWhatIsChosen(t *testing.T) {
	w := open(t)
	for i := range int64(4) {
		w.request("demo", 100+i)
	}
	w.request("demo", 104, func(f *refund.Facts) {
		f.Amount, f.OrderValue = refund.Money{}, refund.Money{}
	})
	yen, err := refund.ParseMoney("900", "JPY")
	require.NoError(t, err)
	w.request("demo", 105, func(f *refund.Facts) { f.Amount, f.OrderValue = yen, yen })
	w.request("other", 106)
	w.unlisted = map[int64]bool{103: true}
	r := w.api(http.MethodGet, "/api/refunds?limit=1&total=true", "token-of-anna", "")
	require.Contains(t, r.body, `"total":{"count":6,"amounts":[{"value":"239.70","currency":"EUR"},{"value":"900","currency":"JPY"}],"unanswered":1}`)
	for i := range int64(rowsRead) {
		w.request("demo", 200+i)
	}
	r = w.api(http.MethodGet, "/api/refunds?limit=1&total=true", "token-of-anna", "")
	require.Contains(t, r.body, fmt.Sprintf(`"total":{"count":%d}`, rowsRead+6), "too many to read")
}

func TestAnOrderUnderAKeyIsFollowedOnce(t *testing.T) {
	w := open(t)
	of := w.inState(42, refund.AwaitingApproval)
	under := func(key string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set("Idempotency-Key", key) }
	}
	order := func(as, order, body, key string) response {
		return w.api(http.MethodPost, "/api/refunds/demo/42/"+order, "token-of-"+as, body, under(key))
	}
	first := order("anna", "note", `{"text":"x"}`, "key-1")
	require.Equal(t, http.StatusOK, first.code, first.body)
	at := w.all[of]
	again := order("anna", "note", ` { "text": "x" } `, "key-1")
	require.Equal(t, http.StatusOK, again.code)
	require.JSONEq(t, first.body, again.body)
	require.Equal(t, at, w.all[of], "it was noted once")
	for _, r := range []response{order("anna", "note", `{"text":"y"}`, "key-1"), order("anna", "withdraw", ``, "key-1")} {
		require.Equal(t, http.StatusUnprocessableEntity, r.code)
		require.Contains(t, r.body, `"outcome":"key used already"`)
	}
	require.Equal(t, at, w.all[of])
	require.Equal(t, http.StatusOK, order("ben", "note", `{"text":"y"}`, "key-1").code, "a key is a person's own")
	require.Equal(t, http.StatusOK, order("anna", "note", `{"text":"x"}`, "key-2").code, "another key is another order")

	require.Equal(t, http.StatusConflict, order("anna", "enter-answer", `{"answer":"x"}`, "key-3").code)
	require.Equal(t, http.StatusOK, order("anna", "approve", ``, "key-3").code, "a refused order uses up no key")
	w.happens(of, func(r *refund.Refund, p refund.Policy) error {
		r.ClaimAnswered(refund.ClaimAnswer{Granted: true}, p, w.clock)
		return nil
	})
	again = order("anna", "approve", ``, "key-3")
	require.JSONEq(t, `{"outcome":"done","state":"approved"}`, again.body, "as it was answered then")
	clear(w.answers) // as a new run of the workflow does
	again = order("anna", "approve", ``, "key-3")
	require.JSONEq(t, `{"outcome":"done","state":"paying"}`, again.body, "as it stands now")
	for _, key := range []string{"", "a b", strings.Repeat("x", 129), "ü"} {
		require.Contains(t, order("anna", "note", `{"text":"x"}`, key).body, `"field":"Idempotency-Key"`, key)
	}
	require.Contains(t, order("anna", "note", `{"text":"x","dryRun":true}`, "key-9").body, `"field":"Idempotency-Key"`)
	require.NotContains(t, w.log.String(), "key-1")
}

func TestADryRunOfAnOrderChangesNothing(t *testing.T) {
	w := open(t)
	at := w.all[w.inState(42, refund.AwaitingApproval)]
	r := w.api(http.MethodPost, "/api/refunds/demo/42/approve", "token-of-anna", `{"dryRun":true}`)
	require.JSONEq(t, `{"outcome":"tried","state":"approved"}`, r.body)
	require.Equal(t, http.StatusConflict, w.api(http.MethodPost, "/api/refunds/demo/42/pay-again", "token-of-anna", `{"dryRun":true}`).code)
	require.Equal(t, at, w.all[contract.RefundRef{Integration: "demo", ReturnID: 42}])
	require.Zero(t, w.orders)
}

func TestATokenThatOnlyReadsGivesNoOrders(t *testing.T) {
	w := open(t)
	w.people["demo"][0].TokenReadOnly = true
	of := w.inState(42, refund.AwaitingApproval)
	w.stuck()
	for _, path := range []string{"/api/refunds", "/api/refunds/demo/42", "/api/parcels", "/api/parcels/demo/868"} {
		require.Equal(t, http.StatusOK, w.api(http.MethodGet, path, "token-of-anna", "").code, path)
	}
	at := w.all[of]
	for _, path := range []string{"/api/refunds/demo/42/approve", "/api/parcels/demo/868/pause-mails", "/api/batches"} {
		r := w.api(http.MethodPost, path, "token-of-anna", `{"order":"pause-mails"}`)
		require.Equal(t, http.StatusForbidden, r.code, path)
		require.Contains(t, r.body, `"outcome":"read-only token"`)
	}
	require.Equal(t, at, w.all[of])
	require.Empty(t, w.shipping.batches)
	require.Zero(t, w.shipping.orders)
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
