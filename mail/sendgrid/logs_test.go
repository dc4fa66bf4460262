package sendgrid_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"waybill/delivery"
	"waybill/mail/sendgrid"
)

func TestMailsAreLookedForInTheLogs(t *testing.T) {
	var asked []string
	url := served(t, func(w http.ResponseWriter, r *http.Request) {
		raw, _ := io.ReadAll(r.Body)
		asked = append(asked, r.Method+" "+r.URL.Path+" "+string(raw))
		switch r.URL.Path {
		case "/v3/logs":
			_, _ = io.WriteString(w, `{"messages":[{"sg_message_id":"AAA.recvd-1"},{"sg_message_id":"BBB.recvd-2"}]}`)
		case "/v3/logs/AAA.recvd-1":
			_, _ = io.WriteString(w, `{"sg_message_id":"AAA.recvd-1","custom_args":{"waybill_key":"another","n":7}}`)
		case "/v3/logs/BBB.recvd-2":
			_, _ = io.WriteString(w, `{"sg_message_id":"BBB.recvd-2","custom_args":{"waybill_key":"k"}}`)
		}
	})
	c := client(url)
	since := time.Date(2026, 11, 23, 11, 40, 0, 0, time.UTC)
	id, found, err := c.Find(t.Context(), "k", "jane@example.com", since)
	require.NoError(t, err)
	require.True(t, found)
	require.Equal(t, "BBB", id)
	require.Len(t, asked, 3)
	var query struct{ Query string }
	require.NoError(t, json.Unmarshal([]byte(asked[0][len("POST /v3/logs "):]), &query))
	require.Equal(t, `to_email = 'jane@example.com' AND sg_message_id_created_at > TIMESTAMP "2026-11-23T11:40:00Z"`, query.Query)

	_, found, err = c.Find(t.Context(), "no such key", "jane@example.com", since)
	require.NoError(t, err)
	require.False(t, found)
	_, _, err = c.Find(t.Context(), "k", "o'neill@example.com", since)
	require.ErrorIs(t, err, sendgrid.ErrNoLogs, "an address is no part of a query")
	denied := client(served(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) }))
	_, _, err = denied.Find(t.Context(), "k", "jane@example.com", since)
	require.ErrorIs(t, err, sendgrid.ErrNoLogs)
}

func TestOurMailsToAnAddressAreTraced(t *testing.T) {
	args := []string{
		`"waybill_key":"abcdefghij","waybill_parcel":"demo:1"`, `"waybill_key":"bcdefghijk","waybill_refund":"demo:2"`,
		`"waybill_key":"cdefghijkl","waybill_sign_in":"a-nonce"`, `"waybill_key":"defghijklm","waybill_integration":"demo"`,
		`"waybill_key":"efghijklmn"`, `"waybill_parcel":"demo:3"`, `"order":7`,
	}
	url := served(t, func(w http.ResponseWriter, r *http.Request) {
		name, one := strings.CutPrefix(r.URL.Path, "/v3/logs/")
		if i, err := strconv.Atoi(name); one && err == nil {
			fmt.Fprintf(w, `{"sg_message_id":"%d","custom_args":{%s}}`, i, args[i])
			return
		}
		_, _ = io.WriteString(w, `{"messages":[{"sg_message_id":"0"},{"sg_message_id":"1"},{"sg_message_id":"2"},{"sg_message_id":"3"},`+
			`{"sg_message_id":"4"},{"sg_message_id":"5"},{"sg_message_id":"6"}]}`)
	})
	found, err := client(url).Trace(t.Context(), "jane@example.com", time.Now())
	require.NoError(t, err)
	require.Equal(t, []delivery.Reference{
		{Subject: "parcel:demo:1", Key: "abcdefghij"}, {Subject: "refund:demo:2", Key: "bcdefghijk"},
		{Subject: "sign-in:a-nonce", Key: "cdefghijkl"}, {Subject: "integration:demo", Key: "defghijklm"},
	}, found, "and no other")
}

func TestTheLogsSayWhatBecameOfOurMails(t *testing.T) {
	messages := []string{
		`"custom_args":{"waybill_key":"abcdefghij"},"events":[{"event":"delivered","timestamp":1764590460},{"event":"processed","timestamp":1764590400},{"event":"open","timestamp":1764590500}]`,
		`"custom_args":{"waybill_key":"bcdefghijk"},"events":[{"event":"deferred","timestamp":1764590400},{"event":"bounce","type":"bounce","timestamp":1764590401,"bounce_classification":"Invalid Address"}]`,
		`"custom_args":{"waybill_key":"cdefghijkl"},"events":"none"`,
		`"custom_args":{"order":"another"},"events":[{"event":"delivered","timestamp":1764590400}]`,
	}
	url := served(t, func(w http.ResponseWriter, r *http.Request) {
		name, one := strings.CutPrefix(r.URL.Path, "/v3/logs/")
		if i, err := strconv.Atoi(name); one && err == nil {
			fmt.Fprintf(w, `{"sg_message_id":"%d",%s}`, i, messages[i])
			return
		}
		_, _ = io.WriteString(w, `{"messages":[{"sg_message_id":"0"},{"sg_message_id":"1"},{"sg_message_id":"2"},{"sg_message_id":"3"}]}`)
	})
	reports, err := client(url).Reports(t.Context(), "jane@example.com", time.Now())
	require.NoError(t, err)
	require.Len(t, reports, 2)
	require.Equal(t, delivery.Delivered, reports["abcdefghij"].Kind)
	require.Equal(t, time.Unix(1764590460, 0).UTC(), reports["abcdefghij"].At)
	require.Equal(t, delivery.Bounced, reports["bcdefghijk"].Kind)
	require.Equal(t, "invalid address", reports["bcdefghijk"].Why)
}
