package worker

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"waybill/policy"
	"waybill/version"
)

func TestAWorkerSaysWhichBuildItIsAndWhetherItSends(t *testing.T) {
	path := filepath.Join(t.TempDir(), "policy.yaml")
	require.NoError(t, os.WriteFile(path, []byte("mode: shadow\n"), 0o600))
	kept, err := policy.Keep(path)
	require.NoError(t, err)
	var logged bytes.Buffer
	Config{Policy: kept}.introduce(t.Context(), nil, slog.New(slog.NewJSONHandler(&logged, nil)))
	first, _, _ := bytes.Cut(logged.Bytes(), []byte("\n"))
	var line struct{ Msg, Version, Mode string }
	require.NoError(t, json.Unmarshal(first, &line))
	require.Equal(t, "worker started", line.Msg)
	require.Equal(t, version.Read().Version, line.Version)
	require.Equal(t, "shadow", line.Mode)
}
