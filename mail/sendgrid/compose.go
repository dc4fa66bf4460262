package sendgrid

import (
	"fmt"
	netmail "net/mail"
	"slices"
	"strconv"
	"strings"

	sgmail "github.com/sendgrid/sendgrid-go/helpers/mail"
	"golang.org/x/net/idna"

	"waybill/delivery"
)

// The custom arguments of a mail. They come back with every event, and SendGrid
// keeps them for good: they name the message and no person.
const (
	argKey = "waybill_key"
	argTry = "waybill_try"
)

// argOf is the argument that names a subject of a kind: waybill_sign_in.
func argOf(kind delivery.SubjectKind) string {
	return "waybill_" + strings.ReplaceAll(string(kind), "-", "_")
}

// subjectIn is the subject that a mail's arguments name; empty if it is none of
// ours.
func subjectIn(arg func(name string) string) delivery.Subject {
	for _, kind := range delivery.SubjectKinds() {
		if s, ok := delivery.SubjectOf(kind, arg(argOf(kind))); ok {
			return s
		}
	}
	return ""
}

// compose addresses a message.
func compose(p delivery.Post, sender, to string) *sgmail.SGMailV3 {
	domain := sender[strings.LastIndexByte(sender, '@')+1:]
	personal := sgmail.NewPersonalization()
	// No name: SendGrid loses mails whose recipient's name has a comma.
	personal.AddTos(&sgmail.Email{Address: to})
	personal.SetCustomArg(argKey, p.Key)
	personal.SetCustomArg(argTry, strconv.Itoa(p.Try))
	if p.Subject != "" {
		personal.SetCustomArg(argOf(p.Subject.Kind()), p.Subject.Name())
	}

	m := sgmail.NewV3Mail()
	m.SetFrom(&sgmail.Email{Name: p.From, Address: sender})
	if p.ReplyTo != "" {
		m.SetReplyTo(&sgmail.Email{Address: p.ReplyTo})
	}
	m.Subject = p.Title
	m.AddPersonalizations(personal)
	m.AddContent(sgmail.NewContent("text/plain", p.Text), sgmail.NewContent("text/html", p.HTML))
	m.AddCategories(categories(p.Tags)...)
	// The same Message-ID for every try, so that a mail that went out twice
	// is one mail to many mail programs.
	m.SetHeader("Message-ID", fmt.Sprintf("<%s@%s>", p.Key, domain))
	if p.Thread != "" {
		m.SetHeader("References", fmt.Sprintf("<%s@%s>", p.Thread, domain))
	}
	m.SetHeader("Auto-Submitted", "auto-generated")
	m.SetHeader("X-Entity-Ref-ID", p.Key)
	m.SetTrackingSettings(untracked())
	return m
}

// categories are the tags that SendGrid takes: it refuses a mail that has one of
// them twice.
func categories(tags []string) []string {
	var kept []string
	for _, tag := range tags {
		if tag != "" && !slices.Contains(kept, tag) {
			kept = append(kept, tag)
		}
	}
	return kept
}

// postal is an address as SendGrid takes it: a domain in other letters than
// ASCII is written as DNS has it. https://www.rfc-editor.org/rfc/rfc5891
func postal(address string) (string, bool) {
	a, err := netmail.ParseAddress(address)
	if err != nil {
		return "", false
	}
	at := strings.LastIndexByte(a.Address, '@')
	domain, err := idna.Lookup.ToASCII(a.Address[at+1:])
	return a.Address[:at+1] + domain, err == nil && at > 0
}

// untracked switches all tracking off explicitly: what is left out follows the
// account's default, which rewrites links and adds a pixel.
func untracked() *sgmail.TrackingSettings {
	off := false
	return &sgmail.TrackingSettings{
		ClickTracking:        &sgmail.ClickTrackingSetting{Enable: &off, EnableText: &off},
		OpenTracking:         &sgmail.OpenTrackingSetting{Enable: &off},
		SubscriptionTracking: &sgmail.SubscriptionTrackingSetting{Enable: &off},
		GoogleAnalytics:      &sgmail.GaSetting{Enable: &off},
	}
}
