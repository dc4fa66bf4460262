// Package mail writes mails and takes them to SendGrid.
//
// A [Letter] says what to write about; [Renderer] puts it into words and a
// layout; [Office] addresses and posts it and answers with an [Outcome]. There
// are no templates at SendGrid: a mail is rendered here, so that it can be
// tested, is versioned with the rules, and is the same everywhere.
package mail

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	netmail "net/mail"
	"strconv"
	"strings"
	"time"

	sgmail "github.com/sendgrid/sendgrid-go/helpers/mail"
	"golang.org/x/net/idna"
	"golang.org/x/time/rate"

	"waybill/parcel"
)

// Letter is what one mail is about.
type Letter struct {
	// Key is the same for every try of one mail; Try counts from 1.
	Key         string
	Try         int
	Kind        Kind
	Integration string
	// ParcelID is the parcel that the mail is about, ReturnID the return of its
	// refund; one of them is 0, or both.
	ParcelID, ReturnID int64
	Facts              parcel.Facts
	// Happened is when the carrier saw what the mail is about.
	Happened time.Time
	// Language is what the mail is written in; English if it is empty.
	Language parcel.Language
	// KeptUntil is the last day on which the parcel can be collected, as
	// 2026-11-10; empty if it is not known.
	KeptUntil string
	// Pickup is where the parcel can be collected, if that is known.
	Pickup Pickup
	// Reached is how many of the parcels that go together have got that far;
	// 0 if there is one, or nobody knows.
	Reached int
	// Refund is what mails about one tell of it.
	Refund Refund
	// Trouble is why somebody should look: one of parcel.Attention's or of the
	// attention of an integration. Link is where colleagues look and decide.
	Trouble, Link string
	// Shop is who writes, as far as it is known.
	Shop Shop
}

// Refund is what mails tell of a refund.
type Refund struct {
	Amount Amount
	// Reason is the customer's, or that of a rejection, or a question.
	Reason string
	// GoodsFirst says that it is paid when the goods are back.
	GoodsFirst bool
	// Deadline is by when the law wants it paid, as 2026-11-16.
	Deadline string
	// WaitedDays is for how long it has waited for a decision.
	WaitedDays int
}

// Pickup is where a parcel can be collected.
type Pickup struct {
	Name, Address string
	// Hours are when it is open, from Monday to Sunday, as "09:00–18:00"; a
	// closed day is empty, and all of them are if nobody says.
	Hours [7]string
}

// Shop is the shop in whose name a mail is written. What it does not say is left
// out, and so are addresses that are not https.
type Shop struct {
	// Called is what the merchant says that it is called; it counts more than
	// the sender's name, and that more than Name.
	Called, Name string
	// URL is where its name leads to, Logo a picture that stands for it.
	URL, Logo string
	// Colour is that of buttons, as #1f4fbf.
	Colour string
	// ReplyTo is where answers go; to the sender if it is empty.
	ReplyTo string
	// Footer is what stands at the end of each mail, in lines.
	Footer string
}

// safe leaves out addresses that a mail may not lead to.
func (s Shop) safe() Shop {
	for _, url := range []*string{&s.URL, &s.Logo} {
		if !strings.HasPrefix(*url, "https://") {
			*url = ""
		}
	}
	return s
}

// Office renders and posts letters.
type Office struct {
	sender   netmail.Address
	renderer *Renderer
	client   *Client
	breaker  breaker
	limit    *rate.Limiter
}

// Pace is how fast an office posts.
type Pace struct {
	// SetupPause is how long nothing is posted after SendGrid has refused the
	// set-up; 0 is [DefaultSetupPause].
	SetupPause time.Duration
	// PerSecond is how many mails are posted in a second at most; 0 is no
	// limit. It is the office's own: with two workers there are two.
	PerSecond float64
}

// NewOffice returns an office that writes in the name of the sender. A sender
// without a name writes in the name of each letter's shop.
func NewOffice(sender netmail.Address, renderer *Renderer, client *Client, pace Pace) *Office {
	o := &Office{sender: sender, renderer: renderer, client: client, limit: rate.NewLimiter(rate.Inf, 1)}
	o.breaker.pause = cmp.Or(pace.SetupPause, DefaultSetupPause)
	if pace.PerSecond > 0 {
		o.limit = rate.NewLimiter(rate.Limit(pace.PerSecond), max(1, int(pace.PerSecond)))
	}
	return o
}

