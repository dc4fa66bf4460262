// Package codec encrypts everything that Temporal stores for Waybill. Without the keys, its database
// shows nothing of what people wrote or were told. Ids and search attributes stay readable: Temporal
// needs them, and they hold no names or addresses.
package codec

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// Key is one key. Its ID stands in clear beside everything that it has encrypted.
type Key struct {
	ID     string
	secret []byte
}

// Keys are the keys of an installation: the first encrypts, all decrypt.
type Keys []Key

// IDs are their ids.
func (k Keys) IDs() (all []string) {
	for _, key := range k {
		all = append(all, key.ID)
	}
	return all
}

// Fingerprint tells a key from another one of the same id, and does not give it away.
func (k Key) Fingerprint() string {
	mac := hmac.New(sha256.New, k.secret)
	_, _ = mac.Write([]byte("waybill key fingerprint")) // it never fails
	return hex.EncodeToString(mac.Sum(nil)[:fingerprintLength])
}

func (k Key) equal(other Key) bool {
	return k.ID == other.ID && string(k.secret) == string(other.secret)
}

func (k Key) aead() (cipher.AEAD, error) {
	block, err := aes.NewCipher(k.secret)
	if err != nil {
		return nil, fmt.Errorf("the key %s: %w", k.ID, err)
	}
	// A fresh random nonce for each payload: a key is good for 2^32 of them.
	return cipher.NewGCMWithRandomNonce(block)
}

const (
	secretLength = 32
	// mostKeys is more than a rotation needs.
	mostKeys          = 32
	fingerprintLength = 6
	// unknownID stands for an id that no key can have.
	unknownID = "(not an id)"
)

var keyID = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,31}$`)

// NewKey makes a key. The line is what stands for it in WAYBILL_CODEC_KEYS.
func NewKey(id string) (line string, err error) {
	if !keyID.MatchString(id) {
		return "", fmt.Errorf("%q cannot be the id of a key: write at most 32 lower-case letters, digits and hyphens, such as 2026-11", id)
	}
	secret := make([]byte, secretLength)
	_, _ = rand.Read(secret) // it never fails
	return id + ":" + base64.StdEncoding.EncodeToString(secret), nil
}

// ParseKeys reads keys, one a line, as [NewKey] writes them. All faults are told at once, and none of
// them quotes a key.
func ParseKeys(text string) (Keys, error) {
	var all Keys
	var faults []error
	known := map[string]int{}
	for n, line := range strings.Split(text, "\n") {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		id, secret, _ := strings.Cut(line, ":")
		raw, err := base64.StdEncoding.DecodeString(secret)
		switch before, twice := known[id]; {
		case !keyID.MatchString(id) || err != nil || len(raw) != secretLength:
			faults = append(faults, fmt.Errorf("line %d is not a key as \"waybill keys new\" writes it, such as 2026-11:<44 letters>", n+1))
			continue
		case twice:
			faults = append(faults, fmt.Errorf("lines %d and %d have the id %s: each key has its own", before, n+1, id))
			continue
		}
		known[id] = n + 1
		all = append(all, Key{ID: id, secret: raw})
	}
	if len(all) > mostKeys {
		faults = append(faults, fmt.Errorf("there are %d keys: leave out those that nothing names any more", len(all)))
	}
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	return all, nil
}
