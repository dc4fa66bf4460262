package codec

import (
	"crypto/aes"
	"crypto/cipher"
	"fmt"
	"sync"

	"github.com/klauspost/compress/zstd"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/converter"
	"google.golang.org/protobuf/proto"
)

const (
	// encoding says in a payload's metadata that it is encrypted, keyField with which key.
	encoding = "binary/encrypted"
	keyField = "waybill-key"
	// version is bound to what is encrypted, along with the key's id.
	version = "waybill-1"
	// mostPlain is more than Temporal takes as one payload.
	mostPlain = 16 << 20
)

// How the text of a payload is packed before it is encrypted.
const (
	asItIs     = 0
	compressed = 1
)

// Codec encrypts payloads with AES-256-GCM. It implements [converter.PayloadCodec].
type Codec struct {
	keys []sealer
	// plain has payloads read that were stored before there were keys.
	plain bool
}

// sealer is a key that is ready for use.
type sealer struct {
	id   string
	aead cipher.AEAD
}

// New makes a codec that encrypts with the first key and reads all of them. With plain it also reads
// what is not encrypted. Without keys it encrypts nothing, and reads what is plain.
func New(keys Keys, plain bool) (*Codec, error) {
	c := &Codec{plain: plain || len(keys) == 0}
	for _, key := range keys {
		block, err := aes.NewCipher(key.secret)
		if err != nil {
			return nil, fmt.Errorf("the key %s: %w", key.ID, err)
		}
		aead, err := cipher.NewGCMWithRandomNonce(block)
		if err != nil {
			return nil, fmt.Errorf("the key %s: %w", key.ID, err)
		}
		c.keys = append(c.keys, sealer{key.ID, aead})
	}
	return c, nil
}

var _ converter.PayloadCodec = (*Codec)(nil)

// KeyError says that a payload cannot be read with the keys that there are.
type KeyError struct {
	// ID is the key that it was encrypted with; empty if it was not encrypted.
	ID string
	// Broken says that there is a key of this id, which is another one, or that the payload was changed.
	Broken bool
}

func (e *KeyError) Error() string {
	switch {
	case e.ID == "":
		return "a payload is not encrypted: set WAYBILL_CODEC_PLAIN=read while there are workflows from before the keys"
	case e.Broken:
		return fmt.Sprintf("a payload cannot be read with the key %s: it is another key of the same id, or the payload was changed", e.ID)
	}
	return fmt.Sprintf("a payload was encrypted with the key %s, which is not in WAYBILL_CODEC_KEYS: add it below the others", e.ID)
}

// Encode implements [converter.PayloadCodec]. What is encrypted already stays as it is.
func (c *Codec) Encode(payloads []*commonpb.Payload) ([]*commonpb.Payload, error) {
	return each(payloads, c.encode)
}

// Decode implements [converter.PayloadCodec]. It fails with [KeyError].
func (c *Codec) Decode(payloads []*commonpb.Payload) ([]*commonpb.Payload, error) {
	return each(payloads, c.decode)
}

func each(payloads []*commonpb.Payload, do func(*commonpb.Payload) (*commonpb.Payload, error)) ([]*commonpb.Payload, error) {
	done := make([]*commonpb.Payload, len(payloads))
	for i, p := range payloads {
		var err error
		if done[i], err = do(p); err != nil {
			return nil, err
		}
	}
	return done, nil
}

func encrypted(p *commonpb.Payload) bool {
	return string(p.GetMetadata()[converter.MetadataEncoding]) == encoding
}

func (c *Codec) encode(p *commonpb.Payload) (*commonpb.Payload, error) {
	if len(c.keys) == 0 || encrypted(p) {
		return p, nil
	}
	text, err := proto.MarshalOptions{Deterministic: true}.Marshal(p)
	if err != nil {
		return nil, fmt.Errorf("write a payload: %w", err)
	}
	key := c.keys[0]
	return &commonpb.Payload{
		Metadata: map[string][]byte{converter.MetadataEncoding: []byte(encoding), keyField: []byte(key.id)},
		Data:     key.aead.Seal(nil, nil, pack(text), bound(key.id)),
	}, nil
}

func (c *Codec) decode(p *commonpb.Payload) (*commonpb.Payload, error) {
	if !encrypted(p) {
		if !c.plain {
			return nil, &KeyError{}
		}
		return p, nil
	}
	id := string(p.GetMetadata()[keyField])
	for _, key := range c.keys {
		if key.id != id {
			continue
		}
		packed, err := key.aead.Open(nil, nil, p.GetData(), bound(id))
		if err != nil {
			return nil, &KeyError{ID: id, Broken: true}
		}
		return unpack(packed)
	}
	return nil, &KeyError{ID: id}
}

// bound is what must be the same when a payload is decrypted.
func bound(id string) []byte { return []byte(version + "/" + id) }

// squeezer compresses without goroutines of its own: the text of a payload is short.
var squeezer = sync.OnceValue(func() *zstd.Encoder {
	e, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(zstd.SpeedDefault))
	if err != nil {
		panic(err) // the options are right
	}
	return e
})

var expander = sync.OnceValue(func() *zstd.Decoder {
	d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(mostPlain))
	if err != nil {
		panic(err) // the options are right
	}
	return d
})

// pack compresses a text, if that makes it shorter.
func pack(text []byte) []byte {
	packed := squeezer().EncodeAll(text, []byte{compressed})
	if len(packed) < len(text)+1 {
		return packed
	}
	return append([]byte{asItIs}, text...)
}

func unpack(packed []byte) (*commonpb.Payload, error) {
	if len(packed) == 0 {
		return nil, fmt.Errorf("a payload is empty")
	}
	text := packed[1:]
	if packed[0] == compressed {
		var err error
		if text, err = expander().DecodeAll(text, nil); err != nil {
			return nil, fmt.Errorf("expand a payload: %w", err)
		}
	}
	var p commonpb.Payload
	if err := proto.Unmarshal(text, &p); err != nil {
		return nil, fmt.Errorf("read a payload: %w", err)
	}
	return &p, nil
}
