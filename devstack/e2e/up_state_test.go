package e2e_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"waybill/codec"
	"waybill/devstack/sendcloud"
)

// standsIn are the files in the folder of a stack that have people or keys in them: what its SendGrid and
// its Sendcloud know, who may decide, and the keys themselves.
var standsIn = []string{"mails.jsonl", "parcels.jsonl", "policy.yaml", "stack.json"}

// What "make run" keeps beside that shows no people and no keys: Temporal's database, the payments and all
// logs. People are in the database if it is not encrypted.
func TestTheStateOfAStackShowsPeopleAndKeysWhereItStandsInOnly(t *testing.T) {
	t.Parallel()
	for plain, shown := range map[codec.Plain]bool{codec.PlainRefused: false, codec.PlainWritten: true} {
		t.Run("plain "+string(plain), func(t *testing.T) {
			t.Parallel()
			n := newNewcomer(t)
			n.keepsKeys(plain)
			n.run()
			n.play(sendcloud.Journeys[0].Name)
			n.approve(n.play("refund"))
			n.awaitPaid("120.00")
			n.asksToSignIn("sam@demo-shop.example")
			n.stack.terminate()

			people := append(n.recipients(), sendcloud.Refunds[0].Message)
			database := readFiles(t, n.folder, func(name string) bool { return strings.HasPrefix(name, "temporal.db") })
			others := readFiles(t, n.folder, func(name string) bool { return strings.HasSuffix(name, ".log") || name == "payments.jsonl" })
			stands := readFiles(t, n.folder, func(name string) bool { return slices.Contains(standsIn, name) })
			require.Equal(t, len(readFolder(t, n.folder)), len(database)+len(others)+len(stands), "every file is one of these")
			for _, text := range people {
				require.Equal(t, shown, bytes.Contains(database, []byte(text)), "%s in the database", text)
				require.False(t, bytes.Contains(others, []byte(text)), "%s in a log or among the payments", text)
			}
			never := n.keys()
			never["the address of someone who signs in"] = "sam@demo-shop.example" // it is looked up in the policy
			for name, key := range never {
				require.True(t, bytes.Contains(stands, []byte(key)), "the search finds %s", name)
				require.False(t, bytes.Contains(database, []byte(key)), "%s in the database", name)
				require.False(t, bytes.Contains(others, []byte(key)), "%s in a log or among the payments", name)
			}
		})
	}
}

// keepsKeys writes the state of a stack that has been here before, with its codec key.
func (n *newcomer) keepsKeys(plain codec.Plain) {
	n.Helper()
	raw, err := json.Marshal(map[string]any{"sendgrid_key": sendGridKey, "sendcloud_key": signatureKey, "codec_key": codecKey, "codec_plain": plain})
	require.NoError(n, err)
	require.NoError(n, os.MkdirAll(n.folder, 0o700))
	require.NoError(n, os.WriteFile(filepath.Join(n.folder, "stack.json"), raw, 0o600))
}

// keys are all keys and tokens of a stack, by what it calls them.
func (n *newcomer) keys() map[string]string {
	n.Helper()
	raw, err := os.ReadFile(filepath.Join(n.folder, "stack.json"))
	require.NoError(n, err)
	var state map[string]any
	require.NoError(n, json.Unmarshal(raw, &state))
	keys := map[string]string{}
	for name, value := range state {
		if key, ok := value.(string); ok && strings.HasSuffix(name, "_key") && name != "sendcloud_public_key" {
			keys[name] = strings.TrimPrefix(key, "tests:")
		}
	}
	for person, token := range state["tokens"].(map[string]any) {
		keys["the token of "+person] = token.(string)
	}
	require.Greater(n, len(keys), 10)
	return keys
}

var recipientOf = regexp.MustCompile(`"Recipient":\{"Name":"([^"]+)","Email":"([^"]+)"`)

// recipients are the names and mail addresses of those who were sent a parcel.
func (n *newcomer) recipients() (all []string) {
	n.Helper()
	raw, err := os.ReadFile(filepath.Join(n.folder, "parcels.jsonl"))
	require.NoError(n, err)
	for _, found := range recipientOf.FindAllStringSubmatch(string(raw), -1) {
		if !strings.HasSuffix(found[2], "@demo-shop.example") { // to whom goods come back
			all = append(all, found[1:]...)
		}
	}
	require.NotEmpty(n, all)
	return all
}

// asksToSignIn waits until the link to sign in is in the mailbox.
func (n *newcomer) asksToSignIn(address string) {
	n.Helper()
	s := &till{shop: &shop{stack: &stack{T: n.T, port: n.ports["ingress"]}}, patience: patience}
	code, said := s.visitor().post("/sign-in", url.Values{"address": {address}})
	require.Equal(n, http.StatusOK, code, said)
	s.eventually("the mail with the link", func() error {
		_, mails := s.visitor().get(fmt.Sprintf("http://127.0.0.1:%d/api/mails", n.ports["sendgrid"]))
		if !strings.Contains(mails, address) {
			return errors.New("it is not there")
		}
		return nil
	})
}

// readFiles is everything in those files of a folder that have a name as wanted.
func readFiles(t *testing.T, folder string, wanted func(name string) bool) (all []byte) {
	t.Helper()
	entries, err := os.ReadDir(folder)
	require.NoError(t, err)
	for _, e := range entries {
		if wanted(e.Name()) {
			raw, err := os.ReadFile(filepath.Join(folder, e.Name()))
			require.NoError(t, err)
			all = append(all, raw...)
		}
	}
	require.NotEmpty(t, all)
	return all
}
