package policy

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"waybill/contract"
	"waybill/yamlfile"
)

// Parse reads a policy file; name is what faults call it. Its error is all
// faults, a line each, in the order of the file.
func Parse(name string, raw []byte) (*Book, error) {
	root, faults := yamlfile.Read(name, raw)
	book, r := Default(), reader{faults}
	if root.Kind == yamlfile.Nothing && root.Comment == "" {
		return book, r.Err()
	}
	book.file = name
	names := namesIn(root)
	version, integrations := root.Take("version"), root.Take("integrations")
	r.readChapter(root, &book.usual, false)
	book.usual.policy.Version = r.version(version, raw)
	book.integrations = r.readIntegrations(integrations, book.usual)
	r.check(book)
	book.usual.policy.settle()
	for name, c := range book.integrations {
		c.policy.settle()
		book.integrations[name] = c
	}
	book.identify()
	r.Reword(func(what string) string { return nameless(what, names) })
	return book, r.Err()
}

// reader collects what is wrong with a file.
type reader struct{ *yamlfile.Faults }

// version names the policy in every decision: by the merchant's own word for it, if
// there is one, and by a digest of the file.
func (r *reader) version(value *yamlfile.Value, raw []byte) string {
	sum := sha256.Sum256(raw)
	digest := hex.EncodeToString(sum[:4])
	if value == nil {
		return digest
	}
	if word := value.Whole(); value.Kind != yamlfile.Text || word == "" || len(word) > 40 || value.Comment != "" {
		r.Add(value.Line, `version: write a word of your own for this version, of at most 40 characters, as in this: version: "autumn 2"; or leave it out`)
	}
	return value.Text + " " + digest
}

func (r *reader) readIntegrations(value *yamlfile.Value, usual chapter) map[string]chapter {
	all := map[string]chapter{}
	if value == nil || value.Kind == yamlfile.Nothing {
		return all
	}
	for _, pair := range r.pairs(value, "integrations", "my-shop: {}") {
		if !contract.ValidIntegration(pair.Key) {
			r.Add(pair.KeyLine, "integrations: %q cannot be an integration's name: it has lower-case letters, digits and hyphens, as in its webhook's address%s",
				pair.Key, instead(tidyName(pair.Key), contract.ValidIntegration, func(name string) string { return name + ":" }))
			continue
		}
		c := chapter{policy: usual.policy, from: maps.Clone(usual.from)}
		c.policy.Mails = maps.Clone(usual.policy.Mails)
		r.readChapter(pair.Value, &c, true)
		all[pair.Key] = c
	}
	return all
}

// tidyName is a name as an integration may have it.
func tidyName(name string) string {
	return strings.Trim(strings.Map(func(c rune) rune {
		if c >= 'a' && c <= 'z' || c >= '0' && c <= '9' {
			return c
		}
		return '-'
	}, strings.ToLower(name)), "-")
}

// instead is what to write in place of what is wrong, if that is allowed.
func instead(right string, allowed func(string) bool, line func(string) string) string {
	if !allowed(right) {
		return ""
	}
	return ": write this: " + line(right)
}

// readChapter reads all settings below a value, of one integration or of all.
func (r *reader) readChapter(value *yamlfile.Value, c *chapter, ofOne bool) {
	tree{r, c, map[string]int{}, ofOne}.read(value, "", settings(&c.policy))
}

// tree reads the settings of one chapter.
type tree struct {
	*reader
	chapter *chapter
	// seen has the lines of the settings that were read: a.b: c is also a: {b: c}.
	seen map[string]int
	// ofOne is set for the chapter of one integration.
	ofOne bool
}

// read reads the settings of a table, whose paths begin with prefix.
func (t tree) read(value *yamlfile.Value, prefix string, table []setting) {
	if value.Kind == yamlfile.Nothing && value.Comment == "" {
		return // a heading with nothing below it
	}
	for _, pair := range t.pairs(value, strings.TrimSuffix(prefix, "."), exampleBelow(table, prefix)) {
		path, found, err := below(table, prefix, pair.Key)
		switch {
		case err != nil:
			t.Add(pair.KeyLine, "%s: %v", strings.TrimSuffix(prefix, "."), err)
		case len(found) == 0:
			t.Add(pair.KeyLine, "%s", t.unknown(table, prefix, pair))
		case found[0].path != path:
			t.chapter.from[path] = pair.KeyLine
			t.read(pair.Value, path+".", found)
		case t.seen[path] != 0:
			t.Add(pair.KeyLine, "%s stands on line %d already: keep one", path, t.seen[path])
		default:
			t.seen[path] = pair.KeyLine
			t.chapter.from[path] = pair.Value.Line
			t.set(found[0], pair)
		}
	}
}

