package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// start runs the program in this environment, which must make it refuse.
func start(t *testing.T, args []string, environ ...string) string {
	t.Helper()
	var stdout, stderr bytes.Buffer
	require.Equal(t, 1, run(t.Context(), args, environ, &stdout, &stderr))
	return stderr.String()
}

func TestHelpTeaches(t *testing.T) {
	for _, args := range [][]string{{"--help"}, {"setup", "--help"}, {"ingress", "--help"}, {"worker", "--help"}, {"policy", "--help"}, {"policy", "check", "--help"}} {
		var stdout, stderr bytes.Buffer
		require.Zero(t, run(t.Context(), args, nil, &stdout, &stderr))
		require.Empty(t, stderr.String())
		require.Greater(t, strings.Count(stdout.String(), "\n"), 8)
	}
	require.Contains(t, start(t, []string{"ingres"}), "unknown command")
	require.Contains(t, start(t, []string{"worker", "now"}), "unknown command")
}

func TestAProcessRefusesToStartWithoutItsSettings(t *testing.T) {
	require.Contains(t, start(t, []string{"worker"}), "waybill: SENDGRID_API_KEY is empty")
	require.Contains(t, start(t, []string{"ingress"}), "no integration has a key")
	require.Contains(t, start(t, []string{"ingress"}, "SENDCLOUD_KEYS_DEMO=a key", "WAYBILL_PUBLIC_URL=hooks.shop.example"), "WAYBILL_PUBLIC_URL")
}
