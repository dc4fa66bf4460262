package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// Colours of a terminal.
const (
	red     = "31"
	green   = "32"
	yellow  = "33"
	magenta = "35"
	cyan    = "36"
)

// screen shows what the parts log: a short line for each event. All that they log is in
// their files.
type screen struct{ colours bool }

// logged is a line of ingress or worker, as far as it is shown.
type logged struct {
	Time        time.Time `json:"time"`
	Level       string    `json:"level"`
	Msg         string    `json:"msg"`
	Method      string    `json:"method"`
	Route       string    `json:"route"`
	Code        int       `json:"code"`
	Outcome     string    `json:"outcome"`
	Action      string    `json:"action"`
	Integration string    `json:"integration"`
	Status      int       `json:"status"`
	Events      int       `json:"events"`
	Kind        string    `json:"kind"`
	Language    string    `json:"language"`
	Fault       string    `json:"fault"`
	Error       string    `json:"error"`
	Reason      string    `json:"reason"`
	Activity    string    `json:"ActivityType"`
	// These are numbers on lines of the ingress, and have their integration on lines of the
	// worker, as in demo/868.
	Parcel any `json:"parcel"`
	Refund any `json:"refund"`
	Return any `json:"return"`
}

// line is what is shown of a line that a child has written; empty is nothing.
func (s screen) line(child, line string) string {
	var l logged
	decoder := json.NewDecoder(strings.NewReader(line))
	decoder.UseNumber()
	switch {
	case decoder.Decode(&l) != nil || l.Msg == "":
		// No line of a log: what a program says before it ends, or Temporal's server.
		if child == "temporal" {
			return ""
		}
		return s.painted(yellow, child+" | "+line)
	case !strings.HasPrefix(child, "ingress") && !strings.HasPrefix(child, "worker"):
		return ""
	}
	colour, what, about := l.event()
	if what == "" {
		return ""
	}
	return l.Time.Local().Format(time.TimeOnly) + "  " + s.painted(colour, fmt.Sprintf("%-8s", what)) + "  " + about
}

func (s screen) painted(colour, text string) string {
	if !s.colours {
		return text
	}
	return "\x1b[" + colour + "m" + text + "\x1b[0m"
}

// event is what has happened, in a word, and what it is about; empty if it is not worth a
// line.
func (l logged) event() (colour, what, about string) {
	switch {
	case l.Msg == "answered":
		return l.answered()
	case l.Msg == "mail posted":
		return green, "mail", fmt.Sprintf("%-16s %s, %s", l.subject(), l.Kind, l.Language)
	case l.Msg == "payment answered":
		return magenta, "payment", fmt.Sprintf("%-16s %s", l.subject(), l.Outcome)
	case l.Msg == "change found that no webhook reported":
		return yellow, "found", fmt.Sprintf("%-16s no webhook reported it", l.subject())
	case l.Msg == "Activity error." && strings.Contains(l.Activity, "Mail"):
		return "", "", "" // "mail not accepted" has said so
	case l.Level == "ERROR" || l.Level == "WARN":
		colour, what = red, "error"
		if l.Level == "WARN" {
			colour, what = yellow, "warning"
		}
		return colour, what, strings.Join(filled(l.Msg, l.subject(), l.Kind, cmp.Or(l.Fault, l.Error, l.Reason)), ": ")
	case strings.HasPrefix(l.Msg, "policy read") || strings.HasPrefix(l.Msg, "keys reloaded") || strings.HasPrefix(l.Msg, "ingress open") || strings.HasPrefix(l.Msg, "worker started"):
		return cyan, "waybill", l.Msg
	}
	return "", "", ""
}

// answered is an answer of the ingress. What was only shown is left out.
func (l logged) answered() (colour, what, about string) {
	colour, what = cyan, "webhook"
	switch {
	case strings.HasPrefix(l.Route, "/webhooks/sendgrid"):
		colour, what, about = cyan, "reports", fmt.Sprintf("%d about mails", l.Events)
	case strings.HasPrefix(l.Route, "/webhooks/"):
		about = fmt.Sprintf("%-16s %s", l.subject(), l.action())
	case l.Code < 400 && (l.Method == http.MethodGet || strings.HasPrefix(l.Route, "/codec/")):
		return "", "", ""
	default:
		colour, what, about = magenta, "person", fmt.Sprintf("%-16s %s", l.subject(), cmp.Or(l.Action, l.Route))
	}
	switch {
	case l.Code >= 500:
		colour = red
	case l.Code >= 400:
		colour = yellow
	}
	about += ": " + l.Outcome
	if l.Code >= 400 {
		about += fmt.Sprintf(" (%d) %s", l.Code, l.Fault)
	}
	return colour, what, strings.TrimSpace(about)
}

// action is what a webhook is about: a status, or its action.
func (l logged) action() string {
	if l.Status == 0 {
		return cmp.Or(strings.ReplaceAll(l.Action, "_", " "), "?")
	}
	return fmt.Sprintf("status %d", l.Status)
}

// subject is the parcel, refund or return that a line is about, such as demo/868.
func (l logged) subject() string {
	for _, number := range []any{l.Refund, l.Return, l.Parcel} {
		switch n := number.(type) {
		case json.Number:
			return l.Integration + "/" + n.String()
		case string:
			return n
		}
	}
	return l.Integration
}

// filled are the texts that are not empty.
func filled(texts ...string) []string {
	var all []string
	for _, text := range texts {
		if text != "" {
			all = append(all, text)
		}
	}
	return all
}
