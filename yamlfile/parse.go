package yamlfile

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"

	"go.yaml.in/yaml/v3"
)

const (
	// mostMends is how many broken lines of a file are told.
	mostMends = 20
	// mostParsed is how many bytes are parsed to find them.
	mostParsed = 8 << 20
	// longestPiece is how many lines of a text or a list in brackets are looked through for
	// its end.
	longestPiece = 60
)

// parse reads the documents of a file. It mends a broken line as its writer may have
// meant it, and reads on, so that all faults are told. It returns the lines that
// it read.
func (f *Faults) parse(lines []string) ([]*yaml.Node, []string) {
	p := parsing{f, lines, mostParsed}
	for range mostMends {
		documents, err := p.try(len(p.lines))
		if err == nil {
			return documents, p.lines
		}
		if path.Ext(f.name) == ".json" {
			if p.unescape() {
				continue
			}
			p.tellJSON(err)
			return nil, p.lines
		}
		at := p.broken()
		if p.left < 0 {
			f.Add(lineIn(err), "%s, and the file has too many other faults to find the line: look above it", problem(err))
			return nil, p.lines
		}
		if !p.mend(at) {
			f.Add(at+1, "%s: look for a missing quotation mark, bracket, colon or space; what follows was not checked", problem(err))
			p.lines = p.lines[:at]
		}
	}
	documents, _ := p.try(len(p.lines)) // the faults are told
	return documents, p.lines
}

type parsing struct {
	*Faults
	lines []string
	// left is how many bytes may still be parsed.
	left int
}

var errTooMuch = errors.New("the file has too many faults")

// try parses the first lines.
func (p *parsing) try(first int) (documents []*yaml.Node, err error) {
	text := strings.Join(p.lines[:first], "\n")
	if p.left -= len(text); p.left < 0 {
		return nil, errTooMuch
	}
	defer func() {
		if broken := recover(); broken != nil { // the library panics on some files
			err = fmt.Errorf("%v", broken)
		}
	}()
	decoder := yaml.NewDecoder(strings.NewReader(text))
	for {
		document := new(yaml.Node)
		switch err := decoder.Decode(document); {
		case errors.Is(err, io.EOF):
			return documents, nil
		case err != nil:
			return nil, err
		}
		documents = append(documents, document)
	}
}

func (p *parsing) parses(first int) bool { _, err := p.try(first); return err == nil }

// broken is the index of the line that cannot be read: what stands before it can, and
// nothing that ends after it. The line that YAML's library names is often another one.
func (p *parsing) broken() int {
	good, bad := 0, len(p.lines)
	for {
		for bad-good > 1 {
			if middle := (good + bad) / 2; p.parses(middle) {
				good = middle
			} else {
				bad = middle
			}
		}
		// The line may also be the first of several that belong together.
		next := bad + 1
		for next < min(len(p.lines), bad+longestPiece) && !p.parses(next) {
			next++
		}
		if next >= min(len(p.lines), bad+longestPiece) {
			return good
		}
		good, bad = next, len(p.lines)
	}
}

// problem is what YAML's library says, without the line and what it quotes.
func problem(err error) string {
	what := strings.TrimPrefix(err.Error(), "yaml: ")
	if rest, ok := strings.CutPrefix(what, "line "); ok {
		_, what, _ = strings.Cut(rest, ": ")
	}
	if strings.HasPrefix(what, "unknown anchor") {
		what = "unknown anchor"
	}
	return "YAML cannot read this line (" + what + ")"
}

var named = regexp.MustCompile(`line (\d+):`)

// lineIn is the line that YAML's library names, or the first.
func lineIn(err error) int {
	if m := named.FindStringSubmatch(err.Error()); m != nil {
		line, _ := strconv.Atoi(m[1]) // digits
		return line
	}
	return 1
}

