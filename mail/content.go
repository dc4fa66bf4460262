package mail

import (
	"cmp"
	"fmt"
	htmltemplate "html/template"
	"math"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"waybill/parcel"
	"waybill/words"
)

// content is one mail before it is laid out. Both layouts show the same content, so
// that HTML and text cannot say different things.
type content struct {
	Language                  string
	Shop                      Shop
	Subject, Preview, Heading string
	Greeting                  string
	Paragraphs                []string
	Facts                     []fact
	// Colon is what separates a label from its value.
	Colon  string
	Button *button
	Footer []string
	// Colour is the shop's, Ink the colour of text on it.
	Colour, Ink string
}

// fact is a line below the text. Hours are the lines of Value, if those are opening hours; URL is
// what Value links to, empty if to nothing.
type fact struct {
	Label, Value string
	Hours        []openingHours
	URL          string
}

type button struct{ Label, URL string }

// Padding keeps mail programs from filling the preview with body text.
func (content) Padding() htmltemplate.HTML {
	return htmltemplate.HTML(strings.Repeat("&#847;&zwnj;&nbsp;", 60)) //nolint:gosec // a constant, nothing from outside
}

// OutlookBegin and OutlookEnd give the mail its width in Outlook for Windows, which
// does not support max-width. They are not in the layout because html/template drops
// comments.
func (content) OutlookBegin() htmltemplate.HTML {
	return `<!--[if mso]><table role="presentation" width="600" align="center" cellpadding="0" cellspacing="0"><tr><td><![endif]-->`
}

// OutlookEnd ends what OutlookBegin began.
func (content) OutlookEnd() htmltemplate.HTML {
	return `<!--[if mso]></td></tr></table><![endif]-->`
}

// How many characters of a text from outside a mail shows.
const (
	mostName, mostLine, mostReason = 100, 120, 1000
	mostSubject                    = 200
)

// fill puts a letter into words.
func (r *Renderer) fill(l Letter) (content, error) {
	language := l.Language
	w, ok := r.words[language]
	if !ok {
		language = parcel.English
		w = r.words[language]
	}
	s := speaker{words: w, language: words.Reader{Language: language}, form: words.FormOf(language), key: "kinds." + string(l.Kind) + ".", reader: l.Kind.reader()}
	s.fillBlanks(l, language)
	if !w.Has(s.key + "subject") {
		return content{}, fmt.Errorf("there is no mail of the kind %q", l.Kind)
	}
	shop := l.Shop
	shop.Name = s.blanks.Shop
	c := content{
		Language: string(language), Shop: shop.safe(),
		Preview: words.Sentence(s.say(s.key + "preview")), Heading: words.Sentence(s.say(s.key + "heading")), Greeting: s.greeting(),
	}
	c.Subject = s.subject()
	c.Colour, c.Ink = paint(l.Shop.Colour)
	for i := 0; w.Has(s.key + "paragraphs." + strconv.Itoa(i)); i++ {
		if p := s.say(s.key + "paragraphs." + strconv.Itoa(i)); p != "" {
			c.Paragraphs = append(c.Paragraphs, words.Sentence(p))
		}
	}
	c.Colon = s.form.Colon()
	c.Facts, c.Button, c.Footer = s.facts(l), s.button(l), s.footer(l)
	return c, s.err
}

// speaker fills texts in and keeps the first error.
type speaker struct {
	words words.Book
	// language puts what others say into the language of the mail.
	language words.Reader
	form     words.Form
	blanks   blanks
	// key is the prefix of the mail's own texts.
	key    string
	reader reader
	err    error
}

func (s *speaker) say(key string) string {
	said, err := s.words.Say(key, s.blanks)
	s.err = cmp.Or(s.err, err)
	return said
}

