package policy

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"waybill/yamlfile"
)

// nameless keeps people's names and addresses out of a fault, which is logged. Its line says
// whom it is about. The longest names come first: one name can begin with another.
func nameless(what string, names []string) string {
	if before, _, unseen := strings.Cut(what, strings.TrimSuffix(peoplePath, ".")+": invisible characters stand beside "); unseen {
		return before + "people: invisible characters stand beside this name: delete them"
	}
	what = address.ReplaceAllStringFunc(what, func(found string) string {
		if strings.HasSuffix(found, "@shop.example") { // ours, of an example
			return found
		}
		return "…"
	})
	for _, name := range names {
		if _, rest, twice := strings.Cut(what, "people: "+name+" stands on line"); twice {
			return "this name stands on line" + rest
		}
		for _, written := range []string{level(name), name} {
			what = strings.ReplaceAll(what, peoplePath+written, peoplePath+"*")
		}
		what = strings.ReplaceAll(what, strconv.Quote(name)+" is not ", `"…" is not `)
		// A line that is shown may be that of a person.
		shown := regexp.MustCompile(`(: write this: ["' ]*)` + regexp.QuoteMeta(name) + `(["']?:)`)
		what = shown.ReplaceAllString(what, "${1}…${2}")
	}
	return what
}

// address is a mail address in a fault.
var address = regexp.MustCompile(`[^\s"'<>:,]+@[^\s"'<>:,]+`)

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
