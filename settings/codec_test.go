package settings

import (
	"log/slog"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/converter"

	"waybill/codec"
)

func codecKey(t *testing.T, id string) string {
	t.Helper()
	line, err := codec.NewKey(id)
	require.NoError(t, err)
	return line
}

func TestNothingReachesTemporalWithoutKeysUnlessToldSo(t *testing.T) {
	quiet := slog.New(slog.DiscardHandler)
	good := codecKey(t, "2026-11")
	for says, environ := range map[string][]string{
		"WAYBILL_CODEC_KEYS: it is empty, and everything that Temporal stores is to be encrypted": nil,
		"WAYBILL_CODEC_KEYS: it is empty":                               {"WAYBILL_CODEC_PLAIN=read"},
		`WAYBILL_CODEC_PLAIN is "yes": leave it out, or set it to read`: {"WAYBILL_CODEC_PLAIN=yes", "WAYBILL_CODEC_KEYS=" + good},
		"WAYBILL_CODEC_KEYS: line 1 is not a key":                       {"WAYBILL_CODEC_KEYS=" + good[:40]},
		"WAYBILL_CODEC_KEYS_FILE: ":                                     {"WAYBILL_CODEC_KEYS_FILE=/nowhere/keys", "WAYBILL_CODEC_PLAIN=write"},
	} {
		_, err := New(environ).Temporal(t.Context(), quiet)
		require.ErrorContains(t, err, says)
		require.NotContains(t, err.Error(), good[8:40], "no key is quoted")
	}
	for _, environ := range [][]string{{"WAYBILL_CODEC_KEYS=" + good}, {"WAYBILL_CODEC_KEYS=" + good, "WAYBILL_CODEC_PLAIN=read"}, {"WAYBILL_CODEC_PLAIN=write"}} {
		_, err := New(environ).Temporal(t.Context(), quiet)
		require.NoError(t, err, environ)
	}
}

func TestClientsEncryptUnlessToldNotTo(t *testing.T) {
	for environ, encrypted := range map[string]bool{"WAYBILL_CODEC_KEYS=" + codecKey(t, "a"): true, "WAYBILL_CODEC_PLAIN=write": false} {
		options, err := New([]string{environ}).Temporal(t.Context(), slog.New(slog.DiscardHandler))
		require.NoError(t, err)
		stored, err := options.DataConverter.ToPayload("Jane Doe")
		require.NoError(t, err)
		require.Equal(t, !encrypted, strings.Contains(string(stored.GetData()), "Jane"))
		require.Equal(t, !encrypted, strings.Contains(options.FailureConverter.ErrorToFailure(os.ErrNotExist).GetMessage(), os.ErrNotExist.Error()))
	}
}

// The first key encrypts, all decrypt.
func TestKeysOfTheCodecAreReadAgain(t *testing.T) {
	before, after := codecKey(t, "before"), codecKey(t, "after")
	file := secretFile(t, before)
	env := New([]string{"WAYBILL_CODEC_KEYS_FILE=" + file})
	keys, _, err := env.Codec()
	require.NoError(t, err)
	require.Equal(t, []string{"before"}, keys.IDs())
	require.NoError(t, os.WriteFile(file, []byte(after+"\n"+before+"\n"), 0o600))
	keys, err = env.codecKeys()
	require.NoError(t, err)
	require.Equal(t, []string{"after", "before"}, keys.IDs())
	crypt, err := codec.New(keys, codec.PlainRefused)
	require.NoError(t, err)
	stored, err := crypt.Encode([]*commonpb.Payload{{Metadata: map[string][]byte{converter.MetadataEncoding: []byte("json/plain")}}})
	require.NoError(t, err)
	id, _ := codec.KeyOf(stored[0])
	require.Equal(t, "after", id)
}
