package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"waybill/ingress"
	"waybill/policy"
	"waybill/refund"
	"waybill/sendcloud"
)

// start runs the program in this environment, which must make it refuse.
func start(t *testing.T, args []string, environ ...string) string {
	t.Helper()
	var stdout, stderr bytes.Buffer
	require.Equal(t, 1, run(t.Context(), args, environ, &stdout, &stderr))
	return stderr.String()
}

// printed is what a command prints that ends well.
func printed(t *testing.T, args []string, environ ...string) string {
	t.Helper()
	var stdout, stderr bytes.Buffer
	require.Zero(t, run(t.Context(), args, environ, &stdout, &stderr), stderr.String())
	return stdout.String()
}

func secretFile(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "secret")
	require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
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
		`SENDGRID_BASE_URL "http://sendgrid.example" would send the API key unencrypted`,
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
		"SENDGRID_BASE_URL=http://127.example.com":       "would send the API key unencrypted",
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
		"SENDCLOUD_BASE_URL=http://panel.example": `SENDCLOUD_BASE_URL "http://panel.example" would send the API key unencrypted`,
		"WAYBILL_RECONCILE_EVERY=10ms":            "WAYBILL_RECONCILE_EVERY is 10ms: set it to at least 1s",
		"SENDCLOUD_API_KEYS_=a:b":                 `"" cannot be an integration's name`,
	} {
		said := start(t, []string{"worker"}, append(good, setting)...)
		require.Contains(t, said, want, setting)
		require.NotContains(t, said, "secret\"", setting)
	}
}

func TestAPIKeysAreReadFromFilesAndEnvironment(t *testing.T) {
	config, err := newEnvironment([]string{
		"SENDGRID_API_KEY=SG.x", "WAYBILL_MAIL_FROM=Example Shop <tracking@shop.example>",
		"SENDCLOUD_API_KEYS_MY_SHOP_FILE=" + secretFile(t, "public:secret\n"), "SENDCLOUD_INTEGRATION_ID_MY_SHOP=7",
		"SENDCLOUD_API_VERSION_MY_SHOP=v2", "SENDCLOUD_API_KEYS_OFF=",
	}).worker()
	require.NoError(t, err)
	require.Equal(t, 15*time.Minute, config.ReconcileEvery)
	require.Equal(t, map[string]sendcloud.APIConfig{"my-shop": {
		BaseURL: "https://panel.sendcloud.sc", Version: "v2", PublicKey: "public", SecretKey: "secret", Integration: 7,
	}}, config.Integrations)
}

func TestASecretIsNeverQuoted(t *testing.T) {
	said := start(t, []string{"worker"}, "SENDGRID_API_KEY=SG.very-secret", "WAYBILL_POLICY=/nowhere")
	require.NotContains(t, said, "very-secret")
}

