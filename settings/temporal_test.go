package settings

import (
	"bytes"
	"log/slog"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

func TestTheKeyOfTemporalIsReadFromAFile(t *testing.T) {
	quiet := slog.New(slog.DiscardHandler)
	file := secretFile(t, "  the key of before\n")
	env := New([]string{"TEMPORAL_API_KEY_FILE=" + file})
	keys, err := env.temporalKeys()
	require.NoError(t, err)
	require.Equal(t, "the key of before", keys.apiKey)
	options, err := env.TemporalAddress(quiet)
	require.NoError(t, err)
	require.NotNil(t, options.Credentials)
	require.NotNil(t, options.ConnectionOptions.TLS, "a key is sent over TLS only")
	for says, environ := range map[string][]string{
		"TEMPORAL_API_KEY and TEMPORAL_API_KEY_FILE are both set": {"TEMPORAL_API_KEY_FILE=" + file, "TEMPORAL_API_KEY=another"},
		"TEMPORAL_API_KEY_FILE names a file without a key":        {"TEMPORAL_API_KEY_FILE=" + secretFile(t, "\n")},
		"TEMPORAL_API_KEY has an invisible character":             {"TEMPORAL_API_KEY_FILE=" + secretFile(t, "the\u200bkey")},
		"no such file": {"TEMPORAL_API_KEY_FILE=/nowhere/key"},
		"the client certificate of TEMPORAL_TLS_CLIENT_CERT_PATH": {"TEMPORAL_TLS_CLIENT_CERT_PATH=/nowhere/pem", "TEMPORAL_TLS_CLIENT_KEY_PATH=/nowhere/key"},
	} {
		_, err := New(environ).TemporalAddress(quiet)
		require.ErrorContains(t, err, says)
		require.NotContains(t, err.Error(), "the key of before")
	}
}

// Keys with a fault are not used, and the fault is logged once.
func TestTheKeyOfTemporalIsReadAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		file := secretFile(t, "the key of before")
		env := New([]string{"TEMPORAL_API_KEY_FILE=" + file})
		var log bytes.Buffer
		_, with, err := env.temporal(slog.New(slog.DiscardHandler))
		require.NoError(t, err)
		go with.watch(t.Context(), env.temporalKeys, slog.New(slog.NewTextHandler(&log, nil)))
		becomes := func(text, want string) {
			t.Helper()
			require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
			<-time.After(3 * readAgainEvery)
			synctest.Wait()
			require.Equal(t, want, with.keys.Load().apiKey)
		}
		becomes("", "the key of before")
		becomes("the new key", "the new key")
		require.Equal(t, 1, strings.Count(log.String(), "keys of Temporal not reloaded: the previous keys stay in use"))
		require.Equal(t, 1, strings.Count(log.String(), "keys of Temporal reloaded"))
		require.NotContains(t, log.String(), "the new key")
	})
}
