package words

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Text is something to be said: which text of the files says it, and what stands in its
// blanks. Rules make texts; whoever shows one puts it into the words of its reader. As a
// string and in JSON it is English. Nil says nothing.
type Text struct {
	// Key is the path of the text in the files; its blanks are filled with Blanks.
	Key    string
	Blanks map[string]any
	// Else is what is said where there is no such text: a name that has no words, or what
	// stands in a record and is not put into words.
	Else string
}

// Say is the text at a path. The pairs are the names of its blanks and what fills them: strings,
// numbers, moments, lengths of time, texts, errors, and values that know how they are written.
// A text with a blank N has a singular and a plural.
func Say(key string, pairs ...any) *Text {
	t := &Text{Key: key}
	for i := 0; i+1 < len(pairs); i += 2 {
		if t.Blanks == nil {
			t.Blanks = map[string]any{}
		}
		t.Blanks[fmt.Sprint(pairs[i])] = pairs[i+1]
	}
	return t
}

// Word is one of a list of names, such as a state; it is said as it is if it has no words.
// There is nothing to say if it is empty.
func Word[T ~string](list string, name T) *Text {
	if name == "" {
		return nil
	}
	return &Text{Key: list + "." + string(name), Else: string(name)}
}

// Verbatim is said as it is.
func Verbatim(s string) *Text {
	if s == "" {
		return nil
	}
	return &Text{Else: s}
}

// String is the text in plain English, as logs, Temporal's UI, the API and the command line have it.
func (t *Text) String() string { return Plain.Tell(t) }

// With is the text with one more blank filled in.
func (t *Text) With(name string, value any) *Text {
	more := *t
	more.Blanks = maps.Clone(t.Blanks)
	if more.Blanks == nil {
		more.Blanks = map[string]any{}
	}
	more.Blanks[name] = value
	return &more
}

// MarshalText implements encoding.TextMarshaler.
func (t *Text) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (t *Text) UnmarshalText(raw []byte) error {
	*t = Text{Else: string(raw)}
	return nil
}

// Error is a fault or a refusal that a person is told.
type Error struct{ Why *Text }

func (e *Error) Error() string { return e.Why.String() }

// Fault is an error that says the text at a path.
func Fault(key string, pairs ...any) error { return &Error{Say(key, pairs...)} }

// Of is what an error says to a person. An error that nobody put into words is English.
func Of(err error) *Text {
	var said *Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &said):
		return said.Why
	}
	return Verbatim(err.Error())
}

// Any are names of which one is meant: "anna, ben or carla".
type Any []string

// In puts the names into a reader's words.
func (names Any) In(r Reader) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:len(names)-1], ", ") + " " + r.Say("or") + " " + names[len(names)-1]
}

// tellAll are those of some texts that say something, in the reader's words.
func (r Reader) tellAll(all []*Text) (said []string) {
	for _, t := range all {
		if text := r.Tell(t); text != "" {
			said = append(said, text)
		}
	}
	return said
}

// All are texts that hold together.
type All []*Text

// In puts the texts into a reader's words.
func (all All) In(r Reader) string {
	return strings.Join(r.tellAll(all), FormOf(r.Language).Gap+"; ")
}

// Sentences are texts of which each is a sentence.
type Sentences []*Text

// In puts the sentences into a reader's words.
func (all Sentences) In(r Reader) string {
	return strings.Join(r.tellAll(all), " ")
}

// Lines are texts of which each has a line.
type Lines []*Text

// In puts the lines into a reader's words.
func (all Lines) In(r Reader) string {
	var said []string
	for _, t := range all {
		said = append(said, r.Tell(t))
	}
	return strings.Join(said, "\n")
}

// Amount is a sum of money: its value has a point before the cents and no sign.
type Amount struct{ Value, Currency string }

// In writes the amount as a reader does.
func (a Amount) In(r Reader) string { return r.Amount(a.Value, a.Currency) }

// Number is a number such as 120.00, as people write it in a form.
type Number string

// In writes the number as a reader does.
func (n Number) In(r Reader) string {
	if r.Language == "" {
		return string(n)
	}
	return cmp.Or(FormOf(r.Language).Number(string(n)), string(n))
}

// Exactly is a length of time that people have set: 90 seconds stay 90 seconds, where a
// [time.Duration] is said as a minute.
type Exactly time.Duration

// In writes the length of time as a reader does.
func (e Exactly) In(r Reader) string {
	switch d := time.Duration(e); {
	case d%time.Minute != 0:
		return r.Say("span.seconds", "N", int(d/time.Second))
	case d%time.Hour != 0:
		return r.Say("span.minutes", "N", int(d/time.Minute))
	case d%day != 0:
		return r.Say("span.hours", "N", int(d/time.Hour))
	default:
		return r.Span(d)
	}
}

// Day is a day on the calendar of the reader.
type Day time.Time

// In writes the day as a reader does.
func (d Day) In(r Reader) string {
	t := time.Time(d)
	if r.Zone != nil {
		t = t.In(r.Zone)
	}
	return FormOf(r.Language).Day(t)
}

// Date is a day with its year.
type Date time.Time

// In writes the date as a reader does.
func (d Date) In(r Reader) string { return FormOf(r.Language).Date(time.Time(d)) }

// Series are texts with commas between them.
type Series []*Text

// In puts the texts into a reader's words.
func (all Series) In(r Reader) string {
	return strings.Join(r.tellAll(all), ", ")
}

// Join is several texts as one; nil if all of them are.
func Join(all ...*Text) *Text {
	all = slices.DeleteFunc(all, func(t *Text) bool { return t == nil })
	switch len(all) {
	case 0:
		return nil
	case 1:
		return all[0]
	}
	return Say("all", "All", All(all))
}