// mend writes a broken line anew if that makes it readable, and tells how.
func (p *parsing) mend(at int) bool {
	for _, one := range p.candidates(at) {
		broken := p.lines[one.at]
		p.lines[one.at] = one.line
		if !p.parses(at + 1) {
			p.lines[one.at] = broken
			continue
		}
		shown := strings.TrimSpace(one.line)
		if one.indented {
			shown = strconv.Quote(one.line)
		}
		switch {
		case one.shown != "":
			shown = one.shown
		case secret.MatchString(shown):
			shown = `…`
		}
		p.Add(one.at+1, "%s: write this: %s", one.what, shown)
		if one.spaces != "" {
			p.respace(one.at, one.spaces)
		}
		return true
	}
	return false
}

// candidates are what a broken line may have been meant as, or else the line before it,
// if that is no pair: YAML reads both as one text.
func (p *parsing) candidates(at int) []mended {
	var all []mended
	before := p.before(at)
	if before >= 0 && (isOdd(indentation(p.lines[before])) || valueIn(p.lines[before]) == nil) {
		all = append(p.spaced(before), p.rewritten(before)...)
		for i := range all {
			all[i].at = before
		}
	}
	for _, one := range append(p.spaced(at), p.rewritten(at)...) {
		one.at = at
		all = append(all, one)
	}
	return all
}

// before is the index of the line above that is not empty; -1 if there is none.
func (p *parsing) before(at int) int {
	for at--; at >= 0 && strings.TrimSpace(p.lines[at]) == ""; at-- {
	}
	return at
}

func (p *parsing) above(at int) string {
	if before := p.before(at); before >= 0 {
		return p.lines[before]
	}
	return ""
}

// mended is a line as it may have been meant.
type mended struct {
	// at is its index.
	at         int
	line, what string
	// shown is the line for the fault, if it differs.
	shown string
	// indented is set if the spaces before the line matter.
	indented bool
	// spaces stand for a tab from this line on, if set.
	spaces string
}

// indentation is what stands before a line.
func indentation(line string) string {
	return line[:len(line)-len(strings.TrimLeftFunc(line, invisible))]
}

// isOdd reports whether there is more before a line than what the space bar writes.
func isOdd(indentation string) bool { return strings.Trim(indentation, " ") != "" }

// spaced are a line with spaces for tabs and the like, or with as many as a line
// before it.
func (p *parsing) spaced(at int) []mended {
	line := p.lines[at]
	before := indentation(line)
	text := line[len(before):]
	var all []mended
	if isOdd(before) {
		for _, spaces := range []string{"  ", "    ", "        "} {
			tidy := respaced(line, spaces)
			if above := p.above(at); strings.HasSuffix(strings.TrimSpace(above), ":") && len(indentation(tidy)) <= len(indentation(above)) {
				continue // it stands below that heading
			}
			all = append(all, mended{
				line: tidy, indented: true, spaces: spaces,
				what: "it begins with a tab or another space than that of the space bar, which YAML does not take",
			})
		}
		return all
	}
	tried := map[string]bool{before: true}
	for i := at - 1; i >= 0 && len(tried) < mostLevels; i-- {
		other := indentation(p.lines[i])
		if text := strings.TrimSpace(p.lines[i]); tried[other] || text == "" || text[0] == '#' {
			continue
		}
		tried[other] = true
		all = append(all, mended{line: other + text, what: "it begins in another column than the lines above it that it belongs to", indented: true})
	}
	return all
}

// respaced has spaces for tabs, one for each other kind of space, and nothing invisible.
func respaced(line, spaces string) string {
	var before strings.Builder
	for _, c := range indentation(line) {
		switch {
		case c == '\t':
			before.WriteString(spaces)
		case unicode.IsSpace(c):
			before.WriteByte(' ')
		}
	}
	return before.String() + strings.TrimLeftFunc(line, invisible)
}

// respace writes spaces for the tabs of the other lines too: they are one fault.
func (p *parsing) respace(from int, spaces string) {
	for i := from; i < len(p.lines); i++ {
		p.lines[i] = respaced(p.lines[i], spaces)
	}
}

