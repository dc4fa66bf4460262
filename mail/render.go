package mail

import (
	"embed"
	"errors"
	"fmt"
	htmltemplate "html/template"
	"io/fs"
	"strings"
	"text/template"

	"waybill/parcel"
	"waybill/words"
	"waybill/yamlfile"
)

//go:embed words layout
var files embed.FS

// Rendered is a mail as its reader sees it.
type Rendered struct {
	Subject string
	Text    string
	HTML    string
}

// Renderer turns letters into mails. Make one with [NewRenderer].
type Renderer struct {
	words map[parcel.Language]words.Book
	html  *htmltemplate.Template
	text  *template.Template
}

// The files of the layout; a merchant's own replace them.
const (
	htmlLayout = "layout/mail.html.tmpl"
	textLayout = "layout/mail.txt.tmpl"
)

// NewRenderer loads words and layout. The merchant's own folder overrides them with
// words/<language>.yaml, which holds the texts that differ, and with files of the
// layout; own is nil without a folder. The error lists all faults with files and lines.
func NewRenderer(own fs.FS) (*Renderer, error) {
	r := &Renderer{}
	var wrongWords, wrongHTML, wrongText error
	r.words, wrongWords = loadWords(own)
	var html, text string
	if html, wrongHTML = layoutFrom(own, htmlLayout); wrongHTML == nil {
		r.html, wrongHTML = htmltemplate.New(htmlLayout).Parse(html)
	}
	if text, wrongText = layoutFrom(own, textLayout); wrongText == nil {
		r.text, wrongText = template.New(textLayout).Parse(text)
	}
	if err := errors.Join(wrongWords, wrongHTML, wrongText, misplaced(own)); err != nil {
		return nil, err
	}
	return r, r.tryAll()
}

// layoutFrom is a file of the layout: the merchant's own, if there is one.
func layoutFrom(own fs.FS, name string) (string, error) {
	from := fs.FS(files)
	if own != nil && exists(own, name) {
		from = own
	}
	raw, err := readFrom(from, name)
	return strings.TrimPrefix(string(raw), "\ufeff"), err // which some editors write, and readers would get
}

func readFrom(folder fs.FS, name string) ([]byte, error) {
	f, err := folder.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // it was only read
	return yamlfile.Bytes(name, f)
}

// misplaced tells of files of words and layout in folders where nobody looks for them.
func misplaced(own fs.FS) error {
	if own == nil {
		return nil
	}
	var faults []error
	for _, language := range parcel.Languages() {
		for _, extension := range extensions {
			if name := string(language) + extension; exists(own, name) {
				faults = append(faults, fmt.Errorf("%s: move it to words/%s", name, name))
			}
		}
	}
	for _, pattern := range []string{"*.tmpl", "layout/*.tmpl", "layout/*.html", "layout/*.txt"} {
		names, _ := fs.Glob(own, pattern) // the pattern is right
		for _, name := range names {
			if name != htmlLayout && name != textLayout {
				faults = append(faults, fmt.Errorf("%s: name it %s or %s", name, htmlLayout, textLayout))
			}
		}
	}
	return errors.Join(faults...)
}

func exists(folder fs.FS, name string) bool {
	_, err := fs.Stat(folder, name)
	return err == nil
}

// tryAll renders every kind in every language, full and bare, so that a fault in words
// or layout shows before the first mail.
func (r *Renderer) tryAll() error {
	for _, language := range parcel.Languages() {
		for _, kind := range Kinds() {
			for _, l := range []Letter{{Kind: kind}, Sample(kind, language)} {
				l.Language = language
				if _, err := r.Render(l); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// Render renders a letter. An error is a fault in words or layout, never in the letter:
// any recipient's name can be rendered.
func (r *Renderer) Render(l Letter) (Rendered, error) {
	c, err := r.fill(l)
	if err != nil {
		return Rendered{}, err
	}
	var html, text strings.Builder
	if err := errors.Join(r.html.Execute(&html, c), r.text.Execute(&text, c)); err != nil {
		return Rendered{}, fmt.Errorf("render %s: %w", l.Kind, err)
	}
	return Rendered{Subject: c.Subject, HTML: html.String(), Text: text.String()}, nil
}
