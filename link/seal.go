package link

import (
	"crypto/aes"
	"crypto/cipher"
)

// Seal encrypts a text for a purpose, so that only a holder of the keys can read it: AES-256-GCM
// under a key that is made of the first key and the purpose. It must not be called without a key.
func (k Keys) Seal(purpose string, text []byte) string {
	return encoding.EncodeToString(sealer(k[0], purpose).Seal(nil, nil, text, nil)) //nolint:gosec // it makes a random nonce itself
}

// Unseal reads what was sealed for a purpose, under any key.
func (k Keys) Unseal(purpose, sealed string) (text []byte, ok bool) {
	raw, err := encoding.Strict().DecodeString(sealed)
	if err != nil {
		return nil, false
	}
	for _, key := range k {
		if text, err := sealer(key, purpose).Open(nil, nil, raw, nil); err == nil {
			return text, true
		}
	}
	return nil, false
}

func sealer(key []byte, purpose string) cipher.AEAD {
	block, err := aes.NewCipher(mac(key, "seal", purpose))
	if err != nil {
		panic(err) // a SHA-256 has the length of a key
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic(err) // AES has blocks of the right size
	}
	return aead
}
