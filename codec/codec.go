package codec

import (
	"crypto/cipher"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

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
	// mostPlain is the longest text: more than Temporal takes as one payload.
	mostPlain  = 16 << 20
	zstdWindow = 256 << 10
)

// How the text of a payload is packed before it is encrypted.
const (
	asItIs     = 0
	compressed = 1
)

// Plain says what becomes of payloads that are not encrypted.
type Plain string

// The choices. Whatever is chosen, a worker reads orders that are not encrypted: see [ForTasks].
const (
	// PlainRefused encrypts everything, and reads nothing else.
	PlainRefused Plain = ""
	// PlainRead encrypts everything, and also reads what was stored before there were keys.
	PlainRead Plain = "read"
	// PlainWritten encrypts nothing. What was encrypted is read if its key is there.
	PlainWritten Plain = "write"
)

// Says is a sentence about what becomes of payloads under some keys.
func (p Plain) Says(keys Keys) string {
	switch p {
	case PlainWritten:
		return "nothing is encrypted: Temporal stores names, addresses and mails as plain text"
	case PlainRead:
		return fmt.Sprintf("the key %s of %d encrypts; what is not encrypted is read too", keys[0].ID, len(keys))
	case PlainRefused:
	}
	return fmt.Sprintf("the key %s of %d encrypts; what is not encrypted is refused", keys[0].ID, len(keys))
}

// Codec encrypts payloads with AES-256-GCM. It implements [converter.PayloadCodec].
type Codec struct {
	plain Plain
	keys  atomic.Pointer[[]sealer]
}

// sealer is a key that is ready for use.
type sealer struct {
	id   string
	aead cipher.AEAD
}

// ErrNoKeys says that there is nothing to encrypt with.
var ErrNoKeys = errors.New("it is empty, and everything that Temporal stores is to be encrypted: set it to the line that \"waybill keys new\" prints, " +
	"the same for all processes. To have Temporal store names, addresses and mails unencrypted, set WAYBILL_CODEC_PLAIN=write")

// New makes a codec that encrypts with the first key and decrypts with all of them. It fails with
// [ErrNoKeys] if there are none and something is to be encrypted.
func New(keys Keys, plain Plain) (*Codec, error) {
	c := &Codec{plain: plain}
	return c, c.use(keys)
}

// use changes the keys.
func (c *Codec) use(keys Keys) error {
	if len(keys) == 0 && c.plain != PlainWritten {
		return ErrNoKeys
	}
	all := make([]sealer, 0, len(keys))
	for _, key := range keys {
		aead, err := key.aead()
		if err != nil {
			return err
		}
		all = append(all, sealer{key.ID, aead})
	}
	c.keys.Store(&all)
	return nil
}

var _ converter.PayloadCodec = (*Codec)(nil)

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

// KeyOf is the id of the key that a payload is encrypted with; encrypted is false if it is plain.
func KeyOf(p *commonpb.Payload) (id string, encrypted bool) {
	if string(p.GetMetadata()[converter.MetadataEncoding]) != encoding {
		return "", false
	}
	if id = string(p.GetMetadata()[keyField]); !keyID.MatchString(id) {
		id = unknownID // everyone who reaches Temporal can write any text there
	}
	return id, true
}

func (c *Codec) encode(p *commonpb.Payload) (*commonpb.Payload, error) {
	if _, encrypted := KeyOf(p); encrypted || c.plain == PlainWritten {
		return p, nil
	}
	text, err := proto.MarshalOptions{Deterministic: true}.Marshal(p)
	if err == nil && len(text) > mostPlain {
		err = fmt.Errorf("it has %d bytes, and the most is %d", len(text), mostPlain)
	}
	if err != nil {
		return nil, fmt.Errorf("encrypt a payload: %w", err)
	}
	key := (*c.keys.Load())[0]
	return &commonpb.Payload{
		Metadata: map[string][]byte{converter.MetadataEncoding: []byte(encoding), keyField: []byte(key.id)},
		Data:     key.aead.Seal(nil, nil, pack(text), bound(key.id)), //nolint:gosec // the cipher adds a random nonce itself
	}, nil
}

func (c *Codec) decode(p *commonpb.Payload) (*commonpb.Payload, error) {
	id, encrypted := KeyOf(p)
	switch {
	case !encrypted && c.plain == PlainRefused:
		return nil, &KeyError{}
	case !encrypted:
		return p, nil
	}
	for _, key := range *c.keys.Load() {
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

// squeezer and expander serve as many at once as there are processors. A small window keeps what each
// of them holds small: payloads are short.
var squeezer = sync.OnceValue(func() *zstd.Encoder {
	e, err := zstd.NewWriter(nil, zstd.WithWindowSize(zstdWindow), zstd.WithLowerEncoderMem(true))
	if err != nil {
		panic(err) // the options are right
	}
	return e
})

var expander = sync.OnceValue(func() *zstd.Decoder {
	d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(0), zstd.WithDecoderMaxMemory(mostPlain))
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
