package sendgrid

import (
	"encoding/json"
	"fmt"
	"net/mail"
	"slices"
	"strings"
	"time"
)

// message is the body of /v3/mail/send, as far as it is looked at.
// https://www.twilio.com/docs/sendgrid/api-reference/mail-send/mail-send
type message struct {
	From             person            `json:"from"`
	Subject          string            `json:"subject"`
	Personalizations []personalization `json:"personalizations"`
	Content          []struct {
		Type  string `json:"type"`
		Value string `json:"value"`
	} `json:"content"`
	Headers     map[string]string          `json:"headers"`
	CustomArgs  map[string]json.RawMessage `json:"custom_args"`
	Categories  []string                   `json:"categories"`
	ReplyTo     *person                    `json:"reply_to"`
	ReplyToList []person                   `json:"reply_to_list"`
	Settings    struct {
		Sandbox struct {
			Enable bool `json:"enable"`
		} `json:"sandbox_mode"`
	} `json:"mail_settings"`
}

type personalization struct {
	To         []person                   `json:"to"`
	CC         []person                   `json:"cc"`
	BCC        []person                   `json:"bcc"`
	Subject    string                     `json:"subject"`
	CustomArgs map[string]json.RawMessage `json:"custom_args"`
}

type person struct {
	Email string `json:"email"`
	Name  string `json:"name"`
}

// SendGrid's limits.
// https://www.twilio.com/docs/sendgrid/api-reference/mail-send/limitations
const (
	maxRecipients  = 1000
	maxCustomArgs  = 10_000
	maxCategories  = 10
	maxCategory    = 255
	maxAddress     = 320
	maxReplyToList = 1000
)

// reserved are the headers that SendGrid writes itself.
var reserved = []string{
	"x-sg-id", "x-sg-eid", "received", "dkim-signature", "content-type", "content-transfer-encoding",
	"to", "from", "subject", "reply-to", "cc", "bcc",
}

// check lists what SendGrid would find fault with.
func (m message) check() []problem {
	var faults []problem
	fault := func(field, message string) { faults = append(faults, about(field, message)) }
	switch {
	case m.From.Email == "":
		fault("from.email", "The from object must be provided for every email send. It is an object that requires the email parameter, but may also contain a name parameter.  e.g. {\"email\" : \"example@example.com\"}  or {\"email\" : \"example@example.com\", \"name\" : \"Example Recipient\"}.")
	case !isAddress(m.From.Email):
		fault("from.email", "The from email does not contain a valid address.")
	}
	m.checkPersonalizations(fault)
	m.checkContent(fault)
	for name := range m.Headers {
		if slices.Contains(reserved, strings.ToLower(name)) {
			fault("headers", "Header can not be one of the reserved keys.")
		}
	}
	seen := map[string]bool{}
	for _, category := range m.Categories {
		if len(category) > maxCategory || seen[category] {
			fault("categories", "Categories must be unique and at most 255 characters long.")
		}
		seen[category] = true
	}
	if len(m.Categories) > maxCategories {
		fault("categories", "There cannot be more than 10 categories.")
	}
	if m.ReplyTo != nil && len(m.ReplyToList) > 0 || len(m.ReplyToList) > maxReplyToList {
		fault("reply_to", "Use either reply_to or a reply_to_list of at most 1000 addresses.")
	}
	return faults
}

func (m message) checkPersonalizations(fault func(field, message string)) {
	recipients := 0
	if len(m.Personalizations) == 0 || len(m.Personalizations) > maxRecipients {
		fault("personalizations", "The personalizations field is required and must have at least one personalization.")
	}
	for i, p := range m.Personalizations {
		at := fmt.Sprintf("personalizations.%d.", i)
		recipients += len(p.To) + len(p.CC) + len(p.BCC)
		if len(p.To) == 0 {
			fault(at+"to", "The to array is required for all personalization objects, and must have at least one email object with a valid email address.")
		}
		for _, list := range []struct {
			name   string
			people []person
		}{{"to", p.To}, {"cc", p.CC}, {"bcc", p.BCC}} {
			for j, someone := range list.people {
				if !isAddress(someone.Email) {
					fault(fmt.Sprintf("%s%s.%d.email", at, list.name, j), "Does not contain a valid address.")
				}
			}
		}
		if p.Subject == "" && m.Subject == "" {
			fault("subject", "The subject is required. You can get around this requirement if you use a template with a subject defined or if every personalization has a subject defined.")
		}
		size := 0
		for _, args := range []map[string]json.RawMessage{m.CustomArgs, p.CustomArgs} {
			for name, value := range args {
				size += len(name) + len(value)
				if len(value) == 0 || value[0] != '"' {
					fault(at+"custom_args", "All values of custom arguments object must be strings")
				}
			}
		}
		if size > maxCustomArgs {
			fault(at+"custom_args", "The combined size of both global and personalization custom arguments may not exceed 10,000 bytes per personalization.")
		}
	}
	if recipients > maxRecipients {
		fault("personalizations", "There cannot be more than 1000 recipients in one request.")
	}
}

func (m message) checkContent(fault func(field, message string)) {
	if len(m.Content) == 0 {
		fault("content", "Unless a valid template_id is provided, the content parameter is required. There must be at least one defined content block. We typically suggest both text/plain and text/html blocks are included, but only one block is required.")
	}
	for i, c := range m.Content {
		if c.Value == "" {
			fault(fmt.Sprintf("content.%d.value", i), "The content value must be a string at least one character in length.")
		}
		if c.Type == "text/plain" && i != 0 || c.Type == "text/html" && i > 1 {
			fault("content", "If present, text/plain must be first, followed by text/html, followed by any other content.")
		}
	}
}

func isAddress(s string) bool {
	a, err := mail.ParseAddress(s)
	// Parsing takes quotation marks off the part before the @, and String puts them back.
	return err == nil && a.Name == "" && a.String() == "<"+s+">" && len(s) <= maxAddress
}

func (m message) recipient() string {
	if len(m.Personalizations) > 0 && len(m.Personalizations[0].To) > 0 {
		return m.Personalizations[0].To[0].Email
	}
	return ""
}

// customArgs are those of the first personalization, which is all that a
// tracking mail has.
func (m message) customArgs() map[string]string {
	args := map[string]string{}
	sources := []map[string]json.RawMessage{m.CustomArgs}
	if len(m.Personalizations) > 0 {
		sources = append(sources, m.Personalizations[0].CustomArgs)
	}
	for _, source := range sources {
		for name, raw := range source {
			var value string
			if json.Unmarshal(raw, &value) == nil {
				args[name] = value
			}
		}
	}
	return args
}

// mails makes one mail for each recipient.
func (m message) mails(messageID string, at time.Time) []Mail {
	var mails []Mail
	for _, p := range m.Personalizations {
		for _, to := range p.To {
			kept := Mail{
				MessageID: messageID, ReceivedAt: at, From: m.From.Email, FromName: m.From.Name,
				To: to.Email, ToName: to.Name, Subject: m.Subject, Headers: m.Headers,
				CustomArgs: m.customArgs(), Categories: m.Categories,
			}
			if p.Subject != "" {
				kept.Subject = p.Subject
			}
			// SendGrid splits such a name into addresses and drops the mail.
			if strings.ContainsAny(to.Name, ",;") {
				kept.Dropped = "Invalid"
			}
			for _, c := range m.Content {
				switch c.Type {
				case "text/plain":
					kept.Text = c.Value
				case "text/html":
					kept.HTML = c.Value
				}
			}
			mails = append(mails, kept)
		}
	}
	return mails
}
