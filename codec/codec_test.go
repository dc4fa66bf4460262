package codec_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/converter"
	"google.golang.org/protobuf/proto"

	"waybill/codec"
)

// keys are new keys of some ids.
func keys(t *testing.T, ids ...string) codec.Keys {
	t.Helper()
	var lines []string
	for _, id := range ids {
		line, err := codec.NewKey(id)
		require.NoError(t, err)
		lines = append(lines, line)
	}
	all, err := codec.ParseKeys(strings.Join(lines, "\n"))
	require.NoError(t, err)
	return all
}

func open(t *testing.T, plain codec.Plain, keys ...codec.Key) *codec.Codec {
	t.Helper()
	c, err := codec.New(keys, plain)
	require.NoError(t, err)
	return c
}

func payload(text string) *commonpb.Payload {
	return &commonpb.Payload{Metadata: map[string][]byte{converter.MetadataEncoding: []byte("json/plain")}, Data: []byte(text)}
}

func encode(t *testing.T, c *codec.Codec, p *commonpb.Payload) *commonpb.Payload {
	t.Helper()
	done, err := c.Encode([]*commonpb.Payload{p})
	require.NoError(t, err)
	return done[0]
}

func TestWhatIsStoredCannotBeReadWithoutTheKey(t *testing.T) {
	all := keys(t, "new", "old")
	during, before, after := open(t, codec.PlainRefused, all...), open(t, codec.PlainRefused, all[1]), open(t, codec.PlainRefused, all[0])
	for _, text := range []string{`"Jane Doe, 1 Example Street"`, strings.Repeat(`{"name":"Jane Doe"}`, 1000), ""} {
		stored := encode(t, before, payload(text))
		if text != "" {
			require.NotContains(t, stored.String(), "Jane")
		}
		require.NotEqual(t, stored.GetData(), encode(t, before, payload(text)).GetData(), "no two are the same")
		read, err := during.Decode([]*commonpb.Payload{stored})
		require.NoError(t, err)
		require.True(t, proto.Equal(payload(text), read[0]))
		_, err = after.Decode([]*commonpb.Payload{stored})
		require.EqualError(t, err, "a payload was encrypted with the key old, which is not in WAYBILL_CODEC_KEYS: add its line below the others")
	}
}

func TestTheFirstKeyEncrypts(t *testing.T) {
	all := keys(t, "new", "old")
	stored := encode(t, open(t, codec.PlainRefused, all...), payload("1"))
	_, err := open(t, codec.PlainRefused, all[0]).Decode([]*commonpb.Payload{stored})
	require.NoError(t, err)
}

func TestWhatWasChangedIsNotRead(t *testing.T) {
	c := open(t, codec.PlainRead, keys(t, "a", "b")...)
	for name, change := range map[string]func(p *commonpb.Payload){
		"a bit":              func(p *commonpb.Payload) { p.Data[len(p.Data)-1] ^= 1 },
		"the nonce":          func(p *commonpb.Payload) { p.Data[0] ^= 1 },
		"the name of a key":  func(p *commonpb.Payload) { p.Metadata["waybill-key"] = []byte("b") },
		"nearly all cut off": func(p *commonpb.Payload) { p.Data = p.Data[:4] },
		"no key":             func(p *commonpb.Payload) { delete(p.Metadata, "waybill-key") },
	} {
		stored := encode(t, c, payload("1"))
		change(stored)
		_, err := c.Decode([]*commonpb.Payload{stored})
		var key *codec.KeyError
		require.ErrorAs(t, err, &key, name)
	}
}

func TestLongPayloadsAreCompressed(t *testing.T) {
	text := strings.Repeat(`{"status":"Out for delivery"}`, 200)
	require.Less(t, len(encode(t, open(t, codec.PlainRefused, keys(t, "a")...), payload(text)).GetData()), len(text)/10)
}

