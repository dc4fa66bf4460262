// Package yamlfile reads the YAML files that people write by hand: a merchant's policy,
// and the words of mails.
//
// YAML takes much that people write for something else: what follows # for a comment,
// {{.Shop}} for a map, ! for a tag. [Read] finds where that has happened. Each of its
// faults has a line of the file, and most have the line as it should be written. It is
// the only room that knows YAML.
package yamlfile

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Kind is what stands somewhere in a file.
type Kind int

// The kinds of a [Value].
const (
	// Nothing is an empty place, null or ~.
	Nothing Kind = iota
	// Text is one value, be it a word, a number or a date: YAML's own ideas of what is a
	// number do not count.
	Text
	// List has items, which begin with "- ".
	List
	// Map has pairs of a key and a value.
	Map
)

// Value is what stands in a file after a key, or as an item of a list.
type Value struct {
	Kind Kind
	// Line counts from 1.
	Line int
	// Text is a Text as it was written, without quotation marks.
	Text string
	// Comment follows a Text or Nothing without a space after its #, or has a blank of a
	// template in it. So it may be text: "1 of the town" in "name: Shop #1 of the town".
	// It is empty if no such comment follows.
	Comment string
	Items   []*Value
	Pairs   []Pair
}

// Pair is a key of a [Map] and its value. A map has each key once.
type Pair struct {
	// Key is a text, and KeyLine where it stands.
	Key     string
	KeyLine int
	Value   *Value
	// quoted is set if the key is in quotation marks, as in JSON.
	quoted bool
}

// Whole is a text with the comment that may belong to it.
func (v *Value) Whole() string {
	if v.Comment == "" {
		return v.Text
	}
	return strings.TrimSpace(v.Text + " " + v.Comment)
}

// Take cuts a key out of a map and returns its value, or nil if there is none.
func (v *Value) Take(key string) *Value {
	i := slices.IndexFunc(v.Pairs, func(p Pair) bool { return p.Key == key })
	if i < 0 {
		return nil
	}
	value := v.Pairs[i].Value
	v.Pairs = slices.Delete(v.Pairs, i, i+1)
	return value
}

// Limits of a file. No file that a person writes comes near them.
const (
	mostLevels = 20
	mostValues = 100_000
)

// Read reads a file; name is what faults call it. It always returns what could be read,
// which is Nothing if that is nothing, so that a caller can look for more faults.
func Read(name string, raw []byte) (*Value, *Faults) {
	faults := &Faults{name: name}
	lines := faults.decode(raw)
	documents, lines := faults.parse(lines)
	r := reader{Faults: faults, lines: lines, used: anchorsUsed(documents), inside: map[*yaml.Node]bool{}}
	return r.whole(documents), faults
}

// reader turns YAML's nodes into values.
type reader struct {
	*Faults
	// lines are the file's, in which the nodes stand.
	lines []string
	// used are the anchors to which an alias refers.
	used map[string]bool
	// inside are the nodes that are being read, values how many were read.
	inside map[*yaml.Node]bool
	values int
}

func anchorsUsed(nodes []*yaml.Node) map[string]bool {
	used := map[string]bool{}
	var visit func(*yaml.Node)
	visit = func(n *yaml.Node) {
		if n.Kind == yaml.AliasNode {
			used[n.Value] = true
		}
		for _, child := range n.Content {
			visit(child)
		}
	}
	for _, n := range nodes {
		visit(n)
	}
	return used
}

// whole is the first document. A second one is a fault, unless it says nothing; it is
// read for its faults.
func (r *reader) whole(documents []*yaml.Node) *Value {
	whole := &Value{Line: 1}
	for i, document := range documents {
		value := r.value(document.Content[0], nil)
		switch {
		case value.Kind == Nothing && value.Comment == "":
		case whole.Kind == Nothing:
			whole = value
		default:
			r.Add(documents[i].Line, "a second document begins here, which would not be read: leave out the line ---")
		}
	}
	return whole
}

