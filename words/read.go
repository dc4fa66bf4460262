package words

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"text/template"

	"waybill/yamlfile"
)

// Style is what texts of a kind can ask for.
type Style struct {
	// Full has all blanks filled in, Bare none. If they are nil, a text may ask for any: what
	// fills them in is checked where it is said.
	Full, Bare any
	// Needed reports whether a text must not be empty.
	Needed func(path string) bool
}

// Read reads a file of texts. All its faults are told at once.
func (s Style) Read(name string, raw []byte) (Book, error) {
	value, faults := yamlfile.Read(name, raw)
	r := reader{Faults: faults, style: s, name: name, words: Book{}}
	r.read("", yamlfile.Pair{Value: value})
	return r.words, faults.Err()
}

// Override replaces texts with those of a merchant's file. Each must be one of ours. A
// list of paragraphs replaces the whole list.
func (s Style) Override(b Book, name string, raw []byte) error {
	value, faults := yamlfile.Read(name, raw)
	r := reader{Faults: faults, style: s, name: name, words: Book{}, ours: b, lists: map[string]bool{}}
	r.read("", yamlfile.Pair{Value: value})
	maps.DeleteFunc(b, func(key string, _ Phrase) bool { list, ok := paragraphsOf(key); return ok && r.lists[list] })
	maps.Copy(b, r.words)
	return faults.Err()
}

// reader reads the texts of a file.
type reader struct {
	*yamlfile.Faults
	name  string
	style Style
	words Book
	// ours are the texts that a merchant's file replaces; nil if the file is ours. lists are
	// the lists of paragraphs that it replaces.
	ours  Book
	lists map[string]bool
}

// read reads the texts at a path, which are the value of a pair.
func (r *reader) read(path string, pair yamlfile.Pair) {
	value := pair.Value
	if r.ours == nil || value.Kind == yamlfile.Map {
		r.readAs(path, pair)
		return
	}
	switch {
	case r.ours.Has(path):
		if value.Kind == yamlfile.List {
			r.Add(value.Line, "%s: write one text, as in this: %s", path, pair.Line(r.ours[path].Raw))
			return
		}
	case r.isList(path):
		if _, twice := r.lists[path]; twice {
			r.Add(value.Line, "%s stands above already: keep one", path)
			return
		}
		r.lists[path] = true
		if value.Kind == yamlfile.Text {
			pair.Value = listOf(value)
		}
	case value.Kind == yamlfile.Nothing && value.Comment == "":
		return // a heading with nothing below it
	default:
		r.Add(value.Line, "%s: write texts below it, each on a line of its own with a space after the colon, as in this: %s", cmp.Or(path, "the file"), r.exampleBelow(path))
		return
	}
	r.readAs(path, pair)
}

// readAs reads a value as what it is.
func (r *reader) readAs(path string, pair yamlfile.Pair) {
	value := pair.Value
	switch value.Kind {
	case yamlfile.Map:
		for _, below := range value.Pairs {
			if key := join(path, below.Key); r.ours == nil || r.known(key) {
				r.read(key, below)
			} else {
				r.Add(below.KeyLine, "there is no text %q: %s", key, r.meant(path, below))
			}
		}
	case yamlfile.List:
		for i, item := range value.Items {
			r.readText(join(path, strconv.Itoa(i)), yamlfile.Pair{Key: "-", Value: item})
		}
	case yamlfile.Text, yamlfile.Nothing:
		if path != "" {
			r.readText(path, pair)
		}
	}
}

// listOf is a text as a list of paragraphs: an empty line ends one.
func listOf(text *yamlfile.Value) *yamlfile.Value {
	list := &yamlfile.Value{Kind: yamlfile.List, Line: text.Line}
	for paragraph := range strings.SplitSeq(text.Text, "\n\n") {
		if paragraph = strings.TrimSpace(paragraph); paragraph != "" {
			list.Items = append(list.Items, &yamlfile.Value{Kind: yamlfile.Text, Line: text.Line, Text: paragraph})
		}
	}
	if last := len(list.Items) - 1; last >= 0 {
		list.Items[last].Comment = text.Comment
	}
	return list
}

