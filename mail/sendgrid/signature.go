package sendgrid

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The headers of SendGrid's Event Webhook.
// https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/getting-started-event-webhook-security-features
const (
	EventSignatureHeader = "X-Twilio-Email-Event-Webhook-Signature"
	EventTimestampHeader = "X-Twilio-Email-Event-Webhook-Timestamp"
)

// EventKeys are the public keys of the Event Webhook: one, or two while it is being
// changed.
type EventKeys []*ecdsa.PublicKey

// ParseEventKeys reads public keys, one per line, as SendGrid shows them in base64, or as
// PEM.
func ParseEventKeys(s string) (EventKeys, error) {
	var keys EventKeys
	for len(s) > 0 {
		var raw []byte
		var err error
		if block, rest := pem.Decode([]byte(s)); block != nil && strings.HasPrefix(strings.TrimSpace(s), "-----") {
			raw, s = block.Bytes, string(rest)
		} else {
			var line string
			line, s, _ = strings.Cut(s, "\n")
			if line = strings.TrimSpace(line); line == "" {
				continue
			}
			raw, err = base64.StdEncoding.DecodeString(line)
		}
		if err != nil {
			return nil, errors.New("it is not base64: copy the verification key from SendGrid's settings of the Event Webhook")
		}
		parsed, err := x509.ParsePKIXPublicKey(raw)
		key, ok := parsed.(*ecdsa.PublicKey)
		if err != nil || !ok || key.Curve != elliptic.P256() {
			return nil, errors.New("it is not a key of the curve P-256: copy the verification key from SendGrid's settings of the Event Webhook")
		}
		keys = append(keys, key)
	}
	return keys, nil
}

// eventsKept is how old a signed batch can be. SendGrid repeats it for 24 hours.
const eventsKept = 48 * time.Hour

// IsSignature reports whether two headers have the form of a signature and its time.
func IsSignature(timestamp, signature string, now time.Time) bool {
	seconds, err := strconv.ParseInt(timestamp, 10, 64)
	if err != nil || timestamp != strconv.FormatInt(seconds, 10) {
		return false
	}
	if age := now.Sub(time.Unix(seconds, 0)); age > eventsKept || age < -eventsKept {
		return false
	}
	der, err := base64.StdEncoding.DecodeString(signature)
	var numbers struct{ R, S *big.Int }
	rest, wrong := asn1.Unmarshal(der, &numbers)
	return err == nil && wrong == nil && len(rest) == 0
}

// Verify reports whether a batch of events was signed with one of the keys. Pass the body
// as it was received: SendGrid signs its line ends too.
func (keys EventKeys) Verify(timestamp string, body []byte, signature string, now time.Time) bool {
	// Timestamp and body are signed as one text. Without these checks, a digit could be
	// moved from one to the other.
	if !IsSignature(timestamp, signature, now) || !bytes.HasPrefix(body, []byte("[")) {
		return false
	}
	der, err := base64.StdEncoding.DecodeString(signature)
	if err != nil {
		return false
	}
	sum := sha256.Sum256(append([]byte(timestamp), body...))
	return slices.ContainsFunc(keys, func(k *ecdsa.PublicKey) bool { return ecdsa.VerifyASN1(k, sum[:], der) })
}