// fillBlanks cleans everything that comes from outside.
func (s *speaker) fillBlanks(l Letter, language parcel.Language) {
	s.blanks = blanks{
		Name: greeted(clean(l.Facts.Recipient.Name, mostName)), Shop: clean(l.Shop.Name, mostName),
		Carrier: cmp.Or(carrierName(l.Facts), s.say("carrier_unknown")), Order: clean(l.Facts.OrderNumber, mostLine),
		Reached: l.Reached, Parcels: l.Facts.Collo.Count, KeptUntil: s.form.CalendarDay(l.KeptUntil), Collected: l.Collected,
		Integration: l.Integration, N: l.Refund.WaitedDays, Count: l.Needing.Count, Before: l.Needing.Before,
	}
	s.fillRefund(l.Refund)
	if w := l.Waiting; w.Count > 0 {
		s.blanks.Count, s.blanks.Others, s.blanks.Amount = w.Count, w.Others, s.sums(w.Sums)
		if len(w.Refunds) > 0 {
			s.blanks.Deadline = s.form.CalendarDay(w.Refunds[0].Deadline)
		}
	}
	if l.ParcelID > 0 {
		s.blanks.Parcel = strconv.FormatInt(l.ParcelID, 10)
	}
	if l.ReturnID > 0 {
		s.blanks.Return = strconv.FormatInt(l.ReturnID, 10)
	}
	s.blanks.Days = s.say("days." + words.Plural(language, s.blanks.N))
	if s.blanks.Attention = clean(l.Attention, mostLine); s.words.Has("attentions." + l.Attention) {
		s.blanks.Attention = s.say("attentions." + l.Attention)
	}
}

// fillRefund fills in what mails tell of a refund.
func (s *speaker) fillRefund(r Refund) {
	b := &s.blanks
	b.Amount, b.Deadline, b.GoodsFirst = s.form.Amount(r.Amount.Value, r.Amount.Currency), s.form.CalendarDay(r.Deadline), r.GoodsFirst
	b.Customer, b.Reason = greeted(clean(r.Customer, mostName)), clean(s.language.Tell(r.Reason), mostReason)
	if s.reader == aColleague {
		b.Reason = strings.TrimSuffix(b.Reason, ".") // the text goes on after it
	}
}

func (s *speaker) greeting() string {
	if s.blanks.Name == "" {
		return s.say("greeting_nameless")
	}
	return s.say("greeting")
}

// subject includes the number of parcels, if the mail is about several.
func (s *speaker) subject() string {
	s.blanks.Subject = clean(words.Sentence(s.say(s.key+"subject")), mostSubject)
	if s.blanks.Reached > 0 && s.blanks.Parcels > 1 {
		return s.say("subject_parcels")
	}
	return s.blanks.Subject
}

// facts are the lines below the text. What is not known has no line.
func (s *speaker) facts(l Letter) []fact {
	var all []fact
	add := func(label, value string) {
		if value != "" {
			all = append(all, fact{Label: s.say(label), Value: value})
		}
	}
	f := l.Facts
	if l.Kind == Digest {
		return s.rows(l.Waiting)
	}
	if l.Kind.reader() == aColleague {
		add("label_integration", s.blanks.Integration)
		add("label_parcel", s.blanks.Parcel)
		add("label_parcels", l.Needing.list())
		add("label_return", s.blanks.Return)
	}
	add("label_order", s.blanks.Order)
	if l.Kind.reader() != aRecipient {
		add("label_amount", s.blanks.Amount)
		return all
	}
	if s.blanks.Reached > 0 && s.blanks.Parcels > 1 {
		add("label_parcels", s.say("parcels"))
	}
	add("label_carrier", carrierName(f))
	add("label_tracking", clean(f.TrackingNumber, mostLine))
	add("label_kept_until", s.blanks.KeptUntil)
	if parcel.MailKind(l.Kind).ToCollect() {
		if where := clean(strings.Trim(l.Pickup.Name+", "+l.Pickup.Address, ", "), mostSubject); where != "" {
			all = append(all, fact{Label: s.say("label_pickup"), Value: where, URL: onTheMap(where)})
		}
		if open := hours(s.form, l.Pickup.Hours); len(open) > 0 {
			all = append(all, fact{Label: s.say("label_hours"), Value: inALine(s.form, open), Hours: open})
		}
	}
	if !l.Happened.IsZero() {
		add("label_happened", s.form.At(l.Happened, parcel.ZonesOf(f.Recipient.Country)))
	}
	return all
}

// onTheMap is the address of a place on a map; it opens in an app on a telephone.
// https://developers.google.com/maps/documentation/urls/get-started#search-action
func onTheMap(place string) string {
	return "https://www.google.com/maps/search/?" + url.Values{"api": {"1"}, "query": {place}}.Encode()
}

// button leads to where the reader can look or act, if there is such a place.
func (s *speaker) button(l Letter) *button {
	switch reader := l.Kind.reader(); {
	case l.Kind == Kind(parcel.MailCancelled): // there is nothing to track
	case reader == aRecipient && strings.HasPrefix(l.Facts.TrackingURL, "https://"):
		return &button{Label: s.say("track"), URL: l.Facts.TrackingURL}
	case reader == aColleague && l.Link != "":
		return &button{Label: s.say(cmp.Or(buttons[l.Kind], "look")), URL: l.Link}
	}
	return nil
}

