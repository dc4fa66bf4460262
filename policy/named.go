package policy

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"waybill/parcel"
)

// names are what may stand where a setting's path has "*", and says tells a
// merchant so.
type names struct {
	allowed *regexp.Regexp
	// exists reports whether an allowed name is one of something; nil if all are.
	exists func(string) bool
	says   string
	// example is such a name.
	example string
	// mend writes a name as it was probably meant; nil if that is not known.
	mend func(string) string
	// mistaken says how a text that was not meant as a name came to stand there, and what to
	// write; empty if it was meant as one.
	mistaken func(string) string
	// private keeps faults from quoting a name that is not allowed: it is a person's.
	private bool
}

var (
	countries = names{
		allowed: regexp.MustCompile(`^[A-Z]{2}$`), exists: parcel.ValidCountry, mend: countryOf,
		says: "the two capital letters of a country, such as NL", example: "NL",
	}
	carriers = names{
		allowed: regexp.MustCompile(`^[a-z0-9_]{1,60}$`), mend: codeOf,
		says: "a carrier's code in Sendcloud's API, such as mondial_relay", example: "mondial_relay",
	}
	currencies = names{
		allowed: regexp.MustCompile(`^[A-Z]{3}$`), mend: strings.ToUpper, mistaken: decimals,
		says: "the three capital letters of a currency, such as EUR", example: "EUR",
	}
)

// countryOf is the code of a country in ISO 3166-1: the Commission of the EU writes two
// countries by codes of its own, and people write UK.
func countryOf(name string) string {
	switch code := strings.ToUpper(name); code {
	case "UK":
		return "GB"
	case "EL":
		return "GR"
	default:
		return code
	}
}

var digits = regexp.MustCompile(`^[0-9]+$`)

// decimals are what YAML cuts off an amount in {EUR: 6,95}.
func decimals(name string) string {
	if !digits.MatchString(name) {
		return ""
	}
	return `between { and }, a comma begins another entry: put quotation marks around an amount with a comma, as in this: EUR: "6,95"`
}

// codeOf is a carrier's name as its code may be.
func codeOf(name string) string {
	return strings.NewReplacer("-", "_", " ", "_").Replace(strings.ToLower(name))
}

func (n names) valid(name string) bool {
	return n.allowed.MatchString(name) && (n.exists == nil || n.exists(name))
}

func (n names) check(name string) error {
	if n.valid(name) {
		return nil
	}
	if n.mistaken != nil {
		if why := n.mistaken(name); why != "" {
			return fmt.Errorf("%q is not allowed: %s", name, why)
		}
	}
	if n.private {
		return fmt.Errorf("this name is not allowed: write %s", n.says)
	}
	better := ""
	if n.mend != nil {
		better = instead(n.mend(name), n.valid, func(right string) string { return right + ":" })
	}
	return fmt.Errorf("%q is not allowed: write %s%s", name, n.says, better)
}

// level is a name as a level of a path: in quotation marks if it has dots.
func level(name string) string {
	if strings.Contains(name, ".") {
		return `"` + name + `"`
	}
	return name
}

// cutLevel divides a path after its first level. rest is empty if that is the last one.
func cutLevel(path string) (first, rest string) {
	if quoted, ok := strings.CutPrefix(path, `"`); ok {
		first, rest, _ = strings.Cut(quoted, `"`)
		return first, strings.TrimPrefix(rest, ".")
	}
	first, rest, _ = strings.Cut(path, ".")
	return first, rest
}

// named is about the first "*" of a setting's path.
type named struct {
	names
	// has lists the names that the policy gives a value to.
	has func() []string
	// one is the setting of one name, but for its path.
	one func(name string) setting
}

// each makes one setting for each name; its value is kept in all, under the name.
// of makes the setting of a name, for a value that is kept by itself.
func each[T any](n names, all *map[string]T, of func(name string, value *T) setting) setting {
	s := of("", new(T))
	s.named = &named{
		names: n,
		has:   func() []string { return slices.Sorted(maps.Keys(*all)) },
		one: func(name string) setting {
			value := new(T)
			return of(name, value).around(
				func() { *value = (*all)[name] },
				func() {
					// Another integration may have the same map.
					changed := map[string]T{}
					maps.Copy(changed, *all)
					changed[name] = *value
					*all = changed
				})
		},
	}
	return s
}

// around loads the value of a setting before it is set or shown, and stores it
// after it was set.
func (s setting) around(load, store func()) setting {
	one := s
	one.set = func(text string) error {
		load()
		err := s.set(text)
		if err == nil {
			store()
		}
		return err
	}
	one.show = func() string {
		load()
		return s.show()
	}
	if s.named != nil {
		one.named = &named{
			names: s.named.names,
			has: func() []string {
				load()
				return s.named.has()
			},
			one: func(name string) setting { return s.named.one(name).around(load, store) },
		}
	}
	return one
}

// of is the setting of one name, which stands for the first "*" of its path.
func (s setting) of(name string) setting {
	one := s.named.one(name)
	one.path = strings.Replace(s.path, "*", level(name), 1)
	return one
}

// below are the settings at and below a name that stands after a prefix, and its path.
func below(table []setting, prefix, name string) (path string, found []setting, err error) {
	path = prefix + name
	for _, s := range table {
		switch {
		case at(s.path, prefix+name) && !strings.Contains(name, "*"):
			found = append(found, s)
		case at(s.path, prefix+"*"):
			if err := s.named.check(name); err != nil {
				return path, nil, err
			}
			path, found = prefix+level(name), append(found, s.of(name))
		}
	}
	return path, found, nil
}

// at reports whether a setting's path is this one or lies below it.
func at(path, this string) bool { return path == this || strings.HasPrefix(path, this+".") }

// expand lists settings by the names that the policy has: all of one name, then
// all of the next.
func expand(table []setting) []setting {
	var all []setting
	for i, s := range table {
		prefix, _, isNamed := strings.Cut(s.path, "*")
		switch {
		case !isNamed:
			all = append(all, s)
		case i > 0 && at(table[i-1].path, prefix+"*"): // listed with the one before it
		default:
			for _, name := range s.named.has() {
				if _, ofName, err := below(table, prefix, name); err == nil {
					all = append(all, expand(ofName)...)
				}
			}
		}
	}
	return all
}
