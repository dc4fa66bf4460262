package refund

// WaitsFor reports whether the refund waits for this person: they may decide it now, and it was
// not given to another person who may.
func (r *Refund) WaitsFor(name string, p Policy) bool {
	_, asked := find(r.turnOf(p), func(person Person) bool { return person.Name == name })
	return r.State.Waiting() && asked
}

// TooMuchFor reports whether this person decides refunds in the role that is asked, and may not approve
// as much as this one.
func (r *Refund) TooMuchFor(name string, p Policy) bool {
	person, known := p.Person(name)
	return known && person.MayWait(r.State, r.Role) && person.limited(r.Facts.Amount)
}

// MayWait reports whether a refund can wait for this person, as far as its state and the role tell
// that is asked.
func (person Person) MayWait(state State, role Role) bool { return state.Waiting() && person.may(role) }

// InDigest reports whether a person's daily digest lists the refund: it waits for them, and either
// they have a digest in place of single mails, or the refund was escalated, after which no single
// mail comes.
func (r *Refund) InDigest(name string, p Policy) bool {
	person, _ := p.Person(name)
	return r.WaitsFor(name, p) && !r.unseen(p) && (person.Digest || r.Clock.Told >= escalation)
}
