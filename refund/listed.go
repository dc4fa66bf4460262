package refund

// Refund is the refund as far as lists tell it. State, role, deadline and attention stand in search
// attributes.
func (l Listed) Refund() Refund {
	r := Refund{Integration: l.Integration, ReturnID: l.ReturnID, Facts: l.Facts, Holder: l.Holder, Clock: Clock{Since: l.Since}}
	for _, by := range l.Approved {
		r.Approvals = append(r.Approvals, Approval{By: by})
	}
	if !l.Known.IsZero() {
		r.Receipt = []Entry{{At: l.Known}}
	}
	return r
}