var (
	// pair has what stands before a value, with its key, and the value.
	pair = regexp.MustCompile(`^(\s*(?:- +)*(?:"[^"]*"|'[^']*'|[^\s:#"'-][^:#]*?)\s*:\s+)(\S.*)$`)
	item = regexp.MustCompile(`^(\s*(?:- +)+)(\S.*)$`)
	// tight has no space after its colon, and equal none at all.
	tight = regexp.MustCompile(`^(\s*(?:- +)*[\w.-]+):(\S.*)$`)
	equal = regexp.MustCompile(`^(\s*(?:- +)*[\w.-]+)\s*[= ]\s*(\S.*)$`)
)

// valueIn divides a line before the value in it; nil if there is none.
func valueIn(line string) []string {
	if m := pair.FindStringSubmatch(line); m != nil {
		return m
	}
	return item.FindStringSubmatch(line)
}

// rewritten are what a line may have been meant as, what is likelier first.
func (p *parsing) rewritten(at int) []mended {
	line := p.lines[at]
	m := valueIn(line)
	if m == nil {
		var all []mended
		for _, form := range []*regexp.Regexp{tight, equal} {
			if m := form.FindStringSubmatch(line); m != nil {
				all = append(all, mended{line: m[1] + ": " + strings.TrimSpace(m[2]), what: "a colon and a space have to stand between a name and its value"})
			}
		}
		return all
	}
	value, comment, _ := strings.Cut(m[2], " # ")
	value = strings.TrimSpace(value)
	if comment != "" {
		comment = " # " + comment
	}
	switch {
	case strings.HasPrefix(value, "{{"):
	case value[0] == '{' || value[0] == '[':
		switch closing, maybeLater := p.closing(at, value); {
		case maybeLater:
			return nil
		case closing != "":
			return []mended{{line: m[1] + value + closing + comment, what: "a bracket is missing at its end"}}
		}
	}
	text := value
	if mark := value[:1]; mark == `"` || mark == "'" {
		if inner := value[1:]; !strings.Contains(inner, mark) {
			text = inner
		} else if strings.HasSuffix(inner, mark) {
			text = inner[:len(inner)-1]
		}
	}
	return []mended{{line: m[1] + quoted(text) + comment, shown: strings.TrimSpace(m[1]) + " " + quotedSafely(text), what: "this text needs quotation marks around it"}}
}

// closing are the brackets that are missing at the end of a value, unless they may
// stand on a later line.
func (p *parsing) closing(at int, value string) (brackets string, maybeLater bool) {
	for _, c := range value {
		switch {
		case c == '{':
			brackets = "}" + brackets
		case c == '[':
			brackets = "]" + brackets
		case brackets != "" && string(c) == brackets[:1]:
			brackets = brackets[1:]
		}
	}
	later := strings.Join(p.lines[at+1:min(at+1+longestPiece, len(p.lines))], "")
	return brackets, brackets != "" && strings.ContainsAny(later, "]}")
}

// escapes are those of JSON that YAML's library does not know: a slash, and a letter in
// two halves. A backslash that stands for itself comes first.
var escapes = regexp.MustCompile(`\\\\|\\/|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}`)

// unescape writes what such escapes stand for. It reports whether there were any.
func (p *parsing) unescape() bool {
	before := strings.Join(p.lines, "\n")
	after := escapes.ReplaceAllStringFunc(before, func(escape string) string {
		switch escape {
		case `\\`:
			return escape
		case `\/`:
			return "/"
		}
		high, _ := strconv.ParseUint(escape[2:6], 16, 16) // the expression above has checked them
		low, _ := strconv.ParseUint(escape[8:12], 16, 16)
		return string(utf16.DecodeRune(rune(high), rune(low)))
	})
	p.lines = strings.Split(after, "\n")
	return after != before
}

// tellJSON tells where a file stops being JSON, or else what YAML's library says.
func (p *parsing) tellJSON(err error) {
	text := strings.Join(p.lines, "\n")
	line, what := lineIn(err), problem(err)
	var wrong *json.SyntaxError
	if err := json.Unmarshal([]byte(text), new(any)); errors.As(err, &wrong) {
		line, what = 1+strings.Count(text[:min(int(wrong.Offset), len(text))], "\n"), "this is not JSON ("+err.Error()+")"
	}
	p.Add(line, "%s: look for a missing quotation mark, bracket or comma; what follows was not checked", what)
}
