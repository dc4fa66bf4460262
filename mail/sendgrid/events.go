package sendgrid

import (
	"encoding/json"
	"errors"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"waybill/delivery"
)

// Event is one event of SendGrid's in our words.
type Event struct {
	// Type is SendGrid's name of the event, or "other" for an unknown one.
	Type string
	// Subject is what the message is about; empty if the message is not ours, or is not
	// named.
	Subject delivery.Subject
	// Report is what the event tells. Its Kind is empty if it is of no interest.
	Report delivery.Report
	// Address is the recipient of a bounce that does not name its mail. It is personal
	// data.
	Address string
}

// rawEvent is an event as it comes. Types and spellings have changed over the years, so
// every field is read as text.
type rawEvent map[string]loose

func (e rawEvent) text(name string) string { return string(e[name]) }

// loose is a text, or a number as it is written. Anything else is "", and so is a text
// that is too long to mean anything.
type loose string

const mostLoose = 500

func (l *loose) UnmarshalJSON(raw []byte) error {
	var s string
	if json.Unmarshal(raw, &s) != nil {
		if s = string(raw); !plainNumber.MatchString(s) {
			s = ""
		}
	}
	if len(s) <= mostLoose {
		*l = loose(strings.TrimSpace(s))
	}
	return nil
}

var (
	plainNumber = regexp.MustCompile(`^-?[0-9]{1,20}(\.[0-9]+)?$`)
	statusCode  = regexp.MustCompile(`^[245]\.[0-9]{1,3}\.[0-9]{1,3}$`)
	eventID     = regexp.MustCompile(`^[0-9A-Za-z_=-]{1,120}$`)
	messageID   = regexp.MustCompile(`^[0-9A-Za-z_-]{1,80}$`)
	mailKey     = regexp.MustCompile(`^[0-9a-z]{8,40}$`)
	tryNumber   = regexp.MustCompile(`^[1-9][0-9]{0,5}$`)
)

// DecodeEvents reads the body of a verified batch. An event that cannot be read has the
// type "other", so that the rest of the batch is not lost. The error quotes nothing of
// the body.
func DecodeEvents(body []byte, received time.Time) ([]Event, error) {
	var raw []json.RawMessage
	if err := json.Unmarshal(body, &raw); err != nil {
		return nil, errors.New("the body is not a JSON array")
	}
	events := make([]Event, 0, len(raw))
	for _, one := range raw {
		var e rawEvent
		if json.Unmarshal(one, &e) != nil {
			e = nil
		}
		events = append(events, e.event(received))
	}
	return events, nil
}

// eventTypes are SendGrid's names of events, with our kinds for those that matter.
// https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/event
var eventTypes = map[string]delivery.ReportKind{
	"processed": delivery.Processed, "deferred": delivery.Deferred, "delivered": delivery.Delivered,
	"dropped": delivery.NotTried, "bounce": delivery.Bounced, "blocked": delivery.Blocked, "spamreport": delivery.Spam,
	// Opens and clicks are not tracked, and groups are for marketing.
	"open": "", "click": "", "unsubscribe": "", "group_unsubscribe": "", "group_resubscribe": "", "account_status_change": "",
}

// dropReasons are why SendGrid drops a mail.
var dropReasons = map[string]delivery.ReportKind{
	"bounced address": delivery.Bounced, "invalid": delivery.Bounced, "spam reporting address": delivery.Spam,
	"unsubscribed address": delivery.Unsubscribed, "spam content": delivery.NotTried, "invalid smtpapi header": delivery.NotTried,
	"recipient list over package quota": delivery.NotTried,
}

var bounceClasses = []string{
	"Content", "Frequency or Volume Too High", "Invalid Address", "Mailbox Unavailable", "Reputation", "Technical", "Unclassified",
}

func (e rawEvent) event(received time.Time) Event {
	name := strings.ToLower(e.text("event"))
	kind, known := eventTypes[name]
	if !known {
		return Event{Type: "other"}
	}
	event := Event{Type: name, Report: delivery.Report{Kind: kind, At: e.at(received)}}
	r := &event.Report
	switch name {
	case "bounce":
		if t := e.text("type"); t == "blocked" || t == "expired" {
			r.Kind = delivery.Blocked
		}
		r.Why = e.bounceClass()
	case "blocked":
		r.Why = e.bounceClass()
	case "dropped":
		if why, ok := dropReasons[strings.ToLower(e.text("reason"))]; ok {
			r.Kind, r.Why = why, strings.ToLower(e.text("reason"))
		}
	}
	r.ID = fits(eventID, e.text("sg_event_id"))
	first, _, _ := strings.Cut(e.text("sg_message_id"), ".")
	r.MessageID = fits(messageID, first)
	r.Key = fits(mailKey, e.text(argKey))
	if r.Key != "" {
		event.Subject = subjectIn(e.text)
		r.Try, _ = strconv.Atoi(fits(tryNumber, e.text(argTry))) // 0 if it is not told
	}
	if r.Kind == delivery.Bounced && r.Key == "" && r.MessageID == "" {
		event.Address = strings.ToLower(e.text("email"))
	}
	return event
}

// at is when it happened. Some stand-ins send milliseconds.
func (e rawEvent) at(received time.Time) time.Time {
	n, err := strconv.ParseInt(e.text("timestamp"), 10, 64)
	switch {
	case err == nil && n >= 1e12 && n < 1e14:
		return time.UnixMilli(n).UTC()
	case err == nil && n >= 1e9 && n < 1e11:
		return time.Unix(n, 0).UTC()
	}
	return received.UTC()
}

// bounceClass is why a mail came back, without the remote server's own text, which can
// quote the address.
func (e rawEvent) bounceClass() string {
	var why []string
	if slices.Contains(bounceClasses, e.text("bounce_classification")) {
		why = append(why, strings.ToLower(e.text("bounce_classification")))
	}
	if code := fits(statusCode, e.text("status")); code != "" {
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
