package console

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"waybill/archive"
	"waybill/refund"
)

// asJSON is what show --output json prints of a refund.
func asJSON(t *testing.T, r refund.Refund) string {
	t.Helper()
	var said strings.Builder
	require.NoError(t, printJSON(&said, archive.WithoutCustomer(r)))
	return said.String()
}

// savedAs is a file that holds a text.
func savedAs(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "refund.json")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

func TestVerifyReadsWhatShowPrinted(t *testing.T) {
	r := paid(t)
	last := r.Receipt[len(r.Receipt)-1].Hash
	text := asJSON(t, r)
	require.NotContains(t, text, "Jane")
	compact := &bytes.Buffer{}
	require.NoError(t, json.Compact(compact, []byte(text)))
	for what, text := range map[string]string{
		"show": text, "Query": compact.String(), "Temporal's CLI": `{"queryResult": [` + text + `]}`, "a list": " [" + text + "]\n",
	} {
		said := say(t, []string{"refunds", "verify", savedAs(t, text)})
		require.Equal(t, "The decision log is intact: 8 lines, from 2026-11-02 09:00:00 to 2026-11-02 12:00:00 UTC.\n"+
			"Use --last to check that no lines are missing at its end. The hash of its last line is "+last+"\n", said, what)
	}
	require.Contains(t, say(t, []string{"refunds", "verify", savedAs(t, text), "--last", " " + strings.ToUpper(last)}), "It ends as the refund did: nothing is missing.")
}

func TestVerifyReadsStandardInput(t *testing.T) {
	for _, args := range [][]string{nil, {"-"}} {
		cmd := refundsVerifyCommand()
		var said strings.Builder
		cmd.SetIn(strings.NewReader(asJSON(t, paid(t))))
		cmd.SetOut(&said)
		cmd.SetArgs(args)
		require.NoError(t, cmd.ExecuteContext(t.Context()))
		require.Contains(t, said.String(), "The decision log is intact: 8 lines")
	}
}

func TestVerifySaysWhichLineWasChanged(t *testing.T) {
	for what, tamper := range map[string]func(*refund.Refund){
		"line 4 ": func(r *refund.Refund) { r.Receipt[3].By.Person = "ben" },
		"line 2 ": func(r *refund.Refund) { r.Receipt = append(r.Receipt[:1:1], r.Receipt[2:]...) },
		"line 1 ": func(r *refund.Refund) { r.Receipt = r.Receipt[1:] },
		"line 3 ": func(r *refund.Refund) { r.Receipt[2].Amount = "EUR 30.00" },
		"line 8 ": func(r *refund.Refund) { r.Receipt[7].Hash = strings.Repeat("0", 64) },
	} {
		r := paid(t)
		tamper(&r)
		require.Contains(t, start(t, []string{"refunds", "verify", savedAs(t, asJSON(t, r))}), what+"of the decision log is not as it was written")
	}
}

func TestVerifySeesAnEndThatIsMissing(t *testing.T) {
	r := paid(t)
	last := r.Receipt[7].Hash
	r.Receipt = r.Receipt[:6]
	cut := savedAs(t, asJSON(t, r))
	require.Contains(t, say(t, []string{"refunds", "verify", cut}), "The decision log is intact: 6 lines", "nothing tells without --last")
	require.Contains(t, start(t, []string{"refunds", "verify", cut, "--last", last}), "lines are missing after line 6, or were added, or the decision log was rewritten; its last hash is "+r.Receipt[5].Hash)
}

func TestVerifySaysWhatItCannotRead(t *testing.T) {
	text := asJSON(t, paid(t))
	for want, text := range map[string]string{
		"does not hold what waybill refunds show --output json prints":              "Refund 7001 of my-shop",
		"holds no decision log: give it all that waybill refunds show":              "{}",
		"refund.json holds no decision log":                                         "",
		"refund.json does not hold what waybill refunds show":                       text + "\n" + text[:100],
		"refund.json does not hold what waybill refunds show --output json prints:": `{"receipt": "none"}`,
	} {
		require.Contains(t, start(t, []string{"refunds", "verify", savedAs(t, text)}), want)
	}
	require.Contains(t, start(t, []string{"refunds", "verify", savedAs(t, text+text), "--last", strings.Repeat("0", 64)}), "--last is the hash of one refund, and")
	require.Contains(t, start(t, []string{"refunds", "verify", "/nowhere/refund.json"}), "name a file that holds what waybill refunds show --output json printed")
	both := start(t, []string{"refunds", "verify", "/nowhere/a.jsonl", "/nowhere/b.jsonl"})
	require.Contains(t, both, "/nowhere/a.jsonl: no such file", "all at once")
	require.Contains(t, both, "/nowhere/b.jsonl: no such file", "all at once")
	require.Contains(t, start(t, []string{"refunds", "verify", "a", "--last", "9f86"}), `--last: "9f86" is no hash: it has 64 hexadecimal digits`)
	require.Contains(t, start(t, []string{"refunds", "verify", savedAs(t, text), "--last", ""}), "is no hash", "an empty variable proves nothing")
}

func TestVerifyReadsManyRefunds(t *testing.T) {
	intact, broken := paid(t), paid(t)
	broken.ReturnID = 7002
	broken.Receipt[2].Amount = "EUR 30.00"
	text := asJSON(t, intact)
	for name, all := range map[string]string{"one a line": text + "\n" + text, "a list": "[" + text + "," + text + "]"} {
		require.Contains(t, say(t, []string{"refunds", "verify", savedAs(t, all)}), "The decision logs of 2 refunds are intact.", name)
	}
	whole, changed := savedAs(t, text), savedAs(t, text+"\n"+asJSON(t, broken))
	require.Contains(t, start(t, []string{"refunds", "verify", whole, changed}), "refund my-shop/7002 in "+changed+": line 3 of the decision log is not as it was written")
	require.Contains(t, say(t, []string{"refunds", "verify", whole, whole, whole}), "The decision logs of 3 refunds are intact.", "many files at once")
}