// readText reads one text. Where nothing stands it is empty, if it may be.
func (r *reader) readText(path string, pair yamlfile.Pair) {
	value, said := pair.Value, pair.Value.Whole()
	if _, twice := r.words[path]; twice {
		r.Add(value.Line, "%s stands above already: keep one", path)
		return
	}
	switch {
	case value.Kind == yamlfile.Map || value.Kind == yamlfile.List:
		r.Add(value.Line, "%s: write one text, in quotation marks if it begins with { or [", path)
		return
	case value.Comment != "":
		r.Add(value.Line, "%s: what follows # is a comment for YAML: write this: %s; or put a space after the #", path, pair.Line(said))
	case strings.TrimSpace(said) == "" && (r.style.Needed == nil || r.style.Needed(path)):
		r.Add(value.Line, "%s: this text cannot be empty: write one, as in this: %s; or leave the line out", path, pair.Line(r.example(path)))
		return
	}
	text, err := template.New(path).Option("missingkey=error").Parse(said)
	if err == nil {
		// With all and with no blanks filled in, for both branches of an "if".
		full, bare := r.style.samples(said)
		err = cmp.Or(text.Execute(io.Discard, full), text.Execute(io.Discard, bare))
	}
	if err != nil {
		r.Add(value.Line, "%s: %s", path, r.style.wrongBlank(err, pair))
		return
	}
	r.words[path] = Phrase{text: text, Raw: said, Where: fmt.Sprintf("%s:%d", r.name, value.Line)}
}

// samples are all blanks that a text can ask for, filled in and not.
func (s Style) samples(text string) (full, bare any) {
	if s.Full != nil {
		return s.Full, s.Bare
	}
	all, none := map[string]string{}, map[string]string{}
	for name := range asked(text) {
		name = strings.TrimPrefix(name, ".")
		all[name], none[name] = "x", ""
	}
	return all, none
}

var (
	unknownBlank = regexp.MustCompile(`can't evaluate field (\w+) in type|function "(\w+)" not defined`)
	// templateAt is where the template package says that it stands in a text.
	templateAt = regexp.MustCompile(`^template: [^:]*:\d+(:\d+)?: (executing "[^"]*" at <[^>]*>: )?`)
)

// wrongBlank says what is wrong with a text's blanks, and how the line should be written
// if it asks for one that does not exist.
func (s Style) wrongBlank(err error, pair yamlfile.Pair) string {
	if m := unknownBlank.FindStringSubmatch(err.Error()); m != nil {
		wrong, names := cmp.Or(m[1], m[2]), s.blankNames()
		name := yamlfile.Nearest(wrong, names)
		if name == "" {
			return fmt.Sprintf("there is no {{.%s}}; there are %s", wrong, strings.Join(names, ", "))
		}
		written := regexp.MustCompile(`\.?\b` + wrong + `\b`)
		right := blanksIn.ReplaceAllStringFunc(pair.Value.Whole(), func(blank string) string { return written.ReplaceAllLiteralString(blank, "."+name) })
		return fmt.Sprintf("there is no {{.%s}}: write this: %s", wrong, pair.Line(right))
	}
	return templateAt.ReplaceAllString(err.Error(), "") + ": write blanks as in {{.Shop}}, and end each {{if .Shop}} with {{end}}"
}

// blanksIn are the blanks of a text.
var blanksIn = regexp.MustCompile(`\{\{.*?\}\}`)

func (s Style) blankNames() []string {
	if s.Full == nil {
		return nil
	}
	var names []string
	for _, field := range reflect.VisibleFields(reflect.TypeOf(s.Full)) {
		names = append(names, field.Name)
	}
	return names
}

// known reports whether one of our texts stands at a path, or below it.
func (r *reader) known(path string) bool {
	return r.ours.Has(path) || len(r.below(path)) > 0
}

func (r *reader) isList(path string) bool { return r.ours.Has(path + ".0") }

// below are the names below a path, in order.
func (r *reader) below(path string) []string {
	names := map[string]bool{}
	for key := range r.ours {
		if rest, ok := strings.CutPrefix(key, strings.TrimPrefix(path+".", ".")); ok {
			name, _, _ := strings.Cut(rest, ".")
			names[name] = true
		}
	}
	return slices.Sorted(maps.Keys(names))
}

// example is our own text, which a merchant's would replace.
func (r *reader) example(path string) string { return r.ours[path].Raw }

func (r *reader) exampleBelow(path string) string {
	name := r.below(path)[0]
	if key := join(path, name); r.ours.Has(key) {
		return yamlfile.Line(name, r.example(key))
	}
	return name + ":"
}

// meant is what a wrong name was probably meant to be, or the names that there are.
func (r *reader) meant(path string, pair yamlfile.Pair) string {
	names := r.below(path)
	pair.Key = yamlfile.Nearest(pair.Key, names)
	switch {
	case pair.Key == "":
		return "there are " + strings.Join(names, ", ")
	case r.ours.Has(join(path, pair.Key)) && pair.Value.Kind == yamlfile.Text:
		return "write this: " + pair.Line(pair.Value.Whole())
	}
	return "write this: " + pair.Key + ":"
}

func join(prefix, key string) string { return strings.TrimPrefix(prefix+"."+key, ".") }

// paragraphsOf cuts the number off the path of a paragraph.
func paragraphsOf(key string) (list string, ok bool) {
	dot := strings.LastIndexByte(key, '.')
	_, err := strconv.Atoi(key[dot+1:])
	return key[:max(dot, 0)], err == nil
}
