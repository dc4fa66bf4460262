package sendcloud

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
)

// SignatureHeader carries the hex HMAC-SHA256 of a webhook's raw body.
// https://sendcloud.dev/api/v3/webhooks
const SignatureHeader = "Sendcloud-Signature"

// IsSignature reports whether a text has the form of a signature.
func IsSignature(text string) bool {
	given, err := hex.DecodeString(text)
	return err == nil && len(given) == sha256.Size
}

// Sign is the signature of a body under a key, as Sendcloud makes it.
func Sign(key, body []byte) string { return hex.EncodeToString(signed(key, body)) }

func signed(key, body []byte) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write(body)
	return mac.Sum(nil)
}

// Verify reports whether the signature was made over exactly these bytes with one of
// the keys. Pass the body as it was received: decoding and encoding it again changes
// bytes. Hex in upper case is accepted too. Empty keys never match.
//
// There is no protection against a replay: a repeated webhook has to be harmless.
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
		// No early return: the time taken must not tell which key matched.
		verified = hmac.Equal(signed(key, body), given) || verified
	}
	return verified
}
