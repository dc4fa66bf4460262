package console

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"waybill/policy"
	"waybill/refund"
)

func policyFile(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "policy.yaml")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

func TestPolicyCommands(t *testing.T) {
	sound := policyFile(t, "mode: live\nshop: {reply_to: help@shop.example}\nintegrations:\n  my-shop: {mode: shadow}\n")
	require.Regexp(t, `is valid: version [0-9a-f]{8}\n  all others: live, refunds shadow, no one decides\n  my-shop: shadow, refunds shadow, no one decides\n$`, say(t, []string{"policy", "check", sound}))
	require.Equal(t, say(t, []string{"policy", "check", sound}), say(t, []string{"policy", "check"}, "WAYBILL_POLICY="+sound))
	require.Contains(t, start(t, []string{"policy", "check", policyFile(t, "mode: loud\nhold: x\n")}), "policy.yaml:2: hold")
	require.Regexp(t, `(?m)^/.*policy.yaml:1: mode`, start(t, []string{"policy", "check", policyFile(t, "mode: loud\n")}), "a fault begins with file and line, which editors jump to")
	require.Regexp(t, `(?m)^/.*policy.yaml:1: mode`, start(t, []string{"policy", "show"}, "WAYBILL_POLICY="+policyFile(t, "mode: loud\n")))
	require.Regexp(t, `(?m)^/.*policy.yaml:1: refunds.mode: refunds are live, and nobody`, start(t, []string{"policy", "check", policyFile(t, "refunds: {mode: live}\n")}))
	require.Contains(t, start(t, []string{"policy", "check"}), "name a policy file, or set WAYBILL_POLICY")

	require.Regexp(t, `\nmode +live +.*policy\.yaml:1 `, say(t, []string{"policy", "show", sound}))
	require.Regexp(t, `\nmode +shadow +.*policy\.yaml:4 `, say(t, []string{"policy", "show", sound, "--integration", "my-shop"}))
	require.Contains(t, start(t, []string{"policy", "show", sound, "--integration", "demo"}), `no integration "demo" in the policy, nor in settings such as SENDCLOUD_KEYS_DEMO; there are my-shop`)
	require.Regexp(t, `\nmode +live `, say(t, []string{"policy", "show", sound, "--integration", "demo"}, "SENDCLOUD_KEYS_DEMO=key"))
	require.Regexp(t, `\nstale\.progress +3d +default +how old a scan`, say(t, []string{"policy", "show"}))
	require.Contains(t, start(t, []string{"policy", "show", "--integration", "My Shop"}), "cannot be an integration's name")
	require.Contains(t, say(t, []string{"policy", "schema"}), "json-schema.org")
}

func TestPolicyCheckSaysWhoDecidesRefunds(t *testing.T) {
	hash := strings.Repeat("0123456789abcdef", 4)
	file := policyFile(t, `
shop: {reply_to: help@shop.example}
people:
  Anna: {email: anna@shop.example, role: approver, token_sha256: `+hash+`, token_expires: 2026-01-31}
integrations:
  my-shop:
    refunds:
      mode: live
    people: {Bram: {email: bram@shop.example, role: manager}}
`)
	require.Regexp(t, `is valid: version [0-9a-f]{8}
  all others: shadow, refunds shadow, 1 person decides
  my-shop: shadow, refunds live, 2 people decide
  the API token of Anna expired on 2026-01-31
$`, say(t, []string{"policy", "check", file}))

	person := func(name string, ends time.Time) policy.Person {
		return policy.Person{Person: refund.Person{Name: name}, TokenSHA256: []string{hash}, TokenExpires: ends}
	}
	now := time.Date(2027, 1, 31, 0, 0, 0, 0, time.UTC)
	var said strings.Builder
	showTokens(&said, []policy.Person{
		person("Anna", now), person("Bram", now.AddDate(0, 0, 1)), person("Clara", now.AddDate(0, 0, 30)), person("Dirk", now.AddDate(0, 0, 31)),
		person("Emma", time.Time{}), {Person: refund.Person{Name: "Fred"}},
	}, now)
	require.Equal(t, `  the API token of Anna expired on 2027-01-31
  the API token of Bram expires on 2027-02-01
  the API token of Clara expires on 2027-03-02
  the API token of Emma never expires: write its token_expires
`, said.String())
}