func TestKeysAreReadFromFilesAndEnvironment(t *testing.T) {
	file := secretFile(t, "  from a file \r\n\r\n")
	config, _, _, err := newEnvironment([]string{
		"SENDCLOUD_KEYS_DEMO=new\nold\n",
		"SENDCLOUD_KEYS_MY_SHOP_FILE=" + file,
		"SENDCLOUD_BASIC_AUTH_MY_SHOP=user:password",
		"UNRELATED=x",
	}).ingress()
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

func TestSetupTellsWhatToEnterInThePanel(t *testing.T) {
	env := newEnvironment([]string{
		"SENDCLOUD_KEYS_DEMO=the demo key", "SENDCLOUD_KEYS_MY_SHOP=the shop key", "SENDCLOUD_BASIC_AUTH_MY_SHOP=joe:his password",
		"WAYBILL_PUBLIC_URL=https://hooks.shop.example/",
	})
	var said strings.Builder
	require.NoError(t, tellPanel(env, func(line string) { said.WriteString(line + "\n") }))
	require.Equal(t, `
In Sendcloud's panel, in the settings of the integration for demo:
  Webhook URL            https://hooks.shop.example/webhooks/sendcloud/demo
  Webhook signature key  the first line of SENDCLOUD_KEYS_DEMO
Then press "Test API Webhook": the ingress answers 200.

In Sendcloud's panel, in the settings of the integration for my-shop:
  Webhook URL            https://<user>:<password>@hooks.shop.example/webhooks/sendcloud/my-shop
  Webhook signature key  the first line of SENDCLOUD_KEYS_MY_SHOP
  <user>:<password>      SENDCLOUD_BASIC_AUTH_MY_SHOP
Then press "Test API Webhook": the ingress answers 200.
`, said.String())
}

func policyFile(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "policy.yaml")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

// say runs the program, which must succeed, and returns what it printed.
func say(t *testing.T, args []string, environ ...string) string {
	t.Helper()
	var stdout, stderr bytes.Buffer
	require.Zero(t, run(t.Context(), args, environ, &stdout, &stderr), stderr.String())
	return stdout.String()
}

func TestPolicyCommands(t *testing.T) {
	sound := policyFile(t, "mode: live\nintegrations:\n  my-shop: {mode: shadow}\n")
	require.Regexp(t, `is sound: version [0-9a-f]{8}\n  all others: live, refunds shadow, nobody decides\n  my-shop: shadow, refunds shadow, nobody decides\n$`, say(t, []string{"policy", "check", sound}))
	require.Equal(t, say(t, []string{"policy", "check", sound}), say(t, []string{"policy", "check"}, "WAYBILL_POLICY="+sound))
	require.Contains(t, start(t, []string{"policy", "check", policyFile(t, "mode: loud\n")}), "policy.yaml:1: mode")
	require.Contains(t, start(t, []string{"policy", "check"}), "name a policy file, or set WAYBILL_POLICY")

	require.Regexp(t, `\nmode +live +.*policy\.yaml:1 `, say(t, []string{"policy", "show", sound}))
	require.Regexp(t, `\nmode +shadow +.*policy\.yaml:3 `, say(t, []string{"policy", "show", sound, "--integration", "my-shop"}))
	require.Regexp(t, `\nstale\.progress +3d +default +age beyond`, say(t, []string{"policy", "show"}))
	require.Contains(t, start(t, []string{"policy", "show", "--integration", "My Shop"}), "cannot be an integration's name")
	require.Contains(t, say(t, []string{"policy", "schema"}), "json-schema.org")
}

func TestPolicyCheckTellsWhoDecidesRefunds(t *testing.T) {
	hash := strings.Repeat("0123456789abcdef", 4)
	file := policyFile(t, `
refunds:
  people:
    Anna: {email: anna@shop.example, role: approver, token_sha256: `+hash+`, token_expires: 2026-01-31}
integrations:
  my-shop:
    refunds:
      mode: live
      people: {Bram: {email: bram@shop.example, role: manager}}
`)
	require.Regexp(t, `is sound: version [0-9a-f]{8}
  all others: shadow, refunds shadow, 1 person decides
  my-shop: shadow, refunds live, 2 people decide
  the API token of Anna expired on 2026-01-31
$`, say(t, []string{"policy", "check", file}))

	person := func(name string, ends time.Time) policy.Person {
		return policy.Person{Person: refund.Person{Name: name}, TokenSHA256: hash, TokenExpires: ends}
	}
	now := time.Date(2027, 1, 31, 0, 0, 0, 0, time.UTC)
	var said strings.Builder
	tellTokens(&said, []policy.Person{
		person("Anna", now), person("Bram", now.AddDate(0, 0, 1)), person("Clara", now.AddDate(0, 0, 30)), person("Dirk", now.AddDate(0, 0, 31)),
		person("Emma", time.Time{}), {Person: refund.Person{Name: "Fred"}},
	}, now)
	require.Equal(t, `  the API token of Anna expired on 2027-01-31
  the API token of Bram expires on 2027-02-01
  the API token of Clara expires on 2027-03-02
  the API token of Emma never expires: write its token_expires
`, said.String())
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