// A start with old histories reads what was stored before there were keys; otherwise nothing plain is
// believed: everyone who reaches Temporal can write that.
func TestPlainPayloadsAreReadOnlyIfToldSo(t *testing.T) {
	one := keys(t, "a")
	read, err := open(t, codec.PlainRead, one...).Decode([]*commonpb.Payload{payload("1")})
	require.NoError(t, err)
	require.Equal(t, "1", string(read[0].GetData()))
	_, err = open(t, codec.PlainRefused, one...).Decode([]*commonpb.Payload{payload("1")})
	require.ErrorContains(t, err, "set WAYBILL_CODEC_PLAIN=read")
}

func TestNothingIsEncryptedOnlyIfToldSo(t *testing.T) {
	_, err := codec.New(nil, codec.PlainRefused)
	require.ErrorIs(t, err, codec.ErrNoKeys)
	_, err = codec.New(nil, codec.PlainRead)
	require.ErrorIs(t, err, codec.ErrNoKeys)
	one := keys(t, "a")
	stored := encode(t, open(t, codec.PlainRefused, one...), payload("1"))
	without := open(t, codec.PlainWritten, one...)
	require.True(t, proto.Equal(payload("1"), encode(t, without, payload("1"))))
	read, err := without.Decode([]*commonpb.Payload{stored, payload("2")})
	require.NoError(t, err, "what was encrypted before is read")
	require.Equal(t, "1", string(read[0].GetData()))
}

// Text that compresses well must not become something that nobody can expand.
func TestAPayloadThatIsTooLongIsNotStored(t *testing.T) {
	_, err := open(t, codec.PlainRefused, keys(t, "a")...).Encode([]*commonpb.Payload{payload(strings.Repeat("a", 17<<20))})
	require.ErrorContains(t, err, "encrypt a payload: it has 17825")
}

func TestTheIDOfAKeyIsNoTextOfAnybodys(t *testing.T) {
	stored := encode(t, open(t, codec.PlainRefused, keys(t, "a")...), payload("1"))
	stored.Metadata["waybill-key"] = []byte("Jane Doe")
	_, err := open(t, codec.PlainRefused, keys(t, "a")...).Decode([]*commonpb.Payload{stored})
	require.ErrorContains(t, err, "encrypted with the key (not an id), which is not in")
}

func TestAFingerprintTellsKeysApart(t *testing.T) {
	one, other := keys(t, "a")[0], keys(t, "a")[0]
	require.Regexp(t, "^[0-9a-f]{12}$", one.Fingerprint())
	require.NotEqual(t, one.Fingerprint(), other.Fingerprint())
}

func TestAKeyIsALine(t *testing.T) {
	line, err := codec.NewKey("2026-11")
	require.NoError(t, err)
	require.Regexp(t, `^2026-11:[A-Za-z0-9+/]{43}=$`, line)
	other, err := codec.NewKey("2026-11")
	require.NoError(t, err)
	require.NotEqual(t, line, other)
	for _, id := range []string{"", "A", "a:b", "-a", strings.Repeat("a", 33)} {
		_, err := codec.NewKey(id)
		require.ErrorContains(t, err, "cannot be the id of a key")
	}
}

func TestAllFaultsOfKeysAreToldAndNoneQuotesOne(t *testing.T) {
	good, err := codec.NewKey("a")
	require.NoError(t, err)
	_, err = codec.ParseKeys("\n" + good + "\nsecret\n b:c2VjcmV0 \n" + good + "\n")
	require.EqualError(t, err, "line 3 is not a key as \"waybill keys new\" writes it, such as 2026-11:<44 letters>\n"+
		"line 4 is not a key as \"waybill keys new\" writes it, such as 2026-11:<44 letters>\n"+
		"lines 2 and 5 have the id a: each key has its own")
	all, err := codec.ParseKeys("\r\n" + good + "\r\n")
	require.NoError(t, err)
	require.Len(t, all, 1)
}
