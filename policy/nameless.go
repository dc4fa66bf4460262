package policy

import (
	"regexp"
	"slices"
	"strings"

	"waybill/yamlfile"
)

// nameless keeps people's names out of a fault, which is logged. Its line says whom it is
// about. The longest names come first: one name can begin with another.
func nameless(what string, names []string) string {
	for _, name := range names {
		if _, rest, twice := strings.Cut(what, "people: "+name+" stands on line"); twice {
			return "this name stands on line" + rest
		}
		for _, written := range []string{level(name), name} {
			what = strings.ReplaceAll(what, peoplePath+written, peoplePath+"*")
		}
		// A line that is shown may be that of a person.
		shown := regexp.MustCompile(`(: write this: ["' ]*)` + regexp.QuoteMeta(name) + `(["']?:)`)
		what = shown.ReplaceAllString(what, "${1}…${2}")
	}
	return what
}

// namesIn are the names of people anywhere in a file, the longest first.
func namesIn(value *yamlfile.Value) []string {
	var names []string
	for _, pair := range value.Pairs {
		if pair.Key != "people" {
			names = append(names, namesIn(pair.Value)...)
			continue
		}
		for _, person := range pair.Value.Pairs {
			names = append(names, person.Key)
		}
	}
	slices.SortFunc(names, func(a, b string) int { return len(b) - len(a) })
	return names
}
