// Package policy reads the merchant's policy: one YAML file that says only what
// differs from the defaults, for all integrations and for single ones.
//
// [Parse] reads a file and tells all its faults at once. A [Book] is a policy
// that was read. A [Keeper] reads it again when the file changes.
package policy

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"waybill/contract"
	"waybill/parcel"
	"waybill/refund"
)

// Book is a policy: what holds for each integration.
type Book struct {
	file  string
	usual chapter
	// integrations are those for which the file says more.
	integrations map[string]chapter
}

// chapter is what holds for one integration, and on which line each setting and
// each heading stands that the file has.
type chapter struct {
	policy Policy
	from   map[string]int
}

// Policy is everything that a merchant may choose: what the rules go by, and how
// mails look.
type Policy struct {
	parcel.Policy
	Shop Shop
	// Operations is the address of the shop's own people who are told what needs
	// attention; empty tells nobody.
	Operations         string
	OperationsLanguage parcel.Language
	// Refunds is who decides about refunds, and when. Its Version, its People and how
	// long its mails are tried follow from other settings; see settleRefunds.
	Refunds refund.Policy
	// People are those who decide about refunds, by name.
	People map[string]Person
}

// Shop is the shop in whose name mails are written; what is empty is what
// Sendcloud tells of it, or left out.
type Shop struct {
	Name, URL string
	// Colour is that of buttons, as #1f4fbf; Logo a picture's https address.
	Colour, Logo string
	// ReplyTo is the address that answers go to; to the sender if empty.
	ReplyTo string
	// Footer stands at the end of each mail.
	Footer string
}

func defaults() Policy {
	return Policy{Policy: parcel.DefaultPolicy(), OperationsLanguage: parcel.English, Refunds: refund.DefaultPolicy()}
}

// settle fills in what settings leave to others.
func (p *Policy) settle() {
	p.settleRefunds()
	p.settlePeople()
}

// Default is the policy of a merchant who says nothing.
func Default() *Book {
	p := defaults()
	p.settle()
	return &Book{usual: chapter{policy: p, from: map[string]int{}}}
}

// For is what holds for an integration.
func (b *Book) For(integration string) Policy { return b.chapter(integration).policy }

// Integrations are the integrations for which the file says more, in order.
func (b *Book) Integrations() []string { return slices.Sorted(maps.Keys(b.integrations)) }

func (b *Book) chapter(integration string) chapter {
	if c, ok := b.integrations[integration]; ok {
		return c
	}
	return b.usual
}

// Line is one setting as it holds for an integration.
type Line struct {
	// Path is the setting's name in the file, such as stale.progress.
	Path, Value string
	// From is where the value stands, or "default".
	From  string
	About string
}

// Effective lists every setting as it holds for an integration.
func (b *Book) Effective(integration string) []Line {
	c := b.chapter(integration)
	var lines []Line
	for _, s := range expand(settings(&c.policy)) {
		from := "default"
		if line, ok := c.from[s.path]; ok {
			from = fmt.Sprintf("%s:%d", b.file, line)
		}
		lines = append(lines, Line{Path: s.path, Value: s.show(), From: from, About: s.about})
	}
	return lines
}

// Parse reads a policy file; name is what faults call it. Its error is all
// faults, a line each, in the order of the file.
func Parse(name string, raw []byte) (*Book, error) {
	root, err := parseYAML(raw)
	if err != nil {
		return nil, fmt.Errorf("%s: %s", name, strings.TrimPrefix(err.Error(), "yaml: "))
	}
	book := Default()
	if root == nil {
		return book, nil
	}
	book.file = name
	r, names := reader{}, namesIn(root)
	version, integrations := r.take(root, "version"), r.take(root, "integrations")
	r.readChapter(root, &book.usual)
	book.usual.policy.Version = r.version(version, raw)
	book.integrations = r.readIntegrations(integrations, book.usual)
	r.check(book)
	book.usual.policy.settle()
	for name, c := range book.integrations {
		c.policy.settle()
		book.integrations[name] = c
	}
	book.identify()
	slices.SortStableFunc(r.faults, func(x, y fault) int { return x.line - y.line })
	var all []error
	for _, f := range r.faults {
		all = append(all, fmt.Errorf("%s:%d: %s", name, f.line, nameless(f.what, names)))
	}
	return book, errors.Join(all...)
}

// parseYAML reads the one document of a file; it is nil if it says nothing.
func parseYAML(raw []byte) (*yaml.Node, error) {
	decoder := yaml.NewDecoder(bytes.NewReader(raw))
	var document, second yaml.Node
	err := decoder.Decode(&document)
	switch {
	case errors.Is(err, io.EOF):
		return nil, nil //nolint:nilnil // nothing is said, which is no fault
	case err != nil:
		return nil, err
	}
	if err := decoder.Decode(&second); !errors.Is(err, io.EOF) {
		return nil, errors.Join(errors.New("there is more than one document: leave out the lines ---"), err)
	}
	if root := document.Content[0]; root.Tag != "!!null" {
		return root, nil
	}
	return nil, nil //nolint:nilnil // likewise
}

