package sendgrid_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"waybill/delivery"
	"waybill/mail/sendgrid"
)

var update = flag.Bool("update", false, "write the golden files anew")

// told is an event in a line, for the table below.
func told(e sendgrid.Event) string {
	r := e.Report
	parts := []string{e.Type, string(r.Kind), r.Why, r.Key, r.MessageID, e.Address}
	if e.Subject != "" {
		parts = append(parts, string(e.Subject))
	}
	return strings.TrimRight(strings.Join(parts, "|"), "|")
}

func TestWhatEveryEventTells(t *testing.T) {
	received := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	files, err := filepath.Glob("testdata/events/*.json")
	require.NoError(t, err)
	require.Len(t, files, 29)
	var table strings.Builder
	for _, file := range files {
		raw, err := os.ReadFile(file)
		require.NoError(t, err)
		events, err := sendgrid.DecodeEvents(raw, received)
		fmt.Fprintf(&table, "%s\n", strings.TrimSuffix(filepath.Base(file), ".json"))
		if err != nil {
			fmt.Fprintf(&table, "    %v\n", err)
		}
		for _, e := range events {
			fmt.Fprintf(&table, "    %s\n", told(e))
			require.NotContains(t, e.Report.Why, "@")
		}
	}
	const golden = "testdata/golden/events.txt"
	if *update {
		require.NoError(t, os.WriteFile(golden, []byte(table.String()), 0o600))
	}
	want, err := os.ReadFile(golden)
	require.NoError(t, err)
	require.Equal(t, string(want), table.String(), "if this is what you want: go test ./mail/sendgrid -update")
}

func TestAnEventOfOursFindsItsSubject(t *testing.T) {
	received := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	decode := func(text string) sendgrid.Event {
		events, err := sendgrid.DecodeEvents([]byte("["+text+"]"), received)
		require.NoError(t, err)
		require.Len(t, events, 1)
		return events[0]
	}
	for argument, want := range map[string]delivery.Subject{
		`"waybill_parcel":"my-shop:364000001"`: "parcel:my-shop:364000001", `"waybill_refund":"my-shop:1500002"`: "refund:my-shop:1500002",
		`"waybill_sign_in":"a-nonce"`: "sign-in:a-nonce", `"waybill_integration":"my-shop"`: "integration:my-shop",
		`"waybill_sign-in":"a-nonce"`: "", `"waybill_shop":"my-shop"`: "", `"waybill_parcel":""`: "",
		`"waybill_parcel":"My Shop:1"`: "", `"waybill_parcel":"my-shop:1; x"`: "", `"waybill_parcel":null`: "", `"waybill_parcel":["my-shop:1"]`: "",
	} {
		e := decode(`{"event":"bounce","type":"bounce","waybill_key":"abcdefghij","waybill_try":"3",` + argument + `,"sg_event_id":"e1",` +
			`"sg_message_id":"ABC.recvd-1","timestamp":1795434197,"status":"5.1.1","bounce_classification":"Invalid Address","reason":"jane@example.com is unknown"}`)
		require.Equal(t, sendgrid.Event{Type: "bounce", Subject: want, Report: delivery.Report{
			ID: "e1", Key: "abcdefghij", Try: 3, Kind: delivery.Bounced, At: time.Unix(1795434197, 0).UTC(), MessageID: "ABC", Why: "invalid address, 5.1.1",
		}}, e, argument)
	}
	for _, strange := range []string{`"0"`, `"-1"`, `"x"`, `""`, `"99999999999999999999"`, `null`} {
		require.Zero(t, decode(`{"event":"delivered","waybill_key":"abcdefghij","waybill_try":`+strange+`}`).Report.Try, strange)
	}
	require.Empty(t, decode(`{"event":"delivered","waybill_parcel":"my-shop:1"}`).Subject, "without a key it is not ours")
	e := decode(`{"event":"bounce","type":"bounce","email":"Jane.Doe@example.com","sg_message_id":"","timestamp":1795434197}`)
	require.Equal(t, "jane.doe@example.com", e.Address, "a bounce that does not say which mail it is about")
	require.Equal(t, "other", decode(`7`).Type)
	require.Equal(t, received, decode(`{"event":"delivered","timestamp":"soon"}`).Report.At)
}

func FuzzDecodeEvents(f *testing.F) {
	files, err := filepath.Glob("testdata/events/*.json")
	require.NoError(f, err)
	for _, file := range files {
		raw, err := os.ReadFile(file)
		require.NoError(f, err)
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		events, err := sendgrid.DecodeEvents(raw, time.Now())
		if err != nil {
			require.Empty(t, events)
		}
		for _, e := range events {
			require.NotEmpty(t, e.Type)
			require.NotContains(t, e.Report.Why+e.Report.Key+e.Report.ID+e.Report.MessageID, "@")
			if e.Subject != "" {
				require.NotEmpty(t, e.Report.Key)
				require.Contains(t, delivery.SubjectKinds(), e.Subject.Kind())
			}
			if e.Address != "" {
				require.Equal(t, delivery.Bounced, e.Report.Kind)
			}
		}
	})
}
