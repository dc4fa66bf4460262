package codec

import (
	"errors"
	"fmt"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/converter"
	"google.golang.org/protobuf/encoding/protojson"
)

// Limits of an exchange, in payloads and in bytes. Temporal takes payloads of 2 MB, and less than 4 MB
// at a time. A short payload can become a long one when it is decoded.
const (
	MostPayloads = 1000
	mostDecoded  = 16 << 20
)

// Errors of an exchange, besides [KeyError].
var (
	ErrNoPayloads = errors.New("the body is not JSON with payloads, as Temporal's UI and command line send them")
	ErrTooMuch    = fmt.Errorf("a request has at most %d payloads, which are at most %d MiB once they are decoded", MostPayloads, mostDecoded>>20)
)

// Of is the codec behind the data converter of clients; nil if there is none.
func Of(clients converter.DataConverter) *Codec {
	d, _ := clients.(data)
	return d.codec
}

// Exchange is what became of the payloads in a request to the codec endpoint.
type Exchange struct {
	// Payloads is how many there were, Unreadable how many of them were left as they were.
	Payloads, Unreadable int
}

// DecodeJSON answers a request to decode payloads, as Temporal's UI and command line make them:
// https://docs.temporal.io/codec-server. What is not encrypted comes back as it is, and so does what
// cannot be read: one missing key must not hide the rest. If nothing can be read, it fails with the
// fault of the first payload.
func (c *Codec) DecodeJSON(body []byte) (answer []byte, x Exchange, err error) {
	all, err := readPayloads(body)
	if err != nil {
		return nil, x, err
	}
	x.Payloads = len(all)
	encrypted, bytes := 0, 0
	var fault error
	for i, p := range all {
		if _, is := KeyOf(p); is {
			encrypted++
			read, wrong := c.decode(p)
			if wrong != nil {
				x.Unreadable++
				if fault == nil {
					fault = wrong
				}
				continue
			}
			all[i] = read
		}
		if bytes += len(all[i].GetData()); bytes > mostDecoded {
			return nil, x, ErrTooMuch
		}
	}
	if encrypted > 0 && x.Unreadable == encrypted {
		return nil, x, fault
	}
	answer, err = writePayloads(all)
	return answer, x, err
}

// EncodeJSON answers a request to encode payloads, likewise.
func (c *Codec) EncodeJSON(body []byte) (answer []byte, x Exchange, err error) {
	all, err := readPayloads(body)
	if err != nil {
		return nil, x, err
	}
	x.Payloads = len(all)
	if all, err = c.Encode(all); err != nil {
		return nil, x, err
	}
	answer, err = writePayloads(all)
	return answer, x, err
}

func readPayloads(body []byte) ([]*commonpb.Payload, error) {
	var all commonpb.Payloads
	if err := (protojson.UnmarshalOptions{DiscardUnknown: true}).Unmarshal(body, &all); err != nil {
		return nil, ErrNoPayloads // the fault itself can quote the body
	}
	if len(all.GetPayloads()) > MostPayloads {
		return nil, ErrTooMuch
	}
	return all.GetPayloads(), nil
}

func writePayloads(all []*commonpb.Payload) ([]byte, error) {
	answer, err := protojson.Marshal(&commonpb.Payloads{Payloads: all})
	if err != nil {
		return nil, fmt.Errorf("write the payloads: %w", err)
	}
	return answer, nil
}
