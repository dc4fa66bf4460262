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
	words map[parcel.Language]words
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
	r.html, wrongHTML = htmltemplate.ParseFS(layoutFrom(own, htmlLayout), htmlLayout)
	r.text, wrongText = template.ParseFS(layoutFrom(own, textLayout), textLayout)
	if err := errors.Join(wrongWords, wrongHTML, wrongText); err != nil {
		return nil, err
	}
	return r, r.tryAll()
}

// layoutFrom says whose file of the layout to use.
func layoutFrom(own fs.FS, name string) fs.FS {
	if own != nil {
		if _, err := fs.Stat(own, name); err == nil {
			return own
		}
	}
	return files
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
