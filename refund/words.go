package refund

import "waybill/words"

// Words is a task as people say it, in plain English. Without its Person, it names nobody.
func (d Deed) Words() string { return d.Called().String() }

// Called is the task as people say it.
func (d Deed) Called() *words.Text {
	l := letters[d.What]
	if l.says == "" {
		return words.Verbatim(d.String())
	}
	to := words.Verbatim(d.Person)
	if to == nil {
		to = words.Word("deed.to", l.to)
	}
	return words.Say("deed.line", "To", to, "Says", words.Word("deed.says", l.says))
}
