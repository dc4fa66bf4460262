package refund

import "cmp"

// Words is a task as people say it. Without its Person, it names nobody.
func (d Deed) Words() string {
	l := letters[d.What]
	if l.says == "" {
		return d.String()
	}
	return "to " + cmp.Or(d.Person, l.to) + ": " + l.says
}
