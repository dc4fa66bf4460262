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

// words are the texts of one language, by the path of their keys in its file:
// "kinds.shipped.subject", "kinds.shipped.paragraphs.0".
type words map[string]phrase

// phrase is one text: a template over [blanks].
type phrase struct {
	text *template.Template
	raw  string
	// where is the file and line that it stands in.
	where string
}

// blanks are what a text may ask for; what is not known is empty.
type blanks struct {
	Name, Shop, Carrier, Order string
	// Reached of so many Parcels that go together have got that far.
	Reached, Parcels int
	// KeptUntil is the last day on which the parcel can be collected.
	KeptUntil string
	// Amount, Reason and Deadline are a refund's; GoodsFirst says that it is
	// paid when the goods are back, Days for how long it has waited.
	Amount, Reason, Deadline, Days string
	GoodsFirst                     bool
	// Integration, Parcel, Return and Attention are what somebody should look at.
	Integration, Parcel, Return, Attention string
	// Subject is a mail's own, N a number: only where they are asked for.
	Subject string
	N       int
}

// sample has every blank filled in.
var sample = blanks{
	Name: "n", Shop: "s", Carrier: "c", Order: "o", Reached: 2, Parcels: 3, KeptUntil: "k", Amount: "a", Reason: "r",
	Deadline: "d", Days: "d", GoodsFirst: true, Integration: "i", Parcel: "p", Return: "r", Attention: "t", Subject: "s", N: 2,
}

// readWords reads a file of texts. The error is all faults, each with its line.
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
				// With everything and with nothing filled in: both ways of an "if".
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

// override lays a merchant's texts over ours. Each must be one of ours; a list
// of paragraphs replaces the whole list.
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

// say fills a text in.
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

// sentence starts with a capital letter.
func sentence(s string) string {
	first, size := utf8.DecodeRuneInString(s)
	if size == 0 {
		return s
	}
	return string(unicode.ToUpper(first)) + s[size:]
}

// loadWords reads the texts of all languages, and a merchant's over them.
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

// sameTexts wants every text of English in another language, asking for the
// same blanks, and no other.
func sameTexts(english, other words, language parcel.Language) error {
	var faults []error
	for key, p := range english {
		if o, ok := other[key]; !ok {
			faults = append(faults, fmt.Errorf("words/%s.json: the text %q is missing", language, key))
		} else if !maps.Equal(asked(p.raw), asked(o.raw)) && !strings.HasPrefix(key, "days.") {
			faults = append(faults, fmt.Errorf("%s: %s: it does not ask for what the English text asks for", o.where, key))
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

// overrideAll lays the merchant's texts in words/<language>.yaml (or .json) of a
// folder over ours.
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