// Send renders and posts one letter.
func (o *Office) Send(ctx context.Context, l Letter) Outcome {
	to, ok := postal(l.Facts.Recipient.Email)
	if !ok {
		return Outcome{Verdict: Refused, Why: "the recipient's mail address is not one"}
	}
	l.Shop.Name = Signature(o.sender, l.Shop)
	rendered, err := o.renderer.Render(l)
	if err != nil {
		return Outcome{Verdict: Refused, Why: err.Error()}
	}
	if wait, ok := o.slot(ctx); !ok {
		return Outcome{Verdict: NotSent, Why: "more mails are waiting than may be posted in a second", Wait: wait}
	}
	if held, ok := o.breaker.admit(time.Now()); !ok {
		return held
	}
	return o.breaker.learn(o.client.Send(ctx, o.compose(l, to, rendered)), time.Now())
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

// longestSlot is how long a mail waits for its turn before it comes again later.
const longestSlot = time.Second

// slot waits until a mail may be posted, or says when to come again.
func (o *Office) slot(ctx context.Context) (wait time.Duration, ok bool) {
	turn := o.limit.Reserve()
	if wait = turn.Delay(); wait > longestSlot {
		turn.Cancel()
		return wait, false
	}
	select {
	case <-time.After(wait):
		return 0, true
	case <-ctx.Done():
		turn.Cancel()
		return wait, false
	}
}

// Signature is the name in which a shop's mails are written.
func Signature(sender netmail.Address, shop Shop) string {
	return cmp.Or(shop.Called, sender.Name, shop.Name, domainOf(sender.Address))
}

// compose addresses a rendered letter.
func (o *Office) compose(l Letter, to string, r Rendered) *sgmail.SGMailV3 {
	domain := domainOf(o.sender.Address)
	p := sgmail.NewPersonalization()
	// No name: SendGrid loses mails whose recipient's name has a comma.
	p.AddTos(&sgmail.Email{Address: to})
	// These come back with every event. SendGrid keeps them for good, so they
	// name the mail and nobody.
	p.SetCustomArg("waybill_key", l.Key)
	p.SetCustomArg("waybill_try", strconv.Itoa(l.Try))
	p.SetCustomArg("waybill_parcel", parcelArg(l.Integration, l.ParcelID))

	m := sgmail.NewV3Mail()
	m.SetFrom(&sgmail.Email{Name: clean(l.Shop.Name, mostName), Address: o.sender.Address})
	if l.Shop.ReplyTo != "" {
		m.SetReplyTo(&sgmail.Email{Address: l.Shop.ReplyTo})
	}
	m.Subject = r.Subject
	m.AddPersonalizations(p)
	m.AddContent(sgmail.NewContent("text/plain", r.Text), sgmail.NewContent("text/html", r.HTML))
	m.AddCategories("waybill", string(l.Kind))
	if l.Integration != "" {
		m.AddCategories(l.Integration)
	}
	// The same Message-ID for every try, so that a mail that went out twice
	// is one mail to many mail programs; one thread for one parcel.
	m.SetHeader("Message-ID", fmt.Sprintf("<%s@%s>", l.Key, domain))
	m.SetHeader("References", fmt.Sprintf("<%s@%s>", threadOf(l), domain))
	m.SetHeader("Auto-Submitted", "auto-generated")
	m.SetHeader("X-Entity-Ref-ID", l.Key)
	m.SetTrackingSettings(untracked())
	return m
}

func domainOf(address string) string { return address[strings.LastIndexByte(address, '@')+1:] }

// threadOf is an id that all mails of one parcel share, or of one refund.
func threadOf(l Letter) string {
	about := fmt.Appendf(nil, "%s/%d", l.Integration, l.ParcelID)
	if l.ReturnID != 0 {
		about = fmt.Appendf(nil, "%s/return/%d", l.Integration, l.ReturnID)
	}
	sum := sha256.Sum256(about)
	return "p" + hex.EncodeToString(sum[:12])
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

// ParseSender reads a sender: "Example Shop <tracking@shop.example>", or the
// address alone to write in the name that each shop has at Sendcloud.
func ParseSender(s string) (netmail.Address, error) {
	a, err := netmail.ParseAddress(s)
	if err != nil {
		return netmail.Address{}, fmt.Errorf("%q is not of the form Shop Name <address@domain>", s)
	}
	return *a, nil
}
