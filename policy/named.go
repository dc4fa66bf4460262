package policy

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"waybill/refund"
)

// named says which names may stand for the first "*" of a setting's path.
type named struct {
	// allowed is what a name looks like, and says it in words.
	allowed *regexp.Regexp
	says    string
	// has are the names that a policy gives a value to.
	has func(Policy) []string
	// one is the setting of one name, but for its path.
	one func(name string) setting
}

const saysCountry = "the two capital letters of a country, such as NL"

var (
	countryCode  = regexp.MustCompile(`^[A-Z]{2}$`)
	carrierCode  = regexp.MustCompile(`^[a-z0-9_]{1,60}$`)
	currencyCode = regexp.MustCompile(`^[A-Z]{3}$`)
)

// eachCountry makes a setting one for each country.
func eachCountry[T any](s setting, all func(*Policy) *map[string]T, field func(*Policy) *T) setting {
	return each(func(string) setting { return s }, named{allowed: countryCode, says: saysCountry}, all, field)
}

// eachCarrier makes a setting one for each carrier.
func eachCarrier[T any](s setting, all func(*Policy) *map[string]T, field func(*Policy) *T) setting {
	return each(func(string) setting { return s }, named{allowed: carrierCode, says: "a carrier's code in Sendcloud's API, such as mondial_relay"}, all, field)
}

// eachCurrency makes an amount one for each currency; T has it in money.
func eachCurrency[T any](path, about string, all func(*Policy) *map[string]T, field func(*Policy) *T, money func(*T) *refund.Money) setting {
	return each(func(code string) setting {
		return amount(path, about, code, func(p *Policy) *refund.Money { return money(field(p)) })
	}, named{allowed: currencyCode, says: "the three capital letters of a currency, such as EUR"}, all, field)
}

// each makes a setting, which of makes for a name and is kept in field, one for
// each name, kept in all.
func each[T any](of func(name string) setting, names named, all func(*Policy) *map[string]T, field func(*Policy) *T) setting {
	names.has = func(p Policy) []string { return slices.Sorted(maps.Keys(*all(&p))) }
	names.one = func(name string) setting { return keep(of(name), name, all, field) }
	s := of("")
	s.named = &names
	return s
}

// keep has a setting that is kept in field read and shown under a name in all.
func keep[T any](s setting, name string, all func(*Policy) *map[string]T, field func(*Policy) *T) setting {
	aside := func(p *Policy) (beside Policy) {
		*field(&beside) = (*all(p))[name]
		return beside
	}
	one := s
	one.set = func(p *Policy, value string) error {
		beside := aside(p)
		if err := s.set(&beside, value); err != nil {
			return err
		}
		// Another integration may have the same map.
		m := maps.Clone(*all(p))
		if m == nil {
			m = map[string]T{}
		}
		m[name] = *field(&beside)
		*all(p) = m
		return nil
	}
	one.show = func(p Policy) string { return s.show(aside(&p)) }
	if s.named != nil {
		inner := *s.named
		inner.has = func(p Policy) []string { return s.named.has(aside(&p)) }
		inner.one = func(next string) setting { return keep(s.named.one(next), name, all, field) }
		one.named = &inner
	}
	return one
}

// of is the setting of one name, which stands for the first "*" of its path.
func (s setting) of(name string) setting {
	one := s.named.one(name)
	one.path = strings.Replace(s.path, "*", name, 1)
	return one
}

// below are the settings at and below a name that stands after a prefix.
func below(table []setting, prefix, name string) ([]setting, error) {
	var found []setting
	for _, s := range table {
		switch {
		case at(s.path, prefix+name) && !strings.Contains(name, "*"):
			found = append(found, s)
		case !at(s.path, prefix+"*"):
		case !s.named.allowed.MatchString(name):
			return nil, fmt.Errorf("%q is not allowed: write %s", name, s.named.says)
		default:
			found = append(found, s.of(name))
		}
	}
	return found, nil
}

// at reports whether a setting's path is this one or lies below it.
func at(path, this string) bool { return path == this || strings.HasPrefix(path, this+".") }

// expand lists settings by the names that a policy has: all of one name, then
// all of the next.
func expand(table []setting, p Policy) []setting {
	var all []setting
	for i, s := range table {
		prefix, _, isNamed := strings.Cut(s.path, "*")
		switch {
		case !isNamed:
			all = append(all, s)
		case i > 0 && at(table[i-1].path, prefix+"*"): // listed with the one before it
		default:
			for _, name := range s.named.has(p) {
				if ofName, err := below(table, prefix, name); err == nil {
					all = append(all, expand(ofName, p)...)
				}
			}
		}
	}
	return all
}
