package sendcloud

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
)

// SignatureHeader carries the hex HMAC-SHA256 of a webhook's raw body.
// https://sendcloud.dev/api/v3/webhooks
const SignatureHeader = "Sendcloud-Signature"

// Verify reports whether the signature was made over exactly these bytes with
// one of the keys. Pass the body as it came off the wire: decoding and encoding
// it again changes bytes and breaks every signature. Empty keys never match.
//
// Sendcloud writes lower-case hex; upper case stands for the same digest and
// is accepted. There is no protection against a replay: what a webhook causes
// has to be harmless when it comes again.
func Verify(keys [][]byte, body []byte, signature string) bool {
	given, err := hex.DecodeString(signature)
	if err != nil || len(given) != sha256.Size {
		return false
	}
	verified := false
	for _, key := range keys {
		if len(key) == 0 {
			continue
		}
		mac := hmac.New(sha256.New, key)
		mac.Write(body)
		// No early end: how long it takes must not tell which key matched.
		if hmac.Equal(mac.Sum(nil), given) {
			verified = true
		}
	}
	return verified
}