// value reads a node; path is the keys that lead to it.
func (r *reader) value(n *yaml.Node, path []string) *Value {
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	nothing := &Value{Line: n.Line}
	r.values++
	switch {
	case r.inside[n]:
		r.Add(n.Line, "%s&%s refers to itself: write out what belongs there", prefix(path), n.Anchor)
		return nothing
	case len(path) > mostLevels:
		r.Add(n.Line, "%smore than %d levels are below each other: write fewer", prefix(path[:1]), mostLevels)
		return nothing
	case r.values > mostValues:
		r.Add(1, "it has more than %d values, counting each use of an alias: write fewer", mostValues)
		return nothing
	}
	r.inside[n] = true
	defer delete(r.inside, n)
	if text, what := r.meantAsText(n); what != "" {
		r.Add(n.Line, "%s%s: write this: %s", prefix(path), what, safely(lineOf(last(path), text)))
		return &Value{Kind: Text, Line: n.Line, Text: text}
	}
	switch n.Kind {
	case yaml.MappingNode:
		return &Value{Kind: Map, Line: n.Line, Pairs: r.pairs(n, path)}
	case yaml.SequenceNode:
		list := &Value{Kind: List, Line: n.Line}
		for _, item := range n.Content {
			list.Items = append(list.Items, r.value(item, append(slices.Clip(path), "-")))
		}
		return list
	default:
		v := &Value{Kind: Text, Line: n.Line, Text: n.Value, Comment: r.comment(n)}
		if n.Tag == "!!null" {
			v.Kind, v.Text = Nothing, ""
		}
		return v
	}
}

// pairs reads a map. What a merge key (<<) brings counts unless the map has the key
// itself. https://yaml.org/type/merge.html
func (r *reader) pairs(n *yaml.Node, path []string) []Pair {
	var own, merged []Pair
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if key.Kind == yaml.AliasNode {
			key = key.Alias
		}
		if key.Tag == "!!merge" {
			merged = append(merged, r.merged(value, path)...)
			continue
		}
		name, ok := r.key(key, path)
		if !ok {
			continue
		}
		if at := find(own, name); at != nil {
			r.Add(key.Line, "%s%s stands on line %d already: keep one", prefix(path), name, at.KeyLine)
			r.value(value, append(slices.Clip(path), name)) // for its faults
			continue
		}
		quoted := key.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle) != 0
		own = append(own, Pair{name, key.Line, r.value(value, append(slices.Clip(path), name)), quoted})
	}
	for _, p := range merged {
		if find(own, p.Key) == nil {
			own = append(own, p)
		}
	}
	return own
}

// merged is what a merge key brings: a map, or several of which the first counts.
func (r *reader) merged(n *yaml.Node, path []string) []Pair {
	value := r.value(n, path)
	switch value.Kind {
	case Map:
		return value.Pairs
	case List:
		var all []Pair
		for _, item := range value.Items {
			if item.Kind != Map {
				r.Add(n.Line, "%s<<: write the names of maps after it, as in this: <<: [*one, *other]", prefix(path))
			}
			all = append(all, item.Pairs...)
		}
		return all
	case Nothing, Text:
	}
	r.Add(n.Line, "%s<<: write the name of a map after it, as in this: <<: *usual", prefix(path))
	return nil
}

func find(pairs []Pair, key string) *Pair {
	if i := slices.IndexFunc(pairs, func(p Pair) bool { return p.Key == key }); i >= 0 {
		return &pairs[i]
	}
	return nil
}

// key reads a key, which has to be a text that a person can see.
func (r *reader) key(n *yaml.Node, path []string) (name string, ok bool) {
	switch {
	case n.Kind != yaml.ScalarNode:
		r.Add(n.Line, "%sa list or a map cannot be a name: write name: value", prefix(path))
		return "", false
	case n.Value == "":
		r.Add(n.Line, "%sa name is missing before the colon: write name: value", prefix(path))
		return "", false
	}
	if clean := strings.TrimFunc(n.Value, invisible); clean != n.Value {
		r.Add(n.Line, "%sinvisible characters stand beside %s: write this: %s", prefix(path), clean, strings.TrimSpace(writeKey(clean)+":"))
		return "", false
	}
	return n.Value, true
}

func prefix(path []string) string {
	if len(path) == 0 {
		return ""
	}
	return strings.Join(path, ".") + ": "
}

func last(path []string) string {
	if len(path) == 0 {
		return ""
	}
	return path[len(path)-1]
}
