package codec_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/converter"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"waybill/codec"
)

// body is what Temporal's UI sends.
func body(t *testing.T, all ...*commonpb.Payload) []byte {
	t.Helper()
	text, err := protojson.Marshal(&commonpb.Payloads{Payloads: all})
	require.NoError(t, err)
	return text
}

// answered are the payloads of an answer.
func answered(t *testing.T, text []byte) []*commonpb.Payload {
	t.Helper()
	var all commonpb.Payloads
	require.NoError(t, protojson.Unmarshal(text, &all), "%s", text)
	return all.GetPayloads()
}

func TestWhatIsEncodedForTheUIIsDecodedForIt(t *testing.T) {
	c := open(t, codec.PlainRefused, keys(t, "a")...)
	encoded, x, err := c.EncodeJSON(body(t, payload(`"Jane"`), payload("2")))
	require.NoError(t, err)
	require.Equal(t, codec.Exchange{Payloads: 2}, x)
	require.NotContains(t, string(encoded), "json/plain")
	decoded, x, err := c.DecodeJSON(encoded)
	require.NoError(t, err)
	require.Equal(t, codec.Exchange{Payloads: 2}, x)
	require.True(t, proto.Equal(payload(`"Jane"`), answered(t, decoded)[0]))
	require.True(t, proto.Equal(payload("2"), answered(t, decoded)[1]))
}

// One payload with another key must not hide the rest of a page, and search attributes are plain.
func TestWhatCannotBeReadComesBackAsItIs(t *testing.T) {
	c := open(t, codec.PlainRefused, keys(t, "a")...)
	foreign := encode(t, open(t, codec.PlainRefused, keys(t, "b")...), payload("1"))
	decoded, x, err := c.DecodeJSON(body(t, payload("plain"), foreign, encode(t, c, payload("ours"))))
	require.NoError(t, err)
	require.Equal(t, codec.Exchange{Payloads: 3, Unreadable: 1}, x)
	all := answered(t, decoded)
	require.Equal(t, "plain", string(all[0].GetData()))
	require.True(t, proto.Equal(foreign, all[1]))
	require.Equal(t, "ours", string(all[2].GetData()))

	_, x, err = c.DecodeJSON(body(t, payload("plain"), foreign))
	require.EqualError(t, err, "a payload was encrypted with the key b, which is not in WAYBILL_CODEC_KEYS: add its line below the others")
	require.Equal(t, codec.Exchange{Payloads: 2, Unreadable: 1}, x)
}

func TestAnExchangeHasLimits(t *testing.T) {
	c := open(t, codec.PlainRefused, keys(t, "a")...)
	many := make([]*commonpb.Payload, codec.MostPayloads+1)
	for i := range many {
		many[i] = payload("1")
	}
	_, _, err := c.DecodeJSON(body(t, many...))
	require.ErrorIs(t, err, codec.ErrTooMuch)
	_, _, err = c.EncodeJSON(body(t, many...))
	require.ErrorIs(t, err, codec.ErrTooMuch)

	// A few bytes that become many when they are expanded.
	bomb := encode(t, c, payload(strings.Repeat("0", 4<<20)))
	small := body(t, bomb, bomb, bomb, bomb, bomb)
	require.Less(t, len(small), 10<<10)
	_, _, err = c.DecodeJSON(small)
	require.ErrorIs(t, err, codec.ErrTooMuch)
}

func TestABodyThatHasNoPayloadsIsNotQuoted(t *testing.T) {
	c := open(t, codec.PlainRefused, keys(t, "a")...)
	for _, text := range []string{"", "Jane Doe", `{"payloads":"Jane Doe"}`, `[]`, `{"payloads":[{"data":"***"}]}`} {
		for _, exchange := range []func([]byte) ([]byte, codec.Exchange, error){c.DecodeJSON, c.EncodeJSON} {
			_, _, err := exchange([]byte(text))
			require.ErrorIs(t, err, codec.ErrNoPayloads, text)
		}
	}
	answer, _, err := c.DecodeJSON([]byte(`{}`))
	require.NoError(t, err)
	require.JSONEq(t, `{}`, string(answer))
}

func TestTheCodecOfClientsIsFoundAgain(t *testing.T) {
	c := open(t, codec.PlainRefused, keys(t, "a")...)
	require.Same(t, c, codec.Of(c.Data()))
	require.Nil(t, codec.Of(converter.GetDefaultDataConverter()))
}
