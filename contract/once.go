package contract

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// oncePrefix begins what marks an order that may come twice and is followed once.
const oncePrefix = "once:"

// OnceBatch is the id of an order to one parcel that may come twice, such as by a double click:
// the parcel follows it once. Unlike the proof of an order to many, its proof covers the parcel.
func OnceBatch(nonce string) string { return oncePrefix + nonce }

// IsOnce reports whether it is the id of such an order, or its mark.
func IsOnce(batch string) bool { return strings.HasPrefix(batch, oncePrefix) }

// OnceMark marks an order that a person sends under a key of their choice, perhaps several times.
// What is given the order notes the mark, and follows no other one with it. It is
// once:<digest of person and key>/<digest of the order and its input>.
func OnceMark(person, key, order string, input []byte) string {
	return OnceBatch(digest(person, key) + "/" + digest(order, string(input)))
}

// OnceID is what all orders of a person under one key have in common; empty if the mark is that
// of no key. It is the id of the Update: Temporal hands a second one of the same run to nobody,
// and answers as it did to the first.
func OnceID(mark string) string {
	id, _, keyed := strings.Cut(mark, "/")
	if !keyed || !IsOnce(id) {
		return ""
	}
	return id
}

// SameKey finds the mark that was noted of an order under the key of another mark; empty if
// there is none.
func SameKey(noted []string, mark string) string {
	for _, other := range noted {
		if id := OnceID(other); id != "" && id == OnceID(mark) {
			return other
		}
	}
	return ""
}

func digest(texts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(texts, "\x00")))
	return hex.EncodeToString(sum[:16])
}
