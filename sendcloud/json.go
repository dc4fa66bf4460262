package sendcloud

import (
	"bytes"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// The standard library's encoding/json takes "ID" for "id", so that a field of another meaning
// can replace the id of the parcel. Its second version tells them apart. It is an experiment in
// our version of Go, and the module above is its mirror by Go's own authors.

// tolerant are the faults of JSON that we accept: of one key twice the last one counts, and
// characters that are not UTF-8 are replaced.
var tolerant = json.JoinOptions(jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))

// unmarshal reads JSON; keys that differ in case are different keys.
func unmarshal(raw []byte, into any) error { return json.Unmarshal(raw, into, tolerant) }

// valid reports whether it is JSON.
func valid(raw []byte) bool { return jsontext.Value(raw).IsValid(tolerant) }

// tidy replaces what is not JSON although programs write it: a byte order mark by spaces, and
// the numbers NaN and Infinity, which Python writes, by an empty text. Every byte that is JSON
// stays where it is.
func tidy(body []byte) []byte {
	mark := []byte("\ufeff")
	if !bytes.HasPrefix(body, mark) && !bytes.Contains(body, []byte("NaN")) && !bytes.Contains(body, []byte("Infinity")) {
		return body
	}
	body = bytes.Clone(body)
	if bytes.HasPrefix(body, mark) {
		copy(body, "   ")
	}
	inText := false
	for i := 0; i < len(body); i++ {
		switch {
		case inText && body[i] == '\\':
			i++ // what it escapes ends no text
		case body[i] == '"':
			inText = !inText
		case !inText:
			i += blank(body[i:])
		}
	}
	return body
}

// blank replaces NaN or Infinity at the beginning of rest by an empty text and spaces, and
// returns how many bytes after the first one to skip.
func blank(rest []byte) int {
	for _, number := range []string{"NaN", "Infinity", "-Infinity"} {
		after := bytes.TrimPrefix(rest, []byte(number))
		if len(after) < len(rest) && (len(after) == 0 || bytes.IndexByte([]byte(",]} \t\r\n"), after[0]) >= 0) {
			copy(rest, `""`+"       "[:len(number)-2])
			return len(number) - 1
		}
	}
	return 0
}
