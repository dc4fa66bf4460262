package mail_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"waybill/mail"
	"waybill/parcel"
)

type vector struct {
	Name, Signature, Timestamp, Expect string
	PublicKey                          string `json:"public_key"`
	BodyFile                           string `json:"body_file"`
}

// TestEverySignatureHasItsVerdict has the official vectors, and what must never
// pass.
func TestEverySignatureHasItsVerdict(t *testing.T) {
	raw, err := os.ReadFile("testdata/signed/vectors.json")
	require.NoError(t, err)
	var file struct{ Vectors []vector }
	require.NoError(t, json.Unmarshal(raw, &file))
	require.Len(t, file.Vectors, 20)
	for _, v := range file.Vectors {
		t.Run(v.Name, func(t *testing.T) {
			body, err := os.ReadFile(filepath.Join("testdata", "signed", v.BodyFile))
			require.NoError(t, err)
			seconds, _ := strconv.ParseInt(v.Timestamp, 10, 64)
			keys, err := mail.ParseEventKeys(v.PublicKey)
			now := time.Unix(seconds, 0)
			good := err == nil && keys.Verify(v.Timestamp, body, v.Signature, now)
			switch v.Expect {
			case "accept":
				require.True(t, good)
				require.False(t, keys.Verify(v.Timestamp, body, v.Signature, now.Add(49*time.Hour)), "too old")
				require.False(t, keys.Verify(v.Timestamp, body, v.Signature, now.Add(-49*time.Hour)), "of the future")
			case "reject":
				require.False(t, good)
			default:
				require.Equal(t, "either", v.Expect)
			}
		})
	}
}

func TestSeveralEventKeysAreRead(t *testing.T) {
	raw, err := os.ReadFile("testdata/signed/vectors.json")
	require.NoError(t, err)
	var file struct{ Vectors []vector }
	require.NoError(t, json.Unmarshal(raw, &file))
	one, two, armoured := file.Vectors[0].PublicKey, file.Vectors[1].PublicKey, file.Vectors[len(file.Vectors)-1].PublicKey
	require.Contains(t, armoured, "BEGIN PUBLIC KEY")
	keys, err := mail.ParseEventKeys("\n" + two + "\n  " + one + "\n" + armoured + "\n")
	require.NoError(t, err)
	require.Len(t, keys, 3)
	body, err := os.ReadFile("testdata/signed/official-single.body")
	require.NoError(t, err)
	require.True(t, keys.Verify("1600112502", body, file.Vectors[0].Signature, time.Unix(1600112502, 0)))
	keys, err = mail.ParseEventKeys(" \n")
	require.NoError(t, err)
	require.Empty(t, keys)
	require.False(t, keys.Verify("1600112502", body, file.Vectors[0].Signature, time.Unix(1600112502, 0)))
	for _, s := range []string{"%%%", "aGVsbG8=", "-----BEGIN PUBLIC KEY-----\nnonsense"} {
		_, err := mail.ParseEventKeys(s)
		require.ErrorContains(t, err, "copy the verification key", s)
	}
}

// told is an event in a line, for the table below.
func told(e mail.Event) string {
	r := e.Report
	parts := []string{e.Type, string(r.Kind), r.Why, r.Key, r.MessageID, e.Address}
	if e.ParcelID != 0 {
		parts = append(parts, fmt.Sprintf("%s/%d", e.Integration, e.ParcelID))
	}
	return strings.TrimRight(strings.Join(parts, "|"), "|")
}

func TestWhatEveryEventTells(t *testing.T) {
	received := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	files, err := filepath.Glob("testdata/events/*.json")
	require.NoError(t, err)
	require.Len(t, files, 28)
	var table strings.Builder
	for _, file := range files {
		raw, err := os.ReadFile(file)
		require.NoError(t, err)
		events, err := mail.DecodeEvents(raw, received)
		fmt.Fprintf(&table, "%s\n", strings.TrimSuffix(filepath.Base(file), ".json"))
		if err != nil {
			fmt.Fprintf(&table, "    %v\n", err)
		}
		for _, e := range events {
			fmt.Fprintf(&table, "    %s\n", told(e))
			require.NotContains(t, e.Report.Why, "@")
		}
	}
	golden(t, "events.txt", table.String())
}

func TestAnEventOfOursFindsItsParcel(t *testing.T) {
	received := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	decode := func(text string) mail.Event {
		events, err := mail.DecodeEvents([]byte("["+text+"]"), received)
		require.NoError(t, err)
		require.Len(t, events, 1)
		return events[0]
	}
	e := decode(`{"event":"bounce","type":"bounce","waybill_key":"abcdefghij","waybill_parcel":"my-shop:364000001","sg_event_id":"e1",` +
		`"sg_message_id":"ABC.recvd-1","timestamp":1795434197,"status":"5.1.1","bounce_classification":"Invalid Address","reason":"jane@example.com is unknown"}`)
	require.Equal(t, mail.Event{Type: "bounce", Integration: "my-shop", ParcelID: 364000001, Report: parcel.MailReport{
		ID: "e1", Key: "abcdefghij", Kind: parcel.ReportBounced, At: time.Unix(1795434197, 0).UTC(), MessageID: "ABC", Why: "invalid address, 5.1.1",
	}}, e)
	for _, strange := range []string{`"My Shop:1"`, `"my-shop:0"`, `"my-shop:99999999999999999999"`, `"my-shop:1; x"`, `7`, `null`, `["my-shop:1"]`} {
		e := decode(`{"event":"delivered","waybill_key":"abcdefghij","waybill_parcel":` + strange + `}`)
		require.Zero(t, e.ParcelID, strange)
		require.Empty(t, e.Integration, strange)
	}
	require.Zero(t, decode(`{"event":"delivered","waybill_parcel":"my-shop:1"}`).ParcelID, "without a key it is not ours")
	e = decode(`{"event":"bounce","type":"bounce","email":"Jane.Doe@example.com","sg_message_id":"","timestamp":1795434197}`)
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
		events, err := mail.DecodeEvents(raw, time.Now())
		if err != nil {
			require.Empty(t, events)
		}
		for _, e := range events {
			require.NotEmpty(t, e.Type)
			require.NotContains(t, e.Report.Why+e.Report.Key+e.Report.ID+e.Report.MessageID, "@")
			require.Equal(t, e.Integration != "", e.ParcelID != 0)
			if e.Address != "" {
				require.Equal(t, parcel.ReportBounced, e.Report.Kind)
			}
		}
	})
}
