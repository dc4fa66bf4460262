package policy

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// named says which names a setting may have as its last level.
type named struct {
	// allowed is what a name looks like, and says it in words.
	allowed *regexp.Regexp
	says    string
	// has are the names that a policy gives a value to.
	has func(Policy) []string
	// one is the setting of one name.
	one func(name string) setting
}

const saysCountry = "the two capital letters of a country, such as NL"

var countryCode = regexp.MustCompile(`^[A-Z]{2}$`)

// eachCountry makes a setting one for each country.
func eachCountry[T any](s setting, all func(*Policy) *map[string]T, field func(*Policy) *T) setting {
	return each(s, countryCode, saysCountry, all, field)
}

// eachCarrier makes a setting one for each carrier.
func eachCarrier[T any](s setting, all func(*Policy) *map[string]T, field func(*Policy) *T) setting {
	return each(s, regexp.MustCompile(`^[a-z0-9_]{1,60}$`), "a carrier's code in Sendcloud's API, such as mondial_relay", all, field)
}

// each makes a setting that is kept in field one for each name, kept in all.
func each[T any](s setting, allowed *regexp.Regexp, says string, all func(*Policy) *map[string]T, field func(*Policy) *T) setting {
	plain := s
	s.named = &named{
		allowed: allowed, says: says,
		has: func(p Policy) []string { return slices.Sorted(maps.Keys(*all(&p))) },
		one: func(name string) setting {
			one := plain
			one.path = strings.TrimSuffix(plain.path, "*") + name
			one.set = func(p *Policy, value string) error {
				var aside Policy
				if err := plain.set(&aside, value); err != nil {
					return err
				}
				// Another integration may have the same map.
				m := maps.Clone(*all(p))
				if m == nil {
					m = map[string]T{}
				}
				m[name] = *field(&aside)
				*all(p) = m
				return nil
			}
			one.show = func(p Policy) string {
				var aside Policy
				*field(&aside) = (*all(&p))[name]
				return plain.show(aside)
			}
			return one
		},
	}
	return s
}

// expand lists a setting by the names that a policy has, if it is named.
func (s setting) expand(p Policy) []setting {
	if s.named == nil {
		return []setting{s}
	}
	var all []setting
	for _, name := range s.named.has(p) {
		all = append(all, s.named.one(name))
	}
	return all
}

// find is the setting of a path that was read level by level.
func find(byPath map[string]setting, prefix, name string) (s setting, found bool, err error) {
	if s, found = byPath[prefix+name]; found {
		return s, true, nil
	}
	if s, found = byPath[prefix+"*"]; !found {
		return s, false, nil
	}
	if !s.named.allowed.MatchString(name) {
		return s, true, fmt.Errorf("%q is not allowed: write %s", name, s.named.says)
	}
	return s.named.one(name), true, nil
}
