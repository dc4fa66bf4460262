package words

import (
	"embed"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"
)

//go:embed texts
var files embed.FS

// books are the texts of pages and rules in each language, and under no language what [Plain] reads in
// other words than English pages have.
var books = sync.OnceValue(func() map[Language]Book {
	all, err := load()
	if err != nil {
		panic(err) // the files are part of the program, and its tests read them
	}
	return all
})

// load reads the texts of all languages, and checks that they have the same.
func load() (map[Language]Book, error) {
	all := map[Language]Book{}
	var faults []error
	for _, language := range Languages() {
		name := "texts/" + string(language) + ".json"
		raw, err := files.ReadFile(name)
		if err != nil {
			return nil, err
		}
		book, err := Style{}.Read(name, raw)
		all[language] = book
		faults = append(faults, err, Same(all[English], book, name))
	}
	raw, err := files.ReadFile("texts/plain.json")
	if err != nil {
		return nil, err
	}
	plain, err := Style{}.Read("texts/plain.json", raw)
	all[""] = plain
	faults = append(faults, err)
	for key, p := range plain {
		if !all[English].Has(key) {
			faults = append(faults, fmt.Errorf("%s: %s: English pages have no such text", p.Where, key))
		}
	}
	return all, errors.Join(faults...)
}

// Reader is who is told something.
type Reader struct {
	// Language is what they read; empty is the plain English of programs.
	Language Language
	// Zone is their time zone; nil is UTC.
	Zone *time.Location
}

// Plain reads plain English: times are in UTC, and amounts begin with the currency's code. Records keep
// what it reads, such as why people were asked to decide. So a text that is recorded keeps its words in
// texts/plain.json when those of pages change.
var Plain = Reader{}

// Say puts the text at a path into words.
func (r Reader) Say(key string, pairs ...any) string { return r.Tell(Say(key, pairs...)) }

// Tell puts a text into words.
func (r Reader) Tell(t *Text) string {
	if t == nil {
		return ""
	}
	said, err := r.tell(t)
	switch {
	case err == nil:
		return said
	case r.Language == Marked:
		panic(err) // only tests read it
	}
	return t.Key // its tests have missed a blank: better than no page
}

// Paragraphs are the texts of a list, without those that say nothing.
func (r Reader) Paragraphs(key string, pairs ...any) (all []string) {
	for i := 0; books()[English].Has(key + "." + strconv.Itoa(i)); i++ {
		if said := r.Say(key+"."+strconv.Itoa(i), pairs...); said != "" {
			all = append(all, said)
		}
	}
	return all
}

func (r Reader) tell(t *Text) (string, error) {
	language := r.Language
	if language == "" || language == Marked {
		language = English
	}
	book, key := books()[language], t.Key
	if r.Language == "" && books()[""].Has(key) {
		book = books()[""]
	}
	if n, counted := t.Blanks["N"].(int); counted && book.Has(key+"."+other) {
		key += "." + Plural(language, n)
	}
	if !book.Has(key) && t.Else != "" {
		return t.Else, nil
	}
	blanks := make(map[string]string, len(t.Blanks))
	for name, value := range t.Blanks {
		blanks[name] = r.Write(value)
	}
	said, err := book.Say(key, blanks)
	if r.Language == Marked {
		said = "⟦" + said + "⟧"
	}
	return said, err
}

// Write is a value as the reader reads it: what stands in a blank.
func (r Reader) Write(value any) string {
	switch v := value.(type) {
	case nil:
		return ""
	case string:
		return v
	case *Text:
		return r.Tell(v)
	case interface{ In(r Reader) string }:
		return v.In(r)
	case time.Time:
		return r.Moment(v)
	case time.Duration:
		return r.Span(v)
	case error:
		return r.Tell(Of(v))
	}
	return fmt.Sprint(value)
}

// Moment is a moment in the reader's time zone, with its name: "Mon 2 Nov 2026, 08:02 UTC".
func (r Reader) Moment(t time.Time) string {
	if r.Zone == nil {
		return FormOf(r.Language).Stamp(t.UTC())
	}
	return FormOf(r.Language).Stamp(t.In(r.Zone))
}

// Amount is a sum of money; its value has a point before the cents.
func (r Reader) Amount(value, currency string) string {
	if r.Language == "" {
		return strings.TrimSpace(currency + " " + value)
	}
	return FormOf(r.Language).Amount(value, currency)
}

const day = 24 * time.Hour

// Span is a length of time as people say it: "an hour", "47 hours" or "3 days".
func (r Reader) Span(d time.Duration) string {
	switch {
	case d < time.Hour:
		return r.Say("span.minutes", "N", int(max(d/time.Minute, 1)))
	case d < 2*day:
		return r.Say("span.hours", "N", int(d/time.Hour))
	}
	return r.Say("span.days", "N", int(d/day))
}
