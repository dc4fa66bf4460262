package main

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"waybill/settings"
)

func TestLogLinesAreJSONUnlessTheyGoToATerminal(t *testing.T) {
	line := func(environ ...string) string {
		var out bytes.Buffer
		newLog(settings.New(environ), &out).Info("mail posted", "kind", "shipped", "took", 1234567*time.Nanosecond)
		return out.String()
	}
	for _, environ := range [][]string{nil, {"WAYBILL_LOG_FORMAT=json"}} {
		var fields map[string]any
		require.NoError(t, json.Unmarshal([]byte(line(environ...)), &fields))
		require.Equal(t, "mail posted", fields["msg"])
		require.InDelta(t, 1.2, fields["took_ms"], 0, "a duration is a number of milliseconds")
		require.NotContains(t, fields, "took")
	}
	require.Regexp(t, `^\d\d:\d\d:\d\d INF mail posted kind=shipped took_ms=1\.2\n$`, line("WAYBILL_LOG_FORMAT=text"), "without colours: it is no terminal")
}

func TestAnUnknownLogFormatIsRefused(t *testing.T) {
	for _, command := range []string{"ingress", "worker"} {
		said := start(t, []string{command}, "WAYBILL_LOG_FORMAT=xml", "WAYBILL_LOG_LEVEL=loud")
		require.Contains(t, said, `WAYBILL_LOG_FORMAT is "xml": set it to text or json, or leave it out`)
		require.Contains(t, said, `WAYBILL_LOG_LEVEL is "loud": set it to debug, info, warn or error`)
	}
}
