package mail

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"text/template"
	"unicode"
	"unicode/utf8"

	"waybill/parcel"
	"waybill/yamlfile"
)

// words are the texts of one language, by their paths in its file, such as
// "kinds.shipped.subject" and "kinds.shipped.paragraphs.0".
type words map[string]phrase

// phrase is one text: a template over [blanks].
type phrase struct {
	text *template.Template
	raw  string
	// where is its file and line.
	where string
}

// blanks are what a text can ask for. What is not known is empty.
type blanks struct {
	Name, Shop, Carrier, Order string
	// Reached is how many of the Parcels that go together have got this far.
	Reached, Parcels int
	// KeptUntil is the last day on which the parcel can be collected, Collected says that it
	// was.
	KeptUntil string
	Collected bool
	// These are a refund's. GoodsFirst is set if it is paid only once the goods are
	// back; Days is how long it has waited.
	Amount, Reason, Deadline, Days string
	GoodsFirst                     bool
	// These are for colleagues: what needs attention, and why.
	Integration, Parcel, Return, Attention string
	// Count is how many parcels need it, Before how many did at the last mail about it.
	Count, Before int
	// Subject is for subject_parcels, N for days.
	Subject string
	N       int
}

// sample has all blanks filled in.
var sample = blanks{
	Name: "n", Shop: "s", Carrier: "c", Order: "o", Reached: 2, Parcels: 3, KeptUntil: "k", Amount: "a", Reason: "r",
	Deadline: "d", Days: "d", GoodsFirst: true, Integration: "i", Parcel: "p", Return: "r", Attention: "t", Subject: "s", N: 2, Count: 12, Before: 7,
}

func (w words) has(key string) bool { _, ok := w[key]; return ok }

// say is a text with its blanks filled in.
func (w words) say(key string, b blanks) (string, error) {
	p, ok := w[key]
	if !ok {
		return "", fmt.Errorf("there is no text %q", key)
	}
	var out strings.Builder
	if err := p.text.Execute(&out, b); err != nil {
		return "", fmt.Errorf("%s: %w", p.where, err)
	}
	return strings.TrimSpace(out.String()), nil
}

// sentence makes the first letter a capital.
func sentence(s string) string {
	first, size := utf8.DecodeRuneInString(s)
	if size == 0 {
		return s
	}
	return string(unicode.ToUpper(first)) + s[size:]
}

// loadWords reads the texts of all languages, then a merchant's own.
func loadWords(own fs.FS) (map[parcel.Language]words, error) {
	all := map[parcel.Language]words{}
	var faults []error
	for _, language := range parcel.Languages() {
		name := "words/" + string(language) + ".json"
		raw, err := files.ReadFile(name)
		if err != nil {
			return nil, err
		}
		w, err := readWords(name, raw)
		if err != nil {
			return nil, err
		}
		all[language] = w
	}
	for _, language := range parcel.Languages() {
		faults = append(faults, sameTexts(all[parcel.English], all[language], language))
	}
	return all, errors.Join(append(faults, overrideAll(all, own))...)
}

// OwnWords are our texts of a language as a merchant's file words/<language>.yaml, which
// says the same: every text that a merchant may replace.
func OwnWords(language parcel.Language) ([]byte, error) {
	raw, err := files.ReadFile("words/" + string(language) + ".json")
	if err != nil {
		return nil, fmt.Errorf("no mail is written in %q: choose one of %s", language, languageNames())
	}
	texts, err := yamlfile.Spread(raw)
	return append(fmt.Appendf(nil, `# The texts of mails in this language (%[1]s), as they come with Waybill. Save them as
# words/%[1]s.yaml in the folder that WAYBILL_MAIL_TEMPLATES names. Keep only the lines that
# you change, with the headings above them: what is not in the file stays as it comes with
# Waybill, also after an upgrade. A list of paragraphs replaces the whole list.

`, language), texts...), err
}

// sameTexts checks that another language has the texts of English, with the same
// blanks, and no others.
func sameTexts(english, other words, language parcel.Language) error {
	var faults []error
	for key, p := range english {
		if o, ok := other[key]; !ok {
			faults = append(faults, fmt.Errorf("words/%s.json: the text %q is missing", language, key))
		} else if !maps.Equal(asked(p.raw), asked(o.raw)) && !strings.HasPrefix(key, "days.") {
			faults = append(faults, fmt.Errorf("%s: %s: it does not have the blanks of the English text", o.where, key))
		}
	}
	for key, o := range other {
		if !english.has(key) {
			faults = append(faults, fmt.Errorf("%s: there is no text %q", o.where, key))
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

// languageNames are the languages of mails, with commas between them.
func languageNames() string {
	var names []string
	for _, language := range parcel.Languages() {
		names = append(names, string(language))
	}
	return strings.Join(names, ", ")
}

// extensions are those of a merchant's files of words.
var extensions = []string{".yaml", ".yml", ".json"}

// overrideAll replaces texts with those in words/<language>.yaml, .yml or .json of the
// merchant's folder.
func overrideAll(all map[parcel.Language]words, own fs.FS) error {
	if own == nil {
		return nil
	}
	entries, err := fs.ReadDir(own, "words")
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	faults, files := []error{err}, map[parcel.Language]string{}
	for _, entry := range entries {
		name := path.Join("words", entry.Name())
		extension := path.Ext(name)
		language := parcel.Language(strings.TrimSuffix(entry.Name(), extension))
		w, known := all[language]
		switch {
		case strings.HasPrefix(entry.Name(), "."): // an editor's or the system's
		case !known || !slices.Contains(extensions, extension):
			faults = append(faults, fmt.Errorf("%s: name it after a language, such as words/nl.yaml; there are %s", name, languageNames()))
		case files[language] != "":
			faults = append(faults, fmt.Errorf("%s: %s has texts of the same language: write them into one file", name, files[language]))
		default:
			files[language] = name
			raw, err := readFrom(own, name)
			if err != nil {
				faults = append(faults, err)
				continue
			}
			faults = append(faults, w.override(name, raw))
		}
	}
	return errors.Join(faults...)
}
