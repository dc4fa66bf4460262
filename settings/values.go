package settings

import (
	"cmp"
	"strconv"
	"strings"
	"time"
)

// The forms of values.

// list are the values of a setting that stand beside each other with a comma.
func (e *Environment) list(name string) []string {
	return strings.FieldsFunc(e.Text(name), func(r rune) bool { return r == ',' || r == ' ' })
}

// duration is a length of time such as 5m.
func (e *Environment) duration(name string) time.Duration {
	value := e.Text(name)
	d, err := time.ParseDuration(value)
	if err != nil {
		e.fault("%s is %q: set it to a duration such as 5m or 90s", name, value)
		d, _ = time.ParseDuration(named(name).Default)
	}
	return d
}

// moment is a moment that has passed, or zero if it is empty.
func (e *Environment) moment(name string) time.Time {
	value := e.Text(name)
	if value == "" {
		return time.Time{}
	}
	at, err := time.Parse(time.RFC3339, value)
	if err != nil || at.After(time.Now()) {
		e.fault("%s is %q: set it to a moment in the past, such as 2026-11-02T09:00:00Z", name, value)
	}
	return at
}

// number is a number that is not negative, or 0 if it is empty.
func (e *Environment) number(name string) float64 {
	value := cmp.Or(e.Text(name), "0")
	n, err := strconv.ParseFloat(value, 64)
	if err != nil || !(n >= 0 && n <= 1e6) {
		e.fault("%s is %q: set it to a number such as 10, or leave it out for no limit", name, value)
		return 0
	}
	return n
}
