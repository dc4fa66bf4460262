package console

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"waybill/codec"
	"waybill/commandline"
)

func TestANewKeyIsALineOnStandardOutput(t *testing.T) {
	line := say(t, []string{"keys", "new", "2026-11"})
	require.Regexp(t, `^2026-11:[A-Za-z0-9+/]{43}=\n$`, line)
	require.Contains(t, say(t, []string{"keys", "list"}, "WAYBILL_CODEC_KEYS="+line), "2026-11  encrypts and decrypts")
	require.NotEqual(t, line, say(t, []string{"keys", "new", "2026-11"}))
	require.Regexp(t, `^20\d\d-\d\d-\d\d:`, say(t, []string{"keys", "new"}))
	require.ErrorContains(t, refuse(t, []string{"keys", "new", "2026-11"}, "WAYBILL_CODEC_KEYS="+line), "there is a key 2026-11 in the settings")
	require.ErrorContains(t, refuse(t, []string{"keys", "new", "Jane's"}), "cannot be the id of a key")
}

func refuse(t *testing.T, args []string, environ ...string) error {
	t.Helper()
	_, err := run(t, args, environ)
	require.Error(t, err)
	return err
}

func TestKeysAreListedAndCheckedWithoutBeingShown(t *testing.T) {
	first, second := say(t, []string{"keys", "new", "b"}), say(t, []string{"keys", "new", "a"})
	keys := "WAYBILL_CODEC_KEYS=" + first + second
	list := say(t, []string{"keys", "list"}, keys)
	require.Regexp(t, `(?s)^KEY +DOES +FINGERPRINT\nb +encrypts and decrypts +[0-9a-f]{12}\na +decrypts +[0-9a-f]{12}\n$`, list)
	require.Contains(t, say(t, []string{"keys", "list"}, keys, "WAYBILL_CODEC_PLAIN=write"), "b    decrypts")
	require.Contains(t, say(t, []string{"keys", "check"}, keys), "the key b of 2 encrypts; what is not encrypted is refused")
	require.Contains(t, say(t, []string{"keys", "check"}, keys, "WAYBILL_CODEC_PLAIN=read"), "what is not encrypted is read too")
	require.Contains(t, say(t, []string{"keys", "check"}, "WAYBILL_CODEC_PLAIN=write"), "nothing is encrypted")
	require.ErrorContains(t, refuse(t, []string{"keys", "check"}), "WAYBILL_CODEC_KEYS: it is empty")
	fault := refuse(t, []string{"keys", "check"}, "WAYBILL_CODEC_KEYS="+first[:30])
	require.ErrorContains(t, fault, "line 1 is not a key")
	for _, line := range []string{first, second} {
		_, secret, _ := strings.Cut(line, ":")
		require.NotContains(t, list+fault.Error(), secret[:20])
	}
}

func TestAKeyMayGoOnlyWhenNothingNamesIt(t *testing.T) {
	keys, err := codec.ParseKeys(say(t, []string{"keys", "new", "new"}) + say(t, []string{"keys", "new", "old"}) + say(t, []string{"keys", "new", "unused"}))
	require.NoError(t, err)
	counted := &useCount{
		payloads: codec.Uses{"new": 1 << 31, "old": 3, "lost": 1, "": 2}, workflows: codec.Uses{"new": 2, "old": 1, "lost": 1, "": 1}, schedules: codec.Uses{"old": 1}, read: 5,
	}
	report := counted.report(keys, codec.PlainRead)
	var shown strings.Builder
	require.NoError(t, report.print(&shown))
	require.Equal(t, `KEY              HERE      WORKFLOWS  SCHEDULES  PAYLOADS
new              encrypts  2          0          2,147,483,648
old              decrypts  1          1          3
unused           decrypts  0          0          0
(not encrypted)  read      1          0          2
lost             missing   1          0          1
The key new has encrypted more than a quarter of what it may: put a new one above it.
The key lost is missing here: what it encrypted cannot be read.
`, shown.String())
	require.ErrorContains(t, report.mayGo("new"), "has to stay: new payloads are encrypted with it")
	require.EqualError(t, report.mayGo("old"), "the key old has to stay: 1 workflow and 1 schedule name it")
	require.NoError(t, report.mayGo("unused"))
	require.Equal(t, 2, commandline.ExitCode(report.mayGo("unknown")))
	counted.left = "a batch is running: ask again when it has ended"
	require.EqualError(t, counted.report(keys, codec.PlainRead).mayGo("unused"), "the key unused has to stay for now: a batch is running: ask again when it has ended")
}
