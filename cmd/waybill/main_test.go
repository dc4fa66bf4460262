package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"waybill/settings"
)

// start runs the program in this environment, which must make it refuse.
func start(t *testing.T, args []string, environ ...string) string {
	t.Helper()
	return exits(t, 1, args, environ...)
}

// exits runs the program, which must end with this code, and returns what it said.
func exits(t *testing.T, code int, args []string, environ ...string) string {
	t.Helper()
	var stdout, stderr bytes.Buffer
	require.Equal(t, code, run(t.Context(), args, environ, &stdout, &stderr))
	return stderr.String()
}

func TestHelpTeaches(t *testing.T) {
	for _, args := range [][]string{{"--help"}, {"setup", "--help"}, {"ingress", "--help"}, {"worker", "--help"}, {"policy", "--help"}, {"policy", "check", "--help"}} {
		var stdout, stderr bytes.Buffer
		require.Zero(t, run(t.Context(), args, nil, &stdout, &stderr))
		require.Empty(t, stderr.String())
		require.Greater(t, strings.Count(stdout.String(), "\n"), 8)
	}
}

func TestAMistypedCommandExitsWithTwo(t *testing.T) {
	for typed, want := range map[string]string{
		"ingres":                                   `unknown command "ingres" for "waybill": did you mean ingress?`,
		"policy shw":                               `unknown command "shw" for "waybill policy": did you mean show?`,
		"templates prevew":                         `for "waybill templates": did you mean preview?`,
		"refunds aprove":                           `for "waybill refunds": did you mean approve?`,
		"refunds xyzzy":                            `unknown command "xyzzy" for "waybill refunds"`,
		"completion powershel":                     `for "waybill completion": did you mean powershell?`,
		"help polcy":                               `for "waybill": did you mean policy?`,
		"help policy chek":                         `for "waybill policy": did you mean check?`,
		"worker now":                               `see: waybill worker --help`,
		"ingress --foo":                            `unknown flag: --foo`,
		"policy check a b":                         `see: waybill policy check --help`,
		"policy check":                             `name a policy file, or set WAYBILL_POLICY`,
		"parcels explain my-shop":                  `name the integration and the parcel`,
		"parcels explain my-shop six":              `"six" is no parcel`,
		"refunds show":                             `name the integration and the return`,
		"refunds list --state lost":                `--state: a refund is never "lost"`,
		"refunds list --limit many":                `invalid argument "many"`,
		"refunds approve my-shop":                  `name the integration and the return`,
		"token":                                    `name the person of the policy`,
		"doctor --only polers":                     `--only: there is no check "polers"`,
		"doctor --output text":                     `choose table or json`,
		"refunds verify --last abc":                `"abc" is no hash`,
		"templates send-test --to a@b.c --kind on": `there is no mail "on"`,
		"templates send-test --language xx":        `no mail is written in "xx"`,
		"policy show --integration demo":           `no integration "demo" in the policy, nor in settings such as SENDCLOUD_KEYS_DEMO; there are none`,
		"templates preview --integration demo":     `no integration "demo"`,
	} {
		require.Contains(t, exits(t, 2, strings.Fields(typed)), want, typed)
	}
}

func TestAGroupOfCommandsAloneShowsItsHelp(t *testing.T) {
	for _, group := range []string{"", "parcels", "mails", "batches", "integrations", "policy", "templates", "refunds", "completion", "help", "help policy check"} {
		var stdout, stderr bytes.Buffer
		require.Zero(t, run(t.Context(), strings.Fields(group), nil, &stdout, &stderr), group)
		require.Contains(t, stdout.String(), "Usage:", group)
	}
}

// complete is what a shell offers after some words, the last of which may be begun only.
func complete(t *testing.T, environ []string, words ...string) []string {
	t.Helper()
	var stdout, stderr bytes.Buffer
	require.Zero(t, run(t.Context(), append([]string{"__complete"}, words...), environ, &stdout, &stderr))
	lines := strings.Split(strings.TrimSpace(stdout.String()), "\n")
	return lines[:len(lines)-1]
}

func TestShellsCompleteKnownValues(t *testing.T) {
	folder := t.TempDir()
	policy := filepath.Join(folder, "policy.yaml")
	require.NoError(t, os.WriteFile(policy, []byte("integrations: {other: {mode: live}}\npeople: {Anna: {email: anna@shop.example, role: manager}}\n"), 0o600))
	environ := []string{"SENDCLOUD_KEYS_MY_SHOP_FILE=keys", "WAYBILL_PAY_URL_DEMO=https://shop.example", "WAYBILL_POLICY=" + policy}
	integrations := []string{"demo", "my-shop", "other"}
	for typed, want := range map[string][]string{
		"policy show --integration ":       integrations,
		"templates preview --integration ": integrations,
		"refunds list --integration ":      integrations,
		"parcels explain ":                 integrations,
		"parcels rehearse ":                integrations,
		"refunds show ":                    integrations,
		"refunds approve ":                 integrations,
		"parcels explain demo ":            {},
		"templates send-test --language ":  {"en", "nl", "de", "fr", "es", "it"},
		"refunds list --role ":             {"approver", "manager"},
		"token ":                           {"Anna"},
		"refunds note demo 7001 --as ":     {"Anna"},
		"refunds list --limit ":            {},
		"worker ":                          {},
		"policy check ":                    {"yaml", "yml"}, // extensions of files
		"refunds verify ":                  {"json", "jsonl"},
		"doctor --output ":                 {"table", "json"},
	} {
		require.Equal(t, want, complete(t, environ, strings.Split(typed, " ")...), typed)
	}
	require.Contains(t, complete(t, nil, "templates", "send-test", "--kind", ""), "delivered")
	require.Contains(t, complete(t, nil, "refunds", "list", "--state", ""), "awaiting_approval")
	require.Empty(t, complete(t, []string{"WAYBILL_POLICY=" + folder}, "parcels", "explain", ""), "completion ignores a policy that cannot be read")
}

func TestAProcessRefusesToStartWithoutItsSettings(t *testing.T) {
	require.Contains(t, start(t, []string{"worker"}), "waybill: SENDGRID_API_KEY is empty")
	require.Contains(t, start(t, []string{"ingress"}), "no integration has a key")
	require.Contains(t, start(t, []string{"ingress"}, "SENDCLOUD_KEYS_DEMO=a key", "WAYBILL_PUBLIC_URL=hooks.shop.example"), "WAYBILL_PUBLIC_URL")
}

func TestThePagesNameOnlyCommandsThatExist(t *testing.T) {
	pages, err := filepath.Glob("../../docs/*.md")
	require.NoError(t, err)
	named := regexp.MustCompile("`waybill ([a-z-]+)(?: ([a-z][a-z-]*))?")
	seen := 0
	for _, page := range append(pages, "../../README.md", "../../CONTRIBUTING.md", "../../CHANGELOG.md") {
		text, err := os.ReadFile(page)
		require.NoError(t, err)
		for _, words := range named.FindAllStringSubmatch(string(text), -1) {
			root := rootCommand(settings.New(nil), io.Discard)
			root.InitDefaultCompletionCmd()
			command, _, err := root.Find(slices.DeleteFunc(words[1:], func(word string) bool { return word == "" }))
			require.NoError(t, err, "%s: %s", page, words[0])
			require.False(t, words[2] != "" && command.HasSubCommands(), "%s: %s", page, words[0])
			seen++
		}
	}
	require.Greater(t, seen, 50)
}