// set reads one setting. Where nothing stands, it counts as "" if that is allowed.
func (t tree) set(s setting, pair yamlfile.Pair) {
	value := pair.Value
	whole := value.Whole()
	switch {
	case value.Kind == yamlfile.List || value.Kind == yamlfile.Map:
		line := s.exampleFor(pair)
		if text := joinedItems(value); text != "" && s.check(text) == nil {
			line = ": write this: " + pair.Line(text)
		}
		t.Add(value.Line, "%s: write one value: %s%s", s.path, s.allowed, line)
	case value.Comment != "" && s.check(whole) == nil && (s.free || s.check(value.Text) != nil || value.Kind == yamlfile.Nothing):
		t.Add(value.Line, "%s: what follows # is a comment for YAML: write this: %s; or put a space after the #", s.path, pair.Line(whole))
	case value.Comment != "" && value.Kind == yamlfile.Nothing:
		t.Add(value.Line, "%s: what follows # is a comment for YAML: write %s%s; or put a space after the #", s.path, s.allowed, s.exampleFor(pair))
	case value.Kind == yamlfile.Nothing && s.check("") != nil:
		t.Add(value.Line, "%s: nothing stands here: write %s%s; or leave the line out", s.path, s.allowed, s.exampleFor(pair))
	default:
		if err := s.set(value.Text); err != nil {
			t.Add(value.Line, "%s: %s", s.path, s.better(pair, err))
		}
	}
}

// joinedItems is a list of texts in one; empty if it is none.
func joinedItems(list *yamlfile.Value) string {
	var texts []string
	for _, item := range list.Items {
		if item.Kind != yamlfile.Text {
			return ""
		}
		texts = append(texts, item.Text)
	}
	return strings.Join(texts, ", ")
}

// better is the line as it was probably meant, or what may stand there.
func (s setting) better(pair yamlfile.Pair, wrong error) string {
	if s.mend != nil {
		if text := s.mend(pair.Value.Text); text != "" && !s.private && !yamlfile.Private(pair.Value.Text) && s.check(text) == nil {
			return fmt.Sprintf("%q is not allowed: write this: %s", pair.Value.Text, pair.Line(text))
		}
	}
	says, example := wrong.Error(), s.exampleFor(pair)
	switch {
	case errors.Is(wrong, errNotAllowed): // which says what to write
		return says + example
	case example == "" || strings.Contains(says, ": write "):
		return says
	}
	return says + ": write it" + strings.TrimPrefix(example, ",")
}

// exampleFor is a line that is right, if there is a short one.
func (s setting) exampleFor(pair yamlfile.Pair) string {
	example := s.example()
	if example == "" || s.private { // what is allowed has an example
		return ""
	}
	return ", as in this: " + pair.Example(example)
}

// example is the value that holds without the line, or a sample if that is empty.
func (s setting) example() string {
	if shown := s.show(); shown != "" && !s.private {
		return shown
	}
	return s.sample
}

// pairs are those of a value that has to be a map.
func (r *reader) pairs(value *yamlfile.Value, path, example string) []yamlfile.Pair {
	if value.Kind == yamlfile.Map {
		return value.Pairs
	}
	if path == "" {
		path = "the file"
	}
	if name, text, ok := strings.Cut(value.Text, ":"); ok && value.Kind == yamlfile.Text && text != "" && !strings.HasPrefix(path+".", peoplePath) {
		example = yamlfile.Line(name, strings.TrimSpace(text))
	}
	r.Add(value.Line, "%s: write settings below it, each on a line of its own with a space after the colon, as in this: %s", path, example)
	return nil
}

// exampleBelow is a line of the first setting of a table.
func exampleBelow(table []setting, prefix string) string {
	s := table[0]
	name, more, _ := strings.Cut(strings.TrimPrefix(s.path, prefix), ".")
	switch {
	case name == "*":
		name = s.named.example
	case more == "":
		return yamlfile.Line(name, s.example())
	}
	return name + ":"
}

// unknown says what may have been meant by a name that is no setting's.
func (t tree) unknown(table []setting, prefix string, pair yamlfile.Pair) string {
	path, names := prefix+pair.Key, namesBelow(table, prefix)
	switch {
	case prefix != "":
	case !t.ofOne:
		names = append([]string{"version", "integrations"}, names...)
	case pair.Key == "version" || pair.Key == "integrations":
		return pair.Key + " is no setting of one integration: write it without spaces before it, for all of them"
	}
	if name := yamlfile.Nearest(pair.Key, names); name != "" {
		line := name + ":"
		if slices.ContainsFunc(table, func(s setting) bool { return s.path == prefix+name }) {
			pair.Key = name
			line = pair.Line(pair.Value.Text)
		}
		return fmt.Sprintf("%s is no setting: write this: %s", path, line)
	}
	for _, s := range settings(&t.chapter.policy) {
		if s.named == nil && (s.path == pair.Key || strings.HasSuffix(s.path, "."+pair.Key)) {
			if heading, _, ok := strings.Cut(s.path, "."+pair.Key); ok {
				return fmt.Sprintf("%s is no setting: write it below %s, as %s", path, heading, s.path)
			}
			return fmt.Sprintf("%s is no setting: write it without spaces before it, as %s", path, s.path)
		}
	}
	if prefix == "" {
		return fmt.Sprintf("%s is no setting; there are %s", path, strings.Join(names, ", "))
	}
	return fmt.Sprintf("%s is no setting; below %s there are %s", path, strings.TrimSuffix(prefix, "."), strings.Join(names, ", "))
}

// namesBelow are the names of settings and headings below a prefix.
func namesBelow(table []setting, prefix string) []string {
	var names []string
	for _, s := range table {
		if rest, ok := strings.CutPrefix(s.path, prefix); ok {
			name, _, _ := strings.Cut(rest, ".")
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}
