package mail

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	htmltemplate "html/template"
	"strings"
	"text/template"
	"unicode"
	"unicode/utf8"

	"waybill/parcel"
)

//go:embed words layout
var files embed.FS

// Rendered is a mail as its reader sees it.
type Rendered struct {
	Subject string
	Text    string
	HTML    string
}

// content is one mail before it takes a form. Both forms are made from it, so
// that HTML and text cannot say different things.
type content struct {
	Language, Shop, ShopURL   string
	Subject, Preview, Heading string
	Greeting                  string
	Paragraphs                []string
	Facts                     []fact
	Button                    *button
	Footer                    string
}

type fact struct{ Label, Value string }

type button struct{ Label, URL string }

// Padding keeps mail programs from filling the preview up with body text.
func (content) Padding() htmltemplate.HTML {
	return htmltemplate.HTML(strings.Repeat("&#847;&zwnj;&nbsp;", 60)) //nolint:gosec // a constant, nothing from outside
}

// words are the texts of one language. Each is a template over [blanks].
type words struct {
	Greeting         string `json:"greeting"`
	GreetingNameless string `json:"greeting_nameless"`
	CarrierUnknown   string `json:"carrier_unknown"`
	Track            string `json:"track"`
	LabelOrder       string `json:"label_order"`
	LabelCarrier     string `json:"label_carrier"`
	LabelTracking    string `json:"label_tracking"`
	LabelHappened    string `json:"label_happened"`
	LabelParcels     string `json:"label_parcels"`
	Parcels          string `json:"parcels"`
	Footer           string `json:"footer"`

	Kinds map[parcel.MailKind]struct {
		Subject    string   `json:"subject"`
		Preview    string   `json:"preview"`
		Heading    string   `json:"heading"`
		Paragraphs []string `json:"paragraphs"`
	} `json:"kinds"`
}

// blanks are what a text may ask for.
type blanks struct {
	Name, Shop, Carrier string
	// Reached of so many Parcels that go together have got that far.
	Reached, Parcels int
}

// Renderer turns letters into mails. Make one with [NewRenderer].
type Renderer struct {
	english words
	html    *htmltemplate.Template
	text    *template.Template
}

// NewRenderer loads words and layout.
func NewRenderer() (*Renderer, error) {
	r := &Renderer{}
	raw, err := files.ReadFile("words/en.json")
	if err != nil {
		return nil, err
	}
	strict := json.NewDecoder(bytes.NewReader(raw))
	strict.DisallowUnknownFields()
	if err := strict.Decode(&r.english); err != nil {
		return nil, fmt.Errorf("read the words of en.json: %w", err)
	}
	for _, kind := range parcel.MailKinds() {
		if _, ok := r.english.Kinds[kind]; !ok {
			return nil, fmt.Errorf("en.json has no words for %q", kind)
		}
	}
	if r.html, err = htmltemplate.ParseFS(files, "layout/mail.html.tmpl"); err != nil {
		return nil, err
	}
	r.text, err = template.ParseFS(files, "layout/mail.txt.tmpl")
	return r, err
}

// Render writes a letter. An error is a fault in words or layout, not in the
// letter: whatever a recipient is called can be rendered.
func (r *Renderer) Render(l Letter) (Rendered, error) {
	c, err := r.fill(l)
	if err != nil {
		return Rendered{}, err
	}
	var html, text bytes.Buffer
	if err := r.html.Execute(&html, c); err != nil {
		return Rendered{}, fmt.Errorf("render %s as HTML: %w", l.Kind, err)
	}
	if err := r.text.Execute(&text, c); err != nil {
		return Rendered{}, fmt.Errorf("render %s as text: %w", l.Kind, err)
	}
	return Rendered{Subject: c.Subject, HTML: html.String(), Text: text.String()}, nil
}

// fill puts a letter into words.
func (r *Renderer) fill(l Letter) (content, error) {
	w := r.english
	kind, ok := w.Kinds[l.Kind]
	if !ok {
		return content{}, fmt.Errorf("there is no mail of the kind %q", l.Kind)
	}
	b := blanks{Name: l.Facts.Recipient.Name, Shop: l.Shop.Name, Carrier: carrierName(l.Facts), Reached: l.Reached, Parcels: l.Facts.Collo.Count}
	greeting := w.Greeting
	if b.Name == "" {
		greeting = w.GreetingNameless
	}
	if b.Carrier == "" {
		b.Carrier = w.CarrierUnknown
	}
	f := filler{blanks: b}
	c := content{
		Language: "en", Shop: l.Shop.Name,
		Subject: f.fill(kind.Subject), Preview: f.fill(kind.Preview), Heading: f.fill(kind.Heading),
		Greeting: f.fill(greeting), Footer: f.fill(w.Footer),
	}
	c.Facts = facts(w, l, f.fill(w.Parcels))
	for _, p := range kind.Paragraphs {
		c.Paragraphs = append(c.Paragraphs, f.fill(p))
	}
	if strings.HasPrefix(l.Shop.URL, "https://") {
		c.ShopURL = l.Shop.URL
	}
	if l.Facts.TrackingURL != "" {
		c.Button = &button{Label: w.Track, URL: l.Facts.TrackingURL}
	}
	return c, f.err
}

// facts are the lines under the text: what is not known has no line.
func facts(w words, l Letter, parcels string) []fact {
	if l.Reached == 0 || l.Facts.Collo.Count < 2 {
		parcels = ""
	}
	var known []fact
	for _, f := range []fact{
		{w.LabelOrder, l.Facts.OrderNumber},
		{w.LabelParcels, parcels},
		{w.LabelCarrier, carrierName(l.Facts)},
		{w.LabelTracking, l.Facts.TrackingNumber},
		{w.LabelHappened, l.Happened.UTC().Format("2 January 2006, 15:04 UTC")},
	} {
		if f.Value != "" {
			known = append(known, f)
		}
	}
	return known
}

func carrierName(f parcel.Facts) string {
	if f.CarrierName != "" {
		return f.CarrierName
	}
	return strings.ToUpper(f.CarrierCode)
}

// filler fills texts and keeps the first error.
type filler struct {
	blanks blanks
	err    error
}

func (f *filler) fill(s string) string {
	t, err := template.New("").Parse(s)
	var out strings.Builder
	if err == nil {
		err = t.Execute(&out, f.blanks)
	}
	if err != nil && f.err == nil {
		f.err = fmt.Errorf("fill in %q: %w", s, err)
	}
	// What a sentence starts with may be "the carrier".
	return sentence(out.String())
}

// sentence starts with a capital letter.
func sentence(s string) string {
	if s == "" {
		return s
	}
	first, size := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(first)) + s[size:]
}
