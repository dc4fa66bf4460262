package yamlfile

import (
	"regexp"
	"strconv"
	"strings"
	"unicode"
)

var (
	// plain is what needs no quotation marks.
	plain = regexp.MustCompile(`^[\p{L}\p{N}][\p{L}\p{M}\p{N} ._,/+'’-]*$`)
	// taken are words that YAML takes for no text.
	taken = regexp.MustCompile(`^(?i:null|true|false|yes|no|on|off|y|n)$`)
	// secret is what a fault does not repeat, because faults are logged: a mail address,
	// or a long number such as a token's hash.
	secret = regexp.MustCompile(`@|[0-9a-fA-F]{32}`)
)

// Private reports whether a fault must not repeat a text: it may be an address or a
// secret.
func Private(text string) bool { return secret.MatchString(text) }

// Line is the pair with another value, as it should be written: name: "Shop #1". A fault
// may show it: a value that is an address or a secret is left out.
func (p Pair) Line(value string) string {
	if secret.MatchString(value) {
		value = "…"
	}
	return p.Example(value)
}

// Example is the same for a value that does not come from the file.
func (p Pair) Example(value string) string {
	if p.quoted {
		return strconv.Quote(p.Key) + ": " + strconv.Quote(value)
	}
	return Line(p.Key, value)
}

// Line is a pair as it should be written.
func Line(key, value string) string { return line(key, written(value, false)) }

// lineOf is the line of a text. It has quotation marks wherever they can be needed.
func lineOf(key, value string) string { return line(key, written(value, true)) }

func line(key, value string) string {
	switch key {
	case "":
		return value
	case "-":
		return "- " + value
	}
	return writeKey(key) + ": " + value
}

func writeKey(key string) string { return written(key, true) }

// written is a scalar of YAML. isText is false for what may also be a number or a switch.
func written(value string, isText bool) string {
	switch {
	case !plain.MatchString(value), strings.HasSuffix(value, " "), strings.EqualFold(value, "null"), isText && taken.MatchString(value):
		return quoted(value)
	}
	return value
}

// quotedSafely is a text in quotation marks, as a fault may show it.
func quotedSafely(value string) string {
	if secret.MatchString(value) {
		return `"…"`
	}
	return quoted(value)
}

// safely is a line as a fault may show it.
func safely(line string) string {
	if secret.MatchString(line) {
		name, _, _ := strings.Cut(line, ":")
		return name + `: "…"`
	}
	return line
}

// quoted is a text in quotation marks: in single ones if it has double ones itself.
func quoted(value string) string {
	if strings.ContainsAny(value, `"\`) && !strings.ContainsFunc(value, func(c rune) bool { return c == '\'' || !unicode.IsPrint(c) }) {
		return "'" + value + "'"
	}
	return strconv.Quote(value)
}

// Nearest is the name that a wrong one was probably meant to be; empty if none is near.
func Nearest(wrong string, names []string) string {
	best, least := "", 1+min(2, len(wrong)/2)
	for _, name := range names {
		if longer := len(wrong) - len(name); longer < -8 || longer > 8 {
			continue
		}
		if d := distance(bare(wrong), bare(name)); d < least {
			best, least = name, d
		}
	}
	return best
}

// bare is a name without what people take for small differences.
func bare(name string) []rune {
	return []rune(strings.ToLower(strings.NewReplacer("-", "_", " ", "_").Replace(strings.TrimFunc(name, invisible))))
}

// distance is how many letters were changed, left out, added or exchanged with the next.
// https://en.wikipedia.org/wiki/Damerau–Levenshtein_distance
func distance(a, b []rune) int {
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range b {
		rows[0][j+1] = j + 1
	}
	for i := range a {
		for j := range b {
			change := rows[i][j]
			if a[i] != b[j] {
				change++
			}
			rows[i+1][j+1] = min(change, rows[i][j+1]+1, rows[i+1][j]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				rows[i+1][j+1] = min(rows[i+1][j+1], rows[i-1][j-1]+1)
			}
		}
	}
	return rows[len(a)][len(b)]
}
