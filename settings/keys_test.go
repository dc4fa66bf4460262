package settings

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"waybill/ingress"
	"waybill/sendcloud"
)

// start reads the settings of a command, which must make it refuse.
func start(t *testing.T, args []string, environ ...string) string {
	t.Helper()
	env := New(environ)
	var err error
	switch args[0] {
	case "worker":
		_, err = env.Worker()
	case "ingress":
		_, _, _, err = env.Ingress()
	}
	require.Error(t, err)
	return err.Error()
}

func secretFile(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "secret")
	require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
	return path
}

func policyFile(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "policy.yaml")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

func TestTheIngressRefusesToStartWithoutASecret(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "missing")
	for _, c := range []struct {
		name    string
		environ []string
		says    []string
	}{
		{"no integration", nil, []string{"no integration has a key: set SENDCLOUD_KEYS_<INTEGRATION>"}},
		{"an empty key", []string{"SENDCLOUD_KEYS_DEMO="}, []string{"SENDCLOUD_KEYS_DEMO is empty: set it to the webhook signature key"}},
		{"a key of blanks", []string{"SENDCLOUD_KEYS_DEMO= \n "}, []string{"SENDCLOUD_KEYS_DEMO is empty"}},
		{"an empty file", []string{"SENDCLOUD_KEYS_DEMO_FILE=" + secretFile(t, "\n")}, []string{"SENDCLOUD_KEYS_DEMO is empty"}},
		{"a file that is not there", []string{"SENDCLOUD_KEYS_DEMO_FILE=" + missing}, []string{"SENDCLOUD_KEYS_DEMO_FILE: ", "no such file"}},
		{"a key and a file", []string{"SENDCLOUD_KEYS_DEMO=a", "SENDCLOUD_KEYS_DEMO_FILE=" + secretFile(t, "b")}, []string{"SENDCLOUD_KEYS_DEMO and SENDCLOUD_KEYS_DEMO_FILE are both set"}},
		{"a name that cannot stand in a path", []string{"SENDCLOUD_KEYS_=a"}, []string{`"" cannot be an integration's name`}},
		{"basic auth without a password", []string{"SENDCLOUD_KEYS_DEMO=a", "SENDCLOUD_BASIC_AUTH_DEMO=sendcloud"}, []string{"SENDCLOUD_BASIC_AUTH_DEMO is not of the form user:password"}},
		{"basic auth without a key", []string{"SENDCLOUD_KEYS_DEMO=a", "SENDCLOUD_BASIC_AUTH_SHOP=user:password"}, []string{"SENDCLOUD_KEYS_SHOP is empty"}},
		{"one good and one empty key", []string{"SENDCLOUD_KEYS_DEMO=a", "SENDCLOUD_KEYS_MY_SHOP="}, []string{"SENDCLOUD_KEYS_MY_SHOP is empty"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			said := start(t, []string{"ingress"}, c.environ...)
			for _, want := range c.says {
				require.Contains(t, said, want)
			}
		})
	}
}

func TestAWorkerTellsAllFaultsAtOnce(t *testing.T) {
	said := start(t, []string{"worker"}, "SENDGRID_BASE_URL=http://sendgrid.example", "WAYBILL_POLICY="+policyFile(t, "mode: loud\nmail: on\n"))
	for _, want := range []string{
		"SENDGRID_API_KEY is empty: set it, or SENDGRID_API_KEY_FILE",
		"WAYBILL_MAIL_FROM is empty: set it to the sender",
		`SENDGRID_BASE_URL: what is sent there would not be encrypted`,
		`policy.yaml:1: mode: "loud" is not allowed: write one of shadow, live`,
		`policy.yaml:2: mail is no setting`,
	} {
		require.Contains(t, said, want)
	}
}

func TestAWorkerChecksEachSetting(t *testing.T) {
	good := []string{"SENDGRID_API_KEY=SG.x", "WAYBILL_MAIL_FROM=Example Shop <tracking@shop.example>"}
	for setting, want := range map[string]string{
		"SENDGRID_API_KEY=   ":                           "SENDGRID_API_KEY is empty",
		"WAYBILL_MAIL_FROM=Example Shop":                 "is not of the form",
		"SENDGRID_BASE_URL=api.sendgrid.com":             "is not of the form https://host",
		"SENDGRID_BASE_URL=https://api.sendgrid.com/v3":  "is not of the form https://host",
		"SENDGRID_BASE_URL=http://127.example.com":       "would not be encrypted: use https",
		"WAYBILL_POLICY=/nowhere/policy.yaml":            "WAYBILL_POLICY: open the policy",
		"SENDGRID_API_KEY_FILE=" + secretFile(t, "SG.y"): "are both set",
	} {
		require.Contains(t, start(t, []string{"worker"}, append(good, setting)...), want, setting)
	}
}

