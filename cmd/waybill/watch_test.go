package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"waybill/version"
	"waybill/workflows"
)

func TestTheMetricsSayWhichBuildAProcessIs(t *testing.T) {
	var logged bytes.Buffer
	_, err := openWatch(t.Context(), "127.0.0.1:0", slog.New(slog.NewJSONHandler(&logged, nil)))
	require.NoError(t, err)
	var open struct{ Address string }
	require.NoError(t, json.Unmarshal(logged.Bytes(), &open))
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+open.Address+"/metrics", nil)
	require.NoError(t, err)
	resp, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer resp.Body.Close()
	metrics, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	info := version.Read()
	_, newest := workflows.Histories()
	require.Contains(t, string(metrics), fmt.Sprintf("\nwaybill_build_info{commit=%q,go=%q,histories=\"%d\",version=%q} 1\n", info.Commit, info.Go, newest, info.Version))
}

func TestTheFlagPrintsTheVersionAlone(t *testing.T) {
	var stdout, stderr bytes.Buffer
	require.Zero(t, run(t.Context(), []string{"--version"}, nil, &stdout, &stderr))
	require.Equal(t, "waybill "+version.Read().Version+"\n", stdout.String())
	require.Empty(t, stderr.String())
}