// reader collects what is wrong with a file.
type reader struct{ faults []fault }

type fault struct {
	line int
	what string
}

// fault notes a fault once, in however many chapters it is.
func (r *reader) fault(line int, format string, args ...any) {
	if f := (fault{line, fmt.Sprintf(format, args...)}); !slices.Contains(r.faults, f) {
		r.faults = append(r.faults, f)
	}
}

// take cuts a key out of a mapping and returns its value, or nil.
func (r *reader) take(mapping *yaml.Node, key string) *yaml.Node {
	if mapping.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		if mapping.Content[i].Value == key {
			value := mapping.Content[i+1]
			mapping.Content = slices.Delete(mapping.Content, i, i+2)
			return value
		}
	}
	return nil
}

// version names the policy in every decision: by the merchant's own word for it, if
// there is one, and by a digest of the file.
func (r *reader) version(node *yaml.Node, raw []byte) string {
	sum := sha256.Sum256(raw)
	digest := hex.EncodeToString(sum[:4])
	if node == nil {
		return digest
	}
	if node.Kind != yaml.ScalarNode || node.Value == "" || len(node.Value) > 40 {
		r.fault(node.Line, "version: write a word of your own for this version, of at most 40 characters, or leave it out")
	}
	return node.Value + " " + digest
}

func (r *reader) readIntegrations(node *yaml.Node, usual chapter) map[string]chapter {
	all := map[string]chapter{}
	if node == nil || node.Tag == "!!null" {
		return all
	}
	r.eachKey(node, "integrations", func(key, value *yaml.Node) {
		if !contract.ValidIntegration(key.Value) {
			r.fault(key.Line, "integrations: %q cannot be an integration's name: it has lower-case letters, digits and hyphens, as in its webhook's address", key.Value)
			return
		}
		c := chapter{policy: usual.policy, from: maps.Clone(usual.from)}
		c.policy.Mails = maps.Clone(usual.policy.Mails)
		r.readChapter(value, &c)
		all[key.Value] = c
	})
	return all
}

// readChapter reads all settings below a node.
func (r *reader) readChapter(node *yaml.Node, c *chapter) {
	r.readTree(node, "", settings(&c.policy), c)
}

// readTree reads the settings of a table, whose paths begin with prefix.
func (r *reader) readTree(node *yaml.Node, prefix string, table []setting, c *chapter) {
	if node.Tag == "!!null" {
		return // a heading with nothing below it
	}
	r.eachKey(node, strings.TrimSuffix(prefix, "."), func(key, value *yaml.Node) {
		path := prefix + key.Value
		found, err := below(table, prefix, key.Value)
		switch {
		case err != nil:
			r.fault(key.Line, "%s: %v", strings.TrimSuffix(prefix, "."), err)
		case len(found) == 0:
			r.fault(key.Line, "%s is no setting; %s", path, known(table, prefix))
		case found[0].path != path:
			c.from[path] = key.Line
			r.readTree(value, path+".", found, c)
		case value.Kind != yaml.ScalarNode:
			r.fault(value.Line, "%s: write one value: %s", path, found[0].allowed)
		default:
			c.from[path] = value.Line
			if err := found[0].set(value.Value); err != nil {
				r.fault(value.Line, "%s: %v", path, err)
			}
		}
	})
}

// eachKey goes through a mapping and wants each key once.
func (r *reader) eachKey(node *yaml.Node, path string, f func(key, value *yaml.Node)) {
	if node.Kind != yaml.MappingNode {
		where := "the file"
		if path != "" {
			where = path
		}
		r.fault(node.Line, "%s: write settings below it, each on a line of its own: name: value", where)
		return
	}
	seen := map[string]int{}
	for i := 0; i+1 < len(node.Content); i += 2 {
		key, value := node.Content[i], node.Content[i+1]
		if value.Kind == yaml.AliasNode {
			value = value.Alias
		}
		if line, ok := seen[key.Value]; ok {
			r.fault(key.Line, "%s stands on line %d already: keep one", key.Value, line)
			continue
		}
		seen[key.Value] = key.Line
		f(key, value)
	}
}

// known names the settings below a prefix.
func known(table []setting, prefix string) string {
	var names []string
	for _, s := range table {
		if rest, ok := strings.CutPrefix(s.path, prefix); ok {
			name, _, _ := strings.Cut(rest, ".")
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	if prefix == "" {
		return "there are version, integrations, " + strings.Join(names, ", ")
	}
	return fmt.Sprintf("below %s there are %s", strings.TrimSuffix(prefix, "."), strings.Join(names, ", "))
}
