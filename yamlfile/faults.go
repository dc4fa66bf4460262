package yamlfile

import (
	"errors"
	"fmt"
	"slices"
)

// Faults are what is wrong with a file.
type Faults struct {
	name string
	all  []fault
}

// NewFaults has none yet.
func NewFaults(name string) *Faults { return &Faults{name: name} }

type fault struct {
	line int
	what string
}

// mostFaults are told at once: nobody reads more.
const mostFaults = 100

// Add notes a fault once, however often it is found.
func (f *Faults) Add(line int, format string, args ...any) {
	if len(f.all) == mostFaults {
		return
	}
	if one := (fault{line, fmt.Sprintf(format, args...)}); !slices.Contains(f.all, one) {
		f.all = append(f.all, one)
	}
}

// Reword changes what each fault says, such as to leave out a name.
func (f *Faults) Reword(how func(what string) string) {
	for i := range f.all {
		f.all[i].what = how(f.all[i].what)
	}
}

// Err is all faults, a line each, in the order of the file; nil if there are none.
func (f *Faults) Err() error {
	slices.SortStableFunc(f.all, func(x, y fault) int { return x.line - y.line })
	var all []error
	for _, one := range f.all {
		all = append(all, fmt.Errorf("%s:%d: %s", f.name, one.line, one.what))
	}
	if len(all) == mostFaults {
		all = append(all, fmt.Errorf("%s: there may be more faults", f.name))
	}
	return errors.Join(all...)
}
