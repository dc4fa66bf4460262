package mail

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
	"text/template"
	"unicode"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"waybill/parcel"
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
	// KeptUntil is the last day on which the parcel can be collected.
	KeptUntil string
	// These are a refund's. GoodsFirst is set if it is paid only once the goods are
	// back; Days is how long it has waited.
	Amount, Reason, Deadline, Days string
	GoodsFirst                     bool
	// These are for colleagues: what needs attention, and why.
	Integration, Parcel, Return, Attention string
	// Subject is for subject_parcels, N for days.
	Subject string
	N       int
}

// sample has all blanks filled in.
var sample = blanks{
	Name: "n", Shop: "s", Carrier: "c", Order: "o", Reached: 2, Parcels: 3, KeptUntil: "k", Amount: "a", Reason: "r",
	Deadline: "d", Days: "d", GoodsFirst: true, Integration: "i", Parcel: "p", Return: "r", Attention: "t", Subject: "s", N: 2,
}

// readWords reads a file of texts. The error lists all faults with their lines.
func readWords(name string, raw []byte) (words, error) {
	var document yaml.Node // JSON is YAML too, and YAML knows its lines
	if err := yaml.Unmarshal(raw, &document); err != nil {
		return nil, fmt.Errorf("%s: %s", name, strings.TrimPrefix(err.Error(), "yaml: "))
	}
	w, faults := words{}, []error(nil)
	var walk func(prefix string, n *yaml.Node)
	walk = func(prefix string, n *yaml.Node) {
		where := fmt.Sprintf("%s:%d", name, n.Line)
		switch n.Kind {
		case yaml.MappingNode:
			for i := 0; i+1 < len(n.Content); i += 2 {
				walk(join(prefix, n.Content[i].Value), n.Content[i+1])
			}
		case yaml.SequenceNode:
			for i, item := range n.Content {
				walk(join(prefix, strconv.Itoa(i)), item)
			}
		case yaml.ScalarNode:
			text, err := template.New(prefix).Parse(n.Value)
			if err == nil {
				// With all and with no blanks filled in, for both branches of an "if".
				err = errors.Join(text.Execute(io.Discard, blanks{}), text.Execute(io.Discard, sample))
			}
			if err != nil {
				faults = append(faults, fmt.Errorf("%s: %w", where, err))
				return
			}
			w[prefix] = phrase{text: text, raw: n.Value, where: where}
		default:
			faults = append(faults, fmt.Errorf("%s: %s: write a text", where, prefix))
		}
	}
	if len(document.Content) == 1 {
		walk("", document.Content[0])
	}
	return w, errors.Join(faults...)
}

func join(prefix, key string) string { return strings.TrimPrefix(prefix+"."+key, ".") }

// paragraphsOf cuts the number off the path of a paragraph.
func paragraphsOf(key string) (list string, ok bool) {
	dot := strings.LastIndexByte(key, '.')
	_, err := strconv.Atoi(key[dot+1:])
	return key[:max(dot, 0)], err == nil
}

// override replaces texts with a merchant's. Each must be one of ours. A list of
// paragraphs replaces the whole list.
func (w words) override(by words) error {
	var faults []error
	replaced := map[string]bool{}
	for _, key := range slices.Sorted(maps.Keys(by)) {
		p := by[key]
		list, isList := paragraphsOf(key)
		switch _, known := w[key]; {
		case isList && (replaced[list] || w.has(list+".0")):
			if !replaced[list] {
				replaced[list] = true
				maps.DeleteFunc(w, func(k string, _ phrase) bool { l, ok := paragraphsOf(k); return ok && l == list })
			}
		case !known:
			faults = append(faults, fmt.Errorf("%s: there is no text %q: take the names from the texts of Waybill", p.where, key))
			continue
		}
		w[key] = p
	}
	return errors.Join(faults...)
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
	faults := []error{err}
	for _, entry := range entries {
		name := path.Join("words", entry.Name())
		extension := path.Ext(name)
		w, known := all[parcel.Language(strings.TrimSuffix(entry.Name(), extension))]
		if !known || !slices.Contains([]string{".yaml", ".yml", ".json"}, extension) {
			faults = append(faults, fmt.Errorf("%s: name it after a language, such as words/nl.yaml; there are %v", name, parcel.Languages()))
			continue
		}
		raw, err := fs.ReadFile(own, name)
		if err != nil {
			faults = append(faults, err)
			continue
		}
		by, err := readWords(name, raw)
		faults = append(faults, err, w.override(by))
	}
	return errors.Join(faults...)
}