// buttons are the labels of buttons that do more than show.
var buttons = map[Kind]string{
	ApprovalAsked: "decide", ApprovalReminder: "decide", ApprovalEscalated: "decide", Digest: "all_refunds", SignIn: "sign_in",
}

// footer says why the reader gets the mail, then what the shop adds.
func (s *speaker) footer(l Letter) []string {
	why := map[reader]string{aRecipient: "footer", aCustomer: "footer_refund", aColleague: "footer_operations"}
	var lines []string
	if said := s.say(why[l.Kind.reader()]); said != "" {
		lines = append(lines, said)
	}
	for line := range strings.Lines(l.Shop.Footer) {
		if line = clean(line, mostSubject); line != "" {
			lines = append(lines, line)
		}
	}
	return lines
}

func carrierName(f parcel.Facts) string {
	if f.Unscanned() {
		return ""
	}
	return clean(cmp.Or(f.CarrierName, carrierCalled(f.CarrierCode)), mostName)
}

// carrierCalled is a carrier's name by Sendcloud's code. Codes can end in a country, a version or
// a service, such as dpd_gb, royal_mailv2 and dhl_parcel_es. An unknown code is written as a name;
// a short one as an abbreviation, such as TNT.
func carrierCalled(code string) string {
	for known := code; known != ""; known = known[:max(0, strings.LastIndexByte(known, '_'))] {
		if name, ok := carriers[strings.TrimSuffix(known, "v2")]; ok {
			return name
		}
	}
	const longestAbbreviation = 4
	if len(code) <= longestAbbreviation {
		return strings.ToUpper(code)
	}
	parts := strings.FieldsFunc(code, func(r rune) bool { return r == '_' })
	for i, part := range parts {
		parts[i] = strings.ToUpper(part[:1]) + part[1:]
	}
	return strings.Join(parts, " ")
}

// carriers are the names of carriers by code: version 3 of the API tells no name.
var carriers = map[string]string{
	"amazon": "Amazon", "asendia": "Asendia", "bpost": "bpost", "bring": "Bring", "brt": "BRT", "chronopost": "Chronopost",
	"colis_prive": "Colis Privé", "colisprive": "Colis Privé", "colissimo": "Colissimo", "correos": "Correos",
	"correos_express": "Correos Express", "ctt": "CTT", "deutsche_post": "Deutsche Post", "dhl": "DHL", "dhl_express": "DHL Express",
	"dpd": "DPD", "evri": "Evri", "fedex": "FedEx", "gls": "GLS", "hermes": "Hermes", "hermes_c2c_gb": "Evri", "hermes_gb": "Evri",
	"hermes_uk": "Evri", "inpost": "InPost", "mondial_relay": "Mondial Relay", "parcelforce": "Parcelforce", "post_at": "Post AG",
	"poste_it": "Poste Italiane", "poste_italiane": "Poste Italiane", "postnl": "PostNL", "postnord": "PostNord",
	"royal_mail": "Royal Mail", "seur": "SEUR", "swiss_post": "Swiss Post", "ups": "UPS",
}

const usualColour = "#1f4fbf"

var hexColour = regexp.MustCompile(`^#[0-9a-fA-F]{6}$`)

// paint is a shop's colour and the ink for it: black or white, whichever contrasts more,
// which is always enough.
// https://www.w3.org/TR/WCAG21/#dfn-contrast-ratio
func paint(colour string) (background, ink string) {
	if !hexColour.MatchString(colour) {
		colour = usualColour
	}
	rgb, _ := strconv.ParseUint(colour[1:], 16, 32) // the expression above has checked it
	light := 0.2126*linear(rgb>>16) + 0.7152*linear(rgb>>8) + 0.0722*linear(rgb)
	if (light+0.05)/0.05 > 1.05/(light+0.05) {
		return colour, "#000000"
	}
	return colour, "#ffffff"
}

// linear is the light of one channel of a colour, the lowest eight bits.
func linear(channel uint64) float64 {
	c := float64(channel&0xff) / 255
	if c <= 0.04045 {
		return c / 12.92
	}
	return math.Pow((c+0.055)/1.055, 2.4)
}
