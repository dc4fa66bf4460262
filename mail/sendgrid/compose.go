package sendgrid

import (
	"fmt"
	netmail "net/mail"
	"slices"
	"strconv"
	"strings"
	"unicode"

	sgmail "github.com/sendgrid/sendgrid-go/helpers/mail"
	"golang.org/x/net/idna"

	"waybill/delivery"
)

// The custom arguments of a mail. They come back with every event. SendGrid keeps them
// for good, so they name the message and no person.
const (
	argKey = "waybill_key"
	argTry = "waybill_try"
)

// argOf is the argument for subjects of a kind, such as waybill_sign_in.
func argOf(kind delivery.SubjectKind) string {
	return "waybill_" + strings.ReplaceAll(string(kind), "-", "_")
}

// subjectIn is the subject that a mail's arguments name; empty if the mail is not ours.
func subjectIn(arg func(name string) string) delivery.Subject {
	for _, kind := range delivery.SubjectKinds() {
		if s, ok := delivery.SubjectOf(kind, arg(argOf(kind))); ok {
			return s
		}
	}
	return ""
}

// compose makes SendGrid's form of a message.
func compose(p delivery.Post, sender, to string) *sgmail.SGMailV3 {
	domain := sender[strings.LastIndexByte(sender, '@')+1:]
	personal := sgmail.NewPersonalization()
	// No name: SendGrid loses mails to a name with a comma.
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
	// Every try has the same Message-ID: many mail programs show a mail that was sent
	// twice as one.
	m.SetHeader("Message-ID", fmt.Sprintf("<%s@%s>", p.Key, domain))
	if p.Thread != "" {
		m.SetHeader("References", fmt.Sprintf("<%s@%s>", p.Thread, domain))
	}
	m.SetHeader("Auto-Submitted", "auto-generated")
	m.SetHeader("X-Entity-Ref-ID", p.Key)
	m.SetTrackingSettings(untracked())
	return m
}

// categories are the tags without duplicates, for which SendGrid refuses a mail.
func categories(tags []string) []string {
	var kept []string
	for _, tag := range tags {
		if tag != "" && !slices.Contains(kept, tag) {
			kept = append(kept, tag)
		}
	}
	return kept
}

// Why SendGrid does not take an address; neither quotes it.
const (
	notValid = "the recipient's mail address is not valid"
	notASCII = "SendGrid takes no letters outside ASCII before the @ of the recipient's address: ask for another one, and change the recipient"
)

// postal is an address in the form that SendGrid accepts, with the domain in ASCII, or why there
// is none. The part before the @ keeps its quotation marks if it needs them.
// https://www.rfc-editor.org/rfc/rfc5891
func postal(address string) (accepted, fault string) {
	a, err := netmail.ParseAddress(address)
	if err != nil {
		return "", notValid
	}
	at := strings.LastIndexByte(a.Address, '@')
	domain, err := idna.Lookup.ToASCII(a.Address[at+1:])
	if err != nil || at <= 0 {
		return "", notValid
	}
	a = &netmail.Address{Address: a.Address[:at+1] + domain} // without a name
	if strings.ContainsFunc(a.Address, func(r rune) bool { return r > unicode.MaxASCII }) {
		return "", notASCII
	}
	return strings.TrimSuffix(strings.TrimPrefix(a.String(), "<"), ">"), ""
}

// untracked switches each kind of tracking off. One that is left out would follow the
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
