package yamlfile

import (
	"regexp"
	"strings"
	"unicode"

	"go.yaml.in/yaml/v3"
)

// standardTag begins a value whose kind a person named on purpose.
var standardTag = regexp.MustCompile(`^!!(str|int|float|bool|null|timestamp|map|seq)\b`)

// meantAsText finds a text that YAML takes for something else. what is empty if n is
// what it looks like.
func (r *reader) meantAsText(n *yaml.Node) (text, what string) {
	source := r.source(n)
	mark, _, _ := strings.Cut(source, " ")
	if secret.MatchString(mark) {
		mark = mark[:1]
	}
	switch {
	case n.Kind == yaml.MappingNode && strings.HasPrefix(source, "{{"):
		return balanced(source), "YAML takes {{ for the beginning of a map"
	case strings.HasPrefix(source, "!") && !standardTag.MatchString(source):
		return source, "YAML takes " + mark + " for a tag"
	case n.Kind == yaml.ScalarNode && n.Anchor != "" && !r.used[n.Anchor] && strings.HasPrefix(source, "&"):
		return source, "YAML takes " + mark + " for an anchor"
	case n.Kind == yaml.ScalarNode && n.Style == 0:
		whole := strings.TrimSpace(n.Value + " " + r.comment(n))
		if m := curly.FindStringSubmatch(whole); m != nil {
			return m[1], "curly quotation marks are letters to YAML"
		}
	}
	return "", ""
}

// curly is a text in the quotation marks of a word processor.
var curly = regexp.MustCompile(`^[“„‘](.*)[”“’]$`)

// source is what stands in the file from a node to the end of its line, without a
// comment after it.
func (r *reader) source(n *yaml.Node) string {
	rest, _, _ := strings.Cut(r.from(n.Line, n.Column), " # ")
	return strings.TrimSpace(rest)
}

// from is the rest of a line; both numbers begin with 1, and columns are characters.
func (r *reader) from(line, column int) string {
	if line < 1 || line > len(r.lines) {
		return ""
	}
	text := []rune(r.lines[line-1])
	return string(text[min(max(column-1, 0), len(text)):])
}

// balanced leaves out the braces that close a map around a text.
func balanced(source string) string {
	for strings.Count(source, "}") > strings.Count(source, "{") && strings.HasSuffix(source, "}") {
		source = strings.TrimSpace(strings.TrimSuffix(source, "}"))
	}
	return source
}

// comment is what follows a text without quotation marks and may belong to it; see
// [Value.Comment]. YAML's library keeps comments too, but not always with the text that
// they follow. What follows another # with spaces around it was meant as a comment.
func (r *reader) comment(n *yaml.Node) string {
	if n.Kind != yaml.ScalarNode || n.Style != 0 {
		return ""
	}
	rest, line := r.from(n.Line, n.Column), n.Line
	for _, word := range strings.Fields(n.Value) {
		for strings.TrimSpace(rest) == "" && line < len(r.lines) {
			line++
			rest = r.from(line, 1)
		}
		after, ok := strings.CutPrefix(strings.TrimSpace(rest), word)
		if !ok {
			return ""
		}
		rest = after
	}
	rest, _, _ = strings.Cut(strings.TrimSpace(rest), " # ")
	text, ok := strings.CutPrefix(rest, "#")
	if !ok || strings.TrimSpace(text) == "" {
		return ""
	}
	first := []rune(text)[0]
	if unicode.IsLetter(first) || unicode.IsDigit(first) || strings.Contains(text, "{{") {
		return rest
	}
	return ""
}
