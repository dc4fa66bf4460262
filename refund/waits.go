package refund

import "slices"

// WaitsFor reports whether the refund waits for this person: they may decide it now, and it was
// not given to another person who may.
func (r *Refund) WaitsFor(name string, p Policy) bool {
	turn := r.Deciders(p)
	decides := func(name string) bool {
		return slices.ContainsFunc(turn, func(person Person) bool { return person.Name == name })
	}
	return r.State.Waiting() && decides(name) && (r.Holder == name || !decides(r.Holder))
}

// MayWait reports whether a refund can wait for this person, as far as its state and the role tell
// that is asked.
func (person Person) MayWait(state State, role Role) bool { return state.Waiting() && person.may(role) }
