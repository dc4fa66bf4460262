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
	"waybill/ingress"
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

func TestTheCodecEndpointIsClosedUnlessItHasAnAddress(t *testing.T) {
	environ := []string{"SENDCLOUD_KEYS_DEMO=a-key-of-the-webhooks"}
	config, _, _, err := New(environ).Ingress()
	require.NoError(t, err)
	require.Empty(t, config.Codec.Listen)

	config, _, _, err = New(append(environ, "WAYBILL_CODEC_LISTEN=127.0.0.1:8081", "WAYBILL_CODEC_ORIGINS=https://temporal.shop.example, http://127.0.0.1:8233",
		"WAYBILL_CODEC_OIDC_ISSUER=https://login.shop.example/realms/shop", "WAYBILL_CODEC_OIDC_AUDIENCE=temporal-ui")).Ingress()
	require.NoError(t, err)
	require.Equal(t, "127.0.0.1:8081", config.Codec.Listen)
	require.Equal(t, []string{"https://temporal.shop.example", "http://127.0.0.1:8233"}, config.Codec.Origins)
	require.Equal(t, ingress.OIDC{Issuer: "https://login.shop.example/realms/shop", Audience: "temporal-ui"}, config.Codec.OIDC)
	require.Empty(t, config.Codec.People())
}

func TestAllFaultsOfTheCodecEndpointAreTold(t *testing.T) {
	for setting, says := range map[string]string{
		"ORIGINS=*":                                 `"*" is no origin`,
		"ORIGINS=null":                              `"null" is no origin`,
		"ORIGINS=https://temporal.shop.example/":    "is no origin: write each as a browser does, as in https://temporal.shop.example",
		"ORIGINS=https://Temporal.shop.example":     "is no origin",
		"ORIGINS=https://a@temporal.shop.example":   "is no origin",
		"ORIGINS=temporal.shop.example":             "is no origin",
		"ORIGINS=https://temporal.shop.example:443": "has the usual port",
		"ORIGINS=http://temporal.shop.example":      "begins with http",
		"OIDC_ISSUER=https://login.shop.example":    "WAYBILL_CODEC_OIDC_ISSUER and WAYBILL_CODEC_OIDC_AUDIENCE go together",
		"OIDC_AUDIENCE=temporal-ui":                 "go together",
		"OIDC_ISSUER=http://login.shop.example":     "WAYBILL_CODEC_OIDC_ISSUER: what is sent there would not be encrypted: use https",
	} {
		_, _, _, err := New([]string{"SENDCLOUD_KEYS_DEMO=a-key-of-the-webhooks", "WAYBILL_CODEC_" + setting}).Ingress()
		require.ErrorContains(t, err, says, setting)
	}
	_, _, _, err := New([]string{"SENDCLOUD_KEYS_DEMO=a-key-of-the-webhooks", "WAYBILL_CODEC_LISTEN=127.0.0.1:8081", "WAYBILL_LOG_LEVEL=warn"}).Ingress()
	require.ErrorContains(t, err, "WAYBILL_LOG_LEVEL is warn, and who decoded what is logged as info: set it to info, or leave WAYBILL_CODEC_LISTEN out")
}
