package mail

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"waybill/parcel"
)

// The headers of SendGrid's Event Webhook.
// https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/getting-started-event-webhook-security-features
const (
	EventSignatureHeader = "X-Twilio-Email-Event-Webhook-Signature"
	EventTimestampHeader = "X-Twilio-Email-Event-Webhook-Timestamp"
)

// EventKeys are the public keys that the Event Webhook may be signed with: one,
// and the one before while it is being changed.
type EventKeys []*ecdsa.PublicKey

// ParseEventKeys reads public keys, a line each, as SendGrid shows them: base64,
// with or without the lines of a PEM file around it.
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
			return nil, errors.New("it is no key of the curve P-256: copy the verification key from SendGrid's settings of the Event Webhook")
		}
		keys = append(keys, key)
	}
	return keys, nil
}

// eventsKept is how old a signed batch may be: SendGrid repeats for 24 hours.
const eventsKept = 48 * time.Hour

// Verify reports whether a batch of events was signed with one of the keys. The
// body is the raw bytes as they came: SendGrid signs its line ends too.
func (keys EventKeys) Verify(timestamp string, body []byte, signature string, now time.Time) bool {
	// Timestamp and body are signed as one: without these two checks a digit
	// could move from one to the other.
	seconds, err := strconv.ParseInt(timestamp, 10, 64)
	if err != nil || timestamp != strconv.FormatInt(seconds, 10) || !bytes.HasPrefix(body, []byte("[")) {
		return false
	}
	if age := now.Sub(time.Unix(seconds, 0)); age > eventsKept || age < -eventsKept {
		return false
	}
	der, err := base64.StdEncoding.DecodeString(signature)
	if err != nil {
		return false
	}
	sum := sha256.Sum256(append([]byte(timestamp), body...))
	return slices.ContainsFunc(keys, func(k *ecdsa.PublicKey) bool { return ecdsa.VerifyASN1(k, sum[:], der) })
}

// Event is one event of SendGrid's in our words.
type Event struct {
	// Type is SendGrid's name of the event if it is one that we know, or
	// "other".
	Type string
	// Integration and ParcelID say whose mail it is about; empty if it is none
	// of ours, or does not say.
	Integration string
	ParcelID    int64
	// Report is what it tells, with an empty Kind if it is of no interest.
	Report parcel.MailReport
	// Address is that of a bounce that does not say which mail it is about. It
	// is personal data.
	Address string
}

// rawEvent is an event as it comes. Samples and years disagree about types and
// spellings, so everything is taken as a text.
type rawEvent struct {
	Event     loose `json:"event"`
	ID        loose `json:"sg_event_id"`
	MessageID loose `json:"sg_message_id"`
	Email     loose `json:"email"`
	At        loose `json:"timestamp"`
	Type      loose `json:"type"`
	Status    loose `json:"status"`
	Reason    loose `json:"reason"`
	Class     loose `json:"bounce_classification"`
	Key       loose `json:"waybill_key"`
	Parcel    loose `json:"waybill_parcel"`
}

// loose is a text, or a number in its own spelling; anything else is "".
type loose string

func (l *loose) UnmarshalJSON(raw []byte) error {
	var s string
	if json.Unmarshal(raw, &s) != nil {
		if s = string(raw); !plainNumber.MatchString(s) {
			s = ""
		}
	}
	*l = loose(clean(s, 500))
	return nil
}

var (
	plainNumber = regexp.MustCompile(`^-?[0-9]{1,20}(\.[0-9]+)?$`)
	statusCode  = regexp.MustCompile(`^[245]\.[0-9]{1,3}\.[0-9]{1,3}$`)
	eventID     = regexp.MustCompile(`^[0-9A-Za-z_=-]{1,120}$`)
	messageID   = regexp.MustCompile(`^[0-9A-Za-z_-]{1,80}$`)
	mailKey     = regexp.MustCompile(`^[0-9a-z]{8,40}$`)
	ourParcel   = regexp.MustCompile(`^([a-z0-9-]{1,63}):([1-9][0-9]{0,18})$`)
)

// DecodeEvents reads the body of a verified batch. An event that cannot be read
// is one of the type "other": the rest of its batch is as good as ever. The
// error quotes nothing of the body.
func DecodeEvents(body []byte, received time.Time) ([]Event, error) {
	var raw []json.RawMessage
	if err := json.Unmarshal(body, &raw); err != nil {
		return nil, errors.New("the body is not a JSON array")
	}
	events := make([]Event, 0, len(raw))
	for _, one := range raw {
		var e rawEvent
		if json.Unmarshal(one, &e) != nil {
			e = rawEvent{}
		}
		events = append(events, e.event(received))
	}
	return events, nil
}

