// Package preview shows what mails look like: every kind in every language, with sample
// and hostile data, on wide and narrow screens, light and dark. It needs no script.
package preview

import (
	"cmp"
	"embed"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"waybill/mail"
	"waybill/parcel"
)

//go:embed pages
var pages embed.FS

// Server shows mails. It reads words and layout again for each page, so that a change
// shows at once.
type Server struct {
	// Open loads words and layout.
	Open func() (*mail.Renderer, error)
	// Shop is the shop in whose name samples are written. What is empty is invented.
	Shop mail.Shop
}

// choice is what to show. Each field is a parameter of the page's address.
type choice struct {
	Kind     mail.Kind
	Language parcel.Language
	Data     string
	Width    string
	Scheme   string
}

// What can be chosen. The first of each is the default.
var (
	data    = []string{"sample", "bare", "several", "hostile"}
	widths  = []string{"700", "360"}
	schemes = []string{"light", "dark"}
)

func chosen(q url.Values) choice {
	return choice{
		Kind:     oneOf(q.Get("kind"), mail.Kinds()),
		Language: oneOf(q.Get("language"), parcel.Languages()),
		Data:     oneOf(q.Get("data"), data),
		Width:    oneOf(q.Get("width"), widths),
		Scheme:   oneOf(q.Get("scheme"), schemes),
	}
}

func oneOf[T ~string](asked string, all []T) T {
	if slices.Contains(all, T(asked)) {
		return T(asked)
	}
	return all[0]
}

// ServeHTTP answers / with the bench, /mail with one mail's HTML and /text with
// its plain text.
func (s Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c := chosen(r.URL.Query())
	show := map[string]func(http.ResponseWriter, choice, mail.Rendered){"/": s.bench, "/mail": s.html, "/text": s.text}[r.URL.Path]
	if show == nil {
		http.NotFound(w, r)
		return
	}
	// A mail can show the shop's pictures, but load nothing else.
	w.Header().Set("Content-Security-Policy", "default-src 'none'; img-src https:; style-src 'unsafe-inline'; frame-src 'self'")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	var rendered mail.Rendered
	renderer, err := s.Open()
	if err == nil {
		rendered, err = renderer.Render(s.letter(c))
	}
	if err != nil {
		http.Error(w, "Correct this, then load the page again:\n\n"+err.Error(), http.StatusInternalServerError)
		return
	}
	show(w, c, rendered)
}

// letter is what the mail is about.
func (s Server) letter(c choice) mail.Letter {
	l := mail.Sample(c.Kind, c.Language)
	switch c.Data {
	case "hostile":
		return mail.Hostile(c.Kind, c.Language)
	case "bare":
		return mail.Letter{Kind: c.Kind, Language: c.Language, Shop: mail.Shop{Name: l.Shop.Name}}
	case "several":
		l.Reached, l.Facts.Collo = 2, parcel.Collo{UUID: "u", Count: 3}
	}
	own := s.Shop
	l.Shop = mail.Shop{
		Name: cmp.Or(own.Called, own.Name, l.Shop.Name), URL: cmp.Or(own.URL, l.Shop.URL), Colour: own.Colour,
		Logo: own.Logo, Footer: cmp.Or(own.Footer, l.Shop.Footer),
	}
	return l
}

// html is the mail in the chosen colour scheme, which a page cannot set in the browser.
func (Server) html(w http.ResponseWriter, c choice, r mail.Rendered) {
	dark := map[string]string{"dark": "@media all", "light": "@media not all"}[c.Scheme]
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	fmt.Fprint(w, strings.ReplaceAll(r.HTML, "@media (prefers-color-scheme: dark)", dark))
}

func (Server) text(w http.ResponseWriter, _ choice, r mail.Rendered) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	fmt.Fprint(w, r.Text)
}

var bench = template.Must(template.ParseFS(pages, "pages/bench.html.tmpl"))

// option is a link to a page with another choice.
type option struct {
	Name, Address string
	Chosen        bool
}

func (Server) bench(w http.ResponseWriter, c choice, r mail.Rendered) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_ = bench.Execute(w, map[string]any{
		"Choice": c, "Subject": r.Subject, "Size": len(r.HTML),
		"HTML": c.address("/mail"), "Text": c.address("/text"),
		"Groups": []group{
			{"Language", options(c, parcel.Languages(), func(c *choice) *parcel.Language { return &c.Language })},
			{"Data", options(c, data, func(c *choice) *string { return &c.Data })},
			{"Width", options(c, widths, func(c *choice) *string { return &c.Width })},
			{"Colours", options(c, schemes, func(c *choice) *string { return &c.Scheme })},
			{"Mail", options(c, mail.Kinds(), func(c *choice) *mail.Kind { return &c.Kind })},
		},
	}) // it fails only if the reader has left
}

type group struct {
	Name    string
	Options []option
}

// options are the pages that differ in one field.
func options[T ~string](c choice, all []T, field func(*choice) *T) []option {
	var list []option
	now := *field(&c)
	for _, value := range all {
		*field(&c) = value
		list = append(list, option{Name: strings.ReplaceAll(string(value), "_", " "), Address: c.address("/"), Chosen: value == now})
	}
	return list
}

func (c choice) address(path string) string {
	q := url.Values{"kind": {string(c.Kind)}, "language": {string(c.Language)}, "data": {c.Data}, "width": {c.Width}, "scheme": {c.Scheme}}
	return path + "?" + q.Encode()
}
