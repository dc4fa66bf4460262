package refund

import "cmp"

// Words is a task as people say it: of a mail, whom it goes to and what it says. A task
// without a Person names nobody.
func (d Deed) Words() string {
	l := letters[d.What]
	if l.says == "" {
		return d.String()
	}
	return "to " + cmp.Or(d.Person, l.to) + ": " + l.says
}