// eventTypes are SendGrid's names of events, and what we call those that matter.
// https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/event
var eventTypes = map[string]parcel.ReportKind{
	"processed": parcel.ReportProcessed, "deferred": parcel.ReportDeferred, "delivered": parcel.ReportDelivered,
	"dropped": parcel.ReportDropped, "bounce": parcel.ReportBounced, "blocked": parcel.ReportBlocked, "spamreport": parcel.ReportSpam,
	// Nobody asks who opens what, and a group is the marketing side's.
	"open": "", "click": "", "unsubscribe": "", "group_unsubscribe": "", "group_resubscribe": "", "account_status_change": "",
}

// dropReasons are why SendGrid drops a mail.
var dropReasons = map[string]parcel.ReportKind{
	"bounced address": parcel.ReportBounced, "invalid": parcel.ReportBounced, "spam reporting address": parcel.ReportSpam,
	"unsubscribed address": parcel.ReportUnwanted, "spam content": parcel.ReportDropped, "invalid smtpapi header": parcel.ReportDropped,
	"recipient list over package quota": parcel.ReportDropped,
}

var bounceClasses = []string{
	"Content", "Frequency or Volume Too High", "Invalid Address", "Mailbox Unavailable", "Reputation", "Technical", "Unclassified",
}

func (e rawEvent) event(received time.Time) Event {
	name := strings.ToLower(string(e.Event))
	kind, known := eventTypes[name]
	if !known {
		return Event{Type: "other"}
	}
	event := Event{Type: name, Report: parcel.MailReport{Kind: kind, At: e.at(received)}}
	r := &event.Report
	switch name {
	case "bounce":
		if e.Type == "blocked" || e.Type == "expired" {
			r.Kind = parcel.ReportBlocked
		}
		r.Why = e.bounceClass()
	case "blocked":
		r.Why = e.bounceClass()
	case "dropped":
		if why, ok := dropReasons[strings.ToLower(string(e.Reason))]; ok {
			r.Kind, r.Why = why, strings.ToLower(string(e.Reason))
		}
	}
	r.ID = fits(eventID, string(e.ID))
	first, _, _ := strings.Cut(string(e.MessageID), ".")
	r.MessageID = fits(messageID, first)
	r.Key = fits(mailKey, string(e.Key))
	if integration, id, ok := parseParcelArg(string(e.Parcel)); ok && r.Key != "" {
		event.Integration, event.ParcelID = integration, id
	}
	if r.Kind == parcel.ReportBounced && r.Key == "" && r.MessageID == "" {
		event.Address = strings.ToLower(string(e.Email))
	}
	return event
}

// at is when it happened. Some stand-ins tell milliseconds.
func (e rawEvent) at(received time.Time) time.Time {
	n, err := strconv.ParseInt(string(e.At), 10, 64)
	switch {
	case err == nil && n >= 1e12 && n < 1e14:
		return time.UnixMilli(n).UTC()
	case err == nil && n >= 1e9 && n < 1e11:
		return time.Unix(n, 0).UTC()
	}
	return received.UTC()
}

// bounceClass is why a mail came back, in words and a code that hold no personal
// data: the remote server's own text may quote the address.
func (e rawEvent) bounceClass() string {
	var why []string
	if slices.Contains(bounceClasses, string(e.Class)) {
		why = append(why, strings.ToLower(string(e.Class)))
	}
	if code := fits(statusCode, string(e.Status)); code != "" {
		why = append(why, code)
	}
	return strings.Join(why, ", ")
}

func fits(pattern *regexp.Regexp, s string) string {
	if pattern.MatchString(s) {
		return s
	}
	return ""
}

// parcelArg is how a mail names its parcel to SendGrid.
func parcelArg(integration string, parcelID int64) string {
	return fmt.Sprintf("%s:%d", integration, parcelID)
}

// parseParcelArg is the inverse of parcelArg.
func parseParcelArg(s string) (integration string, parcelID int64, ok bool) {
	m := ourParcel.FindStringSubmatch(s)
	if m == nil {
		return "", 0, false
	}
	parcelID, err := strconv.ParseInt(m[2], 10, 64)
	return m[1], parcelID, err == nil
}
