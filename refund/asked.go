package refund

// AskedOf is [Field.NeedOf] for this person: a value that is known and only managers correct is asked
// of nobody else.
func (f Field) AskedOf(person Person, r *Refund) Need {
	if f.Name == orderValueField.Name && r.Facts.OrderValue.Known() && !person.may(Manager) {
		return Unasked
	}
	return f.NeedOf(r)
}