func TestAWorkerChecksHowToAskSendcloud(t *testing.T) {
	good := []string{
		"SENDGRID_API_KEY=SG.x", "WAYBILL_MAIL_FROM=Example Shop <tracking@shop.example>",
		"SENDCLOUD_API_KEYS_MY_SHOP=public:secret", "SENDCLOUD_INTEGRATION_ID_MY_SHOP=7",
	}
	for setting, want := range map[string]string{
		"SENDCLOUD_API_KEYS_MY_SHOP=public":       "SENDCLOUD_API_KEYS_MY_SHOP is not of the form public-key:secret-key",
		"SENDCLOUD_INTEGRATION_ID_MY_SHOP=":       "SENDCLOUD_INTEGRATION_ID_MY_SHOP is not a number",
		"SENDCLOUD_INTEGRATION_ID_MY_SHOP=a":      "SENDCLOUD_INTEGRATION_ID_MY_SHOP is not a number",
		"SENDCLOUD_API_VERSION_MY_SHOP=v4":        "leave it empty for v3, or set it to v2",
		"SENDCLOUD_BASE_URL=http://panel.example": `SENDCLOUD_BASE_URL: what is sent there would not be encrypted`,
		"WAYBILL_RECONCILE_EVERY=10ms":            "WAYBILL_RECONCILE_EVERY is 10ms: set it to at least 1s",
		"SENDCLOUD_API_KEYS_=a:b":                 `"" cannot be an integration's name`,
		"SENDCLOUD_ACCOUNT_MY_SHOP=Main account":  `SENDCLOUD_ACCOUNT_MY_SHOP is "Main account": an account is named with lower-case letters`,
	} {
		said := start(t, []string{"worker"}, append(good, setting)...)
		require.Contains(t, said, want, setting)
		require.NotContains(t, said, "secret\"", setting)
	}
}

func TestAPIKeysAreReadFromFilesAndEnvironment(t *testing.T) {
	config, err := New([]string{
		"SENDGRID_API_KEY=SG.x", "WAYBILL_MAIL_FROM=Example Shop <tracking@shop.example>",
		"SENDCLOUD_API_KEYS_MY_SHOP_FILE=" + secretFile(t, "public:secret\n"), "SENDCLOUD_INTEGRATION_ID_MY_SHOP=7",
		"SENDCLOUD_API_VERSION_MY_SHOP=v2", "SENDCLOUD_API_KEYS_OFF=", "SENDCLOUD_ACCOUNT_MY_SHOP=main", "SENDCLOUD_ACCOUNT_OFF=",
	}).Worker()
	require.NoError(t, err)
	require.Equal(t, 15*time.Minute, config.ReconcileEvery)
	require.Equal(t, map[string]sendcloud.APIConfig{"my-shop": {
		BaseURL: "https://panel.sendcloud.sc", Version: "v2", PublicKey: "public", SecretKey: "secret", Integration: 7,
	}}, config.Integrations)
	require.Equal(t, map[string]string{"my-shop": "main"}, config.Accounts)
}

func TestASecretIsNeverQuoted(t *testing.T) {
	said := start(t, []string{"worker"}, "SENDGRID_API_KEY=SG.very-secret", "WAYBILL_POLICY=/nowhere")
	require.NotContains(t, said, "very-secret")
}

func TestKeysAreReadFromFilesAndEnvironment(t *testing.T) {
	file := secretFile(t, "  from a file \r\n\r\n")
	config, _, _, err := New([]string{
		"SENDCLOUD_KEYS_DEMO=new\nold\n",
		"SENDCLOUD_KEYS_MY_SHOP_FILE=" + file,
		"SENDCLOUD_BASIC_AUTH_MY_SHOP=user:password",
		"UNRELATED=x",
	}).Ingress()
	require.NoError(t, err)
	read, err := config.Integrations()
	require.NoError(t, err)
	require.Equal(t, ingress.Integrations{
		"demo":    {Keys: [][]byte{[]byte("new"), []byte("old")}},
		"my-shop": {Keys: [][]byte{[]byte("from a file")}, BasicAuth: "user:password"},
	}, read)

	require.NoError(t, os.WriteFile(file, []byte("another"), 0o600))
	read, err = config.Integrations()
	require.NoError(t, err)
	require.Equal(t, [][]byte{[]byte("another")}, read["my-shop"].Keys)
}
