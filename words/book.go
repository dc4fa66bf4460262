// Package words holds texts in the languages of the product, and how each language writes dates
// and amounts. Mails have texts of their own, which merchants may replace; those of pages and of
// what rules say are here.
package words

import (
	"errors"
	"fmt"
	"maps"
	"strings"
	"text/template"
	"unicode"
	"unicode/utf8"
)

// Book are the texts of one language, by their paths in its file, such as
// "kinds.shipped.subject" and "kinds.shipped.paragraphs.0".
type Book map[string]Phrase

// Phrase is one text: a template over blanks.
type Phrase struct {
	text *template.Template
	// Raw is the text as it stands in the file, Where are the file and the line.
	Raw, Where string
}

// Has reports whether there is a text at a path.
func (b Book) Has(key string) bool { _, ok := b[key]; return ok }

// Say is a text with its blanks filled in.
func (b Book) Say(key string, blanks any) (string, error) {
	p, ok := b[key]
	if !ok {
		return "", fmt.Errorf("there is no text %q", key)
	}
	var out strings.Builder
	if err := p.text.Execute(&out, blanks); err != nil {
		return "", fmt.Errorf("%s: %w", p.Where, err)
	}
	return strings.TrimSpace(out.String()), nil
}

// Sentence makes the first letter a capital.
func Sentence(s string) string {
	first, size := utf8.DecodeRuneInString(s)
	if size == 0 {
		return s
	}
	return string(unicode.ToUpper(first)) + s[size:]
}

// Same checks that another language has the texts of English, with the same
// blanks, and no others. The singular of a text may do without its number.
func Same(english, other Book, file string) error {
	var faults []error
	for key, p := range english {
		if o, ok := other[key]; !ok {
			faults = append(faults, fmt.Errorf("%s: the text %q is missing", file, key))
		} else if !maps.Equal(asked(p.Raw), asked(o.Raw)) && !strings.HasSuffix(key, "."+one) {
			faults = append(faults, fmt.Errorf("%s: %s: it does not have the blanks of the English text", o.Where, key))
		}
	}
	for key, o := range other {
		if !english.Has(key) {
			faults = append(faults, fmt.Errorf("%s: there is no text %q", o.Where, key))
		}
	}
	return errors.Join(faults...)
}

// asked are the blanks that a text asks for.
func asked(raw string) map[string]bool {
	fields := map[string]bool{}
	for _, part := range strings.Split(raw, "{{")[1:] {
		action, _, _ := strings.Cut(part, "}}")
		for _, word := range strings.Fields(action) {
			if strings.HasPrefix(word, ".") {
				fields[word] = true
			}
		}
	}
	return fields
}

// The plural forms.
const (
	one   = "one"
	other = "other"
)

// Plural is the plural form of a number.
// https://www.unicode.org/cldr/charts/latest/supplemental/language_plural_rules.html
func Plural(language Language, n int) string {
	if n == 1 || n == 0 && language == French {
		return one
	}
	return other
}
